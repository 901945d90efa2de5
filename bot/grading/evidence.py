"""The candidate's words: split into statements, found again from a quote, and told apart from noise.

Everything here is deterministic and needs no model.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from bot.grading.grade import Span
from knowledge.text import stem
from prompts.render import inert

_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\b[eE]\.g\.)(?<!\b[iI]\.e\.)(?<!\bvs\.)(?<!\betc\.)(?<!\b[Ff]ig\.)(?<!\b[Ee]q\.)(?<!\bcf\.)(?<!\bal\.)\s+|\n+|;\s+"
)
_CLAUSE_BREAK = re.compile(
    r",?\s+(?:but|whereas|while|although|however|so that|because)\s+|[:,]\s+(?:(?:and|or|so)\s+)?"
)
_LONG = 10  # words; a longer sentence usually holds several statements

_SALAD_WORDS, _SALAD_TAKEN, _SALAD_ORDER = 8, 0.7, 0.25

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")

STOPWORDS = frozenset(
    "a about above after again all also am an and any are as at be because been before being below between both but by "
    "can could did do does doing down during each few for from further had has have having he her here him his how i "
    "if in into is it its itself just let me more most my no nor not of off on once one only or other our out over own "
    "same she should so some such than that the their them then there these they this those through to too two under "
    "until up use used using very was way we were what when where which while who whom why will with would you your "
    "get gets got give given gives make makes made like means mean thing things well basically really simply".split()
)

# Small words that can turn a statement round; comparing wording must not drop them.
POLAR = frozenset(
    "not no nor never same more most few only before after above below up down over under once all any each other own "
    "both between until against too than up".split()
)

# Words of a reply that say nothing about any subject.
FILLERS = frozenset(
    "fine ok okay good great sure yes yep yeah maybe hi hello hey thanks thank nice cool easy done next idk hmm well "
    "whatever depends obviously correct right true false think know believe guess one say said answer question this "
    "please understand sorry".split()
)

# Sentences that speak to whoever grades, not about the subject. Each alternative needs a grading word
# in the company of an instruction or a claim: "we ignore the padding index" and "a perfect score on
# train" are statements.
_TO_GRADER = re.compile(
    r"""
      \b(?:ignore|disregard|forget|override|skip|bypass)\b .{0,40} \b(?:rubric|instructions?|grading|prompt|criteria)\b
    | \b(?:new|previous)\ instructions\b | \b(?:system|developer)\ (?:override|message)\b
    | ^\W* (?:system|assistant|developer|user) \s* :
    | \byou\ are\b .{0,40} \b(?:grader|examiner|judge|assistant|evaluator)\b | \b(?:grader|examiner)\b
    | \b(?:give|award|assign|grant|deserves?|worth|earn|get)\b .{0,30}
      \b(?:full|top|highest|perfect|maximum)\ (?:possible\ )?(?:marks?|grade|credit|score|points)\b
    | \bfull\ marks\b | \b10 \s? (?:/|out\ of) \s? 10\b
    | \brubric(?:'s)?\b .{0,30} \b(?:points?|items?|criteri\w+|met|satisf\w+|cover\w+)\b
    | \b(?:points?|items?|everything|criteri\w+)\b .{0,20} \brubric\b
    | \b(?:all|every|each)\b .{0,25} \b(?:points?|criteri\w+|items?)\b .{0,25}
      \b(?:is|are|as|been)\ (?:met|satisfied|fulfilled)\b
    | \b(?:met|satisfied|fulfilled)\b .{0,12} \b(?:for|on)\ (?:all|every|each)\b
    | \bthis\ (?:answer|response)\ (?:deserves|satisfies|meets|earns|should\ get|covers\ (?:everything|all))\b
    | \b(?:rate|mark|treat|consider|count|grade|score)\b .{0,30}
      \b(?:answer|response|following|this|me|all|every|everything|them)\b
      .{0,20} \bas\b .{0,15} \b(?:perfect|complete|correct|met|full)\b
    | "?\b(?:verdict|score|grade)"? \s* [:=] \s* "?(?:met|full|perfect|1(?:\.0)?|10|100)\b
    | \bset\ the\ (?:score|grade|verdict)\ to\b
    | \bpoints? \s* : \s* (?:all\ )?met\b | \bverdict\b .{0,40} \bmet\b | \b(?:output|return)\b .{0,10} \bmet\b
    | \b(?:score|grade|mark)\ (?:it|this|me)\b | \bpass\ me\b | \bdon'?t\ grade\b
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE | re.MULTILINE,
)


_QUESTION = re.compile(
    r"\W*(?:(?:and|but|so|then)\ )?(?:how|what|why|when|where|which|who|is|are|was|were|do|does|did|can|could|would|"
    r"should|will|has|have)\b.*\?\W*\Z",
    re.IGNORECASE | re.DOTALL,
)


def words(text: str) -> list[str]:
    """Lower-case words of a text, in order."""
    return _WORD.findall(text.lower())


