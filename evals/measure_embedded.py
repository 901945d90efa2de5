"""The embedded judge on the labelled answers of the test split: `python -m evals.measure_embedded`."""

import asyncio
import sys
from collections import Counter, defaultdict
from statistics import mean

from bot.grading.embedded import EmbeddedJudge
from bot.grading.grade import Submission, Verdict
from bot.grading.matching import Matcher
from evals.cases import grading, test_notes
from knowledge.embedder import SentenceEmbedder
from knowledge.library import load


async def measure() -> str:
    """A table by kind of answer: gold and given score, open weight; then verdicts against gold."""
    library, held_out = load(), test_notes()
    judge = EmbeddedJudge(Matcher(SentenceEmbedder()))
    rows: defaultdict[str, list[tuple[float, float, float]]] = defaultdict(list)
    verdicts: Counter[tuple[Verdict, Verdict]] = Counter()
    for case in grading():
        if case.note in held_out:
            note = library[case.note]
            grade = await judge.grade(Submission(question=note.question, rubric=note.rubric, answer=case.answer))
            rows[case.kind].append((case.gold_score or 0.0, grade.score, grade.open_weight))
            verdicts.update((case.gold_points[p.point_id], p.verdict) for p in grade.points)
    lines = [f"{'kind':16} answers   gold  given   open"]
    for kind, scores in sorted(rows.items()):
        gold, given, left = (mean(column) for column in zip(*scores, strict=True))
        lines.append(f"{kind:16} {len(scores):7}  {gold:5.2f}  {given:5.2f}  {left:5.2f}")
    lines.append(f"\n{'gold, given':16}" + "".join(f"{verdict:>14}" for verdict in Verdict))
    lines.extend(
        f"{gold:16}" + "".join(f"{verdicts[gold, given]:14}" for given in Verdict)
        for gold in Verdict
        if gold is not Verdict.UNSCORED
    )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(measure()) + "\n")
