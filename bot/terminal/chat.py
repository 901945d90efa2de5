"""`viva chat`: a conversation in a terminal, or read from standard input line by line."""

import asyncio
import os
import random
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, nullcontext, suppress
from datetime import UTC, datetime
from functools import partial
from io import TextIOWrapper
from typing import Any, NoReturn
from uuid import uuid4

from rich.console import Console
from rich.status import Status as Spinner
from rich.table import Table
from rich.text import Text

from bot.coach.agenda import DUE
from bot.coach.coach import Coach
from bot.coach.events import Ask, CandidateEvent, Hint, Mark, Mode, Pause, Resume, Say, Skip, Start, Stop
from bot.coach.reply import Delta, QuestionReply, Reply
from bot.coach.session import Exchange, Status
from bot.compose import App
from bot.errors import USER_ERRORS, UsageError
from bot.surface import goals
from bot.surface.appealing import typed
from bot.surface.words import further
from bot.terminal import commands
from bot.terminal.lines import Block, Gathering, begins_code, with_file
from bot.terminal.render import drawn, progress_table

PERSON = "terminal:local"
PLACE = "terminal"
PIPED_WIDTH = 100
_SURE = "How sure are you? End your answer with !1 (guessing) to !5 (certain)."
_IN_LINES = "Code of several lines goes between two lines of ```, or into a file: @knn.py"
_OWN_START = tuple(f"/{name}" for name in ("drill", "interview", "ask", "topics", "progress", "goal", "sure", "help"))

Lines = AsyncIterator[str]


