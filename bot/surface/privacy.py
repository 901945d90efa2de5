"""What people are told about their data, and all of it as files."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from bot.coach.coach import Coach
from bot.surface.transcript import kept
from knowledge.library import Library

FILE, TO_READ = "viva-export.json", "viva-export.md"

_KEPT = """\
**What Viva keeps:** your id on {platform}, where and when your sessions were, every question, every answer of yours \
word for word with its grade, what follows from them about what you know, the goal and reminder you asked for, and how \
many model tokens you used in a day.
**Where:** in the database of whoever runs this Viva. What was posted on {platform} stays there until \
it is deleted there.
**For how long:** {days}
**Who reads it:** {readers} Viva trains no model on it, sells it to nobody and shows it to no employer.
**Practice only:** grades are a program's and can be wrong; they are no basis for hiring or judging anybody.
**Yours:** /export gives you everything as files, /forget removes everything for good."""
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


async def export_files(coach: Coach, person: str, library: Library) -> dict[str, bytes]:
    """Everything kept about a person, by file name and in UTF-8: as JSON, and as Markdown to read."""
    tables = await coach.export(person)
    return {FILE: as_json(tables).encode(), TO_READ: kept(tables, library).encode()}


def as_json(tables: Mapping[str, Any]) -> str:
    """What `Coach.export` gives, as JSON."""
    return json.dumps(tables, indent=2, ensure_ascii=False) + "\n"


def packed(files: Mapping[str, bytes]) -> bytes:
    """Files as a ZIP archive."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packing:
        for name, data in files.items():
            packing.writestr(name, data)
    return archive.getvalue()
