"""A new note that is valid from the first minute: every place to fill in says what belongs there."""

import json
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from knowledge.errors import KnowledgeError
from knowledge.library import NOTES
from knowledge.note import Kind, Level
from knowledge.parts import Slug

# Whole and right as it stands, so that it can be exchanged piece by piece.
_EXERCISE = """\
exercise:
  defines: double
  starter: |
    import numpy as np


    def double(X):
        \"""TODO {id}, what comes in and out with shapes, and what happens at ties and edges.\"""
        ...
  solution: |
    import numpy as np


    def double(X):
        return 2 * np.asarray(X)
  tests:
    - id: basic
      says: TODO {id}, the basic case, computed by hand
      inputs: {{X: [[1.0, 2], [3, 4]]}}
      expect: [[2, 4], [6, 8]]
    - id: edge
      says: TODO {id}, an edge case that is really asked for
      inputs: {{X: [[0.0]]}}
      expect: [[0]]
    - id: many
      says: TODO {id}, random numbers against the solution
      inputs: {{X: {{random: normal, shape: [20, 3], seed: 1}}}}
      expect: reference
      check: {{close: {{}}}}
    - id: property
      says: TODO {id}, what is true of every right result
      inputs: {{X: [1.0, 2, 3]}}
      check: {{holds: [{{finite: {{}}}}, {{increasing: {{}}}}, {{sums_to: {{value: 12}}}}]}}
  wrong:
    - says: TODO {id}, a mistake that people make
      caught_by: basic
      code: |
        def double(X):
            return X
    - says: TODO {id}, another one
      caught_by: many
      code: |
        def double(X):
            return X + 2
"""

_POINT = """\
  - id: {name}
    point: TODO {id} {name}, one checkable sentence that is true on its own.
    weight: {weight}
    paraphrases:
      - TODO {id} {name} in the field's standard words, the true twin of the first contradiction
      - TODO {id} {name} as typed in a hurry
      - TODO {id} {name} by an analogy
    contradictions:
      - TODO {id} {name} turned round, something people really say that cannot be true
      - TODO {id} {name} with the roles swapped
      - TODO {id} {name} with a wrong number or direction
    probe: TODO {id} {name}, one spoken question that leads there without giving it away?
"""

_NOTE = """\
---
id: {id}
question: {question}
asked_as:
  - TODO {id} in three words
  - TODO {id} wiht typos
  - TODO {id}, as a beginner asks?
topic: {topic}
level: {level}
kind: {kind}
rubric:
{rubric}misconceptions:
  - claim: TODO {id}, a named wrong belief.
    correction: TODO {id}, what is true instead.
follow_ups:
  - question: TODO {id}, when does it break?
    rubric:
{rung}references:
  - TODO {id}, a source you are certain of (authors, title, venue, year).
{exercise}---

## In 30 seconds

TODO What a strong candidate would say.

## In full

TODO The mechanism, the derivation, the limits. Formulas like $a^2 + b^2 = c^2$.
{example}"""

_EXAMPLE = """
## Worked example

TODO Numbers that a test in tests/knowledge/worked_examples computes again.
"""


def create(
    name: str, question: str | None = None, level: str = "core", kind: str = "concept", root: Path = NOTES
) -> Path:
    """Write the skeleton of `topic/id` below `root`; raises KnowledgeError where that cannot be.

    The file passes every check of a note, and `viva notes lint` lists what is still to do in it.
    """
    topic, _, note_id = name.partition("/")
    try:
        for part in (topic, note_id):
            TypeAdapter(Slug).validate_python(part)
    except ValidationError:
        raise KnowledgeError(
            f"{name!r} cannot be a note; write it as topic/id in lower-case words joined by hyphens, "
            "as in losses/hinge-loss."
        ) from None
    for choices, given in ((Level, level), (Kind, kind)):
        if given not in list(choices):
            known = ", ".join(choices)
            raise KnowledgeError(f"There is no {choices.__name__.lower()} {given!r}; choose one of {known}.")
    path = root / topic / f"{note_id}.md"
    if taken := next(root.glob(f"*/{note_id}.md"), None):
        raise KnowledgeError(f"There is a note {note_id!r} already, {taken}; choose another id.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_text(topic, note_id, question, level, kind), encoding="utf-8")
    except OSError as error:
        raise KnowledgeError(f"{path} cannot be written ({error.strerror}); name another --folder.") from error
    return path


def _text(topic: str, note_id: str, question: str | None, level: str, kind: str) -> str:
    points = (("first-point", 0.4), ("second-point", 0.3), ("third-point", 0.2), ("fourth-point", 0.1))
    rung = _POINT.format(id=note_id, name="when-it-breaks", weight=1)
    return _NOTE.format(
        id=note_id,
        question=json.dumps(question or f"TODO {note_id}, one question as an interviewer says it?", ensure_ascii=False),
        topic=topic,
        level=level,
        kind=kind,
        rubric="".join(_POINT.format(id=note_id, name=name, weight=weight) for name, weight in points),
        rung="".join(f"    {line}\n" for line in rung.splitlines()),
        exercise=_EXERCISE.format(id=note_id) if kind == Kind.CODE else "",
        example="" if Kind(kind).personal else _EXAMPLE,
    )
