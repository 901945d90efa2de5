"""`viva eval`: run a judge or the search over labelled cases and say how right it is.

Every command leaves with 0 where all is well, with 1 where something became worse or is outside its
gate, and with 2 where it could not be measured.
"""

import asyncio
import functools
import inspect
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

if TYPE_CHECKING:
    from bot.compose import Settings
    from bot.grading.grade import Submission
    from evals.cassette import Cassette
    from evals.judges import Bench
    from evals.plan import Task
    from evals.report import Report

WORSE, NOT_MEASURED = 1, 2

app = typer.Typer(help="Are the judges right? Run them over labelled cases, offline.", no_args_is_help=True)

Files = Annotated[list[Path] | None, typer.Argument(help="Case files (JSON lines); Viva's own if left out.")]
Split = Annotated[str, typer.Option(help="Of Viva's own cases: test, dev, train, plain, attacks or all.")]


@dataclass(frozen=True)
class Asking:
    """Who judges, how often and how fast, and where a model's replies come from."""

    judge: Annotated[
        str, typer.Option(help="embedded, chat, decisions, panel or jury; cosine, tfidf and align are baselines.")
    ] = "embedded"
    model: Annotated[str | None, typer.Option(help="The model a judge asks; the one in the settings if left out.")] = (
        None
    )
    repeats: Annotated[int, typer.Option(min=1, max=100, help="How often each case is run.")] = 1
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="How many trials run at a time.")] = 8
    per_minute: Annotated[float | None, typer.Option(min=0.1, help="At most so many trials begin in a minute.")] = None
    live: Annotated[bool, typer.Option("--live", help="Ask the model; needs a server in the settings.")] = False
    record: Annotated[
        bool, typer.Option("--record", help="Ask the model for what is not recorded yet, and record it.")
    ] = False
    cassette: Annotated[Path | None, typer.Option(help="Recorded replies, replayed unless asked live.")] = None
    prices: Annotated[str | None, typer.Option(help="Price of a million tokens in and out, as 0.15,0.60.")] = None

    def bench(self, submissions: "Sequence[Submission]" = ()) -> "Bench":
        """The judge, with a cassette below it where it asks a model."""
        from evals.judges import LOCAL, bench

        return bench(self.judge, self.model, None if self.judge in LOCAL else self._cassette(), submissions)

    def _cassette(self) -> "Cassette":
        from bot.errors import SettingsError, UsageError
        from bot.settings import OpenAISettings, read
        from evals.cases import CASES
        from evals.cassette import Cassette, Mode

        if self.live and self.record:
            raise UsageError("--live and --record exclude each other; --record asks only what is not recorded.")
        mode = Mode.LIVE if self.live else Mode.RECORD if self.record else Mode.REPLAY
        server = read(OpenAISettings)
        if mode is not Mode.REPLAY and not (server.api_key or server.base_url):
            raise SettingsError(
                "There is no server to ask; set OPENAI_API_KEY or OPENAI_BASE_URL, or leave out --live."
            )
        command = shlex.join(["viva", *sys.argv[1:], "--record"])
        secret = server.api_key.get_secret_value() if server.api_key else None
        return Cassette(self.cassette or CASES / "cassettes" / f"{self.judge}.jsonl", mode, command, secret=secret)


@dataclass(frozen=True)
class Keeping:
    """Where outcomes are kept, and what the report is written to besides the screen."""

    run: Annotated[Path | None, typer.Option(help="Where outcomes are kept; the data folder if left out.")] = None
    json: Annotated[Path | None, typer.Option(help="Write the report as JSON.")] = None
    html: Annotated[Path | None, typer.Option(help="Write the report as one page, pictures inside.")] = None
    junit: Annotated[Path | None, typer.Option(help="Write the report as JUnit XML.")] = None


