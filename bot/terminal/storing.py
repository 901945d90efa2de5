"""`viva store`: the database as a whole, for whoever runs Viva."""

import asyncio
from typing import Annotated

import typer

app = typer.Typer(help="The database as a whole: check it, copy it.", no_args_is_help=True)

_ADDRESS = "sqlite:///folder/viva.sqlite3 or postgresql://user:password@host/name"


@app.command()
def check(
    address: Annotated[str | None, typer.Argument(help=f"{_ADDRESS}; Viva's own if left out.")] = None,
) -> None:
    """Is what is stored whole? A sentence for everything that is not, and then exit code 1."""
    from bot.coach.events import EVENT
    from bot.compose import Settings
    from bot.store.checking import problems
    from bot.store.database import Database

    async def work() -> tuple[str, list[str]]:
        database = Database.found(address or Settings.read().database_url)
        try:
            found = problems(database, lambda body: EVENT.validate_json(body).kind)
            return database.address, [sentence async for sentence in found]
        finally:
            await database.close()

    where, wrong = asyncio.run(work())
    for sentence in wrong or [f"{where} is whole."]:
        typer.echo(f"{'!!  ' if wrong else 'ok  '}{sentence}")
    raise typer.Exit(1 if wrong else 0)


@app.command()
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help=_ADDRESS)],
    target: Annotated[str, typer.Argument(metavar="TO", help="The same, of a database with nothing in it.")],
) -> None:
    """Copy everything into another database, from SQLite to PostgreSQL or the other way; stop Viva first."""
    from bot.store.copying import copy as copied
    from bot.store.database import Database

    async def work() -> dict[str, int]:
        await Database.found(source).close()  # what is not there is not made
        out = await Database.open(source)
        try:
            into = await Database.open(target)
            try:
                return await copied(out, into)
            finally:
                await into.close()
        finally:
            await out.close()

    for table, number in asyncio.run(work()).items():
        typer.echo(f"{table:16}{number:>10}")
