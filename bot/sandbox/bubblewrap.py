"""bubblewrap: this machine's own Python in namespaces of its own, with nothing of the machine to see.

It sees its interpreter, numpy and the system's libraries, read-only; no /proc, no /dev, no network and no
place to write to. bwrap itself is started with an empty environment, for /proc/1/environ would show it.
"""

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bot.errors import SandboxError
from bot.sandbox import guest
from bot.sandbox.child import START, ChildSandbox, Command
from bot.sandbox.sandbox import Limits

OWN_MEMORY = 512 * 2**20  # address space that the interpreter with numpy has before any code is run
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
PRELUDE = """
import resource, runpy, sys
for name, value in zip(("CORE", "FSIZE", "NPROC", "NOFILE", "CPU", "AS"), (0, 0, 1, 64, *map(int, sys.argv[1:]))):
    resource.setrlimit(getattr(resource, "RLIMIT_" + name), (value, value))
runpy.run_path("/guest.py", run_name="__main__")
"""


def bubblewrap() -> ChildSandbox:
    """The sandbox of namespaces; raises SandboxError where it cannot be used, and always as root."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxError("bubblewrap is not installed; your system's package manager has it as bubblewrap.")
    if os.geteuid() == 0:
        raise SandboxError("bubblewrap is not used as root, where an escape would own the machine; run Viva as a user.")
    return ChildSandbox("bubblewrap", lambda limits: command(bwrap, limits))


def command(bwrap: str, limits: Limits) -> Command:
    """The command line of one run."""
    seconds = int(START + limits.seconds) + 1
    return [
        *(bwrap, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *binds(),
        *("--ro-bind", guest.__file__, "/guest.py", "--remount-ro", "/", "--chdir", "/"),
        *("--setenv", "OPENBLAS_NUM_THREADS", "1"),
        *(interpreter(), "-I", "-B", "-X", "utf8", "-c", PRELUDE, str(seconds), str(limits.memory + OWN_MEMORY)),
    ]


def interpreter() -> str:
    """The Python that runs the guest: the one below this virtual environment."""
    return str(Path(sys.executable).resolve())


def binds() -> Iterator[str]:
    """Options that show the guest its libraries, read-only."""
    standard = Path(sysconfig.get_path("stdlib"))
    packages = standard / "site-packages"
    for path in (*map(Path, LIBRARIES), Path(interpreter()), standard):
        if path.exists():
            yield from ("--ro-bind", str(path), str(path))
    yield from ("--tmpfs", str(packages))
    numpy = Path(np.__file__).parent
    for path in (numpy, numpy.with_name("numpy.libs")):
        if path.exists():
            yield from ("--ro-bind", str(path), str(packages / path.name))
    shared = Path(str(sysconfig.get_config_var("LIBDIR"))) / str(sysconfig.get_config_var("INSTSONAME"))
    if shared.suffix != ".a" and shared.exists():
        yield from ("--ro-bind", str(shared), str(shared))
