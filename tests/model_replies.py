"""What a scripted model replies, faults included, and how that goes over the wire."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, TypeAlias, cast

CHAT, DECISIONS, MODELS = "/v1/chat/completions", "/v1/decisions", "/v1/models"

Json: TypeAlias = dict[str, Any]
Answer: TypeAlias = float | str | Mapping[Any, Any] | None
"""One decision answer, in short; the question that was asked fills in the rest.

predicate: its probability. choice: the chosen value, or {value: probability}. score: the level's label,
or {label: probability}. None is a refusal. A mapping with the key "type" is sent as it is.
"""


class Fault(Enum):
    """What can go wrong between a program and its model."""

    RATE_LIMITED = "429 with Retry-After"
    SERVER_ERROR = "500, with Retry-After too, so that retries in tests are quick"
    SLOW = "a pause, then the reply"
    CUT = "the connection closes halfway through the reply"
    MALFORMED_JSON = "200 with a body, or a stream event, that is not JSON"
    TRUNCATED_JSON = "content cut in the middle, finish_reason 'length'; for decisions, half the answers"
    REFUSAL = "message.refusal and no content; for decisions, every answer a refusal"
    WRONG_SCHEMA = "sound JSON of a shape nobody asked for"


@dataclass(frozen=True)
class Say:
    """A chat reply; a refusal replaces the text."""

    text: str
    finish_reason: str = "stop"
    refusal: str | None = None


@dataclass(frozen=True)
class Decide:
    """Answers in the order of the questions; fewer of them only if not `complete`."""

    answers: Sequence[Answer]
    complete: bool = True


Whole: TypeAlias = Say | Decide


@dataclass(frozen=True)
class Fail:
    """A fault done to `then` (or to a neutral reply); `on` limits it to the path of one endpoint.

    `seconds` is the pause of SLOW and the Retry-After of RATE_LIMITED and SERVER_ERROR.
    """

    fault: Fault
    seconds: float = 0.01
    then: Whole | None = None
    on: str | None = None


Reply: TypeAlias = Say | Decide | Fail


@dataclass(frozen=True)
class Request:
    """One received request: lower-case header names, the key redacted, `at` from time.monotonic()."""

    path: str
    headers: Mapping[str, str]
    has_key: bool
    body: Json
    at: float

    @property
    def text(self) -> str:
        """Every string of the body, one a line: whatever the model could have read."""
        return "\n".join(value for value in walk(self.body) if isinstance(value, str))


@dataclass(frozen=True)
class Wire:
    """What goes over the socket; `cut` sends half of the pieces and hangs up."""

    pieces: Sequence[bytes]
    status: int = 200
    streamed: bool = False
    retry_after: float | None = None
    pause: float = 0.0
    cut: bool = False


def render(reply: Reply, request: Request) -> Wire:
    """Turn a reply into bytes for the request; AssertionError when they do not belong together."""
    if isinstance(reply, Fail):
        return _failed(reply, request)
    if isinstance(reply, Say) and request.path == CHAT:
        return _chat(reply, request)
    if isinstance(reply, Decide) and request.path == DECISIONS:
        return _decision(reply, request)
    raise AssertionError(f"{reply} cannot answer {request.path}")


def _chat(say: Say, request: Request) -> Wire:
    body = request.body
    head = {"id": "chatcmpl-loopback", "created": 0, "model": body["model"]}
    asked, said = _tokens(request.text), _tokens(say.refusal or say.text)
    usage = {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
    if body.get("stream"):
        chunks: list[Json] = [{"choices": [choice]} for choice in _deltas(say)]
        if cast("Json", body.get("stream_options") or {}).get("include_usage"):
            chunks.append({"choices": [], "usage": usage})
        events = [json.dumps({**head, "object": "chat.completion.chunk", **chunk}) for chunk in chunks]
        return Wire([f"data: {event}\n\n".encode() for event in (*events, "[DONE]")], streamed=True)
    message = {"role": "assistant", "content": None if say.refusal else say.text, "refusal": say.refusal}
    choice = {"index": 0, "message": message, "finish_reason": say.finish_reason}
    return as_json({**head, "object": "chat.completion", "choices": [choice], "usage": usage})


def _deltas(say: Say) -> Iterator[Json]:
    field, text = ("refusal", say.refusal) if say.refusal else ("content", say.text)
    size = math.ceil(len(text) / 4) or 1
    parts = [text[start : start + size] for start in range(0, len(text), size)]
    for delta in ({"role": "assistant", field: ""}, *({field: part} for part in parts)):
        yield {"index": 0, "delta": delta, "finish_reason": None}
    yield {"index": 0, "delta": {}, "finish_reason": say.finish_reason}


def _decision(decide: Decide, request: Request) -> Wire:
    questions = cast("list[Json]", request.body["questions"])
    if decide.complete and len(decide.answers) != len(questions):
        raise AssertionError(f"the script has {len(decide.answers)} answers to {len(questions)} questions")
    answers = [_answer(*pair) for pair in zip(decide.answers, questions, strict=False)]
    asked, said = _tokens(request.text), len(answers)
    usage: Json = {"input_tokens": asked, "output_tokens": said, "total_tokens": asked + said}
    usage["input_tokens_details"] = {"cache_write_tokens": 0, "cached_tokens": 0}
    usage["output_tokens_details"] = {"reasoning_tokens": 0}
    return as_json({"model": request.body["model"], "answers": answers, "usage": usage})


def _answer(answer: Answer, question: Json) -> Json:
    head = {"type": question["type"], "name": question.get("name")}
    if answer is None:
        return {**head, "type": "refusal"}
    if isinstance(answer, Mapping) and "type" in answer:
        return dict(answer)
    if question["type"] != "predicate":
        return {**head, **_weighed(answer, question)}
    if not isinstance(answer, int | float) or not 0 <= answer <= 1:
        raise AssertionError(f"a predicate is answered by a probability, not by {answer!r}")
    return {**head, "probability": float(answer)}


def _weighed(answer: Answer, question: Json) -> Json:
    """Answer a choice or a score: a probability for each option, in the order of the question."""
    options, given = _options(question), answer if isinstance(answer, Mapping) else {answer: 1.0}
    weights = [float(given.get(option, 0.0)) for option in options]
    if set(given) - set(options) or not math.isclose(sum(weights), 1.0, abs_tol=1e-6):
        raise AssertionError(f"{answer!r} does not spread over the options {options}")
    # OpenAI says only that confidence is derived from the distribution: here it is the peak.
    peak = max(weights)
    if question["type"] == "choice":
        shares = [{"value": o, "probability": w} for o, w in zip(options, weights, strict=True)]
        return {"choice": options[weights.index(peak)], "confidence": peak, "probabilities": shares}
    # Levels count from zero, and the score is the expected level.
    levels = [{"label": o, "value": i, "probability": weights[i]} for i, o in enumerate(options)]
    score = sum(i * weight for i, weight in enumerate(weights))
    return {"score": score, "confidence": peak, "probabilities": levels}


def _options(question: Json) -> list[Any]:
    if question["type"] == "choice":
        return [choice["value"] for choice in question["choices"]]
    return [level["label"] for level in question["levels"]]


def _failed(fail: Fail, request: Request) -> Wire:
    whole, fault = fail.then or _neutral(request), fail.fault
    if fault in (Fault.RATE_LIMITED, Fault.SERVER_ERROR):
        status = 429 if fault is Fault.RATE_LIMITED else 500
        return replace(as_error(status, fault.value), retry_after=fail.seconds)
    match fault, whole:
        case Fault.TRUNCATED_JSON, Say(text=text):
            whole = Say(text[: len(text) // 2], finish_reason="length")
        case Fault.TRUNCATED_JSON, Decide(answers=answers):
            whole = Decide(answers[: len(answers) // 2], complete=False)
        case Fault.REFUSAL, Say():
            whole = Say("", refusal="I can't help with that.")
        case Fault.REFUSAL, Decide(answers=answers):
            whole = Decide([None] * len(answers))
        case Fault.WRONG_SCHEMA, Say():
            whole = Say('{"unexpected": ["shape"]}')
        case Fault.WRONG_SCHEMA, Decide(answers=answers):
            whole = Decide([{"type": "essay", "text": "It depends."}] * len(answers))
        case _:
            pass
    wire = render(whole, request)
    if fault is Fault.MALFORMED_JSON:
        return replace(wire, pieces=[b'data: {"id": \n\n'])
    return replace(wire, cut=fault is Fault.CUT, pause=fail.seconds if fault is Fault.SLOW else 0.0)


def _neutral(request: Request) -> Whole:
    questions = cast("list[Json]", request.body.get("questions", []))
    if request.path == DECISIONS:
        return Decide([0.5 if q["type"] == "predicate" else _options(q)[0] for q in questions])
    return Say('{"answer": "Well, let me think about that."}')


def walk(value: object) -> Iterator[object]:
    """A value and everything in it."""
    yield value
    if isinstance(value, dict):
        value = list(cast("Json", value).values())
    for child in cast("list[object]", value) if isinstance(value, list) else ():
        yield from walk(child)


def _tokens(text: str) -> int:
    return len(text) // 4 + 1


def as_json(body: Json, status: int = 200) -> Wire:
    """A JSON body, in two pieces, so that it can be cut."""
    sent = json.dumps(body).encode()
    return Wire([sent[: len(sent) // 2], sent[len(sent) // 2 :]], status)


def as_error(status: int, message: str) -> Wire:
    """An error as OpenAI words it."""
    return as_json({"error": {"message": message, "type": "loopback", "code": None, "param": None}}, status)
