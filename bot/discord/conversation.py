"""Between Discord and the coach: clicks, forms and messages become events, replies become messages."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import discord

from bot.coach.coach import Coach
from bot.coach.events import Appeal, CandidateEvent, Mark, Resume, Say, Seat, Start, Vote
from bot.coach.reply import BallotReply
from bot.coach.session import Session
from bot.discord.appealing import AppealForm
from bot.discord.buttons import MAX_ANSWER, AnswerForm, shared
from bot.discord.cards import cards
from bot.discord.panel import ballot
from bot.discord.places import Channel, Held, Places, find, person_of, place_of
from bot.discord.showing import Showing
from bot.discord.telling import telling
from bot.discord.text import MESSAGE, inert, pieces
from bot.errors import UsageError
from bot.surface import conversation, words
from bot.surface.code import fenced, looks_like_code
from bot.surface.press import Press, Verb

NOT_YOURS = "This session is somebody else's; /drill starts one of your own."
_PANEL_NEEDS_A_THREAD = "A panel needs a thread on a server: ask where I may make one."
_QUOTE = ">>> "


class Conversation(conversation.Conversation[discord.Interaction[Any], Channel]):
    """All sessions that this process takes part in."""

    nothing_open = "You have no open session; /drill or /interview starts one."
    old = "This button is of another version of Viva; /resume shows where you are."

    def __init__(self, coach: Coach, places: Places, showing: Showing) -> None:
        super().__init__(coach, showing)
        self._places = places

    async def pressed(self, interaction: discord.Interaction[Any], press: Press) -> None:
        """A button was clicked."""
        async with telling(interaction):
            if press.verb == Verb.VOTE:
                await self._hand_ballot(interaction, press)
                return
            await self._owned(interaction, press.session_id)
            if press.verb == Verb.ANSWER:
                question = interaction.message.content if interaction.message else ""
                begun, sure = await self.form(press.session_id, person_of(interaction.user), MAX_ANSWER)
                form = AnswerForm(press.session_id, press.detail, question, begun=begun, sure=sure)
                await interaction.response.send_modal(form)
            elif press.verb == Verb.APPEAL:
                await interaction.response.send_modal(AppealForm(press, await self.appealable(press)))
            elif press.verb == Verb.REVEAL:
                await interaction.response.defer(ephemeral=True, thinking=True)
                turn = await self._showing.turn(press.session_id, str(interaction.id), interaction)
                await turn.reply(await self.card(press))
            elif press.verb == Verb.SHARE:
                await self._share(interaction, press)
            else:
                event = self.event(press, id=str(interaction.id), at=interaction.created_at)
                await self.take(press.session_id, event, interaction, interaction.response.defer)

    async def submitted(
        self, interaction: discord.Interaction[Any], press: Press, text: str, sure: int | None = None
    ) -> None:
        """An answer was handed in by form; it is quoted for whoever reads along."""
        async with telling(interaction):
            held = await self._owned(interaction, press.session_id)
            given = {"id": str(interaction.id), "at": interaction.created_at, "text": text, "sure": sure}
            event = Say.model_validate({**given, "prompt": press.prompt})
            alone = held.whisper or held.channel is None
            quote = partial(_quote, interaction, text, ephemeral=alone)
            await self.take(press.session_id, event, interaction, quote)

    async def marked(self, interaction: discord.Interaction[Any], session_id: str, event: Mark | Appeal) -> None:
        """The candidate gave a verdict of their own."""
        async with telling(interaction):
            await self._owned(interaction, session_id)
            await self.take(session_id, event, interaction, interaction.response.defer)

    async def voted(self, interaction: discord.Interaction[Any], session_id: str, event: Vote) -> None:
        """Somebody of the panel voted on a point; with the last vote the debrief is shown, to all who read along."""
        async with telling(interaction):
            await self._seated(interaction, session_id)
            await self.take(session_id, event, acknowledge=interaction.response.defer)

    async def _hand_ballot(self, interaction: discord.Interaction[Any], press: Press) -> None:
        """Show somebody of the panel what to vote on, with what they have said so far."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        session = await self._seated(interaction, press.session_id)
        reply, person = await self.card(press), person_of(interaction.user)
        if isinstance(reply, BallotReply):
            mine = {p: who[person] for (q, p), who in session.votes.items() if q == reply.number and person in who}
            for card in ballot(reply, press.session_id, mine):
                await interaction.followup.send(view=card.view, ephemeral=True)

    async def _seated(self, interaction: discord.Interaction[Any], session_id: str) -> Session:
        return await self.seated(session_id, person_of(interaction.user))

    async def _owned(self, interaction: discord.Interaction[Any], session_id: str) -> Held:
        held = await self._places.held(session_id, interaction.channel)
        if held.person != person_of(interaction.user):
            raise UsageError(NOT_YOURS)
        return held

    async def _share(self, interaction: discord.Interaction[Any], press: Press) -> None:
        """Show everybody what only the candidate has seen."""
        await interaction.response.defer()
        reply = await self.card(press)
        sharer = interaction.user.display_name
        for card in await asyncio.to_thread(cards, reply, session_id=press.session_id, sharer=sharer):
            await interaction.followup.send(view=card.view, files=list(card.files))
        if interaction.message:
            await interaction.edit_original_response(view=shared(interaction.message, press))

    async def begin(
        self,
        interaction: discord.Interaction[Any],
        start: Start,
        server: str | None,
        panel: Sequence[discord.abc.User] = (),
    ) -> None:
        """Open a session where it is to be held, with these people to vote; the interaction is acknowledged already."""
        start = self._coach.checked(start)
        name = f"{start.mode.capitalize()}: {start.topic or 'a mix'} · {interaction.user.display_name}"
        channel = await find(interaction, name, private=start.private)
        if panel and not isinstance(channel, discord.Thread):
            raise UsageError(_PANEL_NEEDS_A_THREAD)
        session_id, person, place = uuid4().hex, person_of(interaction.user), place_of(channel.id)
        await self.make_room(person, place, str(interaction.id), interaction.created_at, interaction)
        self._places.keep(session_id, person, channel, private=start.private)
        async with self._pointing(session_id, interaction):
            replies = self._coach.begin(session_id, person, place, start, server, once=True)
            await self._showing.show(session_id, start.id, replies, interaction)
            if isinstance(channel, discord.Thread):
                await self._seat(session_id, interaction, channel, panel)

    async def _seat(
        self,
        session_id: str,
        interaction: discord.Interaction[Any],
        thread: discord.Thread,
        panel: Sequence[discord.abc.User],
    ) -> None:
        """Bring people into the thread and give them a vote."""
        for number, user in enumerate(panel):
            await thread.add_user(user)
            seat = Seat(id=f"{interaction.id}/seat/{number}", at=interaction.created_at, who=person_of(user))
            await self.take(session_id, seat)
        if panel:
            names = words.listed([user.mention for user in panel])
            await thread.send(f"On the panel: {names}. After each question they vote on its points.")

    async def resume(self, interaction: discord.Interaction[Any]) -> None:
        """Go on with the person's session here, or with the latest one, wherever it is or was."""
        session_id = await self._open(interaction)
        held = await self._places.held(session_id)
        if not await self._places.usable(held.channel_id):
            start = (await self._coach.session(session_id)).start
            name = f"Continued · {interaction.user.display_name}"
            channel = await find(interaction, name, private=start is not None and start.private)
            await self._places.move(session_id, channel)
        await self.drive(interaction, Resume(id=str(interaction.id), at=interaction.created_at), session_id)

    async def drive(
        self, interaction: discord.Interaction[Any], event: CandidateEvent, session_id: str | None = None
    ) -> None:
        """Have an event from a command answered, in the person's session; the interaction is acknowledged already."""
        session_id = session_id or await self._open(interaction)
        async with self._pointing(session_id, interaction):
            await self.take(session_id, event, interaction)

    async def _open(self, interaction: discord.Interaction[Any]) -> str:
        return await self.open(person_of(interaction.user), place_of(interaction.channel_id or 0))

    @asynccontextmanager
    async def _pointing(self, session_id: str, interaction: discord.Interaction[Any]) -> AsyncGenerator[None]:
        """End the waiting of a command: without a word where the session is here, else by saying where it is."""
        here = (await self._places.held(session_id)).channel_id == interaction.channel_id
        if here:
            await interaction.delete_original_response()
        yield
        held = await self._places.held(session_id)
        if held.channel and not here:
            await interaction.followup.send(f"It is in <#{held.channel_id}>.", ephemeral=True)


async def _quote(interaction: discord.Interaction[Any], text: str, *, ephemeral: bool) -> None:
    first, *more = _quoted(text) or ["…"]
    await interaction.response.send_message(first, ephemeral=ephemeral)
    for piece in more:
        await interaction.followup.send(piece, ephemeral=ephemeral)


def _quoted(text: str) -> list[str]:
    """What somebody wrote, in pieces; bare code as a block."""
    if looks_like_code(text):
        return pieces(fenced(text, "python"), MESSAGE)
    return [_QUOTE + piece for piece in pieces(inert(text), MESSAGE - len(_QUOTE))]
