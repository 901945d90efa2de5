"""Nothing is lost and nothing doubled, whatever Discord and the models do at random."""

from __future__ import annotations

from tests.discord.chaos import Chaos
from tests.discord.double import Double
from tests.discord.process import WITHOUT_MODELS, on_discord
from tests.discord.reckoning import lost_or_doubled
from tests.loopback import ScriptedServer
from tests.shipped import Viva
from tests.terminal.replies import configured

NAMES = ("Ada", "Bob", "Cleo", "Dan", "Eve", "Finn")
SECONDS = 5.0


async def test_in_a_storm_nothing_is_lost_and_nothing_doubled(viva: Viva) -> None:
    async with Double() as discord:
        lab = discord.world.add_channel(discord.world.add_guild("Lab")["id"], "general")
        people = [discord.person(name, discord.world.guilds[lab["guild_id"]]) for name in NAMES]
        chaos = Chaos(discord, seed=5)
        with ScriptedServer() as server:
            server.always(chaos.model)
            async with on_discord(viva, discord, **WITHOUT_MODELS, **configured(server)):
                await chaos.rage(people, lab, SECONDS)
        assert await lost_or_doubled(viva, chaos) == []
    log = (viva.data / "viva.log").read_text(encoding="utf-8")
    assert "unexpected" not in log, log
