"""What the guest makes of code and trials, and what of it arrives on the host."""

import ast
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.sandbox import guest
from bot.sandbox.sandbox import End, Fault, Limits, Trial, Value
from tests.sandbox.fakes import serve


def ran(code: str, run: str = "result = f()", **inputs: Value) -> Any:
    """The one trial of a run."""
    outcome = serve(code, [Trial("one", inputs, run)])
    assert outcome.end is End.DONE, outcome.sentence
    return outcome.ran[0]


def error(code: str, run: str = "result = f()") -> Fault:
    found = ran(code, run).error
    assert found is not None
    return found


@pytest.mark.parametrize(
    "value",
    [
        None, True, 0, -(2**200), 0.1, math.inf, -math.inf, "", "naïve \N{GRINNING FACE}\n", [], [1, [2.0, ["3"]]],
        {}, {"a": {1: [None]}, None: False, 2.5: "x"},
    ],
)  # fmt: skip
def test_plain_values_go_in_and_come_back_as_they_are(value: Value) -> None:
    back = ran("def f(x): return x", "result = f(x)", x=value).value
    assert back == value
    assert repr(back) == repr(value)  # 1 is not True, and 1.0 not 1


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int64).reshape(2, 3), np.arange(6, dtype=np.int32)[::2], np.eye(3)[:, 1],
        np.array([math.nan, -math.inf]), np.zeros((0, 4)), np.array([True, False]), np.array([1 + 2j]),
        np.array([0.1], np.float32), np.arange(3, dtype=">i2"),
    ],
)  # fmt: skip
def test_arrays_keep_type_shape_and_every_bit(array: Any) -> None:
    back = ran("def f(x): x[...] = x; return x", "result = f(x)", x=array).value
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array, strict=True)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("(1, (2, 3))", [1, [2, 3]]),
        ("np.float64(0.5)", 0.5),
        ("np.int32(7)", 7),
        ("np.bool_(True)", True),
        ("np.array(3.0)", 3.0),
        ("np.array(['a', 'b'])", ["a", "b"]),
        ("{np.int64(1): np.float32(0.5)}", {1: 0.5}),
        ("collections.Counter('aab')", {"a": 2, "b": 1}),
        ("collections.namedtuple('P', 'x y')(1, 2)", [1, 2]),
        ("[np.arange(2).tolist(), 'z']", [[0, 1], "z"]),
    ],
)
def test_what_python_and_numpy_people_return_arrives_as_plain_values(expression: str, value: Value) -> None:
    back = ran(f"import collections, numpy as np\ndef f(): return {expression}").value
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("(i for i in [1])", "the result has a generator, not a number, text, list, dict or array"),
        ("[object()]", "the result has a object,"),
        ("{(1, 2): 3}", "the result has a tuple as the key of a dict"),
        ("type('Always', (int,), {'__eq__': lambda *_: True})(3)", "the result has a Always,"),
        ("np.array([object()])", "the result has a object,"),
        ("reduce(lambda a, _: [a], range(100), 0)", "nested more than 60 deep"),
        ("'x' * 600_000", "too large to be compared: more than 512 KB"),
        ("np.zeros(10**6)", "too large to be compared"),
    ],
)
def test_a_result_that_is_no_value_is_an_error_that_says_what_it_is(expression: str, says: str) -> None:
    code = f"import numpy as np\nfrom functools import reduce\ndef f(): return {expression}"
    assert says in error(code).message


def test_what_a_subclass_says_of_itself_does_not_matter() -> None:
    code = "class L(list):\n    def __iter__(self): return iter([9])\n    def __len__(self): return 9\n"
    assert ran(f"{code}def f(): return L([1])").value == [1]


