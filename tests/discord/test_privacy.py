"""What Viva knows about a person is told, handed over and removed, to that person alone."""

import json
import zipfile
from io import BytesIO
from typing import Any

import pytest
from simcord import InteractionResult, interactions

from bot.compose import App
from bot.discord.client import Viva
from bot.surface.privacy import privacy_text
from tests.discord.conftest import Installation
from tests.discord.scene import ANSWER, Scene, answer, prompt, said, told


async def handed_over(result: InteractionResult) -> dict[str, bytes]:
    """The files that were handed over, by name."""
    messages = [message for message in (result.response, *result.followups) if message]
    assert all(message.ephemeral for message in messages)
    return {file.filename: await file.read() for message in messages for file in message.attachments}


def answers(exported: bytes) -> list[str]:
    """What the person said, by an export."""
    data: dict[str, Any] = json.loads(exported)
    return [event["body"]["text"] for event in data["events"] if event["kind"] == "say"]


async def test_export_hands_a_person_all_of_theirs_and_nothing_of_others(scene: Scene) -> None:
    ada, bob = scene.person("ada"), scene.person("bob")
    await answer(ada, await scene.drill(ada), ANSWER)
    await answer(bob, await scene.drill(bob), "something that bob said")
    files = await handed_over(await ada.slash(scene.channel, "export"))
    exported = files["viva-export.json"]
    assert answers(exported) == [ANSWER]
    assert f"\n> {ANSWER}\n".encode() in files["viva-export.md"]
    assert b"bob said" not in b"".join(files.values())
    assert json.loads(exported)["sessions"][0]["server"] == f"discord:{scene.guild.id}"


async def test_an_export_that_is_too_large_for_discord_is_packed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = scene.person("ada")
    await answer(ada, await scene.drill(ada), ANSWER)
    limit(monkeypatch, 2_000)
    files = await handed_over(await ada.slash(scene.channel, "export"))
    packed = zipfile.ZipFile(BytesIO(files["viva-export.json.zip"]))
    assert packed.namelist() == ["viva-export.json", "viva-export.md"]
    assert answers(packed.read("viva-export.json")) == [ANSWER]
    limit(monkeypatch, 20)
    assert "larger than the files that Discord takes" in told(await ada.slash(scene.channel, "export"))


def limit(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Discord takes files of at most so many bytes."""
    usual = interactions.base_payload

    def base_payload(*args: Any, **kwargs: Any) -> Any:
        record, payload = usual(*args, **kwargs)
        return record, payload | {"attachment_size_limit": size}

    monkeypatch.setattr(interactions, "base_payload", base_payload)


async def test_forget_asks_first_and_then_removes_everything_of_that_person(scene: Scene, app: App) -> None:
    ada, bob = scene.person("ada"), scene.person("bob")
    for person in (ada, bob):
        await answer(person, await scene.drill(person), ANSWER)
    asked = await ada.slash(scene.channel, "forget")
    assert asked.response
    assert asked.response.ephemeral
    assert await app.store.sessions(f"discord:{ada.id}"), "nothing goes before it is confirmed"
    await ada.click(asked.response.message, label="Remove everything")
    assert "is gone" in asked.response.content
    assert asked.response.components == []
    assert not any((await app.coach.export(f"discord:{ada.id}")).values())
    assert len(await app.store.sessions(f"discord:{bob.id}")) == 1


async def test_a_confirmation_from_before_a_restart_still_serves(scene: Scene, app: App) -> None:
    ada = scene.person("ada")
    await scene.drill(ada)
    asked = await ada.slash(scene.channel, "forget")
    assert asked.response
    await scene.env.restart_bot(Viva(app))
    await ada.click(asked.response.message, label="Remove everything")
    assert await app.store.sessions(f"discord:{ada.id}") == []
    again = await ada.slash(scene.channel, "forget")
    assert again.response
    await ada.click(again.response.message, label="Remove everything")
    assert again.response.content == "Viva keeps nothing about you."


async def test_a_forgotten_session_takes_no_more_answers_and_says_so(scene: Scene, app: App) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    question = prompt(thread)
    asked = await ada.slash(scene.channel, "forget")
    assert asked.response
    await ada.click(asked.response.message, label="Remove everything")
    await ada.send(thread, ANSWER, reply_to=question)
    assert "Grade" not in said(thread)
    assert await app.store.sessions(f"discord:{ada.id}") == []


async def test_the_privacy_text_says_for_how_long_that_server_keeps_sessions(
    scene: Scene, simcord_bot: Viva, installation: Installation
) -> None:
    await simcord_bot.servers.change(f"discord:{scene.guild.id}", {"retention_days": 30})
    ada = scene.person("ada")
    text = told(await ada.slash(scene.channel, "privacy"))
    assert "30 days here; elsewhere until you remove it" in text
    installation.by_server = False
    assert "until you remove it" in told(await ada.slash(scene.channel, "privacy"))
    assert "30 days" not in told(await ada.slash(scene.channel, "privacy"))


@pytest.mark.parametrize("models", [True, False])
def test_the_privacy_text_says_what_it_has_to_and_fits_into_a_message(models: bool) -> None:
    text = privacy_text("Discord", kept_days=30, models=models)
    assert len(text) <= 2_000
    for word in ("Discord", "/export", "/forget", "Practice only", "no basis for hiring", "trains no model"):
        assert word in text
    assert ("model server" in text) is models
