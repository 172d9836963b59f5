"""What a capture takes notice of: leaves, where inputs come from, and decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, final

from mypy_extensions import mypyc_attr

from autograd_core.graph.value import Value


@final
@mypyc_attr(acyclic=True)
class Cell:
    """A leaf that a captured function uses.

    Attributes:
        leaf: the Value.
        is_local: whether the function made it. Nothing outside sees such a leaf.
        data: the place of its number now; -1 if it was not used yet.
        gradient: the place of its gradient now; -1 if it was not used yet.
        has_new_data: whether the function assigned to its data.
        has_new_gradient: whether the function assigned to its gradient, or swept to it.
    """

    __slots__ = ("data", "gradient", "has_new_data", "has_new_gradient", "is_local", "leaf")

    def __init__(self, leaf: Value, is_local: bool) -> None:
        self.leaf: Final = leaf
        self.is_local: Final = is_local
        self.data = -1
        self.gradient = -1
        self.has_new_data = False
        self.has_new_gradient = False


@final
@mypyc_attr(acyclic=True)
class Source:
    """Where an input of the program comes from.

    Attributes:
        kind: "argument", "carried", "stored", or "data" or "grad" of a leaf.
        index: the index among the numbers of the arguments, of the place, or of the store.
        place: the index of the place that numbers are carried in, or of the store.
        leaf: the leaf.
    """

    __slots__ = ("index", "kind", "leaf", "place")

    def __init__(self, kind: str, index: int = 0, place: int = 0, leaf: Value | None = None) -> None:
        self.kind: Final = kind
        self.index: Final = index
        self.place: Final = place
        self.leaf: Final = leaf

    def read(
        self, arguments: Sequence[float], carried: Sequence[Sequence[float]], stored: Sequence[Sequence[float]]
    ) -> float:
        """The number, given the numbers of the arguments, of the places and of the stores."""
        leaf = self.leaf
        if leaf is not None:
            return leaf._data if self.kind == "data" else leaf._grad
        if self.kind == "argument":
            return arguments[self.index]
        return (stored if self.kind == "stored" else carried)[self.place][self.index]


@final
@mypyc_attr(acyclic=True)
class Stored:
    """A store that a captured function uses (see `graph.stores`).

    Attributes:
        store: the store.
        form: the form of its numbers when it was first used, which every call has to find.
        first: the first input of the program that one of its numbers is; -1 if none is.
        count: how many numbers it had.
        places: the places of its numbers now.
        new_form: their form now.
        has_new: whether the function has replaced them.
    """

    __slots__ = ("count", "first", "form", "has_new", "new_form", "places", "store")

    def __init__(self, store: Any) -> None:
        self.store: Final = store
        self.form: Final[Any] = store.form()
        self.first = -1
        self.count = 0
        self.places: list[int] = []
        self.new_form: Any = self.form
        self.has_new = False


@final
@mypyc_attr(acyclic=True)
class Guard:
    """A decision of the function that a run of the program has to confirm.

    Attributes:
        place: the number that was decided on.
        truth: whether it was true.
    """

    __slots__ = ("place", "truth")

    def __init__(self, place: int, truth: bool) -> None:
        self.place: Final = place
        self.truth: Final = truth
