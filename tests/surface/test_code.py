"""Code as surfaces take and show it."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from bot.coach.events import QuestionRef, Stage
from bot.coach.goals import Wishes
from bot.coach.reply import RunReply
from bot.coach.session import Exchange, Session
from bot.errors import UsageError
from bot.grading.running import Case, Result, Wrong
from bot.surface.code import case, fenced, file_said, headline, looks_like_code, times
from bot.surface.conversation import Conversation

PASSED, FAILED = Result(id="a", says="a", passed=True), Result(id="b", says="b", passed=False)
FAILING = Case(says="b", inputs="x = 1", expected="2", got="3")
WRONG = Wrong(sentence="Line 2: SyntaxError: invalid syntax", line=2, text="x = = 1")


def run(**details: Any) -> RunReply:
    return RunReply(number=2, of=3, **details)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (run(tests=(PASSED, PASSED)), "Try 2 of 3: all 2 tests pass"),
        (run(tests=(PASSED, FAILED), failing=FAILING), "Try 2 of 3: 1 of 2 tests pass"),
        (run(failing=FAILING), "Try 2 of 3: it fails on this case"),
        (run(tests=(FAILED, FAILED), error=WRONG), "Try 2 of 3: it does not run"),
        (run(error=WRONG), "Try 2 of 3: it does not run"),
    ],
    ids=["passed", "failed", "interview", "no Python", "no Python in an interview"],
)
def test_a_run_is_told_in_short(reply: RunReply, said: str) -> None:
    assert headline(reply) == said


def test_code_that_does_not_run_is_told_with_its_line() -> None:
    assert list(case(run(error=WRONG))) == ["Line 2: SyntaxError: invalid syntax", "at        x = = 1"]
    assert list(case(run(failing=FAILING, error=WRONG)))[-1] == "at        x = = 1"


@pytest.mark.parametrize(
    ("seconds", "reference", "said"),
    [(0.0, 0.0, ""), (0.0042, None, "ran in 4.2 ms"), (0.25, 1.26, "ran in 250 ms; the reference takes 1.3 s")],
)
def test_times_are_told_beside_those_of_the_reference(seconds: float, reference: float | None, said: str) -> None:
    assert times(run(seconds=seconds, reference=reference)) == said


@pytest.mark.parametrize("code", ["x = 1", "```\n@everyone\n```", "\u202ex", "\n\n    x\n"])
def test_nothing_in_code_ends_its_block(code: str) -> None:
    block = fenced(code, "python")
    assert block.startswith("```python\n")
    assert block.count("```") == 2
    assert "\u202e" not in block


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("def f(x):\n    return x", True),
        ("Mine:\nclass A:\n  pass", True),
        ("define f: it is x", False),
        ("```\ndef f():\n```", False),
    ],
)
def test_bare_code_is_told_from_words_and_from_blocks(text: str, code: bool) -> None:
    assert looks_like_code(text) is code


def test_a_file_is_a_block_that_nothing_in_it_ends() -> None:
    assert file_said("knn.py", b'"""```"""\r\n') == '````python\n"""```"""\n\n````'
    with pytest.raises(UsageError, match=r"knn\.py is not UTF-8"):
        file_said("knn.py", b"\xff")


@pytest.mark.parametrize(
    ("details", "most", "begun"),
    [
        ({}, 99, ""),
        ({"starter": "def f(): ..."}, 99, "def f(): ..."),
        ({"starter": "def f(): ..."}, 5, ""),
        ({"starter": "def f(): ...", "runs": ("one",), "answers": ("def f(): return 1",)}, 99, "def f(): return 1"),
        ({"starter": "def f(): ...", "runs": ("one",), "probes": {"a": 1}}, 99, ""),
    ],
    ids=["words", "starter", "too long", "last try", "asked on"],
)
def test_the_form_of_an_answer_begins_with_the_starter_or_the_last_try(
    details: dict[str, Any], most: int, begun: str
) -> None:
    current = Exchange(QuestionRef(note_id="kl"), "Why?", Stage.DRILL, 1, **details)

    async def session(_: str) -> Session:
        return Session(current=current)

    async def wishes(_: str) -> Wishes:
        return Wishes(sure=True)

    stub: Any = SimpleNamespace(session=session, memory=SimpleNamespace(wishes=wishes))
    conversation = Conversation[Any, Any](stub, stub)
    assert asyncio.run(conversation.form("s1", "ada", most)) == (begun, "answers" not in details)
