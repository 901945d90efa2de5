import re
from pathlib import Path
from typing import NamedTuple

import pytest

from knowledge.errors import KnowledgeError, LibraryError, Problem, UnknownNote, UnknownTopic
from knowledge.library import NOTES, Library, load
from tests.knowledge.written import ANOTHER, NOTE, note, write


def problems(root: Path) -> tuple[Problem, ...]:
    """What is wrong with the notes below `root`."""
    with pytest.raises(LibraryError) as caught:
        load(root)
    assert str(caught.value).splitlines() == [str(problem) for problem in caught.value.problems]
    return caught.value.problems


def line(text: str, pattern: str) -> int:
    """The number of the one line of `text` that `pattern` is found in."""
    (number,) = [number for number, content in enumerate(text.split("\n"), 1) if re.search(pattern, content)]
    return number


def edited(old: str, new: str) -> str:
    assert NOTE.count(old) == 1, old
    return NOTE.replace(old, new)


class Broken(NamedTuple):
    """`old` replaced by `new`: the line with the pattern `at` is named, with what is `wrong` and `expected`."""

    old: str
    new: str
    at: str
    wrong: str
    expected: str


LEVEL = "level: core\n"
PROBE = "    probe: Where in the formula does it stand?\n"
REFERENCES = "references:\n"
BROKEN = {
    "not YAML": Broken(LEVEL, "level: [core\n", "^kind", "not YAML: ", "valid YAML"),
    "a tab": Broken("    weight: 0.5", "\tweight: 0.5", "\tweight", "not YAML: ", "valid YAML"),
    "a control character": Broken(LEVEL, "level: co\x08re\n", "\x08", "not YAML: ", "valid YAML"),
    "an unknown alias": Broken(LEVEL, "level: *core\n", r"\*core", "not YAML: ", "valid YAML"),
    "a Python tag": Broken(LEVEL, "level: !!python/name:os.getcwd\n", "!!", "not YAML: ", "valid YAML"),
    "a day that does not exist": Broken(LEVEL, "level: 2024-02-30\n", "2024-02-30", "", ""),
    "missing field": Broken(LEVEL, "", "^id: ", "`level` is missing", "this field"),
    "a point's missing field": Broken(PROBE, "", "- id: divides", "`rubric.0.probe` is missing", "this field"),
    "unknown field": Broken(LEVEL, LEVEL + "lvel: core\n", "lvel", "unknown field `lvel`", "the schema"),
    "a point's unknown field": Broken(PROBE, f"{PROBE}    prob: x\n", "prob:", "unknown field `rubric.0.prob`", "the"),
    "the body as a field": Broken(LEVEL, LEVEL + "sections: {}\n", "sections", "unknown field `sections`", "schema"),
    "wrong level": Broken(LEVEL, "level: hard\n", "hard", "`level` is 'hard'", "'core', 'advanced' or 'research'"),
    "wrong kind": Broken("kind: concept", "kind: quiz", "quiz", "`kind` is 'quiz'", "'concept', 'derivation', "),
    "weights": Broken("weight: 0.5", "weight: 0.4", "^rubric:", "the rubric's weights sum to 0.9, not 1", "adds up"),
    "a rung's weights": Broken("weight: 1", "weight: 0.9", "^    rubric", "the rubric's weights sum to 0.9", "adds up"),
    "a word as weight": Broken("weight: 0.5", "weight: most", "most$", "`rubric.0.weight` is 'most'", "a number"),
    "no weight": Broken("weight: 0.5", "weight:", "weight:$", "`rubric.0.weight` is None", "a number"),
    "a weight of zero": Broken("weight: 0.5", "weight: 0", "weight: 0$", "`rubric.0.weight` is 0", "greater than 0"),
    "a point id twice": Broken("id: sharpens", "id: divides", "^rubric:", "the rubric uses the point id 'divides'", ""),
    "a field twice": Broken(
        LEVEL, LEVEL + "level: research\n", "level: r", "`level` is given twice", "each field once"
    ),
    "a point's field twice": Broken(
        PROBE, PROBE + PROBE.replace("Where", "At what place"), "At", "`probe` is given", ""
    ),
    "another id than the file": Broken(
        "id: temperature", "id: heat", "^id", "id is 'heat'", "'temperature', as in the"
    ),
    "another topic than the folder": Broken("topic: decoding", "topic: x", "^topic", "topic is 'x'", "'decoding', as"),
    "an id with capitals": Broken("id: divides", "id: Divides", "Divides", "`rubric.0.id` is 'Divides'", "lower-case"),
    "a number as text": Broken(
        "probe: And a large one?", "probe: 42", "42", "`rubric.2.probe` is 42", "text (quote it"
    ),
    "a number among texts": Broken("softmax temperature", "42", "- 42", "`asked_as.0` is 42", "text (quote it"),
    "a yes as text": Broken(
        "greedy decoding", "yes", "- yes", "`follow_ups.0.rubric.0.paraphrases.1` is True", "text (quote it"
    ),
    "a colon in a text": Broken(
        "softmax of z / T",
        "softmax: of z / T",
        "softmax: of",
        "`rubric.0.paraphrases.1` is {'softmax': ",
        "text (quote",
    ),
    "an empty text": Broken("softmax of z / T", '" "', '- " "', "`rubric.0.paraphrases.1` is ", "some text"),
    "a text as list": Broken(
        "    paraphrases:\n      - low T is close to argmax\n      - small temperatures sharpen\n",
        "    paraphrases: low T\n",
        "low T$",
        "`rubric.1.paraphrases` is 'low T'",
        "a list",
    ),
    "too few texts": Broken("  - softmax temperature\n", "", "^asked_as", "`asked_as` is ['why", "at least 3"),
    "a text as misconception": Broken(
        "claim: Temperature changes which class is most likely.\n    correction: It keeps their order.",
        "Temperature changes the order.",
        "changes the order",
        "`misconceptions.0` is 'Temperature",
        "fields with names",
    ),
    "an empty section": Broken(
        "The logits are divided by $T$.\n",
        "",
        "^## In 30",
        "the body has no text under '## In 30",
        "'## In 30 seconds'",
    ),
    "an unknown heading": Broken("## Worked example", "## Example", "^## E", "unknown heading 'Example'", "'## Worked"),
    "an unknown heading like another": Broken(
        "Second paragraph.", "## In\n\nMore.", "^## In$", "unknown heading 'In'", "'## In full'"
    ),
    "an unknown heading after two spaces": Broken(
        "## Worked example", "##  Example", "^##  E", "unknown heading 'Example'", "'## Worked example'"
    ),
    "a heading twice": Broken("## Worked example", "## In full ", "^## In full $", "", ""),
    "a dead link": Broken(
        REFERENCES,
        "related:\n  - id: softmax\n    bridge: And?\nreferences:\n",
        "id: softmax",
        "related note 'softmax' does not exist",
        "the id of a note",
    ),
    "a dead link to a part of a name": Broken(
        REFERENCES,
        "related:\n  - id: temp\n    bridge: And?\nreferences:\n",
        "  - id: temp$",
        "related note 'temp' does not exist",
        "the id of a note",
    ),
    "a dead link in quotes": Broken(
        REFERENCES,
        'related:\n  - {bridge: "And?", id: "softmax"}\nreferences:\n',
        '"softmax"',
        "related note 'softmax' does not exist",
        "the id of a note",
    ),
    "its own question again": Broken(
        "question: What is the limit as the temperature goes to zero?",
        "question: What does the temperature of a softmax do?",
        "- question: What does",
        "the question 'What does the temperature of a softmax do?' also stands in temperature",
        "a question of its own",
    ),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_mistake_is_told_with_its_file_and_line_and_what_is_expected(broken: Broken, tmp_path: Path) -> None:
    text = edited(broken.old, broken.new)
    path = write(tmp_path, text)
    (problem,) = problems(tmp_path)
    where, expected = str(problem).rsplit(", expected ", 1)
    assert where.startswith(f"{path}:{line(text, broken.at)}: {broken.wrong}")
    assert broken.expected in expected
    assert not re.search("Tuple|should|pydantic|Traceback", str(problem))


@pytest.mark.parametrize(
    ("content", "at", "wrong", "expected"),
    [
        pytest.param(b"", 1, "no YAML front matter", "a block between two lines of ---", id="empty"),
        pytest.param(b"# Dropout\n", 1, "no YAML front matter", "a block between two lines of ---", id="Markdown only"),
        pytest.param(b"---\nid: x\n", 1, "no YAML front matter", "a block between", id="front matter without an end"),
        pytest.param(b"---\n---\n", 2, "the front matter has no fields", "`field: value` lines", id="no fields"),
        pytest.param(b"---\n- id\n---\n", 2, "the front matter has no fields", "`field: value` lines", id="a list"),
        pytest.param(b"---\nid: x\nquestion: na\xefve\n---\n", 3, "cannot be read", "UTF-8", id="Latin-1"),
        pytest.param(NOTE.encode("utf-16"), 1, "cannot be read", "UTF-8", id="UTF-16"),
    ],
)
def test_a_file_that_is_no_note_is_told(content: bytes, at: int, wrong: str, expected: str, tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_bytes(content)
    (problem,) = problems(tmp_path)
    assert (problem.path, problem.line) == (path, at)
    assert problem.wrong.startswith(wrong)
    assert expected in problem.expected


def test_a_missing_section_is_told_where_the_body_is(tmp_path: Path) -> None:
    text = edited("## In full\n\nFirst paragraph.\n\nSecond paragraph.\n", "")
    write(tmp_path, text)
    (problem,) = problems(tmp_path)
    assert "'## In full'" in str(problem)
    assert problem.line > line(text, "^references")


def test_an_alias_to_itself_is_told(tmp_path: Path) -> None:
    text = edited("references:\n", "related: &loop [*loop]\nreferences:\n")
    write(tmp_path, text)
    assert problems(tmp_path)[0].line == line(text, "&loop")


def test_every_mistake_in_every_file_is_told_at_once_in_file_order(tmp_path: Path) -> None:
    first = write(tmp_path, ANOTHER.replace(PROBE, ""), note_id="nucleus-sampling")
    second = write(tmp_path, NOTE.replace(LEVEL, "level: hard\n").replace("weight: 1\n", "weight: 0.5\n"))
    third = write(tmp_path, "", note_id="top-k")
    told = [(problem.path, problem.wrong) for problem in problems(tmp_path)]
    assert told == [
        (first, "`rubric.0.probe` is missing"),
        (second, "`level` is 'hard'"),
        (second, "the rubric's weights sum to 0.5, not 1"),
        (third, "no YAML front matter"),
    ]


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        ({LEVEL: "", "id: divides": "id: Divides"}, ["`level`", "`rubric.0.id`"]),
        ({LEVEL: "", "weight: 0.5": "weight: 0.4"}, ["`level`", "weights sum"]),
        ({LEVEL: "", "id: temperature": "id: heat", "topic: decoding": "topic: x"}, ["`level`", "id is", "topic is"]),
        ({"## In 30 seconds": "## In 20 seconds"}, ["'## In 30 seconds'", "unknown heading 'In 20 seconds'"]),
        ({LEVEL: LEVEL * 2, "kind: concept": "kind: quiz"}, ["`level` is given twice", "`kind` is 'quiz'"]),
    ],
    ids=["two fields", "a field and the weights", "a field and the path", "a misspelt heading", "twice and wrong"],
)
def test_one_mistake_does_not_hide_another_in_the_same_note(
    edits: dict[str, str], told: list[str], tmp_path: Path
) -> None:
    text = NOTE
    for old, new in edits.items():
        text = text.replace(old, new)
    write(tmp_path, text)
    found = "\n".join(map(str, problems(tmp_path)))
    assert [words for words in told if words not in found] == []


