"""How to say it: the note's authored words with the candidate's quoted, or a model's, streamed."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from bot.coach.interviewer import Challenge, Probe, shorten
from bot.coach.reply import Delta
from bot.coach.session import Exchange
from bot.errors import ModelError
from bot.grading.evidence import content
from bot.llm import ModelClient
from knowledge.note import RubricPoint
from prompts.render import edition, render

_LEAK = 0.6

_MOVES = {
    Challenge: "Quote back what they said and ask them to defend it, without saying that it is wrong.",
    Probe: "Ask for what is still missing, from what they did say.",
}


@dataclass(frozen=True)
class Spoken:
    """The finished words; `notice` says where they are not the model's although one was asked.

    Where they are, `model` and the edition of the `prompt` say whose.
    """

    text: str
    authored: str
    notice: str = ""
    model: str = ""
    prompt: str = ""


class Persona:
    """Words the interviewer's probes. Without a model the authored wording is used."""

    def __init__(self, client: ModelClient | None = None, model: str | None = None) -> None:
        self._client = client
        self._model = model

    async def word(
        self,
        move: Challenge | Probe,
        exchange: Exchange,
        hidden: Sequence[RubricPoint],
        person: str,
        said: Collection[str] = (),
        *,
        plain: bool = False,
    ) -> AsyncIterator[Delta | Spoken]:
        """Pieces of the wording as they come, then the whole.

        `hidden` are the points that the candidate has not earned; words that would give one away
        are cut off before they are shown. `said` has been asked before: the model may not repeat it.
        `plain` asks it for everyday words.
        """
        words = authored(move, exchange)
        if self._client is None or self._model is None:
            yield Spoken(words, move.authored)
            return
        answer = exchange.answers[-1] if exchange.answers else ""
        prompt = render(
            "probe",
            question=exchange.last_prompt,
            answer=answer,
            move=_MOVES[type(move)],
            authored=words,
            missing=[point.point for point in hidden],
            plain=plain,
        )
        told = ""
        try:
            async with aclosing(self._client.stream(self._model, prompt, person=person)) as pieces:
                async for piece in pieces:
                    told += piece
                    if gives_away(told, hidden, known=f"{exchange.text} {answer} {words}"):
                        reason = "was giving the answer away"
                        break
                    yield Delta(text=piece)
                else:
                    reason = "" if told.strip() and told.strip() not in said else "had nothing new to ask"
        except ModelError as error:
            reason = str(error)
        if reason:
            notice = f"The chat model ({self._model}) {reason}; these are the note's own words."
            yield Spoken(words, move.authored, notice)
        else:
            yield Spoken(told.strip(), move.authored, model=self._model, prompt=edition("probe"))


def authored(move: Challenge | Probe, exchange: Exchange) -> str:
    """The wording that needs no model: the note's probe, led in by the candidate's own words."""
    if isinstance(move, Challenge):
        return move.authored
    earned = [p for p in exchange.points.values() if p.verdict.credit and p.evidence]
    quoted = max(earned, key=lambda p: p.weight, default=None)
    # Once a question is enough: quoting the same words before every probe sounds like a machine.
    if quoted is None or quoted.evidence is None or exchange.probes:
        return move.point.probe
    return f"You said “{shorten(quoted.evidence.quote)}”. {move.point.probe}"


def gives_away(said: str, hidden: Sequence[RubricPoint], *, known: str) -> bool:
    """True when most of the words that make up a hidden point stand in what is being said."""
    spoken, free = set(content(said)), set(content(known))
    for point in hidden:
        secret = set(content(point.point)) - free
        if len(secret) >= 3 and len(secret & spoken) / len(secret) >= _LEAK:
            return True
    return False
