"""What to do next. Pure: a session and a library in, outcomes out; wording is the persona's.

The order of choices, from the first answer to the end of a question:
a contradicted point is quoted back, heaviest first; else the heaviest point not yet earned is probed;
else, everything met, the next rung of the ladder; else the next question, by a bridge where one leads
there. Nothing is asked twice in a session.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.coach.events import Mode, QuestionRef, Stage
from bot.coach.session import Exchange, Session
from bot.grading.evidence import STOPWORDS, words
from bot.grading.grade import PointGrade, Verdict
from bot.grading.running import point_of
from knowledge.exercise import Exercise
from knowledge.library import Library
from knowledge.note import Kind, Level, Note, RubricPoint
from knowledge.text import stem

PROBES_A_POINT = 2
PROBES_A_QUESTION = 3
RUNGS_A_QUESTION = 2
MINUTES_A_QUESTION = 4
BACKGROUND_TOPICS = frozenset({"signal-processing"})
OPENING = "research-talk"
CANDIDATE_QUESTIONS = "questions-for-us"
NEW = "You have not been asked this before."

# The arc of an interview: stage, and the share of the minutes by whose end it is over.
ARC = (
    (Stage.RESEARCH, 0.20),
    (Stage.BACKGROUND, 0.35),
    (Stage.FUNDAMENTALS, 0.80),
    (Stage.BEHAVIOURAL, 0.90),
    (Stage.QUESTIONS, 1.00),
)
_LEVELS = list(Level)
_QUOTE_LENGTH = 110


@dataclass(frozen=True)
class Challenge:
    """Quote a contradiction back and ask."""

    point: RubricPoint
    quote: str

    @property
    def authored(self) -> str:
        """The words that need no model."""
        return f"You said “{shorten(self.quote)}”. Walk me through why that holds."


@dataclass(frozen=True)
class Probe:
    """Ask for a point that is not earned yet."""

    point: RubricPoint

    @property
    def authored(self) -> str:
        """The note's own words for it."""
        return self.point.probe


@dataclass(frozen=True)
class Next:
    """Put a question: a note's own, or a rung of its ladder; `bridge` leads over from the last note.

    `text` are other words for it, `why` says why it comes now; `deeper`: it goes on with the question before.
    """

    ref: QuestionRef
    stage: Stage
    bridge: str = ""
    text: str = ""
    why: str = ""
    deeper: bool = False


@dataclass(frozen=True)
class Close:
    """Nothing is left to ask, or the time is over."""


Move = Challenge | Probe | Next | Close


def shorten(quote: str) -> str:
    """A quote on one line, cut at a word where it is long."""
    line = " ".join(quote.split()).rstrip(".!;,")
    return line if len(line) <= _QUOTE_LENGTH else line[:_QUOTE_LENGTH].rsplit(" ", 1)[0] + " …"


def question(library: Library, ref: QuestionRef) -> tuple[str, tuple[RubricPoint, ...]] | None:
    """The text and rubric a reference means, or None when the notes no longer have it."""
    if ref.note_id not in library:
        return None
    note = library[ref.note_id]
    if ref.rung == 0:
        return note.question, note.rubric
    if ref.rung > len(note.follow_ups):
        return None
    rung = note.follow_ups[ref.rung - 1]
    return rung.question, rung.rubric


def exercise_of(library: Library, ref: QuestionRef) -> Exercise | None:
    """What a question wants written, or None where it wants words."""
    return library[ref.note_id].exercise if ref.rung == 0 and ref.note_id in library else None


def wordings(library: Library, ref: QuestionRef) -> dict[str, str]:
    """What the points of a question's grade say, by id: those of its rubric, and its tests."""
    found = question(library, ref)
    if found is None:
        return {}
    exercise = exercise_of(library, ref)
    tests = {point_of(test.id): f"Test: {test.says}" for test in exercise.tests} if exercise else {}
    return {**tests, **{point.id: point.point for point in found[1]}}


def open_points(exchange: Exchange, rubric: Sequence[RubricPoint]) -> list[RubricPoint]:
    """The points that can still earn more, in the rubric's order."""
    return [p for p in rubric if p.id not in exchange.points or exchange.points[p.id].verdict is not Verdict.MET]


