"""What of an answer is code, and what of it is words."""

import ast

import pytest

from bot.grading.code import Code, bare, code_in, words_in
from bot.grading.evidence import statements

STARTER = '''import numpy as np


def knn(X, k):
    """Labels of the k nearest rows."""
    ...
'''
CODE = "import numpy as np\n\n\ndef knn(X, k):\n    return np.argsort(X)[:k]"


def found(answer: str) -> Code:
    code = code_in(answer, "knn")
    assert code
    return code


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        (f"```python\n{CODE}\n```", CODE),
        (f"```\n{CODE}\n```\nIt sorts.", CODE),
        (f"```{CODE}```", CODE),
        (f"Like so:\n```py\n{CODE}", CODE),
        (f"````python\n{CODE}  # ```\n````", f"{CODE}  # ```"),
        (CODE, CODE),
        (f"{CODE}\n\nThat is n log n.", f"{CODE}\n"),
        (f"Here is mine:\n{CODE}\nThat is n log n, I think.", CODE),
        (f"Here is mine:\n\n{CODE}", CODE),
        ("knn = lambda X, k: X[:k]", "knn = lambda X, k: X[:k]"),
        ("@timed\ndef knn(X, k):\n    return X", "@timed\ndef knn(X, k):\n    return X"),
        ("class knn:\n    pass", "class knn:\n    pass"),
        ("```\n    def knn(X):\n        return X\n```", "def knn(X):\n    return X"),
        ("```\ndef knn(X):\n\u00a0\u00a0return X\n```", "def knn(X):\n  return X"),
        ("```\ndef far(X): return X\n```\nand\n```\ndef knn(X): return far(X)\n```\ngives\n```\n[1]\n```",
         "def far(X): return X\ndef knn(X): return far(X)"),
        ("def knn(X, k)\n    return X", "def knn(X, k)\n    return X"),
        ("I have:\ndef knn(X, k)\n    return X", "def knn(X, k)\n    return X"),
    ],
)  # fmt: skip
def test_code_is_found_as_people_send_it(answer: str, source: str) -> None:
    code = found(answer)
    assert code.source.rstrip("\n") == source.rstrip("\n")
    assert code.whole


def test_code_that_does_not_define_what_is_asked_for_is_not_whole() -> None:
    assert not found("```python\nprint(1)\n```").whole
    assert not found("```\ndef knn_too(X): ...\n```").whole


@pytest.mark.parametrize(
    "answer",
    ["I would sort the distances.", "knn", "I call knn(X, k) and define nothing", "```bash\npip install\n```", ""],
)
def test_words_are_no_code(answer: str) -> None:
    assert code_in(answer, "knn") is None


@pytest.mark.parametrize(
    "code",
    ["(" * 20_000, "knn = " + "-" * 20_000 + "1", "knn = " + "1+" * 20_000 + "1", "def knn(): '''", "knn = \x00", "\\"],
    ids=["brackets", "signs", "sum", "open string", "null", "backslash"],
)
def test_hostile_code_is_read_without_harm(code: str) -> None:
    answer = f"def knn(X):\n    {code}"
    assert found(answer).whole
    assert len(bare(answer)) == 2
    assert words_in(answer, found(answer)).text == ""


def test_every_line_is_where_it_stands_in_the_answer() -> None:
    answer = f"Mine:\n```python\n{CODE}\n```"
    for line in found(answer).lines:
        assert answer[line.start :].startswith(line.text)
    assert found(answer).definition.quote == "def knn(X, k):"
    assert found(answer).text(5) == "return np.argsort(X)[:k]"
    assert [found(answer).text(number) for number in (None, 0, 6)] == ["", "", ""]


REMARKED = '''First I take distances.
```python
def knn(X, k):
    """Takes the nearest rows.

    Ties go to the first.
    """
    # a partition is linear
    d = X  # "no" string, a remark
    s = "not a remark"
    return d[:k]
```
Then I count votes.'''


def test_words_are_prose_comments_and_docstrings_in_the_order_they_stand() -> None:
    words = words_in(REMARKED, found(REMARKED), STARTER)
    assert words.text.splitlines() == [
        "First I take distances.",
        "Takes the nearest rows.",
        "Ties go to the first.",
        "a partition is linear",
        '"no" string, a remark',
        "Then I count votes.",
    ]


def test_a_span_of_the_words_is_found_in_the_answer() -> None:
    words = words_in(REMARKED, found(REMARKED), STARTER)
    spans = [words.placed(span, REMARKED) for span in statements(words.text)]
    assert all(REMARKED[span.start : span.end] == span.quote for span in spans)
    assert "a partition is linear" in {span.quote for span in spans}


def test_what_the_starter_says_is_not_the_candidates() -> None:
    assert words_in(f"```\n{STARTER}```", found(f"```\n{STARTER}```"), STARTER).text == ""


def test_an_answer_without_code_is_all_words() -> None:
    words = words_in("  I would sort. ", None, STARTER)
    assert words.text == "I would sort."
    assert words.places == ((0, 2),)


def test_comments_and_strings_are_blanked_in_place() -> None:
    source = 'x = np.sort(a)  # partition(\ny = "partition("\nz = f"{x} partition("\nw = """\npartition("""\nv = 1'
    lines = bare(source)
    assert [len(line) for line in lines] == [len(line) for line in source.split("\n")]
    assert "partition" not in "".join(lines)
    assert lines[0].startswith("x = np.sort(a) ")
    assert lines[-1] == "v = 1"
    ast.parse(source)
