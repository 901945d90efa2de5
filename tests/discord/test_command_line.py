"""`viva discord` on the command line: what is typed reaches the bot as it was meant."""

import subprocess
import sys
from typing import Any

import pytest
from typer.testing import CliRunner

from bot import cli
from bot.compose import Settings


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> list[dict[str, Any]]:
    """With what the bot was started, each time."""
    starts = list[dict[str, Any]]()

    async def run(settings: Settings, **how: Any) -> int:
        starts.append({"token": settings.discord.token, **how})
        return 7

    def leave(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr("bot.discord.app.run", run)
    monkeypatch.setattr("bot.terminal.chat.leave", leave)

    def nowhere(_: object) -> None:
        pass

    monkeypatch.setattr("bot.terminal.log.log_to", nowhere)
    monkeypatch.setenv("VIVA_DATA_DIR", str(tmp_path))
    return starts


@pytest.mark.parametrize(
    ("typed", "how"),
    [
        ([], {"shard_ids": None, "sync": False}),
        (["--sync"], {"shard_ids": None, "sync": True}),
        (["--shard-ids", "0"], {"shard_ids": [0], "sync": False}),
        (["--shard-ids", "7,0, 2-4,3"], {"shard_ids": [0, 2, 3, 4, 7], "sync": False}),
    ],
)
def test_what_is_typed_reaches_the_bot(started: list[dict[str, Any]], typed: list[str], how: dict[str, Any]) -> None:
    result = CliRunner().invoke(cli.app, ["discord", *typed])
    assert result.exit_code == 7
    assert [{key: start[key] for key in how} for start in started] == [how]


@pytest.mark.parametrize("typed", ["x", "1,", "1-", "-1", "3-x", "0 1", "4-2"])
def test_shards_that_are_no_numbers_are_told_how_to_be_typed(started: list[dict[str, Any]], typed: str) -> None:
    result = CliRunner().invoke(cli.app, ["discord", f"--shard-ids={typed}"])
    assert "as in 0,1 or 0-3" in str(result.exception)
    assert started == []


def test_whoever_is_not_on_discord_does_not_wait_for_its_library() -> None:
    looks = "import sys, bot.cli, bot.compose, bot.terminal.chat; sys.exit('discord' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", looks], check=False).returncode == 0
