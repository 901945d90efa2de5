"""Questions that want code: it is run, there are three tries, then one question about a line of it.

A try is kept as `Executed` before it is graded. What the candidate says in words, beside the code, in comments and
in docstrings, is graded by the judge with every try; what was earned stays.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import Enum, auto

from bot.coach.debrief import card
from bot.coach.events import Executed, Graded, Mode, Probed, Say
from bot.coach.hearing import CUT, MAX_ANSWER, Heard, hear, missed
from bot.coach.interviewer import follow_up, open_points, shorten
from bot.coach.reply import NoticeReply, ProbeReply, RunReply
from bot.coach.session import Exchange
from bot.coach.turn import Turn
from bot.errors import SandboxError
from bot.grading.code import MOST, Code, Words, bare, code_in, words_in
from bot.grading.evidence import content
from bot.grading.grade import Grade, Judge, PointGrade, Span, Submission, Verdict
from bot.grading.running import (
    Run,
    as_points,
    is_test,
    judged,
    point_of,
    rubric_point,
    shown_by_a_line,
    trials,
)
from bot.sandbox.sandbox import Outcome, Sandbox
from knowledge.exercise import Exercise
from knowledge.library import Library
from knowledge.note import Note, RubricPoint

TRIES = 3
TRY_FIRST = "I can't say more before you have tried: state your assumptions and answer, or use /hint or /skip."

_WRITE = (
    "There is nothing to run in that. Write what you can, slow or not; /hint gives a nudge, /skip shows a solution."
)
_NOTED = "Noted. Now write it."
_PART = "That code defines no `{name}`, so it does not count as a try: send the whole of it."
_TOO_LONG = "That is more than {most} KB of code, so it was not run: send what is asked for, without data."
_NEXT = "Try {number} of {tries}: send the corrected code, the whole of it."
_NOT_RUN = (
    "Code cannot be run here, so the rubric alone is graded; to have it run: "
    "pip install 'viva-coach[code]', then viva sandbox setup."
)
_FRAME = ("def ", "async def ", "class ", "import ", "from ", "@")


class Then(Enum):
    """What follows once the code of an answer has been dealt with."""

    WAIT = auto()
    """The candidate has the word."""
    FINISH = auto()
    """The question is over."""
    AS_EVER = auto()
    """What follows any answer: there was no code in it, nor before it."""


class Coding:
    """Deals with answers to questions that want code; without a sandbox it is read and not run."""

    def __init__(self, library: Library, judge: Judge, sandbox: Sandbox | None) -> None:
        self._library = library
        self._judge = judge
        self._sandbox = sandbox
        self._references: dict[str, Outcome] = {}

    async def execute(self, turn: Turn) -> Executed | None:
        """How the code of an answer runs; None where there is none, no try is left, or nowhere to run it."""
        event, exchange, exercise = turn.event, turn.session.current, turn.exercise
        if self._sandbox is None or not isinstance(event, Say) or exchange is None or exercise is None or turn.late:
            return None
        if exchange.ran(event.id) or not self._waits(exchange) or self._refusal(exchange, event, exercise):
            return None
        code = code_in(event.text, exercise.defines)
        if code is None:
            return None
        try:
            outcome = await self._sandbox.run(code.source, trials(exercise))
        except SandboxError as error:
            turn.say(NoticeReply(text=str(error)))
            return None
        reference = await self._reference(self._sandbox, exchange.ref.note_id, exercise) if outcome.ran else None
        run = await asyncio.to_thread(judged, exercise, code, outcome, reference)
        number = len(exchange.runs) + 1
        last = run.passed or number == TRIES
        asks = "" if last else _NEXT.format(number=number + 1, tries=TRIES)
        return Executed(to=event.id, number=number, run=run, asks=asks)

    async def _reference(self, sandbox: Sandbox, note_id: str, exercise: Exercise) -> Outcome | None:
        """How the solution runs in the same place, found out once; None where it cannot be now."""
        if note_id not in self._references:
            with suppress(SandboxError):  # what ran counts without it
                self._references[note_id] = await sandbox.run(exercise.solution, trials(exercise))
        return self._references.get(note_id)

    def _waits(self, exchange: Exchange) -> bool:
        """Whether code is still to come, and to be run."""
        if self._sandbox is None or exchange.probes:
            return False
        if not exchange.runs:
            return not exchange.points or _tested(exchange)
        return not exchange.runs[-1].run.passed and len(exchange.runs) < TRIES

    def _refusal(self, exchange: Exchange, event: Say, exercise: Exercise) -> str:
        """Why an answer is not taken as one, a sentence; empty where it is."""
        if len(event.text) > MOST:
            return _TOO_LONG.format(most=MOST // 1024)
        waits = self._waits(exchange)
        code = code_in(event.text, exercise.defines) if waits or not any(_codes(exchange, exercise)) else None
        if code or not waits:
            return "" if code is None or code.whole else _PART.format(name=exercise.defines)
        heard = hear(event.text, exchange.text)
        return {Heard.ANSWER: "", Heard.QUESTION: TRY_FIRST}.get(heard, _WRITE)

    async def grade(self, turn: Turn, event: Say, exercise: Exercise, person: str) -> Graded | None:
        """The grade of an answer: what its code passed, what its lines earn, what it says; None without these."""
        exchange, rubric = turn.session.current, turn.rubric
        if exchange is None or rubric is None or self._refusal(exchange, event, exercise):
            return None
        code, run = code_in(event.text, exercise.defines), exchange.ran(event.id)
        words = words_in(event.text, code, exercise.starter)
        heard = hear(words.text, exchange.text, exchange.last_prompt)
        asked = open_points(exchange, rubric)
        if not (asked or run) or (code is None and heard is Heard.QUESTION):
            return None
        lines = shown_by_a_line(asked, code, exercise.starter) if code else {}
        rest = [point for point in asked if point.id not in lines]
        said = await self._said(exchange, rest, event, words, heard, person) if rest else None
        tests = self._tests(exchange, exercise, code, run)
        points = _joined(asked, lines, said)
        if tests or _tested(exchange):
            points = [rubric_point(point) for point in points]
        grade = Grade(
            judge=said.judge if said else "rule",
            points=(*tests, *points),
            misconceptions=said.misconceptions if said else (),
            notices=said.notices if said else (),
        )
        unrun = run is None and not exchange.points and (code is not None or self._sandbox is None)
        return Graded(to=event.id, grade=grade.noting(_NOT_RUN) if unrun else grade)

    def _tests(
        self, exchange: Exchange, exercise: Exercise, code: Code | None, run: Run | None
    ) -> tuple[PointGrade, ...]:
        """The tests as points: how they went, or none passed where there are words before any code."""
        if code and run:
            return as_points(exercise, run, code.definition)
        first_words = code is None and not exchange.points and self._waits(exchange)
        return as_points(exercise, None, None) if first_words else ()

    async def _said(
        self, exchange: Exchange, rubric: Sequence[RubricPoint], event: Say, words: Words, heard: Heard, person: str
    ) -> Grade:
        """What the words of an answer earn; evidence is where it stands in the answer."""
        if heard is not Heard.ANSWER:
            return missed(rubric, Heard.EMPTY if heard is Heard.QUESTION else heard)
        note = self._library[exchange.ref.note_id]
        submission = Submission(
            question=exchange.last_prompt if exchange.probes else exchange.text,
            rubric=tuple(rubric),
            answer=words.text[:MAX_ANSWER],
            beside=tuple(point for point in note.rubric if point not in rubric),
            misconceptions=note.misconceptions,
            person=person,
        )
        grade = await self._judge.grade(submission)
        if len(words.text) > MAX_ANSWER:
            grade = grade.noting(CUT)

        def placed(span: Span | None) -> Span | None:
            return words.placed(span, event.text) if span else None

        points = tuple(point.model_copy(update={"evidence": placed(point.evidence)}) for point in grade.points)
        beliefs = tuple(b.model_copy(update={"evidence": placed(b.evidence)}) for b in grade.misconceptions)
        return grade.model_copy(update={"points": points, "misconceptions": beliefs})

    def respond(self, turn: Turn, event: Say, exercise: Exercise) -> Then:
        """Say what an answer leads to, into the turn."""
        exchange, rubric = turn.session.current, turn.rubric or ()
        if exchange is None or event.id not in turn.session.graded:
            refusal = self._refusal(exchange, event, exercise) if exchange else ""
            if refusal:
                turn.say(NoticeReply(text=refusal))
            return Then.WAIT if refusal else Then.AS_EVER
        waits = self._waits(exchange)
        codes = _codes(exchange, exercise)
        if not waits and not any(codes):
            return Then.AS_EVER
        for notice in exchange.notices:
            turn.say(NoticeReply(text=notice))
        run = exchange.ran(event.id)
        if run:
            _tell(turn, run, len(exchange.runs))
        if waits and run:
            turn.say(ProbeReply(text=exchange.last_prompt))
        elif waits and codes[-1] is None:
            turn.say(NoticeReply(text=_NOTED))  # of code that could not be run now that was said
        if waits:
            return Then.WAIT
        if exchange.probes and (exchange.runs or any(codes[:-1])):
            return Then.FINISH  # it was asked
        return self._follow_up(turn, rubric, codes[-1], exercise)

    def _follow_up(self, turn: Turn, rubric: Sequence[RubricPoint], code: Code | None, exercise: Exercise) -> Then:
        """Ask for the heaviest point that is still open, by a line of the code; once."""
        exchange = turn.session.current
        move = follow_up(turn.session, rubric)
        if exchange is None or move is None or code is None:
            return Then.FINISH
        if turn.session.mode is Mode.DRILL and exchange.grade:
            turn.say(card(exchange, exchange.grade, self._library, final=False))
        text = f"Your line `{quoted_line(code, move.point, exercise.starter)}`: {move.point.probe}"
        turn.decide(Probed(to=turn.event.id, point_id=move.point.id, text=text, authored=move.point.probe))
        turn.say(ProbeReply(text=text))
        return Then.WAIT

    def hint(self, turn: Turn) -> tuple[str, str] | None:
        """A test that the last try failed, and the mistake that it is there to catch; None where neither is known."""
        exchange, exercise = turn.session.current, turn.exercise
        if exchange is None or exercise is None or not exchange.runs or not self._waits(exchange):
            return None
        failed = [test.id for test in exchange.runs[-1].run.tests if not test.passed]
        for wrong in sorted(exercise.wrong, key=lambda wrong: [*failed, wrong.caught_by].index(wrong.caught_by)):
            text = f"A mistake often made here: {wrong.says.rstrip('.')}."
            if wrong.caught_by in failed and text not in turn.session.said:
                return point_of(wrong.caught_by), text
        return None


def quoted_line(code: Code, point: RubricPoint, starter: str) -> str:
    """The candidate's line that has most to do with a point, shortened; a loop among equals, the longest of these."""
    wanted = set(content(" ".join((point.point, point.probe, *point.paraphrases))))
    given = {line.strip() for line in starter.split("\n")}
    own = [
        (line.text[: len(text.rstrip())].strip(), text.strip())
        for line, text in zip(code.lines, bare(code.source), strict=True)
        if text.strip() and line.text.strip() not in given and not text.strip().startswith(_FRAME)
    ]

    def telling(line: tuple[str, str]) -> tuple[int, bool, int]:
        return len(wanted & set(content(line[1]))), line[1].startswith(("for ", "while ")), len(line[1])

    return shorten(max(own, key=telling)[0] if own else code.definition.quote)


