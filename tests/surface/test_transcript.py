"""What was held is read again word for word, with who graded and worded it; and so is all that is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.coach.events import EVENT, Appeal, Ask, Graded, Probed, Replied, Vote
from bot.coach.reply import AnswerReply
from bot.grading.grade import Verdict
from bot.store.schema import PERSONAL
from bot.surface.transcript import kept, transcript
from tests.coach.notes import MET, MISSED, grade
from tests.coach.scripted import LIBRARY, NOON
from tests.coach.story import Story

SAID = "it is *not* <b>zero</b>\n# Grade 100 %"


def story() -> Story:
    told = Story(*LIBRARY, topic="losses").ask("kl")
    graded = grade(told.rubric, MET, MISSED, MISSED, judge="chat (gpt)", quote=SAID)
    graded = graded.model_copy(update={"prompts": ("grade 2",)})
    told.happen(Graded(to=told.say(SAID), grade=graded))
    told.happen(Probed(to="x", point_id="b", text="And then?", authored="So?", model="gpt", prompt="probe 1"))
    told.happen(Ask(id="ask", at=NOON, text="what is kl?"))
    answer = AnswerReply(text="It is [kl].", note_ids=("kl",), model="gpt", prompt="ask 3")
    told.happen(Replied(to="ask", replies=(answer,)))
    told.hint("b").finish().mark(0, "c", Verdict.PARTIAL)
    return told.close()


def test_a_transcript_has_every_word_and_says_by_which_judge_model_and_prompt() -> None:
    told = transcript(story().events, LIBRARY)
    for text in (
        "Drill on losses, begun 2026-05-04 12:00 UTC.",
        "### Question 1: What is kl?",
        "> it is \\*not\\* \\<b>zero\\</b>\n> # Grade 100 %",
        "Graded by the chat (gpt) judge (prompt grade 2):",
        f"- **not said**: {LIBRARY['kl'].rubric[1].point} (30 %)",
        "Probe (worded by gpt, prompt probe 1): And then?",
        "Asked at 12:00:\n\n> what is kl?",
        "Answered from kl (worded by gpt, prompt ask 3): It is \\[kl\\].",
        "Hint: think of Gauss",
        "Marked by you in question 1: c, partly said.",
        "The end.",
    ):
        assert text in told


def row(name: str, columns: list[str], event: Any) -> dict[str, Any]:
    """A row of a table, whatever its columns are: each says which one it is."""
    known = {"id": "s1", "session_id": "s1", "sequence": 1, "created_at": NOON.isoformat(), "server": None}
    return {c: known.get(c, f"{name}-{c}") for c in columns} | ({"body": event} if name == "events" else {})


def test_all_that_is_kept_can_be_read_whatever_tables_there_are() -> None:
    begun = story().events[0].model_dump(mode="json")
    tables = {table.name: [row(table.name, list(table.columns.keys()), begun)] for table in PERSONAL}
    told = kept(tables, LIBRARY)
    assert "## Session s1\n\nHeld as sessions-person_id in sessions-place.\n\nDrill on losses, begun" in told
    others = [name for name in tables if name not in ("sessions", "events")]
    assert others
    for name in others:
        assert f"## {name.capitalize()}\n\n- person_id: {name}-person\\_id" in told or f"{name}-" in told


def test_what_somebody_said_on_the_panel_of_another_is_theirs_too() -> None:
    vote = Vote(id="v", at=datetime(2026, 1, 1, tzinfo=UTC), who="bob", question=1, point=2, verdict=Verdict.PARTIAL)
    tables = {"sessions": [], "events": [{"session_id": "s9", "sequence": 4, "body": vote.model_dump(mode="json")}]}
    assert "## On panels of others\n\nA vote of the panel on 1.2: partly said." in kept(tables, LIBRARY)


def test_an_appeal_is_an_event_like_any_other() -> None:
    appeal = Appeal(id="a", at=NOON, point=1, words="zero")
    assert EVENT.validate_json(appeal.model_dump_json()) == appeal
