"""What Viva knows about a person: told, handed over, and removed."""

from bot.slack import actions, blocks, kit
from bot.slack.call import Call
from bot.slack.layout import laid_out
from bot.slack.parts import Parts
from bot.slack.text import commands
from bot.slack.uploads import upload
from bot.surface.cards import Passage
from bot.surface.privacy import export_files, privacy_text

_SURE = "This removes all your sessions, answers and grades for good, also one that is under way. /export comes first."
_GONE = "Everything that Viva kept about you is gone; what was posted on Slack can be deleted there."
_NOTHING = "Viva keeps nothing about you."
_THERE = "They are in our direct messages."


async def text(parts: Parts, server: str) -> str:
    """The privacy text, as it is in this workspace, as Markdown."""
    days = (await parts.servers.settings(server)).retention_days
    return commands(privacy_text("Slack", kept_days=days, models=parts.app.client is not None))


async def privacy(parts: Parts, call: Call, _: str) -> None:
    """What is kept, where, for how long and what for."""
    await call.ack()
    await parts.whispered(call, laid_out([Passage(await text(parts, call.server))]))


async def export(parts: Parts, call: Call, _: str = "") -> None:
    """The person's data, as files in their direct messages and nowhere else."""
    await call.ack()
    where = await parts.places.direct(call.person)
    files = await export_files(parts.app.coach, call.person, parts.app.knowledge.library)
    for name, data in files.items():
        await upload(where.web, name, data, where=where)
    if call.channel != where.place.channel:
        await (await parts.whisper(call)).say(_THERE)


async def forget(parts: Parts, call: Call, _: str) -> None:
    """Asks first."""
    await call.ack()
    (message,) = blocks.told(_SURE)
    shown = [*message.rendered({}), kit.row(actions.forget())]
    await (await parts.whisper(call)).show(message.text, shown)


async def forgotten(parts: Parts, call: Call) -> None:
    """It was confirmed."""
    await call.ack()
    gone = await parts.app.coach.forget(call.person)
    whisper = await parts.whisper(call)
    if not await whisper.replace(_GONE if gone else _NOTHING):
        await whisper.say(_GONE if gone else _NOTHING)
