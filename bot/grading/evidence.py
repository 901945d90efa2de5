"""The candidate's words: split into statements, found again from a quote, and told apart from noise.

Everything here is deterministic and needs no model.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from bot.grading.asides import addresses_grader, claims_to_know, false_until, is_about_marks, plain, takes_back
from bot.grading.grade import Span
from knowledge.text import stem
from prompts.render import inert

_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\b[eE]\.g\.)(?<!\b[iI]\.e\.)(?<!\bvs\.)(?<!\betc\.)(?<!\b[Ff]ig\.)(?<!\b[Ee]q\.)(?<!\bcf\.)(?<!\bal\.)\s+|\n+|;\s+"
)
_CLAUSE_BREAK = re.compile(
    r",?\s+(?:but|whereas|while|although|however|so that|because)\s+|[:,]\s+(?:(?:and|or|so)\s+)?"
)
_ITEM_END = re.compile(r"\s[/•]\s|\s#")  # commas divide statements as well
_TERSE = 8  # words; a whole answer as short as that may leave out what makes a sentence: "surface tension"
_LIST_WORDS, _WORD_LETTERS = 6, 3
_OFFER = 2  # words on either side of an "or" that name what is offered
_ITEMS, _ITEM_WORDS, _LINE_WORDS = 5, 3, 4  # least items of a list, most words of one on average and of a line
_LONG = 10  # words; a longer sentence usually holds several statements

_REMEMBERED = 4_096  # texts: the rubrics of some notes, and the pieces of an answer
_SALAD_WORDS, _SALAD_TAKEN, _SALAD_ORDER = 8, 0.95, 0.36

_ONE_SPACE = re.compile(r"\s+|.")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")

STOPWORDS = frozenset(
    "a about above after again all also am an and any are as at be because been before being below between both but "
    "by can could did do does doing down during each few for from further had has have having he her here him his how "
    "i if in into is it its itself just let me more most my no nor not of off on once one only or other our out over "
    "own same she should so some something such than that the their them then there these they this those through to "
    "too two under until up use used using very was way we were what when where which while who whom why will with "
    "would you your get gets got give given gives make makes made like means mean thing things well basically really "
    "simply".split()
)

# Small words that can turn a statement round; comparing wording must not drop them.
POLAR = frozenset(
    "not no nor never same more most few only before after above below up down over under once all any each other own "
    "both between until against too than up".split()
)

# Words that choose between what a question offers, where nothing else is said: "it is off".
_EITHER = POLAR | frozenset("on off in out with without".split())

# Words that tie terms into a statement, as the small ones do. A sign does not: "prior = likelihood = evidence".
_TIES = frozenset(
    "less without per via vs versus within across since though unless whether always often usually much many few lower "
    "higher larger smaller greater fewer least better worse".split()
)

# Words of a reply that say nothing about any subject.
FILLERS = frozenset(
    "fine ok okay good great sure yes yep yeah maybe hi hello hey thanks thank nice cool easy done next idk hmm well "
    "whatever depends obviously correct right true false think know believe guess one say said answer question this "
    "please understand sorry".split()
)

_QUESTION = re.compile(
    r"\W*(?:(?:and|but|so|then)\ )?(?:how|what|why|when|where|which|who|is|are|was|were|do|does|did|can|could|would|"
    r"should|will|has|have)\b.*\?\W*\Z",
    re.IGNORECASE | re.DOTALL,
)


@lru_cache(maxsize=_REMEMBERED)  # a piece of an answer is looked at from many sides
def words(text: str) -> tuple[str, ...]:
    """Lower-case words of a text, in order."""
    return tuple(_WORD.findall(text.lower()))


@lru_cache(maxsize=_REMEMBERED)
def content(text: str) -> tuple[str, ...]:
    """Stems of the words that carry meaning, in order."""
    return tuple(stem(word) for word in words(text) if word not in STOPWORDS)


def statements(answer: str) -> list[Span]:
    """The sentences of an answer, and the clauses of its long ones, as spans in order of start."""
    spans: list[Span] = []
    for start, end in _sentences(answer):
        spans.append(_span(answer, start, end))
        if len(words(answer[start:end])) > _LONG:
            clauses = list(_pieces(answer, start, end, _CLAUSE_BREAK))
            spans += [
                _span(answer, s, e) for s, e in clauses if len(words(answer[s:e])) >= 3 and (s, e) != (start, end)
            ]
    return spans


def statements_about(answer: str, question: str, points: Sequence[str], wordings: Sequence[str]) -> tuple[Span, ...]:
    """The statements of an answer that could be evidence: by their own words, and by those of their sentence.

    `points` are the texts of a rubric, `wordings` their paraphrases and contradictions. A reply of a few
    words ("switched off") need be no sentence.
    """
    terse = len(words(answer)) <= _TERSE

    def says_something(text: str) -> bool:
        stated = _could_state(text) if terse else states_something(text)
        return stated and carries_content(text, question) and not is_word_salad(text, points, wordings)

    if is_word_salad(answer, points, wordings):
        return ()
    said = {text: says_something(text) for text in sentences(answer)}
    lists = _lists(answer)
    return tuple(
        span
        for span in statements(answer)
        if said[sentence_around(span, answer).quote]
        and says_something(span.quote)
        and not _rejected(span, answer)
        and not any(start <= span.start < end for start, end in lists)
    )


def _rejected(span: Span, answer: str) -> bool:
    """True for what an answer calls false: "it is a myth that ...", "... No, that is wrong."; it is not said.

    A sentence that goes on with what is true instead is heard as a whole, and from there on.
    """
    sentence = sentence_around(span, answer)
    if takes_back(answer[sentence.end :]):
        return True
    until = false_until(sentence.quote)
    heard_whole = span == sentence and until < len(sentence.quote)
    return not heard_whole and span.start - sentence.start < until


def _lists(answer: str) -> list[tuple[int, int]]:
    """Where many short lines follow each other: terms, not statements."""
    found: list[tuple[int, int]] = []
    start = items = at = 0
    for line in [*answer.splitlines(keepends=True), "a line that ends any list of short ones"]:
        length = len(words(line))
        if length > _LINE_WORDS:
            if items >= _ITEMS:
                found.append((start, at))
            start, items = at + len(line), 0
        items += 0 < length <= _LINE_WORDS
        at += len(line)
    return found


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order."""
    return [text[start:end] for start, end in _sentences(text)]


