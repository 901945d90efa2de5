"""Markdown that is written by a program: tables, blocks, and the places in a page where they stand."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table with a row of names."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def settings_table(*kinds: type[BaseSettings]) -> str:
    """A table of the variables of settings classes, with their defaults."""
    return table(("setting", "default", "what it is"), (row for kind in kinds for row in _settings(kind)))


def _settings(kind: type[BaseSettings]) -> Iterator[tuple[str, str, str]]:
    for name, field in kind.model_fields.items():
        variable = f"{kind.model_config.get('env_prefix', '')}{name}".upper()
        default = "the platform's data folder" if name == "data_dir" else field.default
        shown = "" if default in (None, PydanticUndefined) else str(default)
        yield f"`{variable}`", shown, field.description or ""


def block(text: str) -> str:
    """Text as it is, line by line."""
    lines = (line.rstrip() for line in text.strip("\n").splitlines())
    return "```text\n" + "\n".join(lines) + "\n```"


def section(name: str, text: str) -> str:
    """What stands between the marks of a section, `<!-- name -->` and `<!-- /name -->`."""
    match = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
    return match[1].strip() if match else ""


def rewrite(page: Path, sections: Mapping[str, Callable[[], str]]) -> None:
    """Write every section of a page again."""
    text = page.read_text(encoding="utf-8")
    for name, made in sections.items():
        whole, content = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL), made()
        text = whole.sub(lambda m, c=content: f"{m[1]}{c}\n{m[2]}", text)
    page.write_text(text, encoding="utf-8")
