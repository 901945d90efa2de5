"""The words after /viva; in direct messages and after a mention they work without it."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.coach.events import CandidateEvent, Hint, Mark, Mode, Pause, Skip, Start, Stop
from bot.errors import UsageError
from bot.slack import blocks, privacy, settings
from bot.slack.call import Call
from bot.slack.layout import laid_out
from bot.slack.parts import Parts
from bot.slack.wishes import between, marking, plain, wish
from bot.surface import appealing, goals
from bot.surface.cards import Passage
from bot.surface.words import further

_QUESTIONS, _MINUTES = 5, 30
_ASKED = 1_000  # characters
_HELP = """\
Viva asks what interviews for machine-learning research ask, and grades every point with your own words. \
To answer, press **Answer** under a question or reply in its thread; only you drive your session. \
Open the menu of any message of yours and choose *Grade this answer* to have it graded. \
Mention me in a channel with a question for the notes, or write to me directly. \
Practice only: grades are no basis for hiring anybody.
"""
_WHAT = "Ask what? For example: /ask why divide by the temperature?"
_TOPICS = "/drill takes any of these, or a single note of theirs:"

Run = Callable[[Parts, Call, str], Awaitable[None]]


@dataclass(frozen=True)
class Command:
    """A word after /viva: what may follow it, what it does; `alone`: said by itself in a session it is no answer."""

    usage: str
    about: str
    run: Run
    alone: bool = True


async def drill(parts: Parts, call: Call, typed: str) -> None:
    """Questions, with a grade after each answer."""
    wanted = wish(typed)
    if wanted.panel:
        raise UsageError("A panel sits in an interview: /interview panel @somebody.")
    questions = between(wanted.number or _QUESTIONS, 1, 50, "Questions of a drill")
    await _begin(parts, call, Mode.DRILL, typed, questions=questions)


async def interview(parts: Parts, call: Call, typed: str) -> None:
    """No word about grades until the debrief."""
    minutes = between(wish(typed).number or _MINUTES, 5, 180, "Minutes of an interview")
    await _begin(parts, call, Mode.INTERVIEW, typed, minutes=minutes)


async def _begin(parts: Parts, call: Call, mode: Mode, typed: str, **wishes: Any) -> None:
    await call.ack()
    await parts.admit(call)
    wanted = wish(typed)
    panel = await parts.conversation.checked_panel(call, wanted.panel)
    left = await parts.servers.questions_left(call.server, call.person, call.at)
    if left is not None and "questions" in wishes:
        wishes["questions"] = min(wishes["questions"], left)
    start = Start(
        **call.event,
        mode=mode,
        topic=wanted.topic,
        level=wanted.level,
        private=wanted.private,
        seed=random.randrange(2**31),  # noqa: S311  # order of questions, not a secret
        plain=(await parts.servers.settings(call.server)).plain,
        **wishes,
    )
    start = await parts.app.coach.memory.planned(call.person, start)
    await parts.conversation.begin(call, start, panel)


async def ask(parts: Parts, call: Call, typed: str) -> None:
    """An answer from the notes, with its sources."""
    if not typed.strip():
        raise UsageError(_WHAT)
    if len(typed) > _ASKED:
        raise UsageError(f"A question has at most {_ASKED:,} characters; ask a shorter one.")
    await parts.admit(call)
    await parts.conversation.inquire(call, typed)


async def mark(parts: Parts, call: Call, typed: str) -> None:
    """Your own verdict on a point that the judge could not tell."""
    point, verdict, question = marking(typed)
    await parts.conversation.drive(call, Mark(**call.event, point=point, verdict=verdict, question=question))


async def appeal(parts: Parts, call: Call, typed: str) -> None:
    """You did say a point: your words are kept beside the judge's verdict."""
    await parts.conversation.drive(call, appealing.typed(typed, **call.event))


async def resume(parts: Parts, call: Call, _: str) -> None:
    """Go on with your open session, wherever it was."""
    await parts.conversation.resume(call)


async def topics(parts: Parts, call: Call, _: str) -> None:
    """What there is to ask about."""
    await call.ack()
    found = parts.app.knowledge.library.topics
    lines = "\n".join(f"- {topic} ({len(notes)})" for topic, notes in found.items())
    await parts.whispered(call, laid_out([Passage(f"{blocks.SLACK.sentence(_TOPICS)}\n{lines}")]))


