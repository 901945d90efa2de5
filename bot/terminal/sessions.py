"""`viva sessions`: what was held, how it went word by word, and what another judge says of it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from bot.coach.session import Exchange, Session
    from bot.compose import App
    from bot.store.store import SessionRow

app = typer.Typer(help="Sessions that were held: list them, read one, grade one again.", invoke_without_command=True)

Id = Annotated[str, typer.Argument(help="Of the session, or how its id begins; `viva sessions` lists them.")]
JudgeName = Literal["embedded", "chat", "decisions", "jury", "auto"]
_SHOWN = 8  # characters of an id in a list


@app.callback()
def sessions(
    context: typer.Context,
    everybody: Annotated[bool, typer.Option("--all", help="Those of everybody, not only of this terminal.")] = False,
) -> None:
    """The sessions that were held, newest first."""
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console
    from rich.table import Table

    from bot.terminal.chat import PERSON

    async def work(parts: "App") -> None:
        found = await parts.coach.sessions(person=None if everybody else PERSON)
        table = Table("session", "begun (UTC)", "what", "questions", "score", "", box=None, header_style="dim")
        for row, session in found:
            if session.exchanges:
                table.add_row(*_row(row, session))
        Console(highlight=False).print(
            table if table.row_count else "No session has been held yet; `viva chat` begins."
        )

    _run(work)


def _row(row: "SessionRow", session: "Session") -> tuple[str, ...]:
    from bot.surface.transcript import title
    from bot.surface.words import percent

    scores = [exchange.grade.score for exchange in session.history if exchange.grade]
    mean = percent(sum(scores) / len(scores)) if scores else ""
    begun = f"{row.created_at:%Y-%m-%d %H:%M}"
    return row.id[:_SHOWN], begun, title(session), str(len(session.exchanges)), mean, session.status


@app.command()
def show(session_id: Id) -> None:
    """What was asked, said and graded, word for word, with the judge, the model and the prompts."""
    from rich.console import Console
    from rich.markdown import Markdown

    from bot.surface.transcript import transcript

    async def work(parts: "App") -> None:
        row, _ = await _found(parts, session_id)
        text = transcript(await parts.coach.events(row.id), parts.knowledge.library)
        Console(highlight=False).print(Markdown(f"# Session {row.id}\n\n{text}"))

    _run(work)


@app.command()
def regrade(
    session_id: Id,
    judge: Annotated[JudgeName, typer.Option(help="Who grades now: embedded, chat, decisions, jury or auto.")],
) -> None:
    """What another judge says, point by point. Nothing is stored: the grades stay as they are."""
    from bot.coach.regrading import regraded
    from bot.terminal.chat import PERSON

    async def work(parts: "App") -> None:
        row, _ = await _found(parts, session_id)
        library = parts.knowledge.library
        before, after = await regraded(await parts.coach.events(row.id), library, parts.judge, PERSON)
        pairs = [pair for pair in zip(before.exchanges, after.exchanges, strict=True) if pair[0].points]
        different = sum(_tell(*pair, parts) for pair in pairs)
        typer.echo(f"{different} of {sum(len(pair[0].points) for pair in pairs)} points differ; nothing is stored.")

    _run(work, judge)


def _tell(before: "Exchange", after: "Exchange", parts: "App") -> int:
    """Say how two grades of a question differ; at how many points."""
    from bot.coach.regrading import differences
    from bot.surface.words import NAME, percent

    scores = " → ".join(f"{percent(each.grade.score)} ({each.grade.judge})" for each in (before, after) if each.grade)
    typer.echo(f"{before.text}\n  {scores}")
    found = list(differences(before, after, parts.knowledge.library))
    for each in found:
        typer.echo(f"  {each.number}. {each.text}\n     {NAME[each.before.verdict]} → {NAME[each.after.verdict]}")
        if each.after.evidence:
            typer.echo(f"     “{each.after.evidence.quote}”")
    typer.echo()
    return len(found)


async def _found(parts: "App", session_id: str) -> "tuple[SessionRow, Session]":
    from bot.errors import UsageError

    found = await parts.coach.sessions(session_id)
    if len(found) != 1:
        how_many = "no session" if not found else f"{len(found)} sessions"
        raise UsageError(f"There are {how_many} whose id begins with {session_id}; `viva sessions --all` lists them.")
    return found[0]


def _run(work: "Callable[[App], Coroutine[Any, Any, None]]", judge: JudgeName | None = None) -> None:
    from bot.compose import Settings, opened
    from bot.terminal.log import log_to

    async def whole() -> None:
        settings = Settings.read().judged_by(judge)
        async with opened(settings) as parts:
            log_to(settings)
            await work(parts)

    asyncio.run(whole())