def follow_up(session: Session, rubric: Sequence[RubricPoint]) -> Challenge | Probe | None:
    """What to ask about the answer just given, or None when the question is over."""
    exchange = session.current
    if exchange is None or sum(exchange.probes.values()) >= PROBES_A_QUESTION:
        return None
    candidates = [p for p in open_points(exchange, rubric) if exchange.probes.get(p.id, 0) < PROBES_A_POINT]
    candidates.sort(key=lambda p: (not _contradicted(exchange, p), -p.weight))
    for point in candidates:
        graded = exchange.points.get(point.id)
        if graded and graded.verdict is Verdict.CONTRADICTED and graded.evidence and not exchange.probes.get(point.id):
            move = Challenge(point, graded.evidence.quote)
            if move.authored not in session.said:
                return move
        if point.probe not in session.said:
            return Probe(point)
    return None


def _contradicted(exchange: Exchange, point: RubricPoint) -> bool:
    graded: PointGrade | None = exchange.points.get(point.id)
    return graded is not None and graded.verdict is Verdict.CONTRADICTED


def next_question(session: Session, library: Library) -> Next | Close:
    """The question after the one that just ended."""
    start = session.start
    last = session.history[-1] if session.history else None
    if start is None:
        return Close()
    if last and (deeper := _deeper(session, last, library)):
        return deeper
    if start.mode is Mode.DRILL:
        if session.number >= start.questions:
            return Close()
        return _agenda(session, library, last) or _pick(session, library, Stage.DRILL, last)
    for stage in _stages_left(session):
        found = _pick(session, library, stage, last)
        if isinstance(found, Next):
            return found
    return Close()


def _deeper(session: Session, last: Exchange, library: Library) -> Next | None:
    """The next rung, when everything was met and there is time for it."""
    ref = QuestionRef(note_id=last.ref.note_id, rung=last.ref.rung + 1)
    everything_met = bool(last.points) and all(p.verdict is Verdict.MET for p in last.points.values())
    found = question(library, ref)
    if not everything_met or found is None or ref.rung > RUNGS_A_QUESTION or found[0] in session.said:
        return None
    if session.mode is Mode.INTERVIEW and last.stage not in _stages_in_time(session):
        return None
    return Next(ref, last.stage, deeper=True)


def _agenda(session: Session, library: Library, last: Exchange | None) -> Next | None:
    """The next question of the agenda that the notes still have, by a bridge where one leads there."""
    for planned in session.start.agenda if session.start else ():
        note_id = planned.ref.note_id
        if note_id in session.asked or planned.text in session.said or not question(library, planned.ref):
            continue
        related = library[last.ref.note_id].related if last and last.ref.note_id in library else ()
        bridges = [other.bridge for other in related if other.id == note_id and other.bridge not in session.said]
        return Next(planned.ref, Stage.DRILL, *bridges[:1], text=planned.text, why=planned.why)
    return None


def _pick(session: Session, library: Library, stage: Stage, last: Exchange | None) -> Next | Close:
    pool = [n for n in _pool(session, library, stage) if n.id not in session.asked and n.question not in session.said]
    if not pool:
        return Close()
    if last and last.ref.note_id in library:
        for related in library[last.ref.note_id].related:
            fresh = session.start is None or related.id not in session.start.avoid
            if fresh and related.id in {note.id for note in pool} and related.bridge not in session.said:
                return Next(QuestionRef(note_id=related.id), stage, related.bridge)
    return Next(QuestionRef(note_id=pool[0].id), stage, why=_new(session, pool[0]))


def _new(session: Session, note: Note) -> str:
    """Said of what comes for the first time in a mixed drill, to somebody who was asked before."""
    start = session.start
    if start is None or start.mode is not Mode.DRILL or start.topic:
        return ""
    return NEW if start.avoid and note.id not in start.avoid else ""


