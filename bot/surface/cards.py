"""Replies as cards, made of what every surface has. Pure: the same reply always makes the same card.

A surface says by its `Markup` how it writes and lays the blocks out in its messages; what is on a card is said here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.coach.interviewer import shorten
from bot.coach.progress import TopicProgress
from bot.coach.reply import (
    AnswerReply,
    BallotReply,
    DebriefQuestion,
    DebriefReply,
    ExplanationReply,
    GradeReply,
    HintReply,
    NoticeReply,
    PointLine,
    ProbeReply,
    QuestionReply,
    Reply,
    RunReply,
)
from bot.grading.grade import Verdict, WrongBelief
from bot.surface import appealing, code, words
from bot.surface.formulas import formula, readable, replaced, without_half
from bot.surface.marking import Marking, markings
from bot.surface.pictures import Picture, formulas, progress_chart
from bot.surface.pieces import closed
from bot.surface.press import Press, Verb, mark
from bot.surface.report import report
from bot.surface.words import percent

STRONG, FAIR = 0.7, 0.4
"""From where on a score is a strong one, or a fair one."""
FOR_ONE = (RunReply, GradeReply, ExplanationReply, DebriefReply, HintReply)
"""What only the candidate is to see of a private session."""

_IN_CODE = "Answer in code: a code block, a .py file, or the form."
_WIDE, _NARROW = 20, 10  # characters of a bar
_GROUPS = (
    ("", (Verdict.MET, Verdict.PARTIAL, Verdict.CONTRADICTED)),
    ("What was missing", (Verdict.MISSED,)),
    ("Yours to mark: compare with what you said", (Verdict.UNSCORED,)),
)


@dataclass(frozen=True)
class Passage:
    """Text in the surface's markup under a title, which is plain text or empty; `small` is small print."""

    text: str
    title: str = ""
    small: bool = False


@dataclass(frozen=True)
class Document:
    """A text file."""

    name: str
    text: str


@dataclass(frozen=True)
class Click:
    """A button; the main one of its message is `primary`."""

    press: Press
    label: str
    primary: bool = False


Block = Passage | Picture | Document | Click | Marking
"""What a card is made of."""


