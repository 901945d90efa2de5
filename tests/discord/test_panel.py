"""An interview with other people on the panel, who vote on each point before the grade is shown."""

import pytest
from simcord import ChannelHandle, InteractionResult, MemberActor

from bot.compose import App
from bot.discord.client import Viva
from tests.coach.scripted import LIBRARY, ScriptedJudge, coach_of
from tests.discord.scene import Scene, answer, said, text, told, walk


async def interview(scene: Scene, ada: MemberActor, *panel: MemberActor) -> ChannelHandle:
    """An interview on kl that has begun, with these people on the panel."""
    names = ("panel", "panel_2", "panel_3")
    seats = {name: member.user for name, member in zip(names, panel, strict=False)}
    await ada.slash(scene.channel, "interview", focus="kl", minutes=5, **seats)
    return scene.channel.threads[-1]


async def open_ballot(member: MemberActor, thread: ChannelHandle) -> InteractionResult:
    """The newest ballot, opened."""
    *_, message = [m for m in thread.history() if "The panel votes on question" in text(m)]
    return await member.click(message, label="Vote")


async def vote(member: MemberActor, opened: InteractionResult, *verdicts: str) -> None:
    """A verdict a point, in order."""
    assert opened.response
    selects = [part for part in walk(opened.response.message.components) if hasattr(part, "options")]
    assert len(selects) == len(verdicts)
    for select, verdict in zip(selects, verdicts, strict=True):
        await member.select(opened.response, [verdict], custom_id=select.custom_id)


async def test_the_panel_is_brought_into_the_thread_and_named_without_a_ping(scene: Scene) -> None:
    ada, bob, eve = (scene.person(name) for name in ("ada", "bob", "eve"))
    thread = await interview(scene, ada, bob, eve)
    assert f"On the panel: {bob.mention} and {eve.mention}." in said(thread)
    members = [member.id for member in await scene.thread(thread).fetch_members()]
    assert {bob.id, eve.id} <= set(members)


async def test_the_grade_is_shown_when_everybody_of_the_panel_has_voted_on_every_point(scene: Scene) -> None:
    ada, bob, eve = (scene.person(name) for name in ("ada", "bob", "eve"))
    thread = await interview(scene, ada, bob, eve)
    await answer(ada, thread)
    his, hers = await open_ballot(bob, thread), await open_ballot(eve, thread)
    await ada.slash(thread, "stop")
    assert "The panel votes before the grades are shown" in said(thread)
    await vote(bob, his, "met", "met", "missed")
    assert "Debrief" not in said(thread)
    await vote(eve, hers, "met", "partial", "missed")
    assert "Debrief: 100 %" in said(thread)
    assert "panel: 2 × said\n" in said(thread)
    assert "panel: 1 × said, 1 × partly said\n" in said(thread)
    assert "panel: 2 × not said\n" in said(thread)


async def test_the_ballot_shows_the_points_to_the_panel_alone(scene: Scene) -> None:
    ada, bob, eve = (scene.person(name) for name in ("ada", "bob", "eve"))
    thread = await interview(scene, ada, bob)
    await answer(ada, thread)
    assert "Secret kl fact" not in said(thread)
    assert "Secret kl fact a" in told(await open_ballot(bob, thread))
    for other in (ada, eve):
        assert told(await open_ballot(other, thread)) == "Only the panel of this interview votes."


async def test_only_the_panel_votes(scene: Scene, app: App) -> None:
    ada, bob = scene.person("ada"), scene.person("bob")
    thread = await interview(scene, ada, bob)
    await answer(ada, thread)
    opened = await open_ballot(bob, thread)
    assert opened.response
    (session,) = await app.store.sessions(f"discord:{ada.id}")
    await vote(bob, opened, "met", "met", "met")
    votes = (await app.coach.session(session.id)).votes
    assert {point: dict(who) for point, who in votes.items()} == {
        (1, n): {f"discord:{bob.id}": "met"} for n in (1, 2, 3)
    }


async def test_a_vote_can_be_changed_and_the_ballot_shows_what_was_chosen(scene: Scene) -> None:
    ada, bob = scene.person("ada"), scene.person("bob")
    thread = await interview(scene, ada, bob)
    await answer(ada, thread)
    await vote(bob, await open_ballot(bob, thread), "missed", "met", "met")
    again = await open_ballot(bob, thread)
    assert again.response
    chosen = [
        o.value for part in walk(again.response.message.components) for o in getattr(part, "options", []) if o.default
    ]
    assert chosen == ["missed", "met", "met"]


async def test_the_candidate_need_not_wait_for_the_panel(scene: Scene) -> None:
    ada, bob = scene.person("ada"), scene.person("bob")
    thread = await interview(scene, ada, bob)
    await answer(ada, thread)
    await ada.slash(thread, "stop")
    assert "Debrief" not in said(thread)
    await ada.slash(thread, "stop")
    assert said(thread).count("Debrief: 100 %") == 1
    await ada.slash(thread, "stop")
    assert said(thread).count("Debrief: 100 %") == 1
    assert "This session is over" in said(thread)


async def test_ballots_of_before_a_restart_are_counted(scene: Scene, app: App, judge: ScriptedJudge) -> None:
    ada, bob = scene.person("ada"), scene.person("bob")
    thread = await interview(scene, ada, bob)
    await answer(ada, thread)
    opened = await open_ballot(bob, thread)
    await ada.slash(thread, "stop")
    coach = coach_of(LIBRARY, app.store, judge)
    await scene.env.restart_bot(Viva(App(app.settings, app.knowledge, app.store, coach, app.judge, None)))
    await vote(bob, opened, "met", "met", "met")
    assert "Debrief: 100 %" in said(thread)


async def test_who_is_forgotten_is_no_longer_on_the_panel(scene: Scene, app: App) -> None:
    ada, bob = scene.person("ada"), scene.person("bob")
    thread = await interview(scene, ada, bob)
    await answer(ada, thread)
    await vote(bob, await open_ballot(bob, thread), "met", "met", "met")
    kept = await app.coach.export(f"discord:{bob.id}")
    assert [event["kind"] for event in kept["events"]] == ["seat", "vote", "vote", "vote"]
    await app.coach.forget(f"discord:{bob.id}")
    assert str(bob.id) not in str(await app.coach.export(f"discord:{ada.id}"))
    await ada.slash(thread, "stop")
    assert "Debrief: 100 %" in said(thread)
    assert "panel: 1 ×" not in said(thread)


async def test_bots_and_the_candidate_cannot_sit_on_the_panel(scene: Scene) -> None:
    ada = scene.person("ada")
    robot = scene.guild.add_member(scene.env.create_user("robot", bot=True))
    for nobody in (ada, robot):
        result = await ada.slash(scene.channel, "interview", focus="kl", panel=nobody.user)
        assert told(result) == "Bots cannot sit on a panel, and nobody on their own."
    assert scene.channel.threads == []


@pytest.mark.parametrize("lacking", ["create_public_threads", "send_messages_in_threads"])
async def test_a_panel_without_a_thread_is_told_that_it_needs_one(scene: Scene, lacking: str) -> None:
    scene.lacking(**{lacking: False})
    ada, bob = scene.person("ada"), scene.person("bob")
    result = await ada.slash(scene.channel, "interview", focus="kl", panel=bob.user)
    assert "A panel needs a thread" in told(result)
