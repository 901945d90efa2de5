"""`viva eval`: run a judge or the search over labelled cases and say how right it is."""

import asyncio
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from evals.cassette import Cassette
    from evals.judges import Bench
    from evals.plan import Plan, Task
    from evals.report import Report

app = typer.Typer(help="Are the judges right? Run them over labelled cases, offline.", no_args_is_help=True)

Files = Annotated[list[Path] | None, typer.Argument(help="Case files (JSON lines); Viva's own if left out.")]
JudgeName = Annotated[str, typer.Option("--judge", help="embedded, chat, decisions or panel.")]
Model = Annotated[str | None, typer.Option(help="The model a judge asks; the one in the settings if left out.")]
Split = Annotated[str, typer.Option(help="Of Viva's own cases: test, dev, train or all.")]
Repeats = Annotated[int, typer.Option(min=1, max=100, help="How often each case is run.")]
Concurrency = Annotated[int, typer.Option(min=1, max=64, help="How many trials run at a time.")]
PerMinute = Annotated[float | None, typer.Option(min=0.1, help="At most so many trials begin in a minute.")]
RunFile = Annotated[Path | None, typer.Option("--run", help="Where outcomes are kept; the data folder if left out.")]
Live = Annotated[bool, typer.Option("--live", help="Ask the model; needs a server in the settings.")]
Record = Annotated[bool, typer.Option("--record", help="Ask the model for what is not recorded yet, and record it.")]
CassetteFile = Annotated[Path | None, typer.Option("--cassette", help="Recorded replies, replayed unless asked live.")]
Prices = Annotated[str | None, typer.Option(help="Price of a million tokens in and out, as 0.15,0.60.")]
JsonOut = Annotated[Path | None, typer.Option("--json", help="Write the report as JSON.")]
HtmlOut = Annotated[Path | None, typer.Option("--html", help="Write the report as one page, pictures inside.")]
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
    live: Live = False,
    record: Record = False,
    cassette: CassetteFile = None,
    prices: Prices = None,
    json_out: JsonOut = None,
    html_out: HtmlOut = None,
    junit_out: JunitOut = None,
) -> None:
    """A judge's verdicts against an examiner's, point by point."""
    from evals import cases
    from evals.grading import Grading
    from evals.judges import bench
    from knowledge.library import load

    chosen = cases.read(cases.GradingCase, files) if files else cases.grading(split)
    parts = bench(judge, model, _cassette(judge, live=live, record=record, path=cassette))
    task = Grading(chosen, load(), parts.judge)
    _report(
        task,
        _plan(run_file, repeats, concurrency, per_minute),
        Outputs(json_out, html_out, junit_out),
        parts,
        prices,
        gated=not files,
    )


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
    live: Live = False,
    record: Record = False,
    cassette: CassetteFile = None,
    prices: Prices = None,
    json_out: JsonOut = None,
    html_out: HtmlOut = None,
    junit_out: JunitOut = None,
) -> None:
    """A judge's scores against the scores people gave, with reference answers instead of a rubric."""
    from evals import cases
    from evals.grading import Agreement
    from evals.judges import bench
    from knowledge.library import load

    chosen = cases.read(cases.AgreementCase, files) if files else cases.as_agreement(cases.grading(split), load())
    parts = bench(judge, model, _cassette(judge, live=live, record=record, path=cassette))
    task = Agreement(chosen, parts.judge)
    _report(
        task,
        _plan(run_file, repeats, concurrency, per_minute),
        Outputs(json_out, html_out, junit_out),
        parts,
        prices,
        gated=not files,
    )


@app.command()
def retrieval(
    files: Files = None,
    run_file: RunFile = None,
    json_out: JsonOut = None,
    html_out: HtmlOut = None,
    junit_out: JunitOut = None,
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
    _report(task, _plan(run_file), Outputs(json_out, html_out, junit_out), gated=not files)


@app.command()
def conversation(
    files: Files = None,
    judge: JudgeName = "embedded",
    model: Model = None,
    run_file: RunFile = None,
    live: Live = False,
    record: Record = False,
    cassette: CassetteFile = None,
    json_out: JsonOut = None,
    html_out: HtmlOut = None,
    junit_out: JunitOut = None,
) -> None:
    """Does the interviewer do what it must, and nothing it must not? A scripted candidate finds out."""
    from bot.compose import Knowledge, Settings
    from evals import cases
    from evals.conversation import Conversation, ConversationCase
    from evals.judges import bench

    chosen = cases.read(ConversationCase, files or cases.files("conversation"))
    knowledge = Knowledge(Settings.read())
    parts = bench(judge, model, _cassette(judge, live=live, record=record, path=cassette))
    task = Conversation(chosen, knowledge.library, knowledge.search, parts.judge)
    _report(task, _plan(run_file), Outputs(json_out, html_out, junit_out), parts, gated=not files)


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="A report that --json wrote.")],
    after: Annotated[Path, typer.Argument(help="Another one over the same cases.")],
) -> None:
    """What changed between two reports: paired differences, and every verdict that flipped."""
    from evals import compare as comparing
    from evals.report import read_json

    typer.echo(comparing.told(comparing.compare(read_json(before), read_json(after))))


