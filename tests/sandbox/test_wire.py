"""Nothing that a guest says can hurt the host, pass for another's word, or be taken for what it is not."""

import base64
import json
from typing import Any

import numpy as np
import pytest

from bot.sandbox import wire
from bot.sandbox.sandbox import DEFAULT, End, Limits, Outcome, Trial

TRIALS = [Trial("a", {}, ""), Trial("b", {}, "")]


def line(id_: str, **said: Any) -> bytes:
    return f"m {json.dumps({'id': id_, 'seconds': 0.1, 'printed': '', **said})}\n".encode()


def heard(*lines: bytes, end: End = End.CRASHED) -> Outcome:
    return wire.outcome(b"".join(lines), TRIALS, DEFAULT, "m", end)


def array(data: bytes = bytes(16), dtype: Any = "<f8", shape: Any = (2,)) -> dict[str, Any]:
    return {"array": base64.b64encode(data).decode(), "dtype": dtype, "shape": shape}


def test_all_trials_told_is_done_however_the_process_ended() -> None:
    outcome = heard(line("b", value=2), line("a", value=1), end=End.TIMEOUT)
    assert (outcome.end, [ran.value for ran in outcome.ran]) == (End.DONE, [1, 2])


@pytest.mark.parametrize("end", [End.TIMEOUT, End.MEMORY, End.OUTPUT, End.CRASHED])
def test_a_run_that_broke_off_keeps_what_was_through_and_says_why(end: End) -> None:
    outcome = heard(line("a", value=1), line("b", value=2)[:-1], end=end)
    assert (outcome.end, [ran.id for ran in outcome.ran]) == (end, ["a"])


def test_lines_without_the_marker_and_of_unknown_trials_are_nobodys() -> None:
    outcome = heard(b"hello\n", b"mm {}\n", b"\xff\xfe\n", line("zzz", value=1), line("a", value=1), line("b", value=2))
    assert [ran.id for ran in outcome.ran] == ["a", "b"]


def test_the_first_line_about_a_trial_counts() -> None:
    assert heard(line("a", value=1), line("a", value=2), line("b", value=3)).ran[0].value == 1


@pytest.mark.parametrize(
    "said",
    [
        b"m {\n", b"m []\n", b"m null\n", b"m {\"id\": 1}\n", b"m {\"id\": \"a\"}\n", b"m \xff\n",
        b"m " + b"[" * 100_000 + b"\n",
        b"m {\"fault\": 3}\n", b"m {\"fault\": {\"kind\": 1, \"message\": \"\", \"line\": 1}}\n",
        b"m {\"fault\": {\"kind\": \"E\", \"message\": \"\", \"line\": \"1\"}}\n",
        line("a", value={"what": 1}), line("a", value={"dict": [[[], 1]]}), line("a", value={"dict": [1]}),
        line("a", value=int("9" * 4000), seconds=int("9" * 4000)), line("a", value=1, seconds="nan"),
        line("a", value=1, printed=3), line("a", error={"kind": "E"}),
        b'm {"id": "a", "value": ' + b"9" * 5000 + b', "seconds": 0, "printed": ""}\n',
        line("a", value=array(dtype="O")), line("a", value=array(dtype="V8")), line("a", value=array(dtype="i4,i4")),
        line("a", value=array(dtype="<M8")), line("a", value=array(dtype=["<f8"])), line("a", value=array(bytes(15))),
        line("a", value=array(shape=(3,))), line("a", value=array(shape=(-1,))), line("a", value=array(shape="2")),
        line("a", value=array(b"", shape=(0, 10**30))), line("a", value=array(shape=(1,) * 70)),
        line("a", value={"array": "no base64!", "dtype": "<f8", "shape": [2]}),
        line("a", value={"array": 3, "dtype": "<f8", "shape": [2]}),
    ],
)  # fmt: skip
def test_a_garbled_line_is_a_crash_told_in_one_sentence(said: bytes) -> None:
    outcome = heard(said)
    assert (outcome.end, outcome.ran) == (End.CRASHED, ())
    assert outcome.sentence == "It ended the interpreter before its results were there."


def test_what_came_before_a_garbled_line_counts() -> None:
    assert [ran.id for ran in heard(line("a", value=1), b"m {\n", line("b", value=1)).ran] == ["a"]


def test_text_never_carries_what_cannot_be_stored() -> None:
    outcome = heard(
        line("a", value=["\ud800"], printed="\udfff"),
        line("b", error={"kind": "\ud800" * 999, "message": "two\nlines \ud800" + "x" * 999, "line": None}),
    )
    for text in (str(outcome.ran[0].value), outcome.ran[0].printed, str(outcome.ran[1].error)):
        text.encode()
    assert outcome.ran[1].error is not None
    assert len(outcome.ran[1].error.kind) == 100
    assert outcome.ran[1].error.message.startswith("two lines ?xxx")


def test_an_array_owns_its_memory_and_can_be_written() -> None:
    value = heard(line("a", value=array())).ran[0].value
    assert isinstance(value, np.ndarray)
    value[0] = 1


def test_a_run_may_say_its_results_and_its_prints_and_no_more() -> None:
    small, large = wire.bound(TRIALS, Limits(output=0)), wire.bound(TRIALS, Limits())
    longest = len(line("a", value="x" * wire.LONGEST_RESULT))
    assert 2 * longest < small < 4 * longest
    assert large - small == len(json.dumps("\N{GRINNING FACE}" * 2**16)) - 2


def test_the_request_holds_the_code_the_inputs_and_nothing_to_compare_with() -> None:
    asked = json.loads(wire.request("x", [Trial("a", {"k": 1}, "result = k")], DEFAULT, "m"))
    assert asked["trials"] == [{"id": "a", "inputs": {"k": 1}, "run": "result = k"}]
    assert set(asked) == {"marker", "code", "printed", "result", "trials"}
