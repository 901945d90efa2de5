"""CPython in WebAssembly: the guest has no calls but those it is given, in a child process beside."""

import sys
from pathlib import Path

from bot.sandbox import guest, wasm
from bot.sandbox.child import START, ChildSandbox, Command
from bot.sandbox.sandbox import Limits
from bot.sandbox.setup import packages, ready


def wasi(data_dir: Path) -> ChildSandbox:
    """The sandbox that was set up in the data folder; raises SandboxError where it cannot be used."""
    compiled, imported = ready(data_dir), packages()

    def command(limits: Limits) -> Command:
        paths = (wasm.__file__, imported, compiled.module, compiled.library, guest.__file__)
        last = START + limits.seconds + 1
        return [sys.executable, "-I", "-S", "-X", "utf8", *map(str, paths), f"{last:g}", str(limits.memory)]

    return ChildSandbox("wasi", command)
