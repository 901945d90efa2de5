"""The Home tab of somebody who has just come, of somebody who has drilled, and of somebody who may change settings."""

from __future__ import annotations

import pytest

from bot.coach.coach import TopicProgress
from bot.slack import actions, blocks
from bot.slack.home import home, weakest
from bot.surface.privacy import privacy_text
from bot.surface.servers import ServerSettings
from tests.slack.reading import read
from tests.slack.rules import broken, walk
from tests.slack.shapes import Json
from tests.surface.replies import TYPED

ROWS = [
    TopicProgress("attention", 2, 0.9),
    TopicProgress("losses", 4, 0.25),
    TopicProgress("optimisation", 1, 1.0),
    TopicProgress("probability", 3, 0.5),
    TopicProgress("sampling", 1, 0.75),
]
ABOUT = privacy_text("Slack", kept_days=30, models=True)


def view(rows: list[TopicProgress], *, uploaded: bool = True, settings: ServerSettings | None = None) -> Json:
    files = {"progress.png": "F1"} if uploaded else {}
    return home(rows, shown=blocks.progress(rows), files=files, settings=settings, about=ABOUT)


def wrong(shown: Json, *meant: str) -> list[str]:
    return broken("views.publish", {"user_id": "U1", "view": shown}, meant)


def buttons(shown: Json) -> dict[str, Json]:
    return {part["text"]["text"]: part for part in walk(shown["blocks"]) if part["type"] == "button"}


def test_whoever_has_drilled_sees_a_chart_and_what_to_drill_next() -> None:
    shown = view(ROWS)
    assert wrong(shown) == []
    (chart,) = [block for block in shown["blocks"] if block["type"] == "image"]
    assert chart["slack_file"] == {"id": "F1"}
    assert "losses: 25 % (4 questions)" in read(shown["blocks"])
    offered = [actions.drilled(button) for button in buttons(shown).values()]
    assert [topic for topic in offered if topic is not None] == ["losses", "probability", "sampling", ""]


def test_what_is_due_is_offered_where_something_is() -> None:
    shown = view([TopicProgress("losses", 4, 0.9, 0.5, 0.97, 2)])
    assert wrong(shown) == []
    assert actions.drilled(buttons(shown)["What is due again"]) == "due"
    assert "losses: 90 % (4 questions), between 50 and 97 %, 2 due" in read(shown["blocks"])


def test_whoever_has_just_come_is_told_how_to_begin() -> None:
    shown = view([])
    assert wrong(shown) == []
    assert read(shown["blocks"]).startswith("Nothing has been graded yet; /viva drill starts.")
    assert actions.drilled(buttons(shown)["A mix of everything"]) == ""


def test_a_chart_that_could_not_be_uploaded_is_told_in_words() -> None:
    shown = view(ROWS, uploaded=False)
    assert wrong(shown) == []
    assert "Bar chart of the mastery by topic: attention 90 %" in read(shown["blocks"])


def test_what_went_perfectly_is_not_drilled_next() -> None:
    assert weakest(ROWS) == ["losses", "probability", "sampling"]
    assert weakest([TopicProgress("losses", 1, 1.0)]) == []


def test_ones_data_can_be_handed_over_and_removed_and_what_is_kept_is_said() -> None:
    shown = view(ROWS)
    assert buttons(shown)["Export"]["action_id"] == actions.EXPORT
    assert buttons(shown)["Forget me"]["confirm"]["style"] == "danger"
    assert "For how long: 30 days here" in read(shown["blocks"])
    assert "/viva export gives you everything as files, /viva forget removes" in read(shown["blocks"])


def test_settings_are_for_those_who_may_change_them() -> None:
    settings = ServerSettings(channels=("C1", "C2"), daily_questions=7, plain=True, retention_days=1)
    shown = view(ROWS, settings=settings)
    assert wrong(shown, "<#C1>", "<#C2>") == []
    said = read(shown["blocks"])
    assert "Questions for each person: 7 a day\nLanguage of a model: plain, everyday words\nKept for 1 day" in said
    assert buttons(shown)["Change"]["action_id"] == actions.SETTINGS
    assert "Change" not in buttons(view(ROWS))
    assert "Where sessions may be held: everywhere\nQuestions for each person: no limit" in read(
        view([], settings=ServerSettings())["blocks"]
    )


@pytest.mark.parametrize("typed", ["mentions", "marks", "entities", "one word"])
def test_whatever_a_topic_is_called_the_home_is_one_that_slack_takes(typed: str) -> None:
    rows = [TopicProgress(f"{n} {TYPED[typed]}"[:200], 1, 0.1) for n in range(40)]
    assert wrong(view(rows)) == []
