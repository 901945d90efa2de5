"""What goes to the guest and comes back: JSON, bounded in size and depth; nothing in it is ever executed."""

import base64
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from bot.sandbox.sandbox import End, Fault, Key, Limits, Outcome, Ran, Trial, Value

LONGEST_RESULT = 512 * 2**10  # bytes of JSON that the result of one trial may take
WORST_ESCAPE = 12  # bytes that one printed character takes at most in JSON


class Garbled(Exception):
    """A line that no guest of ours wrote."""


def bound(trials: Sequence[Trial], limits: Limits) -> int:
    """Bytes that a run can have to say at most; who says more is stopped."""
    return (len(trials) + 1) * (LONGEST_RESULT + 4 * 2**10) + WORST_ESCAPE * limits.output


def request(code: str, trials: Sequence[Trial], limits: Limits, marker: str) -> bytes:
    """What the guest reads; `marker` is what it puts before each of its lines."""
    asked = {
        "marker": marker,
        "code": code,
        "printed": limits.output,
        "result": LONGEST_RESULT,
        "trials": [
            {"id": trial.id, "inputs": {k: encode(v) for k, v in trial.inputs.items()}, "run": trial.run}
            for trial in trials
        ],
    }
    return json.dumps(asked).encode("ascii")


def encode(value: Value) -> Any:
    """A value as JSON: a dict and an array are tagged objects, all else is itself."""
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value)
        return {"array": base64.b64encode(array.tobytes()).decode(), "dtype": array.dtype.str, "shape": value.shape}
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {"dict": [[key, encode(item)] for key, item in value.items()]}
    return value


def outcome(said: bytes, trials: Sequence[Trial], limits: Limits, marker: str, end: End) -> Outcome:
    """What a run came to, from all that its guest said; `end` is why nothing more was heard.

    Lines that do not begin with the marker are not the guest's. Of two lines about one trial the first counts.
    """
    ran: dict[str, Ran] = {}
    fault = None
    try:
        for line in lines(said, marker):
            if "id" in line:
                ran.setdefault(_text(line["id"]), _ran(line))
            elif "fault" in line:
                fault, end = _fault(line["fault"]), End.DONE
                break
            elif line.get("end") == End.OUTPUT:
                end = End.OUTPUT
                break
    except (Garbled, ValueError, TypeError, KeyError, RecursionError, OverflowError):
        end = End.CRASHED
    done = tuple(ran[trial.id] for trial in trials if trial.id in ran)
    errors = [fault, *(one.error for one in done)]
    if any(error and error.kind == "MemoryError" for error in errors):
        end = End.MEMORY
    elif fault is None and len(done) == len(trials):
        end = End.DONE
    return Outcome(end, done, fault, limits)


def lines(said: bytes, marker: str) -> Iterable[dict[str, Any]]:
    """The guest's whole lines as objects; raises ValueError or Garbled for what is none."""
    start = marker.encode("ascii") + b" "
    for line in said.split(b"\n")[:-1]:
        if line.startswith(start):
            value = json.loads(line[len(start) :])
            if not isinstance(value, dict):
                raise Garbled
            yield cast("dict[str, Any]", value)


def _ran(line: Mapping[str, Any]) -> Ran:
    error = _fault(line["error"]) if "error" in line else None
    value = None if error else decode(line["value"])
    seconds = float(line["seconds"])
    if not math.isfinite(seconds):
        raise Garbled
    return Ran(_text(line["id"]), value, error, seconds, _text(line["printed"]))


def _fault(said: Any) -> Fault:
    line = said["line"]
    if line is not None and type(line) is not int:
        raise Garbled
    return Fault(_text(said["kind"])[:100], " ".join(_text(said["message"])[:500].split()), line)


def decode(value: Any) -> Value:
    """A value as the guest encoded it; raises Garbled or ValueError for what it never encodes so."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return [decode(item) for item in cast("list[Any]", value)]
    tagged = cast("dict[str, Any]", value)
    if "dict" in tagged:
        return {_key(key): decode(item) for key, item in tagged["dict"]}
    return _array(tagged["array"], tagged["dtype"], tagged["shape"])


def _array(data: str, dtype: str, shape: list[int]) -> Value:
    if not re.fullmatch(r"[<>|=]?[biufc]\d{1,2}", dtype) or not all(type(size) is int and size >= 0 for size in shape):
        raise Garbled
    return np.frombuffer(base64.b64decode(data, validate=True), np.dtype(dtype)).reshape(shape).copy()


def _key(key: Any) -> Key:
    if key is None or isinstance(key, bool | int | float):
        return key
    return _text(key)


def _text(value: Any) -> str:
    """Text without lone surrogates, which could not be stored or sent on."""
    if not isinstance(value, str):
        raise Garbled
    return value.encode("utf-8", "replace").decode()
