"""How replies look as messages, and that every one of them is a message that Slack takes."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.coach.coach import TopicProgress
from bot.coach.reply import AnswerReply, ExplanationReply, ProbeReply, QuestionReply, Reply
from bot.grading.grade import Verdict
from bot.slack import blocks
from bot.slack.layout import Message, laid_out
from bot.surface.cards import Passage
from bot.surface.report import report
from bot.surface.words import printable
from knowledge.library import Library
from tests.slack.reading import read, spans, unmarked, unseen
from tests.slack.rules import broken, walk
from tests.slack.shapes import Json
from tests.surface.replies import DEBRIEF, EVERY_KIND, TYPED, hostile
from tests.surface.written import debrief, grade, line

SESSION = "0123456789abcdef" * 2
FORMULA = r"\tilde{h}_j = \frac{m_j h_j}{1-p}"


def made(reply: Reply, **how: Any) -> list[Message]:
    return blocks.messages(reply, session_id=SESSION, **how)


def files(message: Message) -> dict[str, str]:
    """The ids of its pictures, all uploaded."""
    return {picture.name: f"F{number}" for number, picture in enumerate(message.pictures)}


def wrong(messages: list[Message]) -> list[str]:
    """What Slack would have against messages, with their pictures and without."""
    return [
        problem
        for message in messages
        for uploaded in (files(message), {})
        for problem in broken(
            "chat.postMessage", {"channel": "C1", "text": message.text, "blocks": message.rendered(uploaded)}
        )
    ]


def rendered(messages: list[Message]) -> list[Json]:
    return [block for message in messages for block in message.rendered(files(message))]


def shown(reply: Reply, **how: Any) -> str:
    """All that is read in the messages of a reply."""
    return read(rendered(made(reply, **how)))


def labels(messages: list[Message]) -> list[str]:
    return [part["text"]["text"] for part in walk(rendered(messages)) if part["type"] == "button"]


def options(messages: list[Message]) -> list[tuple[str, str, str]]:
    """What can be chosen in messages."""
    return [
        (option["text"]["text"], option["value"], option.get("description", {}).get("text", ""))
        for part in walk(rendered(messages))
        for option in part.get("options", [])
    ]


# Every reply


@pytest.mark.parametrize("kind", get_args(get_args(Reply)[0]), ids=lambda kind: kind.__name__)
def test_every_kind_of_reply_is_shown_with_what_it_says(kind: type[Reply]) -> None:
    reply, says = EVERY_KIND[kind]
    assert [text for text in says if text not in shown(reply)] == []
    assert wrong(made(reply)) == wrong(made(reply, private=True, sharer="Ada")) == []


@pytest.mark.parametrize("kind", get_args(get_args(Reply)[0]), ids=lambda kind: kind.__name__)
def test_the_text_of_a_message_says_what_its_blocks_say(kind: type[Reply]) -> None:
    reply, says = EVERY_KIND[kind]
    told = unmarked("\n".join(message.text for message in made(reply)))
    assert [text for text in says if text not in told] == []


@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED.keys())
def test_whatever_somebody_types_slack_takes_the_messages(typed: str) -> None:
    for reply in hostile(typed):
        assert wrong(made(reply, private=True, sharer=typed)) == []
    assert wrong(blocks.question(SESSION, 1, ProbeReply(text=typed))) == []
    assert wrong(blocks.told(typed)) == []


@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED.keys())
def test_an_answer_is_quoted_as_it_was_typed(typed: str) -> None:
    quoted = blocks.said(typed)
    assert wrong(quoted) == []
    words = "".join(read(rendered(quoted)).split())
    assert words == "".join(printable(typed).split())


@pytest.mark.parametrize("name", ["mentions", "marks", "links", "entities", "what nobody sees", "right to left"])
def test_evidence_stands_on_a_grade_as_it_was_typed(name: str) -> None:
    typed = " ".join(TYPED[name].split())
    first = line(1, Verdict.MET, quote=typed)
    quotes = [
        element["elements"][0]["text"]
        for block in rendered(made(grade(first)))
        for element in block.get("elements", [])
        if element["type"] == "rich_text_quote"
    ]
    assert quotes == [f"“{printable(typed)}”"]


@pytest.mark.parametrize("said", ["<!channel>", "<@U1>", "**bold**", "[a](https://b.c)", "`x`"])
def test_what_a_person_said_is_neither_markup_nor_a_mention(said: str) -> None:
    replies: list[Reply] = [ProbeReply(text=f"{said} x"), debrief("drill", strengths=(f"{said} x",))]
    for reply in replies:
        pieces = [span for span in spans(rendered(made(reply))) if said in span.get("text", "")]
        assert [(span["type"], span.get("style")) for span in pieces] == [("text", None)]


def test_what_a_note_or_a_model_says_keeps_its_markup() -> None:
    found = spans(rendered(made(AnswerReply(text="It **divides** `T`.", note_ids=("kl",)))))
    assert [(span["text"], span.get("style")) for span in found] == [
        ("It ", None), ("divides", {"bold": True}), (" ", None), ("T", {"code": True}), (".", None),
    ]  # fmt: skip


# Questions


def test_a_question_has_its_buttons_until_it_is_over() -> None:
    reply = QuestionReply(text="Why?", note_id="kl", number=2, of=5, bridge="From heat to cold?")
    open_, over = (blocks.question(SESSION, 3, reply, over=over) for over in (False, True))
    assert read(rendered(open_)) == "Question 2 of 5\nFrom heat to cold?\nWhy?"
    assert labels(open_) == ["Answer", "Hint", "Skip", "Pause"]
    assert labels(over) == []
    assert open_[0].text == over[0].text == "*Question 2 of 5*\n_From heat to cold?_\nWhy?"
    primary = [part["action_id"] for part in walk(rendered(open_)) if part.get("style") == "primary"]
    assert primary == [f"viva:answer:{SESSION}:3"]


def test_only_under_the_last_part_of_a_long_question_are_buttons() -> None:
    parts = blocks.question(SESSION, 1, ProbeReply(text="A long story goes on. " * 500))
    assert len(parts) > 1
    assert labels(parts[:-1]) == []
    assert labels(parts[-1:]) == ["Answer", "Hint", "Skip", "Pause"]
    assert wrong(parts) == []


def test_a_formula_in_a_question_reads_as_one() -> None:
    asked = blocks.question(SESSION, 1, ProbeReply(text=r"You wrote $\frac{1}{n}$. From $5 to $6?"))
    assert read(rendered(asked)) == "You wrote 1/n. From $5 to $6?"


# Grades, debriefs


def test_a_point_has_a_bar_of_what_it_earned_and_the_words_that_earned_it_as_a_quotation() -> None:
    (message,) = made(grade(line(1, Verdict.MET, quote="T *divides*"), line(2, Verdict.MISSED)))
    point, missed = (block for block in message.rendered({}) if "Fact" in json.dumps(block))
    assert [element["type"] for element in point["elements"]] == ["rich_text_section", "rich_text_quote"]
    assert read([point]) == "✓ 1. Fact 1.\n██████████ 25 % of 25 %\n“T *divides*”"
    assert read([missed]) == "What was missing\n· 2. Fact 2.\n░░░░░░░░░░ 0 % of 25 %"
    assert missed["elements"][0]["elements"][0] == {"type": "text", "text": "What was missing", "style": {"bold": True}}


def test_a_quotation_ends_with_its_line() -> None:
    points = (line(1, Verdict.MET, quote="T divides"), line(2, Verdict.MET, quote="it scales"))
    first, _ = debrief("interview").questions
    (message,) = made(debrief("interview", questions=(first.model_copy(update={"points": points}),)))
    (block,) = [block for block in message.rendered({}) if "T divides" in json.dumps(block)]
    kinds = [element["type"].removeprefix("rich_text_") for element in block["elements"]]
    assert kinds == ["section", "quote", "section", "quote"]


@pytest.mark.parametrize(
    ("score", "final", "colour"), [(0.7, True, "🟢"), (0.4, True, "🟡"), (0.39, True, "🔴"), (1.0, False, "⚪")]
)
def test_a_grade_has_the_colour_of_its_score(score: float, final: bool, colour: str) -> None:
    reply = grade(line(1, Verdict.MISSED), score=score, final=final)
    assert shown(reply).startswith(f"{colour} {'Grade' if final else 'So far'} {round(100 * score)} %")


@pytest.mark.parametrize("kind", get_args(get_args(Reply)[0]), ids=lambda kind: kind.__name__)
def test_what_only_the_candidate_sees_can_be_shared(kind: type[Reply]) -> None:
    reply, _ = EVERY_KIND[kind]
    for_one = kind.__name__ in ("RunReply", "HintReply", "GradeReply", "ExplanationReply", "DebriefReply")
    assert ("Share with the channel" in labels(made(reply, private=True))) is for_one
    assert "Share with the channel" not in labels(made(reply))


def test_over_what_was_shared_stands_by_whom() -> None:
    assert shown(grade(line(1, Verdict.MISSED)), sharer="Ada *B*").startswith("shared by Ada *B*\n🔴 Grade")


def test_what_could_not_be_scored_is_marked_on_the_final_grade() -> None:
    points = [line(1, Verdict.MET, quote="T"), line(2, Verdict.UNSCORED), line(3, Verdict.UNSCORED, text="x" * 200)]
    final = made(grade(*points).model_copy(update={"number": 4}))
    assert options(final)[:4] == [
        ("2. said", "4.2.met", "Fact 2."),
        ("2. partly said", "4.2.partial", "Fact 2."),
        ("2. not said", "4.2.missed", "Fact 2."),
        ("3. said", "4.3.met", "x" * 74 + "…"),
    ]
    assert options(made(grade(line(1, Verdict.UNSCORED, text=None), final=False))) == []
    assert options(made(grade(line(1, Verdict.MISSED)))) == []


def test_a_debrief_marks_every_open_point_of_every_question() -> None:
    first, _ = debrief("drill").questions
    points = tuple(line(number, Verdict.UNSCORED) for number in range(1, 9))
    questions = tuple(first.model_copy(update={"number": n, "points": points}) for n in range(1, 31))
    messages = made(debrief("drill", questions=questions))
    values = [value for _, value, _ in options(messages)]
    assert values == [f"{q}.{p}.{v}" for q in range(1, 31) for p in range(1, 9) for v in ("met", "partial", "missed")]
    assert wrong(messages) == []
    assert [message.text for message in messages if not message.text.strip()] == []


def test_a_debrief_has_the_whole_report_as_a_file_and_what_to_do_next_as_commands() -> None:
    *_, last = made(DEBRIEF)
    (document,) = last.documents
    assert (document.name, document.text) == ("debrief.md", report(DEBRIEF))
    assert "Next: /viva drill temperature · /viva drill sampling · /viva progress" in shown(DEBRIEF)
    assert "Next: /viva drill · /viva progress" in shown(debrief("drill", read_next=()))


def test_the_panel_votes_by_a_button() -> None:
    reply, _ = next(pair for kind, pair in EVERY_KIND.items() if kind.__name__ == "BallotReply")
    assert labels(made(reply)) == ["Vote"]
    assert "gradients" not in json.dumps(rendered(made(reply)))


# Pictures


def test_a_formula_that_reads_badly_is_a_picture_with_words_for_it() -> None:
    (message,) = made(ExplanationReply(note_id="kl", text=f"With $a_1$ it is ${FORMULA}$."))
    (picture,) = message.pictures
    assert picture.png.startswith(b"\x89PNG")
    assert "With a₁ it is (1)." in read(message.rendered({}))
    uploaded, refused = message.rendered({picture.name: "F7"}), message.rendered({})
    assert {"type": "image", "slack_file": {"id": "F7"}, "alt_text": "(1) h̃ⱼ = (mⱼ hⱼ)/(1−p)"} in uploaded
    assert "(1) h̃ⱼ = (mⱼ hⱼ)/(1−p)" in read(refused)
    assert [block for block in refused if block["type"] == "image"] == []
    assert "h̃ⱼ = (mⱼ hⱼ)/(1−p)" in message.text


def test_every_shipped_explanation_makes_messages_that_slack_takes(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def png(latex: str, number: int) -> bytes:
        return b"x"  # what is drawn does not matter here

    monkeypatch.setattr("bot.surface.pictures._formula", png)
    replies = [ExplanationReply(note_id=shipped.id, text=shipped.short) for shipped in library]
    assert [problem for reply in replies for problem in wrong(made(reply))] == []


def test_progress_is_a_chart_and_text() -> None:
    (message,) = blocks.progress([TopicProgress("losses", 3, 0.5), TopicProgress("probability", 1, 1.0)])
    assert [picture.name for picture in message.pictures] == ["progress.png"]
    assert read(message.rendered(files(message))) == (
        "Your progress by topic\n- losses: 50 % (3 questions)\n- probability: 100 % (1 question)"
    )
    assert message.pictures[0].alt.endswith("losses 50 %, probability 100 %.")
    assert wrong([message]) == []
    (none,) = blocks.progress([])
    assert none.text == "Nothing has been graded yet; /viva drill starts."


# What fits


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
    assert wrong(made(reply)) == []
    said = " ".join(shown(reply).split())
    assert [n for n in range(1, 51) if (f"Question {n}? " * 40).strip() not in said] == []
    assert [n for n in range(1, 9) if said.count(f"Fact {n}. {'It is so. ' * 40}".strip()) != 50] == []


def test_what_does_not_fit_goes_into_a_further_message_whole() -> None:
    short = laid_out(Passage(f"No {n}") for n in range(120))
    assert [len(message.blocks) for message in short] == [50, 50, 20]
    long = laid_out(Passage(f"{n} " + "x" * 1_500) for n in range(7))
    assert [len(message.blocks) for message in long] == [2, 2, 2, 1]
    for message in (*short, *long):
        assert message.text == read(message.rendered({}))
    assert "\n".join(message.text for message in short) == "\n".join(f"No {n}" for n in range(120))


WORDS = st.text(st.sampled_from("word _*`<@U1>#\n$x$^{}\\.[]()&~:𝔼"), max_size=40).map(lambda text: text * 40)


@given(WORDS, st.sampled_from(["grade", "explanation", "notice", "debrief"]), st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_whatever_the_reply_slack_takes_it(words: str, kind: str, share: float) -> None:
    points = [line(n, list(Verdict)[n % 5], text=words or None, quote=words, reason=words) for n in range(1, 20)]
    reply: Reply = {
        "grade": grade(*points, score=share, open_weight=1 - share),
        "explanation": ExplanationReply(note_id="kl", text=words),
        "notice": EVERY_KIND[QuestionReply][0].model_copy(update={"text": words}),
        "debrief": debrief("interview", strengths=(words,)),
    }[kind]
    assert wrong(made(reply, private=True)) == []


# Streams


def test_a_reply_being_worded_looks_as_the_whole_will() -> None:
    assert (
        blocks.so_far("You wrote *a* and $x_i$, but $\\fra", markdown=False)
        == "You wrote \u2060*\u2060a\u2060*\u2060 and xᵢ, but"
    )
    assert (
        blocks.so_far("It **divides** $x_i$. ```py\nif", markdown=True)
        == "It *divides* xᵢ. \u2060`\u2060`\u2060`\u2060py\nif"
    )
    assert blocks.so_far("So:\n```py\nx < 1", markdown=True) == "So:\n\n```\nx &lt; 1\n```"


@pytest.mark.parametrize("markdown", [False, True])
def test_a_stream_is_fed_what_is_new(markdown: bool) -> None:
    text = "It **divides** <!channel> by $x_i^2$; so `T` is:\n- one\n- two"
    grown = [blocks.streamed(text[:end], markdown=markdown) for end in range(len(text) + 1)]
    assert [after for before, after in pairwise(grown) if not after.startswith(before)] == []
    assert "xᵢ²" in grown[-1]
    assert "$" not in "".join(grown)
    assert ("**divides**" in grown[-1]) is markdown
    assert "<!channel>" in unseen(grown[-1]).replace("\\", "")
    assert broken("chat.appendStream", {"channel": "C1", "ts": "1", "markdown_text": grown[-1]}) == []
