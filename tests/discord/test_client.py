"""The client itself: commands are told when they changed, and what was left is taken up."""

import pytest

from bot.coach.events import Say
from bot.compose import App
from bot.discord.client import Viva
from bot.errors import StoreError
from bot.store.store import Store
from bot.surface.beside import LOOK_SECONDS
from tests.coach.scripted import NOON
from tests.discord.scene import ANSWER, Scene, said


def synced(scene: Scene) -> int:
    return len(scene.sent("PUT", "/commands"))


async def test_commands_are_told_at_the_first_start_and_then_when_they_change(scene: Scene, app: App) -> None:
    assert synced(scene) == 1
    await scene.env.restart_bot(Viva(app))
    assert synced(scene) == 1
    changed = Viva(app)
    changed.tree.remove_command("ask")
    await scene.env.restart_bot(changed)
    assert synced(scene) == 2


async def test_commands_are_told_at_any_start_on_request(scene: Scene, app: App) -> None:
    await scene.env.restart_bot(Viva(app, sync=True))
    assert synced(scene) == 2


@pytest.mark.parametrize("free_chat", [True, False])
def test_nothing_is_asked_of_discord_that_is_not_needed(simcord_bot: Viva, free_chat: bool) -> None:
    wanted = {name for name, on in simcord_bot.intents if on}
    assert wanted == {"guilds", "guild_messages", "dm_messages", *(["message_content"] if free_chat else [])}


async def test_what_was_left_is_taken_up_though_the_database_was_away_at_the_start(
    scene: Scene, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreError("The database is away; try again.")

    ada = scene.person("ada")
    thread = await scene.drill(ada)
    (row,) = await app.store.sessions(f"discord:{ada.id}")
    await app.coach.keep(row.id, Say(id="1", at=NOON, text=ANSWER))
    with monkeypatch.context() as down:
        down.setattr(Store, "lagging", away)
        await scene.env.restart_bot(Viva(app))
    assert "Grade" not in said(thread)
    await scene.env.advance_time(LOOK_SECONDS + 1)
    assert said(thread).count("Grade 100 %") == 1
