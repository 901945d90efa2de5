"""Sessions over time: begun, left, found again, shown as progress, exported, forgotten, their notes changed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from bot.coach.events import Mode, Start
from bot.coach.reply import (
    ProbeReply,
    QuestionReply,
)
from bot.errors import UsageError
from bot.store.store import Store
from knowledge.errors import UnknownTopic
from knowledge.library import Library
from knowledge.note import Level
from tests.coach.notes import note
from tests.coach.scripted import LIBRARY, NOON, TYPED, Door, ScriptedJudge, Send, coach_of, kept, kinds, of


@pytest.mark.parametrize(
    ("wishes", "error", "says"),
    [
        ({"topic": "loses"}, UnknownTopic, "losses"),
        ({"level": Level.RESEARCH}, UsageError, "research question on any topic"),
        ({"topic": "losses", "level": Level.ADVANCED}, UsageError, "advanced question on losses"),
    ],
    ids=["topic", "level", "topic and level"],
)
async def test_a_wish_that_no_note_meets_is_refused_before_anything_is_stored(
    door: Callable[..., Door], store: Store, wishes: dict[str, Any], error: type[Exception], says: str
) -> None:
    ada = door()
    with pytest.raises(error, match=says):
        await ada.start(**wishes)
    assert await store.session("s1") is None


@pytest.mark.parametrize("topic", ["signal-processing", "signal processing", "Signal Processing"])
async def test_a_topic_may_be_written_with_spaces(door: Callable[..., Door], topic: str) -> None:
    ada = door(notes=Library([note("waves", topic="signal-processing"), note("kl")]))
    assert of(QuestionReply, await ada.start(topic=topic)).note_id == "waves"


async def test_a_session_that_nobody_began_takes_nothing(door: Callable[..., Door]) -> None:
    with pytest.raises(UsageError, match="/drill or /interview"):
        await door().say()
    with pytest.raises(UsageError, match="/drill or /interview"):
        await door().recover()


async def test_the_unfinished_session_is_the_latest_of_the_place_that_has_not_ended(door: Callable[..., Door]) -> None:
    ada, here, elsewhere = door(), door(session_id="s2"), door(session_id="s3", place="discord")
    assert await ada.coach.unfinished("ada", "terminal") is None
    for one in (ada, here, elsewhere):
        await one.start()
    assert await ada.coach.unfinished("ada", "terminal") == "s2"
    assert await ada.coach.unfinished("bob", "terminal") is None
    await here.stop()
    assert await ada.coach.unfinished("ada", "terminal") == "s1"
    await ada.pause()
    assert await ada.coach.unfinished("ada", "terminal") == "s1"
    await ada.stop()
    assert await ada.coach.unfinished("ada", "terminal") is None


async def test_a_session_of_questions_to_the_notes_is_never_unfinished(door: Callable[..., Door]) -> None:
    ada = door()
    await ada.start(Mode.ASK)
    await ada.ask("what is kl?")
    assert await ada.coach.unfinished("ada", "terminal") is None


async def test_recovering_shows_where_a_session_stands_and_changes_nothing(
    door: Callable[..., Door], store: Store
) -> None:
    ada = door("-")
    first = of(QuestionReply, await ada.start())
    assert await door().recover() == [first]
    probe = of(ProbeReply, await ada.say())
    before = await kept(ada, store)
    assert await door().recover() == [first, probe]
    assert await kept(ada, store) == before


async def test_recovering_a_session_that_is_over_asks_nothing(door: Callable[..., Door]) -> None:
    ada = door()
    await ada.start()
    await ada.stop()
    assert await door().recover() == []


async def test_notes_asked_lately_are_named_newest_first(door: Callable[..., Door]) -> None:
    ada, bob = door(), door(session_id="s2", person="bob")
    await ada.start(topic="probability")
    await ada.stop()
    again = door(session_id="s3")
    await again.start(topic="losses")
    await again.skip()
    await bob.start()
    first, second = [e.ref.note_id for e in (await again.session()).exchanges]
    planned = await ada.coach.memory.planned("ada", Start(id="next", at=NOON, mode=Mode.INTERVIEW))
    assert planned.avoid == (second, first, "bayes")


async def test_progress_is_the_mean_score_of_each_topic(door: Callable[..., Door]) -> None:
    ada, bob = door("+--", "~", "+"), door("+", session_id="s2", person="bob")
    await ada.start(topic="losses", questions=2)
    await ada.say()
    await ada.skip()
    await ada.say()
    await ada.skip()
    later = door("+", session_id="s3")
    await later.start(topic="probability")
    await later.say()
    await bob.start(topic="losses")
    await bob.say()
    progress = {p.topic: (p.questions, p.score) for p in await ada.coach.progress("ada")}
    assert progress == {"losses": (2, pytest.approx(0.5)), "probability": (1, pytest.approx(1))}


async def test_export_is_everything_a_person_said_and_got_as_json(door: Callable[..., Door]) -> None:
    ada, bob = door("-"), door(session_id="s2", person="bob")
    await bob.start()
    await ada.start()
    await ada.say("my own words: p ≠ q")
    exported = json.loads(json.dumps(await ada.coach.export("ada")))
    assert [row["id"] for row in exported["sessions"]] == ["s1"]
    bodies = [row["body"] for row in exported["events"]]
    assert [body["kind"] for body in bodies] == [
        *("start", "asked", "replied", "shown"),
        *("say", "graded", "probed", "replied", "shown"),
    ]
    assert bodies[4]["text"] == "my own words: p ≠ q"


async def test_after_forget_nothing_of_a_person_is_left_and_others_are_untouched(
    door: Callable[..., Door], store: Store
) -> None:
    ada, bob = door("-"), door("-", session_id="s2", person="bob")
    for one in (ada, bob):
        await one.start()
        await one.say()
    before = await store.export("bob")
    assert await ada.coach.forget("ada") > 0
    assert {table: rows for table, rows in (await ada.coach.export("ada")).items() if rows} == {}
    assert await store.export("bob") == before
    assert await ada.coach.progress("ada") == []
    with pytest.raises(UsageError):
        await ada.say()


# Notes that change under a session


async def without(ada: Door, store: Store, *patterns: str) -> Door:
    """The same session at a coach that no longer has the note in question."""
    current = (await ada.session()).current
    assert current
    rest = Library([n for n in LIBRARY if n.id != current.ref.note_id])
    later = Door(coach_of(rest, store, ScriptedJudge(*patterns)))
    later.sent = ada.sent
    return later


@pytest.mark.parametrize("answered", [True, False], ids=["answered", "unanswered"])
@pytest.mark.parametrize(
    ("send", "then"),
    [
        (TYPED["say"], "question"),
        (TYPED["skip"], "question"),
        (TYPED["hint"], "notice"),
        (TYPED["pause"], "notice"),
        (TYPED["resume"], None),
        (TYPED["stop"], None),
    ],
    ids=["say", "skip", "hint", "pause", "resume", "stop"],
)
async def test_a_question_whose_note_was_removed_does_not_stop_the_session(
    door: Callable[..., Door], store: Store, send: Send, then: str | None, answered: bool
) -> None:
    ada = door("-")
    await ada.start()
    if answered:
        await ada.say()
    later = await without(ada, store)
    replies = await send(later)
    assert replies
    assert then is None or replies[-1].kind == then
    assert await later.coach.unfinished("ada", "terminal") in ("s1", None)
    await later.coach.progress("ada")


async def test_a_point_that_was_removed_from_its_rubric_is_not_asked_for(
    door: Callable[..., Door], store: Store
) -> None:
    long, short = note("kl", 0.4, 0.3, 0.2, 0.1), note("kl", 0.5, 0.3, 0.2)
    ada = door("+++-", notes=Library([long]))
    await ada.start()
    await ada.say()
    judge = ScriptedJudge("-")
    later = Door(coach_of(Library([short]), store, judge))
    later.sent = ada.sent
    assert "debrief" in kinds(await later.say())
    assert judge.asked == []
