"""How replies look as cards, and that every one of them is a message that Discord takes."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import discord
import pytest
from discord.http import handle_message_parameters
from pydantic import TypeAdapter

from bot.coach.coach import TopicProgress
from bot.coach.debrief import card as grade_card
from bot.coach.events import QuestionRef, Stage
from bot.coach.reply import (
    AnswerReply,
    ExplanationReply,
    GradeReply,
    HintReply,
    NoticeReply,
    ProbeReply,
    QuestionReply,
    Reply,
)
from bot.coach.session import Exchange
from bot.discord.cards import GREEN, GREY, RED, YELLOW, cards, progress, question
from bot.discord.layout import Card
from bot.grading.grade import Aid, Grade, PointGrade, Span, Verdict, WrongBelief
from bot.surface.report import report
from knowledge.library import Library
from tests.discord.openapi import problems
from tests.discord.rules import broken, walk
from tests.knowledge.written import note
from tests.surface.replies import EVERY_KIND, TYPED, hostile
from tests.surface.written import ANSWER, debrief, grade, line

SESSION = "0123456789abcdef" * 2
MESSAGES = "/channels/1/messages"
REPLY: TypeAdapter[Reply] = TypeAdapter(Reply)
FORMULA = r"\tilde{h}_j = \frac{m_j h_j}{1-p}"


def body(card: Card) -> dict[str, Any]:
    """The message as it is sent."""
    nobody = discord.AllowedMentions.none()
    with handle_message_parameters(view=card.view, files=list(card.files), allowed_mentions=nobody) as sent:
        return json.loads(sent.multipart[0]["value"]) if sent.multipart else dict(sent.payload or {})


def parts(made: list[Card]) -> list[dict[str, Any]]:
    """Every component of the cards."""
    return [part for card in made for part in walk(body(card)["components"])]


def shown(reply: Reply, *, private: bool = False) -> str:
    """All text on the cards of a reply."""
    return made_of(made(reply, private=private))


def made_of(made: list[Card]) -> str:
    """All text on cards."""
    return "\n".join(part["content"] for part in parts(made) if part["type"] == 10)


def made(reply: Reply, *, private: bool = False) -> list[Card]:
    return cards(reply, session_id=SESSION, private=private)


def wrong(card: Card) -> list[str]:
    """What Discord would have against a card."""
    message, names = body(card), [file.filename for file in card.files]
    shows = re.findall(r"attachment://([^\"]+)", json.dumps(message))
    once = [] if sorted(shows) == sorted(set(names)) == sorted(names) else [f"shows {shows} of the files {names}"]
    return [*problems("POST", MESSAGES, message), *broken("POST", MESSAGES, message, names), *once]


def options(reply: Reply) -> list[tuple[str, str, str | None]]:
    """What can be chosen on the cards of a reply."""
    selects = [part for part in parts(made(reply)) if part["type"] == 3]
    return [(o["label"], o["value"], o.get("description")) for select in selects for o in select["options"]]


@pytest.mark.parametrize("kind", get_args(get_args(Reply)[0]), ids=lambda kind: kind.__name__)
def test_every_kind_of_reply_is_shown_with_what_it_says(kind: type[Reply]) -> None:
    reply, says = EVERY_KIND[kind]
    read = re.sub(r"\*\*|\\(?=\W)", "", shown(reply))
    assert [text for text in says if text not in read] == []
    assert [problem for card in made(reply) for problem in wrong(card)] == []


@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED.keys())
def test_whatever_somebody_types_discord_takes_the_cards(typed: str) -> None:
    sent = [(card, wrong(card)) for reply in hostile(typed) for card in made(reply, private=True)]
    assert [problem for _, problems in sent for problem in problems] == []


def test_titles_are_large_small_print_is_small_and_words_that_matter_are_bold() -> None:
    assert "**Hint** Look.\n-# half" in shown(HintReply(text="Look.", cost="half"))
    told = shown(AnswerReply(text="It *divides*.", note_ids=("a", "b")))
    assert told == "### From the notes\nIt *divides*.\n-# from `a` · `b`"
    assert shown(ExplanationReply(note_id="kl", text="So.")).startswith("### A strong answer in 30 seconds\nSo.")


@pytest.mark.parametrize("said", ["@everyone", "<@1>", "**bold**", "[a](https://b.c)"])
def test_what_a_person_said_is_neither_markup_nor_a_mention(said: str) -> None:
    replies: list[Reply] = [
        grade(line(1, Verdict.MET, quote=f"{said} x"), line(2, Verdict.UNSCORED, reason=f"{said} x")),
        ProbeReply(text=f"{said} x"),
        NoticeReply(text=f"{said} x"),
        debrief("interview", strengths=(f"{said} x",)),
    ]
    assert [reply.kind for reply in replies if said in shown(reply)] == []


@pytest.mark.parametrize("said", ["@everyone", "<@1>"])
def test_what_a_note_or_a_model_says_keeps_its_markup_and_mentions_nobody(said: str) -> None:
    told = shown(AnswerReply(text=f"It **divides** {said}.", note_ids=("kl",)))
    assert "It **divides** " in told
    assert said not in told


# Questions


def test_a_question_says_where_one_is_and_leads_over() -> None:
    reply = QuestionReply(text="Why?", note_id="kl", number=2, of=5, bridge="From heat to cold?")
    assert question(reply) == "### Question 2 of 5\n*From heat to cold?*\nWhy?"


def test_a_probe_is_only_what_is_asked() -> None:
    assert question(ProbeReply(text="You said “a*b*”. Why?")) == r"You said “a\*b\*”. Why?"


def test_a_formula_in_a_question_reads_as_one() -> None:
    assert question(ProbeReply(text=r"You wrote $\frac{1}{n}$. From $5 to $6?")) == r"You wrote 1/n. From $5 to $6?"
    reply = QuestionReply(text="Why is $x_i$ there?", note_id="kl", number=1, bridge="From $x^2$ to $x$?")
    assert question(reply) == "### Question 1\n*From x² to x?*\nWhy is xᵢ there?"


# Grades


def answered(verdict: Verdict) -> tuple[list[str], GradeReply, GradeReply]:
    """A note's points, and the cards while its question is open and over: one point met, the others of a verdict."""
    asked, earned = note(), Span(start=0, end=len(ANSWER), quote=ANSWER)
    evidence = None if verdict in (Verdict.MISSED, Verdict.UNSCORED) else earned
    points = tuple(
        PointGrade(point_id=point.id, weight=point.weight, verdict=verdict, evidence=evidence) for point in asked.rubric
    )
    points = (points[0].model_copy(update={"verdict": Verdict.MET, "evidence": earned}), *points[1:])
    exchange = Exchange(QuestionRef(note_id=asked.id), asked.question, Stage.DRILL, 1)
    result = Grade(judge="chat", points=points)
    so_far, final = (grade_card(exchange, result, Library([asked]), final=final) for final in (False, True))
    return [point.point for point in asked.rubric], so_far, final