@dataclass(frozen=True)
class Markup:
    """How a surface writes.

    `inert` shows plain text as it was written; `markdown` shows Markdown that mentions nobody, `literal` makes plain
    text a part of such Markdown; `sentence` shows one of Viva's own, which may name commands. Of the lines of a
    passage `small` is small print, `quote` quotes, `item` is one of a list. `command` has its topic, or none.
    """

    inert: Callable[[str], str]
    markdown: Callable[[str], str]
    literal: Callable[[str], str]
    sentence: Callable[[str], str]
    bold: Callable[[str], str]
    italic: Callable[[str], str]
    small: Callable[[str], str]
    quote: Callable[[str], str]
    item: Callable[[str], str]
    command: Callable[[str, str], str]

    def plain(self, text: str) -> str:
        """Plain text with its formulas readable."""
        return self.inert(readable(text))

    def question(self, reply: QuestionReply | ProbeReply) -> Passage:
        """A question or a probe; of any length, so to be shown in pieces."""
        if isinstance(reply, ProbeReply):
            return Passage(self.plain(reply.text))
        before = [self.italic(self.plain(text)) for text in (reply.why, reply.bridge) if text]
        starter = [code.fenced(reply.starter, "python"), self.small(_IN_CODE)] if reply.starter else []
        return Passage("\n".join([*before, self.plain(reply.text), *starter]), title=words.place(reply))

    def so_far(self, text: str, *, markdown: bool) -> str:
        """A probe or an answer still being worded, as the whole will look; what is half a formula is kept back."""
        whole = without_half(text)
        if not markdown:
            return self.plain(whole)
        return self.markdown(closed(replaced(whole, lambda latex: self.literal(formula(latex)))))

    def card(self, reply: Reply, *, session_id: str, private: bool = False, sharer: str = "") -> list[Block]:
        """What a reply says. Under a `private` one stands how to share it, over a shared one by whom."""
        above = [Passage(f"shared by {self.inert(sharer)}", small=True)] if sharer else []
        shareable = private and isinstance(reply, FOR_ONE)
        below = [Click(Press(Verb.SHARE, session_id, mark(reply)), "Share with the channel")] if shareable else []
        return [*above, *self._said(reply, session_id), *below]

    def _said(self, reply: Reply, session_id: str) -> Iterable[Block]:
        match reply:
            case QuestionReply() | ProbeReply():
                return [self.question(reply)]
            case HintReply():
                text = f"{self.bold('Hint')} {self.inert(reply.text)}\n{self.small(self.inert(reply.cost))}"
                return [Passage(text)]
            case RunReply():
                return self._run(reply)
            case GradeReply():
                return self._grade(reply, session_id)
            case ExplanationReply():
                return self._notes("A strong answer in 30 seconds", reply.text, [reply.note_id])
            case AnswerReply():
                return self._notes("From the notes", reply.text, reply.note_ids)
            case NoticeReply():
                return [Passage(self.sentence(reply.text))]
            case BallotReply():
                told = Passage(self.inert(reply.question), title=f"The panel votes on question {reply.number}")
                return [told, Click(Press(Verb.VOTE, session_id, mark(reply)), "Vote", primary=True)]
            case DebriefReply():
                return self._debrief(reply, session_id)

    def progress(self, rows: Sequence[TopicProgress], further: Sequence[str] = ()) -> list[Block]:
        """Mastery by topic, as a chart and as text, with sentences of Viva's own under it."""
        if not rows:
            return [Passage(f"Nothing has been graded yet; {self.command('drill', '')} starts.")]
        lines = [self.item(f"{self.inert(row.topic)}: {words.known(row)}") for row in rows]
        told = [Passage("\n".join(self.sentence(sentence) for sentence in further))] if further else []
        return [Passage("", title="Your progress by topic"), progress_chart(rows), Passage("\n".join(lines)), *told]

    def _run(self, reply: RunReply) -> Iterator[Block]:
        tests = [f"{'✓' if test.passed else '✗'} {self.inert(test.says)}" for test in code.tests(reply)]
        yield Passage("\n".join(map(self.item, tests)), title=code.headline(reply))
        if lines := list(code.case(reply)):
            about = [self.bold(self.inert(reply.failing.says))] if reply.failing else []
            yield Passage("\n".join([*about, code.fenced("\n".join(lines))]))
        if took := code.times(reply):
            yield Passage(took, small=True)

    def _grade(self, reply: GradeReply, session_id: str) -> Iterator[Block]:
        bar = f"`{_bar(reply.score, reply.open_weight, _WIDE)}`"
        # Until the question is over it stands right above.
        about = [self.small(self.inert(shorten(reply.question)))] if reply.final else []
        yield Passage("\n".join([bar, *about]), title=words.headline(reply))
        for heading, verdicts in _GROUPS:
            points = [self._point(point) for point in words.shown(reply) if point.verdict in verdicts]
            yield from self._headed(heading, points)
        yield from self._headed("Put right", [self._put_right(belief) for belief in reply.misconceptions])
        if reply.final:
            yield from markings(session_id, [(reply.number, point) for point in words.unscored(reply.points)])
        yield from self._appeal(reply, session_id)
        if lines := [line for line in (words.unsaid(reply), words.judged(reply)) if line]:
            yield Passage("\n".join(lines), small=True)

    def _appeal(self, reply: GradeReply | DebriefReply, session_id: str) -> Iterator[Click]:
        if appealing.choices(reply):
            yield Click(Press(Verb.APPEAL, session_id, mark(reply)), appealing.LABEL)

    def _headed(self, heading: str, texts: Sequence[str]) -> Iterator[Passage]:
        for index, text in enumerate(texts):
            yield Passage(f"{self.bold(heading)}\n{text}" if heading and index == 0 else text)

    def _point(self, point: PointLine) -> str:
        """A point with the bar of what it earned, and the words that earned it."""
        earned, is_open = point.verdict.credit * point.aid.share, point.verdict is Verdict.UNSCORED
        whole = percent(point.weight)
        got = f"{whole} open" if is_open else f"{percent(point.weight * earned)} of {whole}"
        text = self.inert(point.text) if point.text else self.italic(words.NAME[point.verdict])
        lines = [
            f"{words.SIGN[point.verdict]} {self.bold(f'{point.number}.')} {text}",
            self.small(f"`{_bar(earned, float(is_open))}` {got}{words.AIDED[point.aid]}"),
        ]
        return "\n".join([*lines, *self._evidence(point)])

    def _evidence(self, point: PointLine) -> Iterator[str]:
        if point.marked:
            yield self.quote(self.italic(f"marked by you: {words.NAME[point.verdict]}"))
        elif point.quote:
            yield self.quote(f"“{self.inert(shorten(point.quote))}”")
        elif point.reason and (point.verdict is Verdict.UNSCORED or point.test):
            yield self.small(self.inert(point.reason))
        if point.disputed:
            yield self.quote(f"{self.italic(words.disputed(point))} “{self.inert(shorten(point.disputed))}”")

    def _put_right(self, belief: WrongBelief) -> str:
        wrong = self.quote(f"“{self.inert(shorten(belief.evidence.quote))}”")
        return f"{wrong}\n{self.plain(belief.correction)}"

    def _notes(self, title: str, markdown: str, note_ids: Iterable[str]) -> Iterator[Block]:
        text, pictures = formulas(markdown, self.literal)
        yield Passage(self.markdown(text), title=title)
        yield from pictures
        yield Passage("from " + " · ".join(f"`{note_id}`" for note_id in note_ids), small=True)

    def _debrief(self, reply: DebriefReply, session_id: str) -> Iterator[Block]:
        yield Passage(f"`{_bar(reply.score, reply.open_weight, _WIDE)}`", title=words.headline(reply))
        for question in reply.questions:
            yield Passage(self._answered(question, with_points=reply.mode == "interview"))
        for title, texts in (("What carried you", reply.strengths), ("What to work on", reply.weaknesses)):
            if texts:
                yield Passage("\n".join([self.bold(title), *(self.item(self.inert(text)) for text in texts)]))
        unscored = [(q.number, point) for q in reply.questions for point in words.unscored(q.points)]
        if unscored:
            yield Passage(f"{self.bold('Yours to mark')}: what I could not tell, by question and point")
            yield from markings(session_id, unscored, by_question=True)
        if reply.mode == "interview":  # after a drill it stands under the card of each question
            yield from self._appeal(reply, session_id)
        drills = [f"`{self.command('drill', note_id)}`" for note_id in reply.read_next or [""]]
        yield Passage("Next: " + " · ".join([*drills, f"`{self.command('progress', '')}`"]), small=True)
        yield Document("debrief.md", report(reply))

    def _answered(self, question: DebriefQuestion, *, with_points: bool) -> str:
        facts = [percent(question.score)]
        if question.open_weight:
            facts.append(f"{percent(question.open_weight)} open")
        if used := words.helped(question):
            facts.append(used)
        lines = [
            f"{self.bold(f'{question.number}.')} {self.inert(question.question)}",
            self.small(f"`{_bar(question.score, question.open_weight)}` {' · '.join(facts)}"),
        ]
        if with_points:
            lines += [line for point in question.points for line in self._in_short(point)]
        return "\n".join(lines)

    def _in_short(self, point: PointLine) -> Iterator[str]:
        text = self.inert(point.text or words.NAME[point.verdict])
        yield f"{words.SIGN[point.verdict]} {point.number}. {text} ({percent(point.weight)}{words.AIDED[point.aid]})"
        if point.votes:
            yield self.small(words.voted(point))
        yield from self._evidence(point)


def _bar(score: float, open_weight: float = 0.0, width: int = _NARROW) -> str:
    return "".join(words.bar(score, open_weight, width=width))
