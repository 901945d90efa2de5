"""Case files: every mistake is one sentence with file and line, and what is sound comes out as it was written."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.grading.grade import Verdict
from evals import cases
from evals.cases import AgreementCase, Case, CaseError, GradingCase, RetrievalCase
from evals.conversation import ConversationCase
from evals.grading import Grading
from knowledge.library import Library
from tests.evals.test_grading_task import ScriptedJudge
from tests.knowledge.written import note

TEMPERATURE = note()
NOTES = Library([TEMPERATURE])

RUBRIC: list[dict[str, Any]] = [{"id": "a", "point": "A is so."}, {"id": "b", "point": "B is so.", "weight": 3}]
GRADED: dict[str, Any] = {"question": "What is so?", "rubric": RUBRIC, "answer": "A is so."}
AGREED: dict[str, Any] = {
    "dataset": "d",
    "question_id": "1",
    "question": "What is so?",
    "reference": ["A is so."],
    "answer": "A",
    "score": 0.5,
}
ASKED: dict[str, Any] = {"query": "What is so?", "expect": ["dropout"]}
TALKED: dict[str, Any] = {"notes": ["dropout"], "turns": [{"text": "fine"}]}
SOUND: dict[type[Case], dict[str, Any]] = {
    GradingCase: GRADED,
    AgreementCase: AGREED,
    RetrievalCase: ASKED,
    ConversationCase: TALKED,
}


def line(case: dict[str, Any], **changes: Any) -> str:
    """A case as a line of its own, with some fields changed; what is changed to None is left out."""
    return json.dumps({name: value for name, value in {**case, **changes}.items() if value is not None})


def file(folder: Path, *lines: str, name: str = "some.jsonl") -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes("\n".join(lines).encode())
    return path


@pytest.mark.parametrize(
    ("kind", "broken", "names"),
    [
        pytest.param(GradingCase, '{"answer": ', "JSON", id="bad JSON"),
        pytest.param(GradingCase, '["answer"]', "object", id="no object"),
        pytest.param(GradingCase, line(GRADED, anwser="x"), "anwser", id="unknown field"),
        pytest.param(GradingCase, line(GRADED, answer=None), "answer", id="missing field"),
        pytest.param(GradingCase, line(GRADED, note="dropout"), "either `note` or", id="note and rubric"),
        pytest.param(GradingCase, line(GRADED, rubric=None), "either `note` or", id="neither note nor rubric"),
        pytest.param(
            GradingCase, line(GRADED, note="dropout", rubric=None), "either `note` or", id="a question beside a note"
        ),
        pytest.param(GradingCase, line(GRADED, question=None), "question", id="a rubric without its question"),
        pytest.param(GradingCase, line(GRADED, gold_points={"c": "met"}), "'c'", id="unknown gold point"),
        pytest.param(GradingCase, line(GRADED, second_points={"c": "met"}), "'c'", id="unknown second point"),
        pytest.param(GradingCase, line(GRADED, gold_points={"a": "good"}), "gold_points.a", id="unknown verdict"),
        pytest.param(GradingCase, line(GRADED, gold_points={"a": "unscored"}), "gold_points.a", id="no verdict"),
        pytest.param(GradingCase, line(GRADED, gold_score=1.01), "gold_score", id="score above 1"),
        pytest.param(GradingCase, line(GRADED, gold_score=-0.01), "gold_score", id="score below 0"),
        pytest.param(GradingCase, line(GRADED, gold_score=float("nan")), "gold_score", id="score nan"),
        pytest.param(GradingCase, line(GRADED, rubric=[*RUBRIC, RUBRIC[0]]), "twice", id="repeated point"),
        pytest.param(
            GradingCase, line(GRADED, rubric=[{**RUBRIC[0], "weight": 0}]), "rubric.0.weight", id="weight of nothing"
        ),
        pytest.param(
            GradingCase, line(GRADED, rubric=[{"id": "a", "point": " "}]), "rubric.0.point", id="point of blanks"
        ),
        pytest.param(GradingCase, line(GRADED, answer="half \ud800 of it"), "JSON", id="lone surrogate"),
        pytest.param(GradingCase, line(GRADED, id="first"), "'first'", id="repeated id"),
        pytest.param(AgreementCase, line(AGREED, score=2), "score", id="agreement: score above 1"),
        pytest.param(AgreementCase, line(AGREED, reference=[]), "reference", id="agreement: no reference"),
        pytest.param(AgreementCase, line(AGREED, reference=[" "]), "reference", id="agreement: reference of blanks"),
        pytest.param(
            RetrievalCase, line(ASKED, expect=None), "expect", id="retrieval: nothing expected, not even null"
        ),
        pytest.param(RetrievalCase, line(ASKED, expect=[]), "expect", id="retrieval: none of no notes"),
        pytest.param(ConversationCase, line(TALKED, turns=[]), "turns", id="conversation: no turns"),
        pytest.param(ConversationCase, line(TALKED, notes=[]), "notes", id="conversation: no notes"),
        pytest.param(
            ConversationCase, line(TALKED, turns=[{"must": [{"says": "("}]}]), "expression", id="conversation: no regex"
        ),
    ],
)
def test_a_mistake_is_one_sentence_with_file_and_line(
    tmp_path: Path, kind: type[Case], broken: str, names: str
) -> None:
    first = line(SOUND[kind], id="first")
    path = file(tmp_path, first, "", broken, first)
    with pytest.raises(CaseError) as error:
        cases.read(kind, [path])
    sentence = str(error.value)
    assert sentence.startswith(f"{path}:3: ")
    assert names in sentence
    assert "\n" not in sentence


def test_an_id_that_another_file_used_is_a_mistake_that_names_both_places(tmp_path: Path) -> None:
    one = file(tmp_path, line(GRADED, id="x"), name="one.jsonl")
    other = file(tmp_path, "", line(GRADED, id="x"), name="other.jsonl")
    with pytest.raises(CaseError) as error:
        cases.read(GradingCase, [one, other])
    assert str(error.value).startswith(f"{other}:2: ")
    assert f"{one}:1" in str(error.value)


def test_bytes_that_are_no_text_are_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_bytes(b'{"answer": "\xff\xfe"}\n')
    with pytest.raises(CaseError, match=r"some\.jsonl is not UTF-8"):
        cases.read(GradingCase, [path])


@pytest.mark.parametrize("name", ["nowhere.jsonl", "."])
def test_what_cannot_be_read_is_a_mistake(tmp_path: Path, name: str) -> None:
    with pytest.raises(CaseError) as error:
        cases.read(GradingCase, [tmp_path / name])
    assert str(tmp_path / name) in str(error.value)


def test_cases_come_in_the_order_they_stand_in_and_blank_lines_are_nothing(tmp_path: Path) -> None:
    one = file(tmp_path, "", line(GRADED, id="z"), " \t", line(GRADED, id="y"), "", name="one.jsonl")
    other = file(tmp_path, line(GRADED, id="x") + "\r", name="other.jsonl")
    assert [case.id for case in cases.read(GradingCase, [one, other])] == ["z", "y", "x"]


def test_a_case_without_an_id_is_called_by_its_file_and_line(tmp_path: Path) -> None:
    path = file(tmp_path, line(GRADED), "", line(GRADED, id="mine"), line(GRADED, id=""))
    assert [case.id for case in cases.read(GradingCase, [path])] == ["some:1", "mine", "some:4"]


def test_files_of_one_name_in_two_folders_need_no_ids(tmp_path: Path) -> None:
    paths = [file(tmp_path, line(GRADED), name=f"{folder}/some.jsonl") for folder in ("one", "other")]
    assert len({case.id for case in cases.read(GradingCase, paths)}) == 2


def test_only_a_newline_ends_a_case(tmp_path: Path) -> None:
    answer = "one\u2028two\u2029three\x85four\u001cfive"
    path = file(tmp_path, json.dumps({**GRADED, "answer": answer}, ensure_ascii=False), line(GRADED))
    assert [(case.id, case.answer) for case in cases.read(GradingCase, [path])] == [
        ("some:1", answer),
        ("some:2", GRADED["answer"]),
    ]


def test_the_weights_of_a_rubric_in_a_case_are_scaled_to_one(tmp_path: Path) -> None:
    (case,) = cases.read(GradingCase, [file(tmp_path, line(GRADED))])
    submission = case.submission(NOTES)
    assert [(point.id, point.weight) for point in submission.rubric] == [("a", 0.25), ("b", 0.75)]
    assert (submission.question, submission.answer) == (GRADED["question"], GRADED["answer"])


def test_a_case_that_names_a_note_takes_its_question_and_rubric() -> None:
    submission = GradingCase(note="temperature", answer="x").submission(NOTES)
    assert (submission.question, submission.rubric) == (TEMPERATURE.question, TEMPERATURE.rubric)


def test_splits_share_no_note_and_are_all_there_is() -> None:
    splits = {name: {case.note for case in cases.grading(name)} for name in ("train", "dev", "test")}
    assert all(splits.values())
    everything = {case.note for case in cases.grading()}
    assert splits["train"] | splits["dev"] | splits["test"] == everything
    assert sum(map(len, splits.values())) == len(everything)


@pytest.mark.parametrize("split", ["all", *cases.APART])
def test_every_shipped_answer_is_labelled_point_by_point(split: str, library: Library) -> None:
    shipped = cases.grading(split)
    assert len({case.id for case in shipped}) == len(shipped) >= 100
    for case in shipped:
        credit = {Verdict.MET: 1.0, Verdict.PARTIAL: 0.5}
        rubric = case.submission(library).rubric
        earned = sum(point.weight * credit.get(case.gold_points[point.id], 0) for point in rubric)
        assert case.gold_score == pytest.approx(earned, abs=0.001), case.id


def test_a_split_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(CaseError, match="no split 'tets'; choose one of all, train, test, dev"):
        cases.grading("tets")


def test_scored_answers_to_notes_stand_beside_the_short_answer() -> None:
    graded = [
        GradingCase(id="kept", note="temperature", answer="It divides.", gold_score=0.25),
        GradingCase(id="no score", note="temperature", answer="It divides."),
        GradingCase.model_validate({**GRADED, "id": "no note", "gold_score": 1.0}),
    ]
    (case,) = cases.as_agreement(graded, NOTES)
    assert (case.id, case.question_id, case.question) == ("kept", "temperature", TEMPERATURE.question)
    assert (case.reference, case.answer, case.score) == ((TEMPERATURE.short,), "It divides.", 0.25)


def test_vivas_own_cases_fit_vivas_notes(library: Library) -> None:
    graded = cases.grading()
    assert len(Grading(graded, library, ScriptedJudge({})).cases) == len(graded) > 0
    assert {case.clean for case in graded} - {""} <= {case.id for case in graded}
    asked = [*cases.retrieval(held_out=False), *cases.retrieval(held_out=True)]
    assert {note for case in asked for note in case.expect or ()} <= {note.id for note in library}
    talked = cases.read(ConversationCase, cases.files("conversation"))
    assert {note for case in talked for note in case.notes} <= {note.id for note in library}
