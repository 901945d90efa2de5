"""The commands of Viva on Discord."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any, Literal

import discord
from discord import app_commands
from discord.app_commands import Choice, Range

from bot.coach.agenda import DUE
from bot.coach.events import Appeal, Ask, CandidateEvent, Hint, Mark, Mode, Pause, Skip, Start, Stop
from bot.discord import cards
from bot.discord.deliver import ByToken
from bot.discord.goals import COMMANDS as GOALS
from bot.discord.grading import grade_this_answer
from bot.discord.places import person_of, place_of
from bot.discord.privacy import COMMANDS as PRIVACY
from bot.discord.servers import allowed, server_of, settings_command
from bot.discord.telling import telling
from bot.discord.text import MESSAGE, pieces
from bot.errors import UsageError
from bot.grading.grade import Verdict
from bot.surface.servers import Servers
from bot.surface.words import further
from knowledge.library import Library, spelt
from knowledge.note import Level

Interaction = discord.Interaction[Any]  # its client is a Viva, which these commands are part of
Command = app_commands.Command[Any, ..., None] | app_commands.ContextMenu
LevelName = Literal["core", "advanced", "research"]
VerdictName = Literal["yes", "partly", "no"]

_HELP = """\
Viva asks what interviews for machine-learning research ask, and grades every point with your own words. \
To answer, press **Answer** under a question, reply to it, or mention me; only you drive your session. \
Right-click any message of yours and choose *Apps*, *Grade this answer* to have it graded. \
Practice only: grades are no basis for hiring anybody.
"""
_NO_PANEL = "Bots cannot sit on a panel, and nobody on their own."
_DUE = "What is due again"
_CHOICES = 25  # Discord's limit
_LABEL = 100  # characters of a choice
_VERDICTS: dict[VerdictName, Literal[Verdict.MET, Verdict.PARTIAL, Verdict.MISSED]] = {
    "yes": Verdict.MET, "partly": Verdict.PARTIAL, "no": Verdict.MISSED,
}  # fmt: skip


async def subjects(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """Topics and notes that have what was typed in their name, topics first."""
    return offered(interaction.client.app.knowledge.library, typed)


async def drillable(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """What is due, then as `subjects`."""
    again = [Choice(name=_DUE, value=DUE)] if spelt(typed) in spelt(_DUE) else []
    return [*again, *await subjects(interaction, typed)][:_CHOICES]


def offered(library: Library, typed: str) -> list[Choice[str]]:
    """At most 25 topics and notes for what was typed so far."""
    wanted = spelt(typed)
    topics = [
        Choice(name=f"{topic} ({len(notes)} questions)", value=topic)
        for topic, notes in library.topics.items()
        if wanted in topic
    ]
    notes = [
        Choice(name=note.question[:_LABEL], value=note.id)
        for note in library
        if wanted and (wanted in note.id or wanted in spelt(note.question))
    ]
    return [*topics, *notes][:_CHOICES]


@app_commands.command(name="drill", description="Questions, with a grade after each answer.")
@app_commands.describe(
    topic="A topic, a single note, or what is due; a mix without it",
    questions="How many questions, 5 without it",
    level="How deep the questions go; all levels without it",
    private="For your eyes only: a private thread, or grades that nobody else sees",
)
@app_commands.autocomplete(topic=drillable)
async def drill(
    interaction: Interaction,
    topic: str | None = None,
    questions: Range[int, 1, 50] = 5,
    level: LevelName | None = None,
    private: bool = False,
) -> None:
    """A drill."""
    wishes: dict[str, Any] = {"topic": topic, "questions": questions, "level": Level(level) if level else None}
    await _begin(interaction, Mode.DRILL, **wishes, private=private)


@app_commands.command(name="interview", description="An interview: no word about grades until the debrief.")
@app_commands.describe(
    minutes="How long, 30 minutes without it",
    focus="A topic for its questions of substance",
    private="For your eyes only: a private thread, or a debrief that nobody else sees",
    panel="Somebody who votes on each point before the grades are shown",
    panel_2="Somebody else on the panel",
    panel_3="Somebody else on the panel",
)
@app_commands.autocomplete(focus=subjects)
async def interview(
    interaction: Interaction,
    minutes: Range[int, 5, 180] = 30,
    focus: str | None = None,
    private: bool = False,
    panel: discord.User | None = None,
    panel_2: discord.User | None = None,
    panel_3: discord.User | None = None,
) -> None:
    """An interview."""
    named = {user.id: user for user in (panel, panel_2, panel_3) if user}
    await _begin(interaction, Mode.INTERVIEW, list(named.values()), minutes=minutes, topic=focus, private=private)


async def _begin(interaction: Interaction, mode: Mode, panel: Sequence[discord.User] = (), **wishes: Any) -> None:
    viva, person, now = interaction.client, person_of(interaction.user), interaction.created_at
    async with telling(interaction):
        await interaction.response.defer(ephemeral=True)
        await _admit(interaction)
        if any(user.bot or user.id == interaction.user.id for user in panel):
            raise UsageError(_NO_PANEL)
        server = server_of(interaction)
        left = await viva.servers.questions_left(server, person, now)
        if left is not None and "questions" in wishes:
            wishes["questions"] = min(wishes["questions"], left)
        start = Start(
            **_event(interaction),
            mode=mode,
            seed=random.randrange(2**31),  # noqa: S311  # order of questions, not a secret
            plain=(await viva.servers.settings(server)).plain,
            **wishes,
        )
        start = await viva.app.coach.memory.planned(person, start)
        await viva.conversation.begin(interaction, start, server, panel)


async def _admit(interaction: Interaction) -> None:
    if sentence := await allowed(interaction.client.servers, interaction):
        raise UsageError(sentence)


def _event(interaction: Interaction) -> dict[str, Any]:
    """What every event from an interaction has."""
    return {"id": str(interaction.id), "at": interaction.created_at}


@app_commands.command(name="ask", description="An answer from the notes, with its sources.")
@app_commands.describe(question="What you want to know")
async def ask(interaction: Interaction, question: Range[str, 1, 1000]) -> None:
    """A question to the notes."""
    async with telling(interaction):
        await interaction.response.defer()
        await _admit(interaction)
        event = Ask(**_event(interaction), text=question)
        channel = ByToken(interaction, ephemeral=False)
        person = person_of(interaction.user)
        await interaction.client.conversation.ask(
            person, place_of(interaction.channel_id or 0), event, channel, interaction
        )


async def _drive(interaction: Interaction, event: CandidateEvent) -> None:
    """Something for the person's open session."""
    async with telling(interaction):
        await interaction.response.defer(ephemeral=True)
        await interaction.client.conversation.drive(interaction, event)


