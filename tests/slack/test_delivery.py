"""What Slack tells an app, the double tells it: held by slack_sdk's own clients against it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.slack import double as slack_of
from tests.slack.clients import FORM, GO, App, client_of, refused
from tests.slack.delivery import Signed
from tests.slack.double import APP_TOKEN, SIGNING_SECRET, Double
from tests.slack.people import Person
from tests.slack.shown import text_of
from tests.slack.world import Json


@pytest.fixture
def client(slack: Double) -> Any:
    return client_of(slack)


@pytest.fixture
async def app(slack: Double) -> AsyncIterator[App]:
    app = App(slack)
    await app.socket.connect()
    await slack.ready()
    yield app
    await app.socket.close()


async def test_an_event_comes_again_until_it_is_acknowledged(
    slack: Double, app: App, general: str, ada: Person
) -> None:
    slack.socket.ack_seconds, slack.post.retries = 0.05, (0.0, 0.05, 0.05)
    app.silent = 2
    await ada.say(general, "hello")
    await slack.until(lambda: len(app.told) == 3)
    assert len({request.payload["event_id"] for request in app.told}) == 1
    assert [(r.retry_attempt, r.retry_reason) for r in app.told] == [(0, ""), (1, "timeout"), (2, "timeout")]
    await slack.until(lambda: not slack.post.telling)
    assert len(app.told) == 3


async def test_what_is_no_event_comes_once(slack: Double, app: App, general: str, ada: Person) -> None:
    slack.socket.ack_seconds = 0.05
    app.silent = 1
    act = await ada.slash(general, "help")
    assert (act.acknowledged, act.delivery.failed, len(app.told)) == (None, True, 1)


async def test_what_nobody_acknowledged_over_a_cut_connection_comes_over_the_next(
    slack: Double, app: App, general: str, ada: Person
) -> None:
    app.silent, slack.post.retries, slack.socket.ack_seconds = 1, (0.0, 0.5, 0.5), 60
    message = await ada.say(general, "hello")
    await slack.until(lambda: app.told)
    await slack.socket.cut()
    await slack.until(lambda: len(app.told) == 2)
    assert [event["ts"] for event in app.events("message")] == [message["ts"]] * 2
    assert slack.socket.opened == 2


@pytest.mark.parametrize("way", ["closed", "told to", "refused once"])
async def test_a_client_that_loses_its_connection_opens_another(
    slack: Double, app: App, general: str, ada: Person, way: str
) -> None:
    match way:
        case "closed":
            await slack.socket.close()
        case "told to":
            await slack.socket.refresh()
        case _:
            slack.socket.refusing = 1
            await slack.socket.cut()
    await slack.until(lambda: slack.socket.opened == 2 and len(slack.socket.connections) == 1)
    await ada.say(general, "hello")
    await slack.until(lambda: app.events("message"))


async def test_an_address_opens_one_connection_once(slack: Double, client: Any) -> None:
    address = (await client.apps_connections_open(app_token=APP_TOKEN))["url"]
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(address) as socket:
            assert (await socket.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(address)


async def test_what_the_manifest_does_not_subscribe_to_is_not_told(
    slack: Double, app: App, general: str, ada: Person
) -> None:
    slack.manifest = replace(slack.manifest, events=slack.manifest.events - {"message.channels"})
    await ada.say(general, "nobody hears this")
    await ada.say(ada.dm, "this is heard")
    await slack.until(lambda: app.told and not slack.post.telling)
    assert [event["channel"] for event in app.events("message")] == [ada.dm]


async def test_several_connections_share_what_is_told(slack: Double, app: App, general: str, ada: Person) -> None:
    second = App(slack)
    await second.socket.connect()
    await slack.until(lambda: len(slack.socket.connections) == 2)
    for n in range(12):
        await ada.say(general, f"{n}")
    await slack.until(lambda: len(app.told) + len(second.told) == 12)
    assert app.told
    assert second.told
    await second.socket.close()


async def test_what_was_taken_can_be_told_twice(slack: Double, app: App, general: str, ada: Person) -> None:
    slack.post.twice = lambda _: True
    await ada.say(general, "hello")
    await slack.until(lambda: len(app.told) == 2)
    assert app.told[0].payload == app.told[1].payload
    await ada.slash(general, "help")
    await slack.until(lambda: len(app.told) == 4)


async def test_a_mention_is_told_as_a_mention_and_as_a_message(
    slack: Double, app: App, general: str, ada: Person
) -> None:
    without = slack.lab.add_channel("without", viva=False)
    await ada.say(without, "you are not here", mention=True)
    await ada.say(general, "<drill> & more", mention=True)
    await ada.say(ada.dm, "in private")
    await slack.until(lambda: len(app.told) == 3)
    (mention,), messages = app.events("app_mention"), app.events("message")
    assert mention["text"] == f"<@{slack.lab.bot['id']}> &lt;drill&gt; &amp; more"
    assert [(m["channel_type"], m["ts"] == mention["ts"]) for m in messages] == [("channel", True), ("im", False)]


async def test_viva_hears_what_it_says_itself(slack: Double, app: App, client: Any, general: str) -> None:
    ts = (await client.chat_postMessage(channel=general, text="x"))["ts"]
    await client.chat_update(channel=general, ts=ts, text="y")
    await client.chat_delete(channel=general, ts=ts)
    await slack.until(lambda: len(app.told) == 3)
    subtypes = [event.get("subtype") for event in app.events("message")]
    assert subtypes == [None, "message_changed", "message_deleted"]
    assert app.events("message")[0]["bot_id"] == slack.lab.bot_id


async def test_a_command_is_answered_by_its_acknowledgement_and_by_its_response_url(
    slack: Double, app: App, general: str, ada: Person
) -> None:
    app.answer = lambda request: {"text": f"you typed {request.payload['text']}"}
    act = await ada.slash(general, "drill losses")
    assert act.told == "you typed drill losses"
    hook = AsyncWebhookClient(act.delivery.payload["response_url"])
    for n in range(5):
        said = await hook.send(text=f"{n}", response_type="in_channel" if n == 0 else "ephemeral")
        assert (said.status_code, said.body) == (200, "ok")
    assert (await hook.send(text="once too often")).status_code == 404
    assert [text_of(m) for m in slack.lab.said(general)] == ["0"]
    assert ada.told.split("\n") == ["you typed drill losses", "1", "2", "3", "4"]


async def test_a_message_for_one_person_is_replaced_by_the_response_url_of_a_click(
    slack: Double, app: App, client: Any, general: str, ada: Person
) -> None:
    await client.chat_postEphemeral(channel=general, user=ada.id, text="x", blocks=[GO])
    act = await ada.click(ada.whispers[0], "Go")
    assert "message" not in act.delivery.payload
    assert act.delivery.payload["container"]["is_ephemeral"]
    hook = AsyncWebhookClient(act.delivery.payload["response_url"])
    await hook.send(text="done", replace_original=True)
    assert ada.told == "done"
    await hook.send_dict({"delete_original": True})
    assert ada.whispers == []


async def test_a_form_is_shown_once_by_a_trigger_filled_in_and_handed_in(
    slack: Double, app: App, client: Any, general: str, ada: Person
) -> None:
    await client.chat_postMessage(channel=general, text="x", blocks=[GO])
    act = await ada.click(next(slack.lab.said(general)), "Go")
    trigger = act.delivery.payload["trigger_id"]
    await client.views_open(trigger_id=trigger, view=FORM)
    assert await refused(client.views_open(trigger_id=trigger, view=FORM)) == "exchanged_trigger_id"
    assert await refused(client.views_open(trigger_id="1.2.x", view=FORM)) == "invalid_trigger_id"
    assert act.modal
    with pytest.raises(AssertionError, match="nobody can type more"):
        await ada.submit(act.modal, a="x" * 11)
    app.answer = lambda _: {"response_action": "errors", "errors": {"b": "Say more."}}
    await ada.submit(act.modal, a="x")
    assert (act.modal["errors"], ada.modals) == ({"b": "Say more."}, [act.modal])
    app.answer = lambda _: None
    await ada.submit(act.modal, a="more")
    assert app.told[-1].payload["view"]["state"]["values"] == {
        "b": {"a": {"type": "plain_text_input", "value": "more"}}
    }
    assert ada.modals == []


async def test_a_trigger_is_good_for_three_seconds(
    slack: Double, app: App, client: Any, general: str, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = await ada.slash(general, "help")
    monkeypatch.setattr(slack_of, "TRIGGER_SECONDS", 0.0)
    late = client.views_open(trigger_id=act.delivery.payload["trigger_id"], view=FORM)
    assert await refused(late) == "expired_trigger_id"


async def test_a_view_is_changed_and_pushed_and_home_is_published(
    slack: Double, app: App, client: Any, general: str, ada: Person
) -> None:
    opened = await client.views_open(
        trigger_id=(await ada.slash(general, "x")).delivery.payload["trigger_id"], view=FORM
    )
    view: Any = opened["view"]
    title = {"type": "plain_text", "text": "Other"}
    await client.views_update(view_id=view["id"], hash=view["hash"], view=FORM | {"title": title})
    assert ada.modals[0]["title"] == title
    late = client.views_update(view_id=view["id"], hash=view["hash"], view=FORM)
    assert await refused(late) == "hash_conflict"
    await ada.open_app()
    await slack.until(lambda: app.events("app_home_opened"))
    home: Json = {"type": "home", "blocks": [{"type": "divider"}]}
    await client.views_publish(user_id=ada.id, view=home)
    assert ada.home["blocks"][0]["type"] == "divider"


async def test_over_http_everything_is_signed_and_events_come_again(slack: Double, general: str, ada: Person) -> None:
    verifier = SignatureVerifier(SIGNING_SECRET)
    heard: list[tuple[str, str, bool]] = []

    async def take(request: web.Request) -> web.Response:
        body, headers = await request.text(), dict(request.headers)
        heard.append(
            (request.content_type, headers.get("X-Slack-Retry-Num", ""), verifier.is_valid_request(body, headers))
        )
        if len(heard) == 1:
            return web.Response(status=500)
        command = "command=" in body
        return web.json_response({"text": "here"}) if command else web.Response()

    served = web.Application()
    served.router.add_post("/slack/events", take)
    runner = web.AppRunner(served)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    slack.over_http(address)
    await ada.say(general, "hello")
    await slack.until(lambda: len(heard) == 2)
    assert (await ada.slash(general, "help")).told == "here"
    json, form = "application/json", "application/x-www-form-urlencoded"
    assert heard == [(json, "", True), (json, "1", True), (form, "", True)]
    forged = Signed(address, "another secret")
    await forged.post(json, "{}")
    await Signed(address, SIGNING_SECRET).post(json, "{}", age=600)
    assert [valid for *_, valid in heard[3:]] == [False, False]
    await runner.cleanup()