def test_a_question_of_another_note_is_told_with_that_note(tmp_path: Path) -> None:
    write(tmp_path, ANOTHER, note_id="nucleus-sampling")
    text = NOTE.replace("What does the temperature of a softmax do?", "what is  nucleus-sampling")
    path = write(tmp_path, text)
    (problem,) = problems(tmp_path)
    assert (problem.path, problem.line) == (path, line(text, "^question: "))
    assert problem.wrong.endswith("also stands in nucleus-sampling")


def test_an_id_of_another_note_is_told_with_that_note(tmp_path: Path) -> None:
    first, second = write(tmp_path), write(tmp_path, ANOTHER.replace("nucleus-sampling", "temperature"), topic="other")
    assert f"{second}:2: id 'temperature' is already used by {first}, expected an id of its own" in map(
        str, problems(tmp_path)
    )


def test_a_topic_is_not_spelt_like_a_level(tmp_path: Path) -> None:
    file = write(tmp_path, NOTE.replace("topic: decoding", "topic: research"), topic="research")
    with pytest.raises(LibraryError) as raised:
        load(tmp_path)
    assert str(raised.value) == f"{file}:8: topic is 'research', which is a level, expected another name"


def test_a_link_to_a_broken_note_is_not_dead(tmp_path: Path) -> None:
    related = "related:\n  - id: nucleus-sampling\n    bridge: And?\nreferences:\n"
    write(tmp_path, edited(REFERENCES, related))
    broken = write(tmp_path, ANOTHER.replace(LEVEL, ""), note_id="nucleus-sampling")
    assert [problem.path for problem in problems(tmp_path)] == [broken]


