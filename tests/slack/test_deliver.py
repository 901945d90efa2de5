"""Messages are posted once, whatever becomes of a request, a picture or a stream; and go where they can be read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import pytest
from slack_sdk.errors import SlackApiError

from bot.slack import posting, uploads
from bot.slack import web as web_module
from bot.slack.layout import Message
from bot.slack.places import Place, Where
from bot.slack.posting import Name, Posted, end_stream, find, post
from bot.slack.telling import NotTaken, code
from bot.slack.uploads import Uploads, upload
from bot.slack.web import Web, sdk_client, session
from bot.surface.pictures import Picture
from tests.slack.calls import Fault, Request
from tests.slack.double import Double
from tests.slack.shown import text_of
from tests.slack.world import Json

PNG = b"\x89PNG\r\n\x1a\n and so on"
NAME = Name("5" * 32, "C1/1.0", 1)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(uploads, "_READY_AFTER", (0.0, 0.0))
    monkeypatch.setattr(web_module, "_FAILED_SECONDS", 0.0)


@pytest.fixture
async def web(slack: Double) -> AsyncIterator[Web]:
    async with session() as connections:
        yield Web(sdk_client(f"{slack.address}/api", connections, slack.lab.token))


@pytest.fixture
async def thread(slack: Double, general: str, web: Web) -> Where:
    """The thread under a message of Viva's."""
    channel = Where(web, Place(slack.lab.id, general))
    root = await post(channel, Name("5" * 32, "start", 0), "Drill", [])
    return Where(web, Place(slack.lab.id, general, root.ts))


@pytest.fixture
def direct(slack: Double, web: Web, general: str) -> Where:
    return Where(web, Place(slack.lab.id, slack.person("Ada").dm))


def said(slack: Double, where: Where) -> list[str]:
    """What stands there, the root left out."""
    place = where.place
    there = slack.lab.thread(place.channel, place.thread)[1:] if place.thread else slack.lab.said(place.channel)
    return [text_of(message) for message in there]


def once(slack: Double, method: str, fault: Fault | str) -> list[Fault | str]:
    """Let the next call of a method meet with a fault."""
    left = [fault]
    slack.fault = lambda request: left.pop() if left and request.method == method else None
    return left


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.CUT, Fault.LOST])
@pytest.mark.parametrize("place", ["thread", "direct"])
async def test_a_message_whose_request_breaks_off_stands_there_once(
    slack: Double, thread: Where, direct: Where, place: str, fault: Fault
) -> None:
    where = {"thread": thread, "direct": direct}[place]
    left = once(slack, "chat.postMessage", fault)
    posted = await post(where, NAME, "What is kl?", [])
    assert left == []
    assert said(slack, where) == ["What is kl?"]
    assert posted.ts == list(slack.lab.said(where.place.channel))[-1]["ts"]


async def test_while_slack_fails_for_longer_the_error_is_that_slack_fails(slack: Double, thread: Where) -> None:
    slack.fault = lambda request: Fault.BROKEN if request.method == "chat.postMessage" else None
    with pytest.raises(SlackApiError):
        await post(thread, NAME, "What is kl?", [])
    assert said(slack, thread) == []


async def test_what_may_have_been_posted_before_is_looked_for_by_its_name(slack: Double, thread: Where) -> None:
    first = await post(thread, NAME, "What is kl?", [])
    again = await post(thread, NAME, "What is kl?", [], again=True)
    assert first.ts == again.ts
    other = Name(NAME.session_id, NAME.event_id, 2)
    await post(thread, other, "A hint", [], again=True)
    assert said(slack, thread) == ["What is kl?", "A hint"]


async def test_it_is_found_in_a_long_thread_too(slack: Double, thread: Where, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "_PAGE", 2)
    for number in range(1, 6):
        await post(thread, Name(NAME.session_id, NAME.event_id, number), f"{number}", [])
    found = await find(thread, Name(NAME.session_id, NAME.event_id, 5))
    assert found is not None
    assert found.text == "5"


async def test_a_stream_that_a_kill_left_behind_is_finished_in_place(slack: Double, thread: Where) -> None:
    place = thread.place
    given = {"recipient_team_id": place.team, "recipient_user_id": next(iter(slack.lab.users))}
    begun = await thread.web(
        "chat.startStream", channel=place.channel, thread_ts=place.thread, markdown_text="And wh", **given
    )
    posted = await post(thread, NAME, "And what follows?", [], again=True)
    assert posted.ts == begun["ts"]
    assert said(slack, thread) == ["And what follows?"]


