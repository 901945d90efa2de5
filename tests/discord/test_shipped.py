"""The shipped command as a process of its own, on a Discord that it reaches over the wire."""

from __future__ import annotations

import asyncio

import pytest

from tests.discord.double import TOKEN, Double, Request
from tests.discord.drilling import answer, drill, lab, open_prompts, over, said
from tests.discord.people import Person
from tests.discord.process import on_discord
from tests.discord.rules import Json
from tests.killing import Killing
from tests.loopback import ScriptedServer
from tests.model_replies import Fail, Fault, Reply
from tests.model_replies import Request as Asked
from tests.reckoning import lost_or_doubled
from tests.shipped import WITHOUT_MODELS, Viva, one_line
from tests.terminal.replies import configured, granting, nothing_was_said

PEOPLE = ["Ada", "Bob", "Cleo", "Dan", "Eve", "Finn"]
ANSWER = "Cross-entropy is the expected code length under the wrong code."


def put(double: Double, end: str) -> list[Request]:
    """The requests to paths that end so."""
    return [request for request in double.requests if request.path.endswith(end) and request.method == "PUT"]


async def test_a_whole_drill_by_command_and_form(viva: Viva, double: Double, ada: Person, lab: Json) -> None:
    with ScriptedServer() as server:
        server.always(granting("met", ANSWER))
        async with on_discord(viva, double, **configured(server)):
            thread = await drill(double, ada, lab)
            while "Debrief" not in said(double, thread):
                await answer(double, ada, thread, ANSWER)
    assert ANSWER in said(double, thread), "no credit without the candidate's own words"
    assert not open_prompts(double, thread)
    assert viva.files_with(TOKEN) == []
    assert [path.name for path in viva.files_with(ANSWER) if not path.name.startswith("viva.sqlite3")] == []


async def test_through_whatever_the_gateway_does_a_reply_to_the_question_is_an_answer(
    viva: Viva, double: Double, ada: Person, lab: Json
) -> None:
    with ScriptedServer() as server:
        server.always(nothing_was_said)
        async with on_discord(viva, double, **WITHOUT_MODELS, **configured(server)):
            thread = await drill(double, ada, lab)
            (prompt,) = open_prompts(double, thread)
            await ada.say(thread, "nobody is meant by this")
            await double.gateway.drop()
            await ada.say(thread, ANSWER, reply_to=prompt)
            await double.until(over(double, thread, prompt))
            await double.gateway.ask_to_reconnect()
            await double.until(lambda: len(double.gateway.resumed) == 2)
            await double.gateway.invalidate(resumable=False)
            await double.until(lambda: len(double.gateway.identified) == 2)
            (probe,) = open_prompts(double, thread)
            await ada.click(probe, "Hint")
            await double.until(lambda: viva.count("hinted").total() == 1)
    assert viva.said == [ANSWER]


async def test_killed_while_a_judge_thinks_it_answers_after_the_next_start_and_tells_no_commands_again(
    viva: Viva, double: Double, ada: Person, lab: Json
) -> None:
    thinking = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow_at_first(asked: Asked) -> Reply:
        first = not thinking.is_set()
        loop.call_soon_threadsafe(thinking.set)
        return Fail(Fault.SLOW, seconds=30, then=nothing_was_said(asked)) if first else nothing_was_said(asked)

    with ScriptedServer() as server:
        server.always(slow_at_first)
        async with on_discord(viva, double, **WITHOUT_MODELS, **configured(server)) as process:
            thread = await drill(double, ada, lab)
            (asked,) = open_prompts(double, thread)
            await ada.submit(await ada.click(asked, "Answer"), answer=ANSWER)
            await asyncio.wait_for(thinking.wait(), 30)
            process.kill()
        assert (viva.said, viva.count("graded").total()) == ([ANSWER], 0)
        async with on_discord(viva, double, **WITHOUT_MODELS, **configured(server)):
            await double.until(lambda: open_prompts(double, thread)[-1] != asked)
            probe = open_prompts(double, thread)[-1]
            assert (await ada.click(probe, "Hint")).acknowledged is not None
            await double.until(lambda: viva.count("hinted").total() == 1)
    assert viva.said == [ANSWER], "nobody is asked to answer again what they answered"
    assert viva.count("graded").total() == 1
    assert len(put(double, "/commands")) == 1


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
    done = await asyncio.to_thread(viva, "discord", *args, **env)
    return done.returncode, done.stdout, done.stderr


NOWHERE = "http://127.0.0.1:9/api/v10"
REFUSED = {
    "a token that Discord does not know": ("VIVA_DISCORD_TOKEN", "wrong", 2, "VIVA_DISCORD_TOKEN"),
    "an intent that is not enabled": ("VIVA_DISCORD_FREE_CHAT", "true", 2, "Message Content"),
    "an address where nobody is": ("VIVA_DISCORD_API", NOWHERE, 1, NOWHERE),
}


@pytest.mark.parametrize(("setting", "value", "code", "word"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_discord_does_not_accept_is_a_sentence(
    viva: Viva, double: Double, setting: str, value: str, code: int, word: str
) -> None:
    returned, out, error = await run(viva, **double.environment | WITHOUT_MODELS | {setting: value})
    assert (returned, out) == (code, "")
    assert word in one_line(error)
    assert "wrong" not in error


async def test_shards_of_one_process_need_the_number_of_all(viva: Viva, double: Double) -> None:
    code, _, error = await run(viva, "--shard-ids", "0", **double.environment)
    assert (code, "VIVA_DISCORD_SHARDS" in one_line(error)) == (2, True)
    code, _, error = await run(viva, "--shard-ids", "0,x", **double.environment)
    assert (code, "0,1 or 0-3" in one_line(error)) == (2, True)
    async with on_discord(viva, double, "--shard-ids", "1", VIVA_DISCORD_SHARDS="2", **WITHOUT_MODELS):
        pass
    assert [identified["shard"] for identified in double.gateway.identified] == [[1, 2]]
