"""What a server's managers choose with `/settings`, and what follows from it."""

import discord
import pytest
from simcord import MemberActor

from bot.discord.client import Viva
from bot.surface.servers import ServerSettings
from tests.discord.conftest import Installation
from tests.discord.scene import ANSWER, Scene, answer, told, walk
from tests.discord.scene import text as text_of

NOT_YOURS = "Only those who may manage the server can change how Viva is on it."
LIMITS = "viva:settings:limits"


@pytest.fixture
def mia(scene: Scene) -> MemberActor:
    """A manager of the server."""
    role = scene.guild.create_role("managers", permissions=discord.Permissions(manage_guild=True))
    return scene.person("mia", roles=[role])


async def chosen(scene: Scene) -> ServerSettings:
    viva = scene.env.bot
    assert isinstance(viva, Viva)
    return await viva.servers.settings(f"discord:{scene.guild.id}")


async def card(scene: Scene, manager: MemberActor) -> discord.Message:
    """The card of /settings, as it is sent."""
    response = (await manager.slash(scene.channel, "settings")).response
    assert response
    assert response.ephemeral
    return response.message


async def limited(scene: Scene, manager: MemberActor, questions: str, days: str) -> str:
    """Type limits into the form of the card; what came back."""
    shown = await card(scene, manager)
    form = await manager.click(shown, custom_id=LIMITS)
    return told(await manager.submit_modal(form, {"questions": questions, "days": days}))


async def test_a_manager_chooses_where_who_how_and_whether_chat_is_read(scene: Scene, mia: MemberActor) -> None:
    shown = await card(scene, mia)
    role = scene.guild.create_role("candidates")
    await mia.select(shown, [scene.channel], custom_id="viva:settings:channels")
    await mia.select(shown, [role], custom_id="viva:settings:roles")
    await mia.select(shown, ["on"], custom_id="viva:settings:plain")
    await mia.select(shown, ["off"], custom_id="viva:settings:free_chat")
    assert await chosen(scene) == ServerSettings(
        channels=(str(scene.channel.id),), roles=(str(role.id),), plain=True, free_chat=False
    )
    await mia.select(shown, [], custom_id="viva:settings:channels")
    assert (await chosen(scene)).channels == ()


async def test_the_card_shows_what_is_chosen(scene: Scene, mia: MemberActor) -> None:
    assert "no limit" in text_of(await card(scene, mia))
    after = await limited(scene, mia, "20", "30")
    assert "20 a day" in after
    assert "30 days" in after
    await mia.select(await card(scene, mia), [scene.channel], custom_id="viva:settings:channels")
    (menu,) = [
        part for part in walk((await card(scene, mia)).components) if part.type is discord.ComponentType.channel_select
    ]
    assert [value.id for value in menu.default_values] == [scene.channel.id]


async def test_limits_are_typed_into_a_form_and_none_for_questions_means_any(scene: Scene, mia: MemberActor) -> None:
    await limited(scene, mia, "20", "30")
    assert await chosen(scene) == ServerSettings(daily_questions=20, retention_days=30)
    await limited(scene, mia, "", "30")
    assert (await chosen(scene)).daily_questions is None


@pytest.mark.parametrize(
    ("questions", "days", "sentence"),
    [
        ("0", "30", "Questions a person has in a day are a whole number from 1 to 1,000"),
        ("many", "30", "Questions a person has in a day are a whole number from 1 to 1,000"),
        ("5", "9999", "Days that sessions are kept are a whole number from 1 to 3,650"),
        ("5", "1.5", "Days that sessions are kept are a whole number from 1 to 3,650"),
    ],
)
async def test_a_limit_that_is_none_is_told_and_changes_nothing(
    scene: Scene, mia: MemberActor, questions: str, days: str, sentence: str
) -> None:
    assert f"{sentence}; nothing was changed." in await limited(scene, mia, questions, days)
    assert await chosen(scene) == ServerSettings()


