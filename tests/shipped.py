"""The shipped `viva` command as a real process: a home of its own, no key, no database, no way out."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen
from typing import Any

COMMAND = str(Path(sys.executable).with_name("viva"))
SECRET = "s3cret-4711"  # a password or a key, to be seen nowhere
PATIENCE = 120  # seconds until a process that should have ended is given up
WITHOUT_MODELS = {"PYTHONPATH": str(Path(__file__).with_name("without_models"))}  # for whoever embeds nothing

# A proxy that nobody serves: whatever does not stay on this machine fails at once.
_NO_WAY_OUT = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
_OURS = ("OPENAI_", "VIVA_", "_VIVA_", "DATABASE_", "XDG_", "HF_")


@dataclass(frozen=True)
class StoredEvent:
    """One row of the store: its key, its kind and its body as JSON."""

    id: str
    kind: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Viva:
    """Runs the command with `root` as home, data and working folder; keywords are environment variables."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    def environment(self, **env: str) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
        ours = {"HOME": str(self.root), "VIVA_DATA_DIR": str(self.data), "no_proxy": "127.0.0.1", "COLUMNS": "100"}
        return {**inherited, **_NO_WAY_OUT, **ours, **env}

    def __call__(self, *args: str, stdin: str = "", **env: str) -> CompletedProcess[str]:
        """Run to the end; the input is a script, a line a turn."""
        return subprocess.run(
            [COMMAND, *args],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",  # a lone surrogate in a script is a byte that is no text
            cwd=self.root,
            env=self.environment(**env),
            timeout=PATIENCE,
            check=False,
        )

    def chat(self, *lines: str, **env: str) -> CompletedProcess[str]:
        """A conversation piped in; the end of the lines is the end of the input."""
        return self("chat", stdin="".join(f"{line}\n" for line in lines), **env)

    def start(self, *args: str, **env: str) -> Popen[str]:
        """A process to talk to while it runs."""
        return Popen(
            [COMMAND, *args],
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            encoding="utf-8",
            cwd=self.root,
            env=self.environment(**env),
            # A suite that runs in the background hands down that Ctrl-C is ignored.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )

    @property
    def events(self) -> list[StoredEvent]:
        """What the store holds, oldest session first; nothing before there is a store."""
        path = self.data / "viva.sqlite3"
        if not path.exists():
            return []
        query = (
            "SELECT e.event_id, e.kind, e.body FROM events e JOIN sessions s ON s.id = e.session_id "
            "ORDER BY s.created_at, e.session_id, e.sequence"
        )
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            try:
                rows = connection.execute(query).fetchall()
            except sqlite3.OperationalError:  # killed before the tables were made
                return []
        return [StoredEvent(event_id, kind, json.loads(body)) for event_id, kind, body in rows]

    @property
    def said(self) -> list[str]:
        """Every answer that is stored, in order."""
        return [event.body["text"] for event in self.events if event.kind == "say"]

    def count(self, kind: str) -> Counter[str]:
        """How many outcomes of a kind each candidate event has, by the event's id."""
        return Counter(event.body["to"] for event in self.events if event.kind == kind)

    def wait_for(self, kind: str, number: int = 1) -> None:
        """Until the store holds so many events of a kind; AssertionError when they never come."""
        deadline = time.monotonic() + PATIENCE
        while sum(event.kind == kind for event in self.events) < number:
            assert time.monotonic() < deadline, f"no {number} events {kind!r} in the store"
            time.sleep(0.01)

    def files_with(self, text: str) -> list[Path]:
        """The files below `root` whose bytes contain a text."""
        return [path for path in self.root.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def one_line(text: str) -> str:
    """The only line of a text; AssertionError when there are none or more."""
    lines = text.splitlines()
    assert len(lines) == 1, text
    return lines[0]


def told(result: CompletedProcess[str]) -> str:
    """The one sentence about a mistake, without its lead; it must be all there is on standard error."""
    sentence = one_line(result.stderr)
    assert sentence.startswith("viva: "), sentence
    assert not re.search(r"[.!?] [A-Z]", sentence), f"more than one sentence: {sentence}"
    return sentence.removeprefix("viva: ")
