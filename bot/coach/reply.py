"""What a surface is asked to show. Values only: a surface turns them into cards, blocks or lines."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.grading.grade import Aid, Verdict, WrongBelief
from bot.grading.running import Case, Result, Wrong


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class QuestionReply(_Reply):
    """A question; `number` of `of` main questions (`of` is None in an interview), `rung` > 0 goes deeper.

    `why` says in a sentence why it comes now, where there is a reason. `starter` is code to begin with, where the
    answer is to be code.
    """

    kind: Literal["question"] = "question"
    text: str
    note_id: str
    rung: int = 0
    number: int
    of: int | None = None
    stage: str = ""
    bridge: str = ""
    starter: str = ""
    why: str = ""


class ProbeReply(_Reply):
    """The interviewer asks on about the answer just given."""

    kind: Literal["probe"] = "probe"
    text: str


class RunReply(_Reply):
    """How the candidate's code ran, try `number` of `of`. An interview shows no `tests`, only what it fails on.

    `error` is what it broke on, `failing` the first case that failed; seconds are those of the cases that passed,
    and of the same ones with the reference solution.
    """

    kind: Literal["run"] = "run"
    number: int
    of: int
    tests: tuple[Result, ...] = ()
    failing: Case | None = None
    error: Wrong | None = None
    seconds: float | None = None
    reference: float | None = None


class HintReply(_Reply):
    """A hint, and what it costs."""

    kind: Literal["hint"] = "hint"
    text: str
    cost: str


class PointLine(_Reply):
    """One rubric point on a grade card.

    `text` is None while the point may still be earned; `quote` are the candidate's own words, `votes` what
    the panel said, `disputed` the words with which the candidate says that it was met after all. `test`: the point is
    a test that their code passed or failed.
    """

    number: int
    text: str | None
    weight: float
    verdict: Verdict
    quote: str = ""
    aid: Aid = Aid.NONE
    reason: str = ""
    marked: bool = False
    votes: tuple[Verdict, ...] = ()
    test: bool = False
    disputed: str = ""


class GradeReply(_Reply):
    """A grade: score and open weight in [0, 1]; `final` once the question is over.

    `number` counts the finished questions of the session from 1, as `Mark.question` does.
    `misconceptions` are what the candidate got wrong beside the rubric, once nothing can be earned by the
    corrections.
    """

    kind: Literal["grade"] = "grade"
    question: str
    score: float
    open_weight: float
    points: tuple[PointLine, ...]
    judge: str
    final: bool
    misconceptions: tuple[WrongBelief, ...] = ()
    number: int | None = None


class ExplanationReply(_Reply):
    """What a strong answer says, shown once the question is over. Markdown."""

    kind: Literal["explanation"] = "explanation"
    note_id: str
    text: str


class AnswerReply(_Reply):
    """An answer from the notes, every piece with its source. Markdown.

    Where a model worded it, `model` and the edition of its `prompt` are kept.
    """

    kind: Literal["answer"] = "answer"
    text: str
    note_ids: tuple[str, ...]
    model: str = ""
    prompt: str = ""


class NoticeReply(_Reply):
    """One sentence from the coach about the conversation itself."""

    kind: Literal["notice"] = "notice"
    text: str


class BallotReply(_Reply):
    """A question is over and the panel votes on its points; `number` as in `Vote`. Only the panel is to see them."""

    kind: Literal["ballot"] = "ballot"
    number: int
    question: str
    points: tuple[str, ...]


class DebriefQuestion(_Reply):
    """One question in a debrief."""

    number: int
    question: str
    note_id: str
    stage: str
    score: float
    open_weight: float
    points: tuple[PointLine, ...]
    skipped: bool = False
    hints: int = 0


class DebriefReply(_Reply):
    """The report after a session: overall score in [0, 1] is the mean over its questions."""

    kind: Literal["debrief"] = "debrief"
    mode: str
    score: float
    open_weight: float
    questions: tuple[DebriefQuestion, ...]
    strengths: tuple[str, ...]
    weaknesses: tuple[str, ...]
    read_next: tuple[str, ...]


Reply = Annotated[
    QuestionReply
    | ProbeReply
    | RunReply
    | HintReply
    | GradeReply
    | ExplanationReply
    | AnswerReply
    | NoticeReply
    | BallotReply
    | DebriefReply,
    Field(discriminator="kind"),
]


class Delta(_Reply):
    """A piece of a reply that is being worded right now; the whole follows as a Reply.

    `markdown` as in the whole: an answer is Markdown, a probe is plain text.
    """

    kind: Literal["delta"] = "delta"
    text: str
    markdown: bool = False
