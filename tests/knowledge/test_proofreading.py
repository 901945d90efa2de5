from collections.abc import Mapping
from pathlib import Path

import pytest

from knowledge.embedder import Vectors
from knowledge.library import read
from knowledge.proofreading import Remark, embedded_texts, remarks, unrenderable
from tests.fakes import HashingEmbedder
from tests.knowledge.written import ANOTHER, NOTE, write


def remarked(root: Path) -> list[Remark]:
    found = read(root)
    texts = embedded_texts(found)
    vectors: Mapping[str, Vectors] = dict(zip(texts, HashingEmbedder().embed(texts), strict=True))
    return list(remarks(found, vectors))


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("formula", "drawn"),
    [
        (r"$\frac{1}{2}$", True),
        (r"$\mathbb{E}[x] \leq \sqrt{d}$", True),
        (r"$\frac{1}$", False),
        (r"$\nosuchmacro{x}$", False),
        (r"$\begin{matrix} a \end{matrix}$", False),
        (r"`$\nosuchmacro$` is code", True),
        ("```sh\necho $HOME and $\\nosuch$\n```", True),
    ],
)
def test_a_formula_that_cannot_be_drawn_is_a_mistake_on_its_line(tmp_path: Path, formula: str, drawn: bool) -> None:
    text = NOTE.replace("Second paragraph.", f"Before it.\nNow {formula}.")
    write(tmp_path, text)
    problems = list(unrenderable(read(tmp_path)))
    assert [problem.line for problem in problems] == ([] if drawn else [line_of(text, f"Now {formula}")])


def test_a_question_that_another_note_asks_already_is_remarked(tmp_path: Path) -> None:
    write(tmp_path)
    twin = ANOTHER.replace("What is nucleus sampling?", "The temperature of a softmax, what does do?")
    write(tmp_path, twin, note_id="nucleus-sampling")
    (remark,) = [remark for remark in remarked(tmp_path) if " asks " in remark.text]
    assert remark.text.endswith("asks what nucleus-sampling asks")
    assert remark.line == line_of(NOTE, "question: What")


def test_a_paraphrase_that_says_another_point_is_remarked(tmp_path: Path) -> None:
    stray = "a temperature above one makes the distribution flatter"
    text = NOTE.replace("you scale the logits by one over T", stray)
    path = write(tmp_path, text)
    assert (path, line_of(text, stray)) in [(r.path, r.line) for r in remarked(tmp_path) if "/flattens" in r.text]


def test_a_contradiction_without_a_true_twin_is_remarked(tmp_path: Path) -> None:
    tempting = "the logits are multiplied by the temperature before the softmax"
    text = NOTE.replace("the logits are multiplied by T", tempting)
    write(tmp_path, text)
    assert line_of(text, tempting) in [r.line for r in remarked(tmp_path) if "every paraphrase" in r.text]
    twin = text.replace("softmax of z / T", "the logits are divided by the temperature before the softmax")
    write(tmp_path, twin)
    assert line_of(twin, tempting) not in [r.line for r in remarked(tmp_path) if "every paraphrase" in r.text]


def test_stories_are_not_compared_by_their_wording(tmp_path: Path) -> None:
    text = NOTE.replace("the logits are multiplied by T", "the logits are multiplied by the temperature before softmax")
    write(tmp_path, text.replace("kind: concept", "kind: behavioural"))
    assert remarked(tmp_path) == []


def test_what_is_still_to_be_written_is_counted(tmp_path: Path) -> None:
    text = NOTE.replace("First paragraph.", "TODO the mechanism").replace("Second paragraph.", "TODO the limits")
    path = write(tmp_path, text)
    (remark,) = [remark for remark in remarked(tmp_path) if "written" in remark.text]
    assert str(remark) == f"{path}:{line_of(text, 'TODO the mechanism')}: 2 lines are still to be written"
