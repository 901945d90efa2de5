"""What is seen of a reply while a model words it: a message that grows, or one that is changed where none can."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.coach.answers import Answerer
from bot.coach.coach import Coach
from bot.coach.persona import Persona, Spoken
from bot.coach.reply import AnswerReply, Delta, NoticeReply
from bot.compose import App
from bot.slack import streaming
from bot.store.store import Store
from tests.coach.scripted import LIBRARY, ScriptedJudge, find_named
from tests.slack.calls import Fault, Request
from tests.slack.drilling import Thread, open_prompts
from tests.slack.scene import ANSWER, Scene
from tests.slack.shown import text_of

PROBE = ("And what ", "follows ", "from *that*, @everyone?")
PIECES = ("It is **the** ", "expected ", "log loss [kl].")


class Streaming(Persona):
    """Words a probe in pieces."""

    async def word(self, *_: Any, **__: Any) -> AsyncIterator[Delta | Spoken]:
        for piece in PROBE:
            yield Delta(text=piece)
        yield Spoken("".join(PROBE), "the authored probe")


class Answering(Answerer):
    """Words an answer in pieces, as far as it is let."""

    async def answer(self, *_: Any, **__: Any) -> AsyncIterator[Delta | AnswerReply | NoticeReply]:
        for piece in PIECES:
            yield Delta(text=piece, markdown=True)
        yield AnswerReply(text="".join(PIECES), note_ids=("kl",))


@pytest.fixture
def judge() -> ScriptedJudge:
    return ScriptedJudge(always="-")


@pytest.fixture
def app(app: App, store: Store, judge: ScriptedJudge, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setattr(streaming, "_SECONDS", 0.0)
    coach = Coach(LIBRARY, store, judge, Streaming(), Answering(LIBRARY, find_named(LIBRARY)))
    return App(app.settings, app.knowledge, store, coach, app.judge, None)


async def ask(scene: Scene) -> Thread:
    """Ask the notes by a mention; the thread of the answer."""
    message = await scene.say(scene.person("Ada"), "what is kl?", mention=True)
    return Thread(scene.general, message["ts"])


async def test_an_answer_in_a_thread_grows_and_ends_as_it_is_shown_otherwise(scene: Scene) -> None:
    thread = await ask(scene)
    (started,), more = scene.asked_for("chat.startStream"), scene.asked_for("chat.appendStream")
    assert [call["markdown_text"] for call in (started, *more)] == list(PIECES)
    assert len(scene.asked_for("chat.stopStream")) == 1
    (shown,) = scene.messages(thread)
    assert shown.startswith("From the notes\nIt is the expected log loss [kl].")
    assert "streaming" not in scene.slack.lab.thread(*thread)[-1]


async def test_a_probe_in_a_thread_grows_and_can_be_answered_at_its_end(scene: Scene) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    await scene.say(ada, ANSWER, thread)
    assert text_of(scene.prompt(thread)) == "".join(PROBE)
    shown = "".join(call["markdown_text"] for call in scene.asked_for("chat.startStream"))
    assert shown.startswith("And what")
    assert scene.said(thread).count("And what") == 1


@pytest.mark.parametrize("word", ["missing_scope", "method_not_supported_for_channel_type"])
async def test_where_nothing_can_grow_a_message_is_changed(scene: Scene, word: str) -> None:
    scene.slack.fault = lambda request: word if request.method == "chat.startStream" else None
    thread = await ask(scene)
    assert scene.asked_for("chat.update")
    (shown,) = scene.messages(thread)
    assert shown.startswith("From the notes\nIt is the expected log loss [kl].")


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.CUT])
@pytest.mark.parametrize("method", ["chat.appendStream", "chat.stopStream"])
async def test_a_stream_that_breaks_off_is_finished_where_it_began(scene: Scene, method: str, fault: Fault) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    left = [fault]
    scene.slack.fault = lambda request: left.pop() if left and request.method == method else None
    await scene.say(ada, ANSWER, thread)
    await scene.behind()
    assert left == []
    assert [text_of(prompt) for prompt in open_prompts(scene.slack.lab, thread)] == ["".join(PROBE)]
    assert scene.said(thread).count("And what") == 1
    assert scene.said(thread).count("So far") == 1


@pytest.mark.parametrize("method", ["chat.appendStream", "chat.stopStream"])
async def test_what_slack_or_somebody_ended_grows_no_more_and_is_finished_all_the_same(
    scene: Scene, method: str
) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada)

    def ended(request: Request) -> None:
        for message in scene.slack.lab.thread(*thread) if request.method == method else ():
            message.pop("streaming", None)

    scene.slack.fault = ended
    await scene.say(ada, ANSWER, thread)
    assert len(scene.asked_for("chat.appendStream")) == (1 if method == "chat.appendStream" else 2)
    assert [text_of(prompt) for prompt in open_prompts(scene.slack.lab, thread)] == ["".join(PROBE)]
    assert scene.said(thread).count("And what") == 1


async def test_a_reply_that_broke_off_is_not_shown_once_more_as_that_to_the_next_event(scene: Scene) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    form = await scene.click(ada, scene.prompt(thread), "Answer")
    left = [Fault.BROKEN]
    scene.slack.fault = lambda request: left.pop() if left and request.method == "chat.startStream" else None
    await ada.say(thread.channel, ANSWER, thread=thread.ts)
    await scene.slack.until(lambda: not left)  # else the form may be taken before the message
    await scene.submit(form, answer=ANSWER)
    await scene.behind()
    assert scene.said(thread).count("So far") == 1
    assert scene.said(thread).count("And what") == 1
    assert "That question is over" in scene.said(thread)
