"""A question that wants code, answers to it, and a sandbox that runs what these tests write themselves."""

from collections.abc import Sequence
from typing import Any

from bot.errors import SandboxError
from bot.sandbox.sandbox import End, Fault, Limits, Outcome, Ran, Trial
from knowledge.exercise import Exercise
from knowledge.note import Kind, Note
from tests.coach.notes import note

STARTER = '''def largest(xs, k):
    """The k largest of some numbers, the largest first."""
    ...
'''
_LIMITS = Limits()
SORTED = "def largest(xs, k):\n    return sorted(xs, reverse=True)[:k]"
UPWARDS = "def largest(xs, k):\n    return sorted(xs)[:k]"
EXERCISE = Exercise.model_validate(
    {
        "defines": "largest",
        "starter": STARTER,
        "solution": SORTED,
        "tests": [
            {"id": "two", "says": "two of three", "inputs": {"xs": [3, 1, 2], "k": 2}, "plain": True, "expect": [3, 2]},
            {"id": "one", "says": "one number", "inputs": {"xs": [5], "k": 1}, "plain": True, "expect": [5]},
            {"id": "none", "says": "no number", "inputs": {"xs": [], "k": 2}, "plain": True, "expect": []},
            {"id": "ties", "says": "equal numbers", "inputs": {"xs": [1, 1], "k": 1}, "plain": True, "expect": [1]},
        ],
        "wrong": [
            {"says": "sorts upwards", "caught_by": "two", "code": UPWARDS},
            {"says": "takes the first", "caught_by": "two", "code": "def largest(xs, k):\n    return xs[:1]"},
        ],
    }
)


def coding_note(note_id: str = "largest", *, line: str | None = r"heapq\.nlargest\(") -> Note:
    """A note with the exercise; a line of the code can earn its point b."""
    plain = note(note_id, topic="coding", kind=Kind.CODE)
    a, b, c = plain.rubric
    rubric = (a, b.model_copy(update={"line": line}), c)
    return plain.model_copy(update={"exercise": EXERCISE, "rubric": rubric})


def fenced(code: str, words: str = "") -> str:
    """Code as people send it, with words after it."""
    return f"```python\n{code}\n```\n{words}"


class HereSandbox:
    """Runs code in this process: only what a test wrote itself. `ran` is what it was given."""

    name = "here"

    def __init__(self, *, fails: bool = False) -> None:
        self.ran: list[str] = []
        self._fails = fails

    async def run(self, code: str, trials: Sequence[Trial], _: Limits = _LIMITS) -> Outcome:
        if self._fails:
            raise SandboxError("Code cannot be run now; ask whoever runs Viva to look at its log.")
        self.ran.append(code)
        try:
            compile(code, "code", "exec")
        except SyntaxError as error:
            return Outcome(End.DONE, fault=Fault("SyntaxError", error.msg, error.lineno))
        return Outcome(End.DONE, tuple(_ran(code, trial) for trial in trials))


def _ran(code: str, trial: Trial) -> Ran:
    names: dict[str, Any] = {}
    exec(code, names)  # written by the test itself
    names.update(trial.inputs)
    try:
        exec(trial.run, names)  # as above
    except Exception as error:
        traceback = error.__traceback__
        while traceback and traceback.tb_next:
            traceback = traceback.tb_next
        line = traceback.tb_lineno if traceback else None
        return Ran(trial.id, None, Fault(type(error).__name__, str(error), line), 0.01, "")
    return Ran(trial.id, names["result"], None, 0.01, "")
