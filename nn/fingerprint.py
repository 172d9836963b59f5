"""What tells samples from others: a few of them, in a number that is written into checkpoints."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from typing import Any

from autograd_core import Value
from nn.data.splits import Lazy
from nn.health import spread
from nn.plain import is_list, is_number, plain


def fingerprint(samples: Sequence[Any]) -> str | None:
    """A text that is the same for the same samples in any form, and another for others; see `nn.plain`.

    Looked at are some samples, evenly spread. None for sequences of unknown kinds, whose samples may be made anew each
    time, with random numbers that others wait for.

    >>> fingerprint([([1.0, 2.0], 0)]) == fingerprint([((1, 2), 0)]), fingerprint([([1.0, 2.0], 0)])
    (True, '35223be7b97a892c')
    """
    if not isinstance(samples, (list, tuple, Lazy)):
        return None
    digest = hashlib.sha256()
    for sample in spread(samples):
        for part in _parts(plain(sample)):
            digest.update(part)
    return digest.hexdigest()[:16]


def _parts(data: Any) -> Iterator[bytes]:
    """Numbers by their bits as floats, texts by their letters, anything else by its type."""
    if is_list(data):
        yield f"[{len(data)}".encode()
        for part in data:
            yield from _parts(part)
    elif is_number(data) and not isinstance(data, (Value, complex)):
        yield _bits(data)
    else:
        yield data.encode() if isinstance(data, str) else type(data).__name__.encode()


def _bits(number: Any) -> bytes:
    try:
        return struct.pack("<d", number)
    except (OverflowError, struct.error, TypeError):
        return str(number).encode()  # an int beyond the range of a float
