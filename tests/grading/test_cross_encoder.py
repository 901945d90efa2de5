"""The cross-encoder: weights that are checked, readings that do not depend on their company."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from bot.grading.cross_encoder import CARD, WEIGHTS, CrossEncoder
from knowledge.errors import EmbedderError

POINT = "Dropout scales the kept activations by 1/(1-p) during training."
SAYS = "in training we multiply what survives by one over one minus p"
DENIES = "Dropout never scales the kept activations during training."
BESIDE = "Attention weights come from a softmax over the keys."


@pytest.fixture(scope="module")
def reader() -> CrossEncoder:
    return CrossEncoder()


def test_a_reading_is_three_log_probabilities(reader: CrossEncoder) -> None:
    found = reader.read([(POINT, SAYS), (POINT, BESIDE)])
    assert found.shape == (2, 3)
    assert np.exp(found).sum(1) == pytest.approx(1)
    assert reader.read([]).shape == (0, 3)


def test_it_tells_saying_from_denying_and_from_speaking_of_something_else(reader: CrossEncoder) -> None:
    said, denied, beside = reader.read([(POINT, SAYS), (POINT, DENIES), (POINT, BESIDE)])
    assert said[0] > denied[0]
    assert denied[1] > said[1]
    assert beside.argmax() == 2


def test_a_reading_does_not_depend_on_what_is_read_beside_it(reader: CrossEncoder) -> None:
    pairs = [(POINT, SAYS), (POINT, DENIES), (POINT, BESIDE * 20)]
    together = reader.read(pairs)
    for pair, found in zip(pairs, together, strict=True):
        assert (reader.read([pair])[0] == found).all()


def test_what_is_too_long_is_cut_and_whatever_is_typed_is_read(reader: CrossEncoder) -> None:
    found = reader.read([(POINT, "word " * 5_000), (POINT * 50, SAYS), (POINT, "🙂"), (POINT, "")])
    assert np.isfinite(found).all()


def test_other_weights_are_refused_in_one_sentence(tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    shutil.copy(WEIGHTS, other)
    with other.open("r+b") as file:
        file.seek(1_000)
        file.write(b"\0\1\2\3")
    with pytest.raises(EmbedderError, match="SHA-256"):
        CrossEncoder(other).read([(POINT, SAYS)])
    with pytest.raises(EmbedderError, match="cannot be read"):
        CrossEncoder(tmp_path / "missing.onnx").read([(POINT, SAYS)])


def test_the_card_says_what_the_weights_were_trained_on() -> None:
    card = json.loads(CARD.read_text(encoding="utf-8"))
    assert card["classes"] == ["met", "contradicted", "missed"]
    assert card["benchmarks"] == ["scientsbank", "beetle"]
    text = CARD.with_suffix(".md").read_text(encoding="utf-8")
    assert f"{card['steps']:,} batches" in text
