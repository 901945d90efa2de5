"""The `viva` command: a verb is a function. Nothing heavy is imported before a verb needs it."""

import asyncio
import logging
import re
import sys
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer._click.exceptions import ClickException, NoArgsIsHelpError, UsageError  # typer brings its own copy of click

from bot.terminal.evaluate import app as evals
from bot.terminal.sandbox import app as sandbox
from bot.terminal.sessions import app as sessions
from bot.terminal.storing import app as store

if TYPE_CHECKING:
    from bot.compose import App
    from bot.doctor import Finding

app = typer.Typer(
    name="viva",
    help="A coach for machine-learning research interviews that grades with evidence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
notes = typer.Typer(help="Look at the notes and check them.", no_args_is_help=True)
app.add_typer(notes, name="notes")
app.add_typer(evals, name="eval")
app.add_typer(sandbox, name="sandbox")
app.add_typer(sessions, name="sessions")
app.add_typer(store, name="store")


@app.command()
def chat(
    topic: Annotated[str | None, typer.Option(help="Drill this topic instead of a mix.")] = None,
    questions: Annotated[int, typer.Option(min=1, max=50, help="How many questions the first drill has.")] = 5,
) -> None:
    """Talk: drills, interviews, questions to the notes. Also reads a script from standard input."""
    from bot.terminal.chat import talk
    from bot.terminal.commands import DrillWish

    first = DrillWish(topic, questions) if topic or questions != 5 else None

    async def work(parts: "App") -> int:
        if topic:
            parts.knowledge.library.topic(topic)
        return await talk(parts, first)

    _exit(_run(work))


@app.command()
def ask(question: Annotated[str, typer.Argument(help="What you want to know.")]) -> None:
    """Answer one question from the notes, with its sources."""
    from bot.terminal.chat import ask_once

    _exit(_run(lambda parts: ask_once(parts, question)))


@app.command()
def topics(topic: Annotated[str | None, typer.Argument(help="List the notes of one topic.")] = None) -> None:
    """What there is to ask about."""
    from knowledge.library import load

    library = load()
    for name in [topic] if topic else library.topics:
        found = library.topic(name)
        typer.echo(f"{found[0].topic} ({len(found)})")
        for note in found:
            typer.echo(f"  {note.id:36} {note.question}")


@notes.command("lint")
def lint(
    folder: Annotated[Path | None, typer.Argument(help="Notes to check; Viva's own if left out.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out what is found by embedding.")] = False,
) -> None:
    """Check every note; each mistake with file and line, then what a human eye should look at."""
    from knowledge.errors import LibraryError
    from knowledge.library import NOTES, read
    from knowledge.proofreading import unrenderable

    found = read(folder or NOTES)
    if problems := list(unrenderable(found)):
        raise LibraryError(problems)
    if not quick:
        from bot.compose import Settings
        from bot.terminal.progress import counting
        from knowledge.models import embedder_of
        from knowledge.proofreading import embedded_texts, remarks
        from knowledge.vectors import remembered

        settings = Settings.read()
        embedder, path = embedder_of(settings.viva.embedding_model), settings.viva.data_dir / "lint.index"
        with counting("Reading the notes") as progress:
            vectors = remembered(embedded_texts(found), embedder, path, progress)
        for remark in remarks(found, vectors):
            typer.echo(f"look at {remark}")
    typer.echo(f"{len(found)} notes, nothing wrong.")


@notes.command("new")
def new(
    name: Annotated[str, typer.Argument(help="topic/id, as in losses/hinge-loss.")],
    question: Annotated[str | None, typer.Option(help="The question, as an interviewer says it.")] = None,
    level: Annotated[str, typer.Option(help="core, advanced or research.")] = "core",
    kind: Annotated[str, typer.Option(help="concept, derivation, code, behavioural or research.")] = "concept",
    folder: Annotated[Path | None, typer.Option(help="Where notes are; Viva's own if left out.")] = None,
) -> None:
    """Write the skeleton of a note, valid from the start, with what belongs in each place."""
    from knowledge.library import NOTES
    from knowledge.skeleton import create

    typer.echo(f"Written to {create(name, question, level, kind, folder or NOTES)}; `viva notes lint` checks it.")


@notes.command("coverage")
def coverage() -> None:
    """How many notes there are: topics by levels and kinds."""
    from rich.console import Console

    from bot.terminal.render import coverage_table
    from knowledge.library import load

    Console(highlight=False, width=110).print(coverage_table(load()))


@notes.command("show")
def show(
    note_id: Annotated[str, typer.Argument(help="Which note; `viva topics` lists them.")],
    solution: Annotated[bool, typer.Option("--solution", help="Show the solution of a code exercise too.")] = False,
) -> None:
    """A note as a person reads it: question, answer, rubric, what leads on from it."""
    from rich.console import Console

    from bot.terminal.render import note_page
    from knowledge.library import load

    Console(highlight=False).print(note_page(load()[note_id], solution=solution))


@app.command()
def index() -> None:
    """Build or refresh the search index; only what changed is embedded."""
    from bot.compose import Knowledge, Settings
    from bot.terminal.progress import counting

    settings = Settings.read()
    with counting("Embedding the notes") as progress:
        search = Knowledge(settings, progress).search
    typer.echo(f"{search.size} texts of {search.notes} notes are indexed in {settings.index_path}.")


@app.command()
def progress(
    html: Annotated[Path | None, typer.Option(help="Write one page with your whole history here.")] = None,
    png: Annotated[Path | None, typer.Option(help="Write the chart here, to share it.")] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Work out anew from the stored answers what is remembered of everybody.")
    ] = False,
) -> None:
    """How you do, by topic: mastery, what is due, what to put right."""
    from bot.terminal.remembering import show

    _exit(_run(lambda parts: show(parts, html=html, png=png, rebuild=rebuild)))


