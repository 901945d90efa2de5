"""One note file: its fields, its sections, and the line that each of them stands on.

Values and line numbers come from the same YAML tree, so that a mistake is told where it stands.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from knowledge.errors import Problem
from knowledge.note import HEADINGS, REQUIRED_HEADINGS, Note, rubric_mistakes
from knowledge.parts import MISTAKE

# libyaml is about ten times faster than the Python loader, and a start reads every note.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?P<yaml>.*?)^---[ \t]*\n(?P<body>.*)\Z", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^##[ \t]+(\S.*?)[ \t]*$", re.MULTILINE)
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
    "invalid-json-value": "numbers, texts, lists or fields (a date in quotes)",
}

Location = tuple[int | str, ...]


@dataclass(frozen=True)
class Section:
    """One `## heading` of the body with its line, its text and the line that begins on."""

    heading: str
    line: int
    text: str
    text_line: int


@dataclass(frozen=True)
class Source:
    """A note file that could be parsed, before its content is checked."""

    path: Path
    tree: yaml.MappingNode
    fields: dict[str, Any]
    sections: tuple[Section, ...]
    body_line: int

    def line(self, *location: int | str) -> int:
        """The line of the deepest part of a location, as ("rubric", 0, "point"), that the file has."""
        node: yaml.Node = self.tree
        line = node.start_mark.line
        for part in location:
            found = _child(node, part)
            if found is None:
                break
            key, node = found
            line = key.start_mark.line
        return line + _FIRST_YAML_LINE

    def problem(self, location: Location, wrong: str, expected: str) -> Problem:
        """A mistake at a location of the front matter."""
        return Problem(self.path, self.line(*location), wrong, expected)


def parse(path: Path) -> Source | Problem:
    """Read one file; a Problem where it is no note at all."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return Problem(path, line, "cannot be read", "a UTF-8 text file")
    except OSError as error:
        return Problem(path, 1, f"cannot be read ({error.strerror})", "a UTF-8 text file")
    match = _FRONT_MATTER.match(text)
    if not match:
        return Problem(path, 1, "no YAML front matter", "a block between two lines of ---")
    loaded = _load(path, match["yaml"])
    if isinstance(loaded, Problem):
        return loaded
    tree, fields = loaded
    body_line = text.count("\n", 0, match.start("body")) + 1
    return Source(path, tree, fields, tuple(_sections(match["body"], body_line)), body_line)


def _load(path: Path, text: str) -> tuple[yaml.MappingNode, dict[str, Any]] | Problem:
    """The YAML tree and the values made of it."""
    tree: yaml.Node | None = None
    try:
        loader = _Loader(text)
        tree = loader.get_single_node()
        data: object = loader.construct_document(tree) if tree else None
    except yaml.YAMLError as error:
        what = getattr(error, "problem", None) or "a character that YAML does not take"
        return Problem(path, _error_line(error, text), f"not YAML: {what}", "valid YAML")
    except ValueError as error:  # a date that no calendar has
        return Problem(path, _scalar_line(tree, _Loader), f"not YAML: {error}", "valid YAML")
    if not isinstance(data, dict) or not isinstance(tree, yaml.MappingNode):
        return Problem(path, _FIRST_YAML_LINE, "the front matter has no fields", "`field: value` lines")
    if loop := _loop(tree, ()):
        return Problem(path, loop.start_mark.line + _FIRST_YAML_LINE, "a value that contains itself", "plain values")
    return tree, cast(dict[str, Any], data)


def _error_line(error: yaml.YAMLError, text: str) -> int:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return int(mark.line) + _FIRST_YAML_LINE
    # A reader error: the first character outside what YAML allows.
    control = re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    return text.count("\n", 0, control.start() if control else 0) + _FIRST_YAML_LINE


def _scalar_line(node: yaml.Node | None, loader: Any) -> int:
    """The line of the first value that cannot be made into what its tag says."""
    for child in _leaves(node):
        try:
            loader("").construct_object(child)
        except ValueError:
            return child.start_mark.line + _FIRST_YAML_LINE
    return _FIRST_YAML_LINE


