"""Nothing of a person who is forgotten is left on the disk: not in the database, not in its log, not in any file."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.coach.events import Appeal, Mode, Seat
from bot.grading.grade import Grade, Submission
from bot.store.leases import Leases
from bot.store.store import Store
from bot.surface.privacy import export_files
from bot.terminal.log import log_to
from tests.coach.scripted import LIBRARY, NOON, Door, ScriptedJudge, coach_of
from tests.surface.apps import app_of

WORD, NAME, PLACE = "zebrasgraze", "discord:4711471147114711", "discord:815081508150815"


class BreakingJudge(ScriptedJudge):
    """Grades one answer, and fails on the next with all of it in its message."""

    async def grade(self, submission: Submission) -> Grade:
        if self.asked:
            raise ValueError(f"{submission.person} cannot be graded: {submission.answer}")
        return await super().grade(submission)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield tmp_path
    for handler in [h for h in root.handlers if h not in handlers]:
        handler.close()
    logging.basicConfig(handlers=handlers, level=level, force=True)


def traces(folder: Path) -> set[tuple[str, str]]:
    """Which of these stands in which file."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {(path.name, mark) for path in files for mark in (WORD, NAME, PLACE) if mark.encode() in path.read_bytes()}


async def test_no_byte_of_an_answer_a_name_or_a_place_is_left(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = await Store.open(f"sqlite:///{folder / 'viva.sqlite3'}")
    judge = BreakingJudge("+-x")
    settings = app_of(store, judge, folder).settings
    log_to(settings)
    for ours in ("viva", "bot"):
        logging.getLogger(ours).setLevel(logging.DEBUG)
    ada = Door(coach_of(LIBRARY, store, judge), person=NAME, place=PLACE)
    await ada.start(topic="kl", questions=2)
    await ada.say(f"It is zero, says {WORD}.")
    await ada.say(f"And {WORD} says that it breaks.")
    await ada.skip()
    await ada.send(Appeal(id="appeal", at=NOON, question=1, point=2, words=f"says {WORD}"))
    await ada.ask(f"what is kl of {WORD}?")
    bob = Door(ada.coach, "s2", "discord:bob", "discord:elsewhere")
    await bob.start(Mode.INTERVIEW)
    await bob.send(Seat(id="seat", at=NOON, who=NAME))
    await store.record_usage(NAME, "small", 1, 1)
    async with Leases(store.database)["s1"]:
        assert {name for name, _ in traces(folder)} <= {"viva.sqlite3", "viva.sqlite3-wal", "viva.sqlite3-shm"}
        assert {mark for _, mark in traces(folder)} == {WORD, NAME, PLACE}
        assert WORD.encode() in b"".join((await export_files(ada.coach, NAME, LIBRARY)).values())
        await ada.coach.forget(NAME)
    assert traces(folder) == set()
    assert WORD not in caplog.text
    await store.close()
    assert traces(folder) == set()
    assert (folder / "viva.log").read_bytes(), "what broke was noted"
