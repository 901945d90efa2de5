import html
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.rich import quote, rich
from bot.slack.text import commands, growing, inert, literal, mrkdwn, sentence, unmentioning
from bot.surface.words import printable
from tests.slack.reading import read, spans, unmarked, unseen, working
from tests.slack.rules import broken
from tests.slack.shapes import Json
from tests.surface.replies import TYPED

HOSTILE = st.text(st.sampled_from("ab1 \n*_~`|[]()<>#+-=.:\\/@!&$;\t"), max_size=40)


def found(**text: object) -> list[str]:
    """What Slack would have against a message."""
    return broken("chat.postMessage", {"channel": "C1", "text": "x", **text})


def styled(markdown: str) -> list[tuple[str, str]]:
    """Every piece of text with its styles."""
    return [(span["text"], " ".join(span.get("style", {}))) for span in spans([rich(markdown)])]


def kinds(block: Json) -> list[str]:
    return [each["type"].removeprefix("rich_text_") for each in block["elements"]]


# What people typed


@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED.keys())
def test_what_somebody_typed_is_quoted_character_by_character(typed: str) -> None:
    assert read([quote(typed)]) == printable(typed)
    assert found(blocks=[quote(typed)]) == []


@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED.keys())
def test_what_somebody_typed_reads_as_typed_in_mrkdwn_and_no_mark_in_it_works(typed: str) -> None:
    safe = inert(typed)
    assert unseen(html.unescape(safe)) == unseen(printable(typed))
    assert working(safe) == []
    assert found(text=safe[:4_000]) == []


@given(HOSTILE)
@settings(max_examples=200, deadline=None)
def test_whatever_somebody_types_reads_as_typed_and_does_nothing(typed: str) -> None:
    assert unseen(html.unescape(inert(typed))) == typed
    assert working(inert(typed)) == []
    assert not [each for each in found(text=f"x{inert(typed)}") if "mention" in each]


@given(HOSTILE)
@settings(max_examples=200, deadline=None)
def test_plain_text_as_a_part_of_markdown_reads_as_it_was_written(typed: str) -> None:
    def lines(text: str) -> list[str]:
        return [" ".join(line.split()) for line in text.splitlines() if line.strip()]

    block = rich(f"**1.** {literal(typed)}")
    assert lines(read([block])) == lines(f"1. {typed}")
    assert {"code", "italic", "strike"} & {style for _, style in styled(f"**1.** {literal(typed)}")} == set()


def test_plain_text_keeps_its_indentation() -> None:
    assert read([rich(literal("def f():\n    return 1"))]) == "def f():\n" + "\u00a0" * 4 + "return 1"


@pytest.mark.parametrize("typed", ["snake_case", "2*3*4", "a~b", "T_0_x"])
def test_within_a_word_a_mark_is_none_and_stays_as_it_is(typed: str) -> None:
    assert inert(typed) == typed


@pytest.mark.parametrize("hidden", ["\x00", "\x1b", "\u202e", "\u2066", "\ud800"])
def test_what_nobody_can_see_is_left_out(hidden: str) -> None:
    made = [inert(f"a{hidden}b"), mrkdwn(f"a{hidden}b"), unmentioning(f"a{hidden}b"), growing(f"a{hidden}b")]
    assert made == ["ab"] * 4
    assert read([quote(f"a{hidden}b"), rich(f"a{hidden}b")]) == "ab\nab"


def test_titles_and_labels_mention_nobody() -> None:
    assert unmentioning("<!channel> a < b @here") == "<\u2060!channel> a < b @\u2060here"


# Viva's own sentences


def test_commands_are_named_as_they_are_typed_here() -> None:
    assert sentence("Paused and kept; /resume goes on.") == "Paused and kept; /viva resume goes on."
    assert commands("/drill or /interview; a/b, https://a.b/help, /drilling and /shown stay") == (
        "/viva drill or /viva interview; a/b, https://a.b/help, /drilling and /shown stay"
    )


# Markdown of notes and models

