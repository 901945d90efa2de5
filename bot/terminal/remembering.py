"""`viva progress`: how you do, on the screen, as a picture or as one page."""

from pathlib import Path

from rich.console import Console

from bot.compose import App
from bot.errors import UsageError
from bot.surface.words import further
from bot.terminal.chat import PERSON
from bot.terminal.render import progress_table


async def show(app: App, *, html: Path | None = None, png: Path | None = None, rebuild: bool = False) -> int:
    """Print the progress, or write it where that was asked for; the exit code."""
    memory = app.coach.memory
    if rebuild:
        await memory.drop()
    known = await memory.progress(PERSON)
    if html:
        from bot.surface.history import MOST, page

        _written(html, page(known, await app.coach.history(PERSON, MOST), app.knowledge.library).encode())
    if png:
        from bot.surface.pictures import progress_chart

        if not known.topics:
            raise UsageError("Nothing has been graded yet, so there is no chart; `viva chat` starts.")
        _written(png, progress_chart(known.topics).png)
    if not (html or png):
        Console(highlight=False).print(progress_table(known.topics, further(known)))
    return 0


def _written(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}); name another file.") from error
    Console(highlight=False, soft_wrap=True).print(f"Written to {path}.")
