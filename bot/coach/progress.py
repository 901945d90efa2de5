"""How one person does: by topic and note, what is due, what is still believed wrongly, how well they know it. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.coach.agenda import due
from bot.coach.concepts import Concept, Diary, Sureness
from bot.coach.goals import Wishes, standing
from bot.coach.mastery import HALF_LIFE, Estimate, together
from bot.grading.grade import Verdict
from knowledge.library import Library
from knowledge.note import Note

TREND = timedelta(days=28)
_MOMENTS = 8  # of a history, over the time of a trend
_CERTAIN = 5  # the highest sureness


@dataclass(frozen=True)
class TopicProgress:
    """How one person did on one topic: questions graded, mastery in [0, 1] with its interval, notes that are due.

    `history` is the mastery at equal steps over the last four weeks, None before anything was graded.
    """

    topic: str
    questions: int
    score: float
    low: float | None = None
    high: float | None = None
    due: int = 0
    history: tuple[float | None, ...] = ()

    @property
    def trend(self) -> float | None:
        """How the mastery changed over the history, or None where it began within it."""
        first = self.history[0] if self.history else None
        return None if first is None else self.score - first


@dataclass(frozen=True)
class PointProgress:
    """A rubric point: what it says, its mastery, and whether the contrary was said last."""

    text: str
    known: Estimate
    contradicted: bool


@dataclass(frozen=True)
class NoteProgress:
    """A note: its mastery, how far up its ladder (`rung` of `rungs`), when it is due, and its points.

    `known` is None where its own question was never graded, or nothing of it could be scored.
    """

    note_id: str
    topic: str
    question: str
    known: Estimate | None
    rung: int
    rungs: int
    due: datetime | None
    points: tuple[PointProgress, ...]


@dataclass(frozen=True)
class Belief:
    """A misconception that was stated and not put right since, and what is true instead."""

    note_id: str
    claim: str
    correction: str


@dataclass(frozen=True)
class Calibration:
    """How sure somebody was against what they then earned.

    A sureness of 1 to 5 stands for a confidence c of 0, 0.25, 0.5, 0.75 and 1; s is the share earned of what could be
    scored. `brier` is the mean of (c - s) squared over all questions, 0 at best (Brier, Monthly Weather Review 78,
    1950, with a share in place of what came true). `curve`: confidence, mean share, number of questions.
    """

    brier: float
    questions: int
    curve: tuple[tuple[float, float, int], ...]


@dataclass(frozen=True)
class Progress:
    """Everything about how one person does."""

    topics: tuple[TopicProgress, ...] = ()
    notes: tuple[NoteProgress, ...] = ()
    beliefs: tuple[Belief, ...] = ()
    calibration: Calibration | None = None
    due: int = 0
    standing: str = ""


def progress(
    concepts: Mapping[str, Concept], diary: Diary, wishes: Wishes, library: Library, now: datetime
) -> Progress:
    """How somebody does at a moment; notes that are no longer there do not count."""
    concepts = {note_id: concept for note_id, concept in concepts.items() if note_id in library}
    waiting = due(concepts, library, now)
    return Progress(
        topics=tuple(by_topic(concepts, library, now)),
        notes=tuple(_note(note, concepts[note.id], now) for note in library if _graded(concepts, note)),
        beliefs=tuple(_beliefs(concepts, library)),
        calibration=calibration([concept.sure for concept in concepts.values()]),
        due=len(waiting),
        standing=standing(diary, wishes, len(waiting), now),
    )


def by_topic(concepts: Mapping[str, Concept], library: Library, now: datetime) -> list[TopicProgress]:
    """The topics on which something was graded, in their order."""
    waiting = set(due(concepts, library, now))
    found: list[TopicProgress] = []
    for topic, notes in library.topics.items():
        asked = [concepts[note.id] for note in notes if note.id in concepts]
        known = [estimate for concept in asked if (estimate := concept.tally.estimate(now))]
        if not known:
            continue
        whole = together(known)
        found.append(
            TopicProgress(
                topic,
                sum(concept.questions for concept in asked),
                whole.mean,
                whole.low,
                whole.high,
                sum(note.id in waiting for note in notes),
                _history(asked, whole.mean, now),
            )
        )
    return found


def _history(asked: Sequence[Concept], mean: float, now: datetime) -> tuple[float | None, ...]:
    moments = [now - TREND * (1 - step / (_MOMENTS - 1)) for step in range(_MOMENTS - 1)]
    return (*(_mean([_then(concept, moment) for concept in asked]) for moment in moments), mean)


def _then(concept: Concept, moment: datetime) -> float | None:
    """The mastery at an earlier moment, from the reviews that are kept; the weights are those of the tally."""
    past = [(2.0 ** ((r.at - moment) / HALF_LIFE), r.share) for r in concept.reviews if r.at <= moment and r.rung == 0]
    scored = [(weight, share) for weight, share in past if share is not None]
    whole = math.fsum(weight for weight, _ in scored)
    return math.fsum(weight * share for weight, share in scored) / whole if scored else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def _graded(concepts: Mapping[str, Concept], note: Note) -> bool:
    return note.id in concepts and bool(concepts[note.id].points)


def _note(note: Note, concept: Concept, now: datetime) -> NoteProgress:
    texts = {point.id: point.point for point in note.rubric}
    for rung, follow_up in enumerate(note.follow_ups, 1):
        texts |= {f"{rung}:{point.id}": point.point for point in follow_up.rubric}
    points = [
        PointProgress(texts[name], known, point.verdict is Verdict.CONTRADICTED)
        for name, point in concept.points.items()
        if name in texts and (known := point.tally.estimate(now))
    ]
    return NoteProgress(
        note.id,
        note.topic,
        note.question,
        concept.tally.estimate(now),
        concept.rung,
        len(note.follow_ups),
        concept.recall.due if concept.recall else None,
        tuple(points),
    )


def _beliefs(concepts: Mapping[str, Concept], library: Library) -> list[Belief]:
    """The misconceptions still held, the newest first; those that the notes have lost cannot be put right."""
    held = [(at, note_id, claim) for note_id, concept in concepts.items() for claim, at in concept.beliefs.items()]
    corrections = {(note.id, known.claim): known.correction for note in library for known in note.misconceptions}
    return [
        Belief(note_id, claim, corrections[note_id, claim])
        for _, note_id, claim in sorted(held, reverse=True)
        if (note_id, claim) in corrections
    ]


def calibration(sure: Sequence[Mapping[int, Sureness]]) -> Calibration | None:
    """Over the questions of any number of notes; None where nobody said how sure they were."""
    curve: list[tuple[float, float, int]] = []
    error, questions = 0.0, 0
    for level in range(1, _CERTAIN + 1):
        sums = [each[level] for each in sure if level in each]
        number = sum(each.number for each in sums)
        if not number:
            continue
        shares, squares = math.fsum(each.shares for each in sums), math.fsum(each.squares for each in sums)
        confidence = (level - 1) / (_CERTAIN - 1)
        error += number * confidence**2 - 2 * confidence * shares + squares
        questions += number
        curve.append((confidence, shares / number, number))
    return Calibration(max(0.0, error) / questions, questions, tuple(curve)) if questions else None
