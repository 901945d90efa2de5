"""Judges in order: when one fails, the next one grades, and the grade says so."""

import logging
from collections.abc import Sequence

from bot.errors import ModelError
from bot.grading.grade import Grade, Judge, Submission, unscored

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
            try:
                grade = await judge.grade(submission)
            except ModelError as error:
                log.warning("judge %s failed: %s", judge.name, type(error).__name__)
                failed.append(f"The {judge.name} judge {error}")
                continue
            return grade.noting(*(f"{reason}; the {judge.name} judge graded instead." for reason in failed))
        grade = unscored(submission, "nobody", "No judge could grade this.")
        return grade.noting(*(f"{reason}; mark the points yourself." for reason in failed))
