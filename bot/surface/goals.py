"""What people type to ask for a goal, a reminder, or to be asked how sure they are; and what they are told of it."""

import re
from datetime import datetime

from bot.coach.goals import Wishes
from bot.coach.memory import Memory
from bot.errors import UsageError

SURE = "How sure are you?"
SURENESS = ("1: guessing", "2: doubtful", "3: even", "4: fairly sure", "5: certain")
"""What 1 to 5 mean."""

_GOAL = re.compile(r"(?P<goal>\d{1,9})(?:\s+questions?)?(?:\s+(?:a|per)\s+day)?(?:\s+at\s+(?P<hour>\d{1,2})(?::00)?)?")
_HOW = "Say how many questions a day, and when to remind you: /goal 3, /goal 3 at 18 (UTC), /goal off."
_ON_OFF = "Say /sure on to be asked how sure you are of each answer, or /sure off."


async def goal(memory: Memory, person: str, typed: str, at: datetime, *, reminds: bool = True) -> str:
    """Take "3", "3 at 18" or "off" as a daily goal, or nothing to be told which there is; a sentence to show.

    Raises UsageError for anything else. `reminds`: the surface can write to people by itself.
    """
    wishes = await memory.wishes(person)
    if typed.strip():
        wishes = wished(typed, wishes)
        await memory.wish(person, wishes, at)
    return told(wishes, reminds=reminds)


async def sureness(memory: Memory, person: str, typed: str, at: datetime) -> str:
    """Take "on" or "off" for being asked how sure one is; a sentence to show. Raises UsageError for anything else."""
    chosen = typed.strip().casefold()
    if chosen not in ("on", "off"):
        raise UsageError(_ON_OFF)
    wishes = (await memory.wishes(person)).model_copy(update={"sure": chosen == "on"})
    await memory.wish(person, wishes, at)
    if wishes.sure:
        return "From now on I ask how sure you are of each answer; /progress shows how well you know what you know."
    return "I no longer ask how sure you are."


def wished(typed: str, wishes: Wishes) -> Wishes:
    """The wishes with another goal; raises UsageError for what is none."""
    text = " ".join(typed.casefold().split())
    if text == "off":
        return wishes.model_copy(update={"goal": None, "hour": None})
    match = _GOAL.fullmatch(text)
    if not match or not 1 <= int(match["goal"]) <= 50 or int(match["hour"] or 0) > 23:
        raise UsageError(_HOW)
    return wishes.model_copy(update={"goal": int(match["goal"]), "hour": int(match["hour"]) if match["hour"] else None})


def told(wishes: Wishes, *, reminds: bool = True) -> str:
    """What somebody asked for, in a sentence or two."""
    if wishes.goal is None:
        return "You have no daily goal; /goal 3 sets one of three questions a day."
    goal = f"Your goal is {wishes.goal} question{'s' * (wishes.goal != 1)} a day"
    if not reminds:
        return f"{goal}; each chat begins with how the day stands. /goal off ends that."
    if wishes.hour is None:
        return f"{goal}, without a reminder; /goal {wishes.goal} at 18 reminds you at 18:00 UTC."
    return f"{goal}; I write to you at {wishes.hour}:00 UTC if it is not reached by then. /goal off ends that."
