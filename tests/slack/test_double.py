"""The double's Web API answers as Slack's does: held by slack_sdk's own client against it."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler

from tests.slack.calls import Fault
from tests.slack.clients import GO, client_of, refused
from tests.slack.double import CLIENT_ID, CLIENT_SECRET, Double
from tests.slack.people import Person
from tests.slack.shown import text_of
from tests.slack.world import Json

PNG = b"\x89PNG\r\n\x1a\n and so on"


@pytest.fixture
def client(slack: Double) -> Any:
    return client_of(slack)


async def test_a_client_learns_who_it_is_and_what_it_may(slack: Double, client: Any) -> None:
    who = await client.auth_test()
    assert (who["team_id"], who["user_id"]) == (slack.lab.id, slack.lab.bot["id"])
    assert who.headers["x-oauth-scopes"].split(",") == sorted(slack.manifest.scopes)


async def test_a_token_opens_its_own_workspace_and_no_other(slack: Double, general: str) -> None:
    other = slack.workspace("Other")
    assert await refused(client_of(slack, other.token).chat_postMessage(channel=general, text="x")) == (
        "channel_not_found"
    )
    assert await refused(client_of(slack, "").auth_test()) == "not_authed"
    assert await refused(client_of(slack, "xoxb-wrong").auth_test()) == "invalid_auth"
    other.installed = False
    assert await refused(client_of(slack, other.token).auth_test()) == "token_revoked"
    assert await refused(client_of(slack).apps_connections_open(app_token=slack.lab.token)) == "not_allowed_token_type"


async def test_a_scope_that_the_manifest_lacks_is_missing(slack: Double, client: Any, general: str) -> None:
    slack.lab.scopes = ("chat:write",)
    assert await refused(client.files_getUploadURLExternal(filename="x", length=1)) == "missing_scope"
    assert await refused(client.conversations_replies(channel=general, ts="1")) == "missing_scope"


async def test_messages_are_posted_read_changed_and_taken_away(client: Any, general: str) -> None:
    metadata = {"event_type": "viva_reply", "event_payload": {"n": 1}}
    root = (await client.chat_postMessage(channel=general, text="root"))["ts"]
    for n in range(3):
        await client.chat_postMessage(channel=general, text=f"{n}", thread_ts=root, metadata=metadata)
    page: Any = await client.conversations_replies(channel=general, ts=root, limit=2)
    assert [m["text"] for m in page["messages"]] == ["root", "0"]
    assert "metadata" not in page["messages"][1]
    cursor = page["response_metadata"]["next_cursor"]
    rest: Any = await client.conversations_replies(channel=general, ts=root, cursor=cursor, include_all_metadata=True)
    assert [(m["text"], m["metadata"]) for m in rest["messages"]] == [("1", metadata), ("2", metadata)]
    await client.chat_update(channel=general, ts=root, text="other")
    await client.chat_delete(channel=general, ts=rest["messages"][0]["ts"])
    history: Any = await client.conversations_history(channel=general)
    assert [m["text"] for m in history["messages"]] == ["other"]
    assert [m["text"] for m in (await client.conversations_replies(channel=general, ts=root))["messages"][1:]] == (
        ["0", "2"]
    )


@pytest.mark.parametrize(
    ("what", "error"),
    [("unknown", "channel_not_found"), ("archived", "is_archived"), ("without", "not_in_channel"),
     ("hidden", "channel_not_found"), ("thread", "thread_not_found"), ("empty", "no_text")],
)  # fmt: skip
async def test_where_nothing_can_be_posted_slack_says_why(
    slack: Double, client: Any, general: str, what: str, error: str
) -> None:
    channels = {
        "unknown": "C404",
        "without": slack.lab.add_channel("without", viva=False),
        "hidden": slack.lab.add_channel("hidden", private=True, viva=False),
    }
    slack.validating = False
    slack.lab.channels[general]["is_archived"] = what == "archived"
    body: Json = {"channel": channels.get(what, general), "text": "" if what == "empty" else "x"}
    body |= {"thread_ts": "1.000001"} if what == "thread" else {}
    assert await refused(client.api_call("chat.postMessage", json=body)) == error


async def test_what_one_person_sees_cannot_be_read_or_changed(
    slack: Double, client: Any, general: str, ada: Person
) -> None:
    ts = (await client.chat_postEphemeral(channel=general, user=ada.id, text="for you"))["message_ts"]
    assert ada.told == "for you"
    assert [text_of(m) for m in ada.sees(general)] == ["for you"]
    assert await refused(client.chat_update(channel=general, ts=ts, text="x")) == "message_not_found"
    assert (await client.conversations_history(channel=general))["messages"] == []
    stranger = slack.lab.add_user("Stranger")["id"]
    assert await refused(client.chat_postEphemeral(channel=general, user=stranger, text="x")) == "user_not_in_channel"


async def test_nobody_changes_what_somebody_else_said(client: Any, general: str, ada: Person) -> None:
    ts = (await ada.say(general, "mine"))["ts"]
    assert await refused(client.chat_update(channel=general, ts=ts, text="x")) == "cant_update_message"
    assert await refused(client.chat_delete(channel=general, ts=ts)) == "cant_delete_message"


async def test_a_picture_is_shown_once_its_bytes_are_there(slack: Double, client: Any, general: str) -> None:
    given = await client.files_getUploadURLExternal(filename="a.png", length=len(PNG), alt_txt="a chart")
    block = {"type": "image", "alt_text": "a chart", "slack_file": {"id": given["file_id"]}}
    shown: Any = {"channel": general, "text": "x", "blocks": [block]}
    assert await refused(client.chat_postMessage(**shown)) == "invalid_blocks"
    assert await refused(client.files_completeUploadExternal(files=[{"id": given["file_id"]}])) == "file_not_found"
    async with aiohttp.ClientSession() as session, session.post(given["upload_url"], data=PNG) as response:
        assert (response.status, await response.text()) == (200, f"OK - {len(PNG)}")
    await client.files_completeUploadExternal(files=[{"id": given["file_id"], "title": "A"}])
    await client.chat_postMessage(**shown)
    assert slack.uploads[given["file_id"]] == PNG


async def test_a_file_of_another_length_than_was_said_is_not_taken(slack: Double, client: Any) -> None:
    given = await client.files_getUploadURLExternal(filename="a.png", length=len(PNG) + 1)
    async with aiohttp.ClientSession() as session, session.post(given["upload_url"], data=PNG):
        pass
    assert await refused(client.files_completeUploadExternal(files=[{"id": given["file_id"]}])) == "file_update_failed"


async def test_a_document_is_shared_in_its_thread(slack: Double, client: Any, general: str) -> None:
    root = (await client.chat_postMessage(channel=general, text="root"))["ts"]
    await client.files_upload_v2(filename="debrief.md", content="# x", channel=general, thread_ts=root)
    (_, shared) = slack.lab.thread(general, root)
    assert [file["name"] for file in shared["files"]] == ["debrief.md"]


async def test_a_stream_grows_until_it_is_stopped(slack: Double, client: Any, general: str, ada: Person) -> None:
    root = (await client.chat_postMessage(channel=general, text="root"))["ts"]
    assert await refused(client.chat_startStream(channel=general, thread_ts=root)) == "missing_recipient_team_id"
    stream = await client.chat_stream(channel=general, thread_ts=root, recipient_team_id=slack.lab.id,
                                      recipient_user_id=ada.id, buffer_size=1)  # fmt: skip
    for piece in ("It is ", "so."):
        await stream.append(markdown_text=piece)
    (message,) = slack.lab.thread(general, root)[1:]
    assert (message["text"], message["streaming"]) == ("It is so.", True)
    ts = message["ts"]
    assert await refused(client.chat_update(channel=general, ts=ts, text="x")) == "streaming_state_conflict"
    await stream.stop(blocks=[GO])
    assert (message["text"], message["blocks"][0]["type"]) == ("It is so.", "actions")
    late = client.chat_appendStream(channel=general, ts=ts, markdown_text="x")
    assert await refused(late) == "message_not_in_streaming_state"


@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.BROKEN, Fault.CUT, Fault.LOST, "fatal_error"])
async def test_what_happens_to_a_request_besides_what_it_asks_for(
    slack: Double, general: str, fault: Fault | str
) -> None:
    faults = [fault]
    slack.fault = lambda _: faults.pop() if faults else None
    client = client_of(slack, retry_handlers=[AsyncRateLimitErrorRetryHandler()])
    slack.retry_after = 0
    call = client.chat_postMessage(channel=general, text="x")
    if fault is Fault.RATE_LIMITED:
        await call
        assert [(r.status, r.error) for r in slack.requests] == [(429, ""), (200, "")]
        return
    with pytest.raises((SlackApiError, aiohttp.ClientError)):
        await call
    assert len(list(slack.lab.said(general))) == (1 if fault is Fault.LOST else 0)


async def test_an_agent_says_what_it_is_at(slack: Double, client: Any, ada: Person) -> None:
    await client.assistant_threads_setSuggestedPrompts(channel_id=ada.dm, prompts=[{"title": "a", "message": "b"}])
    await client.assistant_threads_setStatus(channel_id=ada.dm, thread_ts="", status="is thinking")
    await client.agents_sessions_setStatus(channel_id=ada.dm, status="processing")
    assert slack.lab.statuses[ada.dm, ""] == ["is thinking", "processing"]
    assert slack.lab.prompts[ada.dm] == [{"title": "a", "message": "b"}]


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated")  # slack_sdk still uses it
async def test_a_code_becomes_a_token_once(slack: Double) -> None:
    there = slack.workspace("New")
    slack.codes["c0de"] = there
    client = client_of(slack, "")
    wrong = client.oauth_v2_access(client_id=CLIENT_ID, client_secret="wrong", code="c0de")
    assert await refused(wrong) == "bad_client_secret"
    given = await client.oauth_v2_access(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, code="c0de")
    assert (given["team"]["id"], given["access_token"]) == (there.id, there.token)
    again = client.oauth_v2_access(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, code="c0de")
    assert await refused(again) == "invalid_code"


async def told_off(method: str, body: Json) -> str:
    """What the double complains about at its end."""
    with pytest.raises(AssertionError) as complaint:
        await _asked(method, body)
    return str(complaint.value)


async def _asked(method: str, body: Json) -> None:
    async with Double() as slack:
        body["channel"] = slack.lab.add_channel("general")
        await refused(client_of(slack).api_call(method, json=body))


@pytest.mark.parametrize(
    ("body", "complaint"),
    [({"txt": "x"}, "txt"), ({"text": "<!channel>"}, "mentions"), ({"text": "x" * 41_000}, "text")],
)
async def test_what_slack_does_not_take_fails_the_test(body: Json, complaint: str) -> None:
    assert complaint in await told_off("chat.postMessage", body)


async def test_an_update_that_leaves_open_what_becomes_of_the_blocks_fails_the_test(
    slack: Double, client: Any, general: str
) -> None:
    ts = (await client.chat_postMessage(channel=general, text="x", blocks=[GO]))["ts"]
    await client.chat_update(channel=general, ts=ts, text="y", blocks=[GO])
    assert slack.complaints == []
    await client.chat_update(channel=general, ts=ts, text="z")
    (complaint,) = slack.complaints
    assert "what becomes of the blocks" in complaint
    slack.complaints.clear()


async def test_a_method_that_it_does_not_know_fails_the_test() -> None:
    assert "does not know teapots.list" in await told_off("teapots.list", {})
