"""The Home tab: how one does, what to drill next, what the workspace has chosen, and one's data. Pure."""

from collections.abc import Mapping, Sequence

from bot.coach.agenda import DUE
from bot.coach.progress import TopicProgress
from bot.slack import actions, kit
from bot.slack.kit import Json
from bot.slack.layout import Message
from bot.slack.rich import rich
from bot.slack.text import commands, unmentioning
from bot.surface.servers import ServerSettings
from bot.surface.words import brief, counted, listed

_NEXT = 3  # topics to drill next
_BUTTON = 75  # characters
_MIX, _DUE = "A mix of everything", "What is due again"


def home(
    rows: Sequence[TopicProgress],
    *,
    shown: Sequence[Message],
    files: Mapping[str, str],
    settings: ServerSettings | None = None,
    about: str = "",
) -> Json:
    """The Home tab of one person.

    `shown` is what `blocks.progress` made of the rows, `files` the ids of its pictures by name;
    `settings` are for those who may change them, None for others; `about` says in Markdown what is kept.
    """
    blocks = [
        *(block for message in shown for block in message.rendered(files)),
        *_next(rows),
        *(_chosen(settings) if settings else []),
        kit.header("Your data"),
        *([rich(commands(about))] if about else []),
        kit.row(kit.button(actions.EXPORT, "Export"), actions.forget()),
    ]
    return {"type": "home", "blocks": blocks}


def weakest(rows: Sequence[TopicProgress]) -> list[str]:
    """The topics to drill next: those with the lowest scores, a perfect one never."""
    return [row.topic for row in sorted(rows, key=lambda row: row.score) if row.score < 1][:_NEXT]


def _next(rows: Sequence[TopicProgress]) -> list[Json]:
    buttons = [actions.drill(topic, brief(unmentioning(topic), _BUTTON)) for topic in weakest(rows)]
    again = [actions.drill(DUE, _DUE)] if any(row.due for row in rows) else []
    return [kit.header("Drill next"), kit.row(*again, *buttons, actions.drill("", _MIX))]


def _chosen(settings: ServerSettings) -> list[Json]:
    where = listed([f"<#{channel}>" for channel in settings.channels]) if settings.channels else "everywhere"
    limit = f"{settings.daily_questions} a day" if settings.daily_questions else "no limit"
    lines = [
        f"*Where* sessions may be held: {where}",
        f"*Questions* for each person: {limit}",
        f"*Language* of a model: {'plain, everyday words' if settings.plain else 'as in an interview'}",
        f"*Kept* for {counted(settings.retention_days, 'day')}",
    ]
    change = kit.button(actions.SETTINGS, "Change")
    return [kit.header("Viva in this workspace"), kit.section("\n".join(lines), change)]
