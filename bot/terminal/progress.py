"""A progress bar for what takes longer than a second."""

from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from knowledge.vectors import Progress as Report


@contextmanager
def counting(title: str) -> Generator[Report, None, None]:
    """A bar on standard error; call what it gives with (done, total)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(title, total=None)

    def report(done: int, total: int) -> None:
        if bar.console.is_terminal:
            bar.start()  # only once there is something to wait for
            bar.update(task, completed=done, total=total)

    try:
        yield report
    finally:
        if bar.live.is_started:
            bar.stop()
