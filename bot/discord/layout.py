"""What fits into one message of components. Everything else goes into a further one."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import discord
from discord import ui

from bot.surface.cards import Document
from bot.surface.pictures import Picture
from bot.surface.pieces import pieces

TEXT = 3_800  # characters in all; Discord takes 4,000, and of some letters one may count as two there
COMPONENTS = 40  # nested ones too
FILES = 10


Block = str | Picture | Document | ui.ActionRow[Any]
"""What a card is made of: Markdown, a picture, a file, a row of buttons or a select."""


@dataclass(frozen=True)
class Card:
    """A message of components. Its files are made anew each time: sending uses one up."""

    view: ui.LayoutView
    attached: tuple[tuple[str, bytes], ...] = ()

    @property
    def files(self) -> tuple[discord.File, ...]:
        """The files that the view shows."""
        return tuple(discord.File(io.BytesIO(data), name) for name, data in self.attached)


@dataclass(frozen=True)
class _Part:
    """One component, and what it takes of a message."""

    item: ui.Item[Any]
    text: int = 0
    components: int = 1
    attached: tuple[tuple[str, bytes], ...] = ()


@dataclass
class _Page:
    """The components of one message; one more is for what holds them."""

    parts: list[_Part] = field(default_factory=list[_Part])

    def takes(self, part: _Part) -> bool:
        parts = [*self.parts, part]
        return (
            sum(p.text for p in parts) <= TEXT
            and sum(p.components for p in parts) < COMPONENTS
            and sum(len(p.attached) for p in parts) <= FILES
        )


def laid_out(blocks: Iterable[Block], colour: discord.Colour | None = None) -> list[Card]:
    """The blocks in order, in as many messages as they need; with a colour framed in it."""
    pages = [_Page()]
    for part in (part for block in blocks for part in _parts(block)):
        if not pages[-1].takes(part):
            pages.append(_Page())
        pages[-1].parts.append(part)
    return [_card(page, colour) for page in pages if page.parts]


def _parts(block: Block) -> Iterator[_Part]:
    match block:
        case str():
            for text in pieces(block, TEXT):
                yield _Part(ui.TextDisplay(text), text=len(text))
        case Picture(name, png, alt):
            # A gallery of its own: several in one are cropped to squares.
            gallery = ui.MediaGallery[Any](discord.MediaGalleryItem(f"attachment://{name}", description=alt))
            yield _Part(gallery, attached=((name, png),))
        case Document(name, text):
            yield _Part(ui.File(f"attachment://{name}"), attached=((name, text.encode()),))
        case ui.ActionRow():
            yield _Part(block, components=1 + len(block.children))


def _card(page: _Page, colour: discord.Colour | None) -> Card:
    view = ui.LayoutView(timeout=None)
    items = [part.item for part in page.parts]
    for item in [ui.Container[Any](*items, accent_colour=colour)] if colour else items:
        view.add_item(item)
    return Card(view, tuple(file for part in page.parts for file in part.attached))
