"""`viva eval`: reports from small files of cases, one sentence for every mistake, comparisons and gates."""

import gc
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bot.cli import main
from bot.grading.grade import Verdict
from evals.cases import CaseError
from evals.compare import compare, failures, told
from evals.report import Report, read_json
from tests.evals.test_cassette import by_words
from tests.loopback import Say, ScriptedServer
from tests.shipped import Viva, one_line

MET, PARTIAL, MISSED, CONTRADICTED, UNSCORED = Verdict
SAID = "KL is not symmetric."
GRADED: dict[str, Any] = {
    "question": "Is KL symmetric?",
    "rubric": [{"id": "asymmetry", "point": SAID}],
    "answer": SAID,
    "gold_points": {"asymmetry": "met"},
    "gold_score": 1,
}
AGREED = {"dataset": "d", "question_id": "1", "question": "Is KL symmetric?", "reference": [SAID], "answer": SAID}
ASKED = [
    {"query": "What is cross-entropy loss, and how does it differ from KL?", "expect": ["cross-entropy-and-kl"]},
    {"query": "Pizza?", "expect": None},
]
TALKED = {"notes": ["dropout"], "turns": [{"do": "skip", "must": [{"reply": "explanation"}]}]}


def write(path: Path, *cases: object) -> Path:
    path.write_text("".join(f"{json.dumps(case)}\n" for case in cases))
    return path


def saying(point: str, verdict: str) -> Say:
    """What a chat model replies about the only point."""
    return Say(json.dumps({"points": [{"id": point, "verdict": verdict, "quote": SAID}]}))


# Reports, by the shipped command


def test_a_file_of_answers_is_graded_and_reported_in_every_form(viva: Viva) -> None:
    write(viva.root / "g.jsonl", GRADED)
    result = viva("eval", "grading", "g.jsonl", "--json", "out.json", "--html", "out.html", "--junit", "out.xml")
    assert (result.returncode, result.stderr) == (0, "")
    assert "grading, judge embedded: 1 cases" in result.stdout
    assert re.search(r"accuracy per point +1\.000", result.stdout)
    assert json.loads((viva.root / "out.json").read_text())["cases"][0]["points"] == {"asymmetry": "met"}
    assert (viva.root / "out.html").read_text().startswith("<!doctype html>")
    assert ElementTree.fromstring((viva.root / "out.xml").read_bytes()).get("tests") == "1"


def test_what_was_recorded_is_reported_alike_without_a_server(viva: Viva) -> None:
    write(viva.root / "a.jsonl", {**AGREED, "score": 1}, {**AGREED, "answer": "Pizza.", "score": 0})
    chat = ("eval", "agreement", "a.jsonl", "--judge", "chat", "--model", "m", "--cassette", "some.jsonl")
    with ScriptedServer() as server:
        server.always(lambda request: saying("reference", "missed" if "Pizza." in request.text else "met"))
        recorded = viva(*chat, "--record", "--json", "one.json", OPENAI_BASE_URL=server.base_url)
    replayed = viva(*chat, "--json", "two.json")
    assert (recorded.returncode, recorded.stderr) == (replayed.returncode, replayed.stderr) == (0, "")
    assert "agreement, judge chat (m): 2 cases" in replayed.stdout
    assert re.search(r"MAE +0\.000", replayed.stdout)
    assert replayed.stdout == recorded.stdout
    assert (viva.root / "one.json").read_bytes() == (viva.root / "two.json").read_bytes()
    compared = viva("eval", "compare", "one.json", "two.json")
    assert (compared.returncode, compared.stderr) == (0, "")
    assert "0 verdicts flipped" in compared.stdout


