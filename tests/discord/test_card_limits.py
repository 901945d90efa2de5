"""Whatever the longest card holds, Discord takes it and nothing is left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.coach.reply import PointLine
from bot.grading.grade import Aid, Verdict
from tests.discord.test_cards import REPLY, made, shown, wrong
from tests.surface.written import debrief, grade, line

WORDS = st.text(st.sampled_from("word _*`<@1>#\n$x$^{}\\.[]()𝔼"), max_size=40).map(lambda text: text * 40)
LINES = st.builds(
    PointLine,
    number=st.integers(1, 99),
    text=st.none() | WORDS,
    weight=st.floats(0.01, 1),
    verdict=st.sampled_from(Verdict),
    quote=WORDS,
    aid=st.sampled_from(Aid),
    reason=WORDS,
    marked=st.booleans(),
)
SHARES = st.floats(0, 1)


@given(
    st.lists(LINES, min_size=1, max_size=30, unique_by=lambda point: point.number), SHARES, st.booleans(), st.booleans()
)
@settings(max_examples=20, deadline=None)
def test_whatever_the_grade_discord_takes_it(points: list[PointLine], share: float, final: bool, private: bool) -> None:
    reply = grade(*points, score=share, open_weight=1 - share, final=final)
    assert [problem for card in made(reply, private=private) for problem in wrong(card)] == []


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "hint", "cost": "half"},
        {"kind": "explanation", "note_id": "kl"},
        {"kind": "answer", "note_ids": ["kl"] * 60},
        {"kind": "notice"},
    ],
    ids=lambda given: given["kind"],
)
@given(text=WORDS)
@settings(max_examples=8, deadline=None)
def test_whatever_the_text_discord_takes_it(given: dict[str, Any], text: str) -> None:
    reply = REPLY.validate_python({**given, "text": text})
    assert [problem for card in made(reply) for problem in wrong(card)] == []


def test_the_longest_debrief_there_can_be_is_told_whole() -> None:
    first, _ = debrief("interview").questions
    points = tuple(
        line(n, list(Verdict)[n % 5], text=f"Fact {n}. " + "It is so. " * 40, quote="so " * 2000) for n in range(1, 9)
    )
    questions = tuple(
        first.model_copy(update={"number": n, "question": f"Question {n}? " * 40, "points": points})
        for n in range(1, 51)
    )
    reply = debrief("interview", questions=questions, strengths=("A strength. " * 90,) * 3)
    assert [problem for card in made(reply) for problem in wrong(card)] == []
    said = shown(reply)
    assert [n for n in range(1, 51) if f"Question {n}? " * 40 not in said] == []
    assert [n for n in range(1, 9) if said.count(f"Fact {n}. {'It is so. ' * 40}") != 50] == []
