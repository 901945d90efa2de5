"""Answers from the notes, never from outside them, every piece with the note it comes from."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.coach.reply import AnswerReply, Delta, NoticeReply
from bot.errors import ModelError
from bot.grading.evidence import sentences
from bot.llm import ModelClient
from knowledge.index import Field
from knowledge.library import Library
from knowledge.note import EXAMPLE, Note
from knowledge.search import Findings
from prompts.render import edition, render

Find = Callable[[str, str], Awaitable[Findings]]
"""What the notes have for a query and the turn before it."""

_NOT_IN_NOTES = "NOT IN NOTES"
_CITATION = re.compile(r"\[([a-z0-9-]+)\]")
_SENTENCE = re.compile(r"(?s)(.+?(?:\[[a-z0-9-]+\])+[.!?]?)(?:\s+|$)")
_CLOSE = 0.85  # a second note is worth citing when it scores nearly as high as the first


@dataclass(frozen=True)
class _Passage:
    note_id: str
    text: str


class Answerer:
    """Finds the notes for a question and answers from them."""

    def __init__(
        self, library: Library, find: Find, client: ModelClient | None = None, model: str | None = None
    ) -> None:
        self._library = library
        self._find = find
        self._client = client
        self._model = model

    async def answer(
        self, query: str, context: str = "", *, closed: Sequence[str] = (), person: str = "", plain: bool = False
    ) -> AsyncIterator[Delta | AnswerReply | NoticeReply]:
        """Pieces of an answer, then the whole; a notice where the notes cannot or may not answer.

        `context` is the turn before, for a query that leans on it. `closed` are the notes whose question
        is open in a session: answering would give it away. `plain` asks a model for everyday words.
        """
        if not query.strip():
            yield NoticeReply(text="Ask something after /ask, for example: /ask what is dropout?")
            return
        findings = await self._find(query, context)
        best = findings.hits[0]
        if findings.outside:
            near = " and ".join(dict.fromkeys(hit.note_id for hit in findings.hits[:2]))
            yield NoticeReply(text=f"That is outside what my notes cover; the nearest are {near}.")
            return
        if best.note_id in closed:
            yield NoticeReply(text="That is the question on the table; /hint gives a nudge, /skip shows the answer.")
            return
        cited = [h.note_id for h in findings.hits if h.score >= _CLOSE * best.score and h.note_id not in closed]
        passages = [_Passage(note_id, text) for note_id in cited for text in self._library[note_id].passages]
        if self._client and self._model:
            async for item in self._from_model(
                self._client, self._model, findings.query, passages, person, plain=plain
            ):
                yield item
                if isinstance(item, AnswerReply):
                    return
        yield self._authored(findings)

    async def _from_model(
        self,
        client: ModelClient,
        model: str,
        query: str,
        passages: Sequence[_Passage],
        person: str,
        *,
        plain: bool,
    ) -> AsyncIterator[Delta | AnswerReply | NoticeReply]:
        """The model's sentences that cite a note they were given; others are not shown."""
        prompt = render("ask", question=query, passages=passages, plain=plain)
        known = {passage.note_id for passage in passages}
        buffer, kept = "", list[str]()
        try:
            async for piece in client.stream(model, prompt, person=person):
                buffer += piece
                while (match := _SENTENCE.match(buffer)) and match.end() < len(buffer):
                    buffer = buffer[match.end() :]
                    if sentence := _cited(match[1], known):
                        kept.append(sentence)
                        yield Delta(text=sentence + " ", markdown=True)
        except ModelError as error:
            yield NoticeReply(text=f"The chat model ({model}) {error}; this is the note's own text.")
            return
        if (match := _SENTENCE.match(buffer)) and (sentence := _cited(match[1], known)):
            kept.append(sentence)
        if kept:
            ids = tuple(dict.fromkeys(_CITATION.findall(" ".join(kept))))
            yield AnswerReply(text=" ".join(kept), note_ids=ids, model=model, prompt=edition("ask"))
        elif _NOT_IN_NOTES not in buffer:
            yield NoticeReply(text=f"The chat model ({model}) cited no note; this is the note's own text.")

    def _authored(self, findings: Findings) -> AnswerReply:
        """The best note's short answer, and its paragraph nearest to the question."""
        best = findings.hits[0]
        note = self._library[best.note_id]
        pieces = [note.short]
        if best.entry.field is Field.PASSAGE and best.entry.text in _further(note):
            pieces.append(best.entry.text)
        return AnswerReply(text="\n\n".join(pieces), note_ids=(note.id,))


def _further(note: Note) -> tuple[str, ...]:
    example = note.sections.get(EXAMPLE, "")
    return tuple(passage for passage in note.passages if passage in note.full or passage in example)


def _cited(sentence: str, known: set[str]) -> str | None:
    # What stands before it without a citation of its own is not from the notes.
    last = sentences(sentence)[-1]
    cited = set(_CITATION.findall(last))
    return last if cited and cited <= known else None
