"""What candidates dispute, as labelled cases: an answer, and the points that it met by whoever gave it. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from bot.coach.events import QuestionRef
from bot.coach.interviewer import question
from bot.coach.session import Exchange, Session
from bot.grading.grade import Verdict
from evals.cases import GradingCase
from knowledge.library import Library
from knowledge.note import RubricPoint

_OF_A_POINT = {"id", "point", "weight", "paraphrases", "contradictions"}


def appealed(sessions: Iterable[Session], library: Library) -> list[GradingCase]:
    """A case for every answer with disputed points, of the notes that there still are.

    Nothing in it says whose it is, but what the answer itself tells. The label is the candidate's own: somebody
    else should look at it before a judge is measured by it.
    """
    found: dict[str, GradingCase] = {}
    for session in sessions:
        for exchange in session.history:
            for case in _cases(exchange, library):
                known = found[case.id].gold_points if case.id in found else {}
                found[case.id] = case.model_copy(update={"gold_points": {**known, **case.gold_points}})
    return list(found.values())


def _cases(exchange: Exchange, library: Library) -> Iterator[GradingCase]:
    asked = question(library, exchange.ref)
    rubric = {point.id for point in asked[1]} if asked else set[str]()
    for number, answer in enumerate(exchange.answers):
        said = [p for p, dispute in exchange.disputed.items() if dispute.answer == number and p in rubric]
        if asked and said:
            digest = hashlib.sha256(f"{exchange.text}\n{answer}".encode()).hexdigest()
            name = f"{exchange.ref.note_id}/{digest[:12]}"
            gold = dict.fromkeys(said, Verdict.MET)
            given = {"id": f"appeal/{name}", "kind": "appeal", "answer": answer, "gold_points": gold}
            yield GradingCase.model_validate(given | _asked(exchange.ref, *asked))


def _asked(ref: QuestionRef, text: str, rubric: Sequence[RubricPoint]) -> dict[str, object]:
    """The question by its note; that of a rung, which no case can name, as it stands."""
    if ref.rung == 0:
        return {"note": ref.note_id}
    return {"question": text, "rubric": [point.model_dump(include=_OF_A_POINT) for point in rubric]}
