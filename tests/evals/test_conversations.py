"""The conversations that ship with the evals go as they must: `viva eval conversation`, with the shipped judge."""

from pathlib import Path

from bot.grading.embedded import EmbeddedJudge
from bot.grading.matching import Matcher
from evals import cases
from evals.conversation import Conversation, ConversationCase
from evals.gates import failures
from evals.plan import Plan
from knowledge.index import Index
from knowledge.library import Library
from knowledge.minilm import MiniLM
from knowledge.search import Search


async def test_every_conversation_goes_as_it_must(
    library: Library, embedder: MiniLM, notes_index: Path, tmp_path: Path
) -> None:
    held = cases.read(ConversationCase, cases.files("conversation"))
    search = Search(library, Index.open(library, embedder, notes_index))
    task = Conversation(held, library, search, EmbeddedJudge(Matcher(embedder)))
    report = await Plan(tmp_path, split="all").carry_out(task, "embedded")
    assert (report["summary"]["broken"], failures(report)) == ({}, [])
