"""A panel votes on each point before the grades are shown."""

from collections.abc import Callable

import pytest

from bot.coach.events import Mode, Seat, Vote
from bot.coach.reply import BallotReply, DebriefReply, NoticeReply, Reply
from bot.grading.grade import Verdict
from tests.coach.scripted import Door, kinds, of

MET, PARTIAL, MISSED = Verdict.MET, Verdict.PARTIAL, Verdict.MISSED
POINTS = (1, 2, 3)


@pytest.fixture
async def ada(door: Callable[..., Door]) -> Door:
    """In an interview about kl, with bob and eve on the panel."""
    ada = door("+")
    await ada.start(Mode.INTERVIEW, topic="kl")
    for who in ("bob", "eve"):
        assert await ada.send(Seat(**ada.next(), who=who)) == []
    return ada


async def vote(ada: Door, who: str, point: int, verdict: Verdict = MET, question: int = 1) -> list[Reply]:
    return await ada.send(
        Vote.model_validate({**ada.next(), "who": who, "question": question, "point": point, "verdict": verdict})
    )


async def answered_and_stopped(ada: Door) -> list[Reply]:
    """One question is answered, and that is all."""
    await ada.say()
    return await ada.stop()


async def test_a_question_that_is_over_is_put_to_the_vote_with_its_points(ada: Door) -> None:
    ballot = of(BallotReply, await ada.say())
    assert (ballot.number, ballot.question) == (1, "What is kl?")
    assert [point.split(" rests")[0] for point in ballot.points] == [f"Secret kl fact {n}" for n in "abc"]


async def test_a_question_that_a_stop_ends_is_put_to_the_vote_too(door: Callable[..., Door]) -> None:
    ada = door("+--")
    await ada.start(Mode.INTERVIEW, topic="kl")
    await ada.send(Seat(**ada.next(), who="bob"))
    await ada.say()
    assert kinds(await ada.stop()) == ["ballot", "notice"]


async def test_without_a_panel_nothing_is_put_to_the_vote(door: Callable[..., Door]) -> None:
    ada = door("+")
    await ada.start(Mode.INTERVIEW, topic="kl")
    assert kinds(await ada.say()) == ["question"]
    assert kinds(await ada.stop()) == ["debrief"]


async def test_the_debrief_comes_with_the_last_vote_and_says_how_many_said_what(ada: Door) -> None:
    closing = of(NoticeReply, await answered_and_stopped(ada))
    assert "The panel votes before the grades are shown" in closing.text
    for who, point, verdict in (
        ("bob", 1, MET),
        ("bob", 2, MISSED),
        ("bob", 3, MET),
        ("eve", 1, PARTIAL),
        ("eve", 2, MET),
    ):
        assert await vote(ada, who, point, verdict) == []
    debrief = of(DebriefReply, await vote(ada, "eve", 3, MISSED))
    assert [point.votes for point in debrief.questions[0].points] == [(MET, PARTIAL), (MET, MISSED), (MET, MISSED)]
    assert [point.verdict for point in debrief.questions[0].points] == [MET, MET, MET]


async def test_who_has_voted_while_the_interview_went_on_is_not_waited_for(ada: Door) -> None:
    await ada.say()
    for who in ("bob", "eve"):
        for point in POINTS:
            assert await vote(ada, who, point) == []
    assert kinds(await ada.stop()) == ["debrief"]


async def test_a_vote_that_changes_counts_as_it_was_last(ada: Door) -> None:
    await ada.say()
    await vote(ada, "bob", 1, MET)
    await vote(ada, "bob", 1, MISSED)
    assert (await ada.session()).votes == {(1, 1): {"bob": MISSED}}


async def test_only_the_panel_has_a_vote(ada: Door) -> None:
    await ada.say()
    for who in ("bob", "mallory", "ada"):
        assert await vote(ada, who, 1) == []
    assert (await ada.session()).votes == {(1, 1): {"bob": MET}}


async def test_a_vote_on_what_was_not_asked_stands_for_no_other(ada: Door) -> None:
    await ada.say()
    for who in ("bob", "eve"):
        for question, point in ((1, 1), (1, 2), (7, 3), (1, 9)):
            await vote(ada, who, point, question=question)
    assert "debrief" not in kinds(await ada.stop())


async def test_the_candidate_may_stop_waiting_and_later_votes_change_nothing(ada: Door) -> None:
    await answered_and_stopped(ada)
    await vote(ada, "bob", 1)
    debrief = of(DebriefReply, await ada.stop())
    assert [point.votes for point in debrief.questions[0].points] == [(MET,), (), ()]
    for who in ("bob", "eve"):
        for point in POINTS:
            assert await vote(ada, who, point) == []
    assert kinds(await ada.stop()) == ["notice"]


async def test_an_interview_in_which_nothing_was_answered_waits_for_nobody(ada: Door) -> None:
    assert "there is nothing to report" in of(NoticeReply, await ada.stop()).text