# The same function in this process, where words stand in for meaning

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line in a folder with some files; (exit code, standard output, standard error)."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "VIVA_CHAT_MODEL", "VIVA_DECISIONS_MODEL", "VIVA_JUDGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VIVA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    for module in ("bot.compose", "evals.judges"):
        monkeypatch.setattr(f"{module}.SentenceEmbedder", by_words)
    write(tmp_path / "g.jsonl", GRADED)
    write(tmp_path / "empty.jsonl")
    write(tmp_path / "lost.jsonl", {"query": "x", "expect": ["dropuot"]})
    write(tmp_path / "silent.jsonl", {**TALKED, "notes": ["dropuot"]})
    write(tmp_path / "broken.jsonl", {"query": "x", "notes": "x", "answer": "x"})
    write(tmp_path / "unknown.jsonl", {"note": "dropuot", "answer": "x"})
    write(tmp_path / "label.jsonl", {"note": "dropout", "answer": "x", "gold_points": {"nothing": "met"}})

    def run(line: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["viva", *line.split()])
        code = 0
        try:
            main()
        except SystemExit as left:
            code = int(left.code or 0)
        gc.collect()  # a file left open is a warning here, and not in some later test
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.mark.parametrize(
    ("task", "cases", "says"),
    [("retrieval", ASKED, r"fused recall@1 +1\.000"), ("conversation", [TALKED], r"as they must be +1\.000")],
)
def test_queries_and_conversations_are_reported_too(
    run: Run, tmp_path: Path, task: str, cases: list[object], says: str
) -> None:
    write(tmp_path / "some.jsonl", *cases)
    code, out, err = run(f"eval {task} some.jsonl --json out.json --html out.html --junit out.xml")
    assert (code, err) == (0, "")
    assert f"{task}, judge " in out
    assert re.search(says, out)
    assert len(json.loads((tmp_path / "out.json").read_text())["cases"]) == len(cases)
    assert ElementTree.fromstring((tmp_path / "out.xml").read_bytes()).get("errors") == "0"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("grading nowhere.jsonl", "nowhere.jsonl"),
        ("grading broken.jsonl", "broken.jsonl:1: "),
        ("agreement broken.jsonl", "broken.jsonl:1: "),
        ("retrieval broken.jsonl", "broken.jsonl:1: "),
        ("grading empty.jsonl", "empty.jsonl"),
        ("retrieval empty.jsonl", "empty.jsonl"),
        ("conversation empty.jsonl", "empty.jsonl"),
        ("retrieval lost.jsonl", "'dropuot'"),
        ("conversation silent.jsonl", "did you mean dropout"),
        ("grading unknown.jsonl", "did you mean dropout"),
        ("grading label.jsonl", "'nothing'"),
        ("grading --split tets", "'tets'"),
        ("grading g.jsonl --judge jury", "'jury'"),
        ("grading g.jsonl --judge chat", "--model"),
        ("grading g.jsonl --judge chat --model m --cassette none.jsonl", "--cassette none.jsonl --record`"),
        ("grading g.jsonl --judge panel --model m --cassette none.jsonl", "none.jsonl has no reply"),
        ("grading g.jsonl --judge chat --model m --cassette none.jsonl --live", "OPENAI_"),
        ("grading g.jsonl --judge chat --model m --live --record", "exclude each other"),
        ("grading g.jsonl --run g.jsonl/below", "g.jsonl/below"),
        ("compare nowhere.json nowhere.json", "nowhere.json"),
        ("compare g.jsonl g.jsonl", "g.jsonl is no report"),
    ],
)
def test_a_mistake_gets_one_sentence_and_exit_code_1_or_2(run: Run, line: str, names: str) -> None:
    code, out, err = run(f"eval {line}")
    assert one_line(err).startswith("viva: ")
    assert names in err
    assert code in (1, 2)
    assert out == ""


@pytest.mark.parametrize(
    ("option", "names"),
    [
        ("--json nowhere/out.json", "nowhere/out.json cannot be written"),
        ("--html nowhere/out.html", "nowhere/out.html cannot be written"),
        ("--junit nowhere/out.xml", "nowhere/out.xml cannot be written"),
        ("--prices cheap", "--prices"),
    ],
)
def test_a_mistake_about_the_report_gets_one_sentence_too(
    run: Run, monkeypatch: pytest.MonkeyPatch, option: str, names: str
) -> None:
    with ScriptedServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        server.always(saying("asymmetry", "met"))
        code, _, err = run(f"eval grading g.jsonl --judge chat --model m --record --cassette new.jsonl {option}")
    assert one_line(err).startswith("viva: ")
    assert names in err
    assert code in (1, 2)


