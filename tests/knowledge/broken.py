"""What is said of a model that cannot be used."""

from __future__ import annotations

import pytest

from knowledge.errors import KnowledgeError


def sentence(error: pytest.ExceptionInfo[KnowledgeError]) -> str:
    """The message, which has to be one sentence."""
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")
    return str(error.value)
