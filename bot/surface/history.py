"""One page with how somebody did: mastery, what to put right, confidence, every answer with its grade and its evidence.

Everything is inside, nothing is loaded from elsewhere, and whatever people wrote is escaped.
"""

import base64
import io
from collections.abc import Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from bot.coach.history import Past
from bot.coach.progress import Calibration, Progress
from bot.surface import words
from bot.surface.formulas import readable
from bot.surface.pictures import progress_chart
from knowledge.library import Library

MOST = 200
"""Sessions on a page."""


def page(progress: Progress, past: Sequence[Past], library: Library) -> str:
    """The HTML; the sessions in the order they are given."""
    chart = progress_chart(progress.topics) if progress.topics else None
    asked = dict.fromkeys(question.note_id for session in past for question in session.debrief.questions)
    return _template().render(
        progress=progress,
        past=past,
        notes=[library[note_id] for note_id in asked if note_id in library],
        chart=_inline(chart.png) if chart else "",
        about=chart.alt if chart else "",
        curve=_inline(_curve(progress.calibration)) if progress.calibration else "",
        most=MOST,
        words=words,
    )


@cache
def _template() -> Any:
    environment = Environment(loader=PackageLoader("bot.surface", ""), autoescape=True, undefined=StrictUndefined)
    environment.filters["markdown"] = _markdown
    environment.filters["plain"] = readable
    return environment.get_template("history.html")


def _markdown(text: str) -> Markup:
    """Markdown as HTML; markup of anybody's in it stays text."""
    return Markup(MarkdownIt("commonmark", {"html": False}).render(readable(text)))  # noqa: S704  # it escapes the rest


def _inline(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _curve(found: Calibration) -> bytes:
    """Mean share earned against confidence; a point is as large as there were questions."""
    from matplotlib.figure import Figure

    figure: Any = Figure(figsize=(4.2, 3.4), dpi=144, layout="constrained")
    axes: Any = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#98a2b3", linewidth=1, linestyle="--")
    confidence, shares, numbers = zip(*found.curve, strict=True)
    axes.plot(confidence, shares, color="#2563eb")
    axes.scatter(confidence, shares, s=[24 + 120 * number / found.questions for number in numbers], color="#2563eb")
    axes.set(xlabel="how sure you were", ylabel="what you earned", xlim=(-0.04, 1.04), ylim=(-0.04, 1.04))
    axes.grid(visible=True, color="#e4e7ec", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()
