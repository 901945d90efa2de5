"""`viva eval`: run a judge or the search over labelled cases and say how right it is."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from evals.judges import Bench
    from evals.plan import Plan, Task

app = typer.Typer(help="Are the judges right? Run them over labelled cases, offline.", no_args_is_help=True)

Files = Annotated[list[Path] | None, typer.Argument(help="Case files (JSON lines); Viva's own if left out.")]
JudgeName = Annotated[str, typer.Option("--judge", help="embedded, chat, decisions or panel.")]
Model = Annotated[str | None, typer.Option(help="The model a judge asks; the one in the settings if left out.")]
Split = Annotated[str, typer.Option(help="Of Viva's own cases: test, train or all.")]
Repeats = Annotated[int, typer.Option(min=1, max=100, help="How often each case is run.")]
Concurrency = Annotated[int, typer.Option(min=1, max=64, help="How many trials run at a time.")]
PerMinute = Annotated[float | None, typer.Option(min=0.1, help="At most so many trials begin in a minute.")]
RunFile = Annotated[Path | None, typer.Option("--run", help="Where outcomes are kept; the data folder if left out.")]
JsonOut = Annotated[Path | None, typer.Option("--json", help="Write the report as JSON.")]
JunitOut = Annotated[Path | None, typer.Option("--junit", help="Write the report as JUnit XML.")]


@app.command()
def grading(
    files: Files = None,
    judge: JudgeName = "embedded",
    model: Model = None,
    split: Split = "test",
    repeats: Repeats = 1,
    concurrency: Concurrency = 8,
    per_minute: PerMinute = None,
    run_file: RunFile = None,
    json_out: JsonOut = None,
    junit_out: JunitOut = None,
) -> None:
    """A judge's verdicts against an examiner's, point by point."""
    from evals import cases
    from evals.grading import Grading
    from evals.judges import bench
    from knowledge.library import load

    chosen = cases.read(cases.GradingCase, files) if files else cases.grading(split)
    parts = bench(judge, model)
    task = Grading(chosen, load(), parts.judge)
    _report(task, _plan(run_file, repeats, concurrency, per_minute), Outputs(json_out, junit_out), parts)


@app.command()
def agreement(
    files: Files = None,
    judge: JudgeName = "embedded",
    model: Model = None,
    split: Split = "test",
    repeats: Repeats = 1,
    concurrency: Concurrency = 8,
    per_minute: PerMinute = None,
    run_file: RunFile = None,
    json_out: JsonOut = None,
    junit_out: JunitOut = None,
) -> None:
    """A judge's scores against the scores people gave, with reference answers instead of a rubric."""
    from evals import cases
    from evals.grading import Agreement
    from evals.judges import bench
    from knowledge.library import load

    chosen = cases.read(cases.AgreementCase, files) if files else cases.as_agreement(cases.grading(split), load())
    parts = bench(judge, model)
    task = Agreement(chosen, parts.judge)
    _report(task, _plan(run_file, repeats, concurrency, per_minute), Outputs(json_out, junit_out), parts)


@app.command()
def retrieval(
    files: Files = None, run_file: RunFile = None, json_out: JsonOut = None, junit_out: JunitOut = None
) -> None:
    """Does the search find the note, and does it know what is outside?"""
    from bot.compose import Knowledge, Settings
    from bot.terminal.progress import counting
    from evals import cases
    from evals.retrieval import Retrieval

    chosen = cases.read(cases.RetrievalCase, files or cases.files("retrieval"))
    with counting("Embedding the notes") as progress:
        parts = Knowledge(Settings.read(), progress)
        task = Retrieval(chosen, parts.library, parts.search)
    _report(task, _plan(run_file), Outputs(json_out, junit_out))


@dataclass(frozen=True)
class Outputs:
    """Files that a report is written to besides the screen."""

    json: Path | None
    junit: Path | None


def _plan(file: Path | None, repeats: int = 1, concurrency: int = 1, per_minute: float | None = None) -> "Plan":
    from bot.compose import Settings
    from evals.plan import Plan

    return Plan(Settings.read().viva.data_dir / "runs", file, repeats, concurrency, per_minute)


def _report(task: "Task", plan: "Plan", outputs: Outputs, parts: "Bench | None" = None) -> None:
    """Carry the plan out, show the report, and leave with 2 where every trial failed."""
    from bot.terminal.progress import counting
    from evals.report import console, write_json, write_junit

    async def work() -> "dict[str, object]":
        judge = parts.judge.name if parts else "search"
        try:
            with counting(f"{task.name}, judge {judge}") as progress:
                return await plan.carry_out(task, judge, progress)
        finally:
            if parts:
                await parts.close()

    report = asyncio.run(work())
    typer.echo(console(report))
    if outputs.json:
        write_json(report, outputs.json)
    if outputs.junit:
        write_junit(report, [], outputs.junit)
    summary: dict[str, object] = report["summary"]  # pyright: ignore[reportAssignmentType]  # JSON
    raise typer.Exit(2 if summary["failed"] == len(task.cases) * plan.repeats else 0)