def test_a_run_in_which_every_trial_failed_is_no_success(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        server.say_json({"points": []})
        code, out, err = run("eval grading g.jsonl --judge chat --model m --live --cassette new.jsonl")
    assert "1 trials failed: The chat (m) judge did not grade the rubric's points." in out
    assert (code, err) == (2, "")


# Comparisons


def graded(judge: str, *entries: tuple[str, float, float, Verdict, Verdict]) -> Report:
    """A report of (id, gold score, score, gold verdict, verdict), each on a question of its own."""
    cases = [
        {"id": i, "question": i, "gold_score": g, "score": s, "points": {"a": v}, "gold_points": {"a": right}}
        for i, g, s, right, v in entries
    ]
    return {"summary": {"task": "grading", "judge": judge, "repeats": 1}, "cases": cases}


def test_a_comparison_is_after_minus_before_over_the_cases_both_have() -> None:
    both = ("x", 1, 0.5, MET, MISSED), ("y", 0, 0.5, MISSED, MISSED), ("z", 0.5, 0.5, PARTIAL, MISSED)
    before = graded("old", *both, ("only", 1, 0, MET, MISSED), ("lost", 1, 0, MET, MISSED))
    moved = ("z", 0.5, 0.5, PARTIAL, MET), ("y", 0, 0, MISSED, MET), ("x", 1, 1, MET, MET)
    after = graded("new", *moved, ("lost", 1, 0, MET, UNSCORED))
    after["cases"][-1]["failed"] = "The new judge is away."
    found = compare(before, after)
    assert (found["before"], found["after"], found["cases"], found["left out"]) == ("old", "new", 3, 2)
    assert found["difference"]["MAE"]["value"] == -0.3333
    assert found["difference"]["bias"]["value"] == 0
    assert [(flip["case"], flip["before"], flip["after"], flip["gold"]) for flip in found["flips"]] == [
        ("x", "missed", "met", "met"),
        ("y", "missed", "met", "missed"),
        ("z", "missed", "met", "partial"),
    ]
    assert (found["flips that became right"], found["flips that became wrong"]) == (1, 1)


def test_both_scores_of_a_case_are_drawn_together() -> None:
    scores = [0.1, 0.9, 0.3, 0.7, 0.5]  # far apart, and yet every one rises by the same
    before, after = (
        graded("j", *((str(i), 0.5, score + rise, MET, MET) for i, score in enumerate(scores))) for rise in (0, 0.1)
    )
    found = compare(before, after)
    assert found["difference"]["bias"] == {"value": 0.1, "low": 0.1, "high": 0.1}


def test_a_comparison_is_told_with_what_is_clear_of_zero_and_every_flip() -> None:
    before = graded("old", ("x", 1, 0.5, MET, MISSED), ("y", 0, 0.4, MISSED, MISSED), ("z", 0.5, 0.3, MET, MET))
    after = graded("new", ("x", 1, 0.6, MET, MET), ("y", 0, 0.5, MISSED, MISSED), ("z", 0.5, 0.4, MET, MET))
    lines = told(compare(before, after)).splitlines()
    assert lines[0] == "old -> new: 3 cases"
    assert [line.split()[0] for line in lines if "clear of zero" in line] == ["bias"]
    assert [line.strip() for line in lines if "->" in line][1:] == ["x a: missed -> met (gold met)"]


def test_what_cannot_be_computed_is_told_as_that() -> None:
    alike = graded("j", ("x", 1, 0.5, MET, MET), ("y", 0, 0.5, MET, MET))  # no r without a spread
    pearson = next(line for line in told(compare(alike, alike)).splitlines() if "pearson" in line)
    assert pearson.split() == ["pearson", "-"]


@pytest.mark.parametrize("after", [graded("j", ("y", 1, 1, MET, MET)), {"summary": {"repeats": 1}, "cases": []}])
def test_reports_that_share_no_case_cannot_be_compared(after: Report) -> None:
    with pytest.raises(CaseError, match="share no case"):
        compare(graded("j", ("x", 1, 1, MET, MET)), after)


@pytest.mark.parametrize(
    "text", [b"\xff", b"{", b"[]", b'{"summary": {}}', b'{"summary": 1, "cases": 2}', b'{"summary": {}, "cases": [{}]}']
)
def test_what_is_no_report_is_told_so(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "some.json").write_bytes(text)
    with pytest.raises(CaseError, match=r"some\.json"):
        read_json(tmp_path / "some.json")


# Gates


@pytest.mark.parametrize(
    ("floor", "says"),
    [
        ({"path": ["metrics", "MAE"], "at_most": 0.2}, []),
        ({"path": ["metrics", "MAE"], "at_least": 0.2, "at_most": 0.2}, []),
        ({"path": ["metrics", "MAE"], "at_most": 0.1}, ["metrics / MAE is 0.200, above 0.1"]),
        ({"path": ["metrics", "MAE"], "at_least": 0.3}, ["metrics / MAE is 0.200, below 0.3"]),
        ({"path": ["failed"], "at_most": 0}, ["failed is 1, above 0"]),
        ({"path": ["metrics", "RMSE"], "at_most": 1}, ["metrics / RMSE is not in the report"]),
        ({"path": ["metrics", "QWK"], "at_least": 0}, ["metrics / QWK is not in the report"]),
        ({"path": ["failed", "deeper"], "at_least": 0}, ["failed / deeper is not in the report"]),
    ],
)
def test_a_gate_says_what_is_below_or_above_or_not_there(tmp_path: Path, floor: Any, says: list[str]) -> None:
    summary = {"task": "grading", "judge": "j", "failed": 1, "metrics": {"MAE": {"value": 0.2}, "QWK": {"value": None}}}
    floors = {"grading j": [floor], "grading other": [{**floor, "path": ["x"]}]}
    (tmp_path / "gates.json").write_text(json.dumps(floors))
    assert failures({"summary": summary, "cases": []}, tmp_path / "gates.json") == says


@pytest.mark.parametrize(
    "text",
    [None, b"", b"{", b"[]", b'{"g j": [{"path": ["x"]}]}', b'{"g j": [{"path": ["x"], "at_last": 1}]}', b"\xff"],
)
def test_a_gate_that_cannot_be_read_is_no_open_gate(tmp_path: Path, text: bytes | None) -> None:
    if text is not None:
        (tmp_path / "gates.json").write_bytes(text)
    with pytest.raises(CaseError, match=r"gates\.json"):
        failures({"summary": {"task": "grading", "judge": "j"}, "cases": []}, tmp_path / "gates.json")
