"""The Home tab: how one does, what to drill next, settings, and one's data."""

from __future__ import annotations

from bot.compose import App
from tests.slack.people import Person
from tests.slack.scene import Scene, buttons
from tests.slack.shown import parts, text_of


async def home(scene: Scene, person: Person) -> str:
    """What somebody sees who opens it now."""
    await person.open_app()
    await scene.settled()
    return text_of(person.home)


async def test_home_shows_a_chart_once_something_was_graded(scene: Scene) -> None:
    ada = scene.person("Ada")
    assert "Nothing has been graded yet" in await home(scene, ada)
    await scene.answer(ada, await scene.drill(ada, "kl 2"))
    assert "Nothing has been graded yet" not in await home(scene, ada)
    (chart,) = [part for part in parts(ada.home["blocks"]) if part.get("type") == "image"]
    assert "losses: 100 %" in chart["alt_text"] + text_of(ada.home)
    assert scene.slack.uploads[chart["slack_file"]["id"]].startswith(b"\x89PNG")


async def test_a_drill_that_home_offers_is_held_in_direct_messages(scene: Scene) -> None:
    ada = scene.person("Ada")
    await home(scene, ada)
    await scene.click(ada, ada.home, "A mix of everything")
    (prompt,) = [m for m in scene.slack.lab.said(ada.dm) if "Answer" in buttons(m)]
    assert "Question 1" in text_of(prompt)


async def test_settings_are_shown_to_who_manages_the_workspace_and_change_what_they_see(scene: Scene) -> None:
    boss, ada = scene.person("Boss", admin=True), scene.person("Ada")
    assert "Viva in this workspace" not in await home(scene, ada)
    assert "no limit" in await home(scene, boss)
    form = await scene.click(boss, boss.home, "Change")
    await scene.submit(form, daily_questions="3")
    assert "3 a day" in await home(scene, boss)


async def test_everything_is_removed_from_home(scene: Scene, app: App) -> None:
    ada = scene.person("Ada")
    await scene.drill(ada)
    await home(scene, ada)
    await scene.click(ada, ada.home, "Forget me")
    assert await app.store.sessions(f"slack:{scene.slack.lab.id}:{ada.id}") == []


async def test_ones_data_is_handed_over_in_direct_messages(scene: Scene) -> None:
    ada = scene.person("Ada")
    await scene.answer(ada, await scene.drill(ada, "kl 2"))
    await home(scene, ada)
    await scene.click(ada, ada.home, "Export")
    files = [file["name"] for message in scene.slack.lab.said(ada.dm) for file in message.get("files", ())]
    assert files == ["viva-export.json", "viva-export.md"]


async def test_home_is_shown_once_although_its_opening_is_told_twice(scene: Scene) -> None:
    scene.slack.post.twice = lambda _: True
    ada = scene.person("Ada")
    await home(scene, ada)
    assert len(scene.asked_for("views.publish")) == 1