def sentence_around(span: Span, answer: str) -> Span:
    """The whole sentence that a statement is part of."""
    for start, end in _sentences(answer):
        if start <= span.start and span.end <= end:
            return _span(answer, start, end)
    return span


@lru_cache(maxsize=64)  # asked for with every statement and every quote of an answer
def _sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Where each sentence of a text begins and ends."""
    return tuple(_pieces(text, 0, len(text), _SENTENCE_END))


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
    folded and invisible characters dropped; nothing else is forgiven, and "biased" is not in "unbiased".
    """
    hay, origin = _folded(answer)
    # A model copies the prompt's line marks along; an answer may also quote lines of its own.
    for candidate in (quote, re.sub(r"(^|\n)> ?", r"\1", quote)):
        needle = _folded(candidate)[0].strip()
        at = _whole_words(needle, hay) if needle else -1
        if at >= 0:
            return _span(answer, origin[at], _end_of_character(answer, origin[at + len(needle) - 1] + 1))
    return None


def _whole_words(needle: str, hay: str) -> int:
    """Where a text first stands in another and neither begins nor ends within a word; -1 for nowhere."""
    at = hay.find(needle)
    while at >= 0:
        end = at + len(needle)
        begins = not (at and hay[at - 1].isalnum() and needle[0].isalnum())
        ends = not (end < len(hay) and hay[end].isalnum() and needle[-1].isalnum())
        if begins and ends:
            break
        at = hay.find(needle, at + 1)
    return at


def _end_of_character(text: str, end: int) -> int:
    """`end` moved behind accents that belong to the last character."""
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return end


_FOLD = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "…": "...", "‹": "<"})


@lru_cache(maxsize=8)  # an answer is searched for every quote from it
def _folded(text: str) -> tuple[str, Sequence[int]]:
    """The folded text, and for each of its characters the index it came from."""
    if text.isascii() and text.replace("\n", " ").isprintable():  # as most are: nothing but space to fold
        places = list(_ONE_SPACE.finditer(text.casefold()))
        return "".join(" " if place[0].isspace() else place[0] for place in places), [p.start() for p in places]
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


