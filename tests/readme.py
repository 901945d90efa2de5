"""The parts of README.md and docs/ that come from what runs: `python -m tests.readme` writes them again.

`test_readme.py` keeps them equal.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import typer.main

from bot.cli import app
from bot.settings import DiscordSettings, OpenAISettings, SlackSettings, StoreSettings, VivaSettings
from bot.terminal.commands import HELP
from bot.terminal.render import coverage_rows
from evals.cases import grading
from evals.gates import failures
from evals.grading import Grading
from evals.judges import bench
from evals.plan import Plan
from evals.report import show
from knowledge.library import load
from tests.discord import page as discord_page
from tests.markdown import block, rewrite, settings_table, table
from tests.slack import page as slack_page

README = Path(__file__).parents[1] / "README.md"
SCRIPT = Path(__file__).with_name("readme_script.txt")
DOCS = README.with_name("docs")
TRANSCRIPTS = {  # what docs/<name>.md says above what tests/transcripts/<name>.txt gives
    "drill": "Three drills, a question each: debugging, a story, code. Answered well, halfway, and not at all.",
    "interview": "A short interview: silent about grades until the debrief, which then quotes what earned each point.",
}


def transcript(script: Path = SCRIPT) -> str:
    """What `viva chat` prints for a script, in a fresh data folder and with no key."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("VIVA_", "OPENAI_", "DATABASE_"))}
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(  # our own command
            [str(Path(sys.executable).with_name("viva")), "chat"],
            input=script.read_text(encoding="utf-8"),
            env={**environment, "VIVA_DATA_DIR": folder, "PYTHONIOENCODING": "utf-8"},
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    return block(result.stdout)


def commands() -> str:
    """A table of the verbs of `viva`, as its help has them."""
    return table(("command", "what it does"), _verbs(typer.main.get_command(app), "viva"))


def _verbs(command: Any, path: str) -> Iterable[tuple[str, str]]:
    """Typer carries its own copy of click, so its commands are taken by what they have."""
    if hasattr(command, "commands"):
        for name, child in command.commands.items():
            yield from _verbs(child, f"{path} {name}")
    else:
        arguments = [p.name.upper() for p in command.params if p.param_type_name == "argument"]
        yield f"`{' '.join([path, *arguments])}`", (command.help or "").split("\n")[0]


def chat() -> str:
    """A table of what can be typed in a chat."""
    return table(("type", "to get"), ((f"`{usage}`", meaning) for usage, meaning in HELP.items()))


def settings() -> str:
    """A table of all settings with their defaults."""
    return settings_table(OpenAISettings, VivaSettings, StoreSettings, DiscordSettings, SlackSettings)


def judge() -> str:
    """The embedded judge on the held-out answers, by kind: what `viva eval grading` prints first and last."""
    task = Grading(grading("test"), load(), bench("embedded", None).judge)
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(Plan(Path(folder), split="test").carry_out(task, "embedded"))
    assert not (wrong := failures(report)), wrong
    summary = report["summary"]
    metrics = ", ".join(f"{name} {show(metric['value'])}" for name, metric in summary["metrics"].items())
    columns = ("n", "gold", "certain", "open", "score")
    rows = ((kind, *(show(row[column]) for column in columns)) for kind, row in summary["slices"]["kind"].items())
    return f"{table(('kind of answer', *columns), rows)}\n\n{metrics[0].upper()}{metrics[1:]}."


def coverage() -> str:
    """Topics by levels and kinds."""
    head, *rows = coverage_rows(load())
    return table(head, rows)


SECTIONS: dict[str, Callable[[], str]] = {
    "transcript": transcript,
    "commands": commands,
    "chat": chat,
    "settings": settings,
    "judge": judge,
    "coverage": coverage,
}


def main() -> None:
    """Write every section of README.md, docs/discord.md and docs/slack.md, and the transcripts, again."""
    rewrite(README, SECTIONS)
    rewrite(DOCS / "discord.md", discord_page.SECTIONS | discord_page.transcripts())
    rewrite(DOCS / "slack.md", slack_page.SECTIONS | slack_page.transcripts())
    for name, intro in TRANSCRIPTS.items():
        shown = transcript(Path(__file__).parent / "transcripts" / f"{name}.txt")
        page = f"# {name.capitalize()}\n\n{intro} `viva chat` reading a script, with no key.\n\n{shown}\n"
        (DOCS / f"{name}.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