@app_commands.command(name="hint", description="A nudge; the hinted point then earns half.")
async def hint(interaction: Interaction) -> None:
    """A hint."""
    await _drive(interaction, Hint(**_event(interaction)))


@app_commands.command(name="skip", description="Show the answer and move on.")
async def skip(interaction: Interaction) -> None:
    """The next question."""
    await _drive(interaction, Skip(**_event(interaction)))


@app_commands.command(name="pause", description="Leave for a while; /resume comes back, also days later.")
async def pause(interaction: Interaction) -> None:
    """A pause."""
    await _drive(interaction, Pause(**_event(interaction)))


@app_commands.command(name="mark", description="Your own verdict on a point that the judge could not tell.")
@app_commands.describe(
    point="Its number on the grade card", verdict="Did you say it?", question="Which question, the last without it"
)
async def mark(
    interaction: Interaction, point: Range[int, 1, 99], verdict: VerdictName, question: Range[int, 1, 99] | None = None
) -> None:
    """A point marked by the candidate."""
    wish = Mark(**_event(interaction), question=question, point=point, verdict=_VERDICTS[verdict])
    await _drive(interaction, wish)


@app_commands.command(name="appeal", description="You did say a point: quote your words, kept beside the verdict.")
@app_commands.describe(
    point="Its number on the grade card",
    words="Your words, as they stand in your answer",
    question="Which question, the last without it",
)
async def appeal(
    interaction: Interaction,
    point: Range[int, 1, 99],
    words: Range[str, 1, 1000],
    question: Range[int, 1, 99] | None = None,
) -> None:
    """A point appealed by the candidate."""
    await _drive(interaction, Appeal(**_event(interaction), question=question, point=point, words=words))


@app_commands.command(name="resume", description="Go on with your open session, wherever it was.")
async def resume(interaction: Interaction) -> None:
    """The open session again."""
    async with telling(interaction):
        await interaction.response.defer(ephemeral=True)
        await interaction.client.conversation.resume(interaction)


@app_commands.command(name="stop", description="End your session here and hear how it went.")
async def stop(interaction: Interaction) -> None:
    """The end of a session."""
    await _drive(interaction, Stop(**_event(interaction)))


@app_commands.command(name="topics", description="What there is to ask about.")
async def topics(interaction: Interaction) -> None:
    """Every topic."""
    async with telling(interaction):
        await interaction.response.defer(ephemeral=True)
        found = interaction.client.app.knowledge.library.topics
        lines = [f"- {topic} ({len(notes)})" for topic, notes in found.items()]
        for piece in pieces("\n".join(["/drill takes any of these, or a single note of theirs:", *lines]), MESSAGE):
            await interaction.followup.send(piece, ephemeral=True)


@app_commands.command(name="progress", description="How you do, by topic.")
async def progress(interaction: Interaction) -> None:
    """The person's progress as a chart."""
    async with telling(interaction):
        await interaction.response.defer(ephemeral=True)
        known = await interaction.client.app.coach.memory.progress(person_of(interaction.user))
        for card in await asyncio.to_thread(cards.progress, known.topics, further(known)):
            await interaction.followup.send(view=card.view, files=list(card.files), ephemeral=True)


@app_commands.command(name="help", description="What Viva does here, and how to answer.")
async def help_(interaction: Interaction) -> None:
    """Every command, and the ways to answer."""
    async with telling(interaction):
        await interaction.response.defer(ephemeral=True)
        tree = interaction.client.tree
        commands = sorted(tree.get_commands(type=discord.AppCommandType.chat_input), key=lambda c: c.name)
        lines = [f"- **/{command.name}** {command.description}" for command in commands]
        for piece in pieces("\n".join([_HELP, *lines]), MESSAGE):
            await interaction.followup.send(piece, ephemeral=True)


def add_commands(tree: app_commands.CommandTree[Any], servers: Servers, *, free_chat: bool) -> None:
    """Every command that Viva has on Discord."""
    session: list[Command] = [drill, interview, hint, skip, mark, appeal, pause, resume, stop]
    person: list[Command] = [ask, topics, progress, *GOALS, *PRIVACY, help_, grade_this_answer]
    for command in [*session, *person, settings_command(servers, free_chat=free_chat)]:
        tree.add_command(command)
