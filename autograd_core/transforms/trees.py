"""Trees of numbers: lists, tuples, dicts, dataclasses and numpy arrays, nested to any depth.

`members` defines what a tree holds; all code that looks for Values in an object uses it.

A tree has branches, which end in blocks: a block is a number, or an array of numbers of any shape. `flatten` lists the
numbers of a tree from left to right, and `rebuild` makes a tree of the same form with other numbers. So a function of a
dictionary of parameters is a function of a flat list.

Every field of a dataclass is a branch, except those marked `field(metadata={"static": True})`, which are kept: names,
sizes, functions. Any other object that is not a number raises an error that says where it is, because otherwise a
gradient could silently lack a misspelt parameter.

numpy is not imported: code that passes an array has imported it already.
"""

from __future__ import annotations

import copy
import dataclasses
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, product
from typing import Any

from autograd_core.errors import InputError, OperandTypeError, ShapeError
from autograd_core.numerics.number import describe, is_number
from autograd_core.table.op import Recorder


def members(tree: Any) -> Iterable[tuple[Any, Any]] | None:
    """The branches of a tree, each with its key (index, key of a dict, or name of a field); None if it has none.

    Fields of a dataclass with `metadata={"static": True}` are left out. An array has branches only if it holds objects;
    its keys are tuples of indices.

    >>> list(members({"w": [1.0, 2.0]})), members(1.0)
    ([('w', [1.0, 2.0])], None)
    """
    if isinstance(tree, (list, tuple)):
        return enumerate(tree)
    if isinstance(tree, dict):
        return tree.items()
    if is_array(tree):
        return zip(_indices(tree.shape), tree.ravel().tolist(), strict=True) if tree.dtype.hasobject else None
    if dataclasses.is_dataclass(tree) and not isinstance(tree, (type, Recorder)):
        return [
            (field.name, getattr(tree, field.name))
            for field in dataclasses.fields(tree)
            if not field.metadata.get("static", False) and hasattr(tree, field.name)  # some are set later
        ]
    return None


