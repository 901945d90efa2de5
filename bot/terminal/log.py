"""The log: a file beside the data, never the screen."""

import logging

from bot.compose import Settings
from bot.errors import SettingsError


def log_to(settings: Settings) -> None:
    """Log to `viva.log` in the data folder; raises SettingsError where that cannot be."""
    try:
        settings.viva.data_dir.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(settings.viva.data_dir / "viva.log", encoding="utf-8", delay=True)
    except OSError as error:
        raise SettingsError(f"VIVA_DATA_DIR {settings.viva.data_dir} cannot be used ({error.strerror}).") from error
    level = logging.getLevelNamesMapping()[settings.viva.log_level]
    logging.basicConfig(
        # Below a warning other people's code logs whole requests: what somebody answered, and tokens.
        level=max(level, logging.WARNING),
        handlers=[handler],
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        force=True,  # in place of the handler that kept everything off the screen until now
    )
    for ours in ("viva", "bot"):
        logging.getLogger(ours).setLevel(level)
