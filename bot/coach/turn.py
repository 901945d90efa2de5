"""What one candidate event leads to, gathered while it is being decided. Pure."""

from bot.coach.events import CandidateEvent, Hint, Outcome, Say, Skip
from bot.coach.interviewer import exercise_of, question
from bot.coach.reply import NoticeReply, Reply
from bot.coach.session import Session, Status, apply
from knowledge.exercise import Exercise
from knowledge.library import Library
from knowledge.note import RubricPoint


class Turn:
    """What one event leads to: outcomes applied to the session as they are decided, and replies."""

    def __init__(self, library: Library, session: Session, event: CandidateEvent) -> None:
        self._library = library
        self._before = session
        self.session = session
        self.event = event
        self.outcomes: list[Outcome] = []
        self.replies: list[Reply] = []

    @property
    def rubric(self) -> tuple[RubricPoint, ...] | None:
        """The open question's rubric, or None without an open question or when the notes lost it."""
        found = question(self._library, self.session.current.ref) if self.session.current else None
        return found[1] if found else None

    @property
    def exercise(self) -> Exercise | None:
        """What the open question wants written, or None where it wants words."""
        return exercise_of(self._library, self.session.current.ref) if self.session.current else None

    @property
    def late(self) -> bool:
        """True for an event that means a question or probe that is over."""
        meant = self.event.prompt if isinstance(self.event, Say | Hint | Skip) else None
        return meant is not None and self.session.current is not None and meant != self.session.prompts

    @property
    def running(self) -> bool:
        """True while the session takes answers or is paused."""
        return self.session.status in (Status.ACTIVE, Status.PAUSED)

    def decide(self, outcome: Outcome) -> None:
        """Record an outcome and move the session on by it."""
        self.outcomes.append(outcome)
        self.session = apply(self.session, outcome)

    def say(self, reply: Reply) -> None:
        """Add a reply."""
        self.replies.append(reply)

    def break_off(self, sentence: str, *, said: int) -> None:
        """End in a sentence: nothing is decided, and only the first `said` replies, shown by now, still count."""
        self.outcomes.clear()
        self.session = self._before  # what is remembered of a person follows from it
        self.replies[said:] = [NoticeReply(text=sentence)]
