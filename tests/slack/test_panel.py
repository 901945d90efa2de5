"""An interview with other people on the panel, who vote on each point before the grade is shown."""

from __future__ import annotations

import pytest

from bot.compose import App
from tests.slack.drilling import Thread
from tests.slack.people import Act, Person
from tests.slack.scene import Scene
from tests.slack.shown import called, options_of, parts, text_of


async def interview(scene: Scene, ada: Person, *panel: Person) -> Thread:
    """An interview on kl that has begun, with these people on the panel."""
    scene.slack.meant |= {f"<@{person.id}>" for person in panel}
    names = " ".join(f"@{person.name}" for person in panel)
    return await scene.drill(ada, f"kl 5 panel {names}", mode="interview")


async def open_ballot(scene: Scene, person: Person, thread: Thread) -> Act:
    """The newest ballot, opened."""
    *_, message = [m for m in scene.slack.lab.thread(*thread) if "The panel votes on question" in text_of(m)]
    return await scene.click(person, message, "Vote")


async def vote(scene: Scene, opened: Act, *verdicts: str) -> None:
    """A verdict a point, in order."""
    assert opened.modal
    fields = [part["action_id"] for part in parts(opened.modal["blocks"]) if options_of(part)]
    assert len(fields) == len(verdicts)
    await scene.submit(opened, **dict(zip(fields, verdicts, strict=True)))


async def test_the_panel_is_named_in_the_thread(scene: Scene) -> None:
    ada, bob, eve = (scene.person(name) for name in ("Ada", "Bob", "Eve"))
    thread = await interview(scene, ada, bob, eve)
    assert f"On the panel: <@{bob.id}> and <@{eve.id}>." in str(scene.slack.lab.thread(*thread)) + scene.said(thread)


async def test_the_grade_is_shown_when_everybody_of_the_panel_has_voted_on_every_point(scene: Scene) -> None:
    ada, bob, eve = (scene.person(name) for name in ("Ada", "Bob", "Eve"))
    thread = await interview(scene, ada, bob, eve)
    await scene.answer(ada, thread)
    his, hers = await open_ballot(scene, bob, thread), await open_ballot(scene, eve, thread)
    await scene.slash(ada, "stop")
    assert "The panel votes before the grades are shown" in scene.said(thread)
    await vote(scene, his, "said", "said", "not said")
    assert "Debrief" not in scene.said(thread)
    await vote(scene, hers, "said", "partly said", "not said")
    assert "Debrief: 100 %" in scene.said(thread)
    for votes in ("panel: 2 × said", "panel: 1 × said, 1 × partly said", "panel: 2 × not said"):
        assert votes in scene.said(thread)


async def test_the_ballot_shows_the_points_to_the_panel_alone(scene: Scene) -> None:
    ada, bob, eve = (scene.person(name) for name in ("Ada", "Bob", "Eve"))
    thread = await interview(scene, ada, bob)
    await scene.answer(ada, thread)
    assert "Secret kl fact" not in scene.said(thread)
    opened = await open_ballot(scene, bob, thread)
    assert opened.modal
    assert "Secret kl fact a" in text_of(opened.modal)
    for other in (ada, eve):
        assert (await open_ballot(scene, other, thread)).modal is None
        assert other.told == "Only the panel of this interview votes."


async def test_a_vote_can_be_changed_and_the_ballot_shows_what_was_chosen(scene: Scene, app: App) -> None:
    ada, bob = scene.person("Ada"), scene.person("Bob")
    thread = await interview(scene, ada, bob)
    await scene.answer(ada, thread)
    await vote(scene, await open_ballot(scene, bob, thread), "not said", "said", "said")
    again = await open_ballot(scene, bob, thread)
    assert again.modal
    chosen = [called(part["initial_option"]["text"]) for part in parts(again.modal["blocks"]) if options_of(part)]
    assert chosen == ["not said", "said", "said"]
    await vote(scene, again, "said", "said", "said")
    team = scene.slack.lab.id
    (row,) = await app.store.sessions(f"slack:{team}:{ada.id}")
    votes = (await app.coach.session(row.id)).votes
    assert {point: dict(who) for point, who in votes.items()} == {
        (1, n): {f"slack:{team}:{bob.id}": "met"} for n in (1, 2, 3)
    }


@pytest.mark.parametrize("who", ["Ada", "viva"])
async def test_apps_and_the_candidate_cannot_sit_on_the_panel(scene: Scene, who: str) -> None:
    ada = scene.person("Ada")
    await scene.slash(ada, f"interview kl panel @{who}")
    assert ada.told == "Bots cannot sit on a panel, and nobody on their own."
    assert list(scene.slack.lab.said(scene.general)) == []