@app.command()
def export(
    inspect: Annotated[Path, typer.Option(help="A report that --json wrote, to become a log of Inspect.")],
    out: Annotated[Path | None, typer.Option(help="Where the log goes; beside the report if left out.")] = None,
) -> None:
    """A report in the format of another tool: `inspect view` shows it."""
    import json
    from datetime import UTC, datetime

    from evals.export import inspect_log
    from evals.report import read_json, write

    created = datetime.fromtimestamp(inspect.stat().st_mtime if inspect.exists() else 0, UTC)
    target = out or inspect.with_suffix(".inspect.json")
    write(target, json.dumps(inspect_log(read_json(inspect), created), indent=1, ensure_ascii=False) + "\n")
    typer.echo(f"Written to {target}.")


@dataclass(frozen=True)
class Outputs:
    """Files that a report is written to besides the screen."""

    json: Path | None
    html: Path | None
    junit: Path | None


def _plan(file: Path | None, repeats: int = 1, concurrency: int = 1, per_minute: float | None = None) -> "Plan":
    from bot.compose import Settings
    from bot.terminal.log import log_to
    from evals.plan import Plan
    from knowledge.embedder import SentenceEmbedder

    settings = Settings.read()
    log_to(settings)
    embedding = SentenceEmbedder(settings.viva.embedding_model).fingerprint
    runs = settings.viva.data_dir / "runs"
    return Plan(runs, file, repeats, concurrency, per_minute, (("embedding", embedding),))


def _cassette(judge: str, *, live: bool, record: bool, path: Path | None) -> "Cassette":
    from bot.errors import SettingsError, UsageError
    from bot.settings import OpenAISettings, read
    from evals.cases import CASES
    from evals.cassette import Cassette, Mode

    if live and record:
        raise UsageError("--live and --record exclude each other; --record asks only what is not recorded.")
    mode = Mode.LIVE if live else Mode.RECORD if record else Mode.REPLAY
    server = read(OpenAISettings)
    if mode is not Mode.REPLAY and judge != "embedded" and not (server.api_key or server.base_url):
        raise SettingsError("There is no server to ask; set OPENAI_API_KEY or OPENAI_BASE_URL, or leave out --live.")
    command = shlex.join(["viva", *sys.argv[1:], "--record"])
    secret = server.api_key.get_secret_value() if server.api_key else None
    return Cassette(path or CASES / "cassettes" / f"{judge}.jsonl", mode, command, secret=secret)


def _report(
    task: "Task",
    plan: "Plan",
    outputs: Outputs,
    parts: "Bench | None" = None,
    prices: str | None = None,
    *,
    gated: bool,
) -> None:
    """Carry the plan out and show the report; leave with 1 below the gate, with 2 where every trial failed.

    The gate's floors are for Viva's own cases.
    """
    from bot.terminal.progress import counting
    from evals.compare import failures
    from evals.judges import Prices
    from evals.report import check_writable, console, write_json, write_junit

    paid = Prices.read(prices) if prices else None
    for path in (outputs.json, outputs.html, outputs.junit):
        if path:
            check_writable(path)

    async def work() -> "Report":
        judge = parts.judge.name if parts else "search"
        try:
            with counting(f"{task.name}, judge {judge}") as progress:
                return await plan.carry_out(task, judge, progress)
        finally:
            if parts:
                await parts.close()

    report = asyncio.run(work())
    if parts and (usage := parts.usage.told(paid)):
        report["summary"]["usage"] = usage
    below = failures(report) if gated else []
    typer.echo(console(report))
    for failure in below:
        typer.echo(f"below the gate: {failure}", err=True)
    if outputs.json:
        write_json(report, outputs.json)
    if outputs.html:
        from evals.page import write_page

        write_page(report, below, outputs.html)
    if outputs.junit:
        write_junit(report, below, outputs.junit)
    raise typer.Exit(2 if report["summary"]["failed"] == len(report["cases"]) else 1 if below else 0)
