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

OWN_DATA, OWN_SPACE = 96 * 2**20, 512 * 2**20  # bytes that the interpreter and numpy have of their own
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
PACKAGES, GUEST = "/packages", "/guest.py"  # inside
PRELUDE = f"""
import resource, runpy, sys
for limit in sys.argv[1:]:
    name, _, value = limit.partition("=")
    resource.setrlimit(getattr(resource, "RLIMIT_" + name), (int(value), int(value)))
sys.path.append("{PACKAGES}")
runpy.run_path("{GUEST}", run_name="__main__")
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
    return [
        *(bwrap, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *binds(),
        *("--remount-ro", "/", "--chdir", "/", "--setenv", "OPENBLAS_NUM_THREADS", "1"),
        *(interpreter(), "-I", "-S", "-B", "-X", "utf8", "-c", PRELUDE),
        *("CORE=0", "FSIZE=0", "NPROC=1", "NOFILE=64", f"CPU={int(START + limits.seconds) + 1}"),
        *(f"DATA={limits.memory + OWN_DATA}", f"AS={limits.memory + OWN_SPACE}"),
    ]


def interpreter() -> str:
    """The Python that runs the guest: the one below this virtual environment."""
    return str(Path(sys.executable).resolve())


def binds() -> Iterator[str]:
    """Options that show the guest its libraries, read-only."""
    numpy = Path(np.__file__).parent
    shared = Path(str(sysconfig.get_config_var("LIBDIR"))) / str(sysconfig.get_config_var("INSTSONAME"))
    own = (Path(interpreter()), Path(sysconfig.get_path("stdlib")), *((shared,) if shared.suffix != ".a" else ()))
    shown = {path: path for path in (*map(Path, LIBRARIES), *own)}
    shown |= {Path(PACKAGES, path.name): path for path in (numpy, numpy.with_name("numpy.libs"))}
    shown[Path(GUEST)] = Path(guest.__file__)
    for inside, path in shown.items():
        if path.exists():
            yield from ("--ro-bind", str(path), str(inside))
