"""Answers from the notes: every piece cites its note, and nothing comes from elsewhere."""

from collections.abc import Sequence

import pytest

from bot.coach.answers import Answerer, Find
from bot.coach.reply import AnswerReply, Delta, NoticeReply
from bot.llm import ModelClient
from knowledge.index import Entry, Field
from knowledge.library import Library
from knowledge.search import Findings, Hit
from prompts.render import edition
from tests.coach.models import MODEL, client_of
from tests.coach.notes import note
from tests.loopback import ScriptedServer
from tests.model_replies import Fault

LIBRARY = Library([note("kl"), note("dropout"), note("bayes")])


def hit(note_id: str, score: float = 1.0, text: str = "a question", field: Field = Field.QUESTION) -> Hit:
    return Hit(note_id, score, score, 0.0, Entry(note_id, field, text))


def finding(*hits: Hit, in_scope: float = 0.9) -> Find:
    """A search that finds this for every query."""

    async def find(query: str, context: str) -> Findings:
        return Findings(query, hits, in_scope)

    return find


async def asked(
    find: Find, query: str = "what is it?", *, closed: Sequence[str] = (), client: ModelClient | None = None
) -> tuple[str, list[AnswerReply | NoticeReply]]:
    """What was streamed as Markdown, and the replies."""
    answerer = Answerer(LIBRARY, find, client, MODEL if client else None)
    items = [item async for item in answerer.answer(query, closed=closed, person="ada")]
    streamed = "".join(item.text for item in items if isinstance(item, Delta) and item.markdown)
    return streamed, [item for item in items if not isinstance(item, Delta)]


async def said(server: ScriptedServer, find: Find, *, closed: Sequence[str] = ()) -> list[AnswerReply | NoticeReply]:
    async with client_of(server) as client:
        return (await asked(find, closed=closed, client=client))[1]


async def test_the_best_notes_short_answer_is_given_with_its_source() -> None:
    _, replies = await asked(finding(hit("kl"), hit("dropout", 0.5)))
    assert replies == [AnswerReply(text="In short, kl is this.", note_ids=("kl",))]


async def test_a_paragraph_nearer_to_the_question_is_added_with_its_source() -> None:
    _, replies = await asked(finding(hit("kl", text="And more.", field=Field.PASSAGE)))
    assert replies == [AnswerReply(text="In short, kl is this.\n\nAnd more.", note_ids=("kl",))]


async def test_the_short_answer_is_not_given_twice() -> None:
    _, replies = await asked(finding(hit("kl", text="In short, kl is this.", field=Field.PASSAGE)))
    assert replies == [AnswerReply(text="In short, kl is this.", note_ids=("kl",))]


def worded(text: str, *note_ids: str) -> AnswerReply:
    """What a model made of the notes, and by which prompt."""
    return AnswerReply(text=text, note_ids=note_ids, model="tiny", prompt=edition("ask"))


async def test_what_the_notes_do_not_cover_is_said_to_be_outside() -> None:
    _, replies = await asked(finding(hit("kl"), hit("kl", 0.9), hit("dropout", 0.8), in_scope=0.49))
    assert [type(reply) for reply in replies] == [NoticeReply]
    assert "outside what my notes cover" in replies[0].text


async def test_the_nearest_notes_are_named_when_the_question_is_outside() -> None:
    _, replies = await asked(finding(hit("kl"), hit("dropout", 0.8), hit("bayes", 0.7), in_scope=0.1))
    assert "kl and dropout" in replies[0].text
    assert "bayes" not in replies[0].text


@pytest.mark.parametrize("query", ["", " \n"])
async def test_an_empty_question_is_told_what_to_type(query: str) -> None:
    async def never(query: str, context: str) -> Findings:
        raise AssertionError("there is nothing to look for")

    _, replies = await asked(never, query)
    assert [type(reply) for reply in replies] == [NoticeReply]
    assert "/ask" in replies[0].text


async def test_the_question_on_the_table_is_not_answered() -> None:
    with ScriptedServer() as server:
        replies = await said(server, finding(hit("kl"), hit("dropout", 0.99)), closed=["kl"])
        assert server.requests == []
    assert [type(reply) for reply in replies] == [NoticeReply]
    assert "In short" not in replies[0].text