def _leaves(node: yaml.Node | None) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _leaves(key)
            yield from _leaves(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _leaves(value)
    elif node is not None:
        yield node


def _loop(node: yaml.Node, above: tuple[yaml.Node, ...]) -> yaml.Node | None:
    """A node that is its own descendant (an alias to what it stands in), or None."""
    if any(node is one for one in above):
        return node
    children: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        children = [child for pair in node.value for child in pair]
    elif isinstance(node, yaml.SequenceNode):
        children = list(node.value)
    inner = (child for child in children if isinstance(child, yaml.CollectionNode))  # a text contains nothing
    return next((found for child in inner if (found := _loop(child, (*above, node)))), None)


def _sections(body: str, first_line: int) -> Iterator[Section]:
    headings = list(_HEADING.finditer(body))
    ends = [*(heading.start() for heading in headings[1:]), len(body)]
    for heading, end in zip(headings, ends, strict=True):
        line = first_line + body.count("\n", 0, heading.start())
        text = body[heading.end() : end]
        blank = len(text) - len(text.lstrip())
        yield Section(heading[1], line, text.strip(), line + text.count("\n", 0, blank))


def check(source: Source) -> tuple[Note | None, list[Problem]]:
    """The note, or None where its fields do not make one, and everything that is wrong with it."""
    problems = [*_repeated_keys(source), *_misplaced(source), *_rubrics(source), *_body(source)]
    sections = {section.heading: section.text for section in source.sections}
    fields = {name: value for name, value in source.fields.items() if name != "sections"}
    if "sections" in source.fields:
        problems.append(source.problem(("sections",), "unknown field `sections`", _EXPECTED["extra_forbidden"]))
    try:
        note = Note.model_validate({**fields, "sections": sections})
    except ValidationError as error:
        return None, problems + list(_schema_problems(source, error.errors()))
    return note, problems


def _schema_problems(source: Source, details: Sequence[ErrorDetails]) -> Iterator[Problem]:
    for detail in details:
        location, kind = detail["loc"], detail["type"]
        deeper = any(other["loc"][: len(location)] == location != other["loc"] for other in details)
        # Rubrics and sections are checked by themselves; a list with a broken entry is not also too short.
        if kind == "value_error" or (kind == "too_short" and deeper):
            continue
        below: Location = detail.get("ctx", {}).get("at", ())
        yield source.problem((*location, *below), *_told(detail))


def _told(detail: ErrorDetails) -> tuple[str, str]:
    """What is wrong and what is expected, of one mistake that pydantic found."""
    kind, name = detail["type"], ".".join(map(str, detail["loc"]))
    context = detail.get("ctx", {})
    if kind == MISTAKE:
        return detail["msg"], context["expected"]
    if kind == "missing":
        return f"`{name}` is missing", _EXPECTED[kind]
    if kind == "extra_forbidden":
        return f"unknown field `{name}`", _EXPECTED[kind]
    expected = _EXPECTED.get(kind) or str(context.get("expected", ""))
    if kind == "too_short":
        expected = f"at least {context['min_length']} entries"
    elif kind == "too_long":
        expected = f"at most {context['max_length']} entries"
    return f"`{name}` is {brief(detail['input'])}", expected or detail["msg"].removeprefix("Input should be ")


def brief(value: object) -> str:
    """A value as it may stand in a sentence."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _repeated_keys(source: Source) -> Iterator[Problem]:
    def walk(node: yaml.Node) -> Iterator[Problem]:
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    line = key.start_mark.line + _FIRST_YAML_LINE
                    yield Problem(source.path, line, f"`{key.value}` is given twice", "each field once")
                seen.add(str(key.value))
                yield from walk(value)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                yield from walk(value)

    yield from walk(source.tree)


def _misplaced(source: Source) -> Iterator[Problem]:
    for field, expected in (("id", source.path.stem), ("topic", source.path.parent.name)):
        value = source.fields.get(field, expected)
        if value != expected:
            yield source.problem((field,), f"{field} is {value!r}", f"{expected!r}, as in the path")


def _rubrics(source: Source) -> Iterator[Problem]:
    """Weights and ids of every rubric, also where other fields of the note are broken."""
    rungs = source.fields.get("follow_ups")
    places: list[tuple[Location, Any]] = [(("rubric",), source.fields.get("rubric"))]
    for number, rung in enumerate(_listed(rungs)):
        if isinstance(rung, dict):
            places.append((("follow_ups", number, "rubric"), cast(dict[str, Any], rung).get("rubric")))
    for location, rubric in places:
        points = [cast(dict[str, Any], point) for point in _listed(rubric) if isinstance(point, dict)]
        weights = [point.get("weight") for point in points]
        if not points or not all(isinstance(w, int | float) and 0 < w <= 1 for w in weights):
            continue
        for wrong in rubric_mistakes([str(point.get("id")) for point in points], cast(list[float], weights)):
            yield source.problem(location, wrong, "a rubric that adds up")


def _listed(value: object) -> list[object]:
    return cast(list[object], value) if isinstance(value, list) else []


def _body(source: Source) -> Iterator[Problem]:
    known = " or ".join(f"'## {heading}'" for heading in HEADINGS)
    needed = " and ".join(f"'## {heading}'" for heading in REQUIRED_HEADINGS) + " with text"
    found: set[str] = set()
    for section in source.sections:
        if section.heading not in HEADINGS:
            yield Problem(source.path, section.line, f"unknown heading {section.heading!r}", known)
        elif section.heading in found:
            yield Problem(source.path, section.line, f"the heading {section.heading!r} stands twice", "each once")
        elif section.heading in REQUIRED_HEADINGS and not section.text:
            yield Problem(source.path, section.line, f"the body has no text under '## {section.heading}'", needed)
        found.add(section.heading)
    for heading in REQUIRED_HEADINGS:
        if heading not in found:
            yield Problem(source.path, source.body_line, f"the body has no text under '## {heading}'", needed)


def _child(node: yaml.Node, part: int | str) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None
