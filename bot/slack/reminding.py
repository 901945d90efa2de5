"""Once a day a direct message to whoever asked to be reminded of their goal."""

import logging
from datetime import datetime

from bot.slack import blocks
from bot.slack.parts import Parts
from bot.slack.places import PREFIX
from bot.slack.telling import TROUBLES, NotInstalled

log = logging.getLogger("viva.slack")

REMIND_SECONDS = 60.0


async def remind(parts: Parts, now: datetime) -> None:
    """Write to everybody whose hour has come, where Viva is installed; whom it cannot reach is left until tomorrow."""
    for team in await parts.workspaces.all():
        async for person, sentence in parts.app.coach.memory.reminders(f"{PREFIX}{team}:", now):
            try:
                where = await parts.places.direct(person)
                for message in blocks.told(sentence):
                    shown = message.rendered({})
                    await where.web("chat.postMessage", channel=where.place.channel, text=message.text, blocks=shown)
            except (*TROUBLES, NotInstalled) as error:
                log.info("somebody could not be reminded (%s)", type(error).__name__)
