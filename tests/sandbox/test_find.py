"""The sandbox that there is, or why there is none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SandboxError
from bot.sandbox import bubblewrap as bubblewrap_module
from bot.sandbox import find as module
from bot.sandbox.bubblewrap import bubblewrap, command
from bot.sandbox.child import ChildSandbox
from bot.sandbox.find import find, look
from bot.sandbox.sandbox import Limits
from bot.sandbox.setup import Damaged
from bot.settings import SandboxName, VivaSettings


def there(name: str) -> Callable[..., ChildSandbox]:
    return lambda *_: ChildSandbox(name, lambda _: [])


def missing(error: SandboxError) -> Callable[..., ChildSandbox]:
    def make(*_: Any) -> ChildSandbox:
        raise error

    return make


NO_WASI, NO_BWRAP = missing(SandboxError("No wasi.")), missing(SandboxError("No bwrap."))
BROKEN = missing(Damaged("Broken."))
WITHOUT = "none, so code drills are graded by their rubric alone."


@pytest.mark.parametrize(
    ("asked", "wasi", "bubblewrap", "found", "ok", "text"),
    [
        ("auto", there("wasi"), there("bubblewrap"), "wasi", True, "wasi"),
        ("auto", NO_WASI, there("bubblewrap"), "bubblewrap", True, "bubblewrap"),
        ("auto", NO_WASI, NO_BWRAP, None, True, f"{WITHOUT} No wasi."),
        ("auto", BROKEN, NO_BWRAP, None, False, f"{WITHOUT} Broken."),
        ("wasi", NO_WASI, there("bubblewrap"), None, False, f"{WITHOUT} No wasi."),
        ("bubblewrap", there("wasi"), NO_BWRAP, None, False, f"{WITHOUT} No bwrap."),
        ("bubblewrap", there("wasi"), there("bubblewrap"), "bubblewrap", True, "bubblewrap"),
        ("none", there("wasi"), there("bubblewrap"), None, True, "switched off by VIVA_SANDBOX"),
    ],
)
def test_the_first_that_is_asked_for_and_there(
    asked: SandboxName,
    wasi: Callable[..., ChildSandbox],
    bubblewrap: Callable[..., ChildSandbox],
    found: str | None,
    ok: bool,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "wasi", wasi)
    monkeypatch.setattr(module, "bubblewrap", bubblewrap)
    settings = VivaSettings.model_validate({"sandbox": asked})
    sandbox = find(settings)
    assert (sandbox.name if sandbox else None) == found
    assert (look(settings).ok, look(settings).text.startswith(text)) == (ok, True)


def test_bubblewrap_is_never_used_as_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bwrap").write_text("#!/bin/sh\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(bubblewrap_module.os, "geteuid", lambda: 0)
    with pytest.raises(SandboxError, match="not used as root"):
        bubblewrap()
    monkeypatch.setattr(bubblewrap_module.os, "geteuid", lambda: 1000)
    assert bubblewrap().command(Limits())[0] == str(tmp_path / "bwrap")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SandboxError, match="not installed"):
        bubblewrap()


def test_the_guest_sees_its_libraries_alone_and_can_write_to_none() -> None:
    words = list(command("bwrap", Limits(seconds=2, memory=2**28)))
    shown = {words[i + 1]: words[i + 2] for i, word in enumerate(words) if word == "--ro-bind"}
    assert words.index("--remount-ro") > max(i for i, word in enumerate(words) if word == "--ro-bind")
    assert not {word for word in words if word.startswith("--") and ("bind" in word or word in FORBIDDEN)} - {
        "--ro-bind"
    }
    assert {"--unshare-all", "--die-with-parent", "--new-session"} <= set(words)
    assert words[words.index("--cap-drop") + 1] == "ALL"
    assert not [path for path in shown if Path(path) in (Path("/"), Path.home(), Path("/etc"), Path("/usr"))]
    assert {"/packages/numpy", "/guest.py"} <= set(shown.values())
    assert {"CORE=0", "FSIZE=0", "NPROC=1"} <= set(words)
    assert next(int(word[5:]) for word in words if word.startswith("DATA=")) < 2**28 + 2**27


FORBIDDEN = ("--proc", "--dev", "--tmpfs", "--share-net", "--dir", "--file")
