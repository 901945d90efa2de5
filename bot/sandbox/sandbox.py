"""What every sandbox takes and gives: code and trials in, an outcome out.

Only inputs go in. What comes back is data that the host has decoded and bounded; whether it is right
is decided on the host, so nothing that the code does can make a wrong value pass.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from numpy.typing import NDArray

Key: TypeAlias = bool | int | float | str | None
Value: TypeAlias = "bool | int | float | str | list[Value] | dict[Key, Value] | NDArray[Any] | None"


@dataclass(frozen=True)
class Limits:
    """What one run may use: seconds by the clock, bytes of memory, and bytes printed."""

    seconds: float = 5.0
    memory: int = 256 * 2**20
    output: int = 64 * 2**10


DEFAULT = Limits()


@dataclass(frozen=True)
class Trial:
    """One case: `run` is executed after the candidate's code, sees `inputs` by name, and sets `result`."""

    id: str
    inputs: Mapping[str, Value]
    run: str


@dataclass(frozen=True)
class Fault:
    """An exception: its class, its message, and the line of the candidate's code, from 1, where there is one."""

    kind: str
    message: str
    line: int | None = None

    @property
    def sentence(self) -> str:
        """The fault for a person, pointing at the line."""
        where = "" if self.line is None else f"Line {self.line}: "
        return f"{where}{self.kind}: {self.message}" if self.message else f"{where}{self.kind}"


@dataclass(frozen=True)
class Ran:
    """How one trial went: its value, or its error; seconds by the clock; what was printed.

    Tuples arrive as lists, numpy scalars as numbers, arrays of strings as lists.
    """

    id: str
    value: Value
    error: Fault | None
    seconds: float
    printed: str


class End(StrEnum):
    """Why a run ended."""

    DONE = "done"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT = "output"
    CRASHED = "crashed"


@dataclass(frozen=True)
class Outcome:
    """How a run ended, and the trials that were through by then, in their order.

    `fault` is what kept the code from being tried at all: a syntax error, or an error at import.
    """

    end: End
    ran: tuple[Ran, ...] = ()
    fault: Fault | None = None
    limits: Limits = DEFAULT

    @property
    def sentence(self) -> str:
        """The outcome for a person, in one sentence."""
        fault = self.fault or next((ran.error for ran in self.ran if ran.error), None)
        match self.end:
            case End.TIMEOUT:
                return f"It was stopped after {self.limits.seconds:g} seconds, the time a run has."
            case End.MEMORY:
                return f"It needed more than {self.limits.memory >> 20} MB, the memory a run has."
            case End.OUTPUT:
                return f"It was stopped because it wrote more than {self.limits.output >> 10} KB."
            case End.CRASHED:
                return "It ended the interpreter before its results were there."
            case End.DONE if fault:
                return fault.sentence
            case End.DONE:
                return f"It ran {len(self.ran)} {'case' if len(self.ran) == 1 else 'cases'} without an error."


class Sandbox(Protocol):
    """A place where untrusted code runs; `name` is what it is called in settings and in the bench."""

    @property
    def name(self) -> str:
        """Short name: wasi or bubblewrap."""
        ...

    async def run(self, code: str, trials: Sequence[Trial], limits: Limits = DEFAULT) -> Outcome:
        """Run the code anew for every trial, in order; never raises for anything that the code does.

        Raises SandboxError where the sandbox itself cannot be started.
        """
        ...
