"""`viva progress` on the screen, as a picture and as a page; and what a chat makes of goals and sureness."""

import shutil
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bot.compose import App
from bot.errors import UsageError
from bot.store.store import Store
from bot.terminal.chat import PERSON, Chat
from bot.terminal.remembering import show
from tests.coach.scripted import Door, ScriptedJudge
from tests.surface.apps import app_of


@pytest.fixture
async def app(tmp_path: Path, fresh_database: Path) -> AsyncIterator[App]:
    shutil.copyfile(fresh_database, tmp_path / "viva.sqlite3")
    store = await Store.open(f"sqlite:///{tmp_path / 'viva.sqlite3'}")
    yield app_of(store, ScriptedJudge(always="+"), tmp_path)
    await store.close()


async def typed(app: App, *lines: str) -> str:
    """What a chat shows to whom types these lines."""

    async def given() -> AsyncIterator[str]:
        for line in lines:
            yield line

    shown = StringIO()
    await Chat(app, Console(file=shown, width=100), interactive=False).run(given())
    return " ".join(shown.getvalue().split())


async def answered(app: App) -> None:
    door = Door(app.coach, person=PERSON, place="elsewhere")
    await door.start(topic="kl", questions=1)
    await door.say()


async def test_a_page_and_a_picture_are_written_where_that_was_asked_for(app: App, tmp_path: Path) -> None:
    await answered(app)
    page, picture = tmp_path / "page.html", tmp_path / "chart.png"
    assert await show(app, html=page, png=picture) == 0
    assert "it is the expected log loss" in page.read_text(encoding="utf-8")
    assert picture.read_bytes().startswith(b"\x89PNG")


async def test_what_cannot_be_written_is_told_in_a_sentence(app: App, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Nothing has been graded yet"):
        await show(app, png=tmp_path / "chart.png")
    with pytest.raises(UsageError, match=r"cannot be written \(.*\); name another file"):
        await show(app, html=tmp_path / "no" / "page.html")


async def test_the_screen_shows_mastery_also_after_it_was_worked_out_anew(
    app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    await answered(app)
    await show(app)
    first = capsys.readouterr().out
    await show(app, rebuild=True)
    assert capsys.readouterr().out == first
    assert "losses" in first
    assert "100 %" in first


async def test_a_chat_takes_a_goal_and_how_sure_an_answer_is(app: App) -> None:
    shown = await typed(app, "/goal 3", "/sure on", "/drill kl 1", "it is the log loss !4", "/stop", "/progress")
    assert "Your goal is 3 questions a day; each chat begins with how the day stands." in shown
    assert "End your answer with !1 (guessing) to !5 (certain)." in shown
    assert "“it is the log loss”" in shown
    assert "off by a Brier score of 0.06 over 1 question" in shown
    assert "Today 1 of 3 questions." in shown


@pytest.mark.parametrize("said", [(), ("fine",)], ids=["not answered", "answered"])
async def test_taken_up_again_a_question_asks_how_sure_until_it_is_answered(app: App, said: tuple[str, ...]) -> None:
    shown = await typed(app, "/sure on", "/drill kl 1", *said, "/pause", "/resume", "/stop")
    assert shown.count("Question 1 of 1") == 2
    assert shown.count("End your answer with !1") == (1 if said else 2)


async def test_whoever_is_not_asked_how_sure_they_are_may_end_an_answer_as_they_like(app: App) -> None:
    assert "“it is 5 !4”" in await typed(app, "/drill kl 1", "it is 5 !4", "/stop")
