"""What Viva keeps about a person, by the shipped command: shown as progress, exported, forgotten."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.loopback import ScriptedServer
from tests.model_replies import Say
from tests.shipped import Viva, told

DONT_KNOW = ("/drill losses 1", "I don't know, zebras perhaps", "I don't know, still zebras")


@pytest.fixture(scope="module")
def conversation(tmp_path_factory: pytest.TempPathFactory, notes_index: Path) -> Path:
    """The data folder after a conversation, held once: loading the model costs seconds."""
    viva = Viva(tmp_path_factory.mktemp("talked"))
    viva.data.mkdir()
    shutil.copyfile(notes_index, viva.data / "notes.index")
    assert viva.chat(*DONT_KNOW).returncode == 0
    return viva.data


@pytest.fixture
def talked(viva: Viva, conversation: Path) -> Viva:
    """The command, with that conversation in its store."""
    shutil.copytree(conversation, viva.data, dirs_exist_ok=True)
    return viva


def test_progress_begins_empty(viva: Viva) -> None:
    assert "Nothing has been graded yet" in viva("progress").stdout


def test_progress_has_a_row_a_topic(talked: Viva) -> None:
    assert re.search(r"^ *losses +1 +0 %", talked("progress").stdout, re.MULTILINE)


def test_export_is_json_and_covers_everything_that_was_said(talked: Viva) -> None:
    kept = json.loads(talked("export").stdout)
    said = [row["body"]["text"] for row in kept["events"] if row["kind"] == "say"]
    assert said == list(DONT_KNOW[1:])
    assert len(kept["sessions"]) == 1
    assert {"start", "asked", "graded", "probed", "finished", "replied"} <= {row["kind"] for row in kept["events"]}


def test_export_covers_what_models_were_used(viva: Viva) -> None:
    with ScriptedServer() as server:
        server.always(Say("Which of the two?"))
        viva.chat(*DONT_KNOW, OPENAI_BASE_URL=server.base_url, VIVA_CHAT_MODEL="loopback")
    usage = json.loads(viva("export").stdout)["usage"]
    assert [row["model"] for row in usage] == ["loopback"]
    assert usage[0]["output_tokens"] > 0


def test_export_writes_a_file_that_holds_the_same(talked: Viva) -> None:
    result = talked("export", "--out", "me.json")
    assert result.stdout == "Written to me.json.\n"
    assert json.loads((talked.root / "me.json").read_text()) == json.loads(talked("export").stdout)


@pytest.mark.parametrize("reply", ["n\n", "", "\n"], ids=["no", "end of input", "enter"])
def test_forget_removes_nothing_without_a_yes(talked: Viva, reply: str) -> None:
    before = talked.events
    result = talked("forget", stdin=reply)
    assert told(result) == "Stopped."
    assert result.returncode not in (0, 70)
    assert talked.events == before != []


@pytest.mark.parametrize(("flags", "reply"), [((), "y\n"), (("--yes",), "")], ids=["asked", "--yes"])
def test_forget_leaves_no_byte_of_what_was_said(talked: Viva, flags: tuple[str, ...], reply: str) -> None:
    assert talked.files_with("zebras") != []
    result = talked("forget", *flags, stdin=reply)
    assert "Everything is gone" in result.stdout
    assert result.returncode == 0
    assert all(rows == [] for rows in json.loads(talked("export").stdout).values())
    assert talked.files_with("zebras") == []


def test_forgetting_twice_says_that_there_was_nothing(viva: Viva) -> None:
    result = viva("forget", "--yes")
    assert (result.stdout, result.returncode) == ("There was nothing to remove.\n", 0)


def test_a_forgotten_session_is_not_gone_on_with(viva: Viva) -> None:
    viva.chat("/drill losses 2", "/pause")
    viva("forget", "--yes")
    assert "Welcome back" not in viva.chat("/quit").stdout
