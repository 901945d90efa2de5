"""One answer to one question, graded in a session of its own that nobody finds open."""

from collections.abc import AsyncIterator
from datetime import datetime

from bot.coach.coach import Coach
from bot.coach.events import Mode, Say, Skip, Start, Stop
from bot.coach.reply import Delta, ExplanationReply, GradeReply, NoticeReply, Reply, RunReply

OTHERS = "Only messages of your own can be graded: what others write is theirs."
NO_TEXT = "There is no text in this message that could be graded."


async def graded(
    coach: Coach,
    session_id: str,
    person: str,
    place: str,
    server: str | None,
    *,
    note_id: str,
    text: str,
    key: str,
    said: str,
    at: datetime,
) -> list[Reply]:
    """Grade a text as the answer to a note's question; what the person is to see of it.

    `key` names what the person did, `said` the message. `place` only says where that was: nothing is posted to it.
    """
    start = Start(id=key, at=at, mode=Mode.DRILL, topic=note_id, questions=1, private=True)
    await _all(coach.begin(session_id, person, f"message:{place}", start, server))
    replies = await _all(coach.handle(session_id, Say(id=said, at=at, text=text)))
    if not any(isinstance(reply, GradeReply) and reply.final for reply in replies):
        replies += await _all(coach.handle(session_id, Skip(id=f"{key}/skip", at=at)))
    await _all(coach.handle(session_id, Stop(id=f"{key}/stop", at=at)))
    return [reply for reply in replies if _is_for_them(reply)]


def _is_for_them(reply: Reply) -> bool:
    return isinstance(reply, NoticeReply | ExplanationReply | RunReply) or (
        isinstance(reply, GradeReply) and reply.final
    )


async def _all(items: AsyncIterator[Reply | Delta]) -> list[Reply]:
    return [item async for item in items if not isinstance(item, Delta)]
