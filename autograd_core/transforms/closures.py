"""Values that a function closes over, and the warning if a derivative does not depend on them.

`grad(f)` at a plain number gives a plain number. If `f` also uses a Value from elsewhere, such as a parameter, a loss
that is computed from that number no longer depends on the parameter, and its gradient silently lacks a term. So the
functions in `functional` look for leaves in the graph that are older than the call, and warn.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from inspect import getclosurevars, unwrap
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from autograd_core.errors import GradientLossWarning
from autograd_core.graph.anomalies import caller_frame
from autograd_core.graph.node import Node
from autograd_core.table.op import Op
from autograd_core.transforms.trees import place_of

UNNAMED = "a Value without a label"
"""The name of such a Value in warnings. Its number changes in training, so each step would give a new warning."""


def warn_of_loss(derivative: str, f: Callable[..., Any], args: Sequence[Any], leaves: Sequence[Node]) -> None:
    """Warn, at the line of the user's code, that a derivative of a function does not depend on some leaves."""
    different = list(dict.fromkeys(leaves))
    leaf = name_of(different[0], f, args)
    rest = len(different) - 1
    what = f"{leaf} and {rest} other leaves" if rest > 1 else f"{leaf} and another leaf" if rest else leaf
    frame = caller_frame()
    warnings.warn_explicit(
        f"{derivative} of {name_of_function(f)} gives floats at plain numbers, and no gradient flows through them to "
        f"{what}; pass create_graph=True to get Values that depend on {'these leaves' if rest else 'it'}, or "
        "create_graph=False if floats are meant",
        GradientLossWarning,
        frame.f_code.co_filename,
        frame.f_lineno,
        frame.f_globals.get("__name__"),
        frame.f_globals.setdefault("__warningregistry__", {}),
    )


def name_of_function(f: Callable[..., Any]) -> str:
    """The name of a function in messages."""
    return f.name if isinstance(f, Op) else getattr(f, "__name__", None) or type(f).__name__


def name_of(leaf: Any, f: Callable[..., Any], args: Sequence[Any]) -> str:
    """The name of a leaf that a function uses: its label, or else the variable, argument or attribute that holds it.

    >>> from autograd_core import Value
    >>> weights = {"w": [Value(1.0), Value(2.0)]}
    >>> name_of(weights["w"][1], lambda x: weights["w"][1] * x, [1.0])
    "weights['w'][1]"
    """
    places = (place_of(leaf, tree, name) for name, tree in _held_by(f, args))
    return leaf.label or next((place for place in places if place), UNNAMED)


def _held_by(f: Callable[..., Any], args: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """The objects that a function can reach, each with its name there."""
    things = {**_variables_of(f), **{f"argument {i}": x for i, x in enumerate(args)}}
    yield from things.items()
    for name, thing in things.items():
        if not isinstance(thing, (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType)):
            for attribute, content in getattr(thing, "__dict__", {}).items():
                yield f"{name}.{attribute}", content


def _variables_of(f: Callable[..., Any]) -> dict[str, Any]:
    """The variables of a function that come from outside; for a method or a callable object also `self`."""
    inner = unwrap(f)
    if not isinstance(inner, (FunctionType, MethodType)):
        return {"self": inner}
    owner = {"self": inner.__self__} if isinstance(inner, MethodType) else {}
    try:
        found = getclosurevars(inner)
    except ValueError:  # an enclosing function has not yet assigned one of the variables
        return owner
    return {**owner, **found.nonlocals, **found.globals}
