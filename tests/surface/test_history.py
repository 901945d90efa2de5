"""One page with everything: whatever people wrote stays text, and nothing is loaded from elsewhere."""

import re
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest

from bot.coach.concepts import Diary, lived, recalled
from bot.coach.debrief import debrief
from bot.coach.goals import Wishes
from bot.coach.history import Past
from bot.coach.progress import progress
from bot.surface.history import page
from knowledge.library import Library
from tests.coach.notes import MET, MISSED, belief, note
from tests.coach.story import NOON, Story

EVIL = '<script>alert("x")</script> & {{ 7 * 7 }} [a](javascript:alert(1))'
LIBRARY = Library([note("kl"), note("bayes", topic="probability")])


class Read(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags = list[str]()
        self.text = list[str]()
        self.addresses = list[str]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def html() -> str:
    story = Story(*LIBRARY).ask("kl").answer(MET, MISSED, text=EVIL, sure=2, beliefs=[belief()]).finish()
    concepts, diary = recalled(lived("s1", story.events))
    known = progress(concepts, diary, Wishes(goal=1), LIBRARY, NOON + timedelta(days=2))
    report = debrief(story.session, LIBRARY)
    assert report
    return page(known, [Past(date(2026, 5, 4), report, tuple(e.answers for e in story.session.history))], LIBRARY)


def test_every_answer_stands_there_with_its_grade_its_evidence_and_the_note(html: str) -> None:
    text = " ".join(" ".join(Read(html).text).split())
    assert text.count(EVIL) == 2  # what was said, and as evidence
    for told in (LIBRARY["kl"].rubric[0].point, "In short, kl is this.", "2026-05-04 · drill · 1 question · 50 %"):
        assert told in text
    assert "kl is easy. It is not." in text
    assert "the Brier score is 0.06" in text


def test_what_people_wrote_is_only_text_and_nothing_is_loaded(html: str) -> None:
    read = Read(html)
    assert "script" not in read.tags
    assert {re.split("[:#]", address)[0] for address in read.addresses} <= {"", "data"}
    assert read.tags.count("img") == 2
    assert not re.search(r"url\(|@import|<link", html)


def test_somebody_who_has_just_come_gets_a_page_that_says_so() -> None:
    read = Read(page(progress({}, Diary(), Wishes(), LIBRARY, NOON), [], LIBRARY))
    assert "Nothing has been graded yet." in read.text
    assert "img" not in read.tags
