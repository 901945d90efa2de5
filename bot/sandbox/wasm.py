"""The child process in which WebAssembly runs: a script of its own, started with nothing but its arguments.

    python -I -S wasm.py PACKAGES MODULE LIBRARY GUEST SECONDS MEMORY

PACKAGES is the folder wasmtime is imported from, MODULE the compiled CPython, LIBRARY the folder with its
standard library, GUEST the program it runs. Standard input and output are the guest's; nothing else of
the process is. It stops itself after SECONDS, should its parent no longer be there to do so.
"""

import importlib
import signal
import sys
import threading
from pathlib import Path
from typing import Any

STACK = 2 * 2**20  # bytes of WebAssembly stack; wasmtime takes no more without another setting
THREAD_STACK = 4 * 2**20
OWN_MEMORY = 128 * 2**20  # bytes for wasmtime and the compiled module, besides the guest's memory
OUT_OF_MEMORY = 3  # the exit code by which the child says so
REFUSED = 76  # WASI's ENOTCAPABLE
# The standard library's files, the clock, random numbers and the three streams. Every other call of WASI
# (sockets, writing to files, renaming, listing folders) is refused before wasmtime sees it.
ALLOWED = frozenset(
    "args_get args_sizes_get clock_res_get clock_time_get environ_get environ_sizes_get fd_close fd_fdstat_get "
    "fd_filestat_get fd_pread fd_prestat_dir_name fd_prestat_get fd_read fd_seek fd_tell fd_write "
    "path_filestat_get path_open poll_oneoff proc_exit random_get sched_yield".split()
)


def engine() -> Any:
    """What compiles and runs modules; a compiled module runs only on an engine that is set up alike."""
    wasmtime = importlib.import_module("wasmtime")
    config = wasmtime.Config()
    config.max_wasm_stack = STACK
    return wasmtime.Engine(config)


def confine(seconds: float, memory: int) -> None:
    """Limits of the whole process, which hold should WebAssembly not: the kernel ends it at its time."""
    import resource  # not on every system that this file is imported on

    signal.setitimer(signal.ITIMER_REAL, seconds)
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_DATA, memory + OWN_MEMORY),
    ):
        resource.setrlimit(limit, (value, value))


def run(module_path: str, library: str, guest: str, memory: int) -> int:
    """Run the guest to its end; the exit code of the child."""
    wasmtime = importlib.import_module("wasmtime")
    made = engine()
    module = wasmtime.Module.deserialize_file(made, module_path)
    store = wasmtime.Store(made)
    store.set_limits(memory_size=memory, instances=1, memories=1)
    store.set_wasi(streams(wasmtime, library, guest))
    exports = linked(wasmtime, made, module).instantiate(store, module).exports(store)
    try:
        exports["run"](store)
    except wasmtime.ExitTrap:
        return 0  # whatever code the guest left with: 3 is not its to give
    except wasmtime.WasmtimeError:  # a trap: the interpreter gave up, as it does where no memory is left
        return OUT_OF_MEMORY if exports["memory"].data_len(store) > memory - 2**20 else 1
    return 0


def streams(wasmtime: Any, library: str, guest: str) -> Any:
    """What the guest has of the world: two streams, its program, and its standard library to read."""
    wasi = wasmtime.WasiConfig()
    wasi.argv = ["/usr/local/bin/python.wasm", "-c", guest]  # where it takes its library to be from
    wasi.env = [("TMPDIR", "/tmp"), ("PYTHONTZPATH", "")]  # noqa: S108  # a name in the guest, where no such folder is
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.preopen_dir(library, "/usr/local/lib", False)
    return wasi


def linked(wasmtime: Any, made: Any, module: Any) -> Any:
    """A linker that answers the allowed calls, and refuses every other that the module knows of."""
    linker = wasmtime.Linker(made)
    linker.define_wasi()
    linker.allow_shadowing = True
    for call in module.imports:
        if call.module != "wasi_snapshot_preview1" or call.name not in ALLOWED:
            linker.define_func(call.module, call.name, call.type, _refuse)
    return linker


def _refuse(*_: int) -> int:
    return REFUSED


def main() -> None:
    """Run the guest on a thread with stack enough, and leave with its code."""
    packages, module, library, guest, seconds, memory = sys.argv[1:]
    sys.path.append(packages)
    confine(float(seconds), int(memory))
    program = Path(guest).read_text(encoding="utf-8")
    codes: list[int] = []
    threading.stack_size(THREAD_STACK)
    thread = threading.Thread(target=lambda: codes.append(run(module, library, program, int(memory))))
    thread.start()
    thread.join()
    sys.exit(codes[0] if codes else 1)


if __name__ == "__main__":
    main()
