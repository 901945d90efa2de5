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

from bot.coach.progress import TopicProgress
from bot.surface import words
from bot.surface.formulas import formula, reads_well, replaced

PAPER, INK, FAINT, TRACK = "#1e1f22", "#f2f3f5", "#b5bac1", "#3a3c42"
EARNED, CURVE = "#3ba55d", "#8ea1ff"
WIDTH = 520  # points; a picture has two pixels a point
ROWS = 16  # topics on a chart; more would be too small to read

_MARGIN, _ROW, _NUMBER = 16, 26, 46  # points
_SIZE, _SMALL = 17, 11  # points
_NAME = 24  # characters
_HEAD, _FOOT = 34, 22  # points above and below the rows of a chart
_BAR, _BAR_END, _PERCENT, _CURVE, _CURVE_END = 166, 346, 388, 402, 452  # points from the left
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
    """A bar a topic, at least one, with its interval, its last weeks and what is due; of more than ROWS topics those
    with the most questions.
    """
    chosen = sorted(progress, key=lambda topic: -topic.questions)[:ROWS]
    rows = [(words.brief(topic.topic, _NAME), topic) for topic in progress if topic in chosen]
    due = {name: f" ({topic.due} due)" if topic.due else "" for name, topic in rows}
    told = ", ".join(f"{name} {words.percent(topic.score)}{due[name]}" for name, topic in rows)
    drawn = _chart(rows, sum(topic.questions for topic in progress), sum(topic.due for topic in progress))
    return Picture("progress.png", drawn, f"Bar chart of the mastery by topic: {told}."[:1024])


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


def _chart(rows: Sequence[tuple[str, TopicProgress]], questions: int, due: int) -> bytes:
    with _DRAWING:
        figure, page = _page(len(rows) * _ROW + 2 * _MARGIN + _HEAD + _FOOT)
        top, bottom = _MARGIN + 10, page.get_ylim()[0] - _MARGIN - 2
        page.text(_MARGIN, top, "What I know", size=_SIZE, color=INK, va="center", weight="bold")
        about = f"{words.counted(questions, 'question')}{words.waiting(due, ' · ')}"
        page.text(WIDTH - _MARGIN, top, about, size=_SMALL, color=FAINT, ha="right", va="center")
        for row, (name, topic) in enumerate(rows):
            _draw(page, _MARGIN + _HEAD + (row + 0.5) * _ROW, name, topic)
        legend = "bar: mastery, thin line: where it lies with 95 %, curve: the last four weeks"
        page.text(WIDTH - _MARGIN, bottom, legend, size=_SMALL - 3, color=FAINT, ha="right", va="center")
        return _png(figure)


def _draw(page: Any, y: float, name: str, topic: TopicProgress) -> None:
    """One row of a chart."""
    width = _BAR_END - _BAR
    page.barh(y, width, height=10, left=_BAR, color=TRACK)
    page.barh(y, width * topic.score, height=10, left=_BAR, color=EARNED)
    if topic.low is not None and topic.high is not None:
        low, high = _BAR + width * topic.low, _BAR + width * topic.high
        page.plot([low, high], [y, y], color=INK, lw=1)
        page.plot([low, low, float("nan"), high, high], [y - 3, y + 3, y, y - 3, y + 3], color=INK, lw=1)
    text = {"y": y, "ha": "right", "va": "center_baseline", "size": _SMALL}
    page.text(_BAR - 10, s=name, color=INK, **text)
    page.text(_PERCENT, s=words.percent(topic.score), color=INK, **text)
    page.text(WIDTH - _MARGIN, s=f"{topic.due} due" if topic.due else "", color=INK, **text)
    past = [(step, value) for step, value in enumerate(topic.history) if value is not None]
    if len(past) > 1:
        page.barh(y, _CURVE_END - _CURVE + 8, height=20, left=_CURVE - 4, color=TRACK, alpha=0.4)
        step = (_CURVE_END - _CURVE) / (len(topic.history) - 1)
        xs, ys = [_CURVE + step * n for n, _ in past], [y + 8 - 16 * value for _, value in past]
        page.plot(xs, ys, color=CURVE, lw=1.6, solid_capstyle="round")
        page.plot(xs[-1:], ys[-1:], color=CURVE, marker="o", ms=3.5)


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