@pytest.mark.parametrize("verdict", [Verdict.MISSED, Verdict.PARTIAL, Verdict.CONTRADICTED, Verdict.UNSCORED])
def test_a_point_that_can_still_be_earned_keeps_its_text_until_the_question_is_over(verdict: Verdict) -> None:
    (met, *others), so_far, final = answered(verdict)
    assert met in shown(so_far)
    sent = json.dumps([body(card) for card in made(so_far)], ensure_ascii=False)
    assert [text for text in others if text in sent] == []
    assert [text for text in (met, *others) if text not in shown(final)] == []


@pytest.mark.parametrize(
    ("verdict", "details", "lines"),
    [
        (Verdict.MET, {"quote": "T divides"}, "✓ **1.** Fact 1.\n-# `██████████` 25 % of 25 %\n> “T divides”"),
        (Verdict.MET, {"quote": "T", "aid": Aid.PROBE}, "-# `████████░░` 19 % of 25 %, after a probe\n> “T”"),
        (Verdict.PARTIAL, {"quote": "T", "aid": Aid.HINT}, "-# `██░░░░░░░░` 6 % of 25 %, after a hint\n> “T”"),
        (Verdict.MISSED, {}, "**What was missing**\n· **1.** Fact 1.\n-# `░░░░░░░░░░` 0 % of 25 %"),
        (Verdict.CONTRADICTED, {"quote": "T adds"}, "✗ **1.** Fact 1.\n-# `░░░░░░░░░░` 0 % of 25 %\n> “T adds”"),
        (Verdict.UNSCORED, {"reason": "Unclear."}, "? **1.** Fact 1.\n-# `▒▒▒▒▒▒▒▒▒▒` 25 % open\n-# Unclear."),
        (Verdict.MET, {"marked": True}, "25 % of 25 %\n> *marked by you: said*"),
    ],
)
def test_a_point_has_a_bar_of_what_it_earned_and_the_words_that_earned_it(
    verdict: Verdict, details: dict[str, object], lines: str
) -> None:
    assert lines in shown(grade(line(1, verdict, **details)))


def test_an_open_card_names_the_verdict_where_it_may_not_name_the_point() -> None:
    so_far = grade(line(1, Verdict.PARTIAL, text=None, quote="T"), line(2, Verdict.MISSED, text=None), final=False)
    assert "◐ **1.** *partly said*" in shown(so_far)
    assert "of 2 points: 1 not said yet" in shown(so_far)
    assert "What was missing" not in shown(so_far)


