"""Arrows point down only, and every public name says what it is."""

import ast
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("bot", "evals", "knowledge", "prompts", "training")
SURFACES = ("bot.cli", "bot.discord", "bot.slack", "bot.surface", "bot.terminal")
PLATFORMS = (
    "discord",
    "slack_bolt",
    "slack_sdk",
    "typer",
    "rich",
    "prompt_toolkit",
    "httpx",
    "httpx2",
    "requests",
    "socket",
)


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


FILES = {module_name(path): path for package in OURS for path in sorted((ROOT / package).rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}


def imported(name: str, tree: ast.Module) -> Iterator[str]:
    """Every module that a module imports, at the top or inside a function."""
    package = name if FILES[name].name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), package)
            yield from (f"{source}.{alias.name}" for alias in node.names)


IMPORTS = {name: set(imported(name, tree)) for name, tree in TREES.items()}


def within(name: str, *packages: str) -> bool:
    """Whether a dotted name is one of the packages or inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def arrows(importers: set[str], *packages: str) -> list[str]:
    return sorted(f"{name} -> {target}" for name in importers for target in IMPORTS[name] if within(target, *packages))


def inside(*packages: str) -> set[str]:
    return {name for name in FILES if within(name, *packages)}


def test_the_walk_sees_imports_at_the_top_and_inside_functions() -> None:
    assert "bot.store.store.Store" in IMPORTS["bot.coach.coach"]
    assert "bot.terminal.chat.talk" in IMPORTS["bot.cli"]


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("knowledge", ("bot", "evals", "training", "prompts")),
        ("prompts", ("bot", "evals", "training", "knowledge")),
        ("bot.errors", ("bot", "evals", "training")),
        ("bot.llm", ("bot.coach", "bot.grading", "bot.store", "bot.compose", *SURFACES, "evals", "training")),
        ("bot.grading", ("bot.coach", "bot.store", "bot.compose", *SURFACES, "evals", "training")),
        ("bot.sandbox", ("bot.coach", "bot.grading", "bot.store", "bot.compose", *SURFACES, *OURS[1:])),
        ("bot.sandbox", (*PLATFORMS, "openai", "sqlalchemy")),
        ("bot.coach", ("bot.compose", "bot.settings", *SURFACES, "evals", "training")),
        (
            "bot.surface",
            (*PLATFORMS, "bot.cli", "bot.compose", "bot.discord", "bot.slack", "bot.terminal", "evals", "training"),
        ),
        ("bot.discord", ("bot.cli", "bot.slack", "bot.terminal", "evals", "training")),
        ("bot.slack", ("bot.cli", "bot.discord", "bot.terminal", "evals", "training")),
        ("bot.unexpected", ("bot.coach", "bot.grading", "bot.store", "bot.compose", *SURFACES, "evals", "training")),
        ("evals", (*SURFACES, "tests", "training")),
        ("training", (*SURFACES, "tests")),
        ("bot.coach", (*PLATFORMS, "openai", "sqlalchemy")),
        ("bot.grading", (*PLATFORMS, "sqlalchemy")),
        ("knowledge", PLATFORMS),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_package_imports_nothing_above_it(package: str, forbidden: tuple[str, ...]) -> None:
    assert inside(package)
    assert arrows(inside(package), *forbidden) == []


def test_the_store_knows_nothing_of_ours_but_the_errors() -> None:
    others = inside(*OURS) - inside("bot.store", "bot.errors")
    assert arrows(inside("bot.store"), *(others - {"bot"}), "evals", "knowledge", "prompts", "training") == []


def test_only_the_command_line_runs_evals() -> None:
    assert arrows(inside("bot") - {"bot.terminal.evaluate"}, "evals", "tests", "training") == []


def test_of_the_coach_only_its_doors_use_the_store() -> None:
    assert arrows(inside("bot.coach") - {"bot.coach.coach", "bot.coach.memory"}, "bot.store") == []


def test_only_the_command_line_uses_the_terminal() -> None:
    assert arrows(inside(*OURS) - inside("bot.terminal", "bot.cli"), "bot.terminal", "bot.cli") == []


@pytest.mark.parametrize(
    "name", ["bot.coach.session", "bot.coach.interviewer", "bot.coach.debrief", "bot.grading.grade"]
)
def test_the_heart_has_no_clock_no_loop_and_no_disk(name: str) -> None:
    assert arrows({name}, "asyncio", "time", "os", "pathlib", "threading", "subprocess") == []
    calls = {node.attr for node in ast.walk(TREES[name]) if isinstance(node, ast.Attribute)}
    assert calls & {"now", "utcnow", "today"} == set()


Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Documented]]:
    """Public classes and functions, and the public methods of public classes."""
    for node in body:
        if isinstance(node, Documented) and not node.name.startswith("_"):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{prefix}{node.name}.")


@pytest.mark.parametrize("package", OURS)
def test_every_public_name_has_a_docstring(package: str) -> None:
    modules = inside(package)
    names = [(f"{module}.{name}", node) for module in modules for name, node in public(TREES[module].body)]
    assert names
    assert sorted(name for name, node in names if not ast.get_docstring(node)) == []


def test_every_module_with_code_says_what_it_is() -> None:
    assert [name for name, tree in TREES.items() if tree.body and not ast.get_docstring(tree)] == []


@pytest.mark.parametrize(("file", "words"), [("README.md", "make chat"), ("CHANGELOG.md", "## ")])
def test_the_house_has_its_papers(file: str, words: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert words in text
