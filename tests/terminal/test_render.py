"""How replies are drawn."""

from __future__ import annotations

import re
from io import StringIO
from typing import get_args

import pytest
from rich.console import Console, RenderableType

from bot.coach.coach import TopicProgress
from bot.coach.debrief import card
from bot.coach.events import QuestionRef, Stage
from bot.coach.reply import (
    AnswerReply,
    BallotReply,
    DebriefReply,
    ExplanationReply,
    GradeReply,
    HintReply,
    NoticeReply,
    ProbeReply,
    QuestionReply,
    Reply,
    RunReply,
)
from bot.coach.session import Exchange
from bot.grading.grade import Aid, Grade, PointGrade, Span, Verdict, WrongBelief
from bot.grading.running import Case, Result
from bot.terminal.render import bar, drawn, note_page, percent, progress_table
from knowledge.library import Library
from knowledge.note import Note
from tests.knowledge.written import note
from tests.surface.written import ANSWER, debrief, grade, line

EARNED = Span(start=0, end=len(ANSWER), quote=ANSWER)


def lines(drawing: RenderableType, *, width: int = 100) -> list[str]:
    """What a terminal of that width shows."""
    screen = StringIO()
    Console(file=screen, width=width, highlight=False).print(drawing)
    return screen.getvalue().splitlines()


def flat(drawing: RenderableType) -> str:
    """What is shown, on one line without frames, so that a sentence is found however it was wrapped."""
    return " ".join(" ".join(line.strip("│╭╮╰╯─ ") for line in lines(drawing)).split())


def words(text: str) -> set[str]:
    """The words of a text, in lower case."""
    return set(re.findall(r"\w+", text.lower()))


EVERY_KIND: dict[type[Reply], tuple[Reply, tuple[str, ...]]] = {
    QuestionReply: (
        QuestionReply(text="Why divide?", note_id="temperature", number=1, of=5, starter="def f(x):\n    ...\n"),
        ("Question 1 of 5", "Why divide?", "def f(x): ...", "Answer in code"),
    ),
    ProbeReply: (ProbeReply(text="Where in the formula?"), ("Where in the formula?",)),
    RunReply: (
        RunReply(
            number=1,
            of=3,
            tests=(Result(id="a", says="two rows", passed=True), Result(id="b", says="T = 0", passed=False)),
            failing=Case(says="T = 0", inputs="T = 0", expected="[0, 1]", got="[1, 0]"),
        ),
        ("Try 1 of 3: 1 of 2 tests pass", "✓ two rows", "✗ T = 0", "input T = 0", "expected [0, 1]", "got [1, 0]"),
    ),
    HintReply: (
        HintReply(text="Look at the logits.", cost="a hinted point earns half"),
        ("Hint Look at the logits. (a hinted point earns half)",),
    ),
    GradeReply: (grade(line(1, Verdict.MET, quote=ANSWER)), ("Grade 25 %", "graded by the chat judge", "Fact 1. 25 %")),
    ExplanationReply: (
        ExplanationReply(note_id="temperature", text=r"Divide by $T^2$, *always*."),
        ("A strong answer in 30 seconds", "Divide by T², always.", "viva notes show temperature"),
    ),
    AnswerReply: (
        AnswerReply(text="It divides [temperature].", note_ids=("temperature", "sampling")),
        ("From the notes", "It divides [temperature].", "[temperature], [sampling]"),
    ),
    NoticeReply: (NoticeReply(text="Paused and kept."), ("Paused and kept.",)),
    BallotReply: (
        BallotReply(number=2, question="Why divide?", points=("It keeps gradients alike.",)),
        ("The panel votes on question 2.",),
    ),
    DebriefReply: (debrief("drill"), ("Debrief: 12 %, 50 % open", "Why divide?")),
}


@pytest.mark.parametrize("kind", get_args(get_args(Reply)[0]), ids=lambda kind: kind.__name__)
def test_every_kind_of_reply_is_drawn_with_what_it_says(kind: type[Reply]) -> None:
    reply, says = EVERY_KIND[kind]
    assert [text for text in says if text not in flat(drawn(reply))] == []


