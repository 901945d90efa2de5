"""A question that wants code, answers to it, and a sandbox that cannot be started."""

from collections.abc import Sequence

from bot.errors import SandboxError
from bot.sandbox.sandbox import DEFAULT, Limits, Outcome, Trial
from knowledge.exercise import Exercise
from knowledge.library import Library
from knowledge.note import Kind, Note
from tests.coach.notes import note

STARTER = '''def largest(xs, k):
    """The k largest of some numbers, the largest first."""
    ...
'''
SORTED = "def largest(xs, k):\n    return sorted(xs, reverse=True)[:k]"
HEAP = "import heapq\n\n\ndef largest(xs, k):\n    return heapq.nlargest(k, xs)"
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


LIBRARY = Library([coding_note(), note("kl"), note("dropout")])


def fenced(code: str, words: str = "") -> str:
    """Code as people send it, with words after it."""
    return f"```python\n{code}\n```\n{words}"


class BrokenSandbox:
    """Cannot be started."""

    name = "broken"

    async def run(self, code: str, trials: Sequence[Trial], limits: Limits = DEFAULT) -> Outcome:
        raise SandboxError(f"Your code could not be run: {len(code)} bytes, {len(trials)} trials, {limits.seconds} s.")