@lru_cache(maxsize=_REMEMBERED)
def turning(text: str) -> frozenset[str]:
    """Stems of the words that carry meaning or can turn it round ("not", "same", "more")."""
    return frozenset(stem(word) for word in words(text) if word not in STOPWORDS or word in POLAR)


def echoes(text: str, question: str) -> bool:
    """True when a text adds no telling word to the question."""
    return not turning(text) - turning(question)


def carries_content(text: str, question: str) -> bool:
    """True when a piece of an answer could be evidence: it says something about the subject, or makes a choice."""
    telling = any(word not in STOPWORDS and word not in FILLERS for word in words(text))
    adds = telling and bool(_without_fillers(text) - turning(question))
    if not (adds or _chooses(text, question)) or addresses_grader(text):
        return False
    return not is_about_marks(set(content(plain(text))) - set(content(question)))


def _chooses(text: str, question: str) -> bool:
    """True for one side of what a question offers: "off" to "is dropout on or off at test time?"."""
    said = words(text)
    return "or" not in said and not _offered(question).isdisjoint(said)


@lru_cache(maxsize=_REMEMBERED)
def _offered(question: str) -> frozenset[str]:
    """The words around every "or" of a question that can make a choice."""
    asked = words(question)
    around = (asked[max(0, at - _OFFER) : at + _OFFER + 1] for at, word in enumerate(asked) if word == "or")
    near = {word for some in around for word in some}
    return frozenset(near & _EITHER or near - STOPWORDS)


def _without_fillers(text: str) -> frozenset[str]:
    return turning(" ".join(word for word in words(text) if word not in FILLERS))


def without_asides(span: Span, answer: str, question: str) -> Span | None:
    """The first run of sentences of a quotation that speak about the subject, or None where none does."""
    kept: list[tuple[int, int]] = []
    for start, end in _pieces(answer, span.start, span.end, _SENTENCE_END):
        whole = sentence_around(_span(answer, start, end), answer)
        if carries_content(answer[start:end], question) and _could_state(whole.quote):
            kept.append((start, end))
        elif kept:
            break
    return _span(answer, kept[0][0], kept[-1][1]) if kept else None


def is_word_salad(text: str, points: Sequence[str], wordings: Sequence[str] = ()) -> bool:
    """True for words of a rubric's points out of order, which state nothing.

    Hardly a word of it is from elsewhere, and few of its neighbours are neighbours in the points or in
    other `wordings` of them. So are 98 of 100 shuffled points, and no statement of the labelled answers.
    """
    given, known = _sequence(text), [_sequence(point) for point in points]
    if len(given) < _SALAD_WORDS:
        return False
    vocabulary = {word for sequence in known for word in sequence}
    if sum(word in vocabulary for word in given) < _SALAD_TAKEN * len(given):
        return False
    neighbours = {pair for sequence in (*known, *map(_sequence, wordings)) for pair in pairwise(sequence)}
    return sum(pair in neighbours for pair in pairwise(given)) < _SALAD_ORDER * (len(given) - 1)


@lru_cache(maxsize=_REMEMBERED)  # a rubric's texts come again with every statement
def _sequence(text: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in words(text))


def states_something(text: str) -> bool:
    """True for three words or more of which two carry meaning, and that are no list, question or claim to know."""
    return len(words(text)) >= 3 and len(content(text)) >= 2 and _could_state(text)


def _could_state(text: str) -> bool:
    return not (reads_like_a_list(text) or asks(text) or claims_to_know(text) or addresses_grader(text))


def asks(text: str) -> bool:
    """True for a question ("why does it scale?"); "it scales by 1/(1-p), right?" states something."""
    return bool(_QUESTION.match(text))


def reads_like_a_list(text: str) -> bool:
    """True for six words or more with hardly a small one or a verb between them, or many short items.

    The letters of a formula are no words: "H(p,q) = -sum p(x) log q(x)" states something.
    """
    tokens = words(text)
    small = sum(token in STOPWORDS or token in _TIES for token in tokens)
    many = sum(len(token) >= _WORD_LETTERS for token in tokens) >= _LIST_WORDS
    if many and small < 0.15 * len(tokens):
        return True
    items = [item for item in _ITEM_END.split(text) if words(item)]
    return len(items) >= _ITEMS and len(tokens) <= _ITEM_WORDS * len(items)
