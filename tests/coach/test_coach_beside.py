"""Two processes hold the same session: what one has shown the other does not show again."""

from __future__ import annotations

import asyncio

from bot.coach.coach import Coach, Here
from bot.coach.events import Say
from bot.coach.reply import Delta, Reply
from bot.grading.grade import Grade, Submission
from bot.store.store import Store
from tests.coach.scripted import LIBRARY, NOON, Door, ScriptedJudge, coach_of, kept, kinds

SAID = Say(id="said", at=NOON, text="it is the expected log loss")


class SlowJudge(ScriptedJudge):
    """Grades when it is let."""

    def __init__(self, *patterns: str) -> None:
        super().__init__(*patterns)
        self.started, self.go = asyncio.Event(), asyncio.Event()

    async def grade(self, submission: Submission) -> Grade:
        self.started.set()
        await self.go.wait()
        return await super().grade(submission)


async def shown(coach: Coach, *, once: bool = True) -> list[Reply | Delta]:
    return [item async for item in coach.handle("s1", SAID, once=once)]


async def test_what_another_process_took_up_and_showed_is_not_shown_by_whoever_waited(store: Store) -> None:
    slow, beside = coach_of(LIBRARY, store, ScriptedJudge()), coach_of(LIBRARY, store, ScriptedJudge("-"))
    await Door(slow).start()
    await slow.keep("s1", SAID)
    taken_up = await shown(beside)
    assert [item.kind for item in taken_up] == ["grade", "probe"]
    assert await shown(slow) == []
    assert await shown(slow, once=False) == taken_up, "delivered again to whoever wants it"


async def test_who_lost_a_session_while_grading_shows_nothing_of_it(store: Store) -> None:
    judge = SlowJudge("+")
    stalled, beside = coach_of(LIBRARY, store, judge), coach_of(LIBRARY, store, ScriptedJudge("-"))
    ada = Door(stalled)
    await ada.start()
    late = asyncio.create_task(shown(stalled))
    await judge.started.wait()
    assert kinds(await ada.gather(beside.handle("s1", SAID, once=True))) == ["grade", "probe"]
    judge.go.set()
    assert await late == []
    assert (await kept(ada, store))[-5:] == ["say", "graded", "probed", "replied", "shown"]


async def test_what_was_answered_but_not_shown_is_shown_by_whoever_takes_it_up(store: Store) -> None:
    killed, beside = coach_of(LIBRARY, store, ScriptedJudge("-")), coach_of(LIBRARY, store, ScriptedJudge())
    await Door(killed).start()
    replies = killed.handle("s1", SAID)
    first = await anext(replies)
    await replies.aclose()
    (session,) = await beside.interrupted("terminal")
    assert session.id == "s1"
    assert (await shown(beside))[0] == first
    assert await beside.interrupted("terminal") == []


async def test_a_lock_is_kept_no_longer_than_somebody_holds_it_or_waits_for_it() -> None:
    locks, order = Here(), list[str]()

    async def work(name: str) -> None:
        async with locks["s1"]:
            await asyncio.sleep(0)
            order.append(name)

    async with locks["s1"]:
        waiting = [asyncio.create_task(work(name)) for name in ("first", "second")]
        await asyncio.sleep(0)
        assert len(locks) == 1
    await asyncio.gather(*waiting)
    assert order == ["first", "second"]
    assert len(locks) == 0
