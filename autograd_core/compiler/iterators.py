"""How far iterators have come that a function can reach.

A program does not advance an iterator, so a call that does is captured every time. There is no general way to ask an
iterator how far it is; of one that does not tell, it is taken for granted that the call advances it.
"""

from __future__ import annotations

import io
import itertools
import operator
from types import GeneratorType
from typing import Any, Final

UNKNOWN: Final = object()
"""How far an iterator is that does not tell."""


def is_iterator(thing: Any) -> bool:
    """Whether something is an iterator of Python's own. Others have attributes that tell, and a file is read anyway.

    >>> is_iterator(iter([])), is_iterator([])
    (True, False)
    """
    return hasattr(type(thing), "__next__") and not hasattr(thing, "__dict__") and not isinstance(thing, io.IOBase)


def progress(iterator: Any) -> Any:
    """How far an iterator is: something that compares equal as long as it is not advanced.

    >>> letters = iter("abc")
    >>> before = progress(letters)
    >>> before == progress(letters), next(letters), before == progress(letters)
    (True, 'a', False)
    """
    if isinstance(iterator, GeneratorType):
        return None if iterator.gi_frame is None else iterator.gi_frame.f_lasti
    if isinstance(iterator, itertools.count):
        return repr(iterator)
    left = operator.length_hint(iterator, -1)
    return UNKNOWN if left < 0 else left


def is_advanced(iterator: Any, before: Any) -> bool:
    """Whether an iterator has been advanced, or may have been."""
    return before is UNKNOWN or progress(iterator) != before
