"""Other words for a statement: the same meaning, or the opposite one, without a model.

Wordings that people would use are what the judge's parts are trained and fitted on beside the
labelled answers, which are few.
"""

import random
import re
from collections.abc import Sequence

_OPPOSITES = """
increase/decrease increases/decreases increasing/decreasing increased/decreased larger/smaller large/small
higher/lower high/low more/less more/fewer most/least greater/smaller big/small bigger/smaller above/below
over/under before/after first/last early/late earlier/later maximum/minimum maximise/minimise
maximises/minimises always/never all/none same/different equal/unequal with/without positive/negative
convex/concave faster/slower fast/slow easy/hard easier/harder better/worse best/worst true/false
possible/impossible independent/dependent biased/unbiased upper/lower grows/shrinks grow/shrink rises/falls
rise/fall raises/lowers raise/lower wide/narrow deep/shallow long/short longer/shorter sharp/flat
stable/unstable linear/nonlinear numerator/denominator train/test training/test encoder/decoder left/right
forward/backward input/output rows/columns row/column discrete/continuous underfits/overfits
underfitting/overfitting add/remove adds/removes adding/removing added/removed multiply/divide
multiplies/divides multiplied/divided multiplying/dividing plus/minus gain/loss can/cannot is/isn't are/aren't
does/doesn't do/don't keeps/drops keep/drop both/neither every/no symmetric/asymmetric explicit/implicit
similar/dissimilar strong/weak stronger/weaker cheap/expensive cheaper/dearer sparse/dense local/global
exact/approximate inside/outside near/far close/far up/down many/few often/rarely precision/recall
bias/variance mean/variance prior/posterior positives/negatives exponentially/linearly vanish/explode
vanishes/explodes fixed/learned frozen/trained known/unknown useful/useless helps/hurts help/hurt
preserves/destroys invariant/sensitive necessary/unnecessary sufficient/insufficient constant/varying
quadratic/linear unique/arbitrary rare/frequent ignore/use ignores/uses single/several one/many
""".split()
OPPOSITE = {a: b for pair in _OPPOSITES for a, b in (pair.split("/"), pair.split("/")[::-1])}
_ALIKE = """
use/apply, uses/applies, using/applying, used/applied, compute/calculate, computes/calculates, computed/calculated,
get/obtain, gets/obtains, because/since, so/therefore, big/large, small/little, shows/demonstrates, pick/choose,
picks/chooses, start/begin, starts/begins, need/require, needs/requires, error/mistake, examples/samples,
network/net, networks/nets, probability/chance, divided by/over, says/states, average/mean, averaged/mean, each/every,
approximately/roughly, typically/usually, generally/usually, often/frequently, almost/nearly, hence/thus,
number/count, different/distinct, entire/whole, method/approach, parameters/weights, quickly/fast, gives/yields,
equals/is, depends on/varies with, zeroed/set to zero, only/just, removes/deletes, distance/gap, estimate/guess,
multiplied by/times, variance/var, standard deviation/std, gradient/grad, distribution/dist, function/fn,
regularisation/reg, observations/samples, predictions/outputs, prediction/output, proportional to/goes like
"""
ALIKE = {pair.split("/")[0].strip(): pair.split("/")[1].strip() for pair in _ALIKE.split(",")}
_FILLERS = ("basically", "I think", "so", "well", "roughly speaking", "I would say", "as far as I know", "simply")
_SMALL = re.compile(r"\b(?:the|a|an|that|its|their|then|there|also|in general|itself|very)\s", re.IGNORECASE)
_LEAD = re.compile(r"^(?:(?:In|For|With|At|On|By)\s[^,]{3,40},\s|[^,.]{3,40}\s(?:says|means|states) that\s)")
_SWAP = re.compile(
    r"\b(?!(?:what|that|this|with|from)\b)(\w{3,}) (and|times|plus|or) (?!(?:what|that|the|then|not)\b)(\w{3,})\b(?!')"
)
_ADVERB = re.compile(
    r"\b(?!(?:only|early|apply|imply|multiply|reply|rely|supply|likely|unlikely|family|assembly|linearly|"
    r"exponentially|poorly|rarely|hardly|nearly|barely|poly|july)\b)[a-z]{3,}ly\s"
)
_CLAUSE = re.compile(r"(?:,|;| so that\b| because\b| which\b| while\b| since\b| with\b| by\b| for\b| and\b)")
_WORD = re.compile(r"[A-Za-z']+")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")


