"""Instructions that are not grouped: instructions in their order, as tapes where they have a kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd_core.compiler.kernels import CODE_DOT_FROM, CODE_SUM, code_of, fast_code_of
from autograd_core.compiler.records import ENTRIES, MULTIPLY_ADD

if TYPE_CHECKING:
    from autograd_core.compiler.grouping.layout import Layout


def append_tape(layout: Layout, places: Any) -> None:
    """Append instructions, with results side by side."""
    import numpy as np

    if not len(places):
        return
    first = layout.allocate(len(places))
    layout.slots[places] = first + np.arange(len(places))
    code = code_of if layout.exact else fast_code_of
    codes = np.array([code(op) for op in layout.program.ops], dtype=np.int64)[layout.kinds[places]]
    fits = (codes > 0) & (codes < CODE_SUM)
    adds = codes == CODE_DOT_FROM  # of a single pair
    fits |= adds
    codes[adds] = MULTIPLY_ADD
    starts = layout.starts[places]
    counts = layout.starts[places + 1] - starts
    entries = np.empty((len(places), ENTRIES), dtype=np.int32)
    entries[:, 0] = codes
    for k in range(ENTRIES - 1):  # an entry with fewer operands repeats its last one
        entries[:, k + 1] = layout.slots[layout.flat[starts + np.minimum(k, counts - 1)]]
    ends = np.flatnonzero(np.diff(fits)) + 1
    for begin, end in zip([0, *ends.tolist()], [*ends.tolist(), len(places)], strict=True):
        if fits[begin]:
            layout.tape(first + begin, entries[begin:end])
            continue
        for i in range(begin, end):
            operands = layout.slots[layout.flat[starts[i] : starts[i] + counts[i]]]
            layout.indexed(int(layout.kinds[places[i]]), first + i, operands[None])
