"""How people drill on the double, and what they have before their eyes."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import takewhile
from subprocess import Popen
from typing import Any, NamedTuple

from bot.slack import blocks
from tests.drills import Asked, Drills
from tests.shipped import PATIENCE, Viva
from tests.slack.double import Double
from tests.slack.people import Act, Person
from tests.slack.process import on_slack
from tests.slack.shown import called, parts, text_of
from tests.slack.world import Json, Workspace

_GRADE = re.compile(r"(\S+ )?(So far|Grade) \d+")


class Thread(NamedTuple):
    """Where a session is held: a channel, and the ts of the message above the thread."""

    channel: str
    ts: str


class OnSlack(Drills[Person, Act]):
    """Drills on the double, from its channel #general."""

    def __init__(self, slack: Double) -> None:
        self.slack = slack
        self.channel = slack.lab.add_channel("general")

    def person(self, name: str) -> Person:
        """Somebody in the workspace."""
        return self.slack.person(name)

    def id_of(self, person: Person) -> str:
        """What the coach knows them by."""
        return f"slack:{person.workspace.id}:{person.id}"

    async def until(self, holds: Callable[[], object], seconds: float = 20.0, what: str = "") -> None:
        """Until something holds."""
        await self.slack.until(holds, seconds, what)

    def running(self, viva: Viva, **env: str) -> AbstractAsyncContextManager[Popen[str]]:
        """`viva slack`."""
        return on_slack(viva, self.slack, **env)

    async def begin(self, person: Person, questions: int = 1) -> Thread:
        """A drill in a thread of its own."""
        return await drill(person, self.channel, str(questions))

    def prompts(self, thread: Any) -> list[Json]:
        """What has a button to answer it."""
        return open_prompts(self.slack.lab, thread)

    async def form(self, person: Person, prompt: Json) -> Act:
        """The button *Answer*, and a moment until the form is there."""
        return await asked_for_form(person, prompt)

    async def hand_in(self, form: Act, text: str) -> Act | None:
        """The form for an answer."""
        return await handed_in(form, text) if form.modal else None

    async def reply(self, person: Person, prompt: Json, text: str) -> None:
        """A message in the thread."""
        await person.say(self.channel, text, thread=prompt["thread_ts"])

    def asked(self, thread: Any, prompts: list[Asked]) -> tuple[list[str], list[str]]:
        """Whatever says what a question says, with or without buttons, and whatever else can be answered."""
        wordings = [_worded(reply) for reply in prompts]
        said = [(text_of(message), has_button(message, "Answer")) for message in self._by_viva(thread)]
        return [text for text, answerable in said if answerable or text in wordings], wordings

    def cards(self, thread: Any) -> int:
        """Grades that stand in the thread."""
        return sum(bool(_GRADE.match(text_of(message))) for message in self._by_viva(thread))

    def _by_viva(self, thread: Thread) -> list[Json]:
        return [m for m in self.slack.lab.thread(*thread) if m.get("bot_id") == self.slack.lab.bot_id]


def _worded(reply: Asked) -> str:
    """What stands above the buttons of a question."""
    return text_of({"blocks": blocks.question("", 1, reply, over=True)[-1].rendered({})})


@asynccontextmanager
async def lab(validating: bool) -> AsyncGenerator[OnSlack]:
    """Drills on a double of their own."""
    async with Double(validating=validating) as slack:
        yield OnSlack(slack)


async def drill(person: Person, channel: str, wishes: str = "1", mode: str = "drill") -> Thread:
    """A session that has begun: its thread, once a question is there."""
    there = person.workspace
    before = person.slack.clock.ts()
    begun = await person.slash(channel, f"{mode} {wishes}".strip())
    assert begun.acknowledged is not None, "the command was not acknowledged"

    def mine() -> list[Thread]:
        new = takewhile(lambda m: float(m["ts"]) > float(before), reversed(there.messages[channel].values()))
        roots = (m for m in new if m.get("thread_ts", m["ts"]) == m["ts"] and m.get("bot_id") == there.bot_id)
        return [Thread(channel, root["ts"]) for root in roots if person.name in text_of(root)]

    await person.slack.until(lambda: mine() and open_prompts(there, mine()[0]), PATIENCE)
    return mine()[0]


def open_prompts(there: Workspace, thread: Thread) -> list[Json]:
    """What Viva asked there and still takes an answer to, oldest first."""
    return [message for message in there.thread(*thread) if has_button(message, "Answer")]


def has_button(message: Json, label: str) -> bool:
    """Whether there is a button that says so."""
    rows = [block["elements"] for block in message.get("blocks") or () if block["type"] == "actions"]
    return any(part["type"] == "button" and called(part["text"]) == label for row in rows for part in row)


def said(there: Workspace, thread: Thread) -> str:
    """All that Viva said there for everybody to read."""
    return "\n".join(text_of(m) for m in there.thread(*thread) if m.get("bot_id") == there.bot_id)


async def asked_for_form(person: Person, prompt: Json) -> Act:
    """The button *Answer*: the act, once a form is there or will not come."""
    act = await person.click(prompt, "Answer")
    if act.acknowledged is not None:
        await form_is_there(act)
    return act


async def form_is_there(act: Act, seconds: float = 1.0) -> None:
    """Until a form has come up, or will not any more."""
    try:
        await act.person.slack.until(lambda: act.modal, seconds)
    except AssertionError:
        return


async def handed_in(form: Act, text: str) -> Act:
    """Fill in the one text that a form asks for, and hand it in."""
    assert form.modal, "no form was shown"
    (field,) = [part for part in parts(form.modal["blocks"]) if part.get("type") == "plain_text_input"]
    return await form.person.submit(form.modal, **{field["action_id"]: text})


async def answer(person: Person, thread: Thread, text: str) -> Act:
    """Answer what stands open by the form, and wait until it stands open no more."""
    (prompt,) = open_prompts(person.workspace, thread)
    done = await handed_in(await asked_for_form(person, prompt), text)
    await person.slack.until(over(person.workspace, thread, prompt))
    return done


def over(there: Workspace, thread: Thread, prompt: Json) -> Callable[[], bool]:
    """Whether a prompt stands open no more."""
    return lambda: prompt not in open_prompts(there, thread)
