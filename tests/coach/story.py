"""A session told event by event, without a coach, and what comes next in it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.coach.events import (
    Asked,
    CandidateEvent,
    Closed,
    Finished,
    Graded,
    Hinted,
    Mark,
    Marked,
    Mode,
    Outcome,
    Pause,
    Probed,
    QuestionRef,
    Resume,
    Say,
    Stage,
    Start,
    Stop,
)
from bot.coach.interviewer import Close, Next, next_question, question
from bot.coach.session import Exchange, Session, apply
from bot.grading.grade import Verdict, WrongBelief
from knowledge.library import Library
from knowledge.note import Note, RubricPoint
from tests.coach.notes import ANSWER, grade

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


class Story:
    """What has happened so far; every method lets one more thing happen.

    `minute` counts from noon and stays where it was left.
    """

    def __init__(self, *notes: Note, mode: Mode = Mode.DRILL, **start: Any) -> None:
        self.library = Library(notes)
        self.events: list[CandidateEvent | Outcome] = []
        self.session = Session()
        self.minute = 0.0
        self.happen(Start(id="start", at=NOON, mode=mode, **start))

    def happen(self, event: CandidateEvent | Outcome) -> "Story":
        self.events.append(event)
        self.session = apply(self.session, event)
        return self

    @property
    def at(self) -> datetime:
        return NOON + timedelta(minutes=self.minute)

    @property
    def open(self) -> Exchange:
        assert self.session.current
        return self.session.current

    @property
    def rubric(self) -> tuple[RubricPoint, ...]:
        found = question(self.library, self.open.ref)
        assert found
        return found[1]

    def wait(self, minutes: float) -> "Story":
        self.minute += minutes
        return self

    def ask(self, note_id: str = "kl", rung: int = 0, stage: Stage = Stage.DRILL) -> "Story":
        ref = QuestionRef(note_id=note_id, rung=rung)
        found = question(self.library, ref)
        assert found
        number = self.session.number + (rung == 0)
        return self.happen(Asked(to="coach", ref=ref, text=found[0], stage=stage, number=number))

    def say(self, text: str = ANSWER, sure: int | None = None) -> str:
        name = f"say-{len(self.events)}"
        self.happen(Say(id=name, at=self.at, text=text, sure=sure))
        return name

    def answer(
        self,
        *verdicts: Verdict,
        text: str = ANSWER,
        judge: str = "test",
        of: Sequence[str] | None = None,
        beliefs: Sequence[WrongBelief] = (),
        sure: int | None = None,
    ) -> "Story":
        """An answer and its grade, over the points `of` (all of them unless told), quoting all of it."""
        points = [p for p in self.rubric if of is None or p.id in of]
        graded = grade(points, *verdicts, judge=judge, quote=text).model_copy(update={"misconceptions": tuple(beliefs)})
        return self.happen(Graded(to=self.say(text, sure), grade=graded))

    def probe(self, point_id: str) -> "Story":
        authored = next(p.probe for p in self.rubric if p.id == point_id)
        return self.happen(Probed(to="coach", point_id=point_id, text=f"You said it. {authored}", authored=authored))

    def challenge(self, point_id: str) -> "Story":
        quoted = f"You said {point_id}. Why does it hold?"
        return self.happen(Probed(to="coach", point_id=point_id, text=quoted, authored=quoted))

    def hint(self, point_id: str, text: str = "think of Gauss") -> "Story":
        return self.happen(Hinted(to="coach", point_id=point_id, text=text))

    def finish(self, *, skipped: bool = False) -> "Story":
        return self.happen(Finished(to="coach", skipped=skipped))

    def mark(self, exchange: int, point_id: str, verdict: Verdict) -> "Story":
        self.happen(Mark(id=f"mark-{len(self.events)}", at=self.at, point=1, verdict=Verdict.MET))
        return self.happen(Marked(to="coach", exchange=exchange, point_id=point_id, verdict=verdict))

    def pause(self) -> "Story":
        return self.happen(Pause(id=f"pause-{len(self.events)}", at=self.at))

    def resume(self) -> "Story":
        return self.happen(Resume(id=f"resume-{len(self.events)}", at=self.at))

    def stop(self) -> "Story":
        return self.happen(Stop(id=f"stop-{len(self.events)}", at=self.at))

    def close(self) -> "Story":
        return self.happen(Closed(to="coach"))


def after(story: Story) -> Next | Close:
    """What the interviewer does next."""
    return next_question(story.session, story.library)


def ref(story: Story) -> tuple[str, int] | None:
    """The note and rung of the next question; None when the session closes."""
    move = after(story)
    return (move.ref.note_id, move.ref.rung) if isinstance(move, Next) else None
