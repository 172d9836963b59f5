"""What tells samples from others: all of their numbers, in a short text that is written into checkpoints."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from typing import Any

from autograd_core import Value
from nn.base.conversion import KNOWN, as_numbers, is_list, is_number
from nn.data.splits import Lazy


def fingerprint(samples: Sequence[Any]) -> str | None:
    """A text that is the same for the same samples in any form, and another for others; see `nn.base.conversion`.

    All samples are looked at: 1,797 of 64 numbers take about 20 ms, where an epoch takes seconds. None for sequences
    of unknown kinds, whose samples may be made anew each time, with random numbers that others wait for.

    >>> fingerprint([([1.0, 2.0], 0)]) == fingerprint([((1, 2), 0)]), fingerprint([([1.0, 2.0], 0)])
    (True, '35223be7b97a892c')
    """
    if not isinstance(samples, (list, tuple, Lazy)):
        return None
    digest = hashlib.sha256()
    for index in range(len(samples)):
        for part in _parts(as_numbers(samples[index])):
            digest.update(part)
    return digest.hexdigest()[:16]


def _parts(data: Any) -> Iterator[bytes]:
    """Numbers by their bits as floats, texts by their letters, anything else by its type; what varies by its length."""
    if is_list(data):
        yield f"[{len(data)}".encode()
        if KNOWN.issuperset(map(type, data)):
            yield _bits(data)
            return
        for part in data:
            yield from _parts(part)
    elif is_number(data) and not isinstance(data, (Value, complex)):
        yield _bits([data])
    else:
        text = data if isinstance(data, str) else type(data).__name__
        yield f"{len(text)} {text}".encode("utf-8", "surrogatepass")


def _bits(numbers: Sequence[Any]) -> bytes:
    try:
        return struct.pack(f"<{len(numbers)}d", *numbers)
    except (OverflowError, struct.error, TypeError):
        return repr([str(number) for number in numbers]).encode()  # an int beyond the range of a float
