"""Which sandbox there is: WebAssembly where it was set up, else bubblewrap, else none."""

from dataclasses import dataclass

from bot.errors import SandboxError
from bot.sandbox.bubblewrap import bubblewrap
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.setup import Damaged
from bot.sandbox.wasi import wasi
from bot.settings import VivaSettings

WITHOUT = "code drills are graded by their rubric alone"


@dataclass(frozen=True)
class Found:
    """The sandbox, or why there is none; `text` says so in one sentence, `ok` whether that is as it was asked for."""

    sandbox: Sandbox | None
    ok: bool
    text: str


def find(settings: VivaSettings) -> Sandbox | None:
    """The sandbox to run code in, or None; made once for an app, since it counts who runs at a time."""
    return look(settings).sandbox


def look(settings: VivaSettings) -> Found:
    """The sandbox that VIVA_SANDBOX asks for; with auto the first that can be used."""
    if settings.sandbox == "none":
        return Found(None, True, f"switched off by VIVA_SANDBOX, so {WITHOUT}")
    ways = {"wasi": lambda: wasi(settings.data_dir), "bubblewrap": bubblewrap}
    reasons: list[SandboxError] = []
    for name in ways if settings.sandbox == "auto" else [settings.sandbox]:
        try:
            return Found(ways[name](), True, name)
        except SandboxError as error:
            reasons.append(error)
    ill = settings.sandbox != "auto" or isinstance(reasons[0], Damaged)
    return Found(None, not ill, f"none, so {WITHOUT}. {reasons[0]}")
