"""Typing at a terminal: history, completion of commands, and a paste of many lines as one answer."""

from collections.abc import AsyncIterator

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter

from bot.terminal.commands import NAMES


async def typed_lines() -> AsyncIterator[str]:
    """What the person types, until Ctrl-D or Ctrl-C."""
    completer = WordCompleter([f"/{name}" for name in NAMES], sentence=True)
    session: PromptSession[str] = PromptSession(completer=completer, complete_while_typing=False)
    while True:
        try:
            yield await session.prompt_async("\n> ")
        except (EOFError, KeyboardInterrupt):
            return