@pytest.mark.parametrize("markup", ["[red]x[/red]", "[/nope]", "[link=http://x]y[/link]", ":smile:", "**bold**"])
def test_what_a_person_said_is_no_markup(markup: str) -> None:
    quoted = grade(line(1, Verdict.MET, quote=f"{markup} said"))
    assert f"“{markup} said”" in flat(drawn(quoted))
    assert f"You said “{markup}”." in flat(drawn(ProbeReply(text=f"You said “{markup}”.")))


# Questions


@pytest.mark.parametrize(
    ("details", "title"),
    [
        ({"number": 2, "of": 5}, "Question 2 of 5"),
        ({"number": 3, "stage": "your research"}, "Question 3 · your research"),
        ({"number": 2, "of": 5, "rung": 1}, "Deeper"),
        ({"number": 4, "rung": 2, "stage": "fundamentals"}, "Deeper · fundamentals"),
    ],
)
def test_a_question_says_where_one_is(details: dict[str, object], title: str) -> None:
    reply = QuestionReply.model_validate({"text": "Why?", "note_id": "temperature", **details})
    shown = lines(drawn(reply))
    assert shown[1].rstrip("─ ") == title
    assert shown[2:] == ["Why?"]


def test_a_bridge_leads_over_to_the_question() -> None:
    reply = QuestionReply(text="Why?", note_id="temperature", number=2, of=5, bridge="From heat to cold?")
    assert lines(drawn(reply))[2:] == ["From heat to cold?", "Why?"]


# Grades


def test_a_misconception_is_put_right_below_the_points() -> None:
    belief = WrongBelief(claim="It multiplies.", correction="It [b]divides[/b].", evidence=EARNED)
    shown = flat(drawn(grade(line(1, Verdict.MISSED)).model_copy(update={"misconceptions": (belief,)})))
    assert shown.index("Fact 1.") < shown.index(f"You said “{ANSWER.rstrip('.')}”")
    assert "In fact: It [b]divides[/b]." in shown
    assert belief.claim not in shown


@pytest.mark.parametrize(
    ("verdict", "marked", "told"),
    [
        (Verdict.MET, False, True),
        (Verdict.CONTRADICTED, False, True),
        (Verdict.UNSCORED, False, True),
        (Verdict.MISSED, False, False),
        (Verdict.MET, True, False),
    ],
)
def test_a_card_says_where_judges_differ_but_not_why_a_point_is_missed_or_was_left_to_mark(
    verdict: Verdict, marked: bool, told: bool
) -> None:
    reason = "chat says met, embedded says missed."
    shown = flat(drawn(grade(line(1, verdict, quote=ANSWER, reason=reason, marked=marked))))
    assert (reason in shown) == told


def answered(verdict: Verdict) -> tuple[Note, GradeReply, GradeReply]:
    """A note, and the cards while its question is open and when it is over: one point met, two of a verdict."""
    asked = note()
    evidence = None if verdict in (Verdict.MISSED, Verdict.UNSCORED) else EARNED
    verdicts = [(Verdict.MET, EARNED), (verdict, evidence), (verdict, evidence)]
    points = tuple(
        PointGrade(point_id=point.id, weight=point.weight, verdict=given, evidence=span)
        for point, (given, span) in zip(asked.rubric, verdicts, strict=True)
    )
    exchange = Exchange(QuestionRef(note_id=asked.id), asked.question, Stage.DRILL, 1)
    result = Grade(judge="chat", points=points)
    so_far, final = (card(exchange, result, Library([asked]), final=final) for final in (False, True))
    return asked, so_far, final


@pytest.mark.parametrize("verdict", [Verdict.MISSED, Verdict.PARTIAL, Verdict.CONTRADICTED, Verdict.UNSCORED])
def test_a_point_that_is_not_met_keeps_its_text_until_the_question_is_over(verdict: Verdict) -> None:
    asked, so_far, final = answered(verdict)
    met, *others = (point.point for point in asked.rubric)
    assert met in flat(drawn(so_far))
    assert [text for text in others if text in flat(drawn(so_far))] == []
    assert [text for text in (met, *others) if text not in flat(drawn(final))] == []