def evaluation(command: Callable[..., None]) -> Callable[..., None]:
    """Make a verb of `viva eval` of a function; a parameter that is a dataclass becomes an option for each field."""
    parameters = inspect.signature(command).parameters.values()
    groups: dict[str, Any] = {p.name: p.annotation for p in parameters if is_dataclass(p.annotation)}

    @functools.wraps(command)
    def verb(**given: object) -> None:
        from bot.errors import USER_ERRORS, UsageError

        gathered = {name: kind(**{f.name: given.pop(f.name) for f in fields(kind)}) for name, kind in groups.items()}
        try:
            command(**given, **gathered)
        except USER_ERRORS as error:  # some say 1, which is kept for what became worse
            raise UsageError(str(error)) from error

    spread = (
        [p] if p.name not in groups else inspect.signature(groups[p.name]).parameters.values() for p in parameters
    )
    cast("Any", verb).__signature__ = inspect.Signature([option for group in spread for option in group])
    return app.command()(verb)


@evaluation
def grading(files: Files = None, split: Split = "test", *, asking: Asking, keeping: Keeping) -> None:
    """A judge's verdicts against an examiner's, point by point."""
    from evals import cases
    from evals.grading import Grading
    from knowledge.library import load

    library = load()
    chosen = cases.read(cases.GradingCase, files) if files else cases.grading(split)
    bench = asking.bench([case.submission(library) for case in chosen])
    _carry_out(Grading(chosen, library, bench.judge), "" if files else split, keeping, asking, bench)


@evaluation
def agreement(files: Files = None, split: Split = "test", *, asking: Asking, keeping: Keeping) -> None:
    """A judge's scores against the scores people gave, with reference answers instead of a rubric."""
    from evals import cases
    from evals.baselines import NAMES
    from evals.grading import Agreement, against_reference
    from knowledge.library import load

    chosen = cases.read(cases.AgreementCase, files) if files else cases.as_agreement(cases.grading(split), load())
    whole = asking.judge in NAMES  # a baseline compares texts, and knows no points
    bench = asking.bench([against_reference(case, whole=whole) for case in chosen])
    _carry_out(Agreement(chosen, bench.judge, whole=whole), "" if files else split, keeping, asking, bench)


@evaluation
def retrieval(files: Files = None, *, keeping: Keeping) -> None:
    """Does the search find the note, and does it know what is outside?"""
    from bot.compose import Knowledge
    from bot.terminal.progress import counting
    from evals import cases
    from evals.retrieval import Retrieval

    chosen = cases.read(cases.RetrievalCase, files or cases.files("retrieval"))
    with counting("Embedding the notes") as progress:
        parts = Knowledge(_settings(), progress)
        task = Retrieval(chosen, parts.library, parts.search)
    _carry_out(task, "" if files else "all", keeping)


@evaluation
def conversation(files: Files = None, *, asking: Asking, keeping: Keeping) -> None:
    """Does the interviewer do what it must, and nothing it must not? A scripted candidate finds out."""
    from bot.compose import Knowledge
    from evals import cases
    from evals.conversation import Conversation, ConversationCase

    chosen = cases.read(ConversationCase, files or cases.files("conversation"))
    knowledge, bench = Knowledge(_settings()), asking.bench()
    task = Conversation(chosen, knowledge.library, knowledge.search, bench.judge)
    _carry_out(task, "" if files else "all", keeping, asking, bench)


@evaluation
def compare(
    before: Annotated[Path, typer.Argument(help="A report that --json wrote.")],
    after: Annotated[Path, typer.Argument(help="Another one over the same cases.")],
) -> None:
    """What changed between two reports: paired differences, and every verdict that flipped."""
    from evals import compare as comparing
    from evals.gates import failures
    from evals.report import read_json

    latest = read_json(after)
    comparison = comparing.compare(read_json(before), latest)
    typer.echo(comparing.told(comparison))
    _leave([*comparing.worse(comparison), *failures(latest)])


