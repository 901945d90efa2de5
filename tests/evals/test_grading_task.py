"""Grading as a task: numbers worked by hand, and reports that can be trusted with any text."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import pytest

from bot.errors import ModelError, ModelUnavailable
from bot.grading.grade import Grade, PointGrade, Span, Submission, Verdict
from evals.cases import AgreementCase, CaseError, GradingCase
from evals.conversation import Conversation, ConversationCase, HeldOutcome
from evals.grading import Grading, against_reference
from evals.page import page, write_page
from evals.plan import Plan
from evals.report import Report, console, write_json, write_junit
from evals.run import REPEAT
from knowledge.library import Library
from tests.knowledge.written import note

MET, PARTIAL, MISSED, CONTRADICTED, UNSCORED = Verdict
NOTES = Library([note()])
HOSTILE = """<script>alert(1)</script> {{ 7*7 }} {% raw %} "'><img src=http://x.example/i onerror=alert(1)> & ]]>"""

Given = tuple[Verdict, float | None]
Script = Mapping[str, Sequence[Verdict | Given] | ModelError]
"""By answer (or by answer and repeat, `answer#1`): a verdict for each point, with what is expected of it or without."""


class ScriptedJudge:
    """Gives what the script says, after letting others go first `waits[answer]` times."""

    def __init__(self, script: Script, waits: Mapping[str, int] | None = None) -> None:
        self.name = "scripted"
        self._script, self._waits = script, waits or {}

    async def grade(self, submission: Submission) -> Grade:
        for _ in range(self._waits.get(submission.answer, 0)):
            await asyncio.sleep(0)
        given = self._script.get(f"{submission.answer}#{REPEAT.get()}") or self._script[submission.answer]
        if isinstance(given, ModelError):
            raise given
        span = Span(start=0, end=len(submission.answer), quote=submission.answer)
        pairs = zip(submission.rubric, (g if isinstance(g, tuple) else (g, None) for g in given), strict=True)
        return Grade(
            judge=self.name,
            points=tuple(
                PointGrade(point_id=p.id, weight=p.weight, verdict=v, evidence=span if v.credit else None, expected=e)
                for p, (v, e) in pairs
            ),
        )


def case(answer: str, gold: Sequence[Verdict] = (), score: float | None = None, **fields: Any) -> GradingCase:
    """A case called as its answer, over points a (a quarter) and b (the rest)."""
    rubric = [{"id": "a", "point": "A.", "weight": 1}, {"id": "b", "point": "B.", "weight": 3}]
    whole = {"id": answer, "question": "Q?", "rubric": rubric, "answer": answer, "gold_score": score, **fields}
    return GradingCase.model_validate(whole | {"gold_points": dict(zip("ab", gold, strict=False))})


CASES = [
    case("good", (MET, MET), 1.0, kind="strong"),
    case("half", (MET, CONTRADICTED), 0.25, kind="weak"),
    case("wrong", (MISSED, CONTRADICTED), 0.0, kind="weak", question="Another?"),
    case("lost", (MET, MET), 1.0, kind="strong"),
]
SCRIPT: Script = {
    "good": (MET, MET),
    "half": (PARTIAL, CONTRADICTED),
    "wrong": (CONTRADICTED, (UNSCORED, 0.2)),
    "lost": ModelUnavailable("did not answer in time"),
}


async def report(
    folder: Path, cases: Sequence[GradingCase] = CASES, judge: ScriptedJudge | None = None, repeats: int = 1
) -> Report:
    judge = judge or ScriptedJudge(SCRIPT)
    return await Plan(folder / "runs", repeats=repeats).carry_out(Grading(cases, NOTES, judge), judge.name)


# Numbers


async def test_numbers_are_those_worked_by_hand_and_a_failed_trial_is_in_none(tmp_path: Path) -> None:
    summary = (await report(tmp_path))["summary"]
    values = {name: metric["value"] for name, metric in summary["metrics"].items()}
    expected = {
        "MAE": 0.0917,  # off by 0, 0.125 and 0.15
        "bias": 0.0083,
        "accuracy per point": 0.5,  # 3 of 6, the open one among them
        "accuracy of scored points": 0.6,
        "abstention": 0.1667,
        "F1 of contradicted": 0.5,  # one hit, given twice, gold twice
        "kappa of scored points": 0.4118,  # (0.6 - 0.32) / (1 - 0.32)
    }
    assert {name: values[name] for name in expected} == expected
    assert summary["majority baseline"] == 0.5
    assert summary["calibration"]["brier"] == 0.04
    assert summary["risk_coverage"] == [[1, 0]]  # 0.2 says no credit, and there is none
    assert summary["worst"] == ["wrong", "half", "good"]
    assert (summary["failed"], summary["first failure"]) == (1, "The scripted judge did not answer in time.")
    assert "1 trials failed: The scripted judge did not answer in time." in console({"summary": summary, "cases": []})