@app.command()
def export(
    out: Annotated[Path | None, typer.Option(help="Write here instead of to the screen.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown, to read.")] = False,
) -> None:
    """Everything Viva keeps about you, as JSON or as Markdown."""
    from bot.errors import UsageError
    from bot.surface.privacy import as_json
    from bot.surface.transcript import kept
    from bot.terminal.chat import PERSON

    async def work(parts: "App") -> int:
        tables = await parts.coach.export(PERSON)
        text = kept(tables, parts.knowledge.library) if markdown else as_json(tables)
        if out is None:
            typer.echo(text, nl=False)
            return 0
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{out} cannot be written ({error.strerror}); name another file with --out.") from error
        typer.echo(f"Written to {out}.")
        return 0

    _exit(_run(work))


@app.command()
def forget(yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False) -> None:
    """Remove everything Viva keeps about you. `viva export` first if you want a copy."""
    from bot.terminal.chat import PERSON

    if not yes:
        typer.confirm("Remove all your sessions, answers and grades for good?", abort=True)

    async def work(parts: "App") -> int:
        gone = await parts.coach.forget(PERSON)
        typer.echo(f"Everything is gone ({gone} rows)." if gone else "There was nothing to remove.")
        return 0

    _exit(_run(work))


@app.command()
def doctor() -> None:
    """What is configured, what is missing, and what to do next."""
    from bot.compose import Settings
    from bot.doctor import examine

    _exit(0 if _told(asyncio.run(examine(Settings.read()))) else 1)


def _told(findings: "Iterable[Finding]") -> bool:
    """Print what was found; whether all of it is well."""
    found = list(findings)
    for finding in found:
        typer.echo(f"{'ok ' if finding.ok else '!! '} {finding.text}")
    return all(finding.ok for finding in found)