class Chat:
    """One person at one terminal.

    Piped input is a script: questions come in a fixed order, nothing earlier is looked at to choose
    them, and the end of the input ends the session that it began, so that the same script gives the same transcript
    where no session is open.
    """

    def __init__(self, app: App, console: Console, *, interactive: bool) -> None:
        self._app = app
        self._coach: Coach = app.coach
        self._console = console
        self._interactive = interactive
        self._session_id: str | None = None
        self._paused = False
        self._begun = False
        self._sure = False
        self.failures = 0

    async def run(self, lines: Lines, first: commands.DrillWish | None = None) -> None:
        """Talk until the input ends or /quit."""
        self._console.print(self._greeting())
        self._sure = (await self._coach.memory.wishes(PERSON)).sure
        if self._interactive:
            await self._open(first)
            self._app.knowledge.warm_up()
        opened = self._interactive
        async for line in lines:
            if not opened:
                await self._open(first, line)
                opened = True
            if not self._interactive:
                self._console.print(Text(f"\n> {line}", style="dim"))
            if not await self._try(partial(self._dispatch, line)):
                break
        if not opened:
            await self._open(first)
        await self._leave()

    async def _open(self, first: commands.DrillWish | None, line: str = "") -> None:
        """Go on with an unfinished session, or put a first question unless `line` asks for something else."""
        if self._interactive and (standing := await self._coach.memory.standing(PERSON, _now())):
            self._console.print(Text(standing, style="italic"))
        self._session_id = await self._coach.unfinished(PERSON, PLACE)
        if self._session_id and first is None:
            self._console.print(Text("Welcome back: this is where you left off.", style="italic"))
            await self._show(self._coach.recover(self._session_id))
        elif first or not line.startswith(_OWN_START):
            await self._try(partial(self._drill, first or commands.DrillWish()))

    def _greeting(self) -> Text:
        count = len(self._app.knowledge.library)
        return Text.assemble(
            ("Viva", "bold cyan"),
            f" asks from {count} notes; the {self._app.judge.name} judge grades. /help lists what to type.",
        )

    async def _try(self, action: Callable[[], Awaitable[bool | None]]) -> bool:
        """Do something; what the person did wrong is told in one sentence. False to leave."""
        try:
            return await action() is not False
        except USER_ERRORS as error:
            self.failures += 1
            self._console.print(Text(str(error), style="red"))
            return True

    async def _dispatch(self, line: str) -> bool:
        # An answer of several lines may begin with a slash; a command is one line.
        command = None if isinstance(line, Block) or "\n" in line else commands.split(line)
        if command is None:
            await self._answer(line)
            return True
        name, rest = command
        match name:
            case "quit":
                return False
            case "drill":
                await self._drill(commands.drill(rest))
            case "interview":
                await self._interview(commands.interview(rest))
            case "ask":
                await self._send(Ask(id=_new_id(), at=_now(), text=rest))
            case "hint":
                await self._send(Hint(id=_new_id(), at=_now()))
            case "skip":
                await self._send(Skip(id=_new_id(), at=_now()))
            case "mark":
                wish = commands.mark(rest)
                await self._send(
                    Mark(
                        id=_new_id(),
                        at=_now(),
                        question=wish.question,
                        point=wish.point,
                        verdict=wish.verdict,
                    )
                )
            case "appeal":
                await self._send(typed(rest, id=_new_id(), at=_now()))
            case "pause":
                self._paused = True
                await self._send(Pause(id=_new_id(), at=_now()))
            case "resume":
                self._paused = False
                await self._send(Resume(id=_new_id(), at=_now()))
            case "stop":
                await self._send(Stop(id=_new_id(), at=_now()))
            case "progress":
                progress = await self._coach.memory.progress(PERSON)
                self._console.print(progress_table(progress.topics, further(progress)))
            case "goal":
                self._console.print(await goals.goal(self._coach.memory, PERSON, rest, _now(), reminds=False))
            case "sure":
                self._console.print(await goals.sureness(self._coach.memory, PERSON, rest, _now()))
                self._sure = (await self._coach.memory.wishes(PERSON)).sure
            case "topics":
                for topic, notes in self._app.knowledge.library.topics.items():
                    self._console.print(Text(f"{topic} ({len(notes)})"))
            case _:
                table = Table.grid(padding=(0, 2, 0, 0))
                for usage, meaning in commands.HELP.items():
                    table.add_row(Text(usage, "cyan"), meaning)
                self._console.print(table)
        return True

    async def _answer(self, line: str) -> None:
        if not line.strip() and self._interactive:
            return  # Enter pressed by accident is not an answer
        text = with_file(line)
        if begins_code(text) and await self._wants_code():
            raise UsageError(_IN_LINES)
        self._paused = False
        text, sure = commands.sureness(text) if self._sure else (text, None)
        await self._send(Say(id=_new_id(), at=_now(), text=text, sure=sure))

    async def _wants_code(self) -> bool:
        current = await self._current()
        return current is not None and bool(current.starter)

    async def _current(self) -> Exchange | None:
        """The question that is open, or None."""
        return (await self._coach.session(self._session_id)).current if self._session_id else None

    async def _send(self, event: CandidateEvent) -> None:
        if self._session_id is None:
            await self._begin(Start(id=_new_id(), at=_now(), mode=Mode.ASK))
        assert self._session_id  # noqa: S101  # set by _begin
        await self._show(self._coach.handle(self._session_id, event))

    async def _drill(self, wish: commands.DrillWish) -> None:
        start = partial(Start, mode=Mode.DRILL, questions=wish.questions, level=wish.level)
        await self._begin(await self._chosen(start, wish.topic))

    async def _interview(self, wish: commands.InterviewWish) -> None:
        start = partial(Start, mode=Mode.INTERVIEW, minutes=wish.minutes)
        await self._begin(await self._chosen(start, wish.topic))

    async def _chosen(self, start: Callable[..., Start], topic: str | None) -> Start:
        """The start with its topic and what to ask first: at a terminal another order each time.

        Raises UsageError where nothing is due.
        """
        wished = start(id=_new_id(), at=_now(), topic=topic)
        if self._interactive:
            wished = wished.model_copy(update={"seed": random.randrange(2**31)})  # noqa: S311  # no secret
        if self._interactive or topic == DUE:
            return await self._coach.memory.planned(PERSON, wished)
        return wished

    async def _begin(self, start: Start) -> None:
        """A new session; one that is still open is ended first, with its debrief if there is one.

        Raises UsageError where there is nothing to ask: a mistake must not end the open session.
        """
        start = self._coach.checked(start)
        if self._session_id is not None:
            await self._end(self._session_id)
        session_id = _new_id()
        async with aclosing(self._coach.begin(session_id, PERSON, PLACE, start)) as replies:
            await self._show(replies)
        self._session_id = session_id
        self._paused, self._begun = False, True

    async def _end(self, session_id: str) -> None:
        session = await self._coach.session(session_id)
        if session.status is Status.CLOSED or not session.exchanges:
            return
        answered = any(exchange.answers for exchange in session.exchanges)
        await self._show(self._coach.handle(session_id, Stop(id=_new_id(), at=_now())), quiet=not answered)

    async def _leave(self) -> None:
        if self._session_id is None:
            return
        session = await self._coach.session(self._session_id)
        if session.status is Status.CLOSED or session.current is None:
            return
        if self._interactive or self._paused or not self._begun:
            self._console.print(Text("Kept for you: `viva chat` goes on from here.", style="italic"))
        else:
            await self._end(self._session_id)

    async def _show(self, replies: AsyncIterator[Reply | Delta], *, quiet: bool = False) -> None:
        """Print replies as they come; a streamed probe is printed once, while it is being worded.

        Markdown is only drawn whole: the pieces of an answer are waited out.
        """
        streamed = ""
        spinner = self._console.status("thinking") if self._interactive else nullcontext()
        with spinner:
            async for reply in replies:
                if isinstance(reply, Delta) and reply.markdown:
                    continue
                if isinstance(spinner, Spinner):
                    spinner.stop()
                if quiet:
                    continue
                if isinstance(reply, Delta):
                    streamed += reply.text
                    self._console.print(Text(reply.text, style="bold"), end="")
                    continue
                already, streamed = streamed.strip(), ""
                if already:
                    self._console.print()
                if not already or already != getattr(reply, "text", None):
                    self._console.print(drawn(reply))
                if self._sure and isinstance(reply, QuestionReply) and not await self._has_answered():
                    self._console.print(Text(_SURE, style="dim"))

    async def _has_answered(self) -> bool:
        current = await self._current()
        return current is not None and bool(current.answers)


