"""The modules in the dotted names of parameters.

A network labels each parameter with its path: `layers.0.neurons.3.w.1`. Pictures use these names alone, so any names of
this form work. A name is read from its end:

    encoder.layers.0 . neurons.3 . w.1
                                   ^^^  the array, with as many indices as it has dimensions
                       ^^^^^^^^^        the innermost module; each *step* is an attribute with the indices after it
    ^^^^^^^^^^^^^^^^                    the modules around it

A *level* cuts the path of modules: `"neuron"` keeps all of it, `"layer"` all but a last step `neurons.3`, `"module"`
its first step, and an int that many steps. Patterns name the boxes themselves. The parts of a module whose parameters
are stacked, such as the gates of a cell, are modules in it, and a level `"layer"` leaves them out as it does neurons.

The labels of `nn` also tell the classes of the modules. A box with the parameters of the model itself has the name of
its class, because a path to it would be empty.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final

LEVELS: Final = ("module", "layer", "neuron")

_UNITS: Final = frozenset({"neurons", "neuron"})
"""Attributes that hold the units of one layer."""

_ENTRY: Final = re.compile(r"\.\d+\.\d+$")

LSTM: Final = ("input gate", "forget gate", "candidate", "output gate")
GRU: Final = ("reset gate", "update gate", "candidate")
ATTENTION: Final = ("query", "key", "value")
OUTPUT: Final = "output"
PARTS: Final = frozenset({*LSTM, *GRU, *ATTENTION, OUTPUT})
"""The parts of modules whose parameters are stacked, in the order of PyTorch; see `parts`."""

TITLE_CELLS: Final = 28
"""The longest name inside a box."""

Boxes = Callable[[str], str]
"""Maps the name of a parameter to the name of the box that it belongs in, or to "" if it belongs in none."""


def is_parameter_name(label: str) -> bool:
    """Whether a label is the name of a parameter: a dotted name, or an instance of a subclass of `str`.

    >>> [is_parameter_name(label) for label in ("layers.0.w.1", "x", "0.5", "a. b", "")]
    [True, False, False, False, False]
    """
    if type(label) is not str:
        return bool(label)
    parts = label.split(".")
    if len(parts) < 2 or all(part.isdigit() for part in parts):
        return False
    return all(part.isidentifier() or part.isdigit() for part in parts)


def steps(name: str) -> tuple[str, ...]:
    """The modules around a parameter, the outermost first; the array itself is not a module.

    >>> steps("layers.0.neurons.3.w.1"), steps("0.weight.3.1"), steps("bias.2")
    (('layers.0', 'neurons.3'), ('0',), ())
    """
    grouped: list[list[str]] = []
    for part in name.split("."):
        if part.isdigit() and grouped:
            grouped[-1].append(part)
        else:
            grouped.append([part])
    return tuple(".".join(step) for step in grouped[:-1])


def modules(name: str) -> tuple[str, ...]:
    """The full names of the modules around a parameter, the outermost first.

    >>> modules("layers.0.neurons.3.w.1")
    ('layers.0', 'layers.0.neurons.3')
    """
    path = steps(name)
    return tuple(".".join(path[:count]) for count in range(1, len(path) + 1))


def is_entry(name: str) -> bool:
    """Whether a parameter is an entry of a matrix, which has two indices.

    >>> is_entry("embedding.weight.3.1"), is_entry("layer.bias.3")
    (True, False)
    """
    return _ENTRY.search(name) is not None


def kinds_of(name: str) -> Mapping[str, str]:
    """The classes of the modules of a model, by dotted name, if the name of a parameter tells them."""
    kinds: Mapping[str, str] = getattr(name, "kinds", {})
    return kinds


def all_kinds(names: Iterable[str]) -> dict[str, str]:
    """The classes that the names of several parameters tell."""
    found = {id(kinds): kinds for kinds in map(kinds_of, names)}
    return {path: kind for kinds in found.values() for path, kind in kinds.items()}


class PartName(str):
    """The name of a parameter with a part of a module in it, and the classes of the modules around that part."""

    __slots__ = ("kinds",)

    kinds: Mapping[str, str]

    @classmethod
    def of(cls, name: str, kinds: Mapping[str, str]) -> "PartName":
        """The name; without the class of the model if its own parts are to be boxes."""
        made = cls(name)
        made.kinds = kinds
        return made


def title(path: str, kinds: Mapping[str, str]) -> str:
    """The name of a box: the path of the module, after its class if there is room and the path does not say the same.

    >>> kinds = {"0": "Linear", "layers.0": "Layer", "cells.0": "LSTMCell"}
    >>> [title(path, kinds) for path in ("0", "layers.0", "cells.0", "head")]
    ['Linear 0', 'layers.0', 'LSTMCell cells.0', 'head']
    """
    kind = kinds.get(path, "")
    attribute = (steps(f"{path}.x") or ("",))[-1].partition(".")[0]
    is_said = attribute.replace("_", "").lower() in (kind.lower(), f"{kind.lower()}s")
    is_long = len(kind) + len(path) >= TITLE_CELLS
    return path if is_said or is_long or not kind else f"{kind} {path}"


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a name, or a module around it, matches one of `patterns`, which may hold `*`, `?` and `[…]`.

    >>> matches("layers.1.neurons.0.b", ["layers.1"]), matches("layers.10.b", ["layers.1"]), matches("w[3]", ["w[3]"])
    (True, False, True)
    """
    return any(name == p or name.startswith(f"{p}.") or fnmatchcase(name, p) for p in patterns)


