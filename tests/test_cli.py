"""The verbs of the shipped command: what they print, what they return, and what a mistake gets."""

from __future__ import annotations

import re
import resource
from collections.abc import Callable
from contextlib import suppress
from signal import SIGINT

import pytest
from typer import Typer

from bot.cli import app
from knowledge.library import Library
from tests.shipped import SECRET, Viva, told


def verbs(typer: Typer) -> list[str]:
    return [info.name or info.callback.__name__ for info in typer.registered_commands if info.callback is not None]


GROUPS = {info.name: info.typer_instance for info in app.registered_groups if info.name and info.typer_instance}
NESTED_VERBS = [verb for group in GROUPS.values() for verb in verbs(group)]
VERBS = verbs(app) + NESTED_VERBS


def cpu_seconds(work: Callable[[], object], *, tries: int = 3) -> float:
    """Seconds of CPU that child processes take during `work`; the best try."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        work()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(once() for _ in range(tries))


# Mistakes


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("chat --topic loses", "did you mean losses"),
        ("chat --topic astrology", "'astrology'"),
        ("topics loses", "did you mean losses"),
        ("notes show cross-entropy", "did you mean cross-entropy-and-kl"),
        ("notes show ../../etc/passwd", "no note"),
        ("chat --quietly", "--quietly"),
        ("--quietly", "--quietly"),
        ("drill", "'drill'"),
        ("notes lnit", "'lnit'"),
        ("chat --questions many", "'--questions'"),
        ("chat --questions 0", "'--questions'"),
        ("chat --questions 51", "'--questions'"),
        ("chat --questions", "--questions"),
        ("ask", "question"),
        ("topics losses twice", "twice"),
        ("export --out nowhere/me.json", "nowhere/me.json"),
        ("notes lint nowhere", "nowhere"),
        ("notes new hinge-loss", "topic/id"),
        ("notes new losses/dropout", "dropout.md"),
        ("notes new losses/hinge-loss --level easy --folder x", "advanced"),
    ],
)
def test_a_wrong_command_line_gets_one_sentence(viva: Viva, command: str, names: str) -> None:
    result = viva(*command.split())
    assert names.lower() in told(result).lower()
    assert result.returncode in (1, 2)
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("setting", "value", "names"),
    [
        ("DATABASE_URL", f"postgresql://u:{SECRET}@127.0.0.1:1/x", "127.0.0.1"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}@127.0.0.1:door/x", "DATABASE_URL"),
        ("DATABASE_URL", f"u:{SECRET}", "DATABASE_URL"),
        ("DATABASE_URL", f"mysql://u:{SECRET}@127.0.0.1/x", "DATABASE_URL"),
        ("OPENAI_API_KEY", f"Bearer {SECRET}", "OPENAI_API_KEY"),
        ("OPENAI_API_KEY", f"“{SECRET}”", "OPENAI_API_KEY"),
        ("OPENAI_BASE_URL", "localhost:8080/v1", "OPENAI_BASE_URL"),
        ("VIVA_JUDGE", "chat", "VIVA_CHAT_MODEL"),
        ("VIVA_JUDGE", "jury", "VIVA_JUDGE"),
        ("VIVA_CHAT_MODEL", "some-model", "OPENAI_API_KEY"),
        ("VIVA_MODEL_TIMEOUT", "soon", "VIVA_MODEL_TIMEOUT"),
        ("VIVA_DATA_DIR", "{home}/a-file/below", "VIVA_DATA_DIR"),
    ],
)
def test_a_wrong_setting_gets_one_sentence_that_names_it_and_no_secret(
    viva: Viva, setting: str, value: str, names: str
) -> None:
    (viva.root / "a-file").touch()
    result = viva("progress", **{setting: value.format(home=viva.root)})
    assert names in told(result)
    assert result.returncode in (1, 2)
    assert result.stdout == ""
    assert SECRET not in result.stderr
    assert viva.files_with(SECRET) == []


def test_an_index_that_cannot_be_written_is_told_before_the_notes_are_embedded(viva: Viva) -> None:
    def index() -> None:
        result = viva("index", VIVA_DATA_DIR="a-file/below")
        assert "VIVA_DATA_DIR" in told(result)
        assert result.returncode == 1

    (viva.root / "a-file").touch()
    assert cpu_seconds(index, tries=1) < 4


def test_settings_are_also_read_from_a_dotenv_file(viva: Viva) -> None:
    (viva.root / ".env").write_text("VIVA_JUDGE=jury\n")
    assert "VIVA_JUDGE" in told(viva("progress"))


# Help and speed


@pytest.mark.parametrize("command", ["--help", "", "notes --help", "notes"])
def test_help_is_shown_when_asked_for_and_when_nothing_is(viva: Viva, command: str) -> None:
    result = viva(*command.split())
    assert result.stdout.startswith("Usage: viva")
    assert "Traceback" not in result.stderr + result.stdout
    assert "unexpected" not in result.stderr
    assert result.returncode in ((0,) if "--help" in command else (0, 2))


def test_help_lists_every_verb(viva: Viva) -> None:
    pages = "".join(viva(*command, "--help").stdout for command in ((), *((name,) for name in GROUPS)))
    assert sorted(re.findall(r"^  ([a-z]+)  ", pages, re.MULTILINE)) == sorted([*VERBS, *GROUPS])


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in NESTED_VERBS])
def test_every_verb_explains_itself(viva: Viva, verb: str) -> None:
    result = viva(verb, "--help")
    assert result.stdout.startswith(f"Usage: viva {verb}")
    assert result.returncode == 0


def test_help_takes_less_than_half_a_second_of_cpu(viva: Viva) -> None:
    assert cpu_seconds(lambda: viva("--help")) < 0.5


def test_a_chat_starts_in_less_than_two_seconds_of_cpu(viva: Viva) -> None:
    assert cpu_seconds(lambda: viva.chat("/quit")) < 2


def test_the_shell_completes_verbs(viva: Viva) -> None:
    asked = {"_VIVA_COMPLETE": "complete_bash", "COMP_WORDS": "viva ", "COMP_CWORD": "1"}
    assert {"chat", "ask", "doctor", "forget"} <= set(viva(**asked).stdout.split())


def test_the_script_for_completion_is_offered(viva: Viva) -> None:
    result = viva("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "complete -o default -F _viva_completion viva" in result.stdout
    assert result.returncode == 0


# What there is to read


def test_topics_lists_every_note(viva: Viva, library: Library) -> None:
    lines = viva("topics").stdout.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("  ")] == [note.id for note in library]
    assert [line.split()[0] for line in lines if not line.startswith("  ")] == list(library.topics)


def test_a_topic_may_be_named_with_a_space_and_capitals(viva: Viva) -> None:
    assert viva("topics", "Language models").stdout == viva("topics", "language-models").stdout != ""


# Leaving in the middle


def test_ctrl_c_leaves_at_once_and_keeps_the_session(viva: Viva) -> None:
    process = viva.start("chat")
    assert process.stdin
    process.stdin.write("/drill losses 2\n")
    process.stdin.flush()
    viva.wait_for("asked")
    process.send_signal(SIGINT)
    try:
        assert process.wait(timeout=20) == 130  # loading a model is not waited for, yet a busy machine is slow
    finally:
        process.kill()
        with suppress(BrokenPipeError):
            process.communicate()
    assert "Welcome back" in viva.chat("/quit").stdout


def test_a_reader_that_goes_away_ends_it_without_a_traceback(viva: Viva) -> None:
    process = viva.start("chat")
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()
    with suppress(BrokenPipeError):
        process.stdin.write("/topics\n" * 10)
        process.stdin.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=30) != 0
    assert complaint == ""
