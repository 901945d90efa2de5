"""The preview shows what a message holds."""

import re

import pytest

from bot.coach.reply import AnswerReply
from bot.discord.buttons import under_question
from bot.discord.cards import cards
from bot.grading.grade import Verdict
from tests.discord.preview import DARK, LIGHT, page, with_files
from tests.discord.test_cards import SESSION, body
from tests.surface.written import grade, line


def test_a_page_shows_text_pictures_buttons_and_selects() -> None:
    answer = AnswerReply(text=r"It is $\tilde{h}_j = \frac{m_j h_j}{1-p}$.", note_ids=("dropout",))
    marked = grade(line(1, Verdict.MET, quote="T *divides*"), line(2, Verdict.UNSCORED))
    messages = [
        {"content": "### Why?", "components": under_question(SESSION, 1).to_components()},
        *(with_files(body(card), card.attached) for r in (answer, marked) for card in cards(r, session_id=SESSION)),
    ]
    shown = page(messages)
    assert "<h3>Why?</h3>" in shown
    assert shown.count('class="button') == 4
    assert 'alt="(1) h̃ⱼ = (mⱼ hⱼ)/(1−p)"' in shown
    assert "data:image/png;base64,iVBORw0" in shown
    assert "<blockquote>“T *divides*”</blockquote>" in shown
    assert "class=select>Mark what I could not tell" in shown


def test_a_component_that_it_does_not_know_is_not_left_out() -> None:
    with pytest.raises(ValueError, match="type 99"):
        page([{"components": [{"type": 99}]}])


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_a_page_has_the_colours_of_its_theme_and_of_no_other(theme: dict[str, str]) -> None:
    shown = page([{"content": "Why?"}], theme)
    assert f"--page: {theme['page']};" in shown
    other = LIGHT if theme is DARK else DARK
    assert f"--page: {other['page']};" not in shown
    assert set(DARK) == set(LIGHT) == set(re.findall(r"var\(--(\w+)\)", shown))
