"""A quote is found in the answer however it was typed, and only where it stands."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.grading.evidence import find_quote, words
from prompts.render import inert
from tests.grading.texts import PROSE, TEXT


@pytest.mark.parametrize(
    ("quote", "answer"),
    [
        ("kl IS not Symmetric", "KL is not symmetric."),
        ("KL is\n  not\tsymmetric", "KL is not symmetric."),
        ("KL is not symmetric", "KL  is\u00a0not\nsymmetric."),
        ("  KL is not symmetric ", "KL is not symmetric."),
        ("it's a “distance”", 'it’s a "distance"'),
        ("H(p,q) - H(p)", "H(p,q) \u2212 H(p)"),
        ("train-test gap", "train\u2013test gap"),
        ("and so on...", "and so on…"),
        ("the first filter", "the ﬁrst ﬁlter"),
        ("p ‹b q", "p <b q"),
        ("naïve Bayes", unicodedata.normalize("NFD", "naïve Bayes")),
        (unicodedata.normalize("NFD", "naïve Bayes"), "naïve Bayes"),
        ("the Gaußian", "THE GAUSSIAN"),
        ("gradient", "gra\u00addi\u200bent"),
        ("gra\u200bdient", "gradient"),
        ("first line\nsecond line", "first line\nsecond line"),
        ("first line\n> second line", "first line\nsecond line"),
        ("> first line\n> second line", "first line\nsecond line"),
        ("> as you asked\n> KL is zero", "> as you asked\n> KL is zero"),
        ("I reply\n> KL is zero", "I reply\n> KL is zero"),
    ],
    ids=[
        "case",
        "white space in the quote",
        "white space in the answer",
        "white space around",
        "typographic quotes",
        "minus",
        "dash",
        "ellipsis",
        "ligature",
        "angle made inert",
        "decomposed answer",
        "decomposed quote",
        "sharp s",
        "invisible in the answer",
        "invisible in the quote",
        "lines",
        "mark of the fence inside",
        "mark of the fence in front",
        "answer that quotes",
        "answer that quotes further down",
    ],
)
def test_a_quote_is_found_however_it_was_typed(quote: str, answer: str) -> None:
    span = find_quote(quote, answer)
    assert span is not None
    assert answer[span.start : span.end] == span.quote


@pytest.mark.parametrize(
    ("quote", "answer"),
    [
        ("KL is symmetric", "KL is not symmetric."),
        ("symmetric KL", "KL is symmetric."),
        ("KL is a metric.", "KL is a metric"),
        ("KL isn't symmetric", "KL is not symmetric"),
        ("naive Bayes", "naïve Bayes"),
        ("cafe", "the café"),
        ("10", "1 0"),
        ("KL ... symmetric", "KL is not symmetric"),
        ("KL is not symmetric", ""),
        ("", "KL is not symmetric"),
        (" \n", "KL is not symmetric"),
        ("\u200b", "KL\u200bis"),
    ],
)
def test_words_that_are_not_there_are_not_found(quote: str, answer: str) -> None:
    assert find_quote(quote, answer) is None


@pytest.mark.parametrize(
    ("quote", "at"), [("biased estimator", None), ("biased", 26), ("estimator", 12), ("esti", None)]
)
def test_a_quote_neither_begins_nor_ends_within_a_word(quote: str, at: int | None) -> None:
    found = find_quote(quote, "an unbiased estimator, no biased one")
    assert (found.start if found else None) == at


def test_the_span_of_a_quote_is_the_answers_own_text() -> None:
    answer = "Well,  KL’s   NOT\u200b symmetric, I think."
    span = find_quote("kl's not symmetric", answer)
    assert span is not None
    assert span.quote == "KL’s   NOT\u200b symmetric"
    assert (span.start, span.end) == (7, 7 + len(span.quote))


def test_a_quote_that_ends_in_an_accent_keeps_it() -> None:
    answer = unicodedata.normalize("NFD", "the café is open")
    span = find_quote("café", answer)
    assert span is not None
    assert span.quote == unicodedata.normalize("NFD", "café")


@given(PROSE, st.data())
def test_every_piece_of_an_answer_is_found_in_it(answer: str, data: st.DataObject) -> None:
    chunks = list(re.finditer(r"\S+", answer)) or [None]
    first = data.draw(st.sampled_from(range(len(chunks))))
    begin, end = chunks[first], chunks[data.draw(st.sampled_from(range(first, len(chunks))))]
    piece = answer[begin.start() : end.end()] if begin and end else ""
    assert bool(find_quote(piece, answer)) == bool(plain(piece).strip())


@given(st.text(st.sampled_from("abB \n'’\u200b"), max_size=12), st.text(st.sampled_from("abB \n'’\u200b"), max_size=4))
def test_a_quote_is_found_exactly_when_it_is_there(answer: str, quote: str) -> None:
    span = find_quote(quote, answer)
    wanted = plain(quote).strip()
    assert bool(span) == (bool(wanted) and stands_whole(wanted, plain(answer)))
    if span:
        assert answer[span.start : span.end] == span.quote
        assert plain(span.quote).strip() == wanted


def stands_whole(wanted: str, text: str) -> bool:
    before, after = (r"(?<!\w)" if wanted[0].isalnum() else "", r"(?!\w)" if wanted[-1].isalnum() else "")
    return bool(re.search(before + re.escape(wanted) + after, text))


def plain(text: str) -> str:
    """A text of the alphabets above as it compares."""
    visible = text.replace("\u200b", "").replace("’", "'").lower()
    return "".join(" " if char.isspace() else char for char in visible).replace("  ", " ").replace("  ", " ")


@given(TEXT)
@example("0\r0")
@example("0\x1f0")
@example("0\ufe0f0")
def test_what_a_model_copies_from_its_prompt_is_found(answer: str) -> None:
    shown = inert(answer)
    if words(shown):
        assert find_quote(shown, answer) is not None
