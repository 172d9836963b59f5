"""Attributes that code for other engines assigns to parameters, and what to do with a Value instead."""

from __future__ import annotations

from typing import Any, Final

from autograd_core.table.op import TABLE

KEEP: Final = "keep what belongs to a Value in a dict whose keys are the Values: they hash by identity"

FOREIGN: Final = {
    **dict.fromkeys(("cache", "exp_avg", "exp_avg_sq", "m", "momentum", "state", "step", "v", "velocity"), KEEP),
    "name": "its name is `label`",
    "requires_grad": "a leaf that is not to be trained is `frozen`",
}
"""Attributes that code for other engines assigns to parameters, and what to do here instead.

Of all other names Python itself says that there is no such attribute: a `__setattr__` that answers for every name makes
assigning `data` and `grad` three times slower.
"""


def foreign_attribute(name: str, way_out: str) -> property:
    """An attribute that is not there, and says what to do instead when it is assigned."""

    def get(value: Any) -> Any:
        if name in TABLE:  # an op that the user defined: a method
            return lambda *others: TABLE[name](value, *others)
        raise AttributeError(f"'Value' object has no attribute {name!r}")

    def refuse(*_: object) -> None:
        raise AttributeError(f"'Value' object has no attribute {name!r}; {way_out}")

    return property(get, refuse)
