"""A storm over Slack: connections are cut, refused and refreshed; requests meet 429, 500, hang up, or lose their reply;
events, clicks and forms are told twice."""

from __future__ import annotations

from dataclasses import dataclass

from tests.slack.calls import Fault, Request
from tests.slack.delivery import Delivery
from tests.slack.double import Double
from tests.slack.drilling import OnSlack
from tests.slack.people import Act, Person
from tests.storm import Storm

_WEB = ((0.02, Fault.RATE_LIMITED), (0.03, Fault.BROKEN), (0.01, Fault.CUT), (0.03, Fault.SLOW))
_LOST = (0.03, Fault.LOST)
_TWICE = 0.1
_SPARED = ("apps.connections.open", "auth.test")  # whoever refuses a connection refuses it at its socket


@dataclass
class Chaos(Storm[Person, Act]):
    """A storm over a Slack, with so many times the faults that there are otherwise.

    A connection that was cut, and not closed, is missed only after a while.
    """

    often: int = 1
    cutting: bool = True

    @property
    def _slack(self) -> Double:
        assert isinstance(self.drills, OnSlack)
        return self.drills.slack

    def begin(self) -> None:
        """Requests meet with faults, and what is told is told twice."""
        self._slack.fault = self._web
        self._slack.post.twice = self._twice

    def end(self) -> None:
        """All is well again."""
        self._slack.fault = lambda _: None
        self._slack.post.twice = lambda _: False
        self._slack.socket.refusing = 0

    def _web(self, request: Request) -> Fault | None:
        """What happens to a request; only what says whose reply it is can be done and yet look undone."""
        if request.method in _SPARED:
            return None
        shares = [*_WEB, *([_LOST] if "metadata" in request.body else [])]
        fault = self.drawn(*((self.often * share, what) for share, what in shares))
        if not isinstance(fault, Fault):
            return None
        self.faults[fault.name] += 1
        return fault

    def _twice(self, _: Delivery) -> bool:
        if told := self.chance.random() < self.often * _TWICE:
            self.faults["TWICE"] += 1
        return told

    async def blow(self) -> str:
        """Something happens to the connections."""
        socket = self._slack.socket
        if not socket.connections:
            return ""
        blows = {"cable cut": socket.cut, "closed": socket.close, "refreshed": socket.refresh}
        blow = self.chance.choices(list(blows), weights=(2 * self.cutting, 3, 4))[0]
        socket.refusing = self.chance.choices((0, 1), weights=(5, 1))[0]
        await blows[blow]()
        return blow