def turned(text: str, chance: random.Random) -> str | None:
    """The text with one telling word, negation or number turned round, or None where nothing can be.

    Where both words of a pair stand ("precision is ..., recall is ...") they may change places.
    """
    if (swapped := _exchanged(text)) and chance.random() < 0.5:
        return swapped
    ways = [(m.span(), OPPOSITE[m[0].lower()]) for m in _WORD.finditer(text) if m[0].lower() in OPPOSITE]
    ways += [(m.span(), "") for m in re.finditer(r"\b(?:not|never)\s", text)] * 2
    ways += [
        (m.span(), f"{m[0]} not") for m in re.finditer(r"\b(?:is|are|does|do|can|will|must|has)\b(?! not|n't)", text)
    ]
    ways += [
        (m.span(), chance.choice(["2", "3", "10", "0.5", "100", "0"]) if m[0] != "10" else "100")
        for m in _NUMBER.finditer(text)
    ]
    if not ways:
        return None
    (start, end), new = chance.choice(ways)
    result = text[:start] + new + text[end:]
    return result if result != text else None


def _exchanged(text: str) -> str | None:
    words = {word.lower() for word in _WORD.findall(text)}
    pair = next((word for word in sorted(words & OPPOSITE.keys()) if OPPOSITE[word] in words), None)
    if pair is None:
        return None
    places = {pair: OPPOSITE[pair], OPPOSITE[pair]: pair}
    return _WORD.sub(lambda found: places.get(found[0].lower(), found[0]), text)


def shortened(text: str, chance: random.Random) -> str | None:
    """The text without one of its later clauses, or None: what is left says part of it and denies nothing."""
    cuts = [found.start() for found in _CLAUSE.finditer(text)]
    cuts = [at for at in cuts if at >= max(30, 0.45 * len(text))]
    return text[: chance.choice(cuts)] if cuts else None


def typed(text: str, chance: random.Random) -> str:
    """The text as people type it: lower case, a slip, no full stop."""
    if chance.random() < 0.25:
        text = text.lower()
    if chance.random() < 0.1 and len(text) > 20:
        at = chance.randrange(len(text) - 1)
        text = (
            text[:at] + text[at + 1] + text[at] + text[at + 2 :]
            if chance.random() < 0.5
            else text[:at] + text[at + 1 :]
        )
    return text.rstrip(".") if chance.random() < 0.3 else text


def hurried(text: str, chance: random.Random) -> str:
    """The text with the same meaning in a hurried person's words.

    Without them a model learns that what is nearly the same, and not quite, is a contradiction.
    """
    if chance.random() < 0.4:
        text = _LEAD.sub("", text)
    if chance.random() < 0.4:
        text = _ADVERB.sub("", text)
    if chance.random() < 0.7:
        text = _SMALL.sub(lambda found: "" if chance.random() < 0.6 else found[0], text)
    for there, instead in chance.sample(list(ALIKE.items()), len(ALIKE)):
        if chance.random() < 0.6:
            text = re.sub(rf"\b{re.escape(there)}\b", instead, text)
    if chance.random() < 0.5:
        text = _SWAP.sub(lambda found: f"{found[3]} {found[2]} {found[1]}", text, count=1)
    if chance.random() < 0.25:
        text = f"{chance.choice(_FILLERS)} {text}"
    return text


def nearest(said: str, wordings: Sequence[str]) -> str:
    """Of the wordings that are not `said` itself, the one that shares most words with it."""
    own = set(_WORD.findall(said.lower()))

    def shared(text: str) -> float:
        words = set(_WORD.findall(text.lower()))
        return len(own & words) / max(1, len(own | words))

    return max((text for text in wordings if text != said), key=shared)
