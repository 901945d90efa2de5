"""What people are told about their data, and all of it as a file."""

import json

from bot.coach.coach import Coach

FILE = "viva-export.json"

_KEPT = """\
**What Viva keeps:** your id on {platform}, where and when your sessions were, every question, every answer of yours \
word for word with its grade, what follows from them about what you know, the goal and reminder you asked for, and how \
many model tokens you used in a day.
**Where:** in the database of whoever runs this Viva. What was posted on {platform} stays there until \
it is deleted there.
**For how long:** {days}
**Who reads it:** {readers} Viva trains no model on it, sells it to nobody and shows it to no employer.
**Practice only:** grades are a program's and can be wrong; they are no basis for hiring or judging anybody.
**Yours:** /export gives you everything as a file, /forget removes everything for good."""
_MODELS = (
    "your answers go to the model server that whoever runs this Viva has chosen, to be graded, without your name or id."
)
_NO_MODELS = "no other company; answers are graded on the machine that Viva runs on."


def privacy_text(platform: str, *, kept_days: int | None, models: bool) -> str:
    """What is kept, where, how long and for what, as Markdown of at most 2,000 characters.

    `kept_days` is what the server says, None outside servers; `models`: answers are sent to a model server.
    """
    days = "until you remove it." if kept_days is None else f"{kept_days} days here; elsewhere until you remove it."
    return _KEPT.format(platform=platform, days=days, readers=_MODELS if models else _NO_MODELS)


async def export_file(coach: Coach, person: str) -> bytes:
    """Everything kept about a person, as JSON in UTF-8."""
    return (json.dumps(await coach.export(person), indent=2, ensure_ascii=False) + "\n").encode()
