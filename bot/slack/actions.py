"""Buttons and selects, and what a click on one means. Stateless: everything stands in the action.

Every action_id begins with `viva:`. That of a session's button is the `custom_id` of its `Press`; the others are the
names below. Whichever process gets the click reads it, also after a restart.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.coach.events import Mark
from bot.slack import kit
from bot.slack.kit import Json
from bot.slack.text import unmentioning
from bot.surface import marking as marks
from bot.surface.cards import Click
from bot.surface.marking import PLACEHOLDER, Marking
from bot.surface.press import Press, Verb, mark, under_question
from bot.surface.words import brief

FORGET, EXPORT, SETTINGS, LOOK = "viva:forget", "viva:export", "viva:settings", "viva:look"
_DRILL = "viva:drill:"
_ABOUT = 75  # characters of an option's description
_SURE = kit.plain("All your sessions, answers and grades, for good; also a session that is under way.")


def row(clicks: Sequence[Click]) -> Json:
    """Buttons in a row."""
    styles = ("primary" if click.primary else "" for click in clicks)
    return kit.row(
        *(kit.button(c.press.custom_id, c.label, style=style) for c, style in zip(clicks, styles, strict=True))
    )


def question_buttons(session_id: str, prompt: int) -> list[Click]:
    """What stands under a question or a probe."""
    presses = under_question(session_id, prompt)
    return [Click(press, press.verb.capitalize(), primary=press.verb == Verb.ANSWER) for press in presses]


def reveal(session_id: str, reply: Any) -> Click:
    """What stands in a channel in place of a card that only the candidate is to see."""
    return Click(Press(Verb.REVEAL, session_id, mark(reply)), "Show me", primary=True)


def marking(given: Marking) -> Json:
    """The select by which points are marked."""
    options = [kit.option(each.label, each.value, brief(unmentioning(each.about), _ABOUT)) for each in given.choices]
    return kit.row(kit.select(given.custom_id, PLACEHOLDER, options))


def drill(topic: str, label: str) -> Json:
    """A button that starts a drill."""
    return kit.button(f"{_DRILL}{topic}", label, value=topic)


def forget() -> Json:
    """A button that removes everything kept about whoever presses it, and asks first."""
    confirm = {
        "title": kit.plain("Remove everything?"),
        "text": _SURE,
        "confirm": kit.plain("Remove everything"),
        "deny": kit.plain("Keep it"),
        "style": "danger",
    }
    return kit.button(FORGET, "Forget me", style="danger", confirm=confirm)


def pressed(action: Mapping[str, Any]) -> Press | None:
    """The click of a session's button, or None for another action."""
    return Press.read(str(action.get("action_id", "")))


def marked(action: Mapping[str, Any], *, id: str, at: datetime) -> tuple[str, Mark] | None:  # noqa: A002  # as events
    """The session that a point is marked in, and how; None for another action."""
    session_id = marks.session_of(str(action.get("action_id", "")))
    if session_id is None:
        return None
    return session_id, marks.marked(action["selected_option"]["value"], id=id, at=at)


def drilled(action: Mapping[str, Any]) -> str | None:
    """The topic to drill, empty for a mix; None for another action."""
    action_id = str(action.get("action_id", ""))
    return action_id.removeprefix(_DRILL) if action_id.startswith(_DRILL) else None
