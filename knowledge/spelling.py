"""Correct what nobody spells: words that neither the notes nor the language know.

"cross entorpy and kl divergance" is common in a chat, and a search by words or by word pieces misses it.
"""

import re
from collections import Counter
from collections.abc import Iterable

from knowledge.text import stem

_WORD = re.compile(r"[^\W\d_]+")
_FORMULA = re.compile(r"\$[^$]*\$")
_PREFIXES = ("re", "de", "un", "non", "anti", "pre", "sub", "co", "over", "under")
_SHORT, _MEDIUM = 4, 6  # letters: shorter words are left alone, and words below medium get one edit, not two


class Speller:
    """Words of `texts` are what others are corrected to; they and `known` words are right as they are."""

    def __init__(self, texts: Iterable[str], known: Iterable[str]) -> None:
        self._count = Counter(word for text in texts for word in _words(text))
        self._targets = [word for word in self._count if len(word) >= _SHORT]
        self._known = {*self._count, *known}
        self._stems = {stem(word) for word in self._known}

    def correct(self, text: str) -> str:
        """The text with misspelt words replaced by the nearest word of the notes, where one is near."""
        return _WORD.sub(lambda match: self._word(match[0]), text)

    def _word(self, word: str) -> str:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        lower = word.lower()
        if len(word) < _SHORT or word[1:] != word[1:].lower() or self._is_known(lower):  # MLP, LoRA: names
            return word
        edits = 1 if len(word) < _MEDIUM else 2
        near = process.extract(lower, self._targets, scorer=OSA.distance, score_cutoff=edits, limit=8)
        # The first letter is rarely wrong, unless it changed places with the second.
        good = [(edits, -self._count[t], t) for t, edits, _ in near if t[0] == lower[0] or t[:2] == lower[1::-1]]
        return min(good)[2] if good else word

    def _is_known(self, word: str) -> bool:
        if word in self._known or stem(word) in self._stems:
            return True
        return any(word.startswith(prefix) and word[len(prefix) :] in self._known for prefix in _PREFIXES)


def _words(text: str) -> list[str]:
    return _WORD.findall(_FORMULA.sub(" ", text.lower()))