def test_what_the_candidate_believes_wrongly_is_quoted_and_put_right_below_the_points() -> None:
    said = (("T *adds*.", "It divides by $T^2$."), ("Always so", "Only at times."))
    beliefs = tuple(
        WrongBelief(claim="never shown", correction=right, evidence=Span(start=0, end=len(wrong), quote=wrong))
        for wrong, right in said
    )
    card = grade(line(1, Verdict.MISSED)).model_copy(update={"misconceptions": beliefs})
    points, _, put_right = shown(card).partition("**Put right**\n")
    assert "Fact 1." in points
    assert put_right.startswith("> “T \\*adds\\*”\nIt divides by T².\n> “Always so”\nOnly at times.")
    assert "never shown" not in shown(card)
    assert "Put right" not in shown(grade(line(1, Verdict.MISSED)))
    assert [problem for each in made(card) for problem in wrong(each)] == []


@pytest.mark.parametrize(
    ("score", "open_weight", "final", "headed"),
    [
        (0.25, 0.5, True, "### Grade 25 %, 50 % open\n`█████▒▒▒▒▒▒▒▒▒▒░░░░░`\n-# Why?"),
        (1.0, 0.0, True, "### Grade 100 %\n`████████████████████`\n-# Why?"),
        (0.0, 0.0, False, "### So far 0 %\n`░░░░░░░░░░░░░░░░░░░░`\n-# of 1 points: 1 not said yet"),
    ],
)
def test_a_card_is_headed_by_score_bar_and_once_it_is_final_question(
    score: float, open_weight: float, final: bool, headed: str
) -> None:
    assert shown(grade(line(1, Verdict.MISSED), score=score, open_weight=open_weight, final=final)).startswith(headed)


@pytest.mark.parametrize(
    ("score", "final", "colour"), [(0.7, True, GREEN), (0.4, True, YELLOW), (0.39, True, RED), (1.0, False, GREY)]
)
def test_a_card_has_the_colour_of_its_score(score: float, final: bool, colour: discord.Colour) -> None:
    (frame,) = body(made(grade(line(1, Verdict.MISSED), score=score, final=final))[0])["components"]
    assert frame["accent_color"] == colour.value


def test_a_rule_is_no_judge_to_name() -> None:
    assert "graded by" not in shown(grade(line(1, Verdict.MISSED)).model_copy(update={"judge": "rule"}))


@pytest.mark.parametrize("reply", [grade(line(1, Verdict.MISSED)), debrief("drill")], ids=["grade", "debrief"])
def test_what_only_the_candidate_sees_can_be_shared(reply: Reply) -> None:
    def labels(*, private: bool) -> list[str]:
        return [part["label"] for part in parts(made(reply, private=private)) if part["type"] == 2]

    assert labels(private=True) == ["Share with the channel"]
    assert labels(private=False) == []


def test_over_what_was_shared_stands_by_whom() -> None:
    said = made_of(cards(grade(line(1, Verdict.MISSED)), session_id=SESSION, sharer="Ada *B*"))
    assert said.startswith("-# shared by Ada \\*B\\*\n### Grade")


# Marking


def test_what_could_not_be_scored_is_marked_on_the_final_card() -> None:
    points = [line(1, Verdict.MET, quote="T"), line(2, Verdict.UNSCORED), line(3, Verdict.UNSCORED, text="x" * 200)]
    final = grade(*points).model_copy(update={"number": 4})
    assert options(final)[:3] == [
        ("2. said", "4.2.met", "Fact 2."),
        ("2. partly said", "4.2.partial", "Fact 2."),
        ("2. not said", "4.2.missed", "Fact 2."),
    ]
    assert options(final)[3:4] == [("3. said", "4.3.met", "x" * 99 + "…")]
    assert "Yours to mark" in shown(final)


def test_an_open_card_and_a_card_without_open_points_mark_nothing() -> None:
    unscored = line(1, Verdict.UNSCORED, text=None)
    assert options(grade(unscored, final=False)) == []
    assert options(grade(line(1, Verdict.MISSED))) == []
    assert "Yours to mark" not in shown(grade(line(1, Verdict.MISSED)))


def test_a_debrief_marks_every_open_point_of_every_question() -> None:
    first, _ = debrief("drill").questions
    points = tuple(line(number, Verdict.UNSCORED) for number in range(1, 9))
    questions = tuple(first.model_copy(update={"number": n, "points": points}) for n in range(1, 31))
    reply = debrief("drill", questions=questions)
    values = [value for _, value, _ in options(reply)]
    assert values == [f"{q}.{p}.{v}" for q in range(1, 31) for p in range(1, 9) for v in ("met", "partial", "missed")]
    assert options(reply)[0][0] == "1.1 said"
    assert [problem for card in made(reply) for problem in wrong(card)] == []


# Debriefs


