"""`viva eval`: reports from small files of cases, what it leaves with, and one sentence for every mistake."""

import gc
import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bot.cli import main
from evals.cases import CASES
from evals.report import read_json
from knowledge.library import Library
from prompts.render import PROMPTS
from tests.evals.test_cassette import by_words
from tests.loopback import ScriptedServer
from tests.model_replies import Say
from tests.shipped import Viva, one_line

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
    chat = ("eval", "agreement", "a.jsonl", "--judge", "chat", "--cassette", "some.jsonl")
    with ScriptedServer() as server:
        server.always(lambda request: saying("reference-1", "missed" if "Pizza." in request.text else "met"))
        recorded = viva(*chat, "--record", "--json", "one.json", VIVA_CHAT_MODEL="m", OPENAI_BASE_URL=server.base_url)
    replayed = viva(*chat, "--json", "two.json", VIVA_CHAT_MODEL="m")
    assert (recorded.returncode, recorded.stderr) == (replayed.returncode, replayed.stderr) == (0, "")
    assert "agreement, judge chat (m): 2 cases" in replayed.stdout
    assert re.search(r"MAE +0\.000", replayed.stdout)
    assert replayed.stdout == recorded.stdout
    assert (viva.root / "one.json").read_bytes() == (viva.root / "two.json").read_bytes()
    compared = viva("eval", "compare", "one.json", "two.json")
    assert (compared.returncode, compared.stderr) == (0, "")
    assert "0 verdicts flipped" in compared.stdout


def test_a_changed_prompt_ends_a_replay_with_the_command_that_records_it(viva: Viva) -> None:
    write(viva.root / "g.jsonl", GRADED)
    replay = ("eval", "grading", "g.jsonl", "--judge", "chat", "--model", "m", "--cassette", "some tape.jsonl")
    changed = shutil.copytree(PROMPTS, viva.root / "changed" / PROMPTS.name) / "grade.md"
    changed.write_text(changed.read_text().replace("# user\n", "# user\nRead with care.\n", 1))
    with ScriptedServer() as server:
        server.always(saying("asymmetry", "met"))
        known, after = {"OPENAI_BASE_URL": server.base_url}, {"PYTHONPATH": str(viva.root / "changed")}
        assert viva(*replay, "--record", **known).returncode == 0
        failed = viva(*replay, **after)
        assert (failed.returncode, failed.stdout) == (2, "")
        told = re.fullmatch(r"viva: some tape\.jsonl has no reply .*; record it with `viva (.+)`\.\n", failed.stderr)
        assert told
        assert shlex.split(told[1]) == [*replay, "--record"]
        assert viva(*shlex.split(told[1]), **known, **after).returncode == 0
        assert ["Read with care." in request.text for request in server.requests] == [False, True]


# The same function in this process, where words stand in for meaning

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], library: Library) -> Run:
    """Runs a command line in a folder with some files; (exit code, standard output, standard error)."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "VIVA_CHAT_MODEL", "VIVA_DECISIONS_MODEL", "VIVA_JUDGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VIVA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    for module in ("bot.compose", "evals.judges"):
        monkeypatch.setattr(f"{module}.embedder_of", by_words)
    for module in ("bot.compose", "knowledge.library"):
        monkeypatch.setattr(f"{module}.load", lambda: library)
    write(tmp_path / "g.jsonl", GRADED)
    write(tmp_path / "empty.jsonl")
    write(tmp_path / "lost.jsonl", {"query": "x", "expect": ["dropuot"]})
    write(tmp_path / "silent.jsonl", {**TALKED, "notes": ["dropuot"]})
    write(tmp_path / "broken.jsonl", {"query": "x", "notes": "x", "answer": "x"})
    write(tmp_path / "unknown.jsonl", {"note": "dropuot", "answer": "x"})
    write(tmp_path / "label.jsonl", {"note": "dropout", "answer": "x", "gold_points": {"nothing": "met"}})
    write(tmp_path / "second.jsonl", {"note": "dropout", "answer": "x", "second_points": {"nobody": "met"}})

    def run(line: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["viva", *line.split()])
        code = 0
        gc.freeze()  # what was there before is not looked through
        try:
            main()
        except SystemExit as left:
            code = int(left.code or 0)
        gc.collect()  # a file left open is a warning here, and not in some later test
        gc.unfreeze()
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.mark.parametrize(
    ("task", "cases", "says"),
    [("retrieval", ASKED, r"fused recall@1 +1\.000"), ("conversation", [TALKED] * 3, r"as they must be +1\.000")],
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
        ("grading second.jsonl", "'nobody'"),
        ("grading --split tets", "'tets'"),
        ("grading g.jsonl --judge coin", "'coin'"),
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
def test_a_mistake_gets_one_sentence_and_exit_code_2(run: Run, line: str, names: str) -> None:
    code, out, err = run(f"eval {line}")
    assert one_line(err).startswith("viva: ")
    assert names in err
    assert code == 2
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
    assert code == 2


def test_a_run_in_which_every_trial_failed_is_no_success(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        server.always(Say('{"points": []}'))
        code, out, err = run("eval grading g.jsonl --judge chat --model m --live --cassette new.jsonl")
    assert "1 trials failed: The chat (m) judge did not grade the rubric's points." in out
    assert (code, err) == (2, "")


# What it leaves with


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The gates, where the only case of Viva's own is one of the test split."""
    folder = tmp_path / "cases"
    (folder / "grading").mkdir(parents=True)
    write(folder / "grading" / "g.jsonl", GRADED)
    (folder / "split.json").write_text('{"test": ["g"]}')
    gates = tmp_path / "gates.json"
    for name, value in (("cases.CASES", folder), ("cases.SPLIT", folder / "split.json"), ("gates.GATES", gates)):
        monkeypatch.setattr(f"evals.{name}", value)
    return gates


