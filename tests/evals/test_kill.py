"""kill -9 of `viva eval` at any moment: the same command loses no outcome and asks for none twice."""

from __future__ import annotations

import json
import random
import re
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.loopback import ScriptedServer
from tests.model_replies import Fail, Fault, Reply, Request, Say
from tests.shipped import PATIENCE, Viva

CASES, KILLS, CONCURRENCY = 120, 2, 4


def unhurried(request: Request) -> Reply:
    """Credits the answer, after 20 ms, so that every kill finds some answers asked for and not graded."""
    point = {"id": "zebras", "verdict": "met", "quote": f"Zebra {asked([request])[0]} grazes."}
    return Fail(Fault.SLOW, seconds=0.02, then=Say(json.dumps({"points": [point]})))


def asked(requests: list[Request]) -> list[str]:
    """The case that each request was made for."""
    return [found[1] for request in requests if (found := re.search(r"Zebra (\d+) grazes", request.text))]


def kept(path: Path) -> list[str]:
    """The cases whose outcomes a run file holds as whole lines, in its order."""
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [entry["id"] for entry in map(json.loads, lines) if "id" in entry]


@pytest.fixture
def viva(tmp_path: Path) -> Viva:
    """The command in a folder with cases."""
    whole = {
        "question": "Which?",
        "rubric": [{"id": "zebras", "point": "They graze."}],
        "gold_points": {"zebras": "met"},
    }
    cases = [{"id": str(n), "answer": f"Zebra {n} grazes.", **whole} for n in range(CASES)]
    (tmp_path / "cases.jsonl").write_text("".join(f"{json.dumps(case)}\n" for case in cases))
    return Viva(tmp_path)


def test_killed_at_random_moments_an_eval_loses_nothing_and_does_nothing_twice(viva: Viva) -> None:
    moments, path = random.Random(4), viva.root / "run.jsonl"
    command = ("eval", "grading", "cases.jsonl", "--judge", "chat", "--model", "m", "--live", "--run", path.name)
    command += ("--concurrency", str(CONCURRENCY), "--json", "out.json")
    with ScriptedServer(strict=False) as server:  # a kill can cut a request in half
        server.always(unhurried)
        for kill in range(KILLS):
            before, begun = kept(path), len(server.requests)
            enough = begun + moments.randint(1, (CASES - len(before)) // (KILLS - kill + 1))
            process, deadline = viva.start(*command, OPENAI_BASE_URL=server.base_url), time.monotonic() + PATIENCE
            while len(server.requests) < enough:
                assert time.monotonic() < deadline
                time.sleep(0.001)
            process.kill()
            process.communicate()
            assert kept(path)[: len(before)] == before
            assert not set(before) & set(asked(server.requests[begun:]))
        before, begun = kept(path), len(server.requests)
        torn = path.read_bytes()
        path.write_bytes(torn + b'{"id": "119", "rep')
        result = viva(*command, OPENAI_BASE_URL=server.base_url)
        assert (result.returncode, result.stderr) == (0, "")
        assert not set(before) & set(asked(server.requests[begun:]))
    assert Counter(kept(path)) == Counter(str(n) for n in range(CASES))
    assert path.read_bytes().startswith(torn[: torn.rindex(b"\n") + 1])
    assert CASES <= len(asked(server.requests)) <= CASES + KILLS * CONCURRENCY  # what was on its way is asked again
    report = json.loads((viva.root / "out.json").read_text())
    assert [case["id"] for case in report["cases"]] == [str(n) for n in range(CASES)]
    assert report["summary"]["metrics"]["accuracy per point"]["value"] == 1
