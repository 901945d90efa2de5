"""What goes wrong is told in one sentence to whoever caused it, for their eyes alone where Slack can."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.errors import USER_ERRORS, VivaError
from bot.slack import blocks
from bot.slack.kit import Json
from bot.slack.web import Web
from bot.unexpected import told

log = logging.getLogger("viva.slack")


class NotTaken(VivaError):
    """Slack does not take a file."""


TROUBLES = (SlackApiError, aiohttp.ClientError, OSError, TimeoutError, NotTaken)
"""What is raised where Slack does not take something."""

NOWHERE = {
    "channel_not_found", "not_in_channel", "is_archived", "thread_not_found", "restricted_action",
    "restricted_action_read_only_channel", "restricted_action_thread_only_channel", "restricted_action_thread_locked",
    "restricted_action_non_threadable_channel", "user_not_in_channel", "channel_is_limited_access",
    "cannot_reply_to_message", "messages_tab_disabled", "ekm_access_denied", "no_permission",
}  # fmt: skip
"""Slack's words for a place where nothing can be posted."""

REVOKED = {"token_revoked", "account_inactive", "invalid_auth", "not_authed", "token_expired", "org_login_required"}
"""Slack's words for a token that opens nothing any more."""

_EXPIRED = {"expired_trigger_id", "invalid_trigger_id", "trigger_exchanged", "exchanged_trigger_id", "trigger_expired"}
_BUSY = {"ratelimited", "rate_limited", "fatal_error", "internal_error", "service_unavailable", "request_timeout"}
_BROKEN = "Slack does not take this at the moment; try again in a minute."
_LATE = "Slack gave up waiting for me before the form was there; press again."


class NotInstalled(VivaError):
    """Viva has no token for a workspace, or none that still works."""


def code(error: SlackApiError) -> str:
    """Slack's word for what is wrong; empty where it said none."""
    data = _response(error, "data")
    return str(cast("Json", data).get("error", "")) if isinstance(data, dict) else ""


def _response(error: SlackApiError, name: str) -> Any:
    """Something of what Slack answered; None where it answered in no form that is known."""
    return getattr(getattr(error, "response", None), name, None)


def passing(error: BaseException) -> bool:
    """Whether it is Slack, or the way to it, that fails for a while."""
    if isinstance(error, SlackApiError):
        status = int(_response(error, "status_code") or 0)
        return status == 429 or status >= 500 or code(error) in _BUSY
    return isinstance(error, OSError | TimeoutError | aiohttp.ClientError)


def sentence(error: Exception) -> str:
    """What to tell about an error; one that nobody foresaw is logged with the id it is told by."""
    if passing(error):
        log.warning("Slack fails (%s)", type(error).__name__)
        return _BROKEN
    if isinstance(error, SlackApiError) and code(error) in _EXPIRED:
        log.info("a form came too late (%s)", code(error))
        return _LATE
    return str(error) if isinstance(error, USER_ERRORS) else told(error)


@asynccontextmanager
async def telling(whispering: Callable[[], Awaitable["Whisper"]]) -> AsyncGenerator[None]:
    """Tell what goes wrong inside to the person who caused it."""
    try:
        yield
    except NotInstalled as error:
        log.warning("%s", error)
    except Exception as error:  # the last resort: an id for the person, the details for the log
        if isinstance(error, SlackApiError) and code(error) in REVOKED:
            log.warning("Slack does not accept the token any more (%s)", code(error))
            return
        try:
            await (await whispering()).say(sentence(error))
        except (*TROUBLES, NotInstalled) as failure:
            log.warning("somebody could not be told what is wrong (%s)", type(failure).__name__)


class Whisper:
    """Says something to one person alone: by the address that came with what they did, else where they did it."""

    def __init__(self, web: Web, user: str, channel: str, thread: str = "", hook: str = "") -> None:
        self._web = web
        self._user = user
        self._channel = channel
        self._thread = thread
        self._hook = hook

    async def say(self, own: str) -> None:
        """Say a sentence of Viva's own."""
        for message in blocks.told(own):
            await self.show(message.text, message.rendered({}))

    async def show(self, text: str, shown: list[Json]) -> None:
        """Show a message; raises one of TROUBLES where that can be done nowhere."""
        if await self._by_hook(text, shown):
            return
        to = {"channel": self._channel, "text": text, "blocks": shown}
        if self._channel and not self._channel.startswith("D"):
            thread = {"thread_ts": self._thread} if self._thread else {}
            try:
                await self._web("chat.postEphemeral", user=self._user, **to, **thread)
            except SlackApiError as error:
                if passing(error) or code(error) in REVOKED:
                    raise
            else:
                return
        await self._direct(text, shown)

    async def _direct(self, text: str, shown: list[Json]) -> None:
        opened = await self._web("conversations.open", users=self._user)
        channel = opened["channel"]["id"]
        thread = {"thread_ts": self._thread} if self._thread and channel == self._channel else {}
        await self._web("chat.postMessage", channel=channel, text=text, blocks=shown, **thread)

    async def replace(self, own: str) -> bool:
        """Say a sentence in place of the message that was clicked, which only this person saw; False where none was."""
        (message,) = blocks.told(own)
        return await self._by_hook(message.text, message.rendered({}), replace_original=True)

    async def _by_hook(self, text: str, shown: list[Json], *, replace_original: bool = False) -> bool:
        """Shown by the address that came with what somebody did; False without one, or where it serves no more."""
        if not self._hook:
            return False
        how = {"response_type": "ephemeral", "replace_original": replace_original}
        try:
            return await self._web.send(self._hook, {"text": text, "blocks": shown, **how}) == 200
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.info("an answer to one person fails (%s)", type(error).__name__)
            return False
