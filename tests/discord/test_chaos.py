"""Nothing is lost and nothing doubled, whatever Discord and the models do at random."""

from __future__ import annotations

from tests.discord.chaos import Chaos
from tests.discord.drilling import lab
from tests.loopback import ScriptedServer
from tests.reckoning import lost_or_doubled
from tests.shipped import WITHOUT_MODELS, Viva
from tests.terminal.replies import configured

NAMES = ["Ada", "Bob", "Cleo", "Dan", "Eve", "Finn"]
SECONDS = 3.0


async def test_in_a_storm_nothing_is_lost_and_nothing_doubled(viva: Viva) -> None:
    async with lab(True) as drills:
        chaos = Chaos(drills, seed=5)
        with ScriptedServer() as server:
            server.always(chaos.model)
            async with drills.running(viva, **WITHOUT_MODELS, **configured(server)):
                await chaos.rage(NAMES, SECONDS)
        assert await lost_or_doubled(viva.data, chaos) == []
    log = (viva.data / "viva.log").read_text(encoding="utf-8")
    assert "unexpected" not in log, log
