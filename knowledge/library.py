"""Load every note and check it; every mistake is reported with its file and line, all at once."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from knowledge.errors import LibraryError, Problem, UnknownNote, UnknownTopic
from knowledge.note import EXAMPLE, FULL, SHORT, Note

NOTES = Path(__file__).parent / "notes"

# libyaml is about ten times faster than the Python loader, and a start reads every note.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?P<yaml>.*?)^---[ \t]*\n(?P<body>.*)\Z", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^## +(.+?) *$", re.MULTILINE)
_FIRST_YAML_LINE = 2  # the line below the opening ---

_EXPECTED = {
    "missing": "this field",
    "extra_forbidden": "only the fields of the schema (see CONTRIBUTING.md)",
    "string_type": "text (quote it if it has a colon or looks like a number)",
    "string_too_short": "some text",
    "string_pattern_mismatch": "lower-case words joined by hyphens",
    "tuple_type": "a list",
    "model_type": "fields with names",
    "float_parsing": "a number",
    "float_type": "a number",
}


class Library:
    """All notes, by id, in a fixed order (topic, then id)."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self._notes = {note.id: note for note in sorted(notes, key=lambda n: (n.topic, n.id))}

    def __iter__(self) -> Iterator[Note]:
        return iter(self._notes.values())

    def __len__(self) -> int:
        return len(self._notes)

    def __contains__(self, note_id: object) -> bool:
        return note_id in self._notes

    def __getitem__(self, note_id: str) -> Note:
        """The note with this id; raises UnknownNote with near ids."""
        try:
            return self._notes[note_id]
        except KeyError:
            raise UnknownNote(note_id, list(self._notes)) from None

    @cached_property
    def topics(self) -> Mapping[str, tuple[Note, ...]]:
        """Topic name -> its notes, both in order."""
        topics: defaultdict[str, list[Note]] = defaultdict(list)
        for note in self:
            topics[note.topic].append(note)
        return {topic: tuple(notes) for topic, notes in topics.items()}

    def topic(self, name: str) -> tuple[Note, ...]:
        """The notes of one topic, named with spaces or hyphens; raises UnknownTopic."""
        slug = "-".join(name.lower().replace("-", " ").split())
        if slug not in self.topics:
            raise UnknownTopic(name, list(self.topics))
        return self.topics[slug]


def load(root: Path = NOTES) -> Library:
    """Read every `<topic>/<id>.md` under `root`.

    Raises LibraryError with every mistake in every file, not only the first.
    """
    paths = sorted(root.glob("*/*.md"))
    if not paths:
        raise LibraryError([Problem(root, 1, "there are no notes here", "<topic>/<id>.md files")])
    problems: list[Problem] = []
    sources: dict[str, tuple[Path, Note]] = {}
    for path in paths:
        note, mistakes = read_note(path)
        problems += mistakes
        if note:
            if note.id in sources:
                problems.append(
                    Problem(
                        path,
                        2,
                        f"id {note.id!r} is already used by {sources[note.id][0]}",
                        "an id of its own",
                    )
                )
            sources[note.id] = (path, note)
    # A note that failed to load would make every link to it look dead.
    known = sources.keys() | {path.stem for path in paths}
    problems += [
        Problem(
            path,
            _line_of(path, f"id: {related.id}"),
            f"related note {related.id!r} does not exist",
            "the id of a note",
        )
        for path, note in sources.values()
        for related in note.related
        if related.id not in known
    ]
    problems += _repeated_questions(sources)
    if problems:
        raise LibraryError(sorted(problems, key=lambda p: (str(p.path), p.line)))
    return Library([note for _, note in sources.values()])


