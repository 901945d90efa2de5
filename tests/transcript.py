"""What people did and what they then saw, from above to below, as text."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
WIDTH = 100


@dataclass(frozen=True)
class Did:
    """What somebody did, and where."""

    what: str
    where: str


@dataclass(frozen=True)
class Seen:
    """A message of Viva's as it was when it came; `only` is who alone sees it."""

    message: Json
    where: str
    only: str = ""


def transcript(events: Iterable[Did | Seen], shown: Callable[[Json], Iterable[str]]) -> str:
    """The events as they read; `shown` says what a message looks like, a line each."""
    lines, where = list[str](), ""
    for event in events:
        if event.where != where:
            where = event.where
            lines += [f"── {where} ".ljust(WIDTH, "─"), ""]
        if isinstance(event, Did):
            lines += [*wrapped(event.what, ">> ", "   "), ""]
        else:
            lines += [f"Viva{f'  (only {event.only} sees this)' if event.only else ''}"]
            lines += [*shown(event.message), ""]
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def wrapped(text: str, first: str, further: str) -> list[str]:
    """A text in lines of at most WIDTH characters, with what stands before the first and before the others."""
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=further) or [first]
