"""Nothing is lost and nothing doubled, whatever Slack and the models do at random."""

from __future__ import annotations

from tests.loopback import ScriptedServer
from tests.reckoning import lost_or_doubled
from tests.shipped import WITHOUT_MODELS, Viva
from tests.slack.chaos import Chaos
from tests.slack.drilling import lab
from tests.terminal.replies import configured

NAMES = ["Ada", "Bob", "Cleo"]
SECONDS = 1.0


async def test_in_a_storm_nothing_is_lost_and_nothing_doubled(viva: Viva) -> None:
    async with lab(True) as drills:
        chaos = Chaos(drills, seed=5, patience=1.0, pause=0.4, slow=0.2, often=2, cutting=False)
        with ScriptedServer() as server:
            server.always(chaos.model)
            async with drills.running(viva, **WITHOUT_MODELS, **configured(server)):
                await chaos.rage(NAMES, SECONDS)
        assert await lost_or_doubled(viva, chaos) == []
    log = viva.data / "viva.log"  # there is none where there was nothing to say
    assert not log.exists() or "unexpected" not in (said := log.read_text(encoding="utf-8")), said
