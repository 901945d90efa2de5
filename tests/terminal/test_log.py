"""The log: what goes wrong is in it, and what people say is not."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.compose import Settings
from bot.settings import DiscordSettings, OpenAISettings, SlackSettings, StoreSettings, VivaSettings
from bot.terminal.log import log_to
from bot.unexpected import noted


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The loggers as they were."""
    root = logging.getLogger()
    names = ("viva", "bot")
    before = root.handlers[:], root.level, [logging.getLogger(name).level for name in names]
    yield
    for handler in set(root.handlers) - set(before[0]):
        handler.close()
    root.handlers[:], level, levels = before
    root.setLevel(level)
    for name, of_it in zip(names, levels, strict=True):
        logging.getLogger(name).setLevel(of_it)


def logged(folder: Path, level: str) -> Path:
    """The log file, once the log goes there."""
    viva = VivaSettings.model_validate({"data_dir": folder, "log_level": level})
    logging.getLogger().handlers[:] = [logging.NullHandler()]  # as the command begins
    openai, store = OpenAISettings.model_validate({}), StoreSettings.model_validate({})
    log_to(Settings(viva, openai, store, DiscordSettings.model_validate({}), SlackSettings.model_validate({})))
    return folder / "viva.log"


def test_what_nobody_foresaw_is_in_the_log_under_its_id(tmp_path: Path) -> None:
    log = logged(tmp_path, "WARNING")
    error_id = noted(RuntimeError("the answer was zebras"))
    assert error_id in log.read_text()
    assert "zebras" not in log.read_text()


def test_a_level_is_for_what_is_ours_and_others_never_say_more_than_warnings(tmp_path: Path) -> None:
    log = logged(tmp_path, "DEBUG")
    for name in ("viva.discord", "bot.grading.panel", "discord.http", "openai"):
        logging.getLogger(name).debug("detail of %s", name)
        logging.getLogger(name).warning("trouble of %s", name)
    text = log.read_text()
    assert [name for name in ("viva.discord", "bot.grading.panel") if f"detail of {name}" in text] == [
        "viva.discord",
        "bot.grading.panel",
    ]
    assert "detail of discord" not in text
    assert "detail of openai" not in text
    assert text.count("trouble of") == 4


def test_a_level_above_warnings_holds_for_others_too(tmp_path: Path) -> None:
    log = logged(tmp_path, "ERROR")
    for name in ("viva", "discord.http"):
        logging.getLogger(name).warning("trouble")
        logging.getLogger(name).error("failure")
    assert (log.read_text().count("trouble"), log.read_text().count("failure")) == (0, 2)
