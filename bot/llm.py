"""The one client for models: any OpenAI-compatible server, with time limits, retries and budgets.

Retries (bounded, with jitter, honouring Retry-After) are the openai client's own; a deadline around
each call bounds them all. Every failure becomes a ModelError whose text completes "The chat model …".
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Protocol, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StrictBool, StrictStr, ValidationError

from bot.errors import BudgetSpent, ModelError, ModelMalformed, ModelRefused, ModelUnavailable, SettingsError
from bot.settings import OpenAISettings, VivaSettings
from prompts.render import Prompt

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

Probability = Annotated[float, Field(ge=0, le=1, strict=True, allow_inf_nan=False)]

MAX_RETRIES = 2
MAX_OUTPUT_TOKENS = 2_000
REST = 60.0  # seconds that people are spared a server which lets them wait
_IN_VAIN = 2  # times in a row that it was waited for
_NO_KEY = "none"  # local servers take any key, the client insists on one


class Ledger(Protocol):
    """Where token use is counted, by person and day (UTC)."""

    async def tokens_today(self, person: str | None = None) -> int:
        """Tokens used today by one person, or by everyone."""
        ...

    async def record_usage(self, person: str, model: str, input_tokens: int, output_tokens: int) -> None:
        """Add what one request used."""
        ...


@dataclass(frozen=True)
class Budget:
    """Tokens a day, for one person and for everyone."""

    person: int
    total: int


class _Read(BaseModel):
    """What is read of a reply. Checked here, because the client library takes any shape as it comes."""

    model_config = ConfigDict(frozen=True)


R = TypeVar("R", bound=_Read)


class _Message(_Read):
    content: StrictStr | None = None
    refusal: StrictStr | None = None


class _Choice(_Read):
    message: _Message
    finish_reason: str | None = None


class _ChatReply(_Read):
    choices: list[_Choice] = Field(min_length=1)


class _StreamChoice(_Read):
    delta: _Message
    finish_reason: str | None = None


class _StreamPart(_Read):
    choices: list[_StreamChoice] = []


class _Usage(_Read):
    input_tokens: int = Field(ge=0, validation_alias=AliasChoices("input_tokens", "prompt_tokens"))
    output_tokens: int = Field(ge=0, validation_alias=AliasChoices("output_tokens", "completion_tokens"))


class _DecisionReply(_Read):
    answers: list[dict[str, Any]] = Field(min_length=1)


class ChoiceProbability(_Read):
    """How likely one of the choices is."""

    value: StrictStr | StrictBool
    probability: Probability


class DecisionAnswer(_Read):
    """One answer of a decision model; `type` is "choice", "predicate", "refusal", or what else it gave."""

    type: str
    name: StrictStr | None = None
    choice: StrictStr | None = None
    confidence: Probability | None = None
    probabilities: list[ChoiceProbability] = []
    truth: Annotated[Probability | None, Field(validation_alias="probability")] = None

    @property
    def probability(self) -> float | None:
        """How likely it is that a predicate is true, or a choice right, by its distribution or else its confidence."""
        if self.type == "predicate":
            return self.truth
        return next((p.probability for p in self.probabilities if p.value == self.choice), self.confidence)


UNREADABLE = DecisionAnswer(type="unreadable")


def _answer(body: dict[str, Any]) -> DecisionAnswer:
    try:
        return DecisionAnswer.model_validate(body)
    except ValidationError:
        return UNREADABLE


class _Patience:
    """Whether a server is worth waiting for: not for some seconds after it was waited for in vain, again and again."""

    def __init__(self, rest: float) -> None:
        self._rest = rest
        self._in_vain = 0
        self._until = 0.0

    def check(self) -> None:
        """Raise ModelUnavailable while the server rests."""
        if time.monotonic() < self._until:
            raise ModelUnavailable("did not answer in time again and again, and is asked again in a minute")

    def answered(self) -> None:
        self._in_vain = 0

    def waited(self) -> ModelUnavailable:
        """Count a wait in vain; the error to raise."""
        self._in_vain += 1
        if self._in_vain >= _IN_VAIN:
            self._until = time.monotonic() + self._rest
        return ModelUnavailable("did not answer in time")


class ModelClient:
    """Chat completions and decisions, against `OPENAI_BASE_URL` or OpenAI, through `transport` where one is given.

    A server that did not answer in time twice in a row is not asked for `rest` seconds. All methods raise a
    ModelError, never an error of the client library.
    """

    def __init__(
        self,
        openai: OpenAISettings,
        viva: VivaSettings,
        ledger: Ledger,
        *,
        transport: "httpx2.AsyncBaseTransport | None" = None,
        rest: float = 0.0,
    ) -> None:
        self._openai = openai
        self._transport = transport
        self._timeout = viva.model_timeout
        self._patience = _Patience(rest)
        self._budget = Budget(viva.person_daily_tokens, viva.total_daily_tokens)
        self._ledger = ledger
        self._connection: AsyncOpenAI | None = None

    @property
    def _client(self) -> "AsyncOpenAI":
        if self._connection is None:
            from openai import AsyncOpenAI, DefaultAsyncHttpxClient, OpenAIError

            key = self._openai.api_key
            try:
                self._connection = AsyncOpenAI(
                    api_key=key.get_secret_value() if key else _NO_KEY,
                    base_url=self._openai.base_url,
                    timeout=self._timeout,
                    max_retries=MAX_RETRIES,
                    http_client=DefaultAsyncHttpxClient(transport=self._transport) if self._transport else None,
                )
            except OpenAIError as error:
                raise SettingsError(f"OPENAI_BASE_URL or OPENAI_API_KEY cannot be used: {error}.") from error
        return self._connection

    async def close(self) -> None:
        """Close the connections."""
        if self._connection is not None:
            await self._connection.close()

    async def models(self) -> list[str]:
        """The ids of the models the server offers."""
        with self._as_model_errors():
            async with asyncio.timeout(self._timeout):
                return [model.id async for model in self._client.models.list()]

    @asynccontextmanager
    async def one_limit(self) -> AsyncGenerator[None, None]:
        """All that is asked inside has the time of one reply together; raises ModelUnavailable when it is over."""
        _ = self._client  # loading the library takes a second, which is not the model's
        try:
            async with asyncio.timeout(self._timeout):
                yield
        except TimeoutError as error:
            raise self._patience.waited() from error

    async def chat(
        self, model: str, prompt: Prompt, *, person: str, schema: dict[str, Any] | None = None, seed: int | None = None
    ) -> str:
        """The text of one reply; with a JSON schema, text that should satisfy it (the caller checks).

        Replies to the same prompt with different seeds are samples of what the model may say.
        """
        body = {"model": model, "messages": _messages(prompt), "max_completion_tokens": MAX_OUTPUT_TOKENS}
        if schema:
            form = {"name": prompt.name, "schema": schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        if seed is not None:
            body["seed"] = seed
        answered = await self._post("/chat/completions", body, _ChatReply, person)
        choice = answered.choices[0]
        if choice.message.refusal:
            raise ModelRefused("declined to answer")
        if choice.finish_reason == "length":
            raise ModelMalformed("broke off in the middle of its reply")
        if not choice.message.content:
            raise ModelMalformed("sent a reply without text")
        return choice.message.content

    async def stream(self, model: str, prompt: Prompt, *, person: str) -> AsyncGenerator[str, None]:
        """The text of one reply, piece by piece. Only the time spent waiting for the model counts."""
        await self._check(person)
        waited, finished = 0.0, False
        chunks: Any = None
        while True:
            begun = time.monotonic()
            with self._as_model_errors(model):
                async with asyncio.timeout(self._timeout - waited):
                    chunks = chunks or await self._open_stream(model, prompt)
                    chunk: Any = await anext(chunks, None)
                if chunk is None:
                    break
                body = chunk.to_dict()
                part = _StreamPart.model_validate(body)
                self._patience.answered()
            waited += time.monotonic() - begun
            await self._record(person, model, body)
            for choice in part.choices:
                if choice.delta.refusal:
                    raise ModelRefused("declined to answer")
                if choice.delta.content:
                    yield choice.delta.content
                finished = finished or choice.finish_reason == "stop"
        if not finished:
            raise ModelUnavailable("broke off in the middle of its reply")

    async def _open_stream(self, model: str, prompt: Prompt) -> Any:
        stream = await self._client.chat.completions.create(
            model=model,
            messages=_messages(prompt),
            max_completion_tokens=MAX_OUTPUT_TOKENS,
            stream=True,
            stream_options={"include_usage": True},
        )
        return aiter(stream)

    async def decide(
        self, model: str, prompt: Prompt, questions: Sequence[dict[str, Any]], *, person: str
    ) -> list[DecisionAnswer]:
        """One answer for each question (400 at most), in order; any one may be a refusal or unreadable."""
        asked = [{"type": "message", **message} for message in _messages(prompt)]
        reply = await self._post(
            "/decisions", {"model": model, "input": asked, "questions": list(questions)}, _DecisionReply, person
        )
        if len(reply.answers) != len(questions):
            raise ModelMalformed("did not answer every question")
        return [_answer(answer) for answer in reply.answers]

    async def _post(self, path: str, body: dict[str, Any], kind: type[R], person: str) -> R:
        """One reply to one request, read as `kind`.

        The client's typed methods would walk through every request for names to rename and through every
        reply for a shape it does not check, twice the time of all the rest; we check the shape ourselves.
        """
        import httpx2

        await self._check(person)
        model = str(body["model"])
        with self._as_model_errors(model):
            async with asyncio.timeout(self._timeout):
                response = await self._client.post(path, cast_to=httpx2.Response, body=body)
            self._patience.answered()
            answered: Any = response.json()
            reply = kind.model_validate(answered)
        await self._record(person, model, answered)
        return reply

    async def _record(self, person: str, model: str, body: dict[str, Any]) -> None:
        """Count what a reply says it used; a reply that says nothing readable is still a reply."""
        try:
            usage = _Usage.model_validate(body.get("usage"))
        except ValidationError:
            return
        await self._ledger.record_usage(person, model, usage.input_tokens, usage.output_tokens)

    async def _check(self, person: str) -> None:
        self._patience.check()
        if await self._ledger.tokens_today(person) >= self._budget.person:
            raise BudgetSpent("has used up your token budget for today")
        if await self._ledger.tokens_today() >= self._budget.total:
            raise BudgetSpent("has used up today's token budget")

    @contextmanager
    def _as_model_errors(self, model: str = "") -> Generator[None, None, None]:
        import httpx2
        import openai

        try:
            yield
        except ModelError:
            raise
        except (TimeoutError, openai.APITimeoutError) as error:
            raise self._patience.waited() from error
        except openai.RateLimitError as error:
            raise ModelUnavailable("is over its rate limit") from error
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise ModelUnavailable("does not accept OPENAI_API_KEY; correct or unset it") from error
        except openai.NotFoundError as error:
            raise ModelUnavailable(f"cannot be asked: the server has no model {model!r}") from error
        except openai.APIStatusError as error:
            raise ModelUnavailable(f"answered with an error ({error.status_code})") from error
        except (openai.APIConnectionError, httpx2.TransportError) as error:
            raise ModelUnavailable("could not be reached or broke off") from error
        except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
            # The client validates loosely: a body of another shape surfaces as any of these.
            raise ModelMalformed("sent a reply that cannot be read") from error


def _messages(prompt: Prompt) -> Any:
    return [message.model_dump() for message in prompt.messages]