def gate(split: str, **bounds: float) -> str:
    return json.dumps({f"grading {split} embedded": [{"path": ["metrics", "accuracy per point"], **bounds}]})


@pytest.mark.parametrize(
    ("gates", "line", "leaves", "says"),
    [
        (gate("test", at_least=1), "grading", 0, ""),
        (gate("test", at_most=0.9), "grading", 1, "worse: metrics / accuracy per point is 1.000, above 0.9\n"),
        (gate("test", at_most=0.9), "grading --split all", 0, ""),
        (gate("test", at_most=0.9), "grading g.jsonl", 0, ""),
        ("", "grading", 2, "viva: "),
    ],
    ids=["inside", "outside", "of another split", "cases of somebody else's", "no gates to be read"],
)
def test_a_report_outside_its_gate_leaves_with_1(
    run: Run, own: Path, gates: str, line: str, leaves: int, says: str
) -> None:
    own.write_text(gates)
    code, out, err = run(f"eval {line} --junit out.xml --html out.html")
    assert (code, bool(out)) == (leaves, leaves != 2)
    assert err.startswith(says)
    assert bool(err) == bool(says)
    if leaves == 1:
        assert "above 0.9" in own.with_name("out.xml").read_text()
        assert "above 0.9" in own.with_name("out.html").read_text()


def test_a_comparison_leaves_with_1_where_something_became_worse(run: Run, tmp_path: Path, own: Path) -> None:
    own.write_text("{}")
    answers = [{**GRADED, "id": f"{n}", "question": f"Is KL symmetric, {n}?"} for n in range(6)]
    write(tmp_path / "cases.jsonl", *answers)
    assert run("eval grading cases.jsonl --json right.json")[0] == 0
    report = json.loads((tmp_path / "right.json").read_text())
    report["cases"] = [{**entry, "score": 0.0, "points": {"asymmetry": "missed"}} for entry in report["cases"]]
    (tmp_path / "wrong.json").write_text(json.dumps(report))
    code, out, err = run("eval compare right.json wrong.json")
    assert code == 1
    assert "6 verdicts flipped: 0 became right, 6 became wrong" in out
    assert [line.split(" changed")[0] for line in err.splitlines()] == ["worse: MAE", "worse: accuracy per point"]
    assert run("eval compare wrong.json right.json")[::2] == (0, "")


def test_a_comparison_leaves_with_1_where_the_later_report_is_outside_its_gate(
    run: Run, tmp_path: Path, own: Path
) -> None:
    own.write_text("{}")
    assert run("eval grading --json some.json")[0] == 0
    own.write_text(gate("test", at_most=0.9))
    code, _, err = run("eval compare some.json some.json")
    assert (code, err) == (1, "worse: metrics / accuracy per point is 1.000, above 0.9\n")


# Costs, baselines and repeats


def test_what_a_model_used_is_counted_and_priced(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        server.always(saying("asymmetry", "met"))
        ask = "eval grading g.jsonl --judge chat --model m --repeats 2 --cassette some.jsonl"
        assert run(f"{ask} --record")[0] == 0
    code, out, _ = run(f"{ask} --prices 1,2 --json out.json")
    usage = read_json(tmp_path / "out.json")["summary"]["usage"]
    assert code == 0
    assert usage["tokens in"] > usage["tokens out"] > 0
    assert usage["cost"] == pytest.approx((usage["tokens in"] + 2 * usage["tokens out"]) / 1_000_000)
    assert f"tokens in {usage['tokens in']}, tokens out {usage['tokens out']}, cost" in out


@pytest.mark.parametrize("judge", ["cosine", "tfidf", "align"])
def test_a_baseline_needs_no_model_and_gives_estimates(run: Run, tmp_path: Path, judge: str) -> None:
    write(tmp_path / "a.jsonl", {**AGREED, "score": 1}, {**AGREED, "answer": "Pizza with cheese", "score": 0})
    code, out, err = run(f"eval agreement a.jsonl --judge {judge} --json out.json")
    assert (code, err) == (0, "")
    assert f"agreement, judge {judge}: 2 cases" in out
    right, wrong = read_json(tmp_path / "out.json")["cases"]
    assert right["score"] == pytest.approx(1)
    assert wrong["score"] < 0.5
    assert set(right["points"].values()) == {"unscored"}


def test_the_embedded_judge_gives_the_same_grade_ten_times(run: Run, tmp_path: Path) -> None:
    lines = (CASES / "grading" / "dropout.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "some.jsonl").write_text("".join(lines[::3]), encoding="utf-8")
    code, out, _ = run("eval grading some.jsonl --repeats 10 --json out.json")
    assert code == 0
    report = read_json(tmp_path / "out.json")
    consistency = report["summary"]["consistency"]
    assert consistency["cases repeated"] == report["summary"]["cases"] > 5
    assert (consistency["identical verdicts"], consistency["greatest range of the score"]) == (1, 0)
    assert re.search(r"identical verdicts +1\.000", out)


def test_how_far_a_model_disagrees_with_itself_is_told(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        server.add(*(saying("asymmetry", "missed" if turn == 3 else "met") for turn in range(10)))
        ask = "eval grading g.jsonl --judge chat --model m --repeats 10 --concurrency 1 --cassette some.jsonl"
        assert run(f"{ask} --record")[0] == 0
    code, out, _ = run(f"{ask} --json out.json")
    assert code == 0
    assert read_json(tmp_path / "out.json")["summary"]["consistency"] == {
        "cases repeated": 1,
        "identical verdicts": 0,
        "mean range of the score": 1,
        "greatest range of the score": 1,
    }
    assert re.search(r"greatest range of the score +1\.000", out)