@pytest.mark.parametrize("folder", [".", "nowhere"])
def test_a_folder_without_notes_is_told(folder: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path / folder)
    assert str(problem) == f"{tmp_path / folder}:1: there are no notes here, expected <topic>/<id>.md files"


@pytest.mark.parametrize("changed", [NOTE.replace("\n", "\r\n"), NOTE.replace("id: temp", "id:  temp")])
def test_a_note_may_be_written_on_any_system(changed: str, tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_bytes(changed.encode())
    assert load(tmp_path)["temperature"].full == "First paragraph.\n\nSecond paragraph."


def test_a_horizontal_rule_in_the_body_belongs_to_the_body(tmp_path: Path) -> None:
    write(tmp_path, edited("First paragraph.\n", "First paragraph.\n\n---\n\n### Detail\n"))
    assert load(tmp_path)["temperature"].full == "First paragraph.\n\n---\n\n### Detail\n\nSecond paragraph."


def test_notes_come_by_topic_and_then_by_id_whatever_the_order_they_are_read_in() -> None:
    written = [note(id=name, topic=topic) for name, topic in [("b", "y"), ("c", "x"), ("a", "y"), ("d", "x")]]
    for notes in (written, written[::-1]):
        library = Library(notes)
        assert [entry.id for entry in library] == ["c", "d", "a", "b"]
        assert {topic: [entry.id for entry in found] for topic, found in library.topics.items()} == {
            "x": ["c", "d"],
            "y": ["a", "b"],
        }


def test_a_library_knows_what_it_has() -> None:
    library = Library([note(), note(id="dropout")])
    assert len(library) == 2
    assert "dropout" in library
    assert "drop-out" not in library
    assert library["dropout"].id == "dropout"


@pytest.mark.parametrize("name", ["signal-processing", "Signal Processing", "  signal   processing "])
def test_a_topic_may_be_named_with_spaces_or_hyphens(name: str) -> None:
    assert [entry.id for entry in Library([note(topic="signal-processing"), note(id="x")]).topic(name)] == [
        "temperature"
    ]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("temprature", "There is no note 'temprature'; did you mean temperature?"),
        ("zzz", "There is no note 'zzz'; the command `topics` lists them."),
    ],
)
def test_an_unknown_note_suggests_near_ids(asked: str, answer: str) -> None:
    with pytest.raises(UnknownNote) as caught:
        Library([note(), note(id="dropout")])[asked]
    assert str(caught.value) == answer


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("decodng", "There is no topic 'decodng'; did you mean decoding or encoding?"),
        ("zzz", "There is no topic 'zzz'; the command `topics` lists them."),
        ("warmth", "There is no topic 'warmth'; did you mean warmth-and-dropout?"),
        ("Droput", "There is no topic 'Droput'; did you mean warmth-and-dropout?"),
        ("dropout, and warmth", "There is no topic 'dropout, and warmth'; did you mean warmth-and-dropout?"),
    ],
)
def test_an_unknown_topic_suggests_near_names(asked: str, answer: str) -> None:
    with pytest.raises(UnknownTopic) as caught:
        Library([note(), note(id="warmth-and-dropout", topic="encoding")]).topic(asked)
    assert str(caught.value) == answer
    assert isinstance(caught.value, KnowledgeError)


@pytest.mark.parametrize("name", ["decoding", "Decoding", "temperature", " TEMPERATURE ", "heat death"])
def test_a_topic_or_a_note_is_what_there_is_about_a_name(name: str) -> None:
    library = Library([note(), note(id="heat-death", topic="physics")])
    assert [found.id for found in library.topic(name)] == ["heat-death" if "death" in name else "temperature"]
    assert library.about("cold") == ()


def test_every_shipped_note_loads(library: Library) -> None:
    assert {entry.id for entry in library} == {path.stem for path in NOTES.rglob("*.md")}
    assert len(library) >= 150
