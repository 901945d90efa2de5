"""What is remembered across sessions: kept in step with the events, worked out anew, thrown away and forgotten."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from bot.coach import responder
from bot.coach.concepts import VERSION
from bot.coach.events import Mode, Start
from bot.coach.goals import Wishes
from bot.coach.memory import Memory, Remembered
from bot.coach.reply import QuestionReply
from bot.store.schema import concepts
from bot.store.store import Store
from tests.coach.scripted import LIBRARY, NOON, Door, ScriptedJudge, kinds, of

DAY = timedelta(days=1)


@pytest.fixture
def memory(store: Store) -> Memory:
    return Memory(LIBRARY, store)


async def rows(store: Store, person: str = "ada") -> set[str]:
    return {row["note_id"] for row in (await store.export(person))["concepts"]}


async def worked_out(memory: Memory, person: str = "ada") -> Remembered:
    """What is remembered, from the events alone."""
    await memory.drop()
    return await memory.of(person)


async def test_what_is_remembered_is_kept_in_step_with_every_turn(
    door: Callable[..., Door], store: Store, memory: Memory
) -> None:
    assert await memory.of("ada") == await worked_out(memory)
    ada = door("+?-", "-", "-", "+++", "+")
    await ada.start(questions=2)
    for turn in (ada.say, ada.hint, ada.say, ada.skip, ada.say, ada.say):
        ada.minute += 1
        await turn()
    await ada.mark(2, question=1)
    ada.minute += 1
    await ada.stop()
    kept = await memory.of("ada")
    assert len(kept.concepts) == 2
    assert {"", *kept.concepts} == await rows(store)
    assert kept.diary.days == {"2026-05-04": 2}
    assert kept == await worked_out(memory)


async def test_a_turn_that_breaks_off_is_not_remembered(
    door: Callable[..., Door], memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = door("-")
    await memory.of("ada")
    await ada.start(questions=2)
    await ada.say()
    with monkeypatch.context() as patch:
        patch.setattr(responder, "next_question", None)  # needed once the question is over
        assert kinds(await ada.skip()) == ["notice"]
    await ada.skip()
    kept = await memory.of("ada")
    assert kept.diary.days == {"2026-05-04": 1}
    assert kept == await worked_out(memory)


async def test_what_was_never_read_is_worked_out_by_the_first_who_reads(
    door: Callable[..., Door], store: Store, memory: Memory
) -> None:
    ada = door("+")
    await ada.start(topic="probability", questions=1)
    await ada.say()
    assert await rows(store) == set()
    assert set((await memory.of("ada")).concepts) == {"bayes"}
    assert await rows(store) == {"", "bayes"}
    assert (await memory.of("bob")).concepts == {}


async def test_what_another_version_kept_is_worked_out_anew(
    door: Callable[..., Door], store: Store, memory: Memory
) -> None:
    ada = door("+", "+")
    await memory.of("ada")
    await ada.start(topic="probability", questions=1)
    async with store.database.begin() as connection:
        old = f'{{"version":{VERSION + 1},"days":{{}}}}'
        await connection.execute(update(concepts).where(concepts.c.note_id == "").values(body=old))
        await connection.execute(update(concepts).where(concepts.c.note_id != "").values(body="of another form"))
    await ada.say()
    assert (await memory.of("ada")).concepts["bayes"].questions == 1


async def test_what_is_kept_goes_with_a_person_and_with_sessions_that_are_too_old(
    door: Callable[..., Door], store: Store, memory: Memory
) -> None:
    for name in ("ada", "bob"):
        await memory.of(name)
        await memory.wish(name, Wishes(goal=3), NOON)
        await store.add_session(f"of {name}", name, "x", "guild" if name == "ada" else None)
        await door("+", session_id=f"of {name}", person=name).start(topic="bayes")
    await store.expire({}, NOON + 100_000 * DAY)
    assert (await rows(store), await rows(store, "bob")) == (set(), {"", "bayes"})
    assert (await memory.of("ada")).concepts == {}
    await store.forget("bob")
    exported = await store.export("bob")
    assert {table: rows for table, rows in exported.items() if rows} == {}


async def test_a_drill_begins_with_what_is_due_in_other_words(
    door: Callable[..., Door], store: Store, memory: Memory
) -> None:
    ada = door(judge=ScriptedJudge(always="-"))
    await ada.start(topic="kl", questions=1)
    await ada.say()
    await ada.skip()
    later = door(session_id="s2")
    start = Start(id="later", at=NOON + 9 * DAY, mode=Mode.DRILL)
    asked = of(QuestionReply, await later.begin(await memory.planned("ada", start)))
    assert (asked.note_id, asked.text) == ("kl", "How deep does kl go at rung 1?")
    assert asked.why == "You were last asked this 9 days ago; it is due again."
    assert asked.number == 1


# Wishes


async def test_nobody_is_reminded_who_did_not_ask_for_it(memory: Memory) -> None:
    await memory.wish("slack:ada", Wishes(goal=3), NOON)
    await memory.wish("slack:bob", Wishes(sure=True), NOON)
    assert [person async for person, _ in memory.reminders("slack:", NOON + DAY)] == []


async def test_everybody_is_reminded_once_a_day_from_their_hour_on(store: Store, memory: Memory) -> None:
    await memory.wish("slack:ada", Wishes(goal=3, hour=18), NOON)
    await memory.wish("discord:ada", Wishes(goal=3, hour=18), NOON)

    async def reminded(hours: float) -> list[tuple[str, str]]:
        return [found async for found in Memory(LIBRARY, store).reminders("slack:", NOON + timedelta(hours=hours))]

    assert await reminded(5) == []
    assert await reminded(6) == [
        ("slack:ada", "Today 0 of 3 questions. /drill starts, /goal off ends these reminders.")
    ]
    assert await reminded(6) == await reminded(9) == []
    assert len(await reminded(31)) == 1


async def test_of_two_processes_one_reminds(store: Store, memory: Memory) -> None:
    await memory.wish("ada", Wishes(goal=1, hour=13), NOON)
    first, second = (Memory(LIBRARY, store).reminders("ada", NOON + timedelta(hours=2)) for _ in range(2))
    assert (await anext(first))[0] == "ada"
    assert [person async for person, _ in second] == []


async def test_whose_goal_is_reached_is_left_alone(door: Callable[..., Door], memory: Memory) -> None:
    await memory.wish("ada", Wishes(goal=1, hour=13), NOON)
    ada = door("+")
    await ada.start(topic="bayes", questions=1)
    await ada.say()
    await ada.skip()
    assert [person async for person, _ in memory.reminders("ada", NOON + timedelta(hours=2))] == []


@pytest.mark.parametrize(("hour", "times"), [(11, 0), (12, 0), (13, 1)])
async def test_an_hour_that_has_passed_means_from_tomorrow_on(memory: Memory, hour: int, times: int) -> None:
    await memory.wish("ada", Wishes(goal=1, hour=hour), NOON)
    assert len([person async for person, _ in memory.reminders("ada", NOON + timedelta(hours=3))]) == times
    assert len([person async for person, _ in memory.reminders("ada", NOON + DAY + timedelta(hours=3))]) == 1


async def test_another_wish_does_not_remind_again(memory: Memory) -> None:
    await memory.wish("ada", Wishes(goal=1, hour=13), NOON)
    assert len([person async for person, _ in memory.reminders("ada", NOON + timedelta(hours=2))]) == 1
    await memory.wish("ada", Wishes(goal=1, hour=13, sure=True), NOON)
    assert [person async for person, _ in memory.reminders("ada", NOON + timedelta(hours=2))] == []
    assert (await memory.wishes("ada")).sure


async def test_dropping_what_is_kept_loses_nothing(door: Callable[..., Door], store: Store, memory: Memory) -> None:
    ada = door("+")
    await ada.start(topic="bayes", questions=1)
    await ada.say()
    before = await memory.progress("ada", NOON)
    async with store.database.begin() as connection:
        await connection.execute(delete(concepts).where(concepts.c.note_id == ""))
    assert await memory.progress("ada", NOON) == before
    assert [row.score for row in before.topics] == [1.0]
