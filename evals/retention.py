"""Does what is asked next help? A simulated candidate over simulated days: python -m evals.retention

The candidate forgets by half-life regression (Settles and Meeder, A Trainable Spaced Repetition Model for Language
Learning, ACL 2016): a note that was talked about `age` days ago is recalled with probability 2 ** (-age / h). The form
is theirs, the numbers are ours: everything was learnt on the eve of the first day, h begins at HALF_LIFE days times the
note's strength, doubles with each question that was answered well, and is multiplied by `lapse` with each that was not:
by 1, for the answer is shown afterwards, or for a candidate to whom that is of less use by two thirds. It is another
model than that of FSRS, which has a power of the age and a difficulty, so that the schedule is not measured by its own
belief. Each rubric point is stated independently with the note's probability.

A `steady` candidate forgets and learns nothing, and states a point with the strength as its probability: the truth that
mastery has to find.
"""

import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

from bot.coach.agenda import planned, reworded
from bot.coach.concepts import WELL, Concept, changes, remembered
from bot.coach.events import Asked, Finished, Graded, Mode, Planned, Say, Start
from bot.coach.interviewer import Close, Next, next_question, question
from bot.coach.progress import by_topic
from bot.coach.session import Session, apply
from bot.grading.grade import Grade, PointGrade, Span, Verdict
from knowledge.library import Library, load
from knowledge.note import RubricPoint

DAYS, A_DAY, NOTES, SEEDS = 60, 6, 60, 5
HALF_LIFE = 20.0  # days, of a strength of 1
LOOKED = (5, 15, 30, 60)  # days
LAPSES = (1.0, 2 / 3)
STRENGTHS = (0.15, 0.35, 0.55, 0.75, 0.95)
"""Of topics, in turn; a note lies up to a tenth to either side."""

_LONGEST = 180.0  # days
_BEGUN = datetime(2026, 1, 5, 18, tzinfo=UTC)
_WORDS = "as I said"
_OURS, _RANDOM = "due, weak, new", "random"
_SHADES = ("#b42318", "#e2703a", "#c9a227", "#5b9a5b", "#12805c")  # from weak to strong
README = Path(__file__).with_name("README.md")
_PICTURE = README.with_name("retention.png")
_FROM, _TO = "<!-- retention -->\n", "<!-- /retention -->\n"


@dataclass
class Candidate:
    """Somebody with known strengths, by note; `talked` and `half_life` are in days."""

    strengths: Mapping[str, float]
    chance: random.Random
    steady: bool = False
    lapse: float = 1.0
    talked: dict[str, float] = field(default_factory=dict[str, float])
    half_life: dict[str, float] = field(default_factory=dict[str, float])

    def recall(self, note_id: str, day: float) -> float:
        """The probability of stating a point of a note on a day."""
        strength = self.strengths[note_id]
        if self.steady:
            return strength
        half_life = self.half_life.get(note_id, HALF_LIFE * strength)
        return 2.0 ** (-(day - self.talked.get(note_id, -1)) / half_life)

    def answer(self, note_id: str, rubric: Sequence[RubricPoint], day: float) -> Grade:
        """What an answer is worth; after it the note's answer is shown, and known."""
        recalled = self.recall(note_id, day)
        grade = Grade(judge="simulated", points=tuple(_graded(point, self._says(recalled)) for point in rubric))
        before = self.half_life.get(note_id, HALF_LIFE * self.strengths[note_id])
        self.half_life[note_id] = min(_LONGEST, before * (2 if grade.score >= WELL else self.lapse))
        self.talked[note_id] = day
        return grade

    def _says(self, recalled: float) -> bool:
        return self.chance.random() < recalled


def _graded(point: RubricPoint, said: bool) -> PointGrade:
    evidence = Span(start=0, end=len(_WORDS), quote=_WORDS) if said else None
    verdict = Verdict.MET if said else Verdict.MISSED
    return PointGrade(point_id=point.id, weight=point.weight, verdict=verdict, evidence=evidence)


@dataclass(frozen=True)
class Day:
    """How things stand after a day's drill.

    `error` is the mean distance of the mastery of a topic from the truth, `covered` the share of topics whose interval
    holds it, `recall` the mean over all notes; `asked` counts the questions so far by note, `mastery` is by topic.
    """

    error: float
    covered: float
    recall: float
    asked: Mapping[str, int]
    mastery: Mapping[str, float]


