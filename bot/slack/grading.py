"""The shortcut "Grade this answer": a message of one's own, graded against the question that it answers."""

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.errors import UsageError
from bot.slack import blocks, forms
from bot.slack.call import Call
from bot.slack.forms import Source
from bot.slack.parts import Parts
from bot.slack.wishes import plain
from bot.surface.grading import NO_TEXT, OTHERS, graded

_CHOICES = 25
_CHOOSE = "Choose the question that it answers, or look for it."


async def asked_for(parts: Parts, call: Call, body: Mapping[str, Any]) -> None:
    """Show which questions a message may answer."""
    await call.ack()
    await parts.admit(call)
    message = body["message"]
    if message.get("user") != call.user:
        raise UsageError(OTHERS)
    text = plain(str(message.get("text", "")))
    if not text.strip():
        raise UsageError(NO_TEXT)
    view = forms.choosing(Source(call.channel, message["ts"], text), await _questions(parts, text))
    web = await parts.workspaces.web(call.team)
    await web("views.open", trigger_id=call.trigger, view=view)


async def _questions(parts: Parts, text: str) -> list[tuple[str, str, str]]:
    """The questions of the notes that are nearest to a text: id, question and topic."""
    hits = (await parts.app.knowledge.find(text, k=_CHOICES)).hits
    notes = [parts.app.knowledge.library[hit.note_id] for hit in hits]
    return [(note.id, note.question, note.topic) for note in notes]


async def looked_for(parts: Parts, call: Call, view: Mapping[str, Any], words: str) -> None:
    """Offer the questions that are nearest to these words."""
    await call.ack()
    questions = await _questions(parts, words)
    source = await _whole(parts, call, forms.source(view))
    web = await parts.workspaces.web(call.team)
    await web("views.update", view_id=view["id"], hash=view.get("hash"), view=forms.choosing(source, questions))


async def chosen(parts: Parts, call: Call, view: Mapping[str, Any]) -> None:
    """Grade the message, and show the card to its author alone."""
    note_id = forms.chosen(view)
    if note_id is None:
        field = next(name for name in view["state"]["values"])
        await call.ack(response_action="errors", errors={field: _CHOOSE})
        return
    await call.ack()
    source = await _whole(parts, call, forms.source(view))
    coach, session_id = parts.app.coach, call.session_id
    place = f"{call.place.name.rpartition(':')[0].rpartition(':')[0]}:{source.channel}:"
    said = f"{source.channel}/{source.ts}"
    replies = await graded(
        coach, session_id, call.person, place, call.server,
        note_id=note_id, text=source.text, key=call.key, said=said, at=call.at,
    )  # fmt: skip
    turn = await parts.showing.turn(session_id, call.key, call)
    for reply in replies:
        for card in await asyncio.to_thread(blocks.messages, reply, session_id=session_id, private=True):
            await turn.whispered(card)


async def _whole(parts: Parts, call: Call, source: Source) -> Source:
    """The message with its text, which is read again where it was too long to come back with the form."""
    if source.text:
        return source
    web = await parts.workspaces.web(call.team)
    given = {"channel": source.channel, "limit": 1, "inclusive": True, "oldest": source.ts, "latest": source.ts}
    page = await web("conversations.replies", ts=source.ts, **given)
    texts = [message.get("text", "") for message in page["messages"] if message["ts"] == source.ts]
    if not texts:
        raise UsageError(NO_TEXT)
    return Source(source.channel, source.ts, plain(texts[0]))
