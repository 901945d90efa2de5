"""What Viva knows about a person is told, handed over and removed, to that person alone."""

from __future__ import annotations

import json
from typing import Any

from bot.compose import App
from tests.slack.people import Person
from tests.slack.scene import ANSWER, Scene
from tests.slack.shown import called, parts, text_of


def exported(scene: Scene, person: Person) -> dict[str, bytes]:
    """The files in the person's direct messages, by name; nobody else was given any."""
    there = scene.slack.lab
    shared = [(channel, f) for channel in there.channels for m in there.said(channel) for f in m.get("files", ())]
    assert {channel for channel, _ in shared} == {person.dm}
    return {file["name"]: scene.slack.uploads[file["id"]] for _, file in shared}


def id_of(scene: Scene, person: Person) -> str:
    return f"slack:{scene.slack.lab.id}:{person.id}"


async def test_export_hands_a_person_all_of_theirs_and_nothing_of_others(scene: Scene) -> None:
    ada, bob = scene.person("Ada"), scene.person("Bob")
    await scene.answer(ada, await scene.drill(ada, "kl 2"))
    await scene.answer(bob, await scene.drill(bob, "kl 2"), "something that bob said")
    await scene.slash(ada, "export")
    files = exported(scene, ada)
    data: dict[str, Any] = json.loads(files["viva-export.json"])
    assert [event["body"]["text"] for event in data["events"] if event["kind"] == "say"] == [ANSWER]
    assert f"\n> {ANSWER}\n".encode() in files["viva-export.md"]
    assert b"bob said" not in b"".join(files.values())
    assert data["sessions"][0]["server"] == f"slack:{scene.slack.lab.id}"


async def test_forget_asks_first_and_then_removes_everything_of_that_person(scene: Scene, app: App) -> None:
    ada, bob = scene.person("Ada"), scene.person("Bob")
    for person in (ada, bob):
        await scene.answer(person, await scene.drill(person, "kl 2"))
    await scene.slash(ada, "forget")
    assert await app.store.sessions(id_of(scene, ada)), "nothing goes before it is confirmed"
    (button,) = [part for part in parts(ada.whispers[-1]["blocks"]) if part.get("type") == "button"]
    assert called(button["confirm"]["confirm"]) == "Remove everything"
    await scene.click(ada, ada.whispers[-1], "Forget me")
    assert "is gone" in ada.told
    assert not any((await app.coach.export(id_of(scene, ada))).values())
    assert len(await app.store.sessions(id_of(scene, bob))) == 1


async def test_a_forgotten_session_takes_no_more_answers(scene: Scene, app: App) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada, "kl 2")
    await scene.slash(ada, "forget")
    await scene.click(ada, ada.whispers[-1], "Forget me")
    await scene.say(ada, ANSWER, thread)
    assert "Grade" not in scene.said(thread)
    assert await app.store.sessions(id_of(scene, ada)) == []


async def test_privacy_says_what_is_kept_and_for_how_long(scene: Scene) -> None:
    ada = scene.person("Ada")
    await scene.slash(ada, "privacy")
    text = text_of(ada.whispers[-1])
    for word in ("Slack", "/viva export", "/viva forget", "365 days", "no basis for hiring", "trains no model"):
        assert word in text