def simulate(
    library: Library,
    days: int,
    a_day: int,
    seed: int,
    *,
    shuffled: bool = False,
    steady: bool = False,
    lapse: float = 1.0,
) -> Iterator[Day]:
    """A drill a day, by what is due, weak and new, or `shuffled`: any note as likely as another."""
    chance = random.Random(seed)  # noqa: S311  # a simulation
    candidate = Candidate(strengths(library, chance), chance, steady, lapse)
    concepts, asked = dict[str, Concept](), Counter[str]()
    for day in range(days):
        now = _BEGUN + timedelta(days=day)
        start = Start(id=f"{day}", at=now, mode=Mode.DRILL, questions=a_day, seed=chance.randrange(2**31))
        if shuffled:
            chosen = chance.sample(list(library), min(a_day, len(library)))
            known = {note.id: concepts.get(note.id) for note in chosen}
            agenda = (_put(library, note.id, known[note.id]) for note in chosen)
            start = start.model_copy(update={"agenda": tuple(agenda)})
        else:
            start = planned(concepts, library, start)
        for note_id in _drill(start, library, candidate, concepts, day):
            asked[note_id] += 1
        yield _standing(library, candidate, concepts, asked, day)


def _put(library: Library, note_id: str, known: Concept | None) -> Planned:
    note = library[note_id]
    return reworded(note, known or Concept.model_validate({"asked": _BEGUN, "wording": "", "tally": {"at": _BEGUN}}))


def strengths(library: Library, chance: random.Random) -> dict[str, float]:
    """What somebody knows of each note to begin with."""
    of_topic = {topic: STRENGTHS[index % len(STRENGTHS)] for index, topic in enumerate(library.topics)}
    return {note.id: min(1.0, max(0.05, of_topic[note.topic] + chance.uniform(-0.1, 0.1))) for note in library}


def _drill(
    start: Start, library: Library, candidate: Candidate, concepts: dict[str, Concept], day: int
) -> Iterator[str]:
    """The notes that are asked; what is remembered of them is revised. Rungs are passed: they are not simulated."""
    session = apply(Session(), start)
    while not isinstance(move := next_question(session, library), Close):
        before, session = session, _asked(session, move, library, start)
        found = question(library, move.ref)
        assert found  # noqa: S101  # the interviewer asks what the library has
        if not move.deeper:
            session = _answered(session, candidate.answer(move.ref.note_id, found[1], day), start)
            yield move.ref.note_id
        session = apply(session, Finished(to=start.id))
        for change in changes(start.id, before, session):
            concepts[change.note_id] = remembered(concepts.get(change.note_id), change)


def _asked(session: Session, move: Next, library: Library, start: Start) -> Session:
    text = move.text or library[move.ref.note_id].question
    number = session.number if move.deeper else session.number + 1
    return apply(session, Asked(to=start.id, ref=move.ref, text=text, stage=move.stage, number=number))


def _answered(session: Session, grade: Grade, start: Start) -> Session:
    said = Say(id=f"{start.id}/{session.number}", at=start.at, text=_WORDS)
    return apply(apply(session, said), Graded(to=said.id, grade=grade))


def _standing(
    library: Library, candidate: Candidate, concepts: Mapping[str, Concept], asked: Counter[str], day: int
) -> Day:
    truth = {note.id: candidate.recall(note.id, day + 1) for note in library}
    rows = by_topic(concepts, library, _BEGUN + timedelta(days=day))
    errors, covered = list[float](), list[bool]()
    for row in rows:
        true = fmean(truth[note.id] for note in library.topics[row.topic] if note.id in concepts)
        errors.append(abs(row.score - true))
        covered.append(row.low is not None and row.high is not None and row.low <= true <= row.high)
    mastery = {row.topic: row.score for row in rows}
    return Day(fmean(errors), fmean(covered), fmean(truth.values()), dict(asked), mastery)