def _pool(session: Session, library: Library, stage: Stage) -> list[Note]:
    """The notes a stage may draw from, in the order to ask them: fresh ones, the opening talk, then by level."""
    start = session.start
    if start is None:
        return []
    notes = list(library)
    if start.topic and stage in (Stage.DRILL, Stage.FUNDAMENTALS):
        notes = list(library.about(start.topic))
    notes = [n for n in notes if _belongs(n, stage, named=start.topic is not None)]
    if start.level and stage in (Stage.DRILL, Stage.FUNDAMENTALS):
        notes = [n for n in notes if n.level is start.level]
    random.Random(f"{start.seed}:{stage}").shuffle(notes)  # noqa: S311  # order of questions, not a secret
    opening = OPENING if start.mode is Mode.INTERVIEW else ""
    return sorted(notes, key=lambda n: (n.id in start.avoid, n.id != opening, _LEVELS.index(n.level)))


def _belongs(note: Note, stage: Stage, *, named: bool) -> bool:
    personal = note.kind.personal
    if note.exercise and not named:
        return False  # nobody types code who did not ask for it
    match stage:
        case Stage.DRILL:
            return named or not personal
        case Stage.RESEARCH:
            return note.kind is Kind.RESEARCH
        case Stage.BACKGROUND:
            return note.topic in BACKGROUND_TOPICS
        case Stage.FUNDAMENTALS:
            return not personal and (named or note.topic not in BACKGROUND_TOPICS)
        case Stage.BEHAVIOURAL:
            return note.kind is Kind.BEHAVIOURAL and note.id != CANDIDATE_QUESTIONS
        case Stage.QUESTIONS:
            return note.id == CANDIDATE_QUESTIONS


def _stages_left(session: Session) -> list[Stage]:
    """The stages that still have a question to ask, in the order of the arc."""
    in_time = _stages_in_time(session)
    reached = session.history[-1].stage if session.history else Stage.RESEARCH
    order = [stage for stage, _ in ARC]
    return [
        stage
        for stage in in_time
        if order.index(stage) >= order.index(reached) and _asked_in(session, stage) < _planned(session, stage)
    ]


def _stages_in_time(session: Session) -> list[Stage]:
    minutes = session.start.minutes if session.start else 0
    elapsed = session.active_seconds / 60
    # The candidate's own questions belong to every interview, however late it is.
    return [stage for stage, share in ARC if elapsed < share * minutes or stage is Stage.QUESTIONS]


def _asked_in(session: Session, stage: Stage) -> int:
    return len({exchange.number for exchange in session.exchanges if exchange.stage is stage})


def _planned(session: Session, stage: Stage) -> int:
    """How many main questions a stage has room for."""
    minutes = session.start.minutes if session.start else 0
    begins, ends = 0.0, 0.0
    for name, share in ARC:
        begins, ends = ends, share
        if name is stage:
            break
    if stage is Stage.BACKGROUND and minutes < 15:
        return 0
    if stage is Stage.FUNDAMENTALS:
        return max(1, round((ends - begins) * minutes / MINUTES_A_QUESTION))
    return 1


def hint(session: Session, rubric: Sequence[RubricPoint]) -> tuple[RubricPoint, str] | None:
    """The point to hint at and the words: its probe, or its sentence with the words that matter left out."""
    exchange = session.current
    if exchange is None:
        return None
    candidates = sorted(open_points(exchange, rubric), key=lambda p: (p.id in exchange.hinted, -p.weight))
    for point in candidates:
        for text in (point.probe, cloze(point.point, exchange.text)):
            if text not in session.said:
                return point, text
    return None


def cloze(point: str, question_text: str) -> str:
    """A point with its formulas and every second telling word left out; words of the question stay.

    >>> cloze("Dropout rescales kept activations by 1/(1-p).", "What is dropout?")
    'Dropout … kept … by ….'
    """
    known = {stem(word) for word in words(question_text)}
    gaps: dict[frozenset[str], bool] = {}  # a word left out once is left out wherever it comes again
    out: list[str] = []
    for token in point.split():
        bare = token.strip(".,;:")
        plain = re.fullmatch(r"[\w'’-]+", bare) is not None and not bare.isdigit()
        stems = frozenset(stem(word) for word in words(bare))
        telling = plain and not (set(words(bare)) <= STOPWORDS or stems <= known)
        hidden = not plain or (telling and gaps.setdefault(stems, len(gaps) % 2 == 0))
        if not hidden:
            out.append(token)
        elif not out or not out[-1].startswith("…"):
            out.append(token.replace(bare, "…") if bare else "…")
    return " ".join(out)
