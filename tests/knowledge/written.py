"""A small note that has everything, to be broken in one place at a time."""

from pathlib import Path
from typing import Any

import yaml

from knowledge.note import Note

NOTE = """\
---
id: temperature
question: What does the temperature of a softmax do?
asked_as:
  - softmax temperature
  - why divide logits by T
  - what happens to sampling when T goes up
topic: decoding
level: core
kind: concept
rubric:
  - id: divides
    point: The logits are divided by the temperature before the softmax.
    weight: 0.5
    paraphrases:
      - you scale the logits by one over T
      - softmax of z / T
    contradictions:
      - the probabilities are divided by T
      - the logits are multiplied by T
    probe: Where in the formula does it stand?
  - id: sharpens
    point: A temperature below one makes the distribution more peaked.
    weight: 0.25
    paraphrases:
      - low T is close to argmax
      - small temperatures sharpen
    contradictions:
      - a low temperature makes samples more random
      - T has no effect on the entropy
    probe: What does a small one do?
  - id: flattens
    point: A temperature above one makes the distribution flatter.
    weight: 0.25
    paraphrases:
      - high T tends to uniform
      - hot means more diverse samples
    contradictions:
      - a high temperature makes it greedy
      - high T concentrates the mass
    probe: And a large one?
misconceptions:
  - claim: Temperature changes which class is most likely.
    correction: It keeps their order.
follow_ups:
  - question: What is the limit as the temperature goes to zero?
    rubric:
      - id: argmax
        point: All mass moves to the largest logit.
        weight: 1
        paraphrases:
          - it becomes argmax
          - greedy decoding
        contradictions:
          - it becomes uniform
          - it is undefined for two classes
        probe: Which token is left?
references:
  - Hinton, Vinyals and Dean, Distilling the Knowledge in a Neural Network, 2015.
---

## In 30 seconds

The logits are divided by $T$.

## In full

First paragraph.

Second paragraph.

## Worked example

With $z = (1, 0)$ and $T = 0.5$ the first class gets 0.88.
"""

ANOTHER = (
    NOTE.replace("id: temperature", "id: nucleus-sampling")
    .replace("What does the temperature of a softmax do?", "What is nucleus sampling?")
    .replace("What is the limit as the temperature goes to zero?", "What is left at p = 0?")
)


def write(root: Path, text: str = NOTE, *, note_id: str = "temperature", topic: str = "decoding") -> Path:
    """Put a note where the library looks for it."""
    path = root / topic / f"{note_id}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def fields(**changes: Any) -> dict[str, Any]:
    """What `Note.model_validate` takes for the small note, with some fields changed."""
    sections = {"In 30 seconds": "The logits are divided by T.", "In full": "First paragraph.\n\nSecond paragraph."}
    return {**yaml.safe_load(NOTE.split("---\n")[1]), "sections": sections, **changes}


def note(**changes: Any) -> Note:
    """The small note, with some fields changed."""
    return Note.model_validate(fields(**changes))
