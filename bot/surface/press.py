"""What a click means. Stateless: it stands in the button, and is read back by whichever process gets the click.

`viva:<verb>:<session id>[:<detail>]`, also after a restart. The detail of a question's buttons is the number of the
prompt (`Session.prompts`), that of a card's the mark of its reply.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from bot.coach.reply import Reply

PRESS = r"viva:(?P<verb>[a-z]+):(?P<session>[0-9a-f]{32})(?::(?P<detail>[0-9a-f]{1,16}))?"


class Verb(StrEnum):
    """What a click asks for."""

    ANSWER = "answer"
    HINT = "hint"
    SKIP = "skip"
    PAUSE = "pause"
    SHARE = "share"
    REVEAL = "reveal"
    VOTE = "vote"
    APPEAL = "appeal"


@dataclass(frozen=True)
class Press:
    """A click, read from its custom_id."""

    verb: str
    session_id: str
    detail: str = ""

    @classmethod
    def read(cls, custom_id: str) -> "Press | None":
        """The click that a custom_id stands for, or None where it is not one of ours."""
        match = re.fullmatch(PRESS, custom_id)
        return cls(match["verb"], match["session"], match["detail"] or "") if match else None

    @property
    def custom_id(self) -> str:
        """At most 100 characters."""
        return ":".join(("viva", self.verb, self.session_id, *([self.detail] if self.detail else [])))

    @property
    def prompt(self) -> int | None:
        """The prompt that the button stands under, counted from 1."""
        return int(self.detail) if self.detail.isdecimal() else None


def under_question(session_id: str, prompt: int) -> tuple[Press, ...]:
    """The clicks that a question or a probe offers, the main one first."""
    return tuple(Press(verb, session_id, f"{prompt}") for verb in (Verb.ANSWER, Verb.HINT, Verb.SKIP, Verb.PAUSE))


def mark(reply: Reply) -> str:
    """Sixteen hexadecimal digits by which a stored reply is found again, also by a version that knows more fields."""
    said = f"{reply.kind} {reply.model_dump_json(exclude_defaults=True)}"
    return blake2b(said.encode(), digest_size=8).hexdigest()