def test_an_error_points_at_the_line_of_the_answer() -> None:
    assert error("import json\n\ndef f():\n    return json.loads('{')") == Fault(
        "JSONDecodeError", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)", 4
    )
    assert error("def f():\n    return g()\ndef g():\n    return 1 / 0").line == 4
    assert error("def g(): return 0") == Fault("NameError", "name 'f' is not defined", None)
    assert error("def f():\n    import sys; sys.exit(3)") == Fault("SystemExit", "3", 2)


@pytest.mark.parametrize(
    ("code", "kind", "line"),
    [
        ("def f():\n    return )", "SyntaxError", 2),
        ("def f():\nreturn 1", "IndentationError", 2),
        ("x = 1\nimport nothing_like_that", "ModuleNotFoundError", 2),
        ("'\\0'\n\0", "SyntaxError", None),
        ("raise SystemExit", "SystemExit", 1),
    ],
)
def test_code_that_cannot_be_tried_is_one_fault_with_its_line(code: str, kind: str, line: int | None) -> None:
    outcome = serve(code, [Trial("one", {}, "result = 1"), Trial("two", {}, "result = 2")])
    assert (outcome.end, outcome.ran) == (End.DONE, ())
    assert outcome.fault is not None
    assert (outcome.fault.kind, outcome.fault.line) == (kind, line)


def test_a_message_that_fails_or_is_endless_is_cut() -> None:
    shy = "class E(Exception):\n    def __str__(self): raise ValueError\ndef f(): raise E"
    assert error(shy) == Fault("E", "", 3)
    assert len(error("def f(): raise ValueError('x' * 10**6)").message) == 500


def test_every_trial_sees_the_code_anew() -> None:
    code = "seen = []\ndef f(x):\n    seen.append(x)\n    return seen"
    outcome = serve(code, [Trial(str(i), {"x": i}, "result = f(x)") for i in range(3)])
    assert [one.value for one in outcome.ran] == [[0], [1], [2]]


def test_one_failing_trial_leaves_the_others_alone() -> None:
    trials = [Trial(str(i), {"x": i}, "result = 1 / (x - 1)") for i in range(3)]
    outcome = serve("", trials)
    assert [one.value for one in outcome.ran] == [-1.0, None, 1.0]
    assert [bool(one.error) for one in outcome.ran] == [False, True, False]
    assert outcome.sentence == "ZeroDivisionError: division by zero"


def test_dataclasses_with_late_annotations_work() -> None:
    code = "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n"
    assert ran(code, "result = P(3).x").value == 3


def test_what_is_printed_is_kept_for_each_trial() -> None:
    code = "import sys\ndef f(x):\n    print('got', x)\n    print('err', file=sys.stderr)\n    return x"
    outcome = serve(code, [Trial(str(i), {"x": i}, "result = f(x)") for i in range(2)])
    assert [one.printed for one in outcome.ran] == ["got 0\nerr\n", "got 1\nerr\n"]


def test_printing_past_the_limit_ends_the_run() -> None:
    trials = [Trial("a", {}, "print('x' * 90)\nresult = 1"), Trial("b", {}, "print('x' * 20)\nresult = 2")]
    outcome = serve("", trials, Limits(output=100))
    assert (outcome.end, [one.id for one in outcome.ran]) == (End.OUTPUT, ["a"])


def test_running_out_of_memory_is_told_as_that() -> None:
    outcome = serve("def f(): raise MemoryError", [Trial("a", {}, "result = f()")])
    assert outcome.sentence == "It needed more than 256 MB, the memory a run has."


def test_only_inputs_go_in() -> None:
    code = "import sys\ndef f():\n    frame, names = sys._getframe(), []\n    while frame:\n" + (
        "        names.append(sorted(map(str, frame.f_locals.get('request', {}))))\n        frame = frame.f_back\n"
        "    return max(names)"
    )
    assert ran(code).value == ["code", "marker", "printed", "result", "trials"]


def test_the_guest_imports_nothing_but_the_standard_library_and_numpy() -> None:
    tree = ast.parse(Path(guest.__file__).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module).partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names - sys.stdlib_module_names == {"numpy"}
