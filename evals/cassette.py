"""Replies of models, recorded once and replayed for ever: an httpx2 transport below the openai client.

A cassette is JSON lines, `{"key", "repeat", "request", "response"}`. The key is the SHA-256 of the request
that was made (path, model, messages, parameters, schema, in canonical JSON) and of the repeat it was
made for; the request stands beside it so that a diff can be read. Replaying never goes out. Errors and
refusals are not recorded: what is replayed is what a model said.
"""

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

import httpx2
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from evals.cases import CaseError
from evals.run import REPEAT

_SECRET = 8  # characters that a key has at least; local servers take "none"


_ENTRY = b'{"key"'


class Mode(StrEnum):
    """Where replies come from."""

    LIVE = "live"
    RECORD = "record"
    REPLAY = "replay"


class NotRecorded(CaseError):
    """A request that the cassette has no reply for."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    repeat: int
    request: dict[str, Any]
    response: dict[str, Any]


def key(request: Mapping[str, Any], repeat: int) -> str:
    """What a reply is known by: the digest of a request and its repeat."""
    canonical = json.dumps([request, repeat], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


class Cassette(httpx2.AsyncBaseTransport):
    """Replays from `path`, or records to it through `live`; `secret` never reaches the file.

    `command` is what to run to record; it stands in the error of a missing reply.
    """

    def __init__(
        self,
        path: Path,
        mode: Mode,
        command: str,
        live: httpx2.AsyncBaseTransport | None = None,
        secret: str | None = None,
    ) -> None:
        self._path, self._mode, self._command, self._secret = path, mode, command, secret
        self._live = live
        self._missing = False
        entries, self._whole = _read(path)
        self._entries = {entry.key: entry for entry in entries}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer from the cassette, or from the server where that is wanted."""
        asked: dict[str, Any] = json.loads(await request.aread() or b"{}")
        body = {"path": request.url.path.rpartition("/v1")[2], **asked}
        name = key(body, REPEAT.get())
        if self._mode is not Mode.LIVE and (entry := self._entries.get(name)):
            return httpx2.Response(200, json=entry.response, request=request)
        if self._mode is Mode.REPLAY:
            # An exception here would be retried and reported as a broken connection: `check` tells it.
            self._missing = True
            return httpx2.Response(400, json={"error": {"message": "not recorded"}}, request=request)
        self._live = self._live or httpx2.AsyncHTTPTransport()
        response = await self._live.handle_async_request(request)
        content = await response.aread()
        if self._mode is Mode.RECORD and response.status_code == 200:
            self._record(name, body, content)
        return httpx2.Response(response.status_code, headers=_kept(response.headers), content=content, request=request)

    def _record(self, name: str, body: Mapping[str, Any], content: bytes) -> None:
        try:
            reply = TypeAdapter(dict[str, Any]).validate_json(content)
        except ValidationError:
            return  # not a reply
        if not _worth_keeping(reply):
            return
        entry = _Entry(
            key=name,
            repeat=REPEAT.get(),
            request=self._scrubbed(body),
            response=self._scrubbed(reply),
        )
        self._entries[name] = entry
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                file.truncate(self._whole)  # what a killed recording left of a line
                file.write(entry.model_dump_json().encode() + b"\n")
                self._whole = file.tell()
        except OSError as error:
            raise CaseError(f"{self._path} cannot be written ({error.strerror}); name another --cassette.") from error

    def _scrubbed(self, value: Any) -> Any:
        """JSON without the secret in any of its texts; what is too short to be one is no secret."""
        if isinstance(value, str) and self._secret and len(self._secret) >= _SECRET:
            return value.replace(self._secret, "***")
        if isinstance(value, dict):
            return {name: self._scrubbed(part) for name, part in cast(dict[str, Any], value).items()}
        if isinstance(value, list):
            return [self._scrubbed(part) for part in cast(list[Any], value)]
        return value

    def check(self) -> None:
        """Raise NotRecorded once a request had no recorded reply."""
        if self._missing:
            raise NotRecorded(
                f"{self._path} has no reply to what would be asked now; record it with `{self._command}`."
            )

    async def aclose(self) -> None:
        """Close the way out, if there was one."""
        if self._live:
            await self._live.aclose()


def _read(path: Path) -> tuple[list[_Entry], int]:
    """The replies of a file, and the byte that the last whole one ends at."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    except OSError as error:
        raise CaseError(f"{path} cannot be read ({error.strerror}); name another --cassette.") from error
    if not (content.startswith(_ENTRY) or _ENTRY.startswith(content)):
        raise CaseError(f"{path} cannot be read as recorded replies and is left as it is; name another --cassette.")
    whole = content.rfind(b"\n") + 1
    entries: list[_Entry] = []
    for number, line in enumerate(content[:whole].split(b"\n")[:-1], 1):
        try:
            entries.append(_Entry.model_validate_json(line))
        except ValidationError as error:
            raise CaseError(f"{path}:{number}: not a recorded reply; delete the line or record again.") from error
    return entries, whole


def _kept(headers: httpx2.Headers) -> dict[str, str]:
    """Headers the client reads; the body has been decoded already."""
    wanted = ("content-type", "retry-after", "retry-after-ms", "x-should-retry")
    return {name: headers[name] for name in wanted if name in headers}


def _worth_keeping(reply: Mapping[str, Any]) -> bool:
    """True for what a model said: a chat text, or answers none of which is a refusal."""
    try:
        if "answers" in reply:
            return all(answer["type"] != "refusal" for answer in reply["answers"]) and bool(reply["answers"])
        return all(
            not choice["message"].get("refusal") and isinstance(choice["message"]["content"], str)
            for choice in reply["choices"]
        ) and bool(reply["choices"])
    except (KeyError, TypeError, AttributeError):
        return False  # of another shape
