"""What can be done besides answering: asking, skipping, hints, a pause, the end, and marks of one's own."""

from collections.abc import Callable

import pytest

from bot.coach.answers import Answerer
from bot.coach.coach import Coach
from bot.coach.events import Mode
from bot.coach.persona import Persona
from bot.coach.reply import AnswerReply, DebriefReply, GradeReply, HintReply, NoticeReply, ProbeReply, QuestionReply
from bot.coach.session import Status
from bot.store.store import Store
from knowledge.errors import EmbedderError
from knowledge.search import Findings
from tests.coach.notes import MET, MISSED, PARTIAL
from tests.coach.scripted import LIBRARY, TYPED, Door, ScriptedJudge, Send, kept, kinds, of


async def test_asking_needs_no_question_and_leans_on_what_was_asked_before(door: Callable[..., Door]) -> None:
    ada = door()
    assert await ada.start(Mode.ASK) == []
    assert await ada.ask("what is kl?") == [AnswerReply(text="In short, kl is this.", note_ids=("kl",))]
    assert of(AnswerReply, await ada.ask("and why is that?")).note_ids == ("kl",)
    assert kinds(await ada.ask("who won the world cup in Mexico City?")) == ["notice"]


async def test_an_empty_ask_is_told_what_to_type_whatever_was_asked_before(door: Callable[..., Door]) -> None:
    ada = door()
    await ada.start(Mode.ASK)
    assert kinds(await ada.ask(" ")) == ["notice"]
    await ada.ask("what is kl?")
    assert kinds(await ada.ask(" ")) == ["notice"]


async def test_a_search_that_cannot_work_is_told_once_and_holds_up_nothing(store: Store) -> None:
    async def find(query: str, context: str) -> Findings:
        raise EmbedderError("The embedding model is gone; run `make install`.")

    ada = Door(Coach(LIBRARY, store, ScriptedJudge(), Persona(), Answerer(LIBRARY, find)))
    await ada.start(topic="losses")
    assert [reply.text for reply in await ada.ask("what is bayes?") if isinstance(reply, NoticeReply)] == [
        "The embedding model is gone; run `make install`."
    ]
    assert kinds(await ada.hint()) == ["hint"]


async def test_the_open_question_is_not_answered_but_others_are(door: Callable[..., Door]) -> None:
    ada = door()
    await ada.start(topic="probability")
    assert kinds(await ada.ask("what is bayes?")) == ["notice"]
    assert of(AnswerReply, await ada.ask("what is dropout?")).note_ids == ("dropout",)
    assert (await ada.session()).current


async def test_a_skipped_question_earns_nothing_and_is_explained(door: Callable[..., Door]) -> None:
    ada = door()
    await ada.start()
    replies = await ada.skip()
    assert kinds(replies) == ["grade", "explanation", "question"]
    assert {line.verdict for line in of(GradeReply, replies).points} == {MISSED}
    (question,) = of(DebriefReply, await ada.stop()).questions
    assert (question.skipped, question.score) == (True, 0)


async def test_skipping_after_an_answer_keeps_what_it_earned(door: Callable[..., Door]) -> None:
    ada = door("~")
    await ada.start()
    await ada.say()
    assert of(GradeReply, await ada.skip()).score == pytest.approx(0.5)


async def test_resuming_shows_the_question_again_and_the_probe_that_stands_open(door: Callable[..., Door]) -> None:
    ada = door("-")
    first = of(QuestionReply, await ada.start())
    assert kinds(await ada.pause()) == ["notice"]
    assert await ada.resume() == [first]
    probe = of(ProbeReply, await ada.say())
    await ada.pause()
    assert (await ada.session()).status is Status.PAUSED
    assert await ada.resume() == [first, probe]
    assert (await ada.session()).status is Status.ACTIVE


