"""What those who manage a workspace chose for it, and the Home tab, where that and more can be seen."""

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.errors import UsageError
from bot.slack import blocks, forms, home, privacy
from bot.slack.call import Call
from bot.slack.parts import Parts
from bot.surface.words import further

_MANAGERS_ONLY = "Only those who may manage the workspace can change how Viva is in it."
_FIELDS = {"Questions": "daily_questions", "Days": "retention_days"}


async def show(parts: Parts, call: Call, _: str = "") -> None:
    """The form of settings, for those who may change them."""
    await call.ack()
    await _manages(parts, call)
    view = forms.settings(await parts.servers.settings(call.server))
    web = await parts.workspaces.web(call.team)
    await web("views.open", trigger_id=call.trigger, view=view)


async def _manages(parts: Parts, call: Call) -> None:
    if not (await parts.people.find(call.person)).manages:
        raise UsageError(_MANAGERS_ONLY)


async def change(parts: Parts, call: Call, changes: Mapping[str, Any]) -> None:
    """The form was handed in; what is out of range is told in it."""
    await _manages(parts, call)
    try:
        await parts.servers.change(call.server, changes)
    except UsageError as error:
        field = _FIELDS.get(str(error).partition(" ")[0], "daily_questions")
        await call.ack(response_action="errors", errors={field: str(error)})
        return
    await call.ack()
    await publish(parts, call)


async def publish(parts: Parts, call: Call) -> None:
    """The Home tab of whoever looks at it."""
    await call.ack()
    known = await parts.app.coach.memory.progress(call.person)
    rows = known.topics
    shown = await asyncio.to_thread(blocks.progress, rows, further(known))
    manages = (await parts.people.find(call.person)).manages
    chosen = await parts.servers.settings(call.server) if manages else None
    about = await privacy.text(parts, call.server)
    web = await parts.workspaces.web(call.team)

    async def show(files: Mapping[str, str]) -> None:
        view = home.home(rows, shown=shown, files=files, settings=chosen, about=about)
        await web("views.publish", user_id=call.user, view=view)

    await parts.uploads.shown(web, call.team, shown, show)