async def test_the_confusion_counts_every_labelled_point_once(tmp_path: Path) -> None:
    confusion = (await report(tmp_path))["summary"]["confusion"]
    found = {(gold, given): n for gold, row in confusion.items() for given, n in row.items() if n}
    assert found == {
        ("met", "met"): 2,
        ("met", "partial"): 1,
        ("missed", "contradicted"): 1,
        ("contradicted", "contradicted"): 1,
        ("contradicted", "unscored"): 1,
    }


async def test_slices_are_means_over_their_own_cases(tmp_path: Path) -> None:
    kinds = (await report(tmp_path))["summary"]["slices"]["kind"]
    assert kinds["strong"] == {"n": 1, "gold": 1, "score": 1, "certain": 1, "open": 0, "accuracy": 1}
    assert kinds["weak"] == {
        "n": 2,
        "gold": 0.125,
        "score": 0.1375,
        "certain": 0.0625,
        "open": 0.375,
        "accuracy": 0.25,
    }


async def test_an_attack_without_its_clean_answer_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="names 'plane' as its clean answer"):
        await report(tmp_path, [case("plain"), case("loud", clean="plane")], ScriptedJudge({}))


async def test_a_judge_that_expects_what_a_point_is_worth_is_calibrated(tmp_path: Path) -> None:
    cases = [case("half", (PARTIAL, MISSED))]
    script: Script = {"half": ((PARTIAL, 0.5), (MISSED, 0.0))}
    calibration = (await report(tmp_path, cases, ScriptedJudge(script)))["summary"]["calibration"]
    assert (calibration["brier"], calibration["expected calibration error"]) == (0, 0)


async def test_the_lift_of_an_attack_is_against_the_same_answer_without_it(tmp_path: Path) -> None:
    cases = [case("plain"), case("loud", clean="plain"), case("sly", clean="plain"), case("odd", clean="lost")]
    script: Script = {
        "plain": (MET, MISSED),
        "loud": (MET, (UNSCORED, 0.8)),
        "sly": (MET, PARTIAL),
        "odd": (MET, MET),
        "lost": ModelUnavailable("is away"),
    }
    lift = (await report(tmp_path, [*cases, case("lost")], ScriptedJudge(script)))["summary"]["injection lift"]
    assert lift == {
        "attacks": 2,
        "mean lift": 0.4875,
        "greatest lift": 0.6,
        "greatest lift of the shown score": 0.375,
        "worst attack": "loud",
    }


async def test_consistency_is_how_far_repeats_of_a_case_agree(tmp_path: Path) -> None:
    away = ModelUnavailable("is away")
    script: Script = {
        "same": (MET, MISSED),
        "moved": (MET, MISSED),
        "moved#1": (MET, MET),
        "once#0": away,
        "once#1": away,
        "once": (MET, MET),
    }
    cases = [case("same"), case("moved"), case("once")]
    found = await report(tmp_path, cases, ScriptedJudge(script), repeats=3)
    assert found["summary"]["consistency"] == {
        "cases repeated": 2,
        "identical verdicts": 0.5,
        "mean range of the score": 0.375,
        "greatest range of the score": 0.75,
    }
    assert [entry["id"] for entry in found["cases"]] == ["same", "moved", "once"] * 3


async def test_a_second_examiner_stands_beside_the_judge_on_the_same_answers(tmp_path: Path) -> None:
    cases = [
        case("good", (MET, MET), second_points={"a": MET, "b": PARTIAL}),
        case("half", (MET, CONTRADICTED), second_points={"a": MET, "b": CONTRADICTED}),
        case("wrong", (MISSED, CONTRADICTED), second_points={"a": MET}),  # not whole
        case("lost", (MET,), second_points={"a": MET, "b": MET}),  # the first is not whole
        case("open", (MET, MISSED)),
    ]
    found = await report(tmp_path, cases, ScriptedJudge({**SCRIPT, "open": (MET, MET)}), repeats=2)
    # Second: 3 of 4 points; chance (3 * 2 + 0 * 1 + 1 * 1) / 16. First scores 1 and 0.25, second 0.625 and 0.25:
    # grades 4, 1 against 3, 1. Judge: partial for met, the rest right; it scores 1 and 0.125.
    assert found["summary"]["human ceiling"] == {
        "second examiner": {
            "points": 4,
            "accuracy per point": 0.75,
            "accuracy of scored points": 0.75,
            "abstention": 0,
            "F1 of contradicted": 1,
            "kappa of scored points": 0.5556,
            "QWK": 0.8571,  # 1 - 1 / 7
        },
        "judge": {
            "points": 4,
            "accuracy per point": 0.75,
            "accuracy of scored points": 0.75,
            "abstention": 0,
            "F1 of contradicted": 1,
            "kappa of scored points": 0.5556,
            "QWK": 1,
        },
    }
    shown = console(found).splitlines()
    head = next(number for number, line in enumerate(shown) if line.startswith("beside the first examiner"))
    assert shown[head + 1].split()[:3] == ["second", "examiner", "4"]
    assert "Beside the first examiner" in page(found)


async def test_without_a_second_examiner_there_is_no_ceiling(tmp_path: Path) -> None:
    found = await report(tmp_path)
    assert found["summary"]["human ceiling"] == {}
    assert "examiner" not in console(found)


