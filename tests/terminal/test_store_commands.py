"""`viva sessions` and `viva store`, in this process, over a drill that was held."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.coach.events import Appeal
from bot.errors import StoreError, UsageError
from bot.grading.grade import Verdict
from bot.store.store import Store
from bot.surface.appealing import typed
from bot.terminal.chat import PERSON
from evals.cases import GradingCase, read
from tests.coach.scripted import LIBRARY, NOON, Door, ScriptedJudge, coach_of

Run = Callable[..., str]
MINE, HERS = "aa11", "aa22"


async def held(path: Path) -> None:
    """A drill of this terminal with an appeal, and one of somebody else."""
    store = await Store.open(f"sqlite:///{path}")
    for name, person in ((MINE, PERSON), (HERS, "discord:ada")):
        door = Door(coach_of(LIBRARY, store, ScriptedJudge("+-x")), name, person)
        await door.start(topic="kl", questions=1)
        await door.say("it is the expected log loss")
        await door.skip()
        await door.stop()
        if name == MINE:
            await door.send(Appeal(id="appeal", at=NOON, question=1, point=2, words="expected log loss"))
    await store.close()


@pytest.fixture
def viva(tmp_path: Path, fresh_database: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command over a data folder; what it printed. What it raises is for `main` to tell."""
    (tmp_path / "viva.sqlite3").write_bytes(fresh_database.read_bytes())
    asyncio.run(held(tmp_path / "viva.sqlite3"))
    monkeypatch.setenv("VIVA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    judge: Any = ScriptedJudge("-+x")
    monkeypatch.setattr("bot.compose.load", lambda: LIBRARY)
    monkeypatch.setattr("bot.compose._judge", lambda *_: judge)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  # of a test
    monkeypatch.setattr("bot.terminal.log.log_to", lambda _: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  # the log is pytest's

    def run(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.output

    return run


def test_sessions_are_listed_read_and_graded_again(viva: Run) -> None:
    assert MINE in viva("sessions")
    assert HERS not in viva("sessions")
    assert HERS in viva("sessions", "--all")
    shown = viva("sessions", "show", "aa1")
    for text in ("Drill on kl", "it is the expected log loss", "Graded by the scripted judge", "Disputed by you"):
        assert text in shown
    again = viva("sessions", "regrade", MINE, "--judge", "embedded")
    assert "said → not said" in again
    assert "not said → said" in again
    assert "2 of 3 points differ; nothing is stored." in again
    assert viva("sessions", "show", "aa1") == shown
    for name in ("aa", "zz"):
        with pytest.raises(UsageError, match=r"whose id begins with .*; `viva sessions --all` lists them\.$"):
            viva("sessions", "show", name)


def test_what_is_disputed_becomes_cases_that_an_eval_reads(viva: Run, tmp_path: Path) -> None:
    assert "1 cases are written" in viva("eval", "export", "--appeals", "appeals.jsonl")
    (case,) = read(GradingCase, [tmp_path / "appeals.jsonl"])
    assert case.gold_points == {"b": Verdict.MET}
    assert PERSON not in (tmp_path / "appeals.jsonl").read_text()


def test_a_database_is_copied_and_checked_from_the_command_line(viva: Run, tmp_path: Path) -> None:
    there, copy = (f"sqlite:///{tmp_path / name}" for name in ("viva.sqlite3", "copy.sqlite3"))
    assert "is whole" in viva("store", "check")
    told = viva("store", "copy", there, copy).split()
    assert dict(zip(told[::2], told[1::2], strict=True))["sessions"] == "2"
    assert "is whole" in viva("store", "check", copy)
    with pytest.raises(StoreError, match="is not empty"):
        viva("store", "copy", there, copy)
    with pytest.raises(StoreError, match="There is no database"):
        viva("store", "copy", f"sqlite:///{tmp_path / 'none.sqlite3'}", copy)
    assert "There are no tables" in viva("store", "check", f"sqlite:///{empty(tmp_path)}", code=1)


def empty(folder: Path) -> Path:
    (folder / "empty.sqlite3").touch()
    return folder / "empty.sqlite3"


@pytest.mark.parametrize(
    ("text", "question", "point", "said"),
    [
        ('2.3 "it is zero"', 2, 3, "it is zero"),
        ("3 it is zero", None, 3, "it is zero"),
        ("1 “it is”\nzero", None, 1, "it is”\nzero"),
    ],
)
def test_an_appeal_is_typed_with_or_without_its_question(
    text: str, question: int | None, point: int, said: str
) -> None:
    assert typed(text, id="a", at=NOON) == Appeal(id="a", at=NOON, question=question, point=point, words=said)


@pytest.mark.parametrize("text", ["", "3", '3 ""', "three it is", "0 it is", "2.0 it is", "² it is", '"it is" 3'])
def test_an_appeal_that_cannot_be_read_is_told_how(text: str) -> None:
    with pytest.raises(UsageError, match=r"/appeal 3 .*, or /appeal 2\.3 for question 2\.$"):
        typed(text, id="a", at=NOON)