def _indices(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The indices of all elements of an array of a shape, row by row."""
    return product(*map(range, shape))


def flatten(tree: Any, place: str = "argument") -> list[Any]:
    """The numbers and Values of a tree in order; dicts in the order of their keys, arrays row by row.

    Raises:
        OperandTypeError: if the tree holds something else; the message says where.
        InputError: if an array in it has masked elements.

    >>> flatten({"w": [1.0, 2.0], "b": 3.0})
    [1.0, 2.0, 3.0]
    """
    leaves: list[Any] = []
    for block, where in _blocks(tree, place):
        if is_array(block):
            leaves.extend(_elements(block, where))
        else:
            leaves.append(block)
    return leaves


def rebuild(tree: Any, leaves: Iterable[Any]) -> Any:
    """A tree of the same form with these leaves in place of its numbers.

    An array becomes an array of the same shape: of 64-bit floats, or of objects if there are Values among them. A
    dataclass is copied without running its code, because a gradient need not meet the conditions of a constructor.

    >>> rebuild({"w": [1.0, 2.0], "b": 3.0}, [10, 20, 30])
    {'w': [10, 20], 'b': 30}
    """
    rest = iter(leaves)
    return replace(
        tree,
        [shaped(islice(rest, block.size), block.shape) if is_array(block) else next(rest) for block in blocks(tree)],
    )


def blocks(tree: Any) -> list[Any]:
    """The blocks of a tree in order: numbers and whole arrays.

    >>> blocks([1.0, {"a": 2.0}])
    [1.0, 2.0]
    """
    return [block for block, _ in _blocks(tree, "the tree")]


def replace(tree: Any, contents: Iterable[Any]) -> Any:
    """A tree of the same form with these contents, of any type, in place of its blocks.

    >>> replace([1.0, {"a": 2.0}], ["one", "two"])
    ['one', {'a': 'two'}]
    """
    return _fill(tree, iter(contents))


def align(pattern: Any, tree: Any, place: str, whole: str) -> list[Any]:
    """The leaves of a tree that must have the form of a pattern, in the order of the pattern.

    A number and an array without dimensions have the same form, and so have dicts with keys in another order.

    Args:
        pattern: the tree that shows the form.
        tree: the tree to read.
        place: the name of the tree in messages.
        whole: the name of the pattern in messages.

    Raises:
        ShapeError: if the form is another one; the message names the first difference.
        OperandTypeError: if the tree holds something that is not a number.

    >>> align({"w": [1.0, 2.0], "b": 3.0}, {"b": 30.0, "w": [10.0, 20.0]}, "the tangent", "the argument")
    [10.0, 20.0, 30.0]
    """
    mine, its = _branches(pattern), _branches(tree)
    if mine is None:
        if its is None and shape_of(pattern) == shape_of(tree):
            return flatten(tree, place)
    elif its is not None and _form(pattern) is _form(tree) and mine.keys() == its.keys():
        parts = [align(branch, its[key], _inside(place, tree, key), whole) for key, branch in mine.items()]
        return [leaf for part in parts for leaf in part]
    raise ShapeError(f"expected {_describe_form(pattern)} at {place}, as in {whole}, got {_describe_form(tree)}")


def strip(tree: Any, number: Callable[[Any], Any]) -> Any:
    """A tree with every Value replaced by its number, and everything else unchanged."""
    if isinstance(tree, Recorder):
        return number(tree)
    if is_array(tree):
        if tree.dtype.kind != "O":
            return tree
        return shaped([strip(x, number) for x in tree.ravel().tolist()], tree.shape)
    branches = _branches(tree)
    return tree if branches is None else _with_branches(tree, [strip(branch, number) for branch in branches.values()])


def place_of(leaf: Any, tree: Any, name: str) -> str | None:
    """The expression for a Value in a tree of this name; None if the tree does not hold it, or is not a tree.

    >>> w = [1.0, 2.0]
    >>> place_of(w[1], {"w": w}, "p")
    "p['w'][1]"
    """
    try:
        for block, where in _blocks(tree, name):
            if block is leaf:
                return where
            if is_array(block):
                for i, element in enumerate(block.flat if block.dtype.kind == "O" else ()):
                    if element is leaf:
                        return f"{where}[{_index(block, i)}]"
    except (OperandTypeError, AttributeError, RecursionError):
        pass
    return None


def is_array(tree: Any) -> bool:
    """Whether a tree is an array of numpy; numpy need not be installed."""
    numpy: Any = sys.modules.get("numpy")
    return numpy is not None and isinstance(tree, numpy.ndarray)


def shape_of(block: Any) -> tuple[int, ...]:
    """The shape of an array; no dimensions for a number."""
    shape: tuple[int, ...] = block.shape if is_array(block) else ()
    return shape


def shaped(leaves: Iterable[Any], shape: tuple[int, ...]) -> Any:
    """An array of a shape: of 64-bit floats if all leaves are numbers, else of objects."""
    numpy: Any = sys.modules["numpy"]
    every = list(leaves)
    array = numpy.empty(len(every), dtype=float if all(is_number(x) for x in every) else object)
    for i, leaf in enumerate(every):
        array[i] = leaf
    return array.reshape(shape)


def _blocks(tree: Any, place: str) -> Iterator[tuple[Any, str]]:
    """Every block with the expression for it, for messages."""
    if _is_block(tree):
        yield tree, place
        return
    branches = _branches(tree)
    if branches is None:
        raise _refusal(tree, place)
    for key, branch in branches.items():
        yield from _blocks(branch, _inside(place, tree, key))


def _is_block(tree: Any) -> bool:
    return isinstance(tree, Recorder) or is_number(tree) or is_array(tree)


def _branches(tree: Any) -> dict[Any, Any] | None:
    """The branches of a list, tuple, dict or dataclass by index, key or name; None for anything else and for arrays."""
    held = None if is_array(tree) else members(tree)
    return None if held is None else dict(held)


def _with_branches(tree: Any, contents: Sequence[Any]) -> Any:
    """A list, tuple, dict or dataclass like this one with other contents."""
    if isinstance(tree, list):
        return list(contents)
    if isinstance(tree, tuple):
        return type(tree)(*contents) if hasattr(tree, "_fields") else tuple(contents)
    if isinstance(tree, dict):
        return dict(zip(tree, contents, strict=True))
    twin = copy.copy(tree)
    for name, content in zip(_branches(tree) or (), contents, strict=True):
        object.__setattr__(twin, name, content)  # the assignment of a frozen dataclass raises
    return twin


def _fill(tree: Any, contents: Iterator[Any]) -> Any:
    branches = None if _is_block(tree) else _branches(tree)
    if branches is None:
        return next(contents)
    return _with_branches(tree, [_fill(branch, contents) for branch in branches.values()])


def _elements(array: Any, place: str) -> list[Any]:
    """The numbers of an array; other kinds (complex, text, time) are refused."""
    if hasattr(array, "mask") and (masked := int(array.mask.sum())):
        raise InputError(
            f"expected numbers, got a {type(array).__name__} of numpy with {masked} of {array.size} masked at {place}; "
            "put numbers in their place with x.filled(number)"
        )
    elements: list[Any] = array.ravel().tolist()
    if array.dtype.kind in "biuf":
        return elements
    if array.dtype.kind != "O":
        raise _refusal(array, place)
    # An array of objects can hold arrays without dimensions, which numpy makes in arithmetic.
    elements = [x.item() if is_array(x) and x.shape == () else x for x in elements]
    for i, element in enumerate(elements):
        if not (isinstance(element, Recorder) or is_number(element)):
            raise _refusal(element, f"{place}[{_index(array, i)}]")
    return elements


def _index(array: Any, i: int) -> str:
    """The index of the i-th element, row by row."""
    numpy: Any = sys.modules["numpy"]
    return ", ".join(str(int(k)) for k in numpy.unravel_index(i, array.shape))


def _inside(place: str, tree: Any, key: Any) -> str:
    return f"{place}[{key!r}]" if isinstance(tree, (list, tuple, dict)) else f"{place}.{key}"


def _form(tree: Any) -> type:
    """The type that decides whether two trees can fit: lists, dicts, or one class of tuples or dataclasses."""
    return next((kind for kind in (list, dict) if isinstance(tree, kind)), type(tree))


def _describe_form(tree: Any) -> str:
    """The form of a tree in words."""
    if is_array(tree):
        return f"an array of shape {tree.shape}"
    if _is_block(tree):
        return "a number"
    branches = _branches(tree)
    if branches is None:
        return describe(tree)
    if isinstance(tree, dict):
        return f"a dict with the keys {list(tree)}"
    return f"a {type(tree).__name__} of {len(branches)}"


def _refusal(thing: Any, place: str) -> OperandTypeError:
    kind = f"an array of type {thing.dtype}" if is_array(thing) else describe(thing)
    return OperandTypeError(
        f"expected numbers, or lists, tuples, dicts, dataclasses and arrays of numbers, got {kind} at {place}; "
        "pass anything else as another argument, or mark the field of a dataclass with "
        'metadata={"static": True}'
    )