MARKDOWN: dict[str, tuple[str, str]] = {
    "bold": ("So **it** is.", "So *it* is."),
    "italic": ("So *it* _is_.", "So _it_ _is_."),
    "struck out": ("~~No~~ yes", "~No~ yes"),
    "both": ("***it***", "_*it*_"),
    "over two lines": ("**a\nb**", "*a b*"),
    "within a word": ("a**b**c `x`s", "a\u200b*b*\u200bc `x`\u200bs"),
    "next to each other": ("**a***b*", "*a*\u200b_b_"),
    "code": ("`a < b` and ``c ` d``", "`a &lt; b` and `c ˋ d`"),
    "a fence": ("So:\n\n```py\nif a < b:\n    *c*\n```\nend", "So:\n\n```\nif a &lt; b:\n    *c*\n```\n\nend"),
    "a fence that is not closed": ("```\na", "```\na\n```"),
    "a fence with nothing in it": ("a\n\n```\n```", "a"),
    "a heading": ("## Why\nSo.", "*Why*\n\nSo."),
    "a list": ("- a\n- b\n  - c\n\nd", "• a\n• b\n    • c\n\nd"),
    "numbers": ("3. a\n4. b", "3. a\n4. b"),
    "a quotation": ("> a\n> b\n\nc", "> a\n> b\n\nc"),
    "a rule": ("a\n\n---\n\nb", "a\n\n———\n\nb"),
    "a link": ("[a *b*](https://c.d/?e=1&f=2)", "<https://c.d/?e=1&amp;f=2|a _b_>"),
    "an address": ("<https://a.b/c>", "<https://a.b/c>"),
    "an address that breaks out": ("[a](https://b.c/d|e)", "<https://b.c/d%7Ce|a>"),
    "a link that is none": ("[a](ftp://b)", "a"),
    "a picture": ("![a](https://b.c/d.png)", "a"),
    "a mention": ("<!channel> **@here** <@U1>", "&lt;!channel&gt; *@\u2060here* &lt;@U1&gt;"),
    "a mention in code": ("`@channel` `<!here>`", "`@\u2060channel` `&lt;!here&gt;`"),
    "a source": ("It divides [temperature].", "It divides [temperature]."),
    "an escape": (r"Take Q^\*.", "Take Q^\u2060*\u2060."),
    "HTML": ("a <b>c</b>", "a &lt;b&gt;c&lt;/b&gt;"),
    "lines": ("a\nb  \nc", "a\nb\nc"),
}


@pytest.mark.parametrize(("markdown", "shown"), MARKDOWN.values(), ids=MARKDOWN.keys())
def test_markdown_becomes_mrkdwn(markdown: str, shown: str) -> None:
    assert mrkdwn(markdown) == shown
    assert found(text=mrkdwn(markdown)) == []


@pytest.mark.parametrize("markdown", [markdown for markdown, _ in MARKDOWN.values()], ids=MARKDOWN.keys())
def test_markdown_reads_the_same_as_rich_text(markdown: str) -> None:
    def words(text: str) -> list[str]:
        return re.findall(r"[A-Za-z0-9]+", unseen(text))

    assert words(read([rich(markdown)])) == words(unmarked(mrkdwn(markdown)))
    assert found(blocks=[rich(markdown)]) == []


def test_marks_of_markdown_are_styles() -> None:
    assert styled("a **b *c*** ~~d~~ `e*`") == [
        ("a ", ""), ("b ", "bold"), ("c", "bold italic"), (" ", ""), ("d", "strike"), (" ", ""), ("e*", "code"),
    ]  # fmt: skip
    assert styled("# Why\nSo.") == [("Why", "bold"), ("\n\nSo.", "")]


def test_blocks_of_markdown_are_elements() -> None:
    block = rich("a\n\nb\n\n> c\n\n```\nd\n```\n\n1. e\n2. f\n   - g\n3. h")
    assert kinds(block) == ["section", "quote", "preformatted", "list", "list", "list"]
    assert [(each["style"], each["indent"], each.get("offset")) for each in block["elements"][3:]] == [
        ("ordered", 0, None), ("bullet", 1, None), ("ordered", 0, 2),
    ]  # fmt: skip
    assert read([block]) == "a\n\nb\nc\nd\n1. e\n2. f\n- g\n3. h"


@pytest.mark.parametrize("nothing", [">", "-", "1.", "- \n  - a", "> >", "```\n```", "**", "#"])
def test_what_says_nothing_is_no_element(nothing: str) -> None:
    assert found(blocks=[rich(f"a\n\n{nothing}\n\nb")]) == []


def test_an_answer_that_is_a_number_is_told() -> None:
    assert read([rich("42.")]).strip() == "42."


def test_of_links_only_those_to_the_web_work() -> None:
    (link,) = spans([rich("[a](https://b.c)")])
    assert link == {"type": "link", "url": "https://b.c", "text": "a"}
    assert spans([rich("[a](javascript:b) https://c.d")]) == [{"type": "text", "text": "[a](javascript:b) https://c.d"}]


# Streams


@pytest.mark.parametrize("text", ["<!channel> a", "so @here b", "so @everyone", "<@U1> x", "It **divides**.\n- a"])
def test_what_a_stream_shows_only_grows_and_mentions_nobody(text: str) -> None:
    grown = [growing(text[:end]) for end in range(len(text) + 1)]
    assert all(after.startswith(before) for before, after in pairwise(grown))
    assert unseen(grown[-1]) == text
    sent = {"channel": "C1", "ts": "1", "markdown_text": grown[-1]}
    assert broken("chat.appendStream", sent) == []
