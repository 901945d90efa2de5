"""What a drill asks first: due, then weak, then new; in other words than the last time; and why."""

from datetime import timedelta

import pytest

from bot.coach.agenda import planned, reworded
from bot.coach.concepts import Change, Concept, lived, recalled
from bot.coach.events import Asked, Finished, Mode, Start
from bot.coach.interviewer import NEW, Close, next_question
from bot.coach.session import Session, apply
from bot.errors import UsageError
from bot.grading.grade import Verdict
from knowledge.errors import KnowledgeError
from knowledge.library import Library
from knowledge.note import Kind, Level, Note
from tests.coach.exercises import coding_note
from tests.coach.notes import CONTRADICTED, MET, MISSED, PARTIAL, note
from tests.coach.story import NOON, Story

DAY = 24 * 60  # minutes
TODAY = NOON + timedelta(days=100)
NAMES = ("bayes", "dropout", "em", "kl", "mle")
LIBRARY = Library([note(name, topic="probability" if name in ("bayes", "em") else "losses") for name in NAMES])


def known(*answers: tuple[str, float, tuple[Verdict, ...]], notes: Library = LIBRARY) -> dict[str, Concept]:
    """What is remembered after answers: on which note, how many days ago, with which verdicts."""
    found: list[Change] = []
    for number, (name, ago, verdicts) in enumerate(answers):
        story = Story(*notes).wait((100 - ago) * DAY).resume().ask(name).answer(*verdicts).finish()
        found += lived(f"s{number}", story.events)
    return recalled(found)[0]


def start(**wishes: object) -> Start:
    return Start.model_validate({"id": "s", "at": TODAY, "mode": Mode.DRILL, **wishes})


def asked(given: Start, notes: Library = LIBRARY) -> list[tuple[str, str, str]]:
    """Every question of a drill in which nothing is answered: note, words and why."""
    session, found = apply(Session(), given), list[tuple[str, str, str]]()
    while not isinstance(move := next_question(session, notes), Close):
        text = move.text or notes[move.ref.note_id].question
        found.append((move.ref.note_id, text, move.why))
        number = session.number + 1
        session = apply(session, Asked(to="s", ref=move.ref, text=text, stage=move.stage, number=number))
        session = apply(session, Finished(to="s", skipped=True))
    return found


DUE_LONG = ("kl", 30.0, (MISSED,))
DUE_LATELY = ("mle", 3.0, (PARTIAL, MET, MET))
WEAK = tuple(("em", ago, (PARTIAL, MISSED, MET)) for ago in (10.0, 2.0))
FRESH = ("dropout", 0.1, (MISSED,))


def test_a_mixed_drill_asks_what_is_due_then_what_is_weak_then_what_is_new() -> None:
    found = asked(planned(known(DUE_LATELY, DUE_LONG, *WEAK), LIBRARY, start()))
    assert [name for name, _, _ in found][:3] == ["mle", "kl", "em"]
    assert {name for name, _, _ in found[3:]} == {"bayes", "dropout"}
    assert [why for _, _, why in found] == [
        "You were last asked this 3 days ago; it is due again.",
        "You were last asked this 30 days ago; it is due again.",
        "This is one of your weaker subjects so far.",
        NEW,
        NEW,
    ]


def test_what_was_asked_within_a_day_comes_last() -> None:
    assert [name for name, _, _ in asked(planned(known(FRESH), LIBRARY, start()))][-1] == "dropout"


def test_somebody_new_is_told_no_reasons() -> None:
    assert planned({}, LIBRARY, start()) == start()
    assert {why for _, _, why in asked(planned({}, LIBRARY, start()))} == {""}


@pytest.mark.parametrize(
    ("ago", "why"),
    [
        ((2, 5), "You mixed this up twice in the last seven days."),
        ((2,), "You mixed this up once in the last seven days."),
        ((6.9, 6, 5, 4), "You mixed this up 4 times in the last seven days."),
        ((7.1, 9), "You were last asked this 7 days ago; it is due again."),
    ],
)
def test_it_says_that_something_was_mixed_up_only_where_it_was(ago: tuple[float, ...], why: str) -> None:
    concepts = known(*(("kl", days, (CONTRADICTED, MISSED)) for days in ago))
    assert planned(concepts, LIBRARY, start()).agenda[0].why == why


