"""Attributes that code for other engines reads or assigns, and what to do with a Value instead."""

from __future__ import annotations

from typing import Any, Final

from autograd_core.table.op import TABLE

KEEP: Final = "keep what belongs to a Value in a dict whose keys are the Values: they hash by identity"

FOREIGN: Final = {
    **dict.fromkeys(("cache", "exp_avg", "exp_avg_sq", "m", "momentum", "state", "step", "v", "velocity"), KEEP),
    **dict.fromkeys(("cpu", "cuda", "device", "to"), "everything is in memory as Python objects"),
    **dict.fromkeys(("children", "parents"), "what it was made from is in `inputs`"),
    "clone": "`copy.copy(x)` copies a leaf",
    "detach": "a leaf of the same number without a graph is `Value(x.data)`",
    "dtype": "its number is a float of 64 bits",
    "gradient": "its gradient is `grad`",
    "grad_fn": "it was made by `op` of `inputs`",
    "item": "its number is `data`",
    "name": "its name is `label`",
    "numpy": "its number is `data`",
    "requires_grad": "a leaf that is not to be trained is `frozen`",
    "retain_grad": "every Value keeps its `grad`",
    "shape": "it is one number; arrays are lists of Values",
    "tolist": "its number is `data`",
    "value": "its number is `data`",
    "zero_grad": "assign `grad = 0`, or call `zero_grad()` of the model or of the optimiser",
}
"""The end of the error message for each such attribute.

Other names get Python's own message. A `__setattr__` with a message for every name would make assigning `data` and
`grad` three times slower.
"""


def refuse_foreign(kind: type) -> None:
    """Let the class of Values refuse attributes that do not exist."""
    for name, way_out in FOREIGN.items():
        setattr(kind, name, _foreign_attribute(name, way_out))


def _foreign_attribute(name: str, way_out: str) -> property:
    """A property for an attribute that does not exist: using it raises with a message that says what to do."""

    def get(value: Any) -> Any:
        # The op of this name, if the user has defined one.
        if name in TABLE:
            return lambda *others: TABLE[name](value, *others)
        raise AttributeError(f"'Value' object has no attribute {name!r}; {way_out}")

    def refuse(*_: object) -> None:
        raise AttributeError(f"'Value' object has no attribute {name!r}; {way_out}")

    return property(get, refuse, doc=f"No attribute of a Value: {way_out}.")