def content(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order."""
    return [stem(word) for word in words(text) if word not in STOPWORDS]


def statements(answer: str) -> list[Span]:
    """The sentences of an answer, and the clauses of its long ones, as spans in order of start."""
    spans: list[Span] = []
    for start, end in _pieces(answer, 0, len(answer), _SENTENCE_END):
        spans.append(_span(answer, start, end))
        if len(words(answer[start:end])) > _LONG:
            clauses = list(_pieces(answer, start, end, _CLAUSE_BREAK))
            spans += [
                _span(answer, s, e) for s, e in clauses if len(words(answer[s:e])) >= 3 and (s, e) != (start, end)
            ]
    return spans


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order."""
    return [text[start:end] for start, end in _pieces(text, 0, len(text), _SENTENCE_END)]


def sentence_around(span: Span, answer: str) -> str:
    """The whole sentence that a statement is part of."""
    for start, end in _pieces(answer, 0, len(answer), _SENTENCE_END):
        if start <= span.start and span.end <= end:
            return answer[start:end]
    return span.quote


def _pieces(text: str, start: int, end: int, separator: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    cuts = [(match.start(), match.end()) for match in separator.finditer(text, start, end)]
    starts = [start, *(e for _, e in cuts)]
    ends = [*(s for s, _ in cuts), end]
    for s, e in zip(starts, ends, strict=True):
        stripped = text[s:e].strip()
        if words(stripped):
            s += text[s:e].index(stripped)
            yield s, s + len(stripped)


def _span(text: str, start: int, end: int) -> Span:
    return Span(start=start, end=end, quote=text[start:end])


def find_quote(quote: str, answer: str) -> Span | None:
    """Where a quote stands in the answer, or None.

    Compared after Unicode normalisation, with case, white space, typographic quotes and dashes
    folded and invisible characters dropped; nothing else is forgiven.
    """
    hay, origin = _folded(answer)
    # A model copies the prompt's line marks along; an answer may also quote lines of its own.
    for candidate in (quote, re.sub(r"(^|\n)> ?", r"\1", quote)):
        needle = _folded(candidate)[0].strip()
        at = hay.find(needle) if needle else -1
        if at >= 0:
            return _span(answer, origin[at], _end_of_character(answer, origin[at + len(needle) - 1] + 1))
    return None


def _end_of_character(text: str, end: int) -> int:
    """`end` moved behind accents that belong to the last character."""
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return end


_FOLD = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "…": "...", "‹": "<"})


@lru_cache(maxsize=8)  # an answer is searched for every quote from it
def _folded(text: str) -> tuple[str, Sequence[int]]:
    """The folded text, and for each of its characters the index it came from."""
    folded: list[str] = []
    origin: list[int] = []
    for index, cluster in _clusters(text):
        for char in unicodedata.normalize("NFKC", cluster.translate(_FOLD)).casefold():
            space = char.isspace()
            if space and folded and folded[-1] == " ":
                continue
            folded.append(" " if space else char)
            origin.append(index)
    return "".join(folded), origin


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Characters with the accents that follow them, without what is invisible."""
    start, cluster = 0, ""
    for index, raw in enumerate(text):
        # A model quotes what it was shown: what its prompt drops does not count here either.
        char = raw if raw.isascii() and raw.isprintable() else inert(raw)
        if not char:
            continue
        if cluster and unicodedata.combining(char):
            cluster += char
            continue
        if cluster:
            yield start, cluster
        start, cluster = index, char
    if cluster:
        yield start, cluster


def addresses_grader(text: str) -> bool:
    """True when a piece of an answer speaks to the grader ("give full marks") instead of the subject."""
    folded, _ = _folded(text)
    return bool(_TO_GRADER.search(folded))


def turning(text: str) -> set[str]:
    """Stems of the words that carry meaning or can turn it round ("not", "same", "more")."""
    return {stem(word) for word in words(text) if word not in STOPWORDS or word in POLAR}


def echoes(text: str, question: str) -> bool:
    """True when a text adds no telling word to the question."""
    return not turning(text) - turning(question)


def carries_content(text: str, question: str) -> bool:
    """True when a piece of an answer could be evidence: it says something about the subject."""
    telling = any(word not in STOPWORDS and word not in FILLERS for word in words(text))
    return telling and bool(_without_fillers(text) - turning(question)) and not addresses_grader(text)


def _without_fillers(text: str) -> set[str]:
    return turning(" ".join(word for word in words(text) if word not in FILLERS))


def without_asides(span: Span, answer: str, question: str) -> Span | None:
    """The first run of sentences of a quotation that speak about the subject, or None where none does."""
    kept: list[tuple[int, int]] = []
    for start, end in _pieces(answer, span.start, span.end, _SENTENCE_END):
        whole = sentence_around(_span(answer, start, end), answer)
        if carries_content(answer[start:end], question) and not asks(whole):
            kept.append((start, end))
        elif kept:
            break
    return _span(answer, kept[0][0], kept[-1][1]) if kept else None


def is_word_salad(text: str, texts: Sequence[str]) -> bool:
    """True for the words of `texts` (a rubric's sentences) out of order, which state nothing.

    Of the labelled answers no statement falls below the limits; shuffled rubrics nearly all do.
    """
    sequences = [[stem(word) for word in words(known)] for known in texts]
    vocabulary = {word for sequence in sequences for word in sequence}
    neighbours = {pair for sequence in sequences for pair in pairwise(sequence)}
    given, telling = [stem(word) for word in words(text)], content(text)
    inside = [pair for pair in pairwise(given) if set(pair) <= vocabulary]
    if len(given) < _SALAD_WORDS or not telling or not inside:
        return False
    taken = sum(word in vocabulary for word in telling) / len(telling)
    in_order = sum(pair in neighbours for pair in inside) / len(inside)
    return taken >= _SALAD_TAKEN and in_order < _SALAD_ORDER


def states_something(text: str) -> bool:
    """True for three words or more of which two carry meaning, and that are no bare list and no question."""
    return len(words(text)) >= 3 and len(content(text)) >= 2 and not reads_like_a_list(text) and not asks(text)


def asks(text: str) -> bool:
    """True for a question ("why does it scale?"); "it scales by 1/(1-p), right?" states something."""
    return bool(_QUESTION.match(text))


def reads_like_a_list(text: str) -> bool:
    """True for four or more content words with hardly a small word or verb between them."""
    tokens = words(text)
    small = sum(token in STOPWORDS for token in tokens)
    return len(tokens) >= 6 and small / len(tokens) < 0.15
