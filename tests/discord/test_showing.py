"""Everything is acknowledged at once and shown once, whatever the judge, Discord or the process does."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.coach.answers import Answerer
from bot.coach.coach import Coach
from bot.coach.events import Say
from bot.coach.persona import Persona, Spoken
from bot.coach.reply import AnswerReply, Delta, NoticeReply
from bot.compose import App
from bot.discord.client import Viva
from bot.grading.grade import Grade, Submission
from bot.store.store import Record
from tests.coach.scripted import LIBRARY, NOON, ScriptedJudge, find_named
from tests.discord.scene import ANSWER, Scene, answer, live_buttons, prompt, said, text, told


class Judge(ScriptedJudge):
    """Takes its time, or fails."""

    seconds = 0.0
    error: Exception | None = None

    async def grade(self, submission: Submission) -> Grade:
        await asyncio.sleep(self.seconds)
        if self.error:
            raise self.error
        return await super().grade(submission)


@pytest.fixture
def judge() -> Judge:
    return Judge(always="+")


def again(app: App, judge: ScriptedJudge, *, persona: Persona | None = None, answerer: Answerer | None = None) -> Viva:
    """Viva as another process over the same store."""
    answerer = answerer or Answerer(LIBRARY, find_named(LIBRARY))
    coach = Coach(LIBRARY, app.store, judge, persona or Persona(), answerer)
    return Viva(App(app.settings, app.knowledge, app.store, coach, app.judge, None))


async def test_a_slow_judge_keeps_nobody_waiting_for_the_acknowledgement(scene: Scene, judge: Judge) -> None:
    judge.seconds = 60
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    result = await answer(ada, thread)
    assert result.acknowledged
    assert "Grade" not in said(thread)
    await scene.env.advance_time(61)
    assert "Grade 100 %" in said(thread)


async def test_typing_is_shown_for_as_long_as_a_judge_works(scene: Scene, judge: Judge) -> None:
    judge.seconds = 20
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await answer(ada, thread)
    await scene.env.advance_time(21)
    typed = len(scene.sent("POST", f"/channels/{thread.id}/typing"))
    assert typed == 3
    await scene.env.advance_time(60)
    assert len(scene.sent("POST", f"/channels/{thread.id}/typing")) == typed


async def test_a_grade_that_comes_after_the_token_has_expired_is_still_for_the_candidate_alone(
    scene: Scene, judge: Judge
) -> None:
    judge.seconds = 16 * 60
    scene.lacking(create_private_threads=False)
    ada = scene.person("ada")
    thread = await scene.drill(ada, private=True)
    await answer(ada, thread)
    await scene.env.advance_time(16 * 60 + 1)
    assert "Grade" not in said(thread, viewer=ada)
    (covered,) = [m for m in thread.history() if "for your eyes alone" in m.content]
    assert "Grade 100 %" in told(await ada.click(covered, label="Show me"))


async def test_an_answer_whose_form_could_not_be_acknowledged_counts_all_the_same(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    form = await ada.click(prompt(thread), label="Answer")
    scene.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062, message="Unknown interaction")
    result = await ada.submit_modal(form, {"answer": ANSWER})
    assert not result.acknowledged
    assert "Grade 100 %" in said(thread)


async def test_a_command_that_discord_does_not_take_says_so(scene: Scene) -> None:
    ada = scene.person("ada")
    scene.env.inject_error("POST", "/webhooks/*/*", status=500)
    result = await ada.slash(scene.channel, "topics")
    assert told(result) == "Discord does not take this at the moment; try again in a minute."


async def test_an_answer_from_the_notes_that_comes_after_the_token_has_expired_is_posted_in_the_channel(
    scene: Scene, app: App, judge: Judge
) -> None:
    await scene.env.restart_bot(again(app, judge, answerer=Slow(LIBRARY, find_named(LIBRARY))))
    ada = scene.person("ada")
    result = await ada.slash(scene.channel, "ask", question="what is kl?")
    await scene.env.advance_time(16 * 60 + 1)
    assert result.followups == []
    assert "In short, kl is this." in text(scene.channel.last_message)


class Slow(Answerer):
    """Takes sixteen minutes."""

    async def answer(self, *args: Any, **options: Any) -> AsyncIterator[Delta | AnswerReply | NoticeReply]:
        await asyncio.sleep(16 * 60)
        async for item in super().answer(*args, **options):
            yield item


class Streaming(Answerer):
    """Words an answer in three pieces."""

    async def answer(self, *_: Any, **__: Any) -> AsyncIterator[Delta | AnswerReply | NoticeReply]:
        for piece in ("It is ", "the expected ", "log loss [kl]."):
            yield Delta(text=piece)
            await asyncio.sleep(20)
        yield AnswerReply(text="It is the expected log loss [kl].", note_ids=("kl",))


async def test_an_answer_from_the_notes_streams_into_the_message_that_becomes_its_card(
    scene: Scene, app: App, judge: Judge
) -> None:
    await scene.env.restart_bot(again(app, judge, answerer=Streaming(LIBRARY, find_named(LIBRARY))))
    ada = scene.person("ada")
    result = await ada.slash(scene.channel, "ask", question="what is kl?")
    await scene.env.advance_time(21)
    assert result.response
    assert result.response.content == "It is the expected "
    await scene.env.advance_time(40)
    assert result.followups == []
    assert "It is the expected log loss" in text(result.response)
    assert "`kl`" in text(result.response)


class Wordy(Persona):
    """Words a probe in pieces: five at once, and five again after a while."""

    async def word(self, *_: Any, **__: Any) -> AsyncIterator[Delta | Spoken]:
        for n in range(10):
            yield Delta(text=f"word{n} ")
            if n % 5 == 4:
                await asyncio.sleep(20)
        yield Spoken("the whole probe", "the authored probe")


async def test_a_probe_that_is_being_worded_streams_by_edits_once_a_second(
    scene: Scene, app: App, judge: Judge
) -> None:
    await scene.env.restart_bot(again(app, judge, persona=Wordy()))
    judge.script = ["+--"]
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await answer(ada, thread)
    assert text(thread.last_message) == "word0 "
    await scene.env.advance_time(41)
    probe = prompt(thread)
    edits = [body["content"] for body in scene.sent("PATCH", f"/messages/{probe.id}")]
    assert edits == ["word0 word1 word2 word3 word4 word5 ", "the whole probe"]
    *_, grade, last = thread.history()
    assert "So far 50 %" in text(grade)
    assert last.id == probe.id


async def test_what_discord_does_not_take_is_shown_later_and_once(scene: Scene, judge: Judge) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    scene.env.inject_error("POST", f"/channels/{thread.id}/messages", status=503, times=2)
    await answer(ada, thread)
    assert "Grade" not in said(thread)
    await scene.env.advance_time(31)
    assert said(thread).count("Grade 100 %") == 1
    assert said(thread).count("How deep does kl go") == 1
    assert len(judge.asked) == 1


async def test_what_is_sent_again_bears_the_nonce_that_discord_knows_it_by(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    posted = f"/channels/{thread.id}/messages"
    before = len(scene.sent("POST", posted))
    scene.env.inject_error("POST", posted, status=502)
    await answer(ada, thread)
    await scene.env.advance_time(11)
    first, again, question = scene.sent("POST", posted)[before:]
    assert first["nonce"] == again["nonce"] != question["nonce"]
    assert first["enforce_nonce"] is True


async def test_what_was_not_shown_comes_before_what_is_said_next(scene: Scene, judge: Judge) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    question = prompt(thread)
    scene.env.inject_error("POST", f"/channels/{thread.id}/messages", status=503)
    await answer(ada, thread)
    await ada.send(thread, "at rung 1 it goes deep", reply_to=question)
    assert said(thread).index("Grade 100 %") < said(thread).index("That question is over")


@pytest.mark.parametrize("label", ["Answer", "Hint", "Skip", "Pause"])
async def test_buttons_of_before_a_restart_work(scene: Scene, app: App, judge: Judge, label: str) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    before = len(said(thread))
    await scene.env.restart_bot(again(app, judge))
    result = await ada.click(prompt(thread), label=label)
    if label == "Answer":
        await ada.submit_modal(result, {"answer": ANSWER})
    assert len(said(thread)) > before


async def test_a_form_opened_before_a_restart_is_taken_after_it(scene: Scene, app: App, judge: Judge) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    form = await ada.click(prompt(thread), label="Answer")
    await scene.env.restart_bot(again(app, judge))
    await ada.submit_modal(form, {"answer": ANSWER})
    assert "Grade 100 %" in said(thread)
    assert len([m for m in thread.history() if any(b.label == "Answer" for b in live_buttons(m))]) == 1


async def test_an_answer_that_was_stored_before_a_kill_is_graded_and_shown_after_it(
    scene: Scene, app: App, judge: Judge
) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    (row,) = await app.store.sessions(f"discord:{ada.id}")
    event = Say(id="1", at=NOON, text=ANSWER)
    await app.store.append(row.id, [Record(event.id, event.kind, event.model_dump_json())])
    await scene.env.restart_bot(again(app, judge))
    assert "Grade 100 %" in said(thread)
    assert len(judge.asked) == 1
    await scene.env.restart_bot(again(app, judge))
    assert said(thread).count("Grade 100 %") == 1


async def test_a_grade_that_was_not_shown_before_a_kill_is_shown_after_it(scene: Scene, app: App, judge: Judge) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    (row,) = await app.store.sessions(f"discord:{ada.id}")
    replies = app.coach.handle(row.id, Say(id="1", at=NOON, text=ANSWER))
    await anext(replies)
    await replies.aclose()
    await scene.env.restart_bot(again(app, judge))
    assert said(thread).count("Grade 100 %") == 1
    assert "How deep does kl go" in text(thread.last_message)
    assert len(judge.asked) == 1


async def test_a_question_that_was_deleted_stops_nothing(scene: Scene, simcord_bot: Viva) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    question = prompt(thread)
    form = await ada.click(question, label="Answer")
    await ada.submit_modal(form, {"answer": ANSWER})
    await simcord_bot.get_partial_messageable(thread.id).get_partial_message(prompt(thread).id).delete()
    await ada.slash(thread, "resume")
    assert "How deep does kl go" in text(prompt(thread))


async def test_an_error_nobody_foresaw_has_an_id_and_says_nothing_of_the_answer(
    scene: Scene, judge: Judge, caplog: pytest.LogCaptureFixture
) -> None:
    judge.error = RuntimeError("the answer was zebras")
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await answer(ada, thread)
    (error_id,) = re.findall(r"Something unexpected went wrong \(id (\w{8})\)", said(thread))
    assert error_id in caplog.text
    assert "RuntimeError" in caplog.text
    assert "zebras" not in caplog.text
    await ada.click(prompt(thread), label="Hint")
    assert "earns half" in said(thread), "though the judge would still break"


async def test_a_session_whose_judge_broke_goes_on_after_a_restart(scene: Scene, judge: Judge, app: App) -> None:
    judge.error = RuntimeError()
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await answer(ada, thread)
    judge.error = None
    await scene.env.restart_bot(again(app, judge))
    assert "Grade" not in said(thread), "what was told to have failed is not graded behind one's back"
    await answer(ada, thread)
    assert "Grade 100 %" in said(thread)
    exported = await app.coach.export(f"discord:{ada.id}")
    assert [row["kind"] for row in exported["events"]].count("say") == 2


async def test_a_card_that_discord_refuses_has_an_id_and_the_next_question_follows(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    posted = f"/channels/{thread.id}/messages"
    scene.env.inject_error("POST", posted, status=400, code=50035, message="Invalid Form Body")
    await answer(ada, thread)
    assert "Something unexpected went wrong (id " in said(thread)
    assert "How deep does kl go" in text(prompt(thread))


async def test_nothing_that_viva_says_mentions_anybody(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await answer(ada, thread, "@everyone the expected log loss, <@1> and <@&2>")
    await ada.send(scene.channel, f"{scene.me} what is kl?")
    bodies: list[Any] = [r.json for r in scene.env.http_requests if r.method in ("POST", "PATCH") and r.json]
    messages: list[Any] = [m for m in (body.get("data", body) for body in bodies) if "content" in m]
    assert len(messages) > 5
    assert {str(m.get("allowed_mentions")) for m in messages} == {"{'parse': []}"}
    assert "@everyone" not in said(thread)


async def test_a_stop_lets_what_is_under_way_finish(scene: Scene, simcord_bot: Viva, judge: Judge) -> None:
    judge.seconds = 10
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await answer(ada, thread)
    leaving = asyncio.ensure_future(simcord_bot.showing.settled(20))
    await scene.env.advance_time(5)
    assert not leaving.done()
    await scene.env.advance_time(6)
    await leaving
    assert "Grade 100 %" in said(thread)
