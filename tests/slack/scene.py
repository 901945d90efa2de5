"""Viva in this process on the double, and people in its channel: what they do, and what has come of it by then."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

from bot.compose import App
from bot.slack.reminding import remind
from tests.slack.double import Double
from tests.slack.drilling import Thread, asked_for_form, handed_in, open_prompts
from tests.slack.inside import inside
from tests.slack.people import Act, Person
from tests.slack.shown import called, parts, text_of
from tests.slack.world import Json

ANSWER = "it is the expected log loss"


class Scene:
    """One channel with Viva in it; whatever somebody does here is done with when it returns."""

    def __init__(self, slack: Double, general: str, app: App) -> None:
        self.slack = slack
        self.general = general
        self._app = app
        self._running = AsyncExitStack()

    async def start(self, app: App | None = None) -> None:
        """Have a Viva there, over the same parts unless others are given."""
        self._viva, self._settling = await self._running.enter_async_context(inside(self.slack, app or self._app))

    async def stop(self) -> None:
        """Tell it to stop, and wait until it has."""
        await self._running.aclose()

    def person(self, name: str, *, admin: bool = False) -> Person:
        """Somebody in the channel."""
        return self.slack.person(name, admin=admin)

    async def settled(self) -> None:
        """Until Viva has done all that there is to do."""
        await self._settling.settled()

    async def behind(self) -> None:
        """Until Viva has shown what Slack did not take before; it tries again by itself, but seldom."""
        await self._viva.parts.showing.catch_up_again()
        await self.settled()

    async def remind(self, now: datetime) -> None:
        """Let that moment come, as far as reminders go."""
        await remind(self._viva.parts, now)

    async def slash(self, person: Person, text: str, channel: str = "") -> Act:
        """Type a command."""
        return await self._done(person.slash(channel or self.general, text))

    async def drill(self, person: Person, wishes: str = "kl 1", mode: str = "drill", channel: str = "") -> Thread:
        """A session that has begun; the thread it is held in."""
        where = channel or self.general
        before = set(self.slack.lab.messages[where])
        await self.slash(person, f"{mode} {wishes}", where)
        roots = [m["ts"] for m in self.slack.lab.said(where) if m["ts"] not in before and not _is_reply(m)]
        assert roots, f"nothing was begun; {person.name} was told: {person.told}"
        return Thread(where, roots[0])

    async def say(self, person: Person, text: str, thread: Thread | None = None, **how: Any) -> Json:
        """Write a message, into a thread or into the channel."""
        place = thread or Thread(self.general, "")
        return await self._done(person.say(place.channel, text, thread=place.ts, **how))

    async def click(self, person: Person, where: Json, label: str) -> Act:
        """Click a button."""
        return await self._done(person.click(where, label))

    async def choose(self, person: Person, where: Json, label: str) -> Act:
        """Choose an option."""
        return await self._done(person.choose(where, label))

    async def answer(self, person: Person, thread: Thread, text: str = ANSWER) -> Act:
        """Answer what stands open there, in the form."""
        form = await asked_for_form(person, self.prompt(thread))
        return await self._done(handed_in(form, text))

    async def submit(self, act: Act, **values: Any) -> Act:
        """Hand in the form that something brought up."""
        assert act.modal, f"no form came up; {act.person.name} was told: {act.person.told}"
        return await self._done(act.person.submit(act.modal, **values))

    async def shortcut(self, person: Person, message: Json, channel: str = "") -> Act:
        """The menu of a message: Grade this answer."""
        return await self._done(person.choose_shortcut(channel or self.general, message, "grade_this_answer"))

    async def _done(self, act: Any) -> Any:
        done = await act
        await self.settled()
        return done

    def prompt(self, thread: Thread) -> Json:
        """The one question there that can still be answered."""
        (found,) = open_prompts(self.slack.lab, thread)
        return found

    def said(self, thread: Thread) -> str:
        """Everything that stands in a thread for all to read, Viva's or not."""
        return "\n".join(text_of(message) for message in self.slack.lab.thread(*thread))

    def messages(self, thread: Thread) -> list[str]:
        """What Viva said in a thread after its root, a text each."""
        return [text_of(m) for m in self.slack.lab.thread(*thread) if _is_reply(m) and m.get("bot_id")]

    def asked_for(self, method: str, holds: Callable[[Json], bool] = lambda _: True) -> list[Json]:
        """The calls of a method so far."""
        return [r.body for r in self.slack.requests if r.method == method and holds(r.body)]


def _is_reply(message: Json) -> bool:
    return message.get("thread_ts", message["ts"]) != message["ts"]


def buttons(where: Json) -> list[str]:
    """What can be clicked in a message or a view."""
    return [called(part["text"]) for part in parts(where) if part.get("type") == "button"]