def test_no_word_of_a_missed_point_stands_on_an_open_card() -> None:
    asked, so_far, _ = answered(Verdict.MISSED)
    met, *missed = (point.point for point in asked.rubric)
    assert words(" ".join(missed)) & words(flat(drawn(so_far))) <= words(f"{met} {ANSWER}")


@pytest.mark.parametrize(
    ("verdict", "details", "shown"),
    [
        (Verdict.MET, {"quote": "T divides"}, "✓ 1. Fact 1. 25 % “T divides”"),
        (Verdict.MET, {"quote": "T divides", "aid": Aid.PROBE}, "✓ 1. Fact 1. 25 %, after a probe “T divides”"),
        (Verdict.PARTIAL, {"quote": "it divides", "aid": Aid.HINT}, "◐ 1. Fact 1. 25 %, after a hint “it divides”"),
        (Verdict.MISSED, {}, "· 1. Fact 1. 25 %"),
        (Verdict.CONTRADICTED, {"quote": "T adds"}, "✗ 1. Fact 1. 25 % “T adds”"),
        (Verdict.UNSCORED, {"reason": "I cannot tell."}, "? 1. Fact 1. 25 % I cannot tell."),
        (Verdict.MET, {"marked": True}, "✓ 1. Fact 1. 25 % marked by you: said"),
        (Verdict.MISSED, {"marked": True}, "· 1. Fact 1. 25 % marked by you: not said"),
    ],
)
def test_a_point_shows_verdict_weight_aid_and_the_words_that_earned_it(
    verdict: Verdict, details: dict[str, object], shown: str
) -> None:
    assert shown in flat(drawn(grade(line(1, verdict, **details))))


@pytest.mark.parametrize(
    ("verdict", "shown"),
    [(Verdict.PARTIAL, "◐ 1. partly said 25 % “T”"), (Verdict.CONTRADICTED, "✗ 1. at odds with the facts 25 % “T”")],
)
def test_an_open_card_quotes_what_was_half_right_or_wrong(verdict: Verdict, shown: str) -> None:
    assert shown in flat(drawn(grade(line(1, verdict, text=None, quote="T"), final=False)))


def test_an_open_card_only_counts_what_was_not_said() -> None:
    unsaid = [line(number, Verdict.MISSED, text=None) for number in (1, 2)]
    unsure = line(3, Verdict.UNSCORED, text=None, reason="I cannot tell.")
    shown = flat(drawn(grade(*unsaid, unsure, line(4, Verdict.MET, quote="T"), final=False)))
    assert "of 4 points" in shown
    assert "2 not said yet" in shown
    assert not re.search(r"\b[123]\. ", shown)


@pytest.mark.parametrize(
    ("numbers", "invitation"),
    [
        ((2,), "Compare 2 with what you said: /mark 2 yes, partly or no."),
        ((2, 3), "Compare 2 and 3 with what you said: /mark 2 yes, partly or no."),
        ((1, 2, 4), "Compare 1, 2 and 4 with what you said: /mark 1 yes, partly or no."),
    ],
)
def test_a_final_card_invites_to_mark_what_could_not_be_scored(numbers: tuple[int, ...], invitation: str) -> None:
    points = [line(n, Verdict.UNSCORED if n in numbers else Verdict.MISSED) for n in range(1, 5)]
    assert invitation in flat(drawn(grade(*points)))
    assert "/mark" not in flat(drawn(grade(*points, final=False)))


@pytest.mark.parametrize(
    ("score", "open_weight", "final", "title"),
    [
        (0.25, 0.0, True, "Grade 25 % █████░░░░░░░░░░░░░░░"),
        (0.25, 0.5, True, "Grade 25 %, 50 % open █████▒▒▒▒▒▒▒▒▒▒░░░░░"),
        (0.0, 0.0, False, "So far 0 % ░░░░░░░░░░░░░░░░░░░░"),
        (1.0, 0.0, True, "Grade 100 % ████████████████████"),
    ],
)
def test_a_card_is_headed_by_score_and_what_is_open(score: float, open_weight: float, final: bool, title: str) -> None:
    shown = flat(drawn(grade(line(1, Verdict.MISSED), score=score, open_weight=open_weight, final=final)))
    assert shown.startswith(title)


