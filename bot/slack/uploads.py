"""Files on Slack: pictures that messages show, and documents that stand in a conversation."""

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import TypeVar

from slack_sdk.errors import SlackApiError

from bot.slack.layout import Message
from bot.slack.places import Where
from bot.slack.telling import REVOKED, TROUBLES, NotTaken, code, passing
from bot.slack.web import Web
from bot.surface.pictures import Picture

log = logging.getLogger("viva.slack")

_REMEMBERED = 2_000  # pictures
_READY_AFTER = (0.5, 1.0, 2.0)  # seconds: Slack looks at a picture for a moment before it shows it

T = TypeVar("T")


class Uploads:
    """What has been uploaded; a picture that was drawn before is not uploaded again."""

    def __init__(self) -> None:
        self._pictures: OrderedDict[tuple[str, bytes], str] = OrderedDict()

    async def shown(
        self, web: Web, team: str, messages: Sequence[Message], show: Callable[[Mapping[str, str]], Awaitable[T]]
    ) -> T:
        """Show messages with the ids of their pictures; without those of pictures that Slack does not take."""
        files = await self._files(web, team, [picture for message in messages for picture in message.pictures])
        for pause in (*_READY_AFTER, None) if files else (None,):
            try:
                return await show(files)
            except SlackApiError as error:
                if code(error) != "invalid_blocks" or not files:
                    raise
                if pause is None:
                    log.warning("Slack does not show a picture (%s)", code(error))
                    self._forget(files.values())
                else:
                    await asyncio.sleep(pause)
        return await show({})

    async def _files(self, web: Web, team: str, pictures: Iterable[Picture]) -> dict[str, str]:
        """The ids of pictures by name, without those that cannot be uploaded."""
        found: dict[str, str] = {}
        for picture in pictures:
            known = team, blake2b(picture.png, digest_size=16).digest()
            try:
                file = self._pictures.get(known) or await upload(web, picture.name, picture.png, picture.alt)
            except TROUBLES as error:
                if isinstance(error, SlackApiError) and code(error) in REVOKED:
                    raise
                log.warning("a picture could not be uploaded (%s)", _why(error))
                continue
            found[picture.name] = self._pictures[known] = file
            while len(self._pictures) > _REMEMBERED:
                self._pictures.popitem(last=False)
        return found

    def _forget(self, files: Iterable[str]) -> None:
        gone = set(files)
        for known in [known for known, file in self._pictures.items() if file in gone]:
            del self._pictures[known]


async def upload(web: Web, name: str, data: bytes, alt: str = "", where: Where | None = None) -> str:
    """The id of a file; with `where` it stands in that place as a message of its own. Raises one of TROUBLES."""
    given = {"alt_txt": alt[:1_000]} if alt else {}
    to = await web("files.getUploadURLExternal", filename=name, length=len(data), **given)
    if (status := await web.send(to["upload_url"], data)) != 200:
        raise NotTaken(f"Slack took no file (status {status}); try again in a minute.")
    place = where.place if where else None
    await web(
        "files.completeUploadExternal",
        files=json.dumps([{"id": to["file_id"], "title": name}]),
        channel_id=place.channel if place else None,
        thread_ts=(place.thread or None) if place else None,
    )
    return str(to["file_id"])


def _why(error: BaseException) -> str:
    if isinstance(error, SlackApiError) and not passing(error):
        return code(error)
    return type(error).__name__
