"""The walk that finds what belongs to a module: Values and modules in its attributes, at any depth.

One rule for the whole project says where to look: a module, and whatever `autograd_core.members` takes apart, which are
lists, tuples, dicts, dataclasses and arrays of numpy. Which attributes of a module count, `attributes` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import BuiltinFunctionType, FunctionType
from typing import Any, ClassVar, Final, TypeAlias

from autograd_core import Value, members

NOTED: Final = "_noted"
"""The attribute of a module that holds, by name, what it has assigned to itself while it was called, or `STATE`."""

STATE: Final = type(None)
"""Stands for whatever an attribute holds that was no parameter before a call assigned to it: it is state for good. No
attribute of interest is this, and it stays the same in copies and pickles."""

ATOMS: Final = frozenset({float, int, bool, str, bytes, complex, type(None), type, FunctionType, BuiltinFunctionType})
"""Types of what holds nothing, so that a walk need not ask."""


class Holder:
    """What the walk enters through its attributes: the base of `nn.Module`, which describes these."""

    non_parameter_names: ClassVar[tuple[str, ...]] = ()
    parameter_names: ClassVar[tuple[str, ...]] = ()


class Path:
    """The way from the root to a holder: the way to the holder that it is in, and the key there.

    Most walks want no names, so they are joined when asked for, and kept: a path begins as the one above it.
    """

    __slots__ = ("above", "key", "name")

    def __init__(self, above: Path | None, key: object, name: str | None = None) -> None:
        self.above, self.key, self.name = above, key, name

    def dotted(self) -> str:
        """The name of the holder."""
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
    """The name of what a holder of that name has under a key.

    >>> join("layers", 0), join("", "w"), join("w", (1, 2)), join("w", ())
    ('layers.0', 'w', 'w.1.2', 'w')
    """
    if isinstance(key, tuple):  # the index in an array
        return ".".join([path, *map(str, key)] if path else map(str, key))
    return f"{path}.{key}" if path else str(key)


Run: TypeAlias = tuple[Path, Iterable[object], Sequence[Any]]
"""The way to a holder, and the keys and items of one run of what it holds."""


def runs(
    root: object, *, into_modules: bool = True, unentered: list[tuple[Path, object, object]] | None = None
) -> Iterator[Run]:
    """Every module, once, and every Value below the root: the way to the holder, then keys and items in it.

    In the order of definition, a module before what it holds, the root first. The stack is explicit and what
    has been entered is not entered again, so depth and cycles do no harm.

    A list of nothing but Values comes as one run, and names are left unjoined, because `parameters()` is
    called in every training step: so it takes 0.15 µs for each parameter of a wide layer instead of 0.4 µs.
    An array of nothing but Values comes as one run, too; its keys are a list of tuples, the indices in the array.

    What the walk does not enter and is no plain thing is added to `unentered`: the way to its holder, its key, itself.
    """
    entered = {id(root): root}  # with what is entered, as an array makes some of it anew, which must stay till the end
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
    """The Values below the root that no operation has made, one that is met twice also twice."""
    if isinstance(root, Value):
        yield from [root] if root.op is None else ()
        return
    for _, _, run in runs(root):
        yield from (item for item in run if isinstance(item, Value) and item.op is None)


def attributes(module: Holder) -> Iterable[tuple[str, Any]]:
    """The attributes of a module in which its parameters and modules are looked for.

    All of them, but not those that its class names as state, not what it assigned to itself while it was called, and,
    if it is a dataclass, not the fields with `metadata={"static": True}`.
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
    return attributes(item) if isinstance(item, Holder) else members(item)
