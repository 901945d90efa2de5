import io
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from bot.coach.coach import TopicProgress
from bot.surface import pictures
from bot.surface.formulas import formula, reads_well, replaced
from bot.surface.pictures import CURVE, EARNED, FAINT, INK, PAPER, ROWS, TRACK, WIDTH, Picture, formulas, progress_chart
from knowledge.library import Library

FRACTION = r"\tilde{h}_j = \frac{m_j h_j}{1-p}"
ROOT = r"\hat{x}_i = (x_i - \mu)/\sqrt{\sigma^2 + \epsilon}"


def pixels(png: bytes) -> np.ndarray[Any, Any]:
    """Red, green, blue and opacity in [0, 1], (height, width, 4)."""
    return np.asarray(imread(io.BytesIO(png)))


def shown(text: str) -> tuple[str, list[Picture]]:
    return formulas(text, lambda inline: f"<{inline}>")


def share_of(png: bytes, colour: str) -> float:
    """How much of a picture has a colour."""
    return float((np.abs(pixels(png)[:, :, :3] - to_rgb(colour)).max(axis=2) < 0.01).mean())


def luminance(colour: str) -> float:
    """As WCAG 2.2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


# Formulas


def test_a_formula_that_reads_well_stays_text() -> None:
    assert shown(r"Where $p \neq 0$ holds.") == ("Where <p ≠ 0> holds.", [])


def test_a_formula_that_does_not_read_well_becomes_a_numbered_picture() -> None:
    text, (first, second) = shown(f"Dropout has ${FRACTION}$, norms have ${ROOT}$.")
    assert text == "Dropout has **(1)**, norms have **(2)**."
    assert (first.name, second.name) == ("formula-1.png", "formula-2.png")
    assert first.alt == f"(1) {formula(FRACTION)}"
    assert second.alt == f"(2) {formula(ROOT)}"


def test_a_formula_that_comes_again_keeps_its_number() -> None:
    text, drawn = shown(f"${FRACTION}$, ${ROOT}$, ${FRACTION}$")
    assert text == "**(1)**, **(2)**, **(1)**"
    assert [picture.name for picture in drawn] == ["formula-1.png", "formula-2.png"]


@pytest.mark.parametrize(
    "latex",
    [
        r"\begin{pmatrix} a & b \\ c & d \end{pmatrix} = \sqrt{a + b}",
        r"\frac{a + b + c + d + e}",
        r"\text{сумма всех элементов} = \sqrt{a + b}",
        "{" * 60 + "x" + "}" * 60 + r" = \sqrt{a + b + c + d}",
        r"\nosuchmacro{x} = \sqrt{a + b + c + d}",
    ],
    ids=["unknown environment", "half a fraction", "another script", "nested without end", "unknown macro"],
)
def test_a_formula_that_cannot_be_drawn_stays_text(latex: str) -> None:
    assert not reads_well(formula(latex))
    assert shown(f"${latex}$") == (f"<{formula(latex)}>", [])


def test_a_formula_over_several_lines_is_one_picture() -> None:
    text, (drawn,) = shown("$$\n\\frac{a + b + c}{d + e}\n= x\n$$")
    assert text == "**(1)**"
    assert pixels(drawn.png).shape[1] == 2 * WIDTH


def test_the_longest_shipped_formula_is_drawn_whole(library: Library) -> None:
    longest: list[str] = []
    for note in library:
        for passage in note.passages:
            replaced(passage, lambda latex: longest.append(latex) or "")
    _, (drawn,) = shown(f"${max(longest, key=lambda latex: len(formula(latex)))}$")
    image = pixels(drawn.png)
    ink = (image[:, :, :3].min(axis=2) * image[:, :, 3] > 0.6).any(axis=0)
    assert ink.any()
    assert not ink[:20].any()
    assert not ink[-20:].any()


def test_no_shipped_formula_that_wants_a_picture_has_none(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[str] = []
    drawn = pictures._formula  # pyright: ignore[reportPrivateUsage]  # told from what it was given

    def parsed(latex: str, number: int) -> bytes | None:
        del number
        if r"\top" in latex and drawn(latex, 1) is None:  # the others are parsed where the notes are checked
            refused.append(latex)
        return b"png"

    monkeypatch.setattr(pictures, "_formula", parsed)
    for note in library:
        text, _ = shown(note.short)
        assert "$" not in re.sub(r"`[^`]*`", "", text)
    assert refused == []


def test_pictures_are_drawn_in_several_threads_at_once() -> None:
    texts = [rf"$\frac{{a_{number} + b + c + d}}{{e + f}}$" for number in range(4)]
    with ThreadPoolExecutor(4) as threads:
        at_once = list(threads.map(shown, texts))
    pictures._formula.cache_clear()  # pyright: ignore[reportPrivateUsage]  # drawn anew, one after the other
    assert at_once == [shown(text) for text in texts]


# Charts


def chart(*scores: float) -> Picture:
    return progress_chart([TopicProgress(f"topic-{n}", n + 1, score) for n, score in enumerate(scores)])


def test_a_bar_is_as_long_as_the_score() -> None:
    whole = share_of(chart(1.0).png, EARNED)
    assert whole > 0.02
    assert share_of(chart(0.5).png, EARNED) == pytest.approx(whole / 2, rel=0.05)
    assert share_of(chart(0.0).png, EARNED) == 0
    assert share_of(chart(0.0).png, TRACK) == pytest.approx(whole, rel=0.05)


def test_a_chart_says_in_words_what_it_shows() -> None:
    rows = [TopicProgress("losses", 3, 0.5), TopicProgress("probability", 1, 1.0)]
    assert progress_chart(rows).alt == "Bar chart of the mastery by topic: losses 50 %, probability 100 %."


def test_a_chart_has_the_last_weeks_the_interval_and_what_is_due_where_there_is_any() -> None:
    bare, full = (
        progress_chart([TopicProgress("losses", 3, 0.0, *more)]) for more in ((), (0.0, 0.6, 2, (None, 0.5, 0.2, 0.0)))
    )
    assert share_of(bare.png, CURVE) == 0 < share_of(full.png, CURVE)
    assert share_of(full.png, INK) > share_of(bare.png, INK)
    assert full.alt.endswith("losses 0 % (2 due).")


def test_a_chart_has_room_for_the_topics_with_the_most_questions() -> None:
    rows = [TopicProgress(f"topic-{n}", n, 0.5) for n in range(1, 41)]
    drawn = progress_chart(rows)
    assert re.findall(r"topic-(\d+)", drawn.alt) == [str(n) for n in range(41 - ROWS, 41)]
    assert pixels(drawn.png).shape[0] < 2 * WIDTH


def test_the_words_under_a_chart_are_never_too_long() -> None:
    rows = [TopicProgress(f"{'a-very-long-name-of-a-topic' * 2}-{n}", n, 1.0) for n in range(40)]
    alt = progress_chart(rows).alt
    assert len(alt) <= 1024
    assert alt.count("…") == alt.count("100 %") == ROWS


# On light and on dark


@pytest.mark.parametrize(("ink", "least"), [(INK, 7), (FAINT, 4.5), (EARNED, 3)])
def test_ink_stands_out_from_its_paper(ink: str, least: float) -> None:
    assert contrast(ink, PAPER) >= least


@pytest.mark.parametrize("kind", ["chart", "formula"])
def test_a_picture_brings_its_own_paper_with_round_corners(kind: str) -> None:
    drawn = chart(0.3) if kind == "chart" else shown(f"${FRACTION}$")[1][0]
    image = pixels(drawn.png)
    assert [image[y, x, 3] for y in (0, -1) for x in (0, -1)] == [0, 0, 0, 0]
    assert image[20:-20, 20:-20, 3].min() == 1
    assert share_of(drawn.png, PAPER) > 0.5
    assert share_of(drawn.png, INK) > 0
