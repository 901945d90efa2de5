"""The ballot of somebody on the panel: a select a point, for their eyes alone. Heard by whichever process."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Self, cast

import discord
from discord import ui

from bot.coach.events import Vote
from bot.coach.reply import BallotReply
from bot.discord.layout import Block, Card, laid_out
from bot.discord.places import person_of
from bot.discord.text import inert
from bot.grading.grade import Verdict
from bot.surface import words

_VERDICTS = (Verdict.MET, Verdict.PARTIAL, Verdict.MISSED)
_TEMPLATE = r"viva:ballot:(?P<session>[0-9a-f]{32}):(?P<question>[0-9]{1,3})\.(?P<point>[0-9]{1,3})"


class Voting(ui.DynamicItem[ui.Select[Any]], template=_TEMPLATE):
    """One point of a ballot; what was said before is chosen already."""

    def __init__(self, session_id: str, question: int, point: int, said: Verdict | None = None) -> None:
        options = [discord.SelectOption(label=words.NAME[v], value=v, default=v is said) for v in _VERDICTS]
        custom_id = f"viva:ballot:{session_id}:{question}.{point}"
        super().__init__(ui.Select(custom_id=custom_id, placeholder="Was it said?", options=options))
        self._session_id, self._question, self._point = session_id, question, point

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The select as it was sent."""
        voting = cls(match["session"], int(match["question"]), int(match["point"]))
        voting.item = cast("ui.Select[Any]", item)
        return voting

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the vote to the conversation; the client is a Viva."""
        vote = Vote.model_validate(
            {
                "id": str(interaction.id),
                "at": interaction.created_at,
                "who": person_of(interaction.user),
                "question": self._question,
                "point": self._point,
                "verdict": self.item.values[0],
            }
        )
        await interaction.client.conversation.voted(interaction, self._session_id, vote)


def ballot(reply: BallotReply, session_id: str, said: Mapping[int, Verdict]) -> list[Card]:
    """A ballot in as many messages as it needs; `said` is what its holder has said so far, by point."""
    return laid_out(_blocks(reply, session_id, said))


def _blocks(reply: BallotReply, session_id: str, said: Mapping[int, Verdict]) -> Iterator[Block]:
    yield f"### Your vote on question {reply.number}\n{inert(reply.question)}"
    for number, point in enumerate(reply.points, 1):
        yield f"**{number}.** {inert(point)}"
        yield ui.ActionRow[Any](Voting(session_id, reply.number, number, said.get(number)))
