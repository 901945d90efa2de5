"""A Slack on this machine, and Viva on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.slack.double import Double
from tests.slack.people import Person


@pytest.fixture
async def slack() -> AsyncIterator[Double]:
    """A Slack on this machine."""
    async with Double() as slack:
        yield slack


@pytest.fixture
def general(slack: Double) -> str:
    """A channel there, with Viva in it."""
    return slack.lab.add_channel("general")


@pytest.fixture
def ada(slack: Double, general: str) -> Person:
    """Somebody in that channel."""
    return slack.person("Ada")
