"""Replies as rich renderables. Pure: the same reply is always drawn the same way."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from bot.coach.interviewer import shorten
from bot.coach.progress import TopicProgress
from bot.coach.reply import (
    AnswerReply,
    BallotReply,
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
from bot.surface import code, words
from bot.surface.formulas import readable
from bot.surface.words import percent
from knowledge.exercise import Exercise
from knowledge.library import Library
from knowledge.note import Kind, Level, Note

_STYLE = {
    Verdict.MET: "green",
    Verdict.PARTIAL: "yellow",
    Verdict.MISSED: "dim",
    Verdict.CONTRADICTED: "red",
    Verdict.UNSCORED: "cyan",
}
_BAR = 20
_IN_CODE = "Answer in code: paste it, type it between two lines of ```, or give a file: @knn.py"


def drawn(reply: Reply) -> RenderableType:
    """One reply as something rich can print."""
    match reply:
        case QuestionReply():
            return _question(reply)
        case ProbeReply():
            return Group(Text(), Text(reply.text, style="bold"))
        case RunReply():
            return _run(reply)
        case HintReply():
            return Text.assemble(("Hint ", "cyan"), reply.text, (f"  ({reply.cost})", "dim"))
        case GradeReply():
            return _grade(reply)
        case ExplanationReply():
            return _titled("A strong answer in 30 seconds", reply.text, f"viva notes show {reply.note_id}")
        case AnswerReply():
            return _titled("From the notes", reply.text, ", ".join(f"[{note_id}]" for note_id in reply.note_ids))
        case NoticeReply():
            return Text(reply.text, style="italic")
        case BallotReply():
            return Text(f"The panel votes on question {reply.number}.", style="italic")
        case DebriefReply():
            return _debrief(reply)


def markdown(text: str) -> Markdown:
    """Markdown with its formulas readable."""
    return Markdown(readable(text))


def _question(reply: QuestionReply) -> RenderableType:
    lines: list[RenderableType] = [Text(), Rule(Text(words.place(reply), style="cyan"), align="left", style="dim")]
    lines += [Text(text, style="italic") for text in (reply.why, reply.bridge) if text]
    lines.append(Text(reply.text, style="bold"))
    if reply.starter:
        lines += [Text(), _python(reply.starter), Text(_IN_CODE, style="dim")]
    return Group(*lines)


def _python(source: str) -> RenderableType:
    return Padding(
        Syntax(source.strip("\n"), "python", theme="ansi_dark", background_color="default", word_wrap=True), (0, 2)
    )


def _run(reply: RunReply) -> RenderableType:
    tests = (
        Text.assemble(("✓ " if test.passed else "✗ ", "green" if test.passed else "red"), test.says)
        for test in code.tests(reply)
    )
    lines: list[RenderableType] = [*tests]
    if told := list(code.case(reply)):
        about = reply.failing.says if reply.failing else ""
        lines += [Text(about, style="bold")] if about else []
        lines += [Text(f"  {line}") for line in told]
    if took := code.times(reply):
        lines.append(Text(took, style="dim"))
    return Panel(Group(*lines), title=code.headline(reply), title_align="left", border_style="dim")


def _grade(reply: GradeReply) -> RenderableType:
    footer: list[RenderableType] = []
    if rest := words.unsaid(reply):
        footer.append(Text(f"· {rest}", style="dim"))
    unscored = [str(point.number) for point in words.unscored(reply.points)]
    if reply.final and unscored:
        footer.append(
            Text(
                f"Compare {words.listed(unscored)} with what you said: /mark {unscored[0]} yes, partly or no.",
                style="cyan",
            )
        )
    return Panel(
        Group(*_points(words.shown(reply)), *_put_right(reply.misconceptions), *footer),
        title=Text.assemble((words.headline(reply), "bold"), "  ", bar(reply.score, reply.open_weight)),
        title_align="left",
        subtitle=Text(words.judged(reply), style="dim"),
        subtitle_align="right",
        border_style="dim",
    )


def _points(points: Iterable[PointLine]) -> Iterable[RenderableType]:
    for point in points:
        style, name = _STYLE[point.verdict], words.NAME[point.verdict]
        head = Text.assemble((f"{words.SIGN[point.verdict]} ", style), (f"{point.number}. ", "dim"))
        if point.text is None:
            head.append(name, style)
        else:
            head.append(point.text)
        head.append(f"  {percent(point.weight)}{words.AIDED[point.aid]}", "dim")
        yield head
        if point.marked:
            yield Text(f"     marked by you: {name}", style=style)
        elif point.quote:
            yield Text(f"     “{shorten(point.quote)}”", style=style)
        if point.reason and not point.marked and (point.test or point.verdict is not Verdict.MISSED):
            yield Text(f"     {point.reason}", style="dim")
        if point.disputed:
            yield Text(f"     {words.disputed(point)}, “{shorten(point.disputed)}”", style="green")


def _put_right(beliefs: tuple[WrongBelief, ...]) -> Iterable[RenderableType]:
    for belief in beliefs:
        yield Text.assemble(("✗ ", "red"), f"You said “{shorten(belief.evidence.quote)}”")
        yield Text(f"     In fact: {belief.correction}")


def bar(score: float, open_weight: float = 0.0) -> Text:
    """A score in [0, 1] as a bar, with what is still open behind it."""
    return Text.assemble(*zip(words.bar(score, open_weight, width=_BAR), ("green", "cyan", "dim"), strict=True))


def _titled(title: str, text: str, source: str) -> RenderableType:
    return Group(Text(), Text(title, style="cyan"), Padding(markdown(text), (0, 2)), Text(f"  {source}", style="dim"))


def _debrief(reply: DebriefReply) -> RenderableType:
    parts: list[RenderableType] = [Text(), Rule(Text(words.headline(reply), style="bold"), align="left", style="cyan")]
    for q in reply.questions:
        help_used = words.helped(q)
        line = Text.assemble(
            f"{q.number}. {q.question}  ",
            bar(q.score, q.open_weight),
            f" {percent(q.score)}",
            (f" · {help_used}" if help_used else "", "dim"),
        )
        parts.append(line)
        if reply.mode == "interview":
            parts.append(Padding(Group(*_points(q.points)), (0, 3)))
    for title, style, texts in (
        ("What carried you", "green", reply.strengths),
        ("What to work on", "yellow", reply.weaknesses),
    ):
        if texts:
            parts += [Text(), Text(title, style=style), *(Text(f"  · {text}") for text in texts)]
    if unscored := [f"{q.number}.{point.number}" for q in reply.questions for point in words.unscored(q.points)]:
        told = f"What I could not tell is yours to mark, by question and point: /mark {unscored[0]} yes, partly or no."
        parts += [Text(), Text(told, style="cyan")]
    if reply.read_next:
        commands = "  ".join(f"viva notes show {note_id}" for note_id in reply.read_next)
        parts += [Text(), Text(f"Read next: {commands}", style="dim")]
    return Group(*parts)


def note_page(note: Note, *, solution: bool = False) -> RenderableType:
    """A whole note as a person reads it; the solution of its exercise only where it is asked for."""
    parts: list[RenderableType] = [
        Rule(style="cyan"),
        Text(note.question, style="bold"),
        Text(f"{note.id} · {note.topic} · {note.level} · {note.kind}", style="dim"),
    ]
    if note.exercise:
        parts += _exercise(note.exercise, solution=solution)
    for heading, text in note.sections.items():
        parts += [Text(), Text(heading, style="cyan"), Padding(markdown(text), (0, 2))]
    parts += [Text(), Text("What is graded", style="cyan")]
    parts += [Text.assemble(f"  · {point.point}", (f"  {percent(point.weight)}", "dim")) for point in note.rubric]
    parts += [Text(), Text("Often said, and wrong", style="cyan")]
    parts += [Text.assemble(("  ✗ ", "red"), m.claim, ("  → ", "dim"), m.correction) for m in note.misconceptions]
    parts += [Text(), Text("Where it goes from here", style="cyan")]
    parts += [Text(f"  {rung.question}") for rung in note.follow_ups]
    parts += [Text.assemble(f"  {related.bridge}", (f"  [{related.id}]", "dim")) for related in note.related]
    parts += [Text(), *(Text(f"  {reference}", style="dim") for reference in note.references)]
    return Group(*parts)


def _exercise(exercise: Exercise, *, solution: bool) -> Iterator[RenderableType]:
    for title, source in [("What you begin with", exercise.starter), ("A solution", exercise.solution)][: 1 + solution]:
        yield from (Text(), Text(title, style="cyan"), _python(source))
    yield from (Text(), Text("What is run", style="cyan"))
    yield from (Text(f"  · {test.says}") for test in exercise.tests)


def progress_table(rows: Sequence[TopicProgress], further: Sequence[str] = ()) -> RenderableType:
    """Mastery by topic with its interval, its trend and what is due, and sentences under it."""
    if not rows:
        return Text("Nothing has been graded yet; /drill starts.", style="italic")
    table = Table("topic", "questions", "mastery", "", "between", "", "", box=None, header_style="dim")
    for row in rows:
        between = "" if row.low is None or row.high is None else f"{round(100 * row.low)}-{percent(row.high)}"
        change, due = words.trend(row).removeprefix(", "), words.waiting(row.due, "")
        table.add_row(row.topic, str(row.questions), percent(row.score), bar(row.score), between, change, due)
    return Group(table, *(Text(sentence) for sentence in further))


def coverage_rows(library: Library) -> Iterator[tuple[str, ...]]:
    """Topics by levels and by kinds: a line of names, a line a topic, and a line of what they add up to."""
    yield ("topic", "notes", *Level, *(kind if kind not in list(Level) else f"{kind} (kind)" for kind in Kind))
    for topic, notes in (*library.topics.items(), ("all", tuple(library))):
        levels, kinds = Counter(note.level for note in notes), Counter(note.kind for note in notes)
        counts = (*(levels[level] for level in Level), *(kinds[kind] for kind in Kind))
        yield (topic, str(len(notes)), *(str(count or "·") for count in counts))


def coverage_table(library: Library) -> RenderableType:
    """The coverage as a table."""
    head, *rows, total = coverage_rows(library)
    table = Table(box=None, header_style="dim", show_footer=True, footer_style="bold", padding=(0, 1, 0, 0))
    for column, (name, footer) in enumerate(zip(head, total, strict=True)):
        table.add_column(name, footer=footer, justify="right" if column else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table
