"""A scripted OpenAI-compatible server on loopback: tests use the real client and real HTTP.

    with ScriptedServer() as server:
        server.fail(Fault.RATE_LIMITED, times=2)
        server.say("Paris.")
        client = AsyncOpenAI(base_url=server.base_url, api_key="test")
        ...
        assert "capital" in server.requests[-1].text

A request takes the first reply of the script that fits its endpoint (`say` chat, `decide` decisions,
`fail` either), so calls that run at once cannot steal each other's replies; then `always` answers.
A request that nothing answers, or that OpenAI would reject, gets HTTP 400, and the server raises
AssertionError when it stops, so that code which swallows the error cannot hide it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self, cast

from tests.model_replies import (
    CHAT,
    DECISIONS,
    MODELS,
    Answer,
    Decide,
    Fail,
    Fault,
    Json,
    Reply,
    Request,
    Say,
    Whole,
    Wire,
    as_error,
    as_json,
    render,
    walk,
)


def _reject(body: Json) -> None:
    """Refuse what OpenAI documents as invalid, so that no test passes on it."""
    questions = body.get("questions", ["none asked"])
    if not 1 <= len(questions) <= 400:
        raise AssertionError(f"a decisions request asks 1 to 400 questions, not {len(questions)}")
    form = body.get("response_format", {}).get("json_schema", {})
    for node in walk(form["schema"]) if form.get("strict") else ():
        if isinstance(node, dict) and "properties" in node:
            node = cast("Json", node)
            optional = set(node["properties"]) - set(node.get("required", ()))
            if optional or node.get("additionalProperties") is not False:
                raise AssertionError(f"a strict schema closes each object and requires all of it: {node}")


class ScriptedServer:
    """Queue replies, point a client (of any process) at `base_url`, then read `requests`."""

    def __init__(self, *, strict: bool = True) -> None:
        """Bind a free port; unless `strict`, requests without an answer are forgiven."""
        self.stopping = threading.Event()
        self.requests: list[Request] = []
        self.script: list[Reply] = []
        self._strict = strict
        self._complaints: list[str] = []
        self._always: Callable[[Request], Reply] | None = None
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"owner": self})
        self._listener = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._listener.socket.listen(128)  # the default queue of 5 makes parallel clients wait a second
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True)
        self.base_url = f"http://127.0.0.1:{self._listener.server_port}/v1"

    def say(self, text: str) -> None:
        """Queue a chat reply."""
        self.add(Say(text))

    def say_json(self, content: object) -> None:
        """Queue a chat reply whose content is this value as JSON."""
        self.add(Say(json.dumps(content, ensure_ascii=False)))

    def decide(self, answers: Sequence[Answer]) -> None:
        """Queue answers to a decisions request, one for each question."""
        self.add(Decide(answers))

    def fail(self, fault: Fault, *, times: int = 1, seconds: float = 0.01, then: Whole | None = None) -> None:
        """Queue a fault for the next `times` requests; `seconds` and `then` as in `Fail`."""
        self.add(*[Fail(fault, seconds, then)] * times)

    def add(self, *replies: Reply) -> None:
        """Queue replies of any kind."""
        with self._lock:
            self.script.extend(replies)

    def always(self, reply: Reply | Callable[[Request], Reply]) -> None:
        """Answer with this whenever nothing in the script fits; a callable sees the request."""
        self._always = reply if callable(reply) else lambda _: reply

    def answer(self, request: Request) -> Wire:
        """Keep a request and say what goes back; whatever is wrong becomes a 400 and a complaint."""
        with self._lock:
            self.requests.append(request)
            fits = (place for place, reply in enumerate(self.script) if _fits(reply, request.path))
            place = next(fits, None)
            reply = None if place is None else self.script.pop(place)
        try:
            _reject(request.body)
            return render(reply, request) if reply else self._unscripted(request)
        # What a callable raises must reach the test as well, and not only this handler's thread.
        except Exception as error:
            complaint = f"{type(error).__name__}: {error}"
            self._complaints.append(complaint)
            return as_error(400, complaint)

    def _unscripted(self, request: Request) -> Wire:
        if request.path == MODELS:
            model = {"id": "gpt-6-luna", "object": "model", "created": 0, "owned_by": "loopback"}
            return as_json({"object": "list", "data": [model]})
        if self._always is None:
            raise AssertionError(f"script ran out: no reply for {request.path}")
        return render(self._always(request), request)

    def start(self) -> Self:
        """Serve from a background thread."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Hang up on everybody; AssertionError if strict and some request had no answer."""
        self.stopping.set()
        self._listener.shutdown()
        self._listener.server_close()
        if self._strict and self._complaints:
            raise AssertionError("; ".join(self._complaints))

    __enter__ = start

    def __exit__(self, *_: object) -> None:
        """Stop; a complaint is raised over the test's own error, which stays chained to it."""
        self.stop()


def _fits(reply: Reply, path: str) -> bool:
    if not isinstance(reply, Fail):
        return path == (CHAT if isinstance(reply, Say) else DECISIONS)
    if reply.then:
        return _fits(reply.then, path)
    return path == reply.on if reply.on else path in (CHAT, DECISIONS)


class _Handler(BaseHTTPRequestHandler):
    owner: ScriptedServer
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes: without this the second waits 40 ms for an acknowledgement.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.close_connection = True
        # A client that hangs up (a timeout, a cancelled task) is no error of the server.
        with suppress(ConnectionError):
            wire = self.owner.answer(self._received())
            if not self.owner.stopping.wait(wire.pause):
                self._send(wire)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name in its base class
        """Stay silent."""

    def _received(self) -> Request:
        headers = {name.lower(): value for name, value in self.headers.items()}
        has_key = bool(headers.get("authorization", "").removeprefix("Bearer ").strip())
        headers |= {"authorization": "Bearer ***"} if has_key else {}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        return Request(self.path, headers, has_key, json.loads(body or b"{}"), time.monotonic())

    def _send(self, wire: Wire) -> None:
        size = str(sum(map(len, wire.pieces)))
        self.send_response(wire.status)
        self.send_header("Connection", "close")
        self.send_header("Content-Type", "text/event-stream" if wire.streamed else "application/json")
        self.send_header(*("Transfer-Encoding", "chunked") if wire.streamed else ("Content-Length", size))
        if wire.retry_after is not None:
            self.send_header("Retry-After", f"{wire.retry_after:g}")
        self.end_headers()
        pieces = wire.pieces[: len(wire.pieces) // 2] if wire.cut else [*wire.pieces, b""]
        for piece in pieces:  # in a chunked body the empty piece is the end, and a cut one never gets it
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if wire.streamed else piece)
