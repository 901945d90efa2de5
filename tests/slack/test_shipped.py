"""The shipped command as a process of its own, on a Slack that it reaches over the wire."""

from __future__ import annotations

import asyncio

import pytest

from tests.killing import Killing
from tests.loopback import ScriptedServer
from tests.model_replies import Fail, Fault, Reply, Request
from tests.reckoning import lost_or_doubled
from tests.shipped import WITHOUT_MODELS, Viva, one_line
from tests.slack.double import APP_TOKEN, SIGNING_SECRET, Double
from tests.slack.drilling import answer, asked_for_form, drill, handed_in, lab, open_prompts, over, said
from tests.slack.people import Person
from tests.slack.process import on_slack, on_slack_by_http
from tests.terminal.replies import configured, granting, nothing_was_said

PEOPLE = ["Ada", "Bob", "Cleo", "Dan", "Eve", "Finn"]
ANSWER = "Cross-entropy is the expected code length under the wrong code."


async def test_a_whole_drill_by_command_and_form(viva: Viva, slack: Double, ada: Person, general: str) -> None:
    with ScriptedServer() as server:
        server.always(granting("met", ANSWER))
        async with on_slack(viva, slack, **WITHOUT_MODELS, **configured(server)):
            thread = await drill(ada, general)
            while "Debrief" not in said(slack.lab, thread):
                await answer(ada, thread, ANSWER)
    assert ANSWER in said(slack.lab, thread), "no credit without the candidate's own words"
    assert not open_prompts(slack.lab, thread)
    assert [*viva.files_with(slack.lab.token), *viva.files_with(APP_TOKEN)] == []
    assert [path.name for path in viva.files_with(ANSWER) if not path.name.startswith("viva.sqlite3")] == []


async def test_through_whatever_its_connection_does_a_reply_in_the_thread_is_an_answer(
    viva: Viva, slack: Double, ada: Person, general: str
) -> None:
    with ScriptedServer() as server:
        server.always(nothing_was_said)
        async with on_slack(viva, slack, **WITHOUT_MODELS, **configured(server)):
            thread = await drill(ada, general)
            (prompt,) = open_prompts(slack.lab, thread)
            await ada.say(general, "nobody is meant by this")
            await slack.socket.close()
            await ada.say(general, ANSWER, thread=thread.ts)
            await slack.until(over(slack.lab, thread, prompt))
            await slack.socket.refresh()
            await slack.until(lambda: slack.socket.opened == 3 and open_prompts(slack.lab, thread))
            await ada.click(open_prompts(slack.lab, thread)[0], "Hint")
            await slack.until(lambda: viva.count("hinted").total() == 1)
    assert viva.said == [ANSWER]


async def test_signed_requests_do_all_that_a_connection_does(
    viva: Viva, slack: Double, ada: Person, general: str
) -> None:
    slack.post.twice = lambda _: True
    with ScriptedServer() as server:
        server.always(nothing_was_said)
        async with on_slack_by_http(viva, slack, **WITHOUT_MODELS, **configured(server)):
            thread = await drill(ada, general)
            await answer(ada, thread, ANSWER)
            (probe,) = open_prompts(slack.lab, thread)
            await ada.say(general, "So.", thread=thread.ts)
            await slack.until(over(slack.lab, thread, probe))
            await ada.slash(general, "stop")
            await slack.until(lambda: "Debrief" in said(slack.lab, thread))
    assert viva.said == [ANSWER, "So."]
    assert list(viva.count("graded").values()) == [1, 1]
    assert viva.files_with(SIGNING_SECRET) == []


async def test_killed_while_a_judge_thinks_it_answers_after_the_next_start(
    viva: Viva, slack: Double, ada: Person, general: str
) -> None:
    thinking = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow_at_first(asked: Request) -> Reply:
        first = not thinking.is_set()
        loop.call_soon_threadsafe(thinking.set)
        return Fail(Fault.SLOW, seconds=30, then=nothing_was_said(asked)) if first else nothing_was_said(asked)

    with ScriptedServer() as server:
        server.always(slow_at_first)
        async with on_slack(viva, slack, **WITHOUT_MODELS, **configured(server)) as process:
            thread = await drill(ada, general)
            (asked,) = open_prompts(slack.lab, thread)
            await handed_in(await asked_for_form(ada, asked), ANSWER)
            await asyncio.wait_for(thinking.wait(), 30)
            process.kill()
        assert (viva.said, viva.count("graded").total()) == ([ANSWER], 0)
        async with on_slack(viva, slack, **WITHOUT_MODELS, **configured(server)):
            await slack.until(lambda: [p for p in open_prompts(slack.lab, thread) if p is not asked])
            assert (await ada.click(open_prompts(slack.lab, thread)[-1], "Hint")).acknowledged is not None
            await slack.until(lambda: viva.count("hinted").total() == 1)
    assert viva.said == [ANSWER], "nobody is asked to answer again what they answered"
    assert viva.count("graded").total() == 1


async def test_killed_during_many_sessions_all_go_on_and_nobody_answers_again(viva: Viva) -> None:
    async with lab(False) as drills:
        killing = Killing(drills)
        with ScriptedServer() as server:
            await killing.run(viva, server, PEOPLE)
        assert await lost_or_doubled(viva.data, killing) == []
        assert [len(drills.prompts(thread)) for thread in killing.threads] == [1] * len(PEOPLE)
    assert all(act.acknowledged for act in killing.acts), "a button or a form did not work"


async def run(viva: Viva, *args: str, **env: str) -> tuple[int, str, str]:
    """The command to its end, beside the double."""
    done = await asyncio.to_thread(viva, "slack", *args, **env)
    return done.returncode, done.stdout, done.stderr


NOWHERE = "http://127.0.0.1:9/api"
REFUSED = {
    "a token that Slack does not know": ("VIVA_SLACK_BOT_TOKEN", "xoxb-wrong", 2, "VIVA_SLACK_BOT_TOKEN"),
    "a token of an app that Slack does not know": ("VIVA_SLACK_APP_TOKEN", "xapp-wrong", 2, "VIVA_SLACK_APP_TOKEN"),
    "an address where nobody is": ("VIVA_SLACK_API", NOWHERE, 1, NOWHERE),
}


@pytest.mark.parametrize(("setting", "value", "code", "word"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_slack_does_not_accept_is_a_sentence(
    viva: Viva, slack: Double, setting: str, value: str, code: int, word: str
) -> None:
    returned, out, error = await run(viva, **slack.environment | WITHOUT_MODELS | {setting: value})
    assert (returned, out) == (code, "")
    assert word in one_line(error)
    assert "wrong" not in error
