r"""LaTeX formulas as Unicode that reads well as plain text.

pylatexenc knows the symbols, but flattens structure: \frac{a+b}{c} becomes a+b/c, a different
formula. So the structure (groups, fractions, roots, scripts, accents) is set here, with brackets
wherever flattening needs them, and only plain symbols are looked up there.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

# Notes write $...$, models also the other three. Code is matched first, so that a $ in it stays one.
# As in pandoc, no digit follows the closing one: "from $5 to $6" are prices.
_FORMULA = re.compile(
    r"(?s:```.*?(?:```|\Z))|`[^`\n]*`"
    r"|(?s:\$\$([^$]{1,300})\$\$|\\\[(.{1,300}?)\\\])|\\\((.{1,300}?)\\\)"
    r"|(?<!\\)\$(?!\s)([^$\n]{1,300})\$(?!\d)"
)
# One that has begun at the end of a text, or a backslash of which nobody knows yet what it begins.
_HALF = re.compile(r"\$\$[^$]{0,300}\Z|(?s:\\[\[(](?:(?!\\[\])]).){0,300}\Z)|(?<!\\)\$(?!\s)[^$\n]{0,300}\Z|\\\Z")
_PIECE = re.compile(r"\\(?:[A-Za-z]+|.)|[{}^_]|\s+|.")
_FLATTENED = re.compile(r"[\^_√]\(|\)/|/\(")
_GLANCE, _LINE = 16, 60  # characters
_SIMPLE = re.compile(r"[^\s+\-−=/·×|,]+(?:\([^()]*\))?|\([^()]*\)")
# What may stand bare below a bar: a number, a name with its scripts, a root, a function of plain arguments.
_SCRIPTS = r"[²³¹⁰-ₜᵀᵏᵐ′']*"
_FACTOR = re.compile(rf"\d[\d.]*|√?(?:[^\W\d_][\u0300-\u036f\u20d7]?|[A-Z]+)(?:_\w+)?{_SCRIPTS}(?:\([^()+\-−]*\))?")

_RAISED = dict(zip("0123456789+-−=()niTkm⊤", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱᵀᵏᵐᵀ", strict=True))
_LOWERED = dict(zip("0123456789+-−=aeijkmnprtux", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌ₐₑᵢⱼₖₘₙₚᵣₜᵤₓ", strict=True))
_ACCENTS = {
    r"\hat": "\u0302", r"\widehat": "\u0302", r"\tilde": "\u0303", r"\widetilde": "\u0303", r"\bar": "\u0304",
    r"\dot": "\u0307", r"\ddot": "\u0308", r"\vec": "\u20d7",
}  # fmt: skip
_FONTS = {r"\mathrm", r"\mathbf", r"\mathit", r"\mathcal", r"\boldsymbol", r"\operatorname", r"\text"}
_DOUBLE = dict(zip("EPRNZC", "𝔼ℙℝℕℤℂ", strict=True))
_NAMED = {rf"\{name}" for name in ("log", "ln", "exp", "max", "min", "arg", "sin", "cos", "det", "dim", "tr")}
_SPECIAL = {
    r"\,": " ", r"\;": " ", r"\ ": " ", r"\!": "", r"\quad": "  ", r"\|": "‖", r"\{": "{", r"\}": "}", r"\%": "%",
    r"\ldots": "…", r"\cdots": "⋯", r"\left": "", r"\right": "", r"\mid": "|", r"\top": "⊤",
}  # fmt: skip


def readable(markdown: str) -> str:
    """Markdown with every $formula$ turned into Unicode; text outside formulas is unchanged."""
    return replaced(markdown, formula)


def replaced(markdown: str, put: Callable[[str], str]) -> str:
    """Markdown with what `put` makes of every formula's LaTeX in its place; code is left as it is."""
    return _FORMULA.sub(lambda match: put(match[match.lastindex].strip()) if match.lastindex else match[0], markdown)


def without_half(markdown: str) -> str:
    """Markdown that is still being written, without the formula that has begun at its end; code is left as it is."""
    whole = _FORMULA.sub(lambda match: "\0" * len(match[0]), markdown)
    half = _HALF.search(whole)
    return markdown[: half.start()] if half else markdown


def reads_well(text: str) -> bool:
    """Whether a formula as Unicode can be taken in at a glance, so that no picture of it is needed."""
    return len(text) <= _GLANCE or (len(text) <= _LINE and not _FLATTENED.search(text))


def formula(latex: str) -> str:
    r"""One LaTeX formula as Unicode text.

    >>> formula(r"\frac{a+b}{c_i} \leq \sqrt{2\pi\sigma^2}")
    '(a+b)/cᵢ ≤ √(2πσ²)'
    """
    text = _sequence(iter(_PIECE.findall(latex)))
    return re.sub(r"(?<=[a-z]) (?=\()", "", re.sub(r"\s+", " ", text)).strip()


def _sequence(pieces: Iterator[str]) -> str:
    """Everything up to the end of the group or formula."""
    out: list[str] = []
    for piece in pieces:
        if piece == "}":
            break
        if piece in "^_":
            while out and out[-1].isspace():
                out.pop()
            out[-1:] = [piece_before.rstrip() for piece_before in out[-1:]]
            out.append(_script(piece, _argument(pieces)))
        else:
            out.append(_atom(piece, pieces))
    return "".join(out)


def _argument(pieces: Iterator[str]) -> str:
    """The next group, or the next atom where there are no braces."""
    for piece in pieces:
        if not piece.isspace():
            return _atom(piece, pieces)
    return ""


def _atom(piece: str, pieces: Iterator[str]) -> str:
    if piece == "{":
        return _sequence(pieces)
    if piece in _SPECIAL:
        return _SPECIAL[piece]
    if piece in _FONTS:
        return _argument(pieces)
    if piece in _NAMED:
        return f" {piece[1:]} "
    if piece == r"\mathbb":
        return "".join(_DOUBLE.get(char, char) for char in _argument(pieces))
    if piece in _ACCENTS:
        base = _argument(pieces)
        return base[:1] + _ACCENTS[piece] + base[1:]
    if piece == r"\overline":
        return "".join(f"{char}\u0305" for char in _argument(pieces))
    if piece == r"\sqrt":
        radicand = _argument(pieces)
        return f"√{radicand}" if len(radicand) == 1 else f"√({radicand})"
    if piece == r"\frac":
        return f"{_bracketed(_argument(pieces))}/{_bracketed(_argument(pieces), _FACTOR)}"
    return _symbol(piece) if piece.startswith("\\") else "−" if piece == "-" else piece


def _bracketed(text: str, simple: re.Pattern[str] = _SIMPLE) -> str:
    text = text.strip()
    return text if simple.fullmatch(text) else f"({text})"


def _script(kind: str, text: str) -> str:
    table = _RAISED if kind == "^" else _LOWERED
    is_word = len(text) > 1 and text.isalpha() and text.isascii()
    if not is_word and all(char in table for char in text):
        return "".join(table[char] for char in text)
    return f"{kind}{text}" if is_word or len(text) == 1 else f"{kind}({text})"


@cache
def _symbol(macro: str) -> str:
    from pylatexenc.latex2text import LatexNodes2Text

    converter: Any = LatexNodes2Text()
    text = str(converter.latex_to_text(f"${macro}$"))
    if not text:
        return macro[1:]  # unknown: its name says more than nothing
    # Relations and arrows read better with room around them.
    return f" {text} " if text in "≤≥≈≠∼∝∈←→×·" else text