def test_a_debrief_says_how_it_went_what_carried_and_what_to_read() -> None:
    said = shown(debrief("drill"))
    assert "**1.** Why divide?\n-# `██▒▒▒▒▒░░░` 25 % · 50 % open · hints: 2" in said
    assert "**2.** Why sample?\n-# `▒▒▒▒▒░░░░░` 0 % · 50 % open · skipped" in said
    assert "**What carried you**\n- It divides." in said
    assert "**What to work on**\n- It sharpens." in said
    assert "-# Next: `/drill topic:temperature` · `/drill topic:sampling` · `/progress`" in said


def test_what_there_is_none_of_has_no_heading() -> None:
    said = shown(debrief("drill", strengths=(), weaknesses=(), read_next=()))
    assert "What" not in said
    assert "-# Next: `/drill` · `/progress`" in said


def test_only_an_interviews_debrief_grades_point_by_point() -> None:
    assert f"✓ 1. Fact 1. (25 %)\n> “{ANSWER.rstrip('.')}”" in shown(debrief("interview"))
    assert "Fact 1." not in shown(debrief("drill"))


def test_a_debrief_has_the_whole_report_as_a_file() -> None:
    (card,) = made(debrief("drill"))
    (file,) = card.files
    assert file.filename == "debrief.md"
    assert file.fp.read().decode() == report(debrief("drill"))
    assert [part["file"]["url"] for part in parts([card]) if part["type"] == 13] == ["attachment://debrief.md"]


def test_the_files_of_a_card_can_be_sent_twice() -> None:
    (card,) = made(debrief("drill"))
    assert card.files[0].fp.read() == card.files[0].fp.read() != b""


# Explanations and answers


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Formulas of which no picture is drawn, for what is about their number and place."""

    def png(latex: str, number: int) -> bytes:
        return f"{latex}{number}".encode()

    monkeypatch.setattr("bot.surface.pictures._formula", png)


@pytest.mark.parametrize("given", [{"kind": "explanation", "note_id": "kl"}, {"kind": "answer", "note_ids": ["kl"]}])
def test_a_formula_that_reads_badly_is_a_picture_with_words_for_it(given: dict[str, Any]) -> None:
    reply = REPLY.validate_python({**given, "text": f"With $a_1$ it is ${FORMULA}$."})
    assert "With a₁ it is **(1)**." in shown(reply)
    (card,) = made(reply)
    (gallery,) = [part for part in parts([card]) if part["type"] == 12]
    (item,) = gallery["items"]
    assert item["media"]["url"] == "attachment://formula-1.png"
    assert item["description"] == "(1) h̃ⱼ = (mⱼ hⱼ)/(1−p)"
    assert card.files[0].fp.read().startswith(b"\x89PNG")


def test_a_formula_as_text_is_no_markup() -> None:
    assert r"Take Q^\* here." in shown(ExplanationReply(note_id="q", text="Take $Q^*$ here."))


def test_a_long_answer_is_parted_at_paragraph_ends_and_keeps_all_its_pictures(undrawn: None) -> None:
    paragraphs = [f"Paragraph {n}: " + "words that go on " * 40 for n in range(12)]
    formulas = " ".join(rf"$\frac{{a_{n} + b + c + d}}{{e + f}}$" for n in range(12))
    answer = AnswerReply(text="\n\n".join([*paragraphs, formulas]), note_ids=("kl",))
    made_of = made(answer)
    assert [problem for card in made_of for problem in wrong(card)] == []
    texts = [part["content"] for part in parts(made_of) if part["type"] == 10]
    assert all(text.strip().endswith("go on") for text in texts[:-2])
    assert shown(answer).count("Paragraph") == 12
    assert [file.filename for card in made_of for file in card.files] == [f"formula-{n}.png" for n in range(1, 13)]


def test_every_shipped_explanation_makes_cards_that_discord_takes(library: Library, undrawn: None) -> None:
    replies = [ExplanationReply(note_id=shipped.id, text=shipped.short) for shipped in library]
    assert [problem for reply in replies for card in made(reply) for problem in wrong(card)] == []


# Progress


def test_progress_is_a_chart_and_text() -> None:
    (card,) = progress([TopicProgress("losses", 3, 0.5), TopicProgress("probability", 1, 1.0)])
    (gallery,) = [part for part in parts([card]) if part["type"] == 12]
    assert gallery["items"][0]["description"].endswith("losses 50 %, probability 100 %.")
    told = "\n".join(part["content"] for part in parts([card]) if part["type"] == 10)
    assert "- losses: 50 % (3 questions)\n- probability: 100 % (1 question)" in told
    assert wrong(card) == []


def test_without_progress_it_says_how_to_begin() -> None:
    (card,) = progress([])
    assert [part["content"] for part in parts([card])] == ["Nothing has been graded yet; /drill starts."]