def test_a_drill_of_what_is_due_asks_that_and_nothing_else() -> None:
    given = planned(known(DUE_LONG, DUE_LATELY, FRESH), LIBRARY, start(topic="due", questions=10))
    assert [name for name, _, _ in asked(given)] == ["mle", "kl"]
    assert (given.topic, given.questions) == (None, 2)
    assert len(asked(planned(known(DUE_LONG, DUE_LATELY), LIBRARY, start(topic="due", questions=1)))) == 1
    with pytest.raises(UsageError, match="Nothing is due"):
        planned(known(FRESH), LIBRARY, start(topic="due"))


def test_a_topic_and_a_level_hold_for_what_is_due_as_well() -> None:
    concepts = known(DUE_LONG, DUE_LATELY, ("bayes", 30, (MISSED,)))
    assert [p.ref.note_id for p in planned(concepts, LIBRARY, start(topic="probability")).agenda] == ["bayes"]
    assert planned(concepts, LIBRARY, start(level=Level.RESEARCH)).agenda == ()
    with pytest.raises(KnowledgeError):
        planned(concepts, LIBRARY, start(topic="cooking"))


def test_an_interview_asks_as_before() -> None:
    given = planned(known(DUE_LONG), LIBRARY, start(mode=Mode.INTERVIEW))
    assert (given.agenda, given.avoid) == ((), ("kl",))


def test_a_story_of_ones_own_is_not_drilled_and_a_note_that_is_gone_is_not_due() -> None:
    mine = Library([note("kl", kind=Kind.BEHAVIOURAL), note("mle")])
    concepts = known(DUE_LONG, notes=mine)
    assert planned(concepts, mine, start()).agenda == ()
    assert planned(concepts, Library([note("mle")]), start()).agenda == ()


def spoken(name: str = "kl", *asked_as: str) -> Note:
    return note(name).model_copy(update={"asked_as": ("kl vs ce?", "what on earth is kl good for?", *asked_as)})


def test_a_note_comes_back_in_other_words_each_time() -> None:
    notes = Library([spoken("kl", "and why would anybody want it?")])
    wording, found = "", list[str]()
    for _ in range(4):
        concept = known(DUE_LONG, notes=notes)["kl"].model_copy(update={"wording": wording})
        wording = reworded(notes["kl"], concept).text
        found.append(wording)
    first, second, third = "What is kl?", "What on earth is kl good for?", "And why would anybody want it?"
    assert found == [first, second, third, first]


def test_code_comes_back_in_words_unless_its_topic_is_named() -> None:
    notes = Library([coding_note("largest")])
    concepts = known(("largest", 30, (MISSED,)), notes=notes)
    (mixed,) = planned(concepts, notes, start()).agenda
    assert (mixed.ref.rung, mixed.text) == (1, "How deep does largest go at rung 1?")
    (named,) = planned(concepts, notes, start(topic="coding")).agenda
    assert (named.ref.rung, named.text) == (0, "What is largest?")


def test_without_other_words_the_ladder_has_some() -> None:
    notes = Library([note("kl", rungs=2)])
    once = reworded(notes["kl"], known(DUE_LONG, notes=notes)["kl"])
    assert (once.ref.rung, once.text) == (1, "How deep does kl go at rung 1?")
    well = reworded(notes["kl"], known(("kl", 9, (MET,)), notes=notes)["kl"])
    assert well.ref.rung == 1
    climbed = known(("kl", 9, (MET,)), notes=notes)["kl"].model_copy(update={"rung": 2})
    assert reworded(notes["kl"], climbed).ref.rung == 2
    after = known(("kl", 9, (MET,)), notes=notes)["kl"].model_copy(update={"wording": once.text})
    assert reworded(notes["kl"], after).text == "What is kl?"


def test_what_is_due_comes_by_a_bridge_where_one_leads_there() -> None:
    notes = Library([note("mle", related=["kl"]), note("kl")])
    session = apply(Session(), planned(known(("mle", 10, (MISSED,)), DUE_LONG, notes=notes), notes, start()))
    first = next_question(session, notes)
    assert not isinstance(first, Close)
    session = apply(session, Asked(to="s", ref=first.ref, text=first.text, stage=first.stage, number=1))
    session = apply(session, Finished(to="s"))
    second = next_question(session, notes)
    assert not isinstance(second, Close)
    assert (first.ref.note_id, second.ref.note_id, second.bridge) == ("mle", "kl", "From mle to kl?")