async def test_stopping_reports_the_open_question_only_if_it_was_answered(door: Callable[..., Door]) -> None:
    ada = door("~")
    await ada.start()
    await ada.say()
    await ada.skip()
    assert len(of(DebriefReply, await ada.stop()).questions) == 1
    bob = door("~", session_id="s2", person="bob")
    await bob.start()
    await bob.say()
    assert len(of(DebriefReply, await bob.stop()).questions) == 1


async def test_stopping_before_any_answer_reports_nothing(door: Callable[..., Door]) -> None:
    ada = door()
    await ada.start()
    assert await ada.stop() == [NoticeReply(text="Nothing was answered, so there is nothing to report.")]


@pytest.mark.parametrize("answered", [True, False], ids=["answered", "unanswered"])
@pytest.mark.parametrize("send", TYPED.values(), ids=TYPED.keys())
async def test_after_the_end_nothing_is_asked_graded_or_hinted(
    door: Callable[..., Door], store: Store, send: Send, answered: bool
) -> None:
    ada = door("-")
    await ada.start()
    if answered:
        await ada.say()
    await ada.stop()
    before = await kept(ada, store)
    replies = await send(ada)
    assert kinds(replies) == ["notice"]
    assert "/drill" in of(NoticeReply, replies).text
    assert (await kept(ada, store))[len(before) + 1 :] == ["replied", "shown"]


async def test_after_the_end_the_question_that_stood_open_is_answered(door: Callable[..., Door]) -> None:
    ada = door()
    await ada.start(topic="probability")
    await ada.stop()
    assert kinds(await ada.ask("what is bayes?")) == ["answer"]


async def test_a_hint_costs_half_of_its_point_and_there_are_two_a_point(door: Callable[..., Door]) -> None:
    ada = door("+")
    await ada.start(topic="probability")
    hint = of(HintReply, await ada.hint())
    assert (hint.text, "half" in hint.cost) == ("What about a in bayes?", True)
    assert [kinds(await ada.hint()) for _ in range(5)] == [["hint"]] * 5
    assert kinds(await ada.hint()) == ["notice"]
    assert of(GradeReply, await ada.say()).score == pytest.approx(0.5)


async def test_a_point_that_nobody_could_score_is_marked_by_its_number(door: Callable[..., Door]) -> None:
    ada = door("+?-", "?")
    await ada.start()
    await ada.say()
    await ada.skip()
    card = of(GradeReply, await ada.mark(2, PARTIAL))
    assert card.score == pytest.approx(0.5 + 0.15)
    assert [(line.verdict, line.marked) for line in card.points] == [(MET, False), (PARTIAL, True), (MISSED, False)]
    await ada.say()
    await ada.skip()
    assert of(GradeReply, await ada.mark(1)).question != card.question
    assert of(DebriefReply, await ada.stop()).questions[0].score == pytest.approx(0.65)


@pytest.mark.parametrize(
    ("question", "number"),
    [(None, 1), (None, 3), (None, 4), (2, 2), (99, 2)],
    ids=["met", "missed", "no such point", "question still open", "no such question"],
)
async def test_only_an_unscored_point_of_a_finished_question_can_be_marked(
    door: Callable[..., Door], store: Store, question: int | None, number: int
) -> None:
    ada = door("+?-")
    await ada.start()
    await ada.say()
    await ada.skip()
    assert kinds(await ada.mark(number, MET, question)) == ["notice"]
    assert "marked" not in await kept(ada, store)


async def test_a_point_is_marked_once(door: Callable[..., Door]) -> None:
    ada = door("?")
    await ada.start()
    await ada.say()
    await ada.skip()
    assert kinds(await ada.mark(1, MISSED)) == ["grade"]
    assert kinds(await ada.mark(1, MET)) == ["notice"]


async def test_before_a_first_question_is_over_there_is_nothing_to_mark(door: Callable[..., Door]) -> None:
    ada = door("?")
    await ada.start()
    assert kinds(await ada.mark(1)) == ["notice"]
    await ada.say()
    assert kinds(await ada.mark(1)) == ["notice"]
