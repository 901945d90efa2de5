"""People who drill somewhere: what they can do on the double of a platform, and what they have before their eyes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from subprocess import Popen
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from bot.coach.reply import ProbeReply, QuestionReply
from tests.shipped import Viva

Json: TypeAlias = dict[str, Any]
Asked: TypeAlias = QuestionReply | ProbeReply
PersonT = TypeVar("PersonT")
ActT = TypeVar("ActT", bound="Act")


class Act(Protocol):
    """Something that somebody did; `acknowledged` after how many seconds, None when it was not."""

    @property
    def acknowledged(self) -> float | None: ...


class Drills(ABC, Generic[PersonT, ActT]):
    """Drills on one platform's double, in one channel. A thread is whatever the platform knows it by."""

    platform: str

    @abstractmethod
    def person(self, name: str) -> PersonT:
        """Somebody in the channel."""

    @abstractmethod
    def id_of(self, person: PersonT) -> str:
        """What the coach knows them by."""

    @abstractmethod
    async def until(self, holds: Callable[[], object], seconds: float = 20.0, what: str = "") -> None:
        """Until something holds; AssertionError when it does not in time."""

    @abstractmethod
    def running(self, viva: Viva, **env: str) -> AbstractAsyncContextManager[Popen[str]]:
        """The shipped command on this platform, from the moment it is ready."""

    @abstractmethod
    async def begin(self, person: PersonT, questions: int = 1) -> Hashable:
        """A drill on a mix that has begun: its thread, once the question is there."""

    @abstractmethod
    def prompts(self, thread: Hashable) -> list[Json]:
        """What Viva asked there and still takes an answer to, oldest first."""

    @abstractmethod
    async def form(self, person: PersonT, prompt: Json) -> ActT:
        """Ask for the form under a prompt."""

    @abstractmethod
    async def hand_in(self, form: ActT, text: str) -> ActT | None:
        """Answer by a form; None where it never came up."""

    @abstractmethod
    async def reply(self, person: PersonT, prompt: Json, text: str) -> None:
        """Answer by a message."""

    @abstractmethod
    def asked(self, thread: Hashable, prompts: list[Asked]) -> tuple[list[str], list[str]]:
        """All that was ever asked there, and the words in which these prompts are put."""

    @abstractmethod
    def cards(self, thread: Hashable) -> int:
        """How many grades stand there."""

    def is_open(self, thread: Hashable, prompt: Json) -> bool:
        """Whether a prompt still takes an answer."""
        return prompt in self.prompts(thread)


@dataclass
class Talk(Generic[PersonT, ActT]):
    """Who drills in which thread, how often they said what there, and all that they clicked."""

    drills: Drills[PersonT, ActT]
    threads: dict[Hashable, PersonT] = field(default_factory=dict[Hashable, PersonT])
    answers: defaultdict[Hashable, Counter[str]] = field(default_factory=lambda: defaultdict(Counter[str]))
    acts: list[ActT] = field(default_factory=list[ActT])