@dataclass(frozen=True)
class Retention:
    """What is left of all notes after so many questions, by how they were ordered and what a wrong answer does.

    `mean` is the recall over all days, `last` that of the last one, `curve` that of each, each over all notes.
    """

    order: str
    lapse: float
    a_day: int
    questions: int
    curve: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over all days: nobody knows on which one the interview is."""
        return fmean(self.curve)


@dataclass(frozen=True)
class Findings:
    """What the simulations say, each the mean over the seeds.

    `convergence`: day, error and covered share for a steady candidate; `asked`: strength and questions a note for the
    same, `mastery` that of the topics of a strength by day.
    """

    notes: int
    convergence: tuple[tuple[int, float, float], ...]
    asked: tuple[tuple[float, float], ...]
    mastery: Mapping[float, tuple[float, ...]]
    retention: tuple[Retention, ...]


def measure(library: Library, days: int = DAYS, a_day: int = A_DAY, seeds: int = SEEDS) -> Findings:
    """Simulate steady and forgetful candidates."""
    steady = [list(simulate(library, days, a_day, seed, steady=True)) for seed in range(seeds)]
    convergence = (
        (day, fmean(run[day - 1].error for run in steady), fmean(run[day - 1].covered for run in steady))
        for day in LOOKED
        if day <= days
    )
    return Findings(
        len(library),
        tuple(convergence),
        tuple(_by_strength(library, [run[-1].asked for run in steady])),
        {strength: _mastery(topics, steady) for strength, topics in _levels(library)},
        tuple(
            _retention(library, days, number, seeds, lapse, shuffled)
            for lapse in LAPSES
            for number in (a_day, 2 * a_day)
            for shuffled in (False, True)
        ),
    )


def _retention(library: Library, days: int, a_day: int, seeds: int, lapse: float, shuffled: bool) -> Retention:
    runs = [list(simulate(library, days, a_day, seed, shuffled=shuffled, lapse=lapse)) for seed in range(seeds)]
    questions = round(fmean(sum(run[-1].asked.values()) for run in runs))
    curve = tuple(fmean(run[day].recall for run in runs) for day in range(days))
    return Retention(_RANDOM if shuffled else _OURS, lapse, a_day, questions, curve)


def _by_strength(library: Library, asked: Sequence[Mapping[str, int]]) -> Iterator[tuple[float, float]]:
    for strength, topics in _levels(library):
        notes = [note.id for topic in topics for note in library.topics[topic]]
        yield strength, fmean(counts.get(note_id, 0) for counts in asked for note_id in notes)


def _levels(library: Library) -> list[tuple[float, list[str]]]:
    """The topics of each strength."""
    topics = list(library.topics)
    return [(strength, topics[level :: len(STRENGTHS)]) for level, strength in enumerate(STRENGTHS)]


def _mastery(topics: Sequence[str], runs: Sequence[Sequence[Day]]) -> tuple[float, ...]:
    """The mean mastery of some topics day by day, as far as they were asked by then."""
    days = range(len(runs[0]))
    known = [[run[day].mastery[topic] for run in runs for topic in topics if topic in run[day].mastery] for day in days]
    return tuple(fmean(values) if values else float("nan") for values in known)


def table(found: Findings) -> str:
    """The findings as Markdown."""
    lines = ["| day | error of the mastery of a topic | topics whose interval holds the truth |", "|---|---|---|"]
    lines += [f"| {day} | {error:.3f} | {covered:.0%} |" for day, error, covered in found.convergence]
    lines += ["", "| strength | questions a note |", "|---|---|"]
    lines += [f"| {strength:.2f} | {number:.1f} |" for strength, number in found.asked]
    lines += ["", "| a wrong answer makes h | questions a day | order | mean recall | recalled notes a question |"]
    lines += ["|---|---|---|---|---|"]
    for each in found.retention:
        share = each.mean * found.notes / each.questions
        lines.append(f"| {each.lapse:.2f} h | {each.a_day} | {each.order} | {each.mean:.1%} | {share:.3f} |")
    return "\n".join(lines) + "\n"


def draw(found: Findings, path: Path) -> None:
    """Mastery against the truth, questions by strength, and recall by order."""
    from matplotlib.figure import Figure  # half a second, and only a picture needs it

    figure: Any = Figure(figsize=(11, 3.4), dpi=128, layout="constrained")
    mastery, asked, recall = figure.subplots(1, 3)
    for index, (strength, curve) in enumerate(found.mastery.items()):
        mastery.plot(range(1, len(curve) + 1), curve, color=_SHADES[index], linewidth=1.8)
        mastery.axhline(strength, color=_SHADES[index], linewidth=1, linestyle=":")
    mastery.set(title="mastery comes to the truth (dotted)", xlabel="day", ylim=(0, 1))
    names, numbers = zip(*((f"{strength:.2f}", number) for strength, number in found.asked), strict=True)
    asked.bar(names, numbers, color=_SHADES, width=0.6)
    asked.set(title="what is weak is asked more", xlabel="strength", ylabel="questions a note")
    for each, colour in zip(found.retention[:2], ("#2563eb", "#98a2b3"), strict=True):
        recall.plot(range(1, len(each.curve) + 1), each.curve, color=colour, linewidth=2, label=each.order)
    recall.set(title="recall of all notes", xlabel="day", ylim=(0, 1))
    recall.legend(frameon=False)
    for axes in (mastery, asked, recall):
        axes.grid(visible=True, axis="y", color="#e4e7ec", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Software": None})


def pool() -> Library:
    """Every third note that drills ask unasked, NOTES at the most."""
    return Library([note for note in load() if not (note.kind.personal or note.exercise)][::3][:NOTES])


def main() -> None:
    """Measure, and write table and picture."""
    found = measure(pool())
    text = README.read_text(encoding="utf-8")
    before, after = text.split(_FROM)[0], text.split(_TO)[1]
    README.write_text(f"{before}{_FROM}{table(found)}{_TO}{after}", encoding="utf-8")
    draw(found, _PICTURE)
    sys.stdout.write(table(found))


if __name__ == "__main__":
    main()
