"""What shows only on the wire: what happens to a reply when Slack fails halfway through it."""

from __future__ import annotations

import pytest

from tests.coach.scripted import ScriptedJudge
from tests.slack.calls import Fault, Request
from tests.slack.drilling import open_prompts
from tests.slack.people import Person
from tests.slack.scene import ANSWER, Scene, buttons
from tests.slack.shown import text_of


class Failing:
    """Calls of a method fail, so many times from now on."""

    def __init__(self, scene: Scene, method: str, fault: Fault | str, times: int = 1) -> None:
        self.method, self.fault, self.left = method, fault, times
        scene.slack.fault = self

    def __call__(self, request: Request) -> Fault | str | None:
        if request.method != self.method or not self.left:
            return None
        self.left -= 1
        return self.fault


@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.BROKEN, Fault.CUT, Fault.LOST, "internal_error"])
async def test_a_reply_that_slack_did_not_take_at_once_stands_there_once(
    scene: Scene, judge: ScriptedJudge, fault: Fault | str
) -> None:
    judge.script = ["+--"]
    scene.slack.retry_after = 0
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    question = scene.prompt(thread)
    Failing(scene, "chat.postMessage", fault)
    await scene.say(ada, ANSWER, thread)
    await scene.behind()
    assert len(open_prompts(scene.slack.lab, thread)) == 1
    assert scene.prompt(thread) is not question
    assert scene.said(thread).count("So far") == 1
    assert scene.said(thread).count("What about b in kl?") == 1
    assert [submission.answer for submission in judge.asked] == [ANSWER]


async def test_a_limit_in_one_channel_holds_up_no_other(scene: Scene) -> None:
    ada, bob = scene.person("Ada"), scene.person("Bob")
    other = scene.slack.lab.add_channel("other")
    hers, his = await scene.drill(ada), await scene.drill(bob, channel=other)
    scene.slack.retry_after = 2

    def limited(request: Request) -> Fault | None:
        return Fault.RATE_LIMITED if request.body.get("channel") == scene.general else None

    scene.slack.fault = limited
    await ada.say(scene.general, ANSWER, thread=hers.ts)
    await bob.say(other, ANSWER, thread=his.ts)
    await scene.slack.until(lambda: "Grade" in scene.said(his), 1.5)
    assert "Grade" not in scene.said(hers)
    scene.slack.fault = lambda _: None
    scene.slack.retry_after = 0
    await scene.settled()
    await scene.behind()
    assert scene.said(hers).count("Grade 100 %") == 1


@pytest.mark.parametrize("word", ["file_uploads_disabled", "storage_limit_reached"])
async def test_a_picture_that_slack_does_not_take_is_told_in_words(scene: Scene, word: str) -> None:
    ada = scene.person("Ada")
    await scene.answer(ada, await scene.drill(ada, "kl 2"))
    Failing(scene, "files.getUploadURLExternal", word, times=9)
    await scene.slash(ada, "progress")
    assert "losses: 100 %" in ada.told
    assert "image" not in str([message["blocks"] for message in ada.whispers])


async def test_a_debrief_whose_file_slack_does_not_take_is_shown_all_the_same(scene: Scene) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    Failing(scene, "files.getUploadURLExternal", "file_uploads_disabled", times=9)
    await scene.slash(ada, "stop")
    await scene.slash(ada, "drill kl 1")
    assert open_prompts(scene.slack.lab, thread) == []


async def test_a_session_whose_channel_is_archived_goes_on_in_direct_messages(
    scene: Scene, judge: ScriptedJudge
) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada, "losses 2")
    scene.slack.lab.channels[thread.channel]["is_archived"] = True
    await scene.slash(ada, "resume", ada.dm)
    (prompt,) = [m for m in scene.slack.lab.said(ada.dm) if "Answer" in buttons(m)]
    await in_private(scene, ada, prompt.get("thread_ts", ""))
    assert [submission.answer for submission in judge.asked] == [ANSWER]


async def in_private(scene: Scene, person: Person, thread: str) -> None:
    await person.say(person.dm, ANSWER, thread=thread)
    await scene.settled()


async def test_a_question_that_somebody_deleted_does_not_stop_the_drill(scene: Scene) -> None:
    from tests.slack.chat import removed

    ada = scene.person("Ada")
    thread = await scene.drill(ada, "losses 2")
    removed(scene.slack, scene.slack.lab, thread.channel, scene.prompt(thread)["ts"])
    await scene.say(ada, ANSWER, thread)
    assert "Grade 100 %" in scene.said(thread)
    assert len(open_prompts(scene.slack.lab, thread)) == 1


async def test_a_form_that_comes_too_late_is_told_and_works_the_next_time(scene: Scene) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    Failing(scene, "views.open", "expired_trigger_id")
    assert (await scene.click(ada, scene.prompt(thread), "Answer")).modal is None
    assert "before the form was there" in ada.told
    await scene.answer(ada, thread)
    assert "Grade 100 %" in scene.said(thread)


async def test_a_token_that_is_revoked_is_one_line_in_the_log_and_nothing_is_lost(
    scene: Scene, judge: ScriptedJudge, caplog: pytest.LogCaptureFixture
) -> None:
    judge.script = ["+--"]
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    scene.slack.fault = lambda _: "token_revoked"
    await scene.say(ada, ANSWER, thread)
    told = [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
    assert told
    assert [record.exc_info for record in told if record.exc_info] == []
    assert ANSWER not in caplog.text
    scene.slack.fault = lambda _: None
    await scene.stop()
    await scene.start()
    await scene.settled()
    assert scene.said(thread).count("So far") == 1
    assert text_of(scene.prompt(thread)).endswith("What about b in kl?")
