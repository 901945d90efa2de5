"""The pictures of docs/discord.md, by headless Chromium: python -m tests.discord.pictures."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageChops

from bot.coach.reply import ExplanationReply
from bot.discord.cards import cards
from knowledge.library import load
from tests.discord.page import told
from tests.discord.preview import DARK, LIGHT, Message, page, with_files
from tests.discord.story import Story
from tests.discord.test_cards import SESSION, body

FOLDER = Path(__file__).parents[2] / "docs" / "discord"
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
_WIDTH, _TALL = 672, 3000
_COLOURS = 64  # of a picture, so that it stays small


def shots(stories: Mapping[str, Story]) -> dict[str, tuple[list[Message], Mapping[str, str]]]:
    """What is on each picture, and in which theme."""
    drill, interview, panel = stories["drill"], stories["interview"], stories["panel"]
    note = load()["self-attention"]
    explained = cards(ExplanationReply(note_id=note.id, text=note.short), session_id=SESSION)
    formulas = [with_files(body(card), card.attached) for card in explained]
    return {
        "question": (drill.messages("Question 1 of 2"), DARK),
        "grade": ([*drill.messages("Grade 36 %"), *formulas], DARK),
        "progress": (drill.messages("Your progress"), DARK),
        "debrief": (interview.messages("Debrief"), LIGHT),
        "ballot": (panel.messages("The panel votes", "Your vote"), DARK),
    }


def draw(name: str, messages: list[Message], theme: Mapping[str, str], folder: Path = FOLDER) -> Path:
    """One picture, cut to what is on it."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser, "pictures need chromium"
    target = folder / f"{name}.png"
    with TemporaryDirectory() as scratch:
        html, shot = Path(scratch) / "page.html", Path(scratch) / "shot.png"
        html.write_text(page(messages, theme), encoding="utf-8")
        size = (f"--window-size={_WIDTH},{_TALL}", f"--user-data-dir={scratch}/profile", f"--screenshot={shot}")
        subprocess.run([browser, *_FLAGS, *size, html.as_uri()], check=True, capture_output=True, timeout=120)
        _cut(Image.open(shot).convert("RGB")).save(target, optimize=True)
    return target


def _cut(picture: Image.Image) -> Image.Image:
    """Without the empty page below, in few colours."""
    empty = Image.new("RGB", picture.size, picture.getpixel((0, picture.height - 1)))
    box = ImageChops.difference(picture, empty).getbbox()
    assert box, "there is nothing on the picture"
    return picture.crop((0, 0, picture.width, min(picture.height, box[3] + 16))).quantize(_COLOURS)


def main() -> None:
    """Draw all of them again."""
    FOLDER.mkdir(exist_ok=True)
    for name, (messages, theme) in shots(told()).items():
        draw(name, messages, theme)


if __name__ == "__main__":
    main()
