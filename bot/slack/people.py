"""Who people are: their names, and whether they may manage their workspace."""

import logging
import time
from collections import OrderedDict
from dataclasses import dataclass

from slack_sdk.errors import SlackApiError

from bot.slack.kit import Json
from bot.slack.places import WebOf, who
from bot.slack.telling import REVOKED, TROUBLES, code

log = logging.getLogger("viva.slack")

_REMEMBERED = 10_000  # people
_SECONDS = 300.0  # somebody may be made a manager, or be one no more


@dataclass(frozen=True)
class Person:
    """Somebody as Slack knows them."""

    name: str = "somebody"
    manages: bool = False
    is_bot: bool = False


class People:
    """Everybody that was met lately."""

    def __init__(self, web_of: WebOf) -> None:
        self._web_of = web_of
        self._known: OrderedDict[str, tuple[float, Person]] = OrderedDict()

    async def find(self, person: str) -> Person:
        """Somebody by the coach's name for them; nobody in particular where Slack does not say."""
        met, known = self._known.get(person, (float("-inf"), None))
        if known and time.monotonic() - met < _SECONDS:
            return known
        team, user = who(person)
        web = await self._web_of(team)
        try:
            found = (await web("users.info", user=user))["user"]
        except TROUBLES as error:
            if isinstance(error, SlackApiError) and code(error) in REVOKED:
                raise
            log.info("Slack does not say who somebody is (%s)", type(error).__name__)
            return known or Person()
        manages = any(found.get(role) for role in ("is_admin", "is_owner", "is_primary_owner"))
        profile: Json = found.get("profile") or {}
        name = profile.get("display_name") or profile.get("real_name") or found.get("real_name") or found["name"]
        return self._remember(person, Person(name, manages, bool(found.get("is_bot"))))

    def _remember(self, person: str, found: Person) -> Person:
        self._known[person] = time.monotonic(), found
        self._known.move_to_end(person)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found
