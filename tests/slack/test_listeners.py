"""manifest.yaml and what Viva listens for are the same, both ways; and what is told twice is dealt with once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.slack import listeners as module
from bot.slack.installing import SCOPES
from bot.slack.listeners import Listeners
from bot.slack.parts import Parts
from tests.slack.manifest import manifest


class Recorder:
    """An app that keeps what is registered with it: kind -> name or pattern -> middleware."""

    def __init__(self) -> None:
        self.heard: dict[str, dict[Any, list[Callable[..., Any]]]] = {}

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        def register(constraint: Any, middleware: Any = ()) -> Callable[..., Any]:
            self.heard.setdefault(kind, {})[constraint] = list(middleware)

            def keep(function: Any) -> Any:
                return function

            return keep

        return register


@pytest.fixture
def app() -> Recorder:
    recorder = Recorder()
    Listeners(cast("Parts", None)).register(recorder)
    return recorder


def test_every_command_and_shortcut_of_the_manifest_is_listened_for_and_no_other(app: Recorder) -> None:
    assert set(app.heard["command"]) == manifest().commands
    assert set(app.heard["shortcut"]) == manifest().shortcuts


def test_every_event_of_the_manifest_is_listened_for_and_no_other(app: Recorder) -> None:
    named = {name for name in app.heard["event"] if isinstance(name, str)}
    assert named == {name.partition(".")[0] for name in manifest().events}


def test_what_else_slack_tells_of_is_taken_lest_it_be_told_again(app: Recorder) -> None:
    everything: re.Pattern[str]
    (everything,) = [name for name in app.heard["event"] if not isinstance(name, str)]
    assert everything.match("channel_rename")
    assert app.heard["event"][everything] == []
    assert list(app.heard["event"])[-1] is everything, "what is listened for goes first"


def test_every_action_and_form_of_ours_is_listened_for(app: Recorder) -> None:
    from bot.slack import actions, forms

    (acted,), (handed_in,) = app.heard["action"], app.heard["view"]
    names = (actions.FORGET, actions.EXPORT, actions.SETTINGS, actions.LOOK, actions.drill("kl", "KL")["action_id"])
    assert all(acted.match(name) for name in names)
    assert all(handed_in.match(name) for name in (forms.ANSWER, forms.BALLOT, forms.CHOOSING, forms.SETTINGS))


def test_the_scopes_that_are_asked_for_when_installing_are_those_of_the_manifest() -> None:
    assert set(SCOPES) == manifest().scopes


class Told:
    """What Slack tells, and how Bolt hands it on."""

    def __init__(self, listeners: Listeners) -> None:
        self.app = Recorder()
        listeners.register(self.app)

    async def say(self, user: str, ts: str, *, event_id: str = "", again: str = "0") -> bool:
        """A direct message; whether it was acknowledged."""
        event = {"type": "message", "channel": "D1", "user": user, "ts": ts, "text": "hello"}
        body = {"event": event, "event_id": event_id or f"Ev{ts}", "team_id": "T1"}
        ack, passed = Ack(), asyncio.Event()
        (middleware,) = self.app.heard["event"]["message"]

        async def on() -> None:
            passed.set()

        headers = {"x-slack-retry-num": [again]}
        context = SimpleNamespace(bot_user_id="UB", team_id="T1")
        await middleware(body=body, context=context, req=SimpleNamespace(headers=headers), ack=ack, next=on)
        assert passed.is_set()
        return ack.response is not None


class Ack:
    """Bolt's."""

    response: object = None

    async def __call__(self, **_: Any) -> None:
        self.response = "ok"


@pytest.fixture
def dealt(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What came of messages: those that began, in order; `hold` keeps them from being acknowledged."""
    seen: dict[str, Any] = {"began": [], "again": [], "hold": asyncio.Event()}
    seen["hold"].set()

    async def message(_: Parts, call: module.Call, event: dict[str, Any], __: str) -> None:
        seen["began"].append(event["ts"])
        seen["again"].append(call.again)
        await seen["hold"].wait()
        await call.ack()

    monkeypatch.setattr(module.listening, "message", message)
    return seen


async def test_the_same_event_is_dealt_with_once_and_acknowledged_each_time(dealt: dict[str, Any]) -> None:
    told = Told(Listeners(cast("Parts", None)))
    assert [await told.say("U1", "1.0"), await told.say("U1", "1.0", again="1")] == [True, True]
    assert dealt["began"] == ["1.0"]
    assert dealt["again"] == [False]


async def test_what_is_told_again_to_a_new_process_is_known_to_be(dealt: dict[str, Any]) -> None:
    await Told(Listeners(cast("Parts", None))).say("U1", "1.0", again="1")
    assert dealt["again"] == [True]


async def test_what_one_person_does_waits_until_what_they_did_before_is_kept(dealt: dict[str, Any]) -> None:
    told = Told(Listeners(cast("Parts", None)))
    dealt["hold"].clear()
    telling = [asyncio.create_task(told.say("U1", ts)) for ts in ("1.0", "2.0")]
    await asyncio.sleep(0.02)
    assert dealt["began"] == ["1.0"]
    dealt["hold"].set()
    assert await asyncio.gather(*telling) == [True, True]
    assert dealt["began"] == ["1.0", "2.0"]


async def test_nobody_waits_for_what_somebody_else_does(dealt: dict[str, Any]) -> None:
    told = Told(Listeners(cast("Parts", None)))
    dealt["hold"].clear()
    telling = [asyncio.create_task(told.say(user, "1.0", event_id=user)) for user in ("U1", "U2")]
    await asyncio.sleep(0.02)
    assert len(dealt["began"]) == 2
    dealt["hold"].set()
    await asyncio.gather(*telling)


async def test_what_takes_too_long_is_acknowledged_all_the_same(
    dealt: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ACK_SECONDS", 0.01)
    dealt["hold"].clear()
    listeners = Listeners(cast("Parts", None))
    assert await Told(listeners).say("U1", "1.0")
    dealt["hold"].set()
    await listeners.settled(1)


async def test_at_a_stop_what_is_under_way_is_waited_for(
    dealt: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ACK_SECONDS", 0.01)
    dealt["hold"].clear()
    listeners = Listeners(cast("Parts", None))
    await Told(listeners).say("U1", "1.0")
    stopping = asyncio.create_task(listeners.settled(5))
    await asyncio.sleep(0.02)
    assert not stopping.done()
    dealt["hold"].set()
    await asyncio.wait_for(stopping, 1)
