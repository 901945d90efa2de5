"""What a chat model says of the small rubric."""

from typing import Any

from tests.grading.examples import RUBRIC


def graded(*points: tuple[str, str]) -> dict[str, Any]:
    """A reply with a verdict and a quote for each point of the rubric."""
    return {
        "points": [
            {"id": point.id, "verdict": verdict, "quote": quote}
            for point, (verdict, quote) in zip(RUBRIC, points, strict=True)
        ]
    }


GOOD = graded(
    ("met", "The entropy plus KL is the cross-entropy."),
    ("partial", "both losses have the same gradient"),
    ("contradicted", "KL is symmetric"),
)
