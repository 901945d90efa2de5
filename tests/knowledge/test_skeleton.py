from pathlib import Path

import pytest

from knowledge.errors import KnowledgeError
from knowledge.library import load
from knowledge.note import EXAMPLE, Kind, Level
from knowledge.skeleton import create


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("level", Level)
def test_a_skeleton_is_a_valid_note_of_its_level_and_kind(tmp_path: Path, level: str, kind: str) -> None:
    path = create("losses/hinge-loss", None, level, kind, tmp_path)
    note = load(tmp_path)["hinge-loss"]
    assert path == tmp_path / "losses" / "hinge-loss.md"
    assert (note.topic, note.level, note.kind) == ("losses", level, kind)
    assert (EXAMPLE in note.sections) == (not Kind(kind).personal)


def test_two_skeletons_do_not_collide(tmp_path: Path) -> None:
    create("losses/hinge-loss", root=tmp_path)
    create("losses/focal-loss", root=tmp_path)
    assert len(load(tmp_path)) == 2


@pytest.mark.parametrize("question", ["What is: a loss?", 'Why "hinge"?', "- 1 # 2?", "Wörtlich, was? \\ $x$"])
def test_any_question_survives_being_written(tmp_path: Path, question: str) -> None:
    create("losses/hinge-loss", question, root=tmp_path)
    assert load(tmp_path)["hinge-loss"].question == question


@pytest.mark.parametrize("name", ["hinge-loss", "losses/", "/x", "losses/../x", "losses/a/b", "Losses/Hinge", "a b/c"])
def test_a_name_that_is_no_name_writes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(KnowledgeError, match="topic/id"):
        create(name, root=tmp_path)
    assert list(tmp_path.rglob("*.md")) == []


def test_an_id_that_is_taken_is_left_alone(tmp_path: Path) -> None:
    path = create("losses/hinge-loss", "Mine?", root=tmp_path)
    before = path.read_text()
    with pytest.raises(KnowledgeError, match="hinge-loss"):
        create("margins/hinge-loss", root=tmp_path)
    assert path.read_text() == before


@pytest.mark.parametrize(("given", "known"), [({"level": "easy"}, "advanced"), ({"kind": "odd"}, "behavioural")])
def test_a_level_or_kind_that_is_not_there_names_those_that_are(
    tmp_path: Path, given: dict[str, str], known: str
) -> None:
    with pytest.raises(KnowledgeError, match=known):
        create("losses/hinge-loss", root=tmp_path, **given)


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "losses").write_text("a file where the topic's folder would be")
    with pytest.raises(KnowledgeError, match="--folder"):
        create("losses/hinge-loss", root=tmp_path)
