"""Judges in order: when one fails, the next one grades, and the grade says so."""

import logging
import traceback
from collections.abc import Sequence
from uuid import uuid4

from bot.errors import ModelError
from bot.grading.grade import Grade, Judge, Submission, unscored
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
            try:
                grade = await judge.grade(submission)
            except ModelError as error:
                log.warning("judge %s failed: %s", judge.name, type(error).__name__)
                failed.append(f"The {judge.name} judge {error}")
                continue
            except KnowledgeError as error:
                failed.append(f"The {judge.name} judge cannot work: {str(error).rstrip('.')}")
                continue
            except Exception as error:  # a judge that breaks must not take the conversation with it
                error_id = uuid4().hex[:8]
                frames = "".join(traceback.format_tb(error.__traceback__))
                log.error("judge %s broke (%s) %s\n%s", judge.name, error_id, type(error).__name__, frames)  # noqa: TRY400  # a message can quote an answer
                failed.append(f"The {judge.name} judge broke unexpectedly (id {error_id} in the log)")
                continue
            return grade.noting(*(f"{reason}; the {judge.name} judge graded instead." for reason in failed))
        grade = unscored(submission, "nobody", "No judge could grade this.")
        return grade.noting(*(f"{reason}; mark the points yourself." for reason in failed))
