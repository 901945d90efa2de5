"""What fits into one message of Slack's blocks. Everything else goes into a further one."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.slack import actions
from bot.slack.kit import Json, context, header
from bot.slack.rich import quote, rich
from bot.slack.text import inert, mrkdwn, unmentioning
from bot.surface import cards
from bot.surface.cards import Click, Document, Passage
from bot.surface.marking import PLACEHOLDER, Marking
from bot.surface.pictures import Picture
from bot.surface.pieces import pieces
from bot.surface.words import brief

Block = Json | Picture | Document
"""What a message is made of: a block as Slack has it, a picture or a file."""

PIECE, SMALL, HEADER = 2_500, 1_000, 150  # characters of CommonMark, of small print, of a title
BLOCKS = 50
TEXT = 4_000  # characters that a message says in all: `text` is to say it too, and Slack advises no more there
SIZE = 11_000  # characters of its blocks as JSON: Slack gives up somewhere beyond 12,000 and does not say where


@dataclass(frozen=True)
class Message:
    """A message: what it says, for notifications and screen readers, and the blocks that show it."""

    text: str
    blocks: tuple[Block, ...]

    def rendered(self, files: Mapping[str, str]) -> list[Json]:
        """The blocks as Slack takes them; `files` are the ids of what has been uploaded, by name.

        A picture without one is told in words. A document is no block: it is uploaded into the conversation.
        """
        return [_shown(block, files) for block in self.blocks if not isinstance(block, Document)]

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """What has to be uploaded before the message is posted."""
        return tuple(block for block in self.blocks if isinstance(block, Picture))

    @property
    def documents(self) -> tuple[Document, ...]:
        """What goes with the message as a file."""
        return tuple(block for block in self.blocks if isinstance(block, Document))


@dataclass(frozen=True)
class Quote:
    """What somebody wrote, of any length."""

    text: str


@dataclass(frozen=True)
class _Part:
    """One block, what it says to whoever sees no blocks, and what it takes of a message.

    What its buttons are called is said only where there is nothing else to say.
    """

    block: Block
    told: str
    size: int
    label: str = ""


@dataclass
class _Page:
    """The blocks of one message."""

    parts: list[_Part] = field(default_factory=list[_Part])

    def takes(self, part: _Part) -> bool:
        parts = [*self.parts, part]
        return not self.parts or (
            len(parts) <= BLOCKS
            and sum(len(p.told) + 1 for p in parts) <= TEXT
            and sum(p.size + 2 for p in parts) <= SIZE
        )

    def message(self) -> Message:
        texts = [part.told for part in self.parts if part.told] or [part.label for part in self.parts]
        # One block alone may be longer escaped than it is.
        return Message(brief("\n".join(texts), TEXT), tuple(part.block for part in self.parts))


def laid_out(blocks: Iterable[cards.Block | Quote]) -> list[Message]:
    """The blocks in order, in as many messages as they need. Buttons in a row share a block."""
    pages = [_Page()]
    for part in _parts(blocks):
        if not pages[-1].takes(part):
            pages.append(_Page())
        pages[-1].parts.append(part)
    return [page.message() for page in pages if page.parts]


def _parts(blocks: Iterable[cards.Block | Quote]) -> Iterator[_Part]:
    row: list[Click] = []
    for block in blocks:
        if isinstance(block, Click):
            row.append(block)
            continue
        yield from _row(row)
        row = []
        yield from _parts_of(block)
    yield from _row(row)


def _row(clicks: list[Click]) -> Iterator[_Part]:
    if clicks:
        buttons = actions.row(clicks)
        yield _Part(buttons, "", _size(buttons), " · ".join(click.label for click in clicks))


def _parts_of(block: Passage | Quote | Picture | Document | Marking) -> Iterator[_Part]:
    match block:
        case Passage(text, title, small):
            for piece in pieces(unmentioning(title), HEADER):
                yield _part(header(piece), f"*{inert(piece)}*")
            if small:
                yield from (_part(context(piece), piece) for piece in map(mrkdwn, pieces(text, SMALL)))
            else:
                yield from _rich(text, PIECE)
        case Quote(text):
            for piece in pieces(text, PIECE):
                yield _part(quote(piece), "\n".join(f"> {line}" for line in inert(piece).splitlines()))
        case Picture():
            told = inert(block.alt)
            yield _Part(block, told, max(_size(_shown(block, {})), _size(_shown(block, {block.name: "F" + "0" * 20}))))
        case Document(name):
            yield _Part(block, "", 0, inert(name))
        case Marking():
            marking = actions.marking(block)
            yield _Part(marking, "", _size(marking), PLACEHOLDER)


def _rich(text: str, limit: int) -> Iterator[_Part]:
    """CommonMark in pieces; of what is nothing but marks few characters make a large block."""
    for piece in pieces(text, limit):
        block = rich(piece)
        if _size(block) > SIZE:
            yield from _rich(piece, limit // 2)
        elif block["elements"]:
            yield _part(block, mrkdwn(piece))


def _part(block: Json, told: str) -> _Part:
    return _Part(block, told, _size(block))


def _size(block: Json) -> int:
    return len(json.dumps(block, ensure_ascii=False))


def _shown(block: Json | Picture, files: Mapping[str, str]) -> Json:
    if not isinstance(block, Picture):
        return block
    if block.name not in files:
        return context(inert(block.alt))
    return {"type": "image", "slack_file": {"id": files[block.name]}, "alt_text": unmentioning(block.alt)}