@app.command()
def discord(
    check: Annotated[
        bool, typer.Option("--check", help="Verify token, intents and permissions; print invites.")
    ] = False,
    sync: Annotated[bool, typer.Option("--sync", help="Tell Discord the commands even if none changed.")] = False,
    shard_ids: Annotated[
        str | None, typer.Option(help="Shards of this process, as in 0,1 or 0-3, out of VIVA_DISCORD_SHARDS.")
    ] = None,
) -> None:
    """Be on Discord until stopped."""
    from bot.compose import Settings
    from bot.terminal.log import log_to

    settings = Settings.read()
    if check:
        from bot.discord.check import examine

        _exit(0 if _told(asyncio.run(examine(settings.discord))) else 2)
    from bot.discord.app import run

    shards = _numbers(shard_ids) if shard_ids else None
    log_to(settings)
    _exit(asyncio.run(run(settings, shard_ids=shards, sync=sync)))


@app.command()
def slack(
    http: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Take signed requests at this port instead of Socket Mode.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Verify tokens and scopes; say what to do next.")] = False,
) -> None:
    """Be on Slack until stopped."""
    from bot.compose import Settings
    from bot.terminal.log import log_to

    settings = Settings.read()
    if check:
        from bot.slack.check import examine

        _exit(0 if _told(asyncio.run(examine(settings.slack))) else 2)
    from bot.slack.app import run

    log_to(settings)
    _exit(asyncio.run(run(settings, port=http)))


def _numbers(text: str) -> list[int]:
    """0,2-4 as [0, 2, 3, 4]."""
    from bot.errors import UsageError

    numbers = set[int]()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,6})(?:-(\d{1,6}))?\s*", part)
        span = range(int(match[1]), int(match[2] or match[1]) + 1) if match else range(0)
        if not span:
            raise UsageError(f"--shard-ids takes numbers as in 0,1 or 0-3, not {text!r}.")
        numbers.update(span)
    return sorted(numbers)


def _run(work: "Callable[[App], Coroutine[Any, Any, int]]") -> int:
    """Open the parts, log to a file beside the data, and do the work."""
    from bot.compose import Settings, opened
    from bot.terminal.log import log_to

    async def whole() -> int:
        settings = Settings.read()
        async with opened(settings) as parts:
            log_to(settings)
            return await work(parts)

    return asyncio.run(whole())


def _exit(code: int) -> NoReturn:
    from bot.terminal.chat import leave

    leave(code)


_INTERRUPTED = 130


def main() -> None:
    """Run the command; what goes wrong is one sentence and an exit code, never a traceback."""
    logging.getLogger().addHandler(logging.NullHandler())  # until the log file is open, not to the screen
    try:
        code = app(standalone_mode=False)
        if code == _INTERRUPTED:
            _fail("Stopped.", _INTERRUPTED)
        sys.exit(code or 0)
    except typer.Abort:
        _fail("Stopped.", _INTERRUPTED)
    except NoArgsIsHelpError as error:
        typer.echo(error.format_message())
        sys.exit(error.exit_code)
    except ClickException as error:
        where = error.ctx.command_path if isinstance(error, UsageError) and error.ctx else "viva"
        message = error.format_message().replace(". Did you mean", ", did you mean").rstrip(".?")
        _fail(f"{message}; see `{where} --help`.", error.exit_code)
    except KeyboardInterrupt:
        _fail("Stopped.", _INTERRUPTED)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:  # the last resort: an id for the user, the details for the log
        from bot.errors import USER_ERRORS
        from bot.unexpected import noted

        if isinstance(error, USER_ERRORS):
            _fail(str(error), getattr(error, "exit_code", 1))
        error_id = noted(error)
        _fail(f"Something unexpected went wrong (id {error_id}); viva.log in the data folder has the details.", 70)


def _fail(sentence: str, code: int) -> NoReturn:
    typer.echo(f"viva: {sentence}", err=True)
    sys.stdout.flush()
    raise SystemExit(code)


if __name__ == "__main__":
    main()
