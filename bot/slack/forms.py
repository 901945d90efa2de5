"""Forms: what is asked for in a modal view, and what was filled in. Pure.

A view that is handed in says all that is needed, in `private_metadata` and in the names of its fields, so whichever
process gets it can read it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.coach.events import Appeal, Vote
from bot.coach.reply import BallotReply
from bot.grading.grade import Verdict
from bot.slack import kit
from bot.slack.actions import LOOK
from bot.slack.kit import Json
from bot.slack.rich import quote, rich
from bot.slack.text import literal, unmentioning
from bot.surface import appealing, words
from bot.surface.formulas import readable
from bot.surface.goals import SURE, SURENESS
from bot.surface.marking import VERDICTS, Choice
from bot.surface.pieces import pieces
from bot.surface.press import Press, Verb, mark
from bot.surface.servers import ServerSettings
from bot.surface.words import brief

ANSWER, BALLOT, CHOOSING, SETTINGS = "viva:answer", "viva:ballot", "viva:choosing", "viva:settings"
APPEAL = "viva:appeal"
"""The callback_id of each form."""

MAX_ANSWER = 3_000  # characters, Slack's limit for a field
_LONGER = "Up to 3,000 characters. A longer answer fits into a message: write it as a reply in the thread."
_PRIVATE = 3_000  # characters that come back with a form
_OPTION, _LABEL = 75, 2_000  # characters
_MOST = 100  # options of a menu
_SHOWN = 300  # characters of a message that is to be graded
_QUESTION, _WORDS = "question", "words"
_POINT, _SAID = "point", "said"
_CHANNELS, _DAILY, _PLAIN, _DAYS = "channels", "daily_questions", "plain", "retention_days"
_SURE = "sure"
_SURENESS = {"type": "radio_buttons", "options": [kit.option(label, label[0]) for label in SURENESS]}
_ON, _OFF = kit.option("Plain: short, everyday words", "on"), kit.option("As in an interview", "off")


def answer(press: Press, question: str, *, begun: str = "", sure: bool = False) -> Json:
    """The form for an answer of up to 3,000 characters, some of it begun, asking how `sure` it is where that is wished.

    The question is mrkdwn, as the `text` of its message has it.
    """
    element = {"type": "plain_text_input", "multiline": True, "max_length": MAX_ANSWER, "focus_on_load": True}
    element |= {"initial_value": begun} if begun else {}
    blocks = [
        *map(kit.section, pieces(question, kit.SECTION)),
        kit.field("answer", "Your code" if begun else "In your own words", element, hint=_LONGER),
        *([kit.field(_SURE, SURE, _SURENESS, optional=True)] if sure else []),
    ]
    return kit.modal(ANSWER, "Your answer", blocks, submit="Hand in", private=press.custom_id)


def answered(view: Mapping[str, Any]) -> tuple[Press, str, int | None] | None:
    """The Answer button that the form came from, the answer and how sure it is; None for another form."""
    press = Press.read(str(view.get("private_metadata", "")))
    if press is None or view.get("callback_id") != ANSWER:
        return None
    sure = _chosen(view, _SURE) if _SURE in view["state"]["values"] else None
    return press, _value(view, "answer") or "", int(sure) if sure else None


def ballot(reply: BallotReply, session_id: str, said: Mapping[int, Verdict]) -> Json:
    """A ballot of at most 90 points; `said` is what its holder has said so far, by point."""
    press = Press(Verb.VOTE, session_id, mark(reply))
    fields = [_vote(reply.number, number, point, said.get(number)) for number, point in enumerate(reply.points, 1)]
    blocks = [rich(literal(readable(reply.question))), *fields]
    return kit.modal(BALLOT, "Your vote", blocks, submit="Vote", private=press.custom_id)


def _vote(question: int, number: int, point: str, said: Verdict | None) -> Json:
    options = [kit.option(words.NAME[verdict], verdict) for verdict in VERDICTS]
    chosen = {"initial_option": options[VERDICTS.index(said)]} if said in VERDICTS else {}
    label = brief(unmentioning(readable(f"{number}. {point}")), _LABEL)
    return kit.field(
        f"{question}.{number}", label, {"type": "radio_buttons", "options": options, **chosen}, optional=True
    )


def voted(view: Mapping[str, Any], *, who: str, id: str, at: datetime) -> tuple[str, list[Vote]] | None:  # noqa: A002  # as events
    """The session of a ballot and every vote on it, their ids made of this one; None for another form."""
    press = Press.read(str(view.get("private_metadata", "")))
    if press is None or view.get("callback_id") != BALLOT:
        return None
    votes: list[Vote] = []
    for name in view["state"]["values"]:
        if verdict := _chosen(view, name):
            question, point = name.split(".")
            given = {"id": f"{id}/{point}", "at": at, "who": who, "question": question, "point": point}
            votes.append(Vote.model_validate({**given, "verdict": verdict}))
    return press.session_id, votes


def appeal(press: Press, choices: Sequence[Choice]) -> Json:
    """Which point was said, and in which words."""
    options = [
        kit.option(each.label, each.value, brief(unmentioning(readable(each.about)), _OPTION)) for each in choices
    ]
    menu = {"type": "static_select", "placeholder": kit.plain(appealing.POINT), "options": options}
    said = {"type": "plain_text_input", "multiline": True, "max_length": appealing.MOST_WORDS}
    blocks = [kit.field(_POINT, appealing.POINT, menu), kit.field(_SAID, appealing.WORDS, said)]
    return kit.modal(APPEAL, appealing.LABEL, blocks, submit="Appeal", private=press.custom_id)


def appealed(view: Mapping[str, Any], *, id: str, at: datetime) -> tuple[str, Appeal] | None:  # noqa: A002  # as events
    """The session of an appeal and what it says; None for another form."""
    press = Press.read(str(view.get("private_metadata", "")))
    if press is None or view.get("callback_id") != APPEAL:
        return None
    return press.session_id, appealing.chosen(_chosen(view, _POINT) or "", _value(view, _SAID) or "", id=id, at=at)


@dataclass(frozen=True)
class Source:
    """A message that is to be graded; the text is empty where it is too long to come back with a form."""

    channel: str
    ts: str
    text: str = ""

    def kept(self) -> str:
        """As JSON of at most 3,000 characters."""
        whole = json.dumps(vars(self), ensure_ascii=False)
        return whole if len(whole) <= _PRIVATE else json.dumps({"channel": self.channel, "ts": self.ts})


def choosing(source: Source, questions: Sequence[tuple[str, str, str]]) -> Json:
    """Which question does a message answer? `questions` are the nearest ones: id, question and topic of the note."""
    options = [
        kit.option(brief(unmentioning(readable(text)), _OPTION), note_id, brief(unmentioning(topic), _OPTION))
        for note_id, text, topic in questions[:_MOST]
    ]
    # The name differs with what is offered: else Slack keeps what was chosen among others.
    name = f"{_QUESTION}.{questions[0][0]}" if questions else _QUESTION
    menu = {"type": "static_select", "placeholder": kit.plain("The question"), "options": options}
    look = {
        "type": "plain_text_input",
        "action_id": LOOK,
        "max_length": 200,
        "placeholder": kit.plain("Another question? A few words of it, then Enter"),
        "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
    }
    blocks = [
        quote(brief(" ".join(source.text.split()), _SHOWN)) if source.text.strip() else None,
        kit.field(name, "Which question does it answer?", menu) if options else None,
        {**kit.field(_WORDS, "Look for it", look, optional=True), "dispatch_action": True},
    ]
    return kit.modal(CHOOSING, "Grade this answer", [b for b in blocks if b], submit="Grade", private=source.kept())


def source(view: Mapping[str, Any]) -> Source:
    """The message that a form of `choosing` is about, also while another question is looked for."""
    return Source(**json.loads(view["private_metadata"]))


def chosen(view: Mapping[str, Any]) -> str | None:
    """The id of the note that was chosen; None for another form, or where nothing was."""
    if view.get("callback_id") != CHOOSING:
        return None
    names = [name for name in view["state"]["values"] if name.startswith(_QUESTION)]
    return _chosen(view, names[0]) if names else None


def settings(current: ServerSettings) -> Json:
    """What those who manage the workspace choose for it."""
    channels = {
        "type": "multi_conversations_select",
        "placeholder": kit.plain("Everywhere"),
        "filter": {"include": ["public", "private"]},
        **({"initial_conversations": list(current.channels)} if current.channels else {}),
    }
    wording = {"type": "radio_buttons", "options": [_ON, _OFF], "initial_option": _ON if current.plain else _OFF}
    blocks = [
        kit.field(_CHANNELS, "Where sessions may be held", channels, hint="Nothing chosen: everywhere.", optional=True),
        kit.field(
            _DAILY,
            "Questions a day",
            _number(1_000, current.daily_questions),
            hint="For each person; empty: any.",
            optional=True,
        ),
        kit.field(_PLAIN, "Language of a model that words questions and answers", wording),
        kit.field(_DAYS, "Days that sessions are kept", _number(3_650, current.retention_days)),
    ]
    return kit.modal(SETTINGS, "Viva in this workspace", blocks, submit="Save")


def _number(most: int, current: int | None) -> Json:
    initial = {"initial_value": str(current)} if current is not None else {}
    return {"type": "number_input", "is_decimal_allowed": False, "min_value": "1", "max_value": str(most), **initial}


def changes(view: Mapping[str, Any]) -> dict[str, Any] | None:
    """What was chosen, for `Servers.change`; None for another form."""
    if view.get("callback_id") != SETTINGS:
        return None
    return {
        "channels": view["state"]["values"][_CHANNELS][_CHANNELS].get("selected_conversations") or [],
        "daily_questions": _value(view, _DAILY) or None,
        "plain": _chosen(view, _PLAIN) == "on",
        "retention_days": _value(view, _DAYS),
    }


def _value(view: Mapping[str, Any], name: str) -> str | None:
    return view["state"]["values"][name][name].get("value")


def _chosen(view: Mapping[str, Any], name: str) -> str | None:
    (state,) = view["state"]["values"][name].values()
    option = state.get("selected_option")
    return option["value"] if option else None
