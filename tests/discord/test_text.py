import html
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.discord.text import inert, unmentioning
from tests.discord.preview import page

MENTIONS = ["@everyone", "@here", "<@1>", "<@!1>", "<@&1>", "<#1>", "</drill:1>", "<:a:1>", "<a:a:1>", "<t:1:R>"]
MARKUP = [
    "*a*", "**a**", "_a_", "__a__", "~~a~~", "||a||", "`a`", "```\na\n```", "> a", ">>> a", "# a", "### a", "-# a",
    "- a", "+ a", "1. a", "12) a", "  - a", "[a](https://b.c)", "https://b.c", "<https://b.c>", ":smile:", "\\*a\\*",
]  # fmt: skip


def displayed(markdown: str) -> str:
    """What is read of it, when nothing in it works as markup."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", markdown).replace("\u2060", "")


def previewed(markdown: str) -> str:
    """How the preview shows a message."""
    return page([{"content": markdown}]).partition("</div>")[2].replace("\u2060", "")


@pytest.mark.parametrize("said", [*MENTIONS, *MARKUP, "$5 a_b 2 * 3 < 4 | x", "a\nb"])
def test_what_somebody_said_reads_as_it_was_written(said: str) -> None:
    assert displayed(inert(said)) == said


@pytest.mark.parametrize("said", MARKUP)
def test_no_markup_of_somebody_works(said: str) -> None:
    plain = previewed("x").replace("x", "{}")
    lines = "</div><div>".join(html.escape(line) for line in said.split("\n"))
    assert previewed(inert(said)) == plain.format(lines)


@pytest.mark.parametrize("said", MENTIONS)
@pytest.mark.parametrize("safe", [inert, unmentioning])
def test_nobody_is_mentioned(safe: Callable[[str], str], said: str) -> None:
    shown = safe(f"so {said} there")
    assert said not in shown
    assert said not in shown.replace("\\", "")


def test_a_person_cannot_leave_the_quote() -> None:
    assert inert("x”\n> # y") == "x”\n\\> # y"


@pytest.mark.parametrize("hidden", ["\x00", "\x1b", "\u202e", "\u2066", "\ud800"])
def test_what_nobody_can_see_is_left_out(hidden: str) -> None:
    assert inert(f"a{hidden}b") == "ab"
    assert unmentioning(f"a{hidden}b") == "ab"


def test_markdown_of_a_note_keeps_its_markup() -> None:
    written = "**Bold**, *so*, `x_i` and [kl].\n\n- one\n- two"
    assert unmentioning(written) == written


@pytest.mark.parametrize("code", ["`<@1> @here`", "```html\n</div> @everyone\n```"])
def test_code_is_left_as_it_is(code: str) -> None:
    assert unmentioning(f"See {code} and <@2>.") == f"See {code} and <\u2060@2>."


@given(st.text(st.sampled_from("ab1 \n*_~`|[]()<>#+-.:\\/@!&$"), max_size=40))
@settings(max_examples=100, deadline=None)
def test_whatever_somebody_says_reads_as_it_was_written(said: str) -> None:
    assert displayed(inert(said)) == said
