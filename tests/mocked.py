"""`python -m tests.mocked bare|viva N FILE`: N mocked chat replies, by a bare client loop and by `viva eval`'s harness.

Prints CPU seconds, the greatest memory and how often the model was asked as JSON; a process each, so that
neither pays for the other. The harness keeps outcomes in FILE: killed, the same command goes on.
"""

import asyncio
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr

from bot.grading.chat import ChatJudge, schema
from bot.grading.matching import Matcher
from bot.llm import ModelClient
from bot.settings import OpenAISettings, VivaSettings
from evals.cases import GradingCase
from evals.grading import Grading
from evals.judges import Usage
from evals.plan import Plan
from knowledge.library import Library
from prompts.render import render
from tests.fakes import HashingEmbedder

POINTS = {
    "first": "Dropout masks units at random.",
    "second": "The mask is new in every pass.",
    "third": "At test time no unit is masked.",
}
ANSWER = "Dropout masks units at random, and the mask is new in every pass. At test time it is off."
VERDICTS = {
    "points": [
        {"id": "first", "verdict": "met", "quote": "Dropout masks units at random"},
        {"id": "second", "verdict": "met", "quote": "the mask is new in every pass"},
        {"id": "third", "verdict": "met", "quote": "At test time it is off."},
    ]
}
REPLY = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "mock",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": json.dumps(VERDICTS)}}
    ],
    "usage": {"prompt_tokens": 400, "completion_tokens": 90, "total_tokens": 490},
}
CONCURRENCY = 8


class Model(httpx2.AsyncBaseTransport):
    """A model that gives the same reply to everything, without a network; counts what it is asked."""

    asked = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        return httpx2.Response(200, json=REPLY, request=request)


def cases(number: int) -> list[GradingCase]:
    """Answers that differ, to forty questions of one rubric."""
    rubric = [{"id": name, "weight": 1, "point": point} for name, point in POINTS.items()]
    return [
        GradingCase.model_validate(
            {
                "id": str(n),
                "question": f"What is dropout, version {n % 40}?",
                "rubric": rubric,
                "answer": f"{ANSWER} {n}",
                "gold_points": dict.fromkeys(POINTS, "met"),
                "gold_score": 1.0,
                "kind": f"kind {n % 7}",
            }
        )
        for n in range(number)
    ]


async def bare(number: int, model: Model, _: Path) -> None:
    """The least a program can do: AsyncOpenAI, the same prompt, the reply parsed."""
    from openai import AsyncOpenAI

    client = AsyncOpenAI(api_key="none", base_url="http://mock/v1", http_client=httpx2.AsyncClient(transport=model))
    left = iter(cases(number))
    submission = cases(1)[0].submission(Library([]))
    prompt = render(
        "grade", question=submission.question, points=submission.rubric, answer=submission.answer, mistake=""
    )
    messages: Any = [message.model_dump() for message in prompt.messages]
    form: Any = {"type": "json_schema", "json_schema": {"name": "grade", "schema": schema(submission.rubric)}}

    async def work() -> None:
        for _ in left:
            reply = await client.chat.completions.create(model="mock", messages=messages, response_format=form)
            assert json.loads(reply.choices[0].message.content or "")["points"]

    await asyncio.gather(*(work() for _ in range(CONCURRENCY)))


async def viva(number: int, model: Model, file: Path) -> None:
    """The same through the production judge, the run file and the whole report."""
    settings = OpenAISettings(api_key=SecretStr("none"), base_url="http://mock/v1")
    client = ModelClient(settings, VivaSettings.model_validate({}), Usage(), transport=model)
    task = Grading(cases(number), Library([]), ChatJudge(client, "mock", Matcher(HashingEmbedder())))
    report = await Plan(file.parent, file, concurrency=CONCURRENCY).carry_out(task, "mock")
    assert report["summary"]["metrics"]["accuracy per point"]["value"] == 1
    assert len(report["cases"]) == number


if __name__ == "__main__":
    begun, model = time.process_time(), Model()
    asyncio.run({"bare": bare, "viva": viva}[sys.argv[1]](int(sys.argv[2]), model, Path(sys.argv[3])))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu = round(time.process_time() - begun, 2)
    sys.stdout.write(json.dumps({"cpu": cpu, "megabytes": round(usage.ru_maxrss / 1024), "asked": model.asked}) + "\n")
