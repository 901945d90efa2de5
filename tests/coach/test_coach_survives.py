"""Delivered twice, killed anywhere, raced, broken off: nothing is lost and nothing is done twice."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot.coach import responder
from bot.coach.answers import Answerer
from bot.coach.coach import Coach
from bot.coach.events import CandidateEvent, Hint, Mode, Say, Skip, Start, Stop
from bot.coach.interviewer import Challenge, Probe
from bot.coach.persona import Persona, Spoken
from bot.coach.reply import Delta, NoticeReply, QuestionReply, Reply
from bot.coach.session import Exchange
from bot.errors import StoreError
from bot.grading.grade import Grade, Submission
from bot.store.store import Store
from knowledge.library import Library
from knowledge.search import Findings
from tests.coach.notes import note
from tests.coach.scripted import (
    LIBRARY,
    NOON,
    TYPED,
    Door,
    Killed,
    MortalStore,
    ScriptedJudge,
    Send,
    coach_of,
    kept,
    kinds,
    of,
)


class SlowJudge(ScriptedJudge):
    """Grades when it is let."""

    def __init__(self, *patterns: str) -> None:
        super().__init__(*patterns)
        self.started, self.go = asyncio.Event(), asyncio.Event()

    async def grade(self, submission: Submission) -> Grade:
        self.started.set()
        await self.go.wait()
        return await super().grade(submission)


@pytest.mark.parametrize("send", TYPED.values(), ids=TYPED.keys())
async def test_an_event_delivered_twice_gets_the_same_replies_and_happens_once(
    door: Callable[..., Door], store: Store, send: Send
) -> None:
    ada = door("-")
    await ada.start()
    first = await send(ada)
    events, session = await kept(ada, store), await ada.session()
    ada.sent -= 1
    assert await send(ada) == first
    assert (await kept(ada, store), await ada.session()) == (events, session)


async def test_a_session_begun_twice_by_one_delivery_has_one_question(door: Callable[..., Door], store: Store) -> None:
    ada = door()
    start = Start(id="1", at=NOON, mode=Mode.DRILL)
    assert await ada.begin(start) == await ada.begin(start)
    assert await kept(ada, store) == ["start", "asked", "replied", "shown"]


def conversation() -> list[CandidateEvent]:
    """A drill with an answer of every kind."""
    number = count(1)

    def at() -> dict[str, Any]:
        return {"id": f"e{next(number)}", "at": NOON}

    return [
        Start(**at(), mode=Mode.DRILL, questions=2),
        Say(**at(), text="wrong"),
        Hint(**at()),
        Say(**at(), text="right"),
        Say(**at(), text="right"),
        Skip(**at()),
        Stop(**at()),
    ]


BY_ANSWER = {"wrong": "x-", "right": "+"}


async def told(ada: Door, events: list[CandidateEvent]) -> None:
    for event in events:
        await (ada.begin(event) if isinstance(event, Start) else ada.send(event))


async def undisturbed(url: str) -> tuple[list[tuple[str, str]], int]:
    """What a conversation leaves in the store, and how many writes it took."""
    store = await MortalStore.open(url)
    assert isinstance(store, MortalStore)
    await told(Door(coach_of(LIBRARY, store, ScriptedJudge(by_answer=BY_ANSWER))), conversation())
    records = [(record.event_id, record.body) for record in await store.events("s1")]
    await store.close()
    return records, store.writes


@pytest.mark.parametrize("done_first", [False, True], ids=["before the write", "after the write"])
async def test_killed_at_any_write_a_session_goes_on_as_if_nothing_had_happened(
    tmp_path: Path, done_first: bool
) -> None:
    expected, writes = await undisturbed(f"sqlite:///{tmp_path / 'whole.sqlite3'}")
    assert writes >= 17
    for last in range(1, writes + 1):
        store = await MortalStore.open(f"sqlite:///{tmp_path / f'{last}.sqlite3'}")
        assert isinstance(store, MortalStore)
        store.last, store.done_first = last, done_first
        await killed_and_resumed(store)
        assert [(record.event_id, record.body) for record in await store.events("s1")] == expected, f"write {last}"
        await store.close()


async def killed_and_resumed(store: MortalStore) -> None:
    """A conversation in which the process dies once; the surface delivers again what got no reply."""
    judge = ScriptedJudge(by_answer=BY_ANSWER)
    ada = Door(coach_of(LIBRARY, store, judge))
    left = conversation()
    try:
        while left:
            await told(ada, left[:1])
            left = left[1:]
    except Killed:
        again = Door(coach_of(LIBRARY, store, judge))
        if await store.session("s1"):
            await again.recover()
            session = await again.session()
            assert session.pending == (), "what was stored is answered"
        await told(again, left)
    else:
        raise AssertionError("nothing was killed")


async def test_a_grade_that_was_stored_is_not_asked_for_again(url: str) -> None:
    store = await MortalStore.open(url)
    assert isinstance(store, MortalStore)
    ada = Door(coach_of(LIBRARY, store, ScriptedJudge("-")))
    await ada.start()
    store.last, store.done_first = store.writes + 2, True
    with pytest.raises(Killed):
        await ada.say()
    assert (await kept(ada, store))[-1] == "graded"
    again = Door(coach_of(LIBRARY, store, ScriptedJudge()))
    assert kinds(await again.recover()) == ["grade", "probe", "question", "probe"]
    await store.close()


async def test_an_answer_whose_grading_broke_off_is_graded_when_the_session_is_taken_up_again(
    door: Callable[..., Door], store: Store
) -> None:
    judge = SlowJudge("-")
    ada = door(judge=judge)
    question = of(QuestionReply, await ada.start())
    turn = asyncio.create_task(ada.say("p log q"))
    await judge.started.wait()
    turn.cancel()
    await asyncio.gather(turn, return_exceptions=True)
    assert (await kept(ada, store))[-1] == "say"
    replies = await door("~").recover()
    assert kinds(replies) == ["grade", "probe", "question", "probe"]
    assert replies[2] == question
    assert (await ada.session()).exchanges[0].answers == ("p log q",)


async def test_a_turn_that_was_left_in_the_middle_blocks_nobody(door: Callable[..., Door]) -> None:
    judge = SlowJudge("-", "-")
    ada = door(judge=judge)
    await ada.start()
    turn = asyncio.create_task(ada.say())
    await judge.started.wait()
    turn.cancel()
    await asyncio.gather(turn, return_exceptions=True)
    judge.go.set()
    async with asyncio.timeout(10):
        assert kinds(await ada.hint()) == ["grade", "probe", "hint"]


@pytest.mark.parametrize("send", TYPED.values(), ids=TYPED.keys())
async def test_two_processes_that_get_the_same_event_do_it_once_and_reply_alike(
    door: Callable[..., Door], store: Store, url: str, send: Send
) -> None:
    ada = door("-")
    await ada.start()
    before = await kept(ada, store)
    other_store = await Store.open(url)
    other = Door(coach_of(LIBRARY, other_store, ScriptedJudge("+")))
    other.sent = ada.sent
    ours, theirs = await asyncio.gather(send(ada), send(other))
    await other_store.close()
    assert ours == theirs
    added = (await kept(ada, store))[len(before) :]
    assert added.count("replied") == 1
    assert added.count("graded") <= 1
    assert added.count("asked") <= 1


async def test_two_processes_with_different_events_leave_one_story(
    door: Callable[..., Door], store: Store, url: str
) -> None:
    ada = door(notes=Library([note(f"n{n}") for n in range(9)]))
    await ada.start(questions=9)
    other_store = await Store.open(url)
    other = Door(coach_of(Library([note(f"n{n}") for n in range(9)]), other_store), session_id="s1")
    skips = [Skip(id=f"skip-{n}", at=NOON) for n in range(6)]
    await asyncio.gather(*((ada, other)[n % 2].send(skip) for n, skip in enumerate(skips)))
    await other_store.close()
    session = await ada.session()
    texts = [exchange.text for exchange in session.exchanges]
    assert len(texts) == len(set(texts)) == 7
    assert session.pending == ()


async def test_answers_sent_at_once_are_taken_in_turn(door: Callable[..., Door]) -> None:
    ada = door("-", "-", "-", "-")
    await ada.start()
    await asyncio.gather(*(ada.say(f"answer number {n}") for n in range(4)))
    (first,) = (await ada.session()).exchanges
    assert first.answers == tuple(f"answer number {n}" for n in range(4))


async def test_an_answer_that_is_being_graded_while_its_person_is_forgotten_leaves_nothing(
    door: Callable[..., Door], store: Store
) -> None:
    judge = SlowJudge("-")
    ada = door(judge=judge)
    await ada.start()
    turn = asyncio.create_task(ada.say())
    await judge.started.wait()
    await ada.coach.forget("ada")
    judge.go.set()
    with pytest.raises(StoreError, match="has been forgotten"):
        await turn
    assert not any((await store.export("ada")).values())


SECRET = "it is forty-two"


class BrokenJudge:
    """Breaks at every answer."""

    name = "broken"

    async def grade(self, submission: Submission) -> Grade:
        raise RuntimeError(submission.answer)


class BrokenPersona(Persona):
    """Breaks in the middle of a probe."""

    async def word(
        self, move: Challenge | Probe, exchange: Exchange, *_: Any, **__: Any
    ) -> AsyncIterator[Delta | Spoken]:
        yield Delta(text="And what")
        raise ValueError(move.authored, exchange.answers)


async def broken_search(query: str, context: str) -> Findings:
    raise ValueError(query, context)


def broken(store: Store) -> Coach:
    """A coach of whom nothing works that can break."""
    return Coach(LIBRARY, store, BrokenJudge(), BrokenPersona(), Answerer(LIBRARY, broken_search))


BREAKS = {"a judge": (Door.say, SECRET), "the search": (Door.ask, SECRET), "the persona": (Door.say, "I don't know")}


@pytest.mark.parametrize(("send", "text"), BREAKS.values(), ids=BREAKS.keys())
async def test_what_breaks_is_one_sentence_with_an_id_and_the_session_goes_on(
    door: Callable[..., Door],
    store: Store,
    caplog: pytest.LogCaptureFixture,
    send: Callable[[Door, str], Awaitable[list[Reply]]],
    text: str,
) -> None:
    ada = Door(broken(store))
    question = of(QuestionReply, await ada.start())
    notice: NoticeReply = of(NoticeReply, replies := await send(ada, text))
    assert kinds(replies) == ["notice"]
    (error_id,) = re.findall(r"^Something unexpected went wrong \(id (\w{8})\); try again\b", notice.text)
    assert error_id in caplog.text
    assert text not in caplog.text
    assert kinds(await ada.hint()) == ["hint"], "though it is still broken"
    restarted = door("+")
    restarted.sent = ada.sent
    assert (await restarted.recover())[0] == question
    assert await restarted.coach.unshown("s1") == []
    assert kinds(await restarted.say())[0] == "grade"
    assert text in [row["body"].get("text") for row in (await restarted.coach.export("ada"))["events"]], "it is kept"


async def test_of_a_turn_that_breaks_off_nothing_is_decided(
    door: Callable[..., Door], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = door()
    await ada.start()
    before = await ada.session()
    with monkeypatch.context() as patch:
        patch.setattr(responder, "next_question", None)
        assert kinds(await ada.skip()) == ["notice"]
    assert (await ada.session()).exchanges == before.exchanges
    assert kinds(await ada.skip()) == ["grade", "explanation", "question"]


async def test_what_was_shown_before_something_broke_stays_said(store: Store) -> None:
    judge = ScriptedJudge("-")
    ada = Door(Coach(LIBRARY, store, judge, BrokenPersona(), Answerer(LIBRARY, broken_search)))
    await ada.start()
    replies = await ada.say()
    assert kinds(replies) == ["grade", "notice"]
    ada.sent -= 1
    assert await ada.say() == replies
    assert len(judge.asked) == 1
    assert (await ada.session()).prompts == 1, "the probe that broke was not put"


async def test_what_cannot_be_stored_for_now_is_done_later_and_not_ended(
    door: Callable[..., Door], store: Store
) -> None:
    class Unlucky(ScriptedJudge):
        async def grade(self, submission: Submission) -> Grade:
            raise StoreError(f"The database cannot be used for {submission.person}.")

    ada = door(judge=Unlucky())
    await ada.start()
    with pytest.raises(StoreError):
        await ada.say()
    assert kinds(await door("-").recover()) == ["grade", "probe", "question", "probe"]
