"""Figures, measured on this machine: `make bench`, or some of them: `python -m tests.bench slack`.

CPU seconds of child processes, best of three.
"""

import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bot.grading.cross_encoder import CrossEncoder
from bot.grading.embedded import EmbeddedJudge
from bot.grading.grade import Submission
from bot.grading.matching import Matcher
from knowledge.index import Index
from knowledge.library import load
from knowledge.minilm import MiniLM
from tests import handover
from tests.coach import memory_bench
from tests.crowds import measure
from tests.discord import chaos as discord_chaos
from tests.discord import drilling as discord
from tests.sandbox import bench as sandbox
from tests.slack import chaos as slack_chaos
from tests.slack import drilling as slack
from tests.store.postgres import running

SEEDS = (1, 2)  # of kills
VIVA = str(Path(sys.executable).with_name("viva"))
ANSWER = (
    "Domain shift means that the data at test time come from another distribution than the training data. "
    "Either the inputs change while the labelling stays, which is covariate shift, or the class frequencies change, "
    "or the meaning of the label itself changes. A network fails because it picked up features that only worked in "
    "the training domain, and empirical risk minimisation promises nothing elsewhere. I would first collect data from "
    "more domains and augment towards the shift I expect. If I know the density ratio I can weight the training "
    "samples with it. With unlabelled target data I would align the features adversarially or by their second-order "
    "statistics, or self-train on confident predictions. I would report the error on a domain that was left out of "
    "training, choose the model without target labels, and compare with a well tuned plain baseline before I believe "
    "any of the fancier methods."
)


def cpu_of(arguments: list[str], stdin: str = "") -> float:
    """CPU seconds (user and system) of one run of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(arguments, input=stdin, text=True, capture_output=True, check=True)  # our own command
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def best(measure: Callable[[], float], times: int = 3) -> float:
    """The least of several measurements: what else runs on the machine only adds."""
    return min(measure() for _ in range(times))


def report(name: str, value: float, unit: str, aim: str = "") -> None:
    """One line of the table."""
    sys.stdout.write(f"{name:62} {value:8.2f} {unit:8} {aim}\n")
    sys.stdout.flush()


def startup() -> None:
    """What a person waits for before the first question."""
    python = best(lambda: cpu_of([sys.executable, "-c", "pass"]))
    report("python -c pass", python, "s CPU")
    report("viva --help", best(lambda: cpu_of([VIVA, "--help"])), "s CPU", "under 0.5")
    cpu_of([VIVA, "chat"], "/quit\n")
    report(
        "viva chat to the first question, second start",
        best(lambda: cpu_of([VIVA, "chat"], "/quit\n")),
        "s CPU",
        "under 2",
    )


def indexing() -> None:
    """The first index, a second start, and one changed note."""
    library, embedder = load(), MiniLM()
    embedder.embed(["warm up"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notes.index"
        for name, notes in (
            ("first index of all notes", list(library)),
            ("second start, nothing changed", list(library)),
            ("one note changed", [n.model_copy(update={"question": f"{n.question} Briefly."}) if i == 0 else n
                                  for i, n in enumerate(library)]),
        ):  # fmt: skip
            begun = time.process_time()
            index = Index.open(notes, embedder, path)
            report(f"{name} ({len(index.entries)} texts)", time.process_time() - begun, "s CPU")


def grading() -> None:
    """The embedded judge on one long answer, the rubric's encodings known as after the first answer."""
    embedder, reader = MiniLM(), CrossEncoder()
    note = load()["domain-shift"]
    rubric = note.rubric[:5]
    wall: list[float] = []
    for _ in range(8):
        judge = EmbeddedJudge(Matcher(embedder, reader))  # a new one, which remembers no sentence of the answer
        submissions = [Submission(question=note.question, rubric=rubric, answer=a) for a in (rubric[0].point, ANSWER)]
        asyncio.run(judge.grade(submissions[0]))
        begun = time.perf_counter()
        asyncio.run(judge.grade(submissions[1]))
        wall.append(1_000 * (time.perf_counter() - begun))
    words, points = len(ANSWER.split()), len(rubric)
    report(f"embedded judge, {words} words, {points} points, median", statistics.median(wall[2:]), "ms", "under 150")


def evaluating(number: int = 10_000) -> None:
    """Mocked model replies: the harness beside a bare client loop, a process each, in turns; then a kill -9."""
    measured: dict[str, list[dict[str, float]]] = {"bare": [], "viva": []}
    with tempfile.TemporaryDirectory() as folder:
        for turn, name in enumerate(list(measured) * 2):
            measured[name].append(mocked(name, number, Path(folder) / f"{turn}.jsonl"))
        bare, ours = (min(run["cpu"] for run in measured[name]) for name in ("bare", "viva"))
        report(f"{number:,} mocked replies, bare AsyncOpenAI loop", bare, "s CPU")
        report(f"{number:,} mocked replies, viva eval grading", ours, "s CPU")
        report("  in bare loops", ours / bare, "times", "under 1.3")
        report("  greatest memory", max(run["megabytes"] for run in measured["viva"]), "MB", "under 250")
        path = Path(folder) / "killed.jsonl"
        process = subprocess.Popen(mocking("viva", number, path), stdout=subprocess.DEVNULL)
        while outcomes(path) < number // 2:
            time.sleep(0.05)
        process.kill()
        process.wait()
        whole = path.read_bytes().rpartition(b"\n")[0]
        kept = outcomes(path)
        asked = mocked("viva", number, path)["asked"]
        assert path.read_bytes().startswith(whole)
        report(f"  killed with {kept:,} outcomes, gone on: lost", number - outcomes(path), "outcomes", "0")
        report("  asked again for what was there", asked - (number - kept), "outcomes", "0")


def mocking(name: str, number: int, path: Path) -> list[str]:
    """The command of a mocked run that keeps its outcomes in a file."""
    return [sys.executable, "-m", "tests.mocked", name, str(number), str(path)]


def mocked(name: str, number: int, path: Path) -> dict[str, float]:
    """What a mocked run says of itself at its end."""
    result = subprocess.run(mocking(name, number, path), text=True, capture_output=True, check=True)  # our own script
    return json.loads(result.stdout)


def outcomes(path: Path) -> int:
    """How many different cases a run file has a whole outcome of."""
    lines = path.read_bytes().split(b"\n")[1:-1] if path.exists() else []
    return len({line.partition(b",")[0] for line in lines if line.startswith(b'{"id"')})


def handing_over() -> None:
    """Workers on one PostgreSQL, two of four killed at random."""
    with running() as fresh:
        for seed in SEEDS:
            handover.measure(report, fresh(), seed)


PARTS: dict[str, Callable[[], None]] = {
    "startup": startup,
    "indexing": indexing,
    "grading": grading,
    "evaluating": evaluating,
    "discord": lambda: asyncio.run(measure(report, discord.lab, discord_chaos.Chaos)),
    "workers": handing_over,
    "memory": lambda: asyncio.run(memory_bench.measure(report)),
    "slack": lambda: asyncio.run(measure(report, slack.lab, slack_chaos.Chaos)),
    "sandbox": lambda: asyncio.run(sandbox.measure(report)),
}

if __name__ == "__main__":
    os.environ["VIVA_DATA_DIR"] = tempfile.mkdtemp(prefix="viva-bench-")
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
