"""Render a prompt file. Whatever a candidate wrote is made inert and fenced on the way in.

A prompt is `<name>.md`: YAML front matter (`name`, `version`, `inputs`, `untrusted`), then the
messages, each under a line `# system` or `# user`. Inputs listed under `untrusted` are text from
people: they appear only as fenced quotations that cannot end their own fence.
"""

import hashlib
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, ValidationError

PROMPTS = Path(__file__).parent

_PARTS = re.compile(r"\A---\n(?P<head>.*?)^---\n(?P<body>.*)\Z", re.DOTALL | re.MULTILINE)
_MESSAGE = re.compile(r"^# (system|user)\n", re.MULTILINE)
# "<" that opens something tag-like, "｜" being a bar that some chat templates use; "p < q" and "a << b" stay.
_TAG_OPEN = re.compile(r"<(?=\s*[/!|?｜]|[A-Za-z])")
# Drawn as nothing, though their category says letter or mark: variation selectors, joiners, fillers.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]")
_DROPPED = ("Cc", "Cf", "Co", "Cs")

Role = Literal["system", "user"]


class PromptError(Exception):
    """A prompt file is broken or was given the wrong inputs; the message names it."""


class Message(BaseModel):
    """One message to a model."""

    model_config = ConfigDict(frozen=True)

    role: Role
    content: str


class Prompt(BaseModel):
    """A rendered prompt: what is sent, and which version of which file it came from."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: int
    sha256: str
    messages: tuple[Message, ...]


class _Head(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: Annotated[int, Field(ge=1)]
    inputs: tuple[str, ...]
    untrusted: tuple[str, ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(frozen=True)

    head: _Head
    messages: tuple[tuple[Role, str], ...]
    sha256: str


def render(name: str, **inputs: object) -> Prompt:
    """The prompt `name` with its inputs filled in.

    Raises PromptError for an unknown prompt, a broken file, or inputs that are not exactly those
    the file declares.
    """
    file = _load(PROMPTS / f"{name}.md")
    declared = set(file.head.inputs) | set(file.head.untrusted)
    if declared != inputs.keys():
        raise PromptError(f"Prompt {name!r} takes {sorted(declared)}, but was given {sorted(inputs)}.")
    values = {key: fence(str(value), key) if key in file.head.untrusted else value for key, value in inputs.items()}
    try:
        messages = tuple(
            Message(role=role, content=_template(template).render(values).strip()) for role, template in file.messages
        )
    except Exception as error:  # a template can raise whatever its expressions do
        raise PromptError(f"Prompt {name!r} cannot be rendered: {_first_line(error)}.") from error
    return Prompt(name=name, version=file.head.version, sha256=file.sha256, messages=messages)


def edition(name: str) -> str:
    """A prompt's name and version, as in "grade 2"; raises PromptError for an unknown prompt."""
    return f"{name} {_load(PROMPTS / f'{name}.md').head.version}"


def names() -> list[str]:
    """The names of all prompts."""
    return sorted(path.stem for path in PROMPTS.glob("*.md"))


def inert(text: str) -> str:
    """The same words without anything that could pose as structure.

    Invisible and control characters are dropped (they hide instructions), and "<" is replaced
    where it opens something tag-like, so that no fence, tool call or chat-template token survives.
    """
    lines = "\n".join(f"{text}.".splitlines())[:-1]  # every kind of line end there is, as one
    shown = "".join(char for char in lines if char in "\n\t" or unicodedata.category(char) not in _DROPPED)
    return _TAG_OPEN.sub("‹", _INVISIBLE.sub("", shown))


def fence(text: str, label: str) -> str:
    """Text from a person as a quotation: every line is marked, and the fence is one it cannot contain."""
    lines = "\n".join(f"> {line}" for line in inert(text).split("\n"))
    return f"<{label}>\n{lines}\n</{label}>"


@cache
def _load(path: Path) -> _File:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PromptError(f"{path}:1: cannot be read, expected a UTF-8 text file.") from error
    except OSError as error:
        raise PromptError(f"There is no prompt {path.stem!r}; there are {', '.join(names())}.") from error
    parts = _PARTS.match(text)
    if not parts:
        raise PromptError(f"{path}:1: no YAML front matter, expected a block between two lines of ---.")
    try:
        head = _Head.model_validate(yaml.safe_load(parts["head"]))
    except yaml.YAMLError as error:
        raise PromptError(f"{path}:1: the front matter is wrong: {_first_line(error)}.") from error
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join(map(str, detail["loc"])) or "the front matter"
        raise PromptError(f"{path}:1: {where}: {detail['msg']}.") from error
    if head.name != path.stem:
        raise PromptError(f"{path}:2: name is {head.name!r}, expected {path.stem!r}.")
    pieces = _MESSAGE.split(parts["body"])[1:]
    messages = tuple(zip(pieces[::2], pieces[1::2], strict=True))
    if not messages:
        raise PromptError(f"{path}: no messages, expected '# system' and '# user' headings.")
    return _File.model_validate(
        {"head": head, "messages": messages, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


@cache
def _template(text: str) -> Template:
    return _environment().from_string(text)


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    # Plain text, not HTML: escaping would turn "p < q" into an entity in front of the model.
    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )
