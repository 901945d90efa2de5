"""A storm over Discord: the gateway is cut, refuses and forgets; REST answers 429 and 500, hangs up, loses replies."""

from __future__ import annotations

from tests.discord.double import Double, Fault, Request
from tests.discord.drilling import OnDiscord
from tests.discord.people import Click, Person
from tests.storm import Storm

_REST = ((0.03, Fault.RATE_LIMITED), (0.005, Fault.RATE_LIMITED_EVERYWHERE), (0.03, Fault.BROKEN), (0.01, Fault.CUT))
_LOST = (0.03, Fault.LOST)


class Chaos(Storm[Person, Click]):
    """A storm over a Discord."""

    @property
    def _discord(self) -> Double:
        assert isinstance(self.drills, OnDiscord)
        return self.drills.discord

    def begin(self) -> None:
        """Requests meet with faults."""
        self._discord.fault = self._rest

    def end(self) -> None:
        """All is well again."""
        self._discord.fault = lambda _: None
        self._discord.gateway.refusing = 0

    def _rest(self, request: Request) -> Fault | None:
        """What happens to a request; only what has a nonce can be done and yet look undone."""
        fault = self.drawn(*_REST, *([_LOST] if "nonce" in (request.body or {}) else []))
        if not isinstance(fault, Fault):
            return None
        self.faults[fault.name] += 1
        return fault

    async def blow(self) -> str:
        """Something happens to the gateway."""
        gateway = self._discord.gateway
        if not gateway.connected:
            return ""
        blows = {
            "cable cut": gateway.drop,
            "closed": lambda: gateway.drop(4000),
            "op 7": gateway.ask_to_reconnect,
            "op 9": lambda: gateway.invalidate(resumable=True),
            "forgotten": lambda: gateway.invalidate(resumable=False),
        }
        # To be forgotten costs a bot five seconds, and to be refused ever more, so both are rare.
        blow = self.chance.choices(list(blows), weights=(4, 3, 3, 3, 1))[0]
        gateway.refusing = self.chance.choices((0, 1), weights=(5, 1))[0]
        await blows[blow]()
        return blow
