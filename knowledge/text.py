"""Stems of words, for every comparison by words."""

import threading
from typing import Any

_threads = threading.local()


def stemmer() -> Any:
    """This thread's Snowball stemmer for English (one is not safe to share between threads)."""
    if not hasattr(_threads, "stemmer"):
        import Stemmer

        untyped: Any = Stemmer
        _threads.stemmer = untyped.Stemmer("english")
    return _threads.stemmer


def stem(word: str) -> str:
    """The Snowball stem, which joins the inflections of a word ("predicts", "predicting")."""
    return str(stemmer().stemWord(word))
