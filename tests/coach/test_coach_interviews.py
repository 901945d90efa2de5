"""Whole interviews: silent about grades until the debrief, which shows every question with its points."""

from collections.abc import Callable

import pytest

from bot.coach.events import Mode
from bot.coach.reply import DebriefReply, NoticeReply, QuestionReply, Reply
from knowledge.library import Library
from knowledge.note import Kind
from tests.coach.notes import note
from tests.coach.scripted import Door, ScriptedJudge, kinds, of


def of_every_stage() -> Library:
    return Library(
        [
            note("talk", kind=Kind.RESEARCH, topic="practice"),
            note("waves", topic="signal-processing"),
            note("kl"),
            note("failure", kind=Kind.BEHAVIOURAL, topic="people"),
            note("questions-for-us", kind=Kind.BEHAVIOURAL, topic="people"),
        ]
    )


async def interviewed(ada: Door, answers: int = 40) -> list[list[Reply]]:
    """The replies turn by turn, from the start to the debrief."""
    turns = [await ada.start(Mode.INTERVIEW)]
    while turns[-1][-1].kind != "debrief" and len(turns) < answers:
        ada.minute += 1
        turns.append(await ada.say(f"p log q, in other words number {len(turns)}"))
    return turns


@pytest.mark.parametrize("pattern", ["+", "-", "x", "~", "?", "+-x"])
async def test_an_interview_is_silent_about_grades_until_its_debrief(door: Callable[..., Door], pattern: str) -> None:
    ada = door(judge=ScriptedJudge(always=pattern), notes=of_every_stage())
    *turns, last = await interviewed(ada)
    assert {kind for turn in turns for kind in kinds(turn)} <= {"question", "probe"}
    assert kinds(last) == ["debrief"]
    stages = [reply.stage for turn in turns for reply in turn if isinstance(reply, QuestionReply)]
    assert list(dict.fromkeys(stages)) == [
        "your research",
        "your background",
        "fundamentals",
        "working with others",
        "your questions",
    ]


async def test_a_debrief_shows_every_question_of_the_interview_with_its_points(door: Callable[..., Door]) -> None:
    ada = door(judge=ScriptedJudge(always="~"), notes=of_every_stage())
    report = of(DebriefReply, (await interviewed(ada))[-1])
    assert [q.note_id for q in report.questions] == ["talk", "waves", "kl", "failure", "questions-for-us"]
    assert all(line.text for q in report.questions for line in q.points)
    assert report.score == pytest.approx(0.5)


@pytest.mark.parametrize("nothing", ["fine", "I don't know", ""])
async def test_an_interview_does_not_tell_what_an_empty_answer_earns(door: Callable[..., Door], nothing: str) -> None:
    ada = door(notes=of_every_stage())
    await ada.start(Mode.INTERVIEW)
    said = [reply.text for reply in await ada.say(nothing) if isinstance(reply, NoticeReply)]
    assert not any("earn" in text for text in said)


async def test_an_interview_neither_takes_questions_nor_marks_before_its_debrief(door: Callable[..., Door]) -> None:
    ada = door("?", notes=of_every_stage())
    await ada.start(Mode.INTERVIEW)
    await ada.say()
    assert kinds(await ada.skip()) == ["question"]
    assert kinds(await ada.ask("kl?")) == ["notice"]
    assert kinds(await ada.mark(1)) == ["notice"]
    await ada.pause()
    assert kinds(await ada.ask("kl?")) == ["notice"]
    assert kinds(await ada.stop()) == ["debrief"]
    assert kinds(await ada.ask("kl?")) == ["answer"]
    assert kinds(await ada.mark(1)) == ["grade"]
