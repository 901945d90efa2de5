"""`viva sandbox`: set up what code drills run in, and see whether it works."""

import asyncio
import time

import typer

from bot.errors import SandboxError

app = typer.Typer(help="Where the code of code drills is run.", no_args_is_help=True)


@app.command("setup")
def setup() -> None:
    """Compile CPython and numpy to WebAssembly for this machine, once."""
    from bot.sandbox.setup import DISK, NEEDS, Damaged, packages, ready, set_up, verify
    from bot.settings import VivaSettings, read
    from bot.terminal.progress import counting

    data_dir = read(VivaSettings).data_dir
    packages()
    try:
        verify(there := ready(data_dir))
    except Damaged as error:
        typer.echo(f"{error}")
    except SandboxError:
        pass  # nothing there yet, which is what this command is for
    else:
        typer.echo(f"It is set up already, in {there.folder}.")
        return
    typer.echo(f"Compiling takes {NEEDS}, and {DISK >> 20} MB in {data_dir}.")
    with counting("Compiling (seconds of processor time)") as progress:
        made = set_up(data_dir, progress)
    typer.echo(f"Set up in {made.folder}; `viva sandbox check` tries it.")


@app.command("check")
def check() -> None:
    """Run a line of numpy in the sandbox and say how it went."""
    from bot.sandbox.find import look
    from bot.sandbox.sandbox import Trial
    from bot.sandbox.setup import ready, verify
    from bot.settings import VivaSettings, read

    settings = read(VivaSettings)
    found = look(settings)
    if found.sandbox is None:
        raise SandboxError(f"Sandbox: {found.text}")
    if found.sandbox.name == "wasi":
        verify(ready(settings.data_dir))
    trial = Trial("check", {"n": 4}, "result = square(n)")
    code = "import numpy as np\ndef square(n):\n    return np.arange(n) ** 2\n"
    begun = time.perf_counter()
    outcome = asyncio.run(found.sandbox.run(code, [trial]))
    if not outcome.ran or str(outcome.ran[0].value) != "[0 1 4 9]":
        raise SandboxError(f"The sandbox {found.sandbox.name} does not work: {outcome.sentence}")
    typer.echo(f"{found.sandbox.name} works: numpy answered within {time.perf_counter() - begun:.1f} s.")
