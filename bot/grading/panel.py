"""Several judges as one: in order until one grades (Panel), or all together with a majority (Jury)."""

import asyncio
import logging
from collections.abc import Sequence

from bot.errors import ModelError
from bot.grading.grade import Grade, Judge, PointGrade, Submission, Verdict, unscored
from bot.grading.votes import agreed
from bot.unexpected import noted
from knowledge.errors import KnowledgeError

log = logging.getLogger(__name__)


class Panel:
    """Asks its judges in order until one grades. Never fails: at worst every point is unscored."""

    def __init__(self, judges: Sequence[Judge]) -> None:
        self._judges = tuple(judges)

    @property
    def name(self) -> str:
        """The judges in order."""
        return ", then ".join(judge.name for judge in self._judges) or "nobody"

    async def grade(self, submission: Submission) -> Grade:
        """The first judge's grade that comes back, with one sentence for each judge that failed."""
        failed: list[str] = []
        for judge in self._judges:
            grade = await _graded(judge, submission)
            if isinstance(grade, Grade):
                return grade.noting(*(f"{reason}; the {judge.name} judge graded instead." for reason in failed))
            failed.append(grade)
        return _by_nobody(submission, failed)


class Jury:
    """Asks all its judges at once. Never fails: at worst every point is unscored.

    A point gets the verdict of more than half of the judges that could score it, with the evidence of the
    first of them; where they are divided it stays unscored. Its probability is the share of all judges that
    agree. Where not all say the same, the reason tells who says what.
    """

    def __init__(self, judges: Sequence[Judge]) -> None:
        self._judges = tuple(judges)

    @property
    def name(self) -> str:
        """The jury and its judges."""
        return f"jury of {', '.join(judge.name for judge in self._judges)}"

    async def grade(self, submission: Submission) -> Grade:
        """What the judges agree on, with one sentence for each judge that failed and is left out."""
        results = await asyncio.gather(*(_graded(judge, submission) for judge in self._judges))
        grades = [result for result in results if isinstance(result, Grade)]
        failed = [result for result in results if isinstance(result, str)]
        if not grades:
            return _by_nobody(submission, failed)
        judges = [grade.judge for grade in grades]
        beliefs = {belief.claim: belief for grade in grades for belief in grade.misconceptions}
        return Grade(
            judge=self.name,
            points=tuple(_verdict(judges, votes) for votes in zip(*(grade.points for grade in grades), strict=True)),
            misconceptions=tuple(beliefs.values()),
            notices=tuple(f"{reason}; {' and '.join(judges)} graded without it." for reason in failed),
            prompts=tuple(dict.fromkeys(prompt for grade in grades for prompt in grade.prompts)),
        )


def _verdict(judges: Sequence[str], votes: Sequence[PointGrade]) -> PointGrade:
    says = ", ".join(f"{judge} {_said(vote.verdict)}" for judge, vote in zip(judges, votes, strict=True)) + "."
    scored = [vote for vote in votes if vote.verdict is not Verdict.UNSCORED]
    found = agreed(scored or votes, len(votes), says)
    unanimous = len({vote.verdict for vote in votes}) == 1
    return found if unanimous else found.model_copy(update={"reason": says})


def _said(verdict: Verdict) -> str:
    return "cannot tell" if verdict is Verdict.UNSCORED else f"says {verdict}"


async def _graded(judge: Judge, submission: Submission) -> Grade | str:
    """The judge's grade, or what happened instead, the beginning of a sentence."""
    try:
        return await judge.grade(submission)
    except ModelError as error:
        log.warning("judge %s failed: %s", judge.name, type(error).__name__)
        return f"The {judge.name} judge {error}"
    except KnowledgeError as error:
        return f"The {judge.name} judge cannot work: {str(error).rstrip('.')}"
    except Exception as error:  # a judge that breaks must not take the conversation with it
        return f"The {judge.name} judge broke unexpectedly (id {noted(error)} in the log)"


def _by_nobody(submission: Submission, failed: Sequence[str]) -> Grade:
    grade = unscored(submission, "nobody", "No judge could grade this.")
    return grade.noting(*(f"{reason}; mark the points yourself." for reason in failed))
