"""Events are stored as JSON: what is written is what is read."""

import pytest
from pydantic import ValidationError

from bot.coach.events import EVENT, Mark, Replied, Start
from bot.coach.reply import AnswerReply, NoticeReply
from bot.grading.grade import Verdict
from tests.coach.notes import CONTRADICTED, MET, MISSED, UNSCORED, note
from tests.coach.story import NOON, Story


def everything() -> Story:
    story = Story(note("kl"), topic="losses", avoid=("dropout",)).ask("kl").answer(CONTRADICTED, UNSCORED, MISSED)
    story.probe("a").hint("b").pause().wait(1).resume().answer(
        MET, text="p ≠ q \x00\x1b[2J 🙂\u202e"
    ).finish().stop().close()
    shown = Replied(to="start", replies=(NoticeReply(text="Well."), AnswerReply(text="So [kl].", note_ids=("kl",))))
    return story.mark(0, "a", MET).happen(shown)


@pytest.mark.parametrize("event", everything().events, ids=lambda event: event.kind)
def test_an_event_read_from_its_json_is_the_event(event: Start) -> None:
    assert EVENT.validate_json(event.model_dump_json()) == event


@pytest.mark.parametrize(
    "body",
    [
        '{"kind": "shout", "id": "1", "at": "2026-01-01T00:00:00Z"}',
        '{"kind": "say", "id": "1", "at": "2026-01-01T00:00:00Z", "text": "p", "verdict": "met"}',
        '{"kind": "say", "id": "1", "at": "2026-01-01T00:00:00Z"}',
        '{"kind": "graded", "to": "1", "grade": {"judge": "me", "points": []}}',
    ],
    ids=["unknown kind", "surplus field", "missing field", "grade without points"],
)
def test_json_that_is_no_event_is_refused(body: str) -> None:
    with pytest.raises(ValidationError):
        EVENT.validate_json(body)


@pytest.mark.parametrize("verdict", [Verdict.CONTRADICTED, Verdict.UNSCORED])
def test_a_candidate_marks_a_point_met_partial_or_missed_only(verdict: Verdict) -> None:
    with pytest.raises(ValidationError):
        Mark.model_validate({"id": "1", "at": NOON, "point": 1, "verdict": verdict})
