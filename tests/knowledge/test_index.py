import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.errors import KnowledgeError
from knowledge.index import Entry, Field, Index, entries
from knowledge.note import Note
from tests.fakes import HashingEmbedder
from tests.knowledge.written import note

TEMPERATURE = note()
DROPOUT = note(
    id="dropout", question="What does dropout do?", asked_as=["dropout", "drop units", "why drop neurons at random"]
)
TEXTS = {entry.text for entry in entries(TEMPERATURE)}
QUERIES = ["divide the logits", "why drop neurons", "greedy argmax", "first paragraph"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "notes.index"


def opened(path: Path, *notes: Note, fingerprint: str = "hashing-64") -> list[str]:
    """Open the index of some notes; which texts had to be embedded for it."""
    embedder = HashingEmbedder(fingerprint)
    Index.open(notes, embedder, path)
    return embedder.embedded


def found(index: Index) -> list[list[tuple[Entry, float]]]:
    return [index.search(query, 5) for query in QUERIES]


def fresh(*notes: Note) -> list[list[tuple[Entry, float]]]:
    """What an index that was never on disk finds."""
    wanted, embedder = [entry for each in notes for entry in entries(each)], HashingEmbedder()
    return found(Index(wanted, embedder.embed([entry.text for entry in wanted]), embedder))


def test_a_note_is_found_by_its_question_its_wordings_its_passages_its_points_and_its_rungs() -> None:
    assert [(entry.field, entry.text) for entry in entries(TEMPERATURE)] == [
        (Field.QUESTION, "What does the temperature of a softmax do?"),
        (Field.ASKED_AS, "softmax temperature"),
        (Field.ASKED_AS, "why divide logits by T"),
        (Field.ASKED_AS, "what happens to sampling when T goes up"),
        (Field.PASSAGE, "The logits are divided by T."),
        (Field.PASSAGE, "First paragraph."),
        (Field.PASSAGE, "Second paragraph."),
        (Field.POINT, "The logits are divided by the temperature before the softmax."),
        (Field.POINT, "A temperature below one makes the distribution more peaked."),
        (Field.POINT, "A temperature above one makes the distribution flatter."),
        (Field.FOLLOW_UP, "What is the limit as the temperature goes to zero?"),
    ]
    assert {entry.note_id for entry in entries(TEMPERATURE)} == {"temperature"}


def test_a_search_gives_the_nearest_entries_best_first_with_their_cosines(path: Path) -> None:
    hits = Index.open([TEMPERATURE, DROPOUT], HashingEmbedder(), path).search("why drop neurons at random", 4)
    assert hits[0][0] == Entry("dropout", Field.ASKED_AS, "why drop neurons at random")
    assert hits[0][1] == pytest.approx(1)
    cosines = [cosine for _, cosine in hits]
    assert cosines == sorted(cosines, reverse=True)
    assert len(hits) == 4


def test_a_search_for_more_than_there_is_gives_everything_once(path: Path) -> None:
    index = Index.open([TEMPERATURE], HashingEmbedder(), path)
    hits = [entry for entry, _ in index.search("anything", 1_000)]
    assert sorted(hits, key=lambda entry: entry.text) == sorted(index.entries, key=lambda entry: entry.text)


def test_a_first_open_embeds_every_text_once_though_two_notes_share_it(path: Path) -> None:
    texts = opened(path, TEMPERATURE, DROPOUT)
    assert len(texts) == len(set(texts))
    assert set(texts) == TEXTS | {entry.text for entry in entries(DROPOUT)}


def test_a_second_open_embeds_nothing_and_finds_the_same(path: Path) -> None:
    opened(path, TEMPERATURE, DROPOUT)
    embedder = HashingEmbedder()
    index = Index.open([TEMPERATURE, DROPOUT], embedder, path)
    assert embedder.embedded == []
    assert found(index) == fresh(TEMPERATURE, DROPOUT)


def test_a_second_open_leaves_the_file_alone(path: Path) -> None:
    opened(path, TEMPERATURE)
    before = (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
    opened(path, TEMPERATURE)
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_a_changed_note_embeds_only_its_changed_texts(path: Path) -> None:
    opened(path, TEMPERATURE, DROPOUT)
    changed = DROPOUT.model_copy(
        update={"question": "Why dropout?", "sections": {"In 30 seconds": "N", "In full": "M"}}
    )
    assert set(opened(path, TEMPERATURE, changed)) == {"Why dropout?", "N", "M"}
    assert opened(path, TEMPERATURE, changed) == []


def test_a_text_that_moves_to_another_note_is_not_embedded_again(path: Path) -> None:
    opened(path, TEMPERATURE)
    assert opened(path, TEMPERATURE.model_copy(update={"id": "heat"})) == []


def test_notes_in_another_order_embed_nothing_and_find_the_same(path: Path) -> None:
    opened(path, TEMPERATURE, DROPOUT)
    embedder = HashingEmbedder()
    index = Index.open([DROPOUT, TEMPERATURE], embedder, path)
    assert embedder.embedded == []
    assert found(index) == fresh(DROPOUT, TEMPERATURE)


def test_a_removed_note_leaves_nothing_behind(path: Path, tmp_path: Path) -> None:
    opened(path, TEMPERATURE, DROPOUT)
    index = Index.open([TEMPERATURE], HashingEmbedder(), path)
    assert {entry.note_id for hits in found(index) for entry, _ in hits} == {"temperature"}
    alone = tmp_path / "alone.index"
    opened(alone, TEMPERATURE)
    assert path.read_bytes() == alone.read_bytes()


def test_progress_counts_up_to_the_texts_that_had_to_be_embedded(path: Path) -> None:
    many = [note(id=f"note-{number}", question=f"Question {number}?") for number in range(100)]
    missing = len(TEXTS) - 1 + 100
    told: list[tuple[int, int]] = []
    Index.open(many, HashingEmbedder(), path, progress=lambda done, of: told.append((done, of)))
    assert told == [(64, missing), (missing, missing)]


def test_there_is_no_progress_to_tell_of_where_nothing_is_embedded(path: Path) -> None:
    opened(path, TEMPERATURE)
    told: list[tuple[int, int]] = []
    Index.open([TEMPERATURE], HashingEmbedder(), path, progress=lambda done, of: told.append((done, of)))
    assert told == []


Damage = Callable[[bytes], bytes]


def header(content: bytes, **changes: object) -> bytes:
    first, _, blob = content.partition(b"\n")
    return json.dumps({**json.loads(first), **changes}).encode() + b"\n" + blob


def without(content: bytes, key: str) -> bytes:
    first, _, blob = content.partition(b"\n")
    return json.dumps({name: value for name, value in json.loads(first).items() if name != key}).encode() + b"\n" + blob


def swapped(content: bytes) -> bytes:
    texts: Sequence[str] = json.loads(content.partition(b"\n")[0])["texts"]
    return header(content, texts=[texts[1], texts[0], *texts[2:]])


DAMAGE: dict[str, Damage] = {
    "empty": lambda _: b"",
    "garbage": lambda _: bytes(range(256)) * 20,
    "text": lambda _: b"# An index\n\nNot ours.\n",
    "a list": lambda content: b"[]\n" + content.partition(b"\n")[2],
    "deep nesting": lambda _: b"[" * 100_000,
    "header only": lambda content: content.partition(b"\n")[0] + b"\n",
    "one byte short": lambda content: content[:-1],
    "half": lambda content: content[: len(content) // 2],
    "one byte long": lambda content: content + b"\0",
    "last bit flipped": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "a bit in the middle flipped": lambda content: flipped(content, 8 * (len(content) // 2)),
    "an older format": lambda content: header(content, format=0),
    "a newer format": lambda content: header(content, format=99),
    "no format": lambda content: without(content, "format"),
    "no texts": lambda content: without(content, "texts"),
    "a text too few": lambda content: header(content, texts=json.loads(content.partition(b"\n")[0])["texts"][:-1]),
    "two texts swapped": swapped,
}


def flipped(content: bytes, bit: int) -> bytes:
    """The same bytes with one bit turned over."""
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_file_that_is_not_what_was_written_is_rebuilt(damage: Damage, path: Path) -> None:
    opened(path, TEMPERATURE, DROPOUT)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    embedder = HashingEmbedder()
    index = Index.open([TEMPERATURE, DROPOUT], embedder, path)
    assert set(embedder.embedded) == {entry.text for entry in index.entries}
    assert found(index) == fresh(TEMPERATURE, DROPOUT)
    assert path.read_bytes() == whole


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(where=st.floats(0, 1, exclude_max=True))
def test_no_flipped_bit_anywhere_changes_what_is_found(where: float, tmp_path: Path) -> None:
    path = tmp_path / "notes.index"
    opened(path, TEMPERATURE)
    whole = path.read_bytes()
    path.write_bytes(flipped(whole, int(where * 8 * len(whole))))
    assert found(Index.open([TEMPERATURE], HashingEmbedder(), path)) == fresh(TEMPERATURE)
    assert opened(path, TEMPERATURE) == []


def test_a_file_of_another_model_is_rebuilt(path: Path) -> None:
    opened(path, TEMPERATURE, fingerprint="hashing-64")
    assert set(opened(path, TEMPERATURE, fingerprint="hashing-65")) == TEXTS
    assert opened(path, TEMPERATURE, fingerprint="hashing-65") == []


def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    path = tmp_path / "file" / "notes.index"
    with pytest.raises(KnowledgeError) as caught:
        opened(path, TEMPERATURE)
    assert str(path) in str(caught.value)
    assert "set VIVA_DATA_DIR to another folder." in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_in_the_place_of_the_file_is_told_and_nothing_is_left_beside_it(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(KnowledgeError, match="cannot be written"):
        opened(path, TEMPERATURE)
    assert list(path.parent.iterdir()) == [path]


def test_nothing_is_left_beside_the_file_after_a_first_and_a_later_writing(path: Path) -> None:
    for notes in ([TEMPERATURE], [TEMPERATURE, DROPOUT], [DROPOUT]):
        opened(path, *notes)
        assert list(path.parent.iterdir()) == [path]


def test_a_writing_cut_off_keeps_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(path, TEMPERATURE)

    def no_space(*names: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.replace", no_space)
        with pytest.raises(KnowledgeError, match="No space left on device"):
            opened(path, TEMPERATURE, DROPOUT)
    assert opened(path, TEMPERATURE) == []
