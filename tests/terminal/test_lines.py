"""What is typed at the terminal becomes answers of one line or of many."""

from pathlib import Path

import pytest

from bot.errors import UsageError
from bot.surface.code import MOST_BYTES
from bot.terminal.lines import Block, Gathering, begins_code, with_file

CODE = 'def knn(X, k):\n    """\n    Rows.\n    """\n\n    return X[:k]'


def answers(*typed: str) -> list[str]:
    gathering = Gathering()
    taken = [whole for line in typed if (whole := gathering.take(line)) is not None]
    return [*taken, *([gathering.rest()] if gathering.open else [])]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["one", "/hint"], ["one", "/hint"]),
        (["```python", *CODE.split("\n"), "```", "then"], [f"```python\n{CODE}\n```", "then"]),
        (['"""', "/not a command", "two", '"""'], ["/not a command\ntwo"]),
        (['"""', "see", "```", '"""', "```", "so", '"""'], ['see\n```\n"""\n```\nso']),
        (["````", "```", "````"], ["````\n```\n````"]),
        ([CODE], [CODE]),
        ([f"```\n{CODE}", "x = 1", "```"], [f"```\n{CODE}\nx = 1\n```"]),
        (["```inline```"], ["```inline```"]),
        (["```", "left open"], ["```\nleft open"]),
        (['"""', '"""'], [""]),
    ],
)
def test_lines_that_belong_together_are_one_answer(typed: list[str], expected: list[str]) -> None:
    found = answers(*typed)
    assert found == expected
    assert all(isinstance(answer, Block) for answer in found if "\n" in answer)


def test_an_answer_in_a_block_is_no_command_although_it_is_one_line() -> None:
    (answer,) = answers('"""', "/hint", '"""')
    assert (answer, isinstance(answer, Block)) == ("/hint", True)
    assert not isinstance(answers("/hint")[0], Block)


def test_a_file_is_read_as_code_with_the_words_after_it(tmp_path: Path) -> None:
    file = tmp_path / "knn.py"
    file.write_bytes(b'\xef\xbb\xbfdef knn():\r\n    """```"""\r\n')
    assert with_file(f"@{file} it is linear") == '````python\ndef knn():\n    """```"""\n\n````\nit is linear'


@pytest.mark.parametrize("typed", ["@home nothing", "mail me @knn.py", "@", "@timed", "@knn.py\nx"])
def test_other_words_with_an_at_are_left_as_they_are(typed: str) -> None:
    assert with_file(typed) == typed


@pytest.mark.parametrize(
    ("data", "told"),
    [(None, "cannot be read"), (b"\xff\xfe", "not UTF-8"), (b"x" * (MOST_BYTES + 1), "more than 64 KB")],
    ids=["missing", "no text", "too long"],
)
def test_a_file_that_cannot_be_read_is_told_in_one_sentence(tmp_path: Path, data: bytes | None, told: str) -> None:
    file = tmp_path / "knn.py"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(UsageError, match=told):
        with_file(f"@{file}")


@pytest.mark.parametrize(
    ("typed", "begins"),
    [
        ("def knn(X, k):", True),
        ("class LRU:", True),
        ("import numpy as np", True),
        ("@retry(3)", True),
        ("knn = lambda X: X", False),
        ("import weights matter for the shift, I think", False),
        ("class balance: weigh the loss", False),
        ("def knn(X): return X", False),
        ("define it first", False),
    ],
)
def test_one_line_may_be_only_the_first_of_some_code(typed: str, begins: bool) -> None:
    assert begins_code(typed) is begins
