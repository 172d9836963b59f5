"""The walk that finds what belongs to a module: Values and modules in its attributes, at any depth.

The walk enters modules and the containers that `autograd_core.members` opens: lists, tuples, dicts, dataclasses and
arrays of numpy. `attributes` selects the attributes of a module that may hold parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import BuiltinFunctionType, FunctionType
from typing import Any, ClassVar, Final, TypeAlias

from autograd_core import Value, members

NOTED: Final = "_noted"
"""The attribute of a module that records, by name, what its calls have assigned to it, or `STATE`."""

STATE: Final = type(None)
"""The mark of an attribute that held no parameter before a call assigned to it. It stays state, whatever is assigned
later. The mark is the type of None because copies and pickles preserve its identity."""

ATOMS: Final = frozenset({float, int, bool, str, bytes, complex, type(None), type, FunctionType, BuiltinFunctionType})
"""Types of objects that contain nothing, so that a walk skips them."""


class Holder:
    """The base class of `nn.Module`, without its methods. The walk enters the attributes of its instances."""

    non_parameter_names: ClassVar[tuple[str, ...]] = ()
    parameter_names: ClassVar[tuple[str, ...]] = ()


class Path:
    """The path from the root to an object: the path of the object that contains it, and its key there.

    A name is joined on request, because most walks need no names. It is then stored, because longer paths reuse it.
    """

    __slots__ = ("above", "key", "name")

    def __init__(self, above: Path | None, key: object, name: str | None = None) -> None:
        self.above, self.key, self.name = above, key, name

    def dotted(self) -> str:
        """The dotted name of the object."""
        unnamed: list[Path] = []
        path: Path | None = self
        while path is not None and path.name is None:
            unnamed.append(path)
            path = path.above
        name = (path.name if path is not None else None) or ""
        for path in reversed(unnamed):
            name = path.name = join(name, path.key)
        return name


def join(path: str, key: object) -> str:
    """The dotted name of an item: the path of the object that contains it, and its key there.

    >>> join("layers", 0), join("", "w"), join("w", (1, 2)), join("w", ())
    ('layers.0', 'w', 'w.1.2', 'w')
    """
    if isinstance(key, tuple):  # the index in an array
        return ".".join([path, *map(str, key)] if path else map(str, key))
    return f"{path}.{key}" if path else str(key)


Run: TypeAlias = tuple[Path, Iterable[object], Sequence[Any]]
"""The path of an object, and the keys and items of one run of its content."""


def runs(
    root: object, *, into_modules: bool = True, unentered: list[tuple[Path, object, object]] | None = None
) -> Iterator[Run]:
    """Yield every module below the root once, and every Value, each with the path of its container and its key.

    The order is that of definition. The root comes first, and a module comes before its content. The stack is explicit
    and nothing is entered twice, so the depth is not limited and cycles are allowed.

    A list that consists of Values is yielded as one run, and names are not joined, because `parameters()` is called in
    every training step: this takes 0.15 µs for each parameter of a wide layer instead of 0.4 µs. An array of Values is
    yielded as one run, too; its keys are a list of tuples, the indices in the array.

    For each object that the walk does not enter, unless its type is in `ATOMS`, a tuple is added to `unentered`: the
    path of its container, its key, and the object.
    """
    entered = {id(root): root}  # the objects too, not only their ids: an array creates some that must not be freed yet
    top = Path(None, "", "")
    yield top, ("",), (root,)
    stack = [(top, iter(_held(root) or ()))]
    while stack:
        path, held = stack[-1]
        for key, item in held:
            if isinstance(item, Value):
                yield path, (key,), (item,)
                continue
            if type(item) in ATOMS or id(item) in entered:
                continue
            if isinstance(item, (list, tuple)) and set(map(type, item)) == {Value}:
                entered[id(item)] = item
                yield Path(path, key), range(len(item)), item
                continue
            inner = _held(item)
            if inner is None:
                if unentered is not None:
                    unentered.append((path, key, item))
                continue
            entered[id(item)] = item
            if isinstance(item, Holder):
                yield path, (key,), (item,)
                if not into_modules:
                    continue
            elif hasattr(item, "dtype"):
                inner = list(inner)
                if {type(part) for _, part in inner} == {Value}:
                    yield Path(path, key), [index for index, _ in inner], [part for _, part in inner]
                    continue
            stack.append((Path(path, key), iter(inner)))
            break
        else:
            stack.pop()


def leaves(root: object) -> Iterator[Value]:
    """The leaf Values below the root; one that is reached twice is yielded twice."""
    if isinstance(root, Value):
        yield from [root] if root.op is None else ()
        return
    for _, _, run in runs(root):
        yield from (item for item in run if isinstance(item, Value) and item.op is None)


def attributes(module: Holder) -> Iterable[tuple[str, Any]]:
    """The attributes of a module that may contain parameters and modules.

    These are all attributes except those that its class names as state, those that its calls have assigned, and, if it
    is a dataclass, the fields with `metadata={"static": True}`.
    """
    own, kind = vars(module), type(module)
    fields: Mapping[str, Any] | None = getattr(kind, "__dataclass_fields__", None)
    if NOTED not in own and fields is None and not kind.non_parameter_names:
        return own.items()
    noted = own.get(NOTED, {})
    return [
        (name, item)
        for name, item in own.items()
        if name in kind.parameter_names
        or not (
            name == NOTED
            or name in kind.non_parameter_names
            or (name in noted and (noted[name] is item or noted[name] is STATE))
            or (fields is not None and name in fields and fields[name].metadata.get("static", False))
        )
    ]


def _held(item: object) -> Iterable[tuple[Any, Any]] | None:
    """The keys and items of an object that the walk enters; None for others."""
    return attributes(item) if isinstance(item, Holder) else members(item)
