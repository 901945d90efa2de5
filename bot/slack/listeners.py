"""What Bolt hears goes to whom it concerns: each thing once, and those of one person in the order they came.

Bolt acknowledges an event before its listener runs, and what somebody said is to be kept first. So everything is
dealt with in middleware, and Bolt's own listeners have nothing left to do.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from slack_bolt.async_app import AsyncAck, AsyncBoltContext, AsyncBoltRequest

from bot.slack import call as calls
from bot.slack import clicks, commands, grading, listening
from bot.slack.call import Ack, Body, Call
from bot.slack.parts import Parts
from bot.slack.telling import telling

COMMAND, SHORTCUT = "/viva", "grade_this_answer"
_REMEMBERED = 10_000  # things that Slack told of
_ACK_SECONDS = 2.5  # Slack waits three

Read = Callable[[Body, AsyncBoltContext, Ack, bool], Call | None]
"""What was done, or None for what is not for Viva."""
Deal = Callable[[Call, Body, str], Awaitable[None]]
"""Deals with it; the last is who Viva is in that workspace."""


class Listeners:
    """Everything that Slack tells of, as manifest.yaml subscribes to it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._seen: OrderedDict[str, asyncio.Event] = OrderedDict()
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._busy: set[asyncio.Task[None]] = set()
        self.events: Mapping[str, tuple[Read, Deal]] = {
            "message": (_message, self._message),
            "app_mention": (_message, self._mention),
            "app_home_opened": (_event, self._opened),
            "agent_session_stopped": (_event, self._stopped),
            "app_uninstalled": (_event, self._left),
            "tokens_revoked": (_event, self._left),
        }

    def register(self, app: Any) -> None:
        """Have an AsyncApp tell all of it; what else it tells is acknowledged, lest Slack tell it again."""
        ours = re.compile("^viva:")
        app.command(COMMAND, middleware=[self._dealing(_command, self._command)])(_done)
        app.shortcut(SHORTCUT, middleware=[self._dealing(_action, self._shortcut)])(_done)
        app.action(ours, middleware=[self._dealing(_action, self._action)])(_done)
        app.view(ours, middleware=[self._dealing(_form, self._form)])(_done)
        for name, (read, deal) in self.events.items():
            app.event(name, middleware=[self._dealing(read, deal)])(_done)
        app.event(re.compile(".*"))(_done)

    async def settled(self, seconds: float) -> None:
        """Wait until all that is under way is done, but no longer than so many seconds."""
        if self._busy:
            await asyncio.wait(self._busy, timeout=seconds)

    def _dealing(self, read: Read, deal: Deal) -> Callable[..., Awaitable[None]]:
        """Deal with something, at the latest until it has to be acknowledged; the rest follows by itself."""

        async def middleware(
            body: dict[str, Any],
            context: AsyncBoltContext,
            req: AsyncBoltRequest,
            ack: AsyncAck,
            next: Callable[[], Awaitable[None]],  # noqa: A002  # Bolt's name
        ) -> None:
            name = str(body.get("event_id") or body.get("trigger_id") or body["view"]["id"])
            acknowledged = self._seen.get(name)
            if acknowledged is None:
                acknowledged = self._remember(name)
                (times, *_) = req.headers.get("x-slack-retry-num") or ("0",)
                again = times != "0"
                call = read(body, context, partial(_acknowledge, ack, acknowledged), again)
                if call:
                    self._begin(self._in_line(call, partial(deal, call, body, context.bot_user_id or ""), acknowledged))
                else:
                    acknowledged.set()
            await _within(acknowledged.wait(), _ACK_SECONDS)
            if ack.response is None:
                await ack()
            await next()

        return middleware

    def _remember(self, name: str) -> asyncio.Event:
        acknowledged = self._seen[name] = asyncio.Event()
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return acknowledged

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    async def _in_line(self, call: Call, deal: Callable[[], Awaitable[None]], acknowledged: asyncio.Event) -> None:
        """Begin once what the same person did before is kept; go on beside what they do next."""
        line = self._lines.setdefault(call.person, asyncio.Lock())
        async with line:
            work = asyncio.ensure_future(self._told(call, deal, acknowledged))
            await _within(acknowledged.wait(), None)
        await work

    async def _told(self, call: Call, deal: Callable[[], Awaitable[None]], acknowledged: asyncio.Event) -> None:
        try:
            async with telling(lambda: self._parts.whisper(call)):
                await deal()
        finally:
            acknowledged.set()

    # Whom it concerns

    async def _command(self, call: Call, body: Body, _: str) -> None:
        await commands.typed(self._parts, call, body.get("text") or "")

    async def _shortcut(self, call: Call, body: Body, _: str) -> None:
        await grading.asked_for(self._parts, call, body)

    async def _action(self, call: Call, body: Body, _: str) -> None:
        await clicks.acted(self._parts, call, body)

    async def _form(self, call: Call, body: Body, _: str) -> None:
        await clicks.handed_in(self._parts, call, body["view"])

    async def _message(self, call: Call, body: Body, me: str) -> None:
        await listening.message(self._parts, call, body["event"], me)

    async def _mention(self, call: Call, body: Body, me: str) -> None:
        await listening.mention(self._parts, call, body["event"], me)

    async def _opened(self, call: Call, body: Body, _: str) -> None:
        await listening.opened(self._parts, call, body["event"])

    async def _stopped(self, call: Call, _: Body, __: str) -> None:
        await listening.stopped(self._parts, call)

    async def _left(self, call: Call, _: Body, __: str) -> None:
        await listening.left(self._parts, call)


def _command(body: Body, _: AsyncBoltContext, ack: Ack, again: bool) -> Call:
    return calls.of_command(body, ack, again=again)


def _action(body: Body, _: AsyncBoltContext, ack: Ack, again: bool) -> Call:
    return calls.of_action(body, ack, again=again)


def _form(body: Body, _: AsyncBoltContext, ack: Ack, again: bool) -> Call:
    return calls.of_form(body, ack, again=again)


def _message(body: Body, context: AsyncBoltContext, ack: Ack, again: bool) -> Call | None:
    if not listening.may_be_for_viva(body["event"], context.bot_user_id or ""):
        return None
    return calls.of_message(body, context.team_id or body["team_id"], ack, again=again)


def _event(body: Body, context: AsyncBoltContext, ack: Ack, again: bool) -> Call:
    return calls.of_event(body, context.team_id or body["team_id"], ack, again=again)


async def _acknowledge(ack: AsyncAck, acknowledged: asyncio.Event, **answer: Any) -> None:
    """Only the first time: the answer to a form is what is wrong with it, or nothing."""
    if not acknowledged.is_set():
        await ack(**answer)
        acknowledged.set()


async def _within(waiting: Awaitable[Any], seconds: float | None) -> None:
    await asyncio.wait([asyncio.ensure_future(waiting)], timeout=seconds)


async def _done() -> None:
    """Nothing is left to do."""
