"""What has been shown is known, and what has not been is found again."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.coach.events import CandidateEvent, Hint, Mode, Say, Skip
from bot.coach.persona import Persona, Spoken
from bot.coach.reply import Delta, GradeReply, NoticeReply, ProbeReply
from bot.store.store import Store
from tests.coach.scripted import LIBRARY, NOON, Door, ScriptedJudge, coach_of, kinds, of


async def cut_short(ada: Door, event: CandidateEvent) -> None:
    """An event whose replies are looked at no further than the first."""
    replies = ada.coach.handle(ada.session_id, event)
    await anext(replies)
    await replies.aclose()


async def test_what_was_shown_to_its_end_is_not_shown_again(door: Callable[..., Door]) -> None:
    ada = door("-")
    await ada.start()
    await ada.say()
    assert await ada.coach.unshown("s1") == []
    assert await ada.coach.interrupted("term") == []


async def test_replies_that_were_cut_short_are_found_and_shown_again(door: Callable[..., Door]) -> None:
    ada = door("-")
    await ada.start()
    event = Say(id="1", at=NOON, text="p log q")
    await cut_short(ada, event)
    assert await ada.coach.unshown("s1") == [event]
    assert [row.id for row in await ada.coach.interrupted("term")] == ["s1"]
    assert await ada.coach.interrupted("discord:") == []
    assert kinds(await ada.send(event)) == ["grade", "probe"]
    assert await ada.coach.unshown("s1") == []
    assert await ada.coach.interrupted("term") == []


async def test_replies_that_were_cut_short_are_shown_when_the_session_is_taken_up_again(
    door: Callable[..., Door],
) -> None:
    ada = door("-")
    await ada.start()
    await cut_short(ada, Say(id="1", at=NOON, text="p log q"))
    assert kinds(await ada.recover()) == ["grade", "probe", "question", "probe"]
    assert kinds(await ada.recover()) == ["question", "probe"]


@pytest.mark.parametrize("kind", [Say, Hint, Skip])
async def test_what_means_a_question_that_is_over_changes_nothing(door: Callable[..., Door], kind: Any) -> None:
    judge = ScriptedJudge("-", always="+")
    ada = door(judge=judge)
    await ada.start(questions=2)
    await ada.say()
    before = await ada.session()
    assert before.prompts == 2
    words: dict[str, Any] = {"text": "p log q"} if kind is Say else {}
    late = of(NoticeReply, await ada.send(kind(**ada.next(), **words, prompt=1)))
    assert late.text == "That question is over, so this changed nothing; the last one is open."
    after = await ada.session()
    assert (after.current, after.history) == (before.current, before.history)
    assert len(judge.asked) == 1
    assert "notice" not in kinds(await ada.send(kind(**ada.next(), **words, prompt=2)))


async def test_prompts_are_the_questions_and_the_probes(door: Callable[..., Door]) -> None:
    ada = door("-", "-", "+")
    counted: list[int] = []
    await ada.start(questions=2)
    for step in (ada.say, ada.hint, ada.say, ada.skip, ada.pause, ada.resume):
        await step()
        counted.append((await ada.session()).prompts)
    assert counted == [2, 2, 3, 4, 4, 4]


class Wordy(Persona):
    """Words a probe in two pieces."""

    async def word(self, *_: Any, **__: Any) -> AsyncIterator[Delta | Spoken]:
        yield Delta(text="And ")
        yield Delta(text="why?")
        yield Spoken("And why?", "Why?")


async def test_the_grade_stands_before_the_probe_that_is_still_being_worded(store: Store) -> None:
    ada = Door(coach_of(LIBRARY, store, ScriptedJudge("-"), Wordy()))
    await ada.start()
    items = [item async for item in ada.coach.handle("s1", Say(id="1", at=NOON, text="p log q"))]
    assert [type(item) for item in items] == [GradeReply, Delta, Delta, ProbeReply]
    assert kinds(await ada.send(Say(id="1", at=NOON, text="p log q"))) == ["grade", "probe"]


async def test_an_open_session_is_found_wherever_it_is(door: Callable[..., Door]) -> None:
    ada = door(place="here")
    await ada.start()
    assert await ada.coach.unfinished("ada", "here") == "s1"
    assert await ada.coach.unfinished("ada", "there") is None
    assert await ada.coach.unfinished("ada") == "s1"
    assert await ada.coach.unfinished("bob") is None


async def test_the_latest_session_of_a_place_is_found_when_it_is_over(door: Callable[..., Door]) -> None:
    ada = door("-", place="here")
    await ada.start()
    await ada.say()
    await ada.stop()
    await door(session_id="s2", place="here").start(Mode.ASK)
    assert await ada.coach.unfinished("ada", "here") is None
    assert await ada.coach.latest("ada", "here") == "s1"
    assert await ada.coach.latest("ada", "there") is None
