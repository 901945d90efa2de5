"""Text that mentions nobody and, where it is a person's, shows as it was written. Pure."""

import re

from bot.surface.pieces import pieces
from bot.surface.words import printable

__all__ = ["MESSAGE", "inert", "pieces", "unmentioning"]

MESSAGE = 2_000  # characters of an ordinary message

_MARKUP = re.compile(r"[\\*_~`|\[\]<>]|:(?=//|\w+:)")
_AT_LINE_START = re.compile(r"^(\s*\d*)([#+\-.)])", re.MULTILINE)
_MENTION = re.compile(r"@(?=everyone|here)|<(?=[@#:/]|a:|t:|id:)")
_CODE_OR_MENTION = re.compile(rf"(?s:```.*?```)|`[^`\n]*`|({_MENTION.pattern})")
_APART = "\u2060"  # joins, so that no line breaks there


def inert(text: str) -> str:
    """Plain text, shown as it was written: no mention, no link, no emoji, no markup in it works."""
    apart = _MENTION.sub(rf"\g<0>{_APART}", printable(text))
    return _AT_LINE_START.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", apart))


def unmentioning(markdown: str) -> str:
    """Markdown that keeps its markup but mentions nobody; code is left as it is."""
    return _CODE_OR_MENTION.sub(lambda match: match[0] + (_APART if match[1] else ""), printable(markdown))