async def talk(app: App, first: commands.DrillWish | None = None) -> int:
    """Run a chat on this terminal or on piped input; the exit code."""
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    console = Console(highlight=False, width=None if interactive else PIPED_WIDTH)
    chat = Chat(app, console, interactive=interactive)
    if interactive:
        from bot.terminal.prompt import typed_lines

        await chat.run(typed_lines(), first)
        return 0
    await chat.run(piped_lines(), first)
    return 2 if chat.failures else 0


async def ask_once(app: App, question: str) -> int:
    """Answer one question and leave; 1 where the notes have no answer."""
    console = Console(highlight=False)
    session_id = _new_id()
    async for _ in app.coach.begin(session_id, PERSON, PLACE, Start(id=_new_id(), at=_now(), mode=Mode.ASK)):
        pass
    answered = False
    async for reply in app.coach.handle(session_id, Ask(id=_new_id(), at=_now(), text=question)):
        if not isinstance(reply, Delta):
            answered = answered or reply.kind == "answer"
            console.print(drawn(reply))
    return 0 if answered else 1


async def piped_lines() -> Lines:
    '''Lines of standard input; those between two """, or two ```, are one answer.'''
    gathering = Gathering()
    async for line in _stdin():
        whole = gathering.take(line.rstrip("\n"))
        if whole is not None:
            yield whole
    if rest := gathering.rest():
        yield rest


async def _stdin() -> AsyncGenerator[str, None]:
    """Lines of standard input, read by a daemon thread: a blocked read must not hold up Ctrl-C."""
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[str]()
    stdin: Any = sys.stdin
    if isinstance(stdin, TextIOWrapper):
        stdin.reconfigure(encoding="utf-8", errors="replace")

    def read() -> None:
        with suppress(RuntimeError):  # the conversation ended first and its loop is closed
            for line in sys.stdin:
                loop.call_soon_threadsafe(queue.put_nowait, line)
            loop.call_soon_threadsafe(queue.put_nowait, "")

    threading.Thread(target=read, name="stdin", daemon=True).start()
    while line := await queue.get():
        yield line


def _new_id() -> str:
    return uuid4().hex


def _now() -> datetime:
    return datetime.now(UTC)


def leave(code: int) -> NoReturn:
    """Exit at once, flushed.

    The warm-up thread may be inside native code, which an orderly exit would tear down under it.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
