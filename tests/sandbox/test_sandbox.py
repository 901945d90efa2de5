"""However a run went, it is told in one sentence."""

import pytest

from bot.sandbox.sandbox import End, Fault, Limits, Outcome, Ran

FINE = Ran("a", 1, None, 0.1, "")
WRONG = Ran("b", None, Fault("ValueError", "no k", 3), 0.1, "")


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (Outcome(End.DONE, (FINE,)), "It ran 1 case without an error."),
        (Outcome(End.DONE, (FINE, FINE)), "It ran 2 cases without an error."),
        (Outcome(End.DONE, (FINE, WRONG)), "Line 3: ValueError: no k"),
        (Outcome(End.DONE, fault=Fault("SyntaxError", "invalid syntax", 7)), "Line 7: SyntaxError: invalid syntax"),
        (Outcome(End.DONE, fault=Fault("SystemExit", "", None)), "SystemExit"),
        (
            Outcome(End.TIMEOUT, (WRONG,), limits=Limits(seconds=2.5)),
            "It was stopped after 2.5 seconds, the time a run has.",
        ),
        (
            Outcome(End.MEMORY, (WRONG,), limits=Limits(memory=2**27)),
            "It needed more than 128 MB, the memory a run has.",
        ),
        (Outcome(End.OUTPUT, (FINE,)), "It was stopped because it wrote more than 64 KB."),
        (Outcome(End.CRASHED), "It ended the interpreter before its results were there."),
    ],
)
def test_an_outcome_is_one_sentence(outcome: Outcome, sentence: str) -> None:
    assert outcome.sentence == sentence
