"""What the cross-encoder learns from: pairs of a rubric point and a statement, with what they are to each other.

Four sources, none of which touches a note of the dev or test split (`tests/training/test_pairs.py` names what came
near to one and was found late):

- the notes: a point against its paraphrases, its contradictions, and what belongs to other points;
  a statement with one telling word turned round ("increases", "decreases") contradicts what it said,
  the same statement in a hurried person's words still says it, and half of it denies nothing;
- the labelled answers of the train split, those of people who saw the question alone, and short answers to
  questions of other fields, with the words in them that say or deny each point;
- claims of many fields (`claims.jsonl`), each with statements that say it, deny it, or do neither;
- the train splits of two human-graded sets, where their folder is named.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from bot.grading.evidence import content, sentences
from bot.grading.grade import Verdict
from evals import cases
from knowledge.library import Library
from knowledge.note import Criterion, Note, RubricPoint
from training.wordings import hurried, nearest, shortened, turned, typed

CLAIMS = Path(__file__).with_name("claims.jsonl")
TYPED = ("plain-train", "other-fields-train")
ANSWERS = ("train", *TYPED)  # splits

MET, CONTRADICTED, MISSED = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
IN_PART = (0.6, 0.0, 0.4)
NOT_MET = (0.0, 1.0, 1.0)  # wrong in one of two ways, and the source does not say in which
_TARGETS = {
    Verdict.MET: MET,
    Verdict.PARTIAL: (0.5, 0.0, 0.5),
    Verdict.MISSED: MISSED,
    Verdict.CONTRADICTED: CONTRADICTED,
}


@dataclass(frozen=True)
class Pair:
    """A point, what was said, and the target: weights of the classes, summing to 1 (or NOT_MET)."""

    point: str
    said: str
    target: tuple[float, float, float]


class Claim(cases.Case):
    """A correct sentence, with statements as people type them that say it, cannot be true with it, or do neither."""

    field: str
    point: cases.Text
    says: tuple[cases.Text, ...] = Field(min_length=2)
    denies: tuple[cases.Text, ...] = Field(min_length=2)
    beside: tuple[cases.Text, ...] = Field(min_length=1)


def of_note(note: Note, everything: Sequence[RubricPoint], chance: random.Random) -> Iterator[Pair]:
    """Pairs of one note; a fresh draw for every epoch."""
    points = [*note.rubric, *(point for rung in note.follow_ups for point in rung.rubric)]

    def anchor(point: RubricPoint, said: str) -> str:
        drawn, wordings = chance.random(), (point.point, *point.paraphrases)
        if drawn < 0.45:
            return point.point
        if said and drawn < 0.85:  # as the judge reads: beside the wording that comes nearest
            return nearest(said, wordings)
        return chance.choice([text for text in wordings if text != said])

    def beside(point: RubricPoint) -> str:
        others = [p for p in points if p is not point]
        other = chance.choice(others) if others and chance.random() < 0.8 else chance.choice(everything)
        kind = chance.random()
        if kind < 0.15:
            return other.point
        return chance.choice(other.paraphrases if kind < 0.65 else other.contradictions)

    def among(said: str, point: RubricPoint) -> str:
        if chance.random() < 0.6:
            return said
        texts = [said, *(beside(point) for _ in range(chance.choice((1, 1, 2))))]
        chance.shuffle(texts)
        return ". ".join(text.rstrip(".") for text in texts)

    for point in points:
        right, wrong = (point.point, *point.paraphrases), point.contradictions
        for said in point.paraphrases:
            yield Pair(anchor(point, said), typed(among(said, point), chance), MET)
        for said in wrong:
            yield Pair(anchor(point, said), typed(among(said, point), chance), CONTRADICTED)
        for said in chance.sample(right, 2):
            yield Pair(said, typed(among(hurried(said, chance), point), chance), MET)
            if part := shortened(said, chance):
                yield Pair(anchor(point, said), typed(among(part, point), chance), IN_PART)
            if flipped := turned(said, chance):
                beside_it = anchor(point, said) if chance.random() < 0.5 else said
                flipped = hurried(flipped, chance) if chance.random() < 0.7 else flipped
                yield Pair(beside_it, typed(flipped, chance), CONTRADICTED)
        # What is wrong about the world can be what a rubric asks for: the text decides, not the facts.
        said = chance.choice(wrong)
        yield Pair(said, typed(among(chance.choice(right), point), chance), CONTRADICTED)
        yield Pair(said, typed(said, chance), MET)
        if flipped := turned(point.point, chance):
            yield Pair(flipped, typed(chance.choice(right), chance), CONTRADICTED)
        for _ in range(6):
            texts = [beside(point) for _ in range(chance.choice((1, 1, 2, 3)))]
            yield Pair(anchor(point, ""), typed(". ".join(text.rstrip(".") for text in texts), chance), MISSED)
        if chance.random() < 0.5:
            yield Pair(point.point, typed(note.question, chance), MISSED)
        shuffled = chance.choice(right).split()
        chance.shuffle(shuffled)
        yield Pair(point.point, " ".join(shuffled), MISSED)


def of_answers(answers: Sequence[cases.GradingCase], library: Library) -> list[Pair]:
    """Every labelled point beside what the answer says about it."""
    return [
        Pair(point.point, passage(case.answer, point), _TARGETS[case.gold_points[point.id]])
        for case in answers
        for point in library[case.note].rubric
        if point.id in case.gold_points
    ]


def of_plain(answers: Sequence[cases.GradingCase], library: Library, chance: random.Random) -> Iterator[Pair]:
    """Answers as people type them: points beside a passage, and beside the very words that say or deny them.

    The words for one point, read beside another that they do not touch, teach to stay with the point.
    """
    for case in answers:
        for point in case.submission(library).rubric:
            target, said = _TARGETS[case.gold_points[point.id]], case.said.get(point.id, "")
            yield Pair(point.point, typed(passage(case.answer, point, said), chance), target)
            others = [words for other, words in case.said.items() if other != point.id]
            if said:
                wording = point.point if chance.random() < 0.5 else nearest(said, (point.point, *point.paraphrases))
                around = passage(case.answer, point, said, count=1)
                yield Pair(wording, typed(chance.choice((said, around)), chance), target)
                others = [words for words in others if not _overlap(words, said, case.answer)]
            if others and chance.random() < 0.6:
                yield Pair(point.point, typed(chance.choice(others), chance), MISSED)


def _overlap(one: str, other: str, answer: str) -> bool:
    start, begin = answer.index(one), answer.index(other)
    return start < begin + len(other) and begin < start + len(one)


def of_claims(claims: Sequence[Claim], chance: random.Random) -> Iterator[Pair]:
    """Claims beside their statements, alone and among what is beside the matter; a fresh draw for every epoch."""
    for claim in claims:
        other = chance.choice(claims)

        def among(said: str, claim: Claim = claim, other: Claim = other) -> str:
            if chance.random() < 0.7:
                return said
            texts = [said, chance.choice(claim.beside if chance.random() < 0.6 else other.says)]
            chance.shuffle(texts)
            return ". ".join(text.rstrip(".") for text in texts)

        for verdict, statements in ((MET, claim.says), (CONTRADICTED, claim.denies), (MISSED, claim.beside)):
            for said in statements:
                yield Pair(claim.point, typed(said if verdict == MISSED else among(said), chance), verdict)
        # A rubric may be worded like any of them, and may ask for what is wrong about the world.
        one, another = chance.sample(claim.says, 2)
        denied = chance.choice(claim.denies)
        yield Pair(one, typed(among(another), chance), MET)
        yield Pair(one, typed(denied, chance), CONTRADICTED)
        yield Pair(denied, typed(chance.choice((claim.point, another)), chance), CONTRADICTED)
        if other is not claim:
            yield Pair(claim.point, typed(chance.choice(other.says), chance), MISSED)


def passage(answer: str, point: Criterion, said: str = "", *, count: int = 3) -> str:
    """The sentences of an answer that a judge would read beside a point: with the words `said`, or most of its own."""
    own = {word for text in (point.point, *point.paraphrases) for word in content(text)}
    whole = sentences(answer)

    def telling(row: int) -> tuple[bool, int]:
        text = whole[row]
        return bool(said) and (said in text or text in said), len(own & set(content(text)))

    chosen = sorted(range(len(whole)), key=telling, reverse=True)[:count]
    return " ".join(whole[row] for row in sorted(chosen))


def of_benchmarks(folder: Path, chance: random.Random) -> list[Pair]:
    """The train splits of scientsbank and beetle: an answer beside one of its references."""
    pairs: list[Pair] = []
    for name in ("scientsbank", "beetle"):
        for case in cases.read(cases.AgreementCase, [folder / f"{name}.jsonl"]):
            if case.split != "train":
                continue
            if case.label5 == "partially_correct_incomplete":
                target = (0.35, 0.0, 0.65)
            elif case.label5 is None:
                target = MET if case.label2 == "correct" else NOT_MET
            else:
                target = {"correct": MET, "contradictory": CONTRADICTED}.get(case.label5, MISSED)
            pairs.append(Pair(chance.choice(case.reference), typed(case.answer, chance), target))
    return pairs


def epoch(library: Library, benchmarks: Path | None, number: int, batch: int) -> list[list[Pair]]:
    """Batches of pairs of about the same length, in random order.

    Half of what is drawn from the notes, since the next epoch draws anew.
    """
    chance = random.Random(number)  # noqa: S311  # shuffles training data
    notes = of_training(library)
    everything = [point for note in notes for point in note.rubric]
    pairs = [pair for note in notes for pair in of_note(note, everything, chance)]
    pairs = chance.sample(pairs, len(pairs) // 2)
    pairs += of_answers(cases.grading("train"), library)
    pairs += of_plain([case for split in TYPED for case in cases.grading(split)], library, chance)
    pairs += of_claims(cases.read(Claim, [CLAIMS]), chance)
    pairs += of_benchmarks(benchmarks, chance) if benchmarks else []
    chance.shuffle(pairs)
    batches: list[list[Pair]] = []
    for at in range(0, len(pairs), batch * 32):
        chunk = sorted(pairs[at : at + batch * 32], key=lambda pair: len(pair.point) + len(pair.said))
        batches += [chunk[i : i + batch] for i in range(0, len(chunk), batch)]
    chance.shuffle(batches)
    return batches


def of_training(library: Library) -> list[Note]:
    """The notes of neither the dev nor the test split."""
    apart = {path.stem for split in ("dev", "test") for path in cases.split_files(split)}
    return [note for note in library if note.id not in apart]