async def progress(parts: Parts, call: Call, _: str) -> None:
    """How you do, by topic."""
    await call.ack()
    known = await parts.app.coach.memory.progress(call.person)
    await parts.whispered(call, await asyncio.to_thread(blocks.progress, known.topics, further(known)))


async def goal(parts: Parts, call: Call, typed: str) -> None:
    """A daily goal, and when to be reminded of it."""
    await call.ack()
    told = await goals.goal(parts.app.coach.memory, call.person, typed, call.at)
    await parts.whispered(call, blocks.told(told))


async def sure(parts: Parts, call: Call, typed: str) -> None:
    """Whether to be asked how sure one is."""
    await call.ack()
    told = await goals.sureness(parts.app.coach.memory, call.person, typed, call.at)
    await parts.whispered(call, blocks.told(told))


async def help_(parts: Parts, call: Call, _: str) -> None:
    """What Viva does here, and how to answer."""
    await call.ack()
    lines = [f"- **/viva {f'{name} {each.usage}'.strip()}**: {each.about}" for name, each in COMMANDS.items()]
    await parts.whispered(call, laid_out([Passage("\n".join([_HELP, *lines]))]))


def _driving(event: Callable[[Call], CandidateEvent]) -> Run:
    async def run(parts: Parts, call: Call, _: str) -> None:
        await parts.conversation.drive(call, event(call))

    return run


COMMANDS: Mapping[str, Command] = {
    "drill": Command(
        "[topic or due] [questions] [level] [private]", "Questions, with a grade after each answer.", drill
    ),
    "interview": Command(
        "[minutes] [topic] [private] [panel @somebody]",
        "An interview: no word about grades until the debrief.",
        interview,
    ),
    "ask": Command("question", "An answer from the notes, with its sources.", ask, alone=False),
    "topics": Command("", "What there is to ask about.", topics),
    "progress": Command("", "How you do, by topic.", progress),
    "goal": Command("[questions a day] [at hour, UTC] or off", "A daily goal, with a reminder if you like.", goal),
    "sure": Command("on|off", "Be asked how sure you are of each answer.", sure, alone=False),
    "hint": Command("", "A nudge; the hinted point then earns half.", _driving(lambda call: Hint(**call.event))),
    "skip": Command("", "Show the answer and move on.", _driving(lambda call: Skip(**call.event))),
    "mark": Command(
        "point yes|partly|no [question]",
        "Your own verdict on a point that the judge could not tell.",
        mark,
        alone=False,
    ),
    "appeal": Command(
        "[question.]point your words",
        "You did say that: your words are kept beside the judge's verdict.",
        appeal,
        alone=False,
    ),
    "pause": Command(
        "", "Leave for a while; resume comes back, also days later.", _driving(lambda call: Pause(**call.event))
    ),
    "resume": Command("", "Go on with your open session, wherever it was.", resume),
    "stop": Command("", "End your session here and hear how it went.", _driving(lambda call: Stop(**call.event))),
    "settings": Command("", "How Viva is in this workspace: where, how much and for how long.", settings.show),
    "privacy": Command("", "What Viva keeps about you, where, for how long and what for.", privacy.privacy),
    "export": Command("", "Everything that Viva keeps about you, as files in a direct message.", privacy.export),
    "forget": Command("", "Remove everything that Viva keeps about you, for good.", privacy.forget),
    "help": Command("", "What Viva does here, and how to answer.", help_),
}


def meant(text: str) -> tuple[str, str] | None:
    """The command that a text begins with, and what follows; None where it begins with none."""
    word, _, rest = text.strip().partition(" ")
    name = word.casefold().removeprefix("/")
    return (name, rest.strip()) if name in COMMANDS else None


async def typed(parts: Parts, call: Call, text: str) -> None:
    """Somebody typed /viva and this."""
    if not text.strip():
        await help_(parts, call, "")
        return
    found = meant(text)
    if found is None:
        word = plain(text).split()[0][:30]
        raise UsageError(f"There is no {word}; there is {', '.join(COMMANDS)}.")
    await run(parts, call, *found)


async def run(parts: Parts, call: Call, name: str, rest: str) -> None:
    """Do what a command says; who is named stays named where people are needed, else it is text."""
    await COMMANDS[name].run(parts, call, rest if name == "interview" else plain(rest))
