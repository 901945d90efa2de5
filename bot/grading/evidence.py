"""The candidate's words: split into statements, found again from a quote, and told apart from noise.

Everything here is deterministic and needs no model.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bot.grading.grade import Span
from knowledge.search import stemmer

_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)(?<!\betc\.)\s+|\n+|;\s+")
_CLAUSE_BREAK = re.compile(
    r",?\s+(?:but|whereas|while|although|however|so that|because)\s+|[:,]\s+(?:(?:and|or|so)\s+)?"
)
_LONG = 10  # words; a longer sentence usually holds several statements

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

# Sentences that speak to whoever grades, not about the subject. Each needs a grading word and an
# instruction or claim, so that "we ignore the padding index" and "the score function" pass.
_TO_GRADER = re.compile(
    r"""
      \b(?:ignore|disregard|forget|override|skip|bypass)\b .{0,60}
      \b(?:rubric|instructions?|rules?|prompt|criteria|above|previous|grading)\b
    | \b(?:give|award|assign|grant|return|output|set|mark|rate|score|grade|deserves?|earns?|gets?|count)\b .{0,50}
      \b(?:full|max(?:imum)?|perfect|top|highest|10/10|100|all|met|every|correct)\b .{0,30}
      \b(?:grad(?:e|er|es|ing)|marks?|scor(?:e|es|ing)|rubric|points?|credit|verdicts?|10/10|100\s?%)
    | \b(?:mark|count|grade|score|treat|consider|rate)\b .{0,40} \bas\b .{0,15}
      \b(?:met|correct|perfect|complete|satisfied|full)\b
    | \b(?:every|each|all)\b .{0,30} \b(?:rubric|criterion|criteria|points?)\b .{0,30}
      \b(?:met|satisfied|covered|correct|fulfilled|addressed)\b
    | \byou \s are \s (?:now \s)? (?:a|an|the|no \s longer)\b
    | \b(?:system|developer|assistant|admin) \s* (?:prompt|message|override|:)
    | "?\b(?:verdict|score|grade)"? \s* [:=] \s* "?(?:met|full|perfect|1(?:\.0)?|10|100)\b
    | \bthis \s answer \s (?:is|deserves|should|meets|covers|satisfies|states|gets|earns)\b
    | \b(?:full|top|maximum|perfect|highest) \s (?:marks?|score|grade|credit|points?)\b
    | \b10 \s? (?:/|out \s of) \s? 10\b
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)


def words(text: str) -> list[str]:
    """Lower-case words of a text, in order."""
    return _WORD.findall(text.lower())


def stem(word: str) -> str:
    """The Snowball stem, which joins the inflections of a word ("predicts", "predicting")."""
    return str(stemmer().stemWord(word))


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
    needle, _ = _folded(re.sub(r"\n> ?", "\n", quote))
    hay, origin = _folded(answer)
    needle = needle.strip()
    at = hay.find(needle) if needle else -1
    if at < 0:
        return None
    return _span(answer, origin[at], origin[at + len(needle) - 1] + 1)


_FOLD = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "…": "...", "‹": "<"})


def _folded(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the index it came from."""
    folded: list[str] = []
    origin: list[int] = []
    for index, raw in enumerate(text):
        if unicodedata.category(raw) == "Cf":
            continue
        for char in unicodedata.normalize("NFKC", raw.translate(_FOLD)).casefold():
            space = char.isspace()
            if space and folded and folded[-1] == " ":
                continue
            folded.append(" " if space else char)
            origin.append(index)
    return "".join(folded), origin


def addresses_grader(text: str) -> bool:
    """True when a piece of an answer speaks to the grader ("give full marks") instead of the subject."""
    return bool(_TO_GRADER.search(unicodedata.normalize("NFKC", text)))


def echoes(text: str, question: str) -> bool:
    """True when a text adds no content word to the question."""
    return not set(content(text)) - set(content(question))


def carries_content(text: str, question: str) -> bool:
    """True when a piece of an answer could be evidence: it says something about the subject."""
    return not echoes(text, question) and not addresses_grader(text)


def word_order(text: str, like: str) -> float:
    """Share of the neighbouring word pairs of `text` that also neighbour in `like`, in [0, 1].

    Only pairs of which both words occur in `like` count; 1 where there are none. The rubric's own
    words in a random order score near 0, a sentence that reuses its phrases scores high.
    """
    reference = [stem(word) for word in words(like)]
    given = [stem(word) for word in words(text)]
    pairs = set(pairwise(reference))
    shared = set(reference)
    candidates = [pair for pair in pairwise(given) if pair[0] in shared and pair[1] in shared]
    if not candidates:
        return 1.0
    return sum(pair in pairs for pair in candidates) / len(candidates)


def reads_like_a_list(text: str) -> bool:
    """True for four or more content words with hardly a small word or verb between them."""
    tokens = words(text)
    small = sum(token in STOPWORDS for token in tokens)
    return len(tokens) >= 6 and small / len(tokens) < 0.15


def join(quotes: Sequence[str]) -> str:
    """Quotes side by side, for a sentence that names several."""
    return ", ".join(f"“{quote}”" for quote in quotes)
