"""Parts of messages: names and objects of unknown origin, in a form that is short and safe to print."""

from __future__ import annotations

import reprlib


def kind_of(thing: object) -> str:
    """An object and its type.

    >>> kind_of(3)
    '3 (int)'
    """
    return f"{reprlib.repr(thing)} ({type(thing).__name__})"


def shown(name: object) -> str:
    """A name of unknown origin in a printable form."""
    text = str(name)
    return text if text.isprintable() and len(text) <= 100 else reprlib.repr(text)