@evaluation
def export(
    inspect: Annotated[
        Path | None, typer.Option(help="A report that --json wrote, to become a log of Inspect.")
    ] = None,
    appeals: Annotated[Path | None, typer.Option(help="Write what people dispute here, as labelled cases.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the log goes; beside the report if left out.")] = None,
) -> None:
    """A report in the format of another tool (`inspect view` shows it), or disputed grades as labelled cases."""
    from bot.errors import UsageError

    if appeals:
        _export_appeals(appeals)
    elif inspect:
        _export_log(inspect, out or inspect.with_suffix(".inspect.json"))
    else:
        raise UsageError("Name a report with --inspect, or a file for disputed grades with --appeals.")


def _export_log(report: Path, target: Path) -> None:
    import json
    from datetime import UTC, datetime

    from evals.export import inspect_log
    from evals.report import read_json, write

    created = datetime.fromtimestamp(report.stat().st_mtime if report.exists() else 0, UTC)
    write(target, json.dumps(inspect_log(read_json(report), created), indent=1, ensure_ascii=False) + "\n")
    typer.echo(f"Written to {target}.")


def _export_appeals(target: Path) -> None:
    from bot.compose import opened
    from evals.appeals import appealed
    from evals.report import write

    async def work() -> int:
        async with opened(_settings()) as parts:
            cases = appealed(await parts.coach.disputed(), parts.knowledge.library)
        lines = (case.model_dump_json(exclude_defaults=True) for case in cases)
        write(target, "".join(f"{line}\n" for line in lines))
        return len(cases)

    typer.echo(f"{asyncio.run(work())} cases are written to {target}; somebody else should look at their labels first.")


def _carry_out(
    task: "Task", split: str, keeping: Keeping, asking: Asking | None = None, bench: "Bench | None" = None
) -> None:
    """Run the task, show and write the report, and leave.

    `split` names which of Viva's own cases these are, for the gate to know; empty for any others.
    """
    from bot.terminal.log import log_to
    from bot.terminal.progress import counting
    from evals.gates import failures
    from evals.judges import Prices
    from evals.plan import Plan
    from evals.report import check_writable, console, write_json, write_junit
    from knowledge.models import embedder_of

    settings, asking = _settings(), asking or Asking()
    log_to(settings)
    embedding = embedder_of(settings.viva.embedding_model).fingerprint
    plan = Plan(
        settings.viva.data_dir / "runs",
        keeping.run,
        asking.repeats,
        asking.concurrency,
        asking.per_minute,
        (("embedding", embedding),),
        split,
    )
    prices = Prices.read(asking.prices) if asking.prices else None
    for path in (keeping.json, keeping.html, keeping.junit):
        if path:
            check_writable(path)

    async def work() -> "Report":
        judge = bench.judge.name if bench else "search"
        try:
            with counting(f"{task.name}, judge {judge}") as progress:
                return await plan.carry_out(task, judge, progress)
        finally:
            if bench:
                await bench.close()

    report = asyncio.run(work())
    if bench and (usage := bench.usage.told(prices)):
        report["summary"]["usage"] = usage
    outside = failures(report)
    typer.echo(console(report))
    if keeping.json:
        write_json(report, keeping.json)
    if keeping.html:
        from evals.page import write_page

        write_page(report, outside, keeping.html)
    if keeping.junit:
        write_junit(report, outside, keeping.junit)
    if report["summary"]["failed"] == len(report["cases"]):
        raise typer.Exit(NOT_MEASURED)
    _leave(outside)


def _settings() -> "Settings":
    """The settings as they are; a recorded judge needs no server, whatever model is named."""
    from bot.compose import Settings
    from bot.settings import DiscordSettings, OpenAISettings, SlackSettings, StoreSettings, VivaSettings, read

    return Settings(
        read(VivaSettings), read(OpenAISettings), read(StoreSettings), read(DiscordSettings), read(SlackSettings)
    )


def _leave(wrong: Sequence[str]) -> None:
    """Tell what is wrong, a line each, and leave; as told where nothing is."""
    for sentence in wrong:
        typer.echo(f"worse: {sentence}", err=True)
    raise typer.Exit(WORSE if wrong else 0)
