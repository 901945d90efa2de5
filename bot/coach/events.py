"""What happens in a conversation. A session is the list of its events and nothing else.

Candidate events come from a surface and carry its idempotency key; outcome events are what the
coach decided in answer to one of them (`to`). Stored as JSON under their `kind`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.coach.reply import Reply
from bot.grading.grade import Grade, Said, Span, Verdict
from bot.grading.running import Run
from knowledge.note import Level


class Mode(StrEnum):
    """What sort of session it is."""

    DRILL = "drill"
    INTERVIEW = "interview"
    ASK = "ask"


class Stage(StrEnum):
    """Where an interview is in its arc; a drill has the one stage."""

    DRILL = "drill"
    RESEARCH = "your research"
    BACKGROUND = "your background"
    FUNDAMENTALS = "fundamentals"
    BEHAVIOURAL = "working with others"
    QUESTIONS = "your questions"


class QuestionRef(BaseModel):
    """Which question of which note: rung 0 is the note's own, 1 and up are its follow-ups."""

    model_config = ConfigDict(frozen=True)

    note_id: str
    rung: int = Field(default=0, ge=0)


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Planned(_Event):
    """A question that is to come, in these words, and why, in a sentence."""

    ref: QuestionRef
    text: str
    why: str = ""


class _FromCandidate(_Event):
    id: str
    at: datetime


class Start(_FromCandidate):
    """A session begins. `avoid` are notes asked lately, used only when nothing else is left.

    The questions of a drill's `agenda` come first, in that order.
    Of a `private` session only the candidate is to see the grades. `plain` asks whatever model words
    something for short sentences and everyday words.
    """

    kind: Literal["start"] = "start"
    mode: Mode
    topic: str | None = None
    level: Level | None = None
    questions: int = Field(default=5, ge=1, le=50)
    minutes: int = Field(default=30, ge=5, le=180)
    seed: int = 0
    avoid: tuple[str, ...] = ()
    agenda: tuple[Planned, ...] = ()
    private: bool = False
    plain: bool = False


class _ToPrompt(_FromCandidate):
    """`prompt` counts the questions and probes of the session from 1; None is whatever stands open."""

    prompt: int | None = Field(default=None, ge=1)


class Say(_ToPrompt):
    """The candidate says something in answer to what stands open; `sure` is from 1, guessing, to 5, certain."""

    kind: Literal["say"] = "say"
    text: Said
    sure: int | None = Field(default=None, ge=1, le=5)


class Ask(_FromCandidate):
    """The candidate asks the notes something."""

    kind: Literal["ask"] = "ask"
    text: Said


class Hint(_ToPrompt):
    """The candidate wants a hint, knowing that it costs."""

    kind: Literal["hint"] = "hint"


class Skip(_ToPrompt):
    """The candidate wants the next question."""

    kind: Literal["skip"] = "skip"


class Pause(_FromCandidate):
    """The candidate leaves for a while."""

    kind: Literal["pause"] = "pause"


class Resume(_FromCandidate):
    """The candidate is back."""

    kind: Literal["resume"] = "resume"


class Stop(_FromCandidate):
    """The candidate wants to end here and hear how it went."""

    kind: Literal["stop"] = "stop"


class Mark(_FromCandidate):
    """The candidate's own verdict on a point that no judge could score.

    `question` counts the finished questions from 1 (None: the last one), `point` the points of its
    rubric from 1, as the grade card numbers them.
    """

    kind: Literal["mark"] = "mark"
    question: int | None = Field(default=None, ge=1)
    point: int = Field(ge=1)
    verdict: Literal[Verdict.MET, Verdict.PARTIAL, Verdict.MISSED]


class Appeal(_FromCandidate):
    """The candidate did say a point that the judge does not count as met, in these words; numbers as in `Mark`."""

    kind: Literal["appeal"] = "appeal"
    question: int | None = Field(default=None, ge=1)
    point: int = Field(ge=1)
    words: Said


class Seat(_FromCandidate):
    """Somebody, `who`, is on the panel of an interview."""

    kind: Literal["seat"] = "seat"
    who: str


class Vote(_FromCandidate):
    """What somebody of the panel says about a point; numbers as in `Mark`."""

    kind: Literal["vote"] = "vote"
    who: str
    question: int = Field(ge=1)
    point: int = Field(ge=1)
    verdict: Literal[Verdict.MET, Verdict.PARTIAL, Verdict.MISSED]


class _Outcome(_Event):
    to: str


class Executed(_Outcome):
    """The code of an answer has been run, for the `number`th time; `asks` for the next try where there is one."""

    kind: Literal["executed"] = "executed"
    number: int = Field(ge=1)
    run: Run
    asks: str = ""


class Graded(_Outcome):
    """An answer has been graded."""

    kind: Literal["graded"] = "graded"
    grade: Grade


class Asked(_Outcome):
    """A question has been put; `number` counts the main questions from 1, `starter` is code to begin with."""

    kind: Literal["asked"] = "asked"
    ref: QuestionRef
    text: str
    stage: Stage
    number: int
    starter: str = ""


class Probed(_Outcome):
    """A point has been probed: `text` as it was said, `authored` as the note has it.

    Where a model worded it, `model` and the edition of its `prompt` are kept.
    """

    kind: Literal["probed"] = "probed"
    point_id: str
    text: str
    authored: str
    model: str = ""
    prompt: str = ""


class Hinted(_Outcome):
    """A hint on a point has been given, in these words."""

    kind: Literal["hinted"] = "hinted"
    point_id: str
    text: str


class Marked(_Outcome):
    """A point has been marked by the candidate; `exchange` counts the finished questions from 0."""

    kind: Literal["marked"] = "marked"
    exchange: int
    point_id: str
    verdict: Verdict


class Disputed(_Outcome):
    """The candidate says that a point was met, with words of an answer; the judge's verdict stays.

    `exchange` counts the finished questions from 0, `answer` the answers to that one from 0; `evidence` is in it.
    """

    kind: Literal["disputed"] = "disputed"
    exchange: int
    point_id: str
    answer: int
    evidence: Span


class Finished(_Outcome):
    """The open question is over and its points may be shown."""

    kind: Literal["finished"] = "finished"
    skipped: bool = False


class Closed(_Outcome):
    """The session is over."""

    kind: Literal["closed"] = "closed"


class Replied(_Outcome):
    """What was shown in answer to a candidate event; its presence means the event is dealt with."""

    kind: Literal["replied"] = "replied"
    replies: tuple[Reply, ...]


class Shown(_Outcome):
    """The replies to a candidate event have reached the candidate."""

    kind: Literal["shown"] = "shown"


CandidateEvent = Start | Say | Ask | Hint | Skip | Pause | Resume | Stop | Mark | Appeal | Seat | Vote
Outcome = Executed | Graded | Asked | Probed | Hinted | Marked | Disputed | Finished | Closed | Replied | Shown
Event = Annotated[CandidateEvent | Outcome, Field(discriminator="kind")]

EVENT: TypeAdapter[CandidateEvent | Outcome] = TypeAdapter(Event)
