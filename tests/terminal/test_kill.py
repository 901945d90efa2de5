"""kill -9 at any moment loses no answer and grades none twice."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

import pytest

from tests.loopback import ScriptedServer
from tests.model_replies import Fail, Fault, Reply, Request
from tests.shipped import Viva
from tests.terminal.replies import configured, is_judge, nothing_was_said

QUESTIONS, ANSWERS_EACH = 8, 4  # an answer and three probes
ANSWERS = [f"Statement number {n} is that zebras graze." for n in range(QUESTIONS * ANSWERS_EACH)]
SPARE = 8  # answers left for the end: more than anyone gets through between two kills
KILLS = 4


def unhurried(request: Request) -> Reply:
    """Credits nothing, asks on, and takes 40 ms for it."""
    return Fail(Fault.SLOW, seconds=0.04, then=nothing_was_said(request))


def still_to_type(viva: Viva) -> list[str]:
    """The rest of the script, by what is stored."""
    begun = any(event.kind == "start" for event in viva.events)
    return [*([] if begun else [f"/drill {QUESTIONS}"]), *ANSWERS[len(viva.said) :]]


def unanswered(viva: Viva) -> int:
    """How many answers are stored that got no reply yet."""
    replied = viva.count("replied")
    return sum(event.kind == "say" and event.id not in replied for event in viva.events)


def kill_after(viva: Viva, seconds: float, *, greeted: bool, **env: str) -> None:
    """Start, type everything that is left, and kill so long after the start or after the greeting."""
    process = viva.start("chat", **env)
    assert process.stdin
    assert process.stdout
    process.stdin.write("".join(f"{line}\n" for line in still_to_type(viva)))
    process.stdin.flush()
    if greeted:
        process.stdout.readline()
    time.sleep(seconds)
    process.kill()
    process.communicate()


def finish(viva: Viva, **env: str) -> str:
    """Type what is left, to the end; the transcript."""
    result = viva.chat(*still_to_type(viva), **env)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def assert_every_answer_is_there_once(viva: Viva) -> None:
    """Each was stored, graded and replied to exactly once, and the drill came to its own end."""
    events = viva.events
    once = Counter({event.id: 1 for event in events if event.kind == "say"})
    assert viva.said == ANSWERS
    assert viva.count("graded") == once
    assert viva.count("replied") == once + Counter({event.id: 1 for event in events if event.kind == "start"})
    assert sum(event.kind == "asked" for event in events) == QUESTIONS
    assert {event.kind for event in events}.isdisjoint({"stop", "pause"})
    assert [event.kind for event in events if event.kind != "shown"][-2:] == ["closed", "replied"]


def test_killed_at_random_moments_a_drill_loses_nothing(viva: Viva) -> None:
    moments = random.Random(0)
    in_the_middle = 0
    with ScriptedServer() as server:
        server.always(unhurried)
        for kill in range(KILLS):
            before = viva.said
            if len(ANSWERS) - len(before) < SPARE:
                break
            # A third come while the program loads, the others while it converses.
            kill_after(viva, moments.uniform(0, 0.7), greeted=kill % 6 not in (0, 4), **configured(server))
            assert viva.said[: len(before)] == before
            assert viva.said == ANSWERS[: len(viva.said)]
            in_the_middle += unanswered(viva)
        transcript = finish(viva, **configured(server))
    assert "Welcome back" in transcript
    assert f"Question {QUESTIONS} of {QUESTIONS}" in transcript
    assert "Debrief: 0 %" in transcript
    assert_every_answer_is_there_once(viva)
    assert in_the_middle > 0, "no kill came in the middle of a turn: the moments are badly chosen"


@pytest.mark.parametrize("role", ["judge", "interviewer"])
def test_killed_while_a_model_thinks_the_turn_is_completed_at_the_next_start(viva: Viva, role: str) -> None:
    thinking = threading.Event()

    def slow_in_that_role(request: Request) -> Reply:
        well = nothing_was_said(request)
        if is_judge(request) is not (role == "judge"):
            return well
        first = not thinking.is_set()
        thinking.set()
        return Fail(Fault.SLOW, seconds=30, then=well) if first else well

    with ScriptedServer() as server:
        server.always(slow_in_that_role)
        process = viva.start("chat", **configured(server))
        assert process.stdin
        process.stdin.write(f"/drill {QUESTIONS}\n{ANSWERS[0]}\n")
        process.stdin.flush()
        assert thinking.wait(30)
        process.kill()
        process.communicate()
        assert viva.said == ANSWERS[:1]
        assert unanswered(viva) == 1
        assert viva.count("graded").total() == (0 if role == "judge" else 1)
        transcript = finish(viva, **configured(server))
    assert "Debrief: 0 %" in transcript
    assert_every_answer_is_there_once(viva)