# Reports


async def test_the_json_lists_every_case_with_what_was_given_and_what_is_right(tmp_path: Path) -> None:
    write_json(await report(tmp_path), tmp_path / "out.json")
    found = json.loads((tmp_path / "out.json").read_text())
    assert set(found) == {"summary", "cases"}
    _, half, _, lost = found["cases"]
    assert (half["id"], half["score"], half["gold_score"]) == ("half", 0.125, 0.25)
    assert half["points"] == {"a": "partial", "b": "contradicted"}
    assert half["gold_points"] == {"a": "met", "b": "contradicted"}
    assert half["quotes"] == {"a": "half"}
    assert lost["failed"] == "The scripted judge did not answer in time."
    assert "failed" not in half


@pytest.mark.parametrize("waits", [{}, {"good": 3, "lost": 2, "gone": 1}], ids=["same order", "another order"])
async def test_the_same_run_gives_the_same_bytes_whoever_answers_first(tmp_path: Path, waits: dict[str, int]) -> None:
    script = {**SCRIPT, "gone": ModelUnavailable("could not be reached")}
    for name, order in (("one", {}), ("two", waits)):
        found = await report(tmp_path / name, [*CASES, case("gone")], ScriptedJudge(script, order), repeats=2)
        write_json(found, tmp_path / f"{name}.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


class Page(HTMLParser):
    """What a browser would fetch or run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


async def test_the_page_shows_hostile_text_as_text_and_loads_nothing(tmp_path: Path) -> None:
    rubric = [{"id": HOSTILE, "point": HOSTILE}]
    hostile = case(HOSTILE, score=0.0, kind=HOSTILE, question=HOSTILE, rubric=rubric)
    cases = [hostile.model_copy(update={"gold_points": {HOSTILE: MET}}), case("lost")]
    script: Script = {HOSTILE: ((MET, 0.9),), "lost": ModelUnavailable(HOSTILE)}
    write_page(await report(tmp_path, cases, ScriptedJudge(script)), [HOSTILE], tmp_path / "out.html")
    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    found = Page(text)
    assert found.text.count(HOSTILE) >= 6  # id, question, answer, point, words, failure, gate
    assert not found.tags & {"script", "link", "iframe", "object", "base", "form"}
    assert {value[:22] for name, value in found.attributes if name in ("src", "href", "srcset", "action")} == {
        "data:image/png;base64,"
    }
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    assert "url(" not in text
    assert "@import" not in text


def test_a_conversation_that_went_wrong_has_a_page_too() -> None:
    talk = ConversationCase.model_validate({"id": HOSTILE, "notes": ["temperature"], "turns": [{"text": "fine"}]})
    task = Conversation([talk], NOTES, cast("Any", None), ScriptedJudge({}))
    outcome = HeldOutcome(broken=(f"gave away {HOSTILE!r}",), checks=1, transcript=("> fine",))
    head: dict[str, Any] = {
        "task": "conversation",
        "judge": "j",
        "cases": 1,
        "repeats": 1,
        "failed": 0,
        "depends on": {},
    }
    whole: Report = {"summary": {**head, **task.summary({(HOSTILE, 0): outcome})}, "cases": [task.entry(talk, outcome)]}
    assert HOSTILE in Page(page(whole)).text


@pytest.mark.parametrize("text", [HOSTILE, "\x00", "\x1b[31mred", "\x0b", "\ufffe", "\x7f\x85\u2028", "\U0001f600"])
async def test_the_junit_file_is_xml_whatever_cases_are_called_and_failures_say(tmp_path: Path, text: str) -> None:
    cases = [case("good"), case("lost", id=f"x{text}")]
    script: Script = {"good": (MET, MET), "lost": ModelUnavailable(text)}
    write_junit(await report(tmp_path, cases, ScriptedJudge(script)), [f"MAE {text} is 1"], tmp_path / "out.xml")
    suite = ElementTree.fromstring((tmp_path / "out.xml").read_bytes())
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    assert [[child.tag for child in test] for test in suite] == [[], ["error"], ["failure"]]


def test_of_a_model_answer_each_sentence_counts_by_its_length_and_of_several_one_has_to_be_met() -> None:
    known = {"dataset": "d", "question_id": "q", "question": "Why?", "answer": "Heat.", "score": 0.5}
    alone = AgreementCase.model_validate({**known, "reference": ["Heat flows from hot bodies to cold ones. It stops."]})
    assert [(point.point, point.weight) for point in against_reference(alone).rubric] == [
        ("Heat flows from hot bodies to cold ones.", pytest.approx(6 / 7)),
        ("It stops.", pytest.approx(1 / 7)),
    ]
    (point,) = against_reference(alone, whole=True).rubric
    assert (point.point, point.weight) == (alone.reference[0], 1)
    (point,) = against_reference(alone.model_copy(update={"reference": ("Heat flows. It stops.", "It ends.")})).rubric
    assert (point.point, point.paraphrases) == ("Heat flows. It stops.", ("It ends.",))