def read_note(path: Path) -> tuple[Note | None, list[Problem]]:
    """Read one note: the note, or None and everything that is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return None, [Problem(path, 1, f"cannot be read ({error})", "a UTF-8 text file")]
    match = _FRONT_MATTER.match(text)
    if not match:
        return None, [Problem(path, 1, "no YAML front matter", "a block between two lines of ---")]
    try:
        # Composed once; values and line numbers both come from this tree.
        loader = _Loader(match["yaml"])
        tree: yaml.Node | None = loader.get_single_node()
        data: object = loader.construct_document(tree) if tree else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = (mark.line if mark else 0) + _FIRST_YAML_LINE
        what = getattr(error, "problem", None) or "broken syntax"
        return None, [Problem(path, line, f"not YAML: {what}", "valid YAML")]
    if not isinstance(data, dict) or not isinstance(tree, yaml.MappingNode):
        return None, [Problem(path, _FIRST_YAML_LINE, "the front matter has no fields", "`field: value` lines")]

    fields = cast(dict[str, object], data)
    problems = [Problem(path, line, f"`{key}` is given twice", "each field once") for key, line in _repeated_keys(tree)]
    try:
        note = Note.model_validate({**fields, "sections": _sections(match["body"])})
    except ValidationError as error:
        problems += [_problem(path, tree, detail) for detail in error.errors()]
        return None, problems
    return note, problems + _misplaced(path, tree, note)


def _sections(body: str) -> dict[str, str]:
    pieces = _HEADING.split(body)[1:]
    return {title: text.strip() for title, text in zip(pieces[::2], pieces[1::2], strict=True)}


def _misplaced(path: Path, tree: yaml.Node, note: Note) -> list[Problem]:
    problems: list[Problem] = []
    for field, value, expected in (("id", note.id, path.stem), ("topic", note.topic, path.parent.name)):
        if value != expected:
            problems.append(
                Problem(path, _line_at(tree, (field,)), f"{field} is {value!r}", f"{expected!r}, as in the path")
            )
    for heading in note.sections.keys() - {SHORT, FULL, EXAMPLE}:
        expected = " or ".join(f"'## {name}'" for name in (SHORT, FULL, EXAMPLE))
        problems.append(Problem(path, _line_of(path, f"## {heading}"), f"unknown heading {heading!r}", expected))
    return problems


def _problem(path: Path, tree: yaml.Node, detail: ErrorDetails) -> Problem:
    location, kind = detail["loc"], detail["type"]
    name = ".".join(str(part) for part in location) or "the note"
    line = _line_at(tree, location)
    context = detail.get("ctx", {})
    if kind == "missing":
        return Problem(path, line, f"`{name}` is missing", _EXPECTED[kind])
    if kind == "extra_forbidden":
        return Problem(path, line, f"unknown field `{name}`", _EXPECTED[kind])
    if kind == "value_error":
        wrong = str(context["error"])
        expected = "a rubric that adds up" if "rubric" in wrong else f"'## {SHORT}' and '## {FULL}' with text"
        return Problem(path, line, wrong, expected)
    expected = _EXPECTED.get(kind) or str(context.get("expected", "")) or detail["msg"].removeprefix("Input should be ")
    return Problem(path, line, f"`{name}` is {_brief(detail['input'])}", expected)


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _line_at(tree: yaml.Node, location: tuple[int | str, ...]) -> int:
    """The line of the deepest part of `location` that the document has (1-based)."""
    node = tree
    line = node.start_mark.line
    for part in location:
        found = _child(node, part)
        if found is None:
            break
        key, node = found
        line = key.start_mark.line
    return line + _FIRST_YAML_LINE


def _child(node: yaml.Node, part: int | str) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None


def _repeated_keys(node: yaml.Node) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.value, key.start_mark.line + _FIRST_YAML_LINE
            seen.add(key.value)
            yield from _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _repeated_keys(value)


def _repeated_questions(sources: Mapping[str, tuple[Path, Note]]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for path, note in sources.values():
        for question in (note.question, *(rung.question for rung in note.follow_ups)):
            key = " ".join(re.findall(r"\w+", question.lower()))
            if key in seen:
                line = _line_of(path, question)
                yield Problem(
                    path,
                    line,
                    f"the question {_brief(question)} also stands in {seen[key]}",
                    "a question of its own",
                )
            seen[key] = note.id


def _line_of(path: Path, text: str) -> int:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if text in line:
            return number
    return 1
