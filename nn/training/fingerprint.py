"""Fingerprints of samples: a hash of all their numbers, which is written into checkpoints."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from typing import Any

from autograd_core import Value
from nn.base.conversion import KNOWN, as_numbers, is_list, is_number
from nn.data.splits import Lazy


def fingerprint(samples: Sequence[Any]) -> str | None:
    """A hash that is equal for equal samples of any type, as `nn.base.conversion` converts them.

    It reads all samples: 1,797 of 64 numbers take about 20 ms, while an epoch takes seconds. It is None for other kinds
    of sequences, which may draw random numbers for each sample that is read.

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
    """The bytes to hash: bits of numbers, characters of strings, types of other objects, and all lengths."""
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