async def test_settings_are_for_managers_alone(scene: Scene, simcord_bot: Viva) -> None:
    command = simcord_bot.tree.get_command("settings")
    assert command
    assert command.default_permissions == discord.Permissions(manage_guild=True)
    bob = scene.person("bob")
    (told_to_discord,) = [each for each in await simcord_bot.tree.fetch_commands() if each.name == "settings"]
    scene.guild.set_command_permissions(told_to_discord, {bob: True})  # a server can show a command to whom it likes
    assert told(await bob.slash(scene.channel, "settings")) == NOT_YOURS


async def test_a_card_that_stayed_open_serves_nobody_who_is_no_manager_any_more(scene: Scene, mia: MemberActor) -> None:
    shown = await card(scene, mia)
    server = scene.env.backend.guilds[scene.guild.id]
    server.roles = {name: role for name, role in server.roles.items() if role.name != "managers"}
    server.members[mia.id].role_ids.clear()
    assert NOT_YOURS in told(await mia.select(shown, ["on"], custom_id="viva:settings:plain"))
    assert NOT_YOURS in told(await mia.click(shown, custom_id=LIMITS))
    assert await chosen(scene) == ServerSettings()


async def test_where_only_the_person_installed_viva_a_server_has_no_settings(
    scene: Scene, mia: MemberActor, installation: Installation
) -> None:
    await limited(scene, mia, "1", "30")
    installation.by_server = False
    bob = scene.person("bob")
    for _ in range(2):
        await bob.slash(scene.channel, "drill", topic="kl")
        await answer(bob.user, bob.user.dm_channel)
    assert told(await mia.slash(scene.channel, "settings")) == NOT_YOURS


async def test_a_card_from_before_a_restart_is_heard(scene: Scene, mia: MemberActor, simcord_bot: Viva) -> None:
    shown = await card(scene, mia)
    await scene.env.restart_bot(Viva(simcord_bot.app))
    await mia.select(shown, ["on"], custom_id="viva:settings:plain")
    assert (await chosen(scene)).plain


async def test_sessions_are_held_only_where_managers_said(scene: Scene, mia: MemberActor) -> None:
    allowed = scene.guild.create_text_channel("interviews")
    await mia.select(await card(scene, mia), [allowed], custom_id="viva:settings:channels")
    ada = scene.person("ada")
    assert told(await ada.slash(scene.channel, "drill")) == f"Sessions on this server are held in <#{allowed.id}>."
    assert not scene.channel.threads
    await ada.slash(allowed, "drill", topic="kl")
    assert allowed.threads


async def test_a_category_stands_for_its_channels_and_a_channel_for_its_threads(scene: Scene, mia: MemberActor) -> None:
    category = scene.guild.create_category("practice")
    inside = scene.guild.create_text_channel("mocks", category=category)
    await mia.select(await card(scene, mia), [category], custom_id="viva:settings:channels")
    ada = scene.person("ada")
    await ada.slash(inside, "drill", topic="kl")
    (thread,) = inside.threads
    await ada.slash(thread, "drill", topic="dropout")
    assert "dropout" in "".join(message.content for message in thread.history())


async def test_sessions_are_held_only_by_those_with_a_role(scene: Scene, mia: MemberActor) -> None:
    role = scene.guild.create_role("candidates")
    await mia.select(await card(scene, mia), [role], custom_id="viva:settings:roles")
    bob, ada = scene.person("bob"), scene.person("ada", roles=[role])
    assert "another role" in told(await bob.slash(scene.channel, "drill"))
    await ada.slash(scene.channel, "drill", topic="kl")
    assert len(scene.channel.threads) == 1


async def test_a_days_questions_are_counted_and_the_last_drill_is_no_longer_than_what_is_left(
    scene: Scene, mia: MemberActor
) -> None:
    await limited(scene, mia, "2", "30")
    ada, bob = scene.person("ada"), scene.person("bob")
    thread = await scene.drill(ada, questions=1)
    await answer(ada, thread, ANSWER)
    thread = await scene.drill(ada, "dropout", questions=5)
    assert "of 1" in "".join(text_of(message) for message in thread.history()), "only one question is left"
    await answer(ada, thread, ANSWER)
    assert told(await ada.slash(scene.channel, "drill")) == (
        "That was the day's 2 questions on this server; tomorrow (UTC) has more."
    )
    await scene.drill(bob)