def explained(note: Note) -> str:
    """What a strong answer says, Markdown; where it is code, the solution as well."""
    return f"{note.short}\n\n```python\n{note.exercise.solution.strip()}\n```" if note.exercise else note.short


def _joined(asked: Sequence[RubricPoint], lines: Mapping[str, Span], said: Grade | None) -> list[PointGrade]:
    """The points that were asked for, in order: earned by a line of the code, or as the words were graded."""
    graded = {point.point_id: point for point in said.points} if said else {}
    for point in asked:
        if span := lines.get(point.id):
            met = PointGrade(point_id=point.id, weight=point.weight, verdict=Verdict.MET, evidence=span)
            graded[point.id] = met
    return [graded[point.id] for point in asked]


def _codes(exchange: Exchange, exercise: Exercise) -> list[Code | None]:
    """The code of each answer so far."""
    return [code_in(answer, exercise.defines) for answer in exchange.answers]


def _tested(exchange: Exchange) -> bool:
    return any(map(is_test, exchange.points))


def _tell(turn: Turn, run: Run, number: int) -> None:
    """Show how a run went; an interviewer only says what it fails on."""
    silent = turn.session.mode is Mode.INTERVIEW
    if silent and run.passed:
        return
    facts = {} if silent else {"tests": run.tests, "seconds": run.seconds, "reference": run.reference}
    reply = RunReply(number=number, of=TRIES, failing=run.failing, error=run.error)
    turn.say(reply.model_copy(update=facts))
