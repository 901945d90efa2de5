"""The stories that docs/discord.md tells: a drill, a message that is graded, an interview, a panel."""

from __future__ import annotations

from tests import spoken
from tests.discord.story import Script, Story

_RESEARCH = (
    "I work on speech recognition for children. Recognisers make three times as many errors on children's voices, so "
    "reading tutors fail just the pupils who need them. My own part is the loss that weights frames by age; the "
    "recordings were collected by my colleague. Word error went from 31 to 22 per cent, mean of five seeds, against "
    "the same network fine-tuned in the usual way."
)
_OTHERS = (
    "Others adapt with vocal tract length normalisation or plain fine-tuning, and that breaks down below six years. "
    "It does not work below five for us either, that is what comes next."
)


async def drill(told: Story) -> None:
    """Two questions: one answered in pieces, with a hint and something wrong; one skipped. Then how it went."""
    ada = told.person("Ada")
    await told.types(ada, told.general, "drill", topic="generalisation", questions=2)
    await told.answers(ada, spoken.DROPPED)
    await told.clicks(ada, "Hint")
    await told.replies(ada, spoken.BOOSTED)
    await told.answers(ada, spoken.KEPT_DROPPING)
    await told.answers(ada, spoken.MANY_NETWORKS)
    await told.chooses(ada, told.newest("Mark what I could not tell ▾"), "2. said")
    await told.clicks(ada, "Skip")
    await told.types(ada, told.thread, "progress")


async def graded(told: Story) -> None:
    """Something that Bob wrote in a channel is graded, for him alone at first."""
    bob = told.person("Bob")
    message = await told.says(bob, told.general, spoken.WRONG_ABOUT_NORM)
    await told.picks(bob, message, "Grade this answer")
    await told.chooses(bob, told.newest("The question ▾"), spoken.ABOUT_NORM)
    await told.clicks(bob, "Share with the channel")


async def interview(told: Story) -> None:
    """Silent about grades until the debrief."""
    ada = told.person("Ada")
    await told.types(ada, told.general, "interview", minutes=10, focus="dropout")
    await told.answers(ada, _RESEARCH)
    await told.answers(ada, _OTHERS)
    await told.answers(
        ada,
        "In training every unit of the layer is zeroed independently with probability p, and you draw a fresh mask "
        "at every forward pass. It is like training exponentially many thinned subnetworks with shared weights.",
    )
    await told.answers(ada, "You multiply the survivors by 1/(1-p), so the expected value stays the same.")
    await told.types(ada, told.thread, "stop")


async def panel(told: Story) -> None:
    """Two people vote on what Ada said before anybody sees a grade."""
    ada, bob, cleo = (told.person(name) for name in ("Ada", "Bob", "Cleo"))
    seats = {"panel": bob.user["id"], "panel_2": cleo.user["id"]}
    await told.types(ada, told.general, "interview", minutes=5, focus="dropout", **seats)
    await told.answers(ada, _RESEARCH)
    await told.answers(ada, _OTHERS)
    await told.types(ada, told.thread, "stop")
    for person, votes in ((bob, "ypyyn"), (cleo, "yyyyp")):
        await told.clicks(person, "Vote")
        said = {"y": "said", "p": "partly said", "n": "not said"}
        await told.chooses(person, told.newest("Was it said? ▾"), *(said[vote] for vote in votes))


STORIES: dict[str, Script] = {"drill": drill, "graded": graded, "interview": interview, "panel": panel}
