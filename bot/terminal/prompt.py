"""Typing at a terminal: history, completion of commands, and a paste of many lines as one answer."""

from collections.abc import AsyncIterator

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter

from bot.terminal.commands import NAMES
from bot.terminal.lines import Gathering

_FIRST, _FURTHER = "\n> ", "· "


async def typed_lines() -> AsyncIterator[str]:
    """What the person types, until Ctrl-D or Ctrl-C; within a block these only drop the block."""
    completer = WordCompleter([f"/{name}" for name in NAMES], sentence=True)
    session: PromptSession[str] = PromptSession(completer=completer, complete_while_typing=False)
    gathering = Gathering()
    while True:
        try:
            typed = await session.prompt_async(_FURTHER if gathering.open else _FIRST)
        except (EOFError, KeyboardInterrupt):
            if not gathering.open:
                return
            gathering = Gathering()
            continue
        whole = gathering.take(typed)
        if whole is not None:
            yield whole
