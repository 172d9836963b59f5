"""The dotted names of parameters, and the labels that pictures show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from autograd_core import Value
from nn.modules.walk import Holder, Run, join, runs


class ParameterName(str):
    """A label given by a module. The class distinguishes it from a label of the user, which is a plain `str`.

    Attributes:
        kinds: the name of the class of each module of the model, by its dotted name, which is "" for the model itself.
            All labels of a model share one mapping. Pictures name modules by it.
    """

    __slots__ = ("kinds",)

    kinds: Mapping[str, str]


def label_parameters(root: object, prefix: str = "") -> None:
    """Label every parameter below a module with its name, unless the user has set its label.

    Args:
        root: the module.
        prefix: the name of the module itself, with which every name begins.
    """
    found = list(runs(root))
    kinds = {
        join(prefix, name) if (name := join(path.dotted(), key)) else prefix: type(items[0]).__name__
        for path, keys, items in found
        if isinstance(items[0], Holder)
        for key in keys
    }
    for name, parameter in named_parameters(found).values():
        if not parameter.label or type(parameter.label) is ParameterName:
            parameter.label = label = ParameterName(join(prefix, name))
            label.kinds = kinds


def named_parameters(found: Iterable[Run]) -> dict[int, tuple[str, Value]]:
    """The parameters with their names by identity, a shared one under the first name that leads to it."""
    named: dict[int, tuple[str, Value]] = {}
    for path, keys, items in found:
        prefix = path.dotted() if isinstance(items[0], Value) else ""
        for key, item in zip(keys, items, strict=True):
            if isinstance(item, Value) and item.op is None and id(item) not in named:
                named[id(item)] = (join(prefix, key), item)
    return named
