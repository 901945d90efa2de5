"""What a person asked for beyond a conversation: a daily goal, a reminder, to be asked how sure they are. Pure."""

from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from bot.coach.concepts import Diary


class Wishes(BaseModel):
    """What one person asked for; nothing, to begin with.

    `goal` is in questions a day, `hour` (UTC) when to remind them of it, where they are written to directly.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    goal: int | None = Field(default=None, ge=1, le=50)
    hour: int | None = Field(default=None, ge=0, le=23)
    sure: bool = False


def streak(diary: Diary, goal: int, today: date) -> int:
    """On how many days in a row the goal was reached, up to today; a single day off breaks nothing and counts nothing.

    Today is still under way: it counts once the goal is reached, and is no day off before.
    """
    count, off = 0, 0
    day = today
    while off < 2 and day > today - timedelta(days=len(diary.days) * 2 + 2):
        if diary.days.get(day.isoformat(), 0) >= goal:
            count, off = count + 1, 0
        elif day != today:
            off += 1
        day -= timedelta(days=1)
    return count


def reached(diary: Diary, wishes: Wishes, now: datetime) -> bool:
    """Whether there is no goal, or it was reached on this day (UTC)."""
    return wishes.goal is None or diary.days.get(now.date().isoformat(), 0) >= wishes.goal


def standing(diary: Diary, wishes: Wishes, due: int, now: datetime) -> str:
    """How the day stands for somebody with a goal, in a sentence or two; empty without one."""
    if wishes.goal is None:
        return ""
    done = diary.days.get(now.date().isoformat(), 0)
    days = streak(diary, wishes.goal, now.date())
    parts = [f"Today {done} of {wishes.goal} {'question' if wishes.goal == 1 else 'questions'}"]
    if days > 1:
        parts.append(f"{days} days in a row")
    if due:
        parts.append(f"{due} {'subject is' if due == 1 else 'subjects are'} due (/drill due)")
    return ", ".join(parts) + "."
