"""`viva sandbox setup` and `viva sandbox check`: what they say, and what they say to do next."""

from pathlib import Path

import pytest

from bot.errors import SandboxError
from bot.sandbox import find as module
from bot.sandbox.find import Found
from bot.sandbox.sandbox import End, Sandbox
from bot.settings import VivaSettings
from bot.terminal.sandbox import check, setup
from tests.sandbox.fakes import ScriptedSandbox


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIVA_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.mark.usefixtures("binary")
def test_setup_says_what_it_takes_and_where_it_went_and_a_second_one_is_instant(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setup()
    first = capsys.readouterr().out
    assert (
        f"Compiling takes about 85 seconds of processor time and 2.2 GB of memory, once, and 310 MB in {data}" in first
    )
    assert f"Set up in {data / 'sandbox'}" in first
    setup()
    assert capsys.readouterr().out.startswith("It is set up already")


@pytest.mark.usefixtures("binary")
def test_setup_says_that_it_makes_anew_what_was_changed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setup()
    module = next(data.rglob("*.cwasm"))
    module.write_bytes(module.read_bytes()[::-1])
    capsys.readouterr()
    setup()
    assert "was changed; `viva sandbox setup` makes it anew" in capsys.readouterr().out
    assert module.read_bytes().startswith(b"native")


def show(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox | None, text: str = "scripted") -> None:
    found = Found(sandbox, True, text)

    def look(_: VivaSettings) -> Found:
        return found

    monkeypatch.setattr(module, "look", look)


def test_check_has_numpy_answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    show(monkeypatch, ScriptedSandbox())
    check()
    assert capsys.readouterr().out.startswith("scripted works: numpy answered within ")


def test_check_says_why_there_is_no_sandbox_or_how_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    show(monkeypatch, None, "none, so drills are graded by their rubric alone. Install it.")
    with pytest.raises(SandboxError, match=r"^Sandbox: none, .* Install it\.$"):
        check()
    show(monkeypatch, ScriptedSandbox([End.TIMEOUT]))
    with pytest.raises(SandboxError, match="does not work: It was stopped after 5 seconds"):
        check()
