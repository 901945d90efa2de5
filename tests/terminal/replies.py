"""What the scripted server says in the roles of judge and interviewer, for whatever rubric it is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, cast

from tests.loopback import ScriptedServer
from tests.model_replies import CHAT, DECISIONS, Decide, Request, Say, Whole

KEY = "sk-s3cret-4711"
MODEL = "loopback"
PROBE = "And what follows from that?"


def configured(server: ScriptedServer, *models: str, seconds: float = 20) -> dict[str, str]:
    """The environment for `models` ("chat", "decisions") on a server, with so much time for a reply."""
    named = {f"VIVA_{kind.upper()}_MODEL": MODEL for kind in models or ("chat",)}
    return {
        **named,
        "OPENAI_BASE_URL": server.base_url,
        "OPENAI_API_KEY": KEY,
        "VIVA_MODEL_TIMEOUT": str(seconds),
    }


def is_judge(request: Request) -> bool:
    """Whether the chat model is asked to grade; else it is asked to word a probe."""
    return request.path == CHAT and "response_format" in request.body


def answer_in(request: Request) -> str:
    """The candidate's answer that a request is about."""
    lines = request.text.rsplit("<answer>", 1)[-1].split("</answer>")[0].splitlines()
    return "\n".join(line.removeprefix("> ") for line in lines if line)


def verdicts(request: Request, verdict: str = "missed", quote: str = "") -> Say:
    """A chat judge's reply with one verdict and quote for every point."""
    schema = cast("dict[str, Any]", request.body["response_format"]["json_schema"]["schema"])
    ids = cast("list[str]", schema["$defs"]["_Point"]["properties"]["id"]["enum"])
    return Say(json.dumps({"points": [{"id": name, "verdict": verdict, "quote": quote} for name in ids]}))


def decided(request: Request, verdict: str = "missed") -> Decide:
    """A decision model's reply with one verdict for every point, and no misconception found."""
    return Decide([verdict if question["type"] == "choice" else 0.0 for question in request.body["questions"]])


def nothing_was_said(request: Request) -> Whole:
    """A judge that credits nothing, and an interviewer who asks on."""
    if request.path == DECISIONS:
        return decided(request)
    return verdicts(request) if is_judge(request) else Say(PROBE)


def granting(verdict: str, quote: str) -> Callable[[Request], Whole]:
    """A judge with one verdict and one quote for everything."""
    return lambda request: verdicts(request, verdict, quote) if is_judge(request) else Say(PROBE)


def fooled(request: Request) -> Whole:
    """A judge that grants everything and quotes the last clause of the answer for it."""
    quote = re.split(r"[.;:!?]\s+", answer_in(request))[-1]
    return verdicts(request, "met", quote) if is_judge(request) else Say(PROBE)
