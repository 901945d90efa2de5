"""What runs inside: reads a request, runs the code anew for every trial, writes one line as each is done.

This file alone is sent in and run by the guest's own Python (its standard library, and numpy where an
input or a result is an array), so it imports nothing of ours. It defends nothing: the code it runs can
reach everything in here, and finds only the inputs.

    stdin   {"marker", "code", "printed", "result", "trials": [{"id", "inputs", "run"}]}
    stdout  marker {"ready": true}
            marker {"id", "value" | "error", "seconds", "printed"}     one for each trial
            marker {"fault"} | {"end": "output"}                       instead of the rest
"""

import base64
import contextlib
import io
import json
import os
import sys
import time
import traceback
import types
from collections.abc import Callable
from typing import Any, NoReturn, cast

ANSWER = "<answer>"  # the file name by which tracebacks know the candidate's lines
DEEPEST = 60  # levels of nesting in a result
WRITTEN_BY_OTHERS = ("scipy", "sklearn", "statsmodels", "pandas", "networkx")  # who imports k-means has not written it
PLAIN = (bool, int, float, str)
LONGEST_MESSAGE = 500

Emit = Callable[[dict[str, Any]], None]
Leave = Callable[[int], NoReturn]


class Printed(io.TextIOBase):
    """What the code prints, up to `left` characters in all trials together; past them the run ends."""

    def __init__(self, left: int, flooded: Callable[[], NoReturn]) -> None:
        self.left = left
        self.flooded = flooded
        self.parts: list[str] = []

    def writable(self) -> bool:
        """It is written to."""
        return True

    def write(self, text: str, /) -> int:
        """Keep the text."""
        self.left -= len(text)
        if self.left < 0:
            self.flooded()
        self.parts.append(text)
        return len(text)

    def taken(self) -> str:
        """What was printed since this was last asked."""
        text = "".join(self.parts)
        self.parts.clear()
        return text


def decode(value: Any) -> Any:
    """A value as the host encoded it: an object is either a dict or an array."""
    if isinstance(value, list):
        return [decode(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    tagged = cast("dict[str, Any]", value)
    if "dict" in tagged:
        return {key: decode(item) for key, item in tagged["dict"]}
    import numpy as np

    return np.frombuffer(base64.b64decode(tagged["array"]), tagged["dtype"]).reshape(tagged["shape"]).copy()


def encode(value: Any, depth: int = 0) -> Any:
    """A result as JSON; raises TypeError for what is neither a plain value nor an array of numbers."""
    if value is None or type(value) in PLAIN:
        return value
    if depth > DEEPEST:
        raise TypeError(f"the result is nested more than {DEEPEST} deep")
    # Through the base classes, whatever a subclass says of itself.
    if isinstance(value, list):
        return [encode(item, depth + 1) for item in list[Any].__iter__(cast("list[Any]", value))]
    if isinstance(value, tuple):
        return [encode(item, depth + 1) for item in tuple[Any].__iter__(cast("tuple[Any]", value))]
    if isinstance(value, dict):
        pairs = dict[Any, Any].items(cast("dict[Any, Any]", value))
        return {"dict": [[_key(key), encode(item, depth + 1)] for key, item in pairs]}
    return _numbers(value, depth)


def _key(key: Any) -> Any:
    plain = encode(key)
    if isinstance(plain, list | dict):
        raise TypeError(f"the result has a {type(key).__name__} as the key of a dict; give it numbers or text as keys")
    return plain


def _numbers(value: Any, depth: int) -> Any:
    """An array, or a number of numpy's, as JSON."""
    np = sys.modules.get("numpy")
    if np is None or not isinstance(value, np.generic | np.ndarray):
        raise TypeError(f"the result has a {type(value).__name__}, not a number, text, list, dict or array")
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":
        return encode(array.tolist(), depth + 1)
    if array.ndim == 0 and array.dtype.kind != "c":
        return array.item()
    data = base64.b64encode(array.tobytes()).decode()
    return {"array": data, "dtype": array.dtype.str, "shape": array.shape}


def fault(error: BaseException) -> dict[str, Any]:
    """An exception as JSON, with the last line of the candidate's code that it came through."""
    frames = traceback.walk_tb(error.__traceback__)
    lines = [line for frame, line in frames if frame.f_code.co_filename == ANSWER]
    if isinstance(error, SyntaxError) and error.filename == ANSWER:
        lines, error = [error.lineno], type(error)(error.msg)
    try:
        message = str(error)[:LONGEST_MESSAGE]
    except BaseException:  # its own __str__ is the candidate's too
        message = ""
    return {"kind": type(error).__name__, "message": message, "line": lines[-1] if lines else None}


def fresh(code: types.CodeType) -> dict[str, Any]:
    """The names that the code defines, in a module of its own: dataclasses and pickle look that up."""
    module = sys.modules["answer"] = types.ModuleType("answer")
    exec(code, module.__dict__)  # noqa: S102  # what the sandbox is for
    return module.__dict__


def attempt(trial: dict[str, Any], names: dict[str, Any], longest: int) -> dict[str, Any]:
    """Run one trial in the names of the code; its value or its error."""
    names.update({name: decode(value) for name, value in trial["inputs"].items()})
    begun = time.perf_counter()
    try:
        exec(compile(trial["run"], "<case>", "exec"), names)  # noqa: S102  # what the sandbox is for
        seconds = time.perf_counter() - begun
        return {"value": fitting(encode(names.get("result")), longest), "seconds": seconds}
    except BaseException as error:  # sys.exit() in an answer is an error like another
        return {"error": fault(error), "seconds": time.perf_counter() - begun}


def fitting(encoded: Any, longest: int) -> Any:
    """The same, where it is not longer on the wire than a result may be."""
    if len(json.dumps(encoded)) > longest:
        raise ValueError(f"the result is too large to be compared: more than {longest >> 10} KB")
    return encoded


def serve(request: dict[str, Any], emit: Emit, leave: Leave) -> None:
    """Run every trial of the request and emit what came of each."""

    def flooded() -> NoReturn:
        emit({"end": "output"})
        leave(1)

    printed = Printed(request["printed"], flooded)
    emit({"ready": True})
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        for trial in request["trials"]:
            try:
                names = fresh(compile(request["code"], ANSWER, "exec"))
            except BaseException as error:  # a syntax error, or whatever the code does at its import
                emit({"fault": fault(error)})
                return
            emit({"id": trial["id"], **attempt(trial, names, request["result"]), "printed": printed.taken()})


def main() -> None:
    """Read the request from standard input, write its lines to standard output, and leave at once."""
    request = json.loads(sys.stdin.buffer.read())
    marker = request["marker"]
    write, leave = os.write, os._exit  # pyright: ignore[reportPrivateUsage]  # nothing of the code's runs at exit

    def emit(line: dict[str, Any]) -> None:
        data = f"\n{marker} {json.dumps(line)}\n".encode("ascii")
        while data:
            data = data[write(1, data) :]

    hidden: Any = dict.fromkeys(WRITTEN_BY_OTHERS)  # a module that is None cannot be imported
    sys.modules.update(hidden)
    serve(request, emit, leave)
    leave(0)


if __name__ == "__main__":
    main()