def is_named(name: str, patterns: Sequence[str]) -> bool:
    """Whether one of `patterns` matches the name of a box."""
    return any(name == p or fnmatchcase(name, p) for p in patterns)


def by_level(level: str | int, opened: Sequence[str] = ()) -> Boxes:
    """Boxes of one level; a box named in `opened` is replaced by boxes that are one step finer, if there are any.

    >>> box = by_level("layer", opened=["layers.1"])
    >>> box("layers.0.neurons.3.w.1"), box("layers.1.neurons.3.w.1"), box("b")
    ('layers.0', 'layers.1.neurons.3', '')
    """

    def box(name: str) -> str:
        """The name of the box for a parameter."""
        path, kinds = steps(name), kinds_of(name)
        model = kinds.get("", "")
        count = _cut(path, level, bool(model))
        while count < len(path) and _is_opened(".".join(path[:count]) or model, kinds, opened):
            count += 1
        return ".".join(path[:count]) or model

    return box


def _is_opened(box: str, kinds: Mapping[str, str], opened: Sequence[str]) -> bool:
    return is_named(box, opened) or is_named(title(box, kinds), opened)


def _cut(path: tuple[str, ...], level: str | int, is_in_model: bool) -> int:
    if isinstance(level, int):
        return min(level, len(path))
    if level == "module":
        return min(1, len(path))
    is_unit = len(path) > (not is_in_model) and (path[-1] in PARTS or path[-1].partition(".")[0] in _UNITS)
    return len(path) - (level == "layer" and is_unit)


def with_whole_cell(boxes: Boxes, model: str) -> Boxes:
    """Boxes in which the parts of a model that is itself a cell are one, with the name of its class.

    >>> box = with_whole_cell(by_level("layer"), "LSTMCell")
    >>> box("forget gate.weight_ih.5"), box("head.weight.5")
    ('LSTMCell', 'head')
    """

    def box(name: str) -> str:
        """The name of the box for a parameter."""
        found = boxes(name)
        return model if found in PARTS else found

    return box


def by_patterns(patterns: Sequence[str]) -> Boxes:
    """Boxes for the outermost modules that match a pattern.

    >>> box = by_patterns(["layers.*", "head"])
    >>> box("layers.0.neurons.3.w.1"), box("head.w.0"), box("stem.w.0")
    ('layers.0', 'head', '')
    """

    def box(name: str) -> str:
        """The name of the box for a parameter; empty if no module around it matches."""
        parts = name.split(".")
        prefixes = [".".join(parts[:count]) for count in range(1, len(parts))]
        return next((prefix for prefix in prefixes if is_named(prefix, patterns)), "")

    return box
