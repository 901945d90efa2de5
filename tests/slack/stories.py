"""The stories that docs/slack.md tells: a drill, and a message that is graded."""

from __future__ import annotations

from tests import spoken
from tests.slack.story import Script, Story


async def drill(told: Story) -> None:
    """Two questions: one answered in pieces, with a hint and something wrong; one skipped. Then how it went."""
    ada = told.person("Ada")
    await told.types(ada, told.general, "drill generalisation 2")
    await told.answers(ada, spoken.DROPPED)
    await told.clicks(ada, "Hint")
    await told.replies(ada, spoken.BOOSTED)
    await told.answers(ada, spoken.KEPT_DROPPING)
    await told.answers(ada, spoken.MANY_NETWORKS)
    await told.chooses(ada, "Mark what I could not tell", "2. said")
    await told.clicks(ada, "Skip")
    await told.types(ada, told.general, "progress")


async def graded(told: Story) -> None:
    """Something that Bob wrote in a channel is graded, for him alone at first."""
    bob = told.person("Bob")
    message = await told.says(bob, told.general, spoken.WRONG_ABOUT_NORM)
    await told.grades(bob, told.general, message, spoken.ABOUT_NORM)
    await told.clicks(bob, "Share with the channel", under="Grade")


STORIES: dict[str, Script] = {"drill": drill, "graded": graded}
