"""A session held in plain language: whatever model words something is asked for everyday words."""

import pytest

from bot.coach.answers import Answerer
from bot.coach.coach import Coach
from bot.coach.persona import Persona
from bot.store.store import Store
from tests.coach.models import MODEL, client_of
from tests.coach.scripted import LIBRARY, Door, ScriptedJudge, find_named
from tests.loopback import ScriptedServer


@pytest.mark.parametrize("plain", [True, False])
async def test_models_word_probes_and_answers_plainly_in_a_session_that_is_to_be_plain(
    store: Store, plain: bool
) -> None:
    with ScriptedServer() as server:
        server.say("Expected over which of the two?")
        server.say("A unit is zeroed. [dropout]")
        async with client_of(server) as client:
            answerer = Answerer(LIBRARY, find_named(LIBRARY), client, MODEL)
            ada = Door(Coach(LIBRARY, store, ScriptedJudge("-"), Persona(client, MODEL), answerer))
            await ada.start(topic="kl", plain=plain)
            await ada.say()
            await ada.ask("dropout")
    assert ["everyday words" in request.text for request in server.requests] == [plain, plain]
