"""Cassettes: a recorded reply gives the same grade for ever, offline, and no secret and no error is in the file."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bot.errors import ModelError, ModelMalformed
from bot.grading.grade import Grade, Submission
from evals.cases import CaseError
from evals.cassette import Cassette, Mode, NotRecorded, key
from evals.judges import bench
from evals.run import REPEAT
from tests.fakes import HashingEmbedder
from tests.grading.examples import RUBRIC, submission
from tests.grading.replies import GOOD
from tests.loopback import ScriptedServer
from tests.model_client import KEY, MODEL
from tests.model_replies import CHAT, DECISIONS, Decide, Fail, Fault, Say

COMMAND = "viva eval grading --judge chat --record"
GIVEN = Decide([{"met": 0.9, "partial": 0.1}, {"partial": 0.8, "missed": 0.2}, {"contradicted": 1.0}])
MISSED = Say(json.dumps({"points": [{"id": point.id, "verdict": "missed", "quote": ""} for point in RUBRIC]}))
REPLIES = {"chat": Say(json.dumps(GOOD)), "decisions": GIVEN, "panel": GIVEN}


class Elsewhere(httpx2.AsyncBaseTransport):
    """A way out that counts what takes it; a server that answers always the same."""

    def __init__(self, content: bytes = b"{}") -> None:
        self.asked = 0
        self._content = content

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        return httpx2.Response(200, content=self._content, request=request)


def by_words(name: str | None) -> HashingEmbedder:
    """In place of the embedding model."""
    return HashingEmbedder(str(name))


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where to record, in a folder without settings, with an embedder that knows only words."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "VIVA_CHAT_MODEL", "VIVA_DECISIONS_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("evals.judges.embedder_of", by_words)
    return tmp_path / "cassettes" / "some.jsonl"


@pytest.fixture
def server(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """A strict server, which the settings name."""
    with ScriptedServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        yield server


async def graded(
    judge: str, cassette: Cassette, said: Submission | None = None, *, model: str = MODEL, repeat: int = 0
) -> Grade:
    parts, token = bench(judge, model, cassette), REPEAT.set(repeat)
    try:
        return await parts.judge.grade(said or submission())
    finally:
        REPEAT.reset(token)
        await parts.close()


def recording(path: Path, secret: str | None = KEY) -> Cassette:
    return Cassette(path, Mode.RECORD, COMMAND, secret=secret)


def replaying(path: Path, elsewhere: Elsewhere | None = None) -> Cassette:
    return Cassette(path, Mode.REPLAY, COMMAND, live=elsewhere or Elsewhere())


def held(path: Path) -> bytes:
    """What is recorded; nothing where there is no file."""
    return path.read_bytes() if path.exists() else b""


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


# The same grade for ever


@pytest.mark.parametrize("judge", ["chat", "decisions", "panel"])
async def test_a_replay_gives_the_recorded_grade_with_no_server_and_no_key(
    path: Path, monkeypatch: pytest.MonkeyPatch, judge: str
) -> None:
    with ScriptedServer() as server, monkeypatch.context() as settings:
        settings.setenv("OPENAI_BASE_URL", server.base_url)
        settings.setenv("OPENAI_API_KEY", KEY)
        server.add(REPLIES[judge])
        recorded = await graded(judge, recording(path))
    elsewhere = Elsewhere()
    assert await graded(judge, replaying(path, elsewhere)) == recorded
    assert recorded.score == pytest.approx(0.65)
    assert elsewhere.asked == 0


async def test_recording_asks_only_what_is_not_recorded(path: Path, server: ScriptedServer) -> None:
    server.add(REPLIES["chat"])
    recorded = await graded("chat", recording(path))
    before = held(path)
    assert await graded("chat", recording(path)) == recorded
    assert held(path) == before


async def test_live_always_asks_and_records_nothing(path: Path, server: ScriptedServer) -> None:
    server.add(REPLIES["chat"], MISSED)
    await graded("chat", recording(path))
    before = held(path)
    assert (await graded("chat", Cassette(path, Mode.LIVE, COMMAND))).score == 0
    assert held(path) == before


async def test_each_repeat_has_a_reply_of_its_own(path: Path, server: ScriptedServer) -> None:
    server.add(REPLIES["chat"], MISSED)
    recorded = [await graded("chat", recording(path), repeat=repeat) for repeat in (0, 1)]
    assert recorded[0] != recorded[1]
    assert [await graded("chat", replaying(path), repeat=repeat) for repeat in (1, 0)] == recorded[::-1]


@pytest.mark.parametrize("end", ["\u2028", "\x85", "\x1c", "\n", "„Ü“ \U0001f600"])
async def test_any_text_can_be_recorded(path: Path, server: ScriptedServer, end: str) -> None:
    said = f"KL is symmetric, I think,{end}as a distance is."
    server.say_json({"points": [{"id": p.id, "verdict": "contradicted", "quote": said} for p in RUBRIC]})
    recorded = await graded("chat", recording(path), submission(said))
    assert await graded("chat", replaying(path), submission(said)) == recorded


# What is not there


@pytest.mark.parametrize("judge", ["chat", "decisions", "panel"])
async def test_a_reply_that_is_not_there_ends_it_with_the_command_that_records_it(path: Path, judge: str) -> None:
    elsewhere = Elsewhere()
    with pytest.raises(NotRecorded) as error:
        await graded(judge, replaying(path, elsewhere))
    assert f"`{COMMAND}`" in str(error.value)
    assert str(path) in str(error.value)
    assert elsewhere.asked == 0
    assert held(path) == b""


async def test_a_panel_does_not_replay_its_second_judge_in_place_of_the_first(
    path: Path, server: ScriptedServer
) -> None:
    server.always(lambda request: Fail(Fault.SERVER_ERROR) if request.path == DECISIONS else REPLIES["chat"])
    assert (await graded("panel", recording(path))).judge == f"chat ({MODEL})"
    assert held(path)
    with pytest.raises(NotRecorded):
        await graded("panel", replaying(path))


@pytest.mark.parametrize("changed", [{"model": "another"}, {"repeat": 1}, {"said": submission("Another answer.")}])
async def test_a_reply_to_something_else_is_no_reply(
    path: Path, server: ScriptedServer, changed: dict[str, Any]
) -> None:
    server.add(REPLIES["chat"])
    await graded("chat", recording(path))
    with pytest.raises(NotRecorded):
        await graded("chat", replaying(path), **changed)


ASKED: dict[str, Any] = {"path": "/chat/completions", "model": "m", "messages": [{"role": "user", "content": "?"}]}


@pytest.mark.parametrize(
    "other",
    [
        {**ASKED, "model": "n"},
        {**ASKED, "path": "/decisions"},
        {**ASKED, "messages": [{"role": "user", "content": "!"}]},
        {**ASKED, "messages": ASKED["messages"] * 2},
        {**ASKED, "response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}},
    ],
)
def test_a_reply_is_known_by_all_that_was_asked(other: dict[str, Any]) -> None:
    assert key(other, 0) != key(ASKED, 0)


def test_a_reply_is_known_by_its_repeat_and_not_by_the_order_of_fields() -> None:
    backwards = {name: ASKED[name] for name in reversed(ASKED)} | {"messages": [{"content": "?", "role": "user"}]}
    assert key(backwards, 0) == key(ASKED, 0) != key(ASKED, 1)


# What is not recorded


@pytest.mark.parametrize("judge", ["chat", "decisions"])
@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.MALFORMED_JSON, Fault.REFUSAL])
async def test_what_went_wrong_is_not_recorded(path: Path, server: ScriptedServer, judge: str, fault: Fault) -> None:
    server.always(Fail(fault))
    with pytest.raises(ModelError):
        await graded(judge, recording(path))
    assert held(path) == b""


async def test_a_refusal_of_one_question_is_not_recorded(path: Path, server: ScriptedServer) -> None:
    server.decide(["missed", None, "missed"])
    await graded("decisions", recording(path))
    assert held(path) == b""


@pytest.mark.parametrize(
    "content",
    [
        b'{"error": {"message": "overloaded"}}',
        b'{"choices": []}',
        b'{"choices": [{}]}',
        b'{"choices": [{"message": null}]}',
        b'{"choices": "none"}',
    ],
)
async def test_a_reply_that_is_none_is_told_as_that_and_not_recorded(path: Path, content: bytes) -> None:
    elsewhere = Elsewhere(content)
    with pytest.raises(ModelMalformed):
        await graded("chat", Cassette(path, Mode.RECORD, COMMAND, live=elsewhere))
    assert elsewhere.asked == 2  # once more, as after any malformed reply
    assert held(path) == b""


async def test_the_key_is_not_in_the_file_whoever_says_it(path: Path, server: ScriptedServer) -> None:
    said = f"KL is symmetric, and {KEY} is a key."
    server.say_json({"points": [{"id": p.id, "verdict": "contradicted", "quote": said} for p in RUBRIC]})
    await graded("chat", recording(path), submission(said))
    assert KEY in server.requests[0].text
    assert KEY.encode() not in held(path)
    assert b"KL is symmetric, and *** is a key." in held(path)


@pytest.mark.parametrize("secret", ["x", "null", "0"])
async def test_a_key_that_is_a_word_like_others_spoils_no_reply(
    path: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", secret)  # servers at home take any
    server.add(REPLIES["chat"])
    recorded = await graded("chat", recording(path, secret))
    assert recorded.score == pytest.approx(0.65)
    assert await graded("chat", replaying(path)) == recorded


# The file


async def test_a_torn_last_line_is_as_if_it_were_not_there(path: Path, server: ScriptedServer) -> None:
    server.add(REPLIES["chat"], MISSED)
    recorded = await graded("chat", recording(path))
    await graded("chat", recording(path), repeat=1)
    put(path, held(path)[:-100])
    assert await graded("chat", replaying(path)) == recorded
    with pytest.raises(NotRecorded):
        await graded("chat", replaying(path), repeat=1)


async def test_a_recording_that_was_killed_goes_on(path: Path, server: ScriptedServer) -> None:
    server.add(REPLIES["chat"], MISSED, MISSED)
    await graded("chat", recording(path))
    put(path, held(path)[:-100])
    recorded = [await graded("chat", recording(path), repeat=repeat) for repeat in (0, 1)]
    assert [await graded("chat", replaying(path), repeat=repeat) for repeat in (0, 1)] == recorded


async def test_another_broken_line_is_told_with_its_place(path: Path, server: ScriptedServer) -> None:
    server.add(REPLIES["chat"])
    await graded("chat", recording(path))
    put(path, held(path) + b'{"key": "torn\n' + held(path))
    with pytest.raises(CaseError) as error:
        replaying(path)
    assert str(error.value).startswith(f"{path}:2: ")


def test_a_file_that_is_no_text_is_told(path: Path) -> None:
    put(path, b"\xff\xfe")
    with pytest.raises(CaseError, match=r"some\.jsonl cannot be read"):
        replaying(path)


async def test_a_file_that_cannot_be_written_is_told_and_the_model_asked_once(
    path: Path, server: ScriptedServer
) -> None:
    os.symlink("nowhere/some.jsonl", path.parent)
    server.always(REPLIES["chat"])
    with pytest.raises(CaseError, match=r"some\.jsonl cannot be written"):
        await graded("chat", recording(path))
    assert [request.path for request in server.requests] == [CHAT]


# Judges that ask more than once


async def test_each_sample_of_an_answer_has_a_reply_of_its_own(
    path: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIVA_CHAT_SAMPLES", "3")
    server.add(REPLIES["chat"], REPLIES["chat"], MISSED)
    recorded = await graded("chat", recording(path))
    assert {point.probability for point in recorded.points} == {2 / 3}
    assert await graded("chat", replaying(path)) == recorded


async def test_a_jury_is_replayed_whole_or_not_at_all(path: Path, server: ScriptedServer) -> None:
    server.add(REPLIES["chat"], GIVEN)
    recorded = await graded("jury", recording(path))
    assert recorded.judge == f"jury of decisions ({MODEL}), chat ({MODEL}), embedded"
    assert await graded("jury", replaying(path)) == recorded
    put(path, held(path)[: held(path).index(b"\n") + 1])
    with pytest.raises(NotRecorded):
        await graded("jury", replaying(path))


async def test_a_reply_that_had_to_be_asked_for_again_is_replayed_so(path: Path, server: ScriptedServer) -> None:
    server.add(Say("Well."), REPLIES["chat"])
    recorded = await graded("chat", recording(path))
    assert await graded("chat", replaying(path)) == recorded
