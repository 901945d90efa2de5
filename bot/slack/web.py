"""Slack's Web API: one door for every method, with the waits that Slack asks for."""

import logging
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient

Answer = dict[str, Any]

_SECONDS = 30.0  # for one request
_LIMITED_TIMES, _FAILED_TIMES = 8, 3  # that a request is made again
_FAILED_SECONDS = 0.5  # until then
_READS = ("auth.test", "conversations.history", "conversations.replies", "users.info")
_AS_JSON = ("agents.", "assistant.", "chat.", "views.")
# What these do shows: done twice, it is seen twice.
_ONCE = ("chat.postMessage", "chat.postEphemeral", "chat.startStream", "chat.appendStream", "oauth.v2.access")


log = logging.getLogger("slack")
"""What Slack's own libraries have to say."""


def one_line(record: logging.LogRecord) -> bool:
    """Leave of what is logged one line: what failed is made good by trying again, and a traceback helps nobody."""
    record.msg, record.args = record.getMessage().partition("\n")[0], ()
    record.exc_info = record.exc_text = None
    return True


log.setLevel(logging.WARNING)  # below, whole requests are logged: what somebody answered, and tokens
log.addFilter(one_line)


class _Again(AsyncRetryHandler):
    """Makes a request again that failed on Slack's side or on the way, where doing it twice does no harm."""

    async def _can_retry_async(
        self,
        *,
        state: RetryState,  # noqa: ARG002  # the interface's
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if str(request.url).endswith(_ONCE):
            return False
        failed = response is not None and response.status_code >= 500
        return failed or isinstance(error, aiohttp.ClientConnectionError)


def session() -> aiohttp.ClientSession:
    """Connections to Slack, for all who speak for Viva in this process."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS))


def sdk_client(api: str, connections: aiohttp.ClientSession, token: str | None = None) -> AsyncWebClient:
    """The SDK's client at an address; a 429 holds up the request that met it, and nothing else."""
    again = _Again(_FAILED_TIMES, FixedValueRetryIntervalCalculator(_FAILED_SECONDS))
    waits: list[AsyncRetryHandler] = [AsyncRateLimitErrorRetryHandler(_LIMITED_TIMES), again]
    client = AsyncWebClient(token, base_url=f"{api}/", session=connections, retry_handlers=waits, logger=log)
    client.proxy = proxy_to(api)
    return client


def proxy_to(url: str) -> str | None:
    """The proxy that the environment names for an address; the SDK by itself knows no NO_PROXY."""
    parts = urlsplit(url)
    named = getproxies()
    return None if proxy_bypass(parts.netloc) else named.get(parts.scheme)


class Web:
    """Speaks for Viva in one workspace."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client: Any = client  # its methods take and give anything

    async def __call__(self, method: str, **arguments: Any) -> Answer:
        """Call a method with what is not None; raises one of `telling.TROUBLES`."""
        given = {name: value for name, value in arguments.items() if value is not None}
        if method.startswith(_AS_JSON):
            answer = await self._client.api_call(method, json=given)
        elif method in _READS:
            answer = await self._client.api_call(method, http_verb="GET", params=given)
        else:  # by form: what stands in an address stands in logs
            answer = await self._client.api_call(method, data={name: str(value) for name, value in given.items()})
        data: Answer = answer.data
        return data

    async def scopes(self) -> set[str]:
        """What the token may do, as Slack says it with every answer."""
        answer = await self._client.api_call("auth.test")
        return set(filter(None, str(answer.headers.get("x-oauth-scopes", "")).replace(" ", "").split(",")))

    async def fetch(self, url: str, most: int) -> bytes | None:
        """A file that somebody uploaded, cut where it is longer; None where Slack gives none. Raises one of TROUBLES.

        The token goes to Slack alone: a file may be kept elsewhere, and its address is then whoever's.
        """
        host, own = urlsplit(url), urlsplit(str(self._client.base_url))
        if host.netloc != own.netloc and not (host.scheme == "https" and f".{host.hostname}".endswith(".slack.com")):
            return None
        headers = {"Authorization": f"Bearer {self._client.token}"}
        given = {"headers": headers, "proxy": proxy_to(url), "allow_redirects": False}
        async with self._client.session.get(url, **given) as response:
            # Without the scope Slack answers with a page to log in.
            if response.status != 200 or response.content_type == "text/html":
                return None
            data = bytearray()
            async for chunk in response.content.iter_chunked(2**14):
                data += chunk
                if len(data) >= most:
                    break
            return bytes(data[:most])

    async def send(self, url: str, body: Any) -> int:
        """Post bytes or JSON to an address that Slack gave; the status of the answer. Raises one of TROUBLES."""
        assert self._client.session  # noqa: S101  # every client of ours has one
        data = body if isinstance(body, bytes) else aiohttp.JsonPayload(body)
        async with self._client.session.post(url, data=data, proxy=proxy_to(url)) as response:
            return response.status
