"""What is seen of a reply while a model words it."""

import asyncio
import re
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.coach.reply import AnswerReply, Delta, ProbeReply, Reply
from bot.discord import deliver
from bot.discord.cards import question, so_far
from bot.discord.deliver import Turn
from bot.discord.text import MESSAGE
from tests.discord.test_text import MARKUP, MENTIONS, displayed

ANSWER = """It **divides** [kl] by $T^2$, that is $$\\frac{a}{b}$$ or so [kl]:
```py
x = "$1"
```
Then \\(y_i\\) follows, never @everyone."""


class Screen:
    """A channel with one message, and all that stood in it."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    async def send(self, *_: Any, **message: Any) -> Any:
        self.shown.append(message.get("content") or "")
        return SimpleNamespace(content=message.get("content") or "", edit=self.edit)

    async def edit(self, **message: Any) -> None:
        self.shown.append(message.get("content") or "")

    async def typing(self) -> None:
        """Nobody looks."""


async def one() -> int:
    return 1


async def nowhere(_: object) -> None:
    return None


async def streamed(monkeypatch: pytest.MonkeyPatch, pieces: list[Delta], whole: Reply) -> list[str]:
    """What stands in the message after each piece."""
    monkeypatch.setattr(deliver, "_EDIT_SECONDS", 0.0)
    screen = Screen()

    async def items() -> AsyncIterator[Reply | Delta]:
        for piece in pieces:
            yield piece
            await asyncio.sleep(0)
        yield whole

    turn = Turn(session_id="0" * 32, event_id="1", channel=screen, prompts=one, elsewhere=nowhere)
    await turn.show(items())
    return screen.shown


async def test_a_probe_looks_the_same_while_it_is_worded_and_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "You wrote *a_b* and $x_i$. @everyone, why?".split(" ")
    whole = ProbeReply(text=" ".join(words))
    shown = await streamed(monkeypatch, [Delta(text=f"{word} ") for word in words], whole)
    assert shown[-1] == question(whole)
    assert [text for text in shown if not question(whole).startswith(text.rstrip())] == []
    assert len(shown) == len(words) + 1


async def test_an_answer_is_markdown_that_mentions_nobody_while_it_is_worded(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = [Delta(text=f"{line}\n", markdown=True) for line in ANSWER.split("\n")]
    *shown, _ = await streamed(monkeypatch, pieces, AnswerReply(text=ANSWER, note_ids=("kl",)))
    assert shown[0].startswith("It **divides** [kl] by T², that is a/b or so [kl]:")
    assert "Then yᵢ follows, never @\u2060everyone." in shown[-1]


def test_half_a_formula_and_half_a_fence_are_never_seen() -> None:
    for end in range(len(ANSWER) + 1):
        shown = so_far(ANSWER[:end], markdown=True)
        outside = re.sub(r"(?s)```py\n.+\n```", "", shown)
        assert [mark for mark in ("`", "$", "\\", "frac") if mark in outside] == [], shown


async def test_what_grows_too_long_for_a_message_by_its_backslashes_stays_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "*" * (MESSAGE // 2)
    whole = ProbeReply(text="And why?")
    shown = await streamed(monkeypatch, [Delta(text=text), Delta(text="*")], whole)
    assert shown == ["\\*" * (MESSAGE // 2), "And why?"]


@pytest.mark.parametrize("markdown", [True, False])
@pytest.mark.parametrize("said", MENTIONS)
def test_nobody_is_mentioned_while_a_reply_is_worded(said: str, markdown: bool) -> None:
    assert said not in so_far(f"so {said} there", markdown=markdown)


@given(st.lists(st.sampled_from([*MARKUP, "a ", "\n"]), max_size=6).map("".join))
@settings(max_examples=60, deadline=None)
def test_no_markup_works_in_a_probe_that_is_being_worded(said: str) -> None:
    whole = said.removesuffix("\\")
    assert displayed(so_far(said, markdown=False)) == whole
