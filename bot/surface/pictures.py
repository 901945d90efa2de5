"""Formulas and charts as PNG. Drawn on a background of their own, so that they read well on light and on dark."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser
from matplotlib.patches import FancyBboxPatch

from bot.coach.coach import TopicProgress
from bot.surface import words
from bot.surface.formulas import formula, reads_well, replaced

PAPER, INK, FAINT, TRACK, EARNED = "#1e1f22", "#f2f3f5", "#b5bac1", "#3a3c42", "#3ba55d"
WIDTH = 520  # points; a picture has two pixels a point
ROWS = 16  # topics on a chart; more would be too small to read

_MARGIN, _ROW, _NUMBER = 16, 28, 46  # points
_SIZE, _SMALL = 17, 11  # points
_NAME = 24  # characters
_TRANSPOSE, _UPRIGHT_T = re.compile(r"\\top(?![A-Za-z])"), r"\\mathsf{T}"
_PARSER: "MathTextParser[Any]" = MathTextParser("path")
_DRAWING = Lock()  # the fonts are not made for several threads


@dataclass(frozen=True)
class Picture:
    """A PNG with a file name and, in at most 1,024 characters, what it shows."""

    name: str
    png: bytes
    alt: str


def formulas(markdown: str, inline: Callable[[str], str]) -> tuple[str, list[Picture]]:
    """Markdown with its formulas as Unicode, and pictures of those that do not read well like that.

    In the place of a picture's formula stands its number, **(1)** and so on, as in a paper; the picture
    bears it too. `inline` makes Unicode text safe in the surface's Markdown.
    """
    pictures: dict[str, Picture] = {}

    def put(latex: str) -> str:
        text = formula(latex)
        if latex not in pictures:
            number = len(pictures) + 1
            drawn = None if reads_well(text) else _formula(" ".join(latex.split()), number)
            if drawn is None:
                return inline(text)
            pictures[latex] = Picture(f"formula-{number}.png", drawn, f"({number}) {text}"[:1024])
        return f"**({list(pictures).index(latex) + 1})**"

    return replaced(markdown, put), list(pictures.values())


def progress_chart(progress: Sequence[TopicProgress]) -> Picture:
    """A bar a topic, at least one; of more than ROWS topics those with the most questions."""
    chosen = sorted(progress, key=lambda topic: -topic.questions)[:ROWS]
    rows = [(words.brief(topic.topic, _NAME), topic) for topic in progress if topic in chosen]
    told = ", ".join(f"{name} {words.percent(topic.score)}" for name, topic in rows)
    return Picture("progress.png", _chart(rows), f"Bar chart of the mean score by topic: {told}."[:1024])


@lru_cache(maxsize=512)
def _formula(latex: str, number: int) -> bytes | None:
    """A formula with its number to the right, or None where mathtext does not know how to draw it."""
    if not latex.isascii() or "$" in latex:
        return None
    # Its own sign for the transpose is spaced as an operator.
    math = f"${_TRANSPOSE.sub(_UPRIGHT_T, latex)}$"
    with _DRAWING:
        try:
            width, height, *_ = _PARSER.parse(math, 72, FontProperties(size=_SIZE))
        except (ValueError, RecursionError):
            return None
        shrunk = min(1.0, (WIDTH - 2 * _NUMBER) / width)
        figure, page = _page(height * shrunk + 2 * _MARGIN)
        middle = page.get_ylim()[0] / 2
        page.text(WIDTH / 2, middle, math, size=_SIZE * shrunk, color=INK, ha="center", va="center")
        page.text(WIDTH - _MARGIN, middle, f"({number})", size=_SMALL, color=FAINT, ha="right", va="center")
        return _png(figure)


def _chart(rows: Sequence[tuple[str, TopicProgress]]) -> bytes:
    left, right = 170, WIDTH - 150
    with _DRAWING:
        figure, page = _page(len(rows) * _ROW + 2 * _MARGIN)
        for row, (name, topic) in enumerate(rows):
            y = _MARGIN + (row + 0.5) * _ROW
            page.barh(y, right - left, height=10, left=left, color=TRACK)
            page.barh(y, (right - left) * topic.score, height=10, left=left, color=EARNED)
            text = {"y": y, "ha": "right", "va": "center_baseline", "size": _SMALL}
            page.text(left - 10, s=name, color=INK, **text)
            page.text(right + 50, s=words.percent(topic.score), color=INK, **text)
            count = words.counted(topic.questions, "question")
            page.text(WIDTH - _MARGIN, s=count, color=FAINT, **text)
        return _png(figure)


def _page(height: float) -> tuple[Any, Any]:
    """A figure and its axes: a sheet with round corners; coordinates are points from the upper left."""
    figure: Any = Figure(figsize=(WIDTH / 72, height / 72), dpi=144, facecolor="none")
    page = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0), frameon=False)
    page.set_axis_off()
    page.add_patch(FancyBboxPatch((8, 8), WIDTH - 16, height - 16, boxstyle="round,pad=8", color=PAPER, lw=0))
    page.set_autoscale_on(False)
    return figure, page


def _png(figure: Any) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()
