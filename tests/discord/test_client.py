"""The client itself: commands are told when they changed."""

import pytest

from bot.compose import App
from bot.discord.client import Viva
from tests.discord.scene import Scene


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