async def test_a_model_gets_the_notes_that_fit_as_well_as_the_best_but_never_the_open_one() -> None:
    with ScriptedServer() as server:
        server.say("It is this [dropout].")
        await said(server, finding(hit("dropout"), hit("kl", 0.95), hit("bayes", 0.5)), closed=["kl"])
        told = server.requests[0].text
    assert "In full, dropout is that." in told
    assert "is that" not in told.replace("In full, dropout is that.", "")


async def test_a_model_is_given_a_second_note_that_fits_as_well() -> None:
    with ScriptedServer() as server:
        server.say("One is this [kl]. The other is that [dropout].")
        replies = await said(server, finding(hit("dropout"), hit("kl", 0.95)))
        assert "In full, kl is that." in server.requests[0].text
    assert replies == [worded("One is this [kl]. The other is that [dropout].", "kl", "dropout")]


KEPT = "KL is a mean of log ratios [kl]."


@pytest.mark.parametrize(
    "said_by_model",
    [
        KEPT,
        f"{KEPT} It was invented in 1066.",
        f"It was invented in 1066. {KEPT}",
        f"{KEPT} It was invented in 1066. Nobody knows why!",
        f"{KEPT} It was invented in 1066 [wikipedia].",
        f"It was invented in 1066 [wikipedia]. {KEPT}",
        f"{KEPT} It was invented in 1066 [kl][wikipedia].",
        f"{KEPT} It drops units [dropout].",
        f"Sure! {KEPT}",
        f"Here is what the notes say:\n\n{KEPT}\n",
    ],
)
async def test_a_models_sentence_is_kept_only_with_the_note_it_was_given(said_by_model: str) -> None:
    with ScriptedServer() as server:
        server.say(said_by_model)
        replies = await said(server, finding(hit("kl"), hit("dropout", 0.5)))
    assert replies == [worded(KEPT, "kl")]


@pytest.mark.parametrize(
    "sentence",
    [
        "For p = 0.9 it is 0.1163 nats, i.e. more than nothing [kl].",
        "KL is zero only for q = p [kl]",
        "It is a mean [kl][kl].",
        "It holds e.g. for soft labels, see Fig. 2 [kl].",
    ],
)
async def test_a_cited_sentence_is_kept_whole(sentence: str) -> None:
    with ScriptedServer() as server:
        server.say(sentence)
        replies = await said(server, finding(hit("kl")))
    assert replies == [worded(sentence, "kl")]


async def test_only_kept_sentences_are_streamed() -> None:
    with ScriptedServer() as server:
        server.say(f"It was invented in 1066 [wikipedia]. {KEPT} It is not symmetric [kl].")
        async with client_of(server) as client:
            streamed, replies = await asked(finding(hit("kl")), client=client)
    assert replies[-1].text.startswith(streamed.strip())
    assert "KL is a mean" in streamed
    assert "1066" not in streamed


@pytest.mark.parametrize("claim", ["KL was invented in 1066.", "KL was invented in 1066 [wikipedia]."])
async def test_a_model_that_cites_nothing_leaves_the_answer_to_the_note_and_it_is_said(claim: str) -> None:
    with ScriptedServer() as server:
        server.say(claim)
        notice, answer = await said(server, finding(hit("kl")))
    assert notice == NoticeReply(text=f"The chat model ({MODEL}) cited no note; this is the note's own text.")
    assert answer == AnswerReply(text="In short, kl is this.", note_ids=("kl",))


async def test_a_model_that_finds_nothing_in_the_notes_leaves_the_answer_to_the_note() -> None:
    with ScriptedServer() as server:
        server.say("NOT IN NOTES")
        replies = await said(server, finding(hit("kl")))
    assert replies == [AnswerReply(text="In short, kl is this.", note_ids=("kl",))]


@pytest.mark.parametrize("fault", [f for f in Fault if f not in (Fault.SLOW, Fault.WRONG_SCHEMA)])
async def test_a_model_that_fails_leaves_the_answer_to_the_note_and_it_is_said(fault: Fault) -> None:
    with ScriptedServer() as server:
        server.fail(fault, times=3)
        notice, answer = await said(server, finding(hit("kl")))
    assert notice.text.startswith(f"The chat model ({MODEL}) ")
    assert notice.text.endswith("; this is the note's own text.")
    assert answer == AnswerReply(text="In short, kl is this.", note_ids=("kl",))