def test_a_rule_is_no_judge_to_name() -> None:
    ruled = grade(line(1, Verdict.MISSED)).model_copy(update={"judge": "rule"})
    assert "graded by" not in flat(drawn(ruled))


@pytest.mark.parametrize(("score", "open_weight"), [(0, 0), (1, 0), (0, 1), (0.5, 0.5), (0.33, 0.67), (0.975, 0.025)])
def test_a_bar_is_always_as_long(score: float, open_weight: float) -> None:
    assert len(bar(score, open_weight).plain) == 20


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0 %"), (0.005, "0 %"), (0.126, "13 %"), (0.999, "100 %"), (1, "100 %")]
)
def test_a_share_is_shown_in_whole_per_cent(share: float, text: str) -> None:
    assert percent(share) == text


# A debrief


def test_a_debrief_says_how_it_went_what_carried_and_what_to_read() -> None:
    shown = flat(drawn(debrief("drill")))
    assert "1. Why divide? █████▒▒▒▒▒▒▒▒▒▒░░░░░ 25 % · hints: 2" in shown
    assert "2. Why sample? ▒▒▒▒▒▒▒▒▒▒░░░░░░░░░░ 0 % · skipped" in shown
    assert "What carried you · It divides." in shown
    assert "What to work on · It sharpens." in shown
    assert shown.endswith("Read next: viva notes show temperature viva notes show sampling")


def test_what_there_is_none_of_has_no_heading() -> None:
    shown = flat(drawn(debrief("drill", strengths=(), weaknesses=(), read_next=())))
    assert "What" not in shown
    assert "Read next" not in shown


def test_only_an_interviews_debrief_grades_point_by_point() -> None:
    assert f"✓ 1. Fact 1. 25 % “{ANSWER.rstrip('.')}”" in flat(drawn(debrief("interview")))
    assert "Fact 1." not in flat(drawn(debrief("drill")))


# Pages and tables


def test_the_page_of_a_note_holds_all_of_it(library: Library) -> None:
    for shipped in library:
        shown = flat(note_page(shipped))
        asked = [shipped.question, *(point.point for point in shipped.rubric)]
        asked += [rung.question for rung in shipped.follow_ups]
        asked += [text for m in shipped.misconceptions for text in (m.claim, m.correction)]
        asked += [related.bridge for related in shipped.related]
        assert [text for text in asked if text not in shown] == [], shipped.id


def test_a_page_shows_what_a_candidate_begins_with_and_the_solution_only_where_asked(library: Library) -> None:
    exercise = library["knn-from-scratch"].exercise
    assert exercise is not None
    page, whole = (flat(note_page(library["knn-from-scratch"], solution=asked)) for asked in (False, True))
    for shown in (page, whole):
        assert "y (n,) holds integer labels, any integers; 1 <= k <= n." in shown
        assert [test.says for test in exercise.tests if test.says not in shown] == []
    assert "return labels[votes.argmax(axis=1)]" in whole
    assert "return labels[votes.argmax(axis=1)]" not in page


def test_no_page_shows_raw_latex(library: Library) -> None:
    assert [shipped.id for shipped in library if set("\\$") & set(flat(note_page(shipped)))] == []


def test_progress_is_a_row_a_topic() -> None:
    shown = lines(progress_table([TopicProgress("losses", 3, 0.5), TopicProgress("probability", 1, 1.0)]))
    assert [row.split()[:4] for row in shown[1:]] == [["losses", "3", "50", "%"], ["probability", "1", "100", "%"]]


def test_without_progress_it_says_how_to_begin() -> None:
    assert flat(progress_table([])) == "Nothing has been graded yet; /drill starts."


@pytest.mark.parametrize("width", [20, 40, 100])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    for reply, _ in EVERY_KIND.values():
        assert max(len(shown) for shown in lines(drawn(reply), width=width)) <= width