async def test_a_stream_that_somebody_stopped_can_be_ended_all_the_same(slack: Double, thread: Where) -> None:
    posted = await post(thread, NAME, "no stream at all", [])
    await end_stream(Posted(thread, posted.ts, ""))
    assert said(slack, thread) == ["no stream at all"]


async def test_a_refusal_is_no_reason_to_try_again(slack: Double, thread: Where) -> None:
    left = once(slack, "chat.postMessage", "is_archived")
    with pytest.raises(SlackApiError) as refused:
        await post(thread, NAME, "What is kl?", [])
    assert code(refused.value) == "is_archived"
    assert left == []
    assert [request.method for request in slack.requests].count("chat.postMessage") == 2


async def test_a_limit_is_waited_for(slack: Double, thread: Where) -> None:
    slack.retry_after = 0
    left = [Fault.RATE_LIMITED] * 2
    slack.fault = lambda request: left.pop() if left and request.method == "chat.postMessage" else None
    await post(thread, NAME, "What is kl?", [])
    assert left == []
    assert said(slack, thread) == ["What is kl?"]


PICTURE = Picture("formula-1.png", PNG, "(1) a over b")


async def shown(slack: Double, where: Where, kept: Uploads) -> Json:
    """The message that shows a picture."""

    async def show(files: Mapping[str, str]) -> Posted:
        return await post(where, NAME, message.text, message.rendered(files))

    message = Message("(1) a over b", (PICTURE,))
    posted = await kept.shown(where.web, where.place.team, [message], show)
    return slack.lab.messages[where.place.channel][posted.ts]


async def test_a_picture_is_uploaded_once_and_shown_with_what_it_says(slack: Double, thread: Where) -> None:
    kept = Uploads()
    first, second = await shown(slack, thread, kept), await shown(slack, thread, kept)
    assert first["blocks"][0]["slack_file"] == second["blocks"][0]["slack_file"]
    assert first["blocks"][0]["alt_text"] == "(1) a over b"
    assert list(slack.uploads.values()) == [PNG]


REFUSED = [
    *((method, fault) for method in ("files.getUploadURLExternal", "files.completeUploadExternal")
      for fault in ("missing_scope", Fault.BROKEN)),
    ("upload", Fault.BROKEN),
    ("upload", Fault.CUT),
]  # fmt: skip


@pytest.mark.parametrize(("method", "fault"), REFUSED)
async def test_a_picture_that_slack_does_not_take_is_told_in_words(
    slack: Double, thread: Where, method: str, fault: Fault | str
) -> None:
    slack.fault = lambda request: fault if request.method == method else None
    message = await shown(slack, thread, Uploads())
    assert [block["type"] for block in message["blocks"]] == ["context"]
    assert text_of(message) == "(1) a over b"


async def test_a_picture_that_is_not_there_yet_is_shown_a_moment_later(slack: Double, thread: Where) -> None:
    left = once(slack, "chat.postMessage", "invalid_blocks")
    message = await shown(slack, thread, Uploads())
    assert left == []
    assert message["blocks"][0]["type"] == "image"


async def test_a_picture_that_never_is_there_is_told_in_words_and_uploaded_anew_next_time(
    slack: Double, thread: Where
) -> None:
    def without_pictures(request: Request) -> str | None:
        return "invalid_blocks" if "slack_file" in str(request.body.get("blocks")) else None

    kept = Uploads()
    slack.fault = without_pictures
    assert (await shown(slack, thread, kept))["blocks"][0]["type"] == "context"
    slack.fault = lambda _: None
    assert (await shown(slack, thread, kept))["blocks"][0]["type"] == "image"
    assert len(slack.uploads) == 2


async def test_a_document_stands_in_the_thread_and_a_refused_one_is_a_sentence(slack: Double, thread: Where) -> None:
    await upload(thread.web, "debrief.md", b"# Debrief", where=thread)
    (*_, message) = slack.lab.thread(thread.place.channel, thread.place.thread)
    assert [file["name"] for file in message["files"]] == ["debrief.md"]
    slack.fault = lambda request: Fault.BROKEN if request.method == "upload" else None
    with pytest.raises(NotTaken, match=r"^Slack took no file \(status 500\); try again in a minute\.$"):
        await upload(thread.web, "debrief.md", b"# Debrief", where=thread)
