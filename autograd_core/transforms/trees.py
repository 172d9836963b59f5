"""Trees of numbers: lists, tuples, dicts, dataclasses and numpy arrays, in each other to any depth.

`members` says what belongs to a tree; whoever looks for Values in something looks where it looks.

A tree has branches, and at their ends blocks: a number, or an array of numbers of any shape. `flatten` takes
a tree apart into its numbers, from left to right, and `rebuild` puts other numbers into the same places. So a
function of a whole dictionary of parameters is a function of a flat list.

Of a dataclass every field is a branch, except those marked `field(metadata={"static": True})`, which stay as
they are: names, sizes, functions. Anything else that is no number is refused with its place, for a gradient
that silently leaves out what was misspelt is worse than an error.

numpy is not imported: nobody can have an array without having imported it already.
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
    """What a tree holds, each with its key: an index, a key of a dict, or the name of a field; None for anything else.

    Of a dataclass, fields with `metadata={"static": True}` are left out. An array is taken apart only if it holds
    objects; its keys are tuples of indices.

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
        OperandTypeError: if something else stands in the tree; the message names its place.
        InputError: if an array in it is masked somewhere.

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
    """A tree of the same form with these leaves in the places of its numbers.

    An array becomes an array of the same shape: of 64-bit floats, or of objects if there are Values among them.
    A dataclass is copied, and none of its code is run: what a constructor demands of parameters need not hold
    for their gradient.

    >>> rebuild({"w": [1.0, 2.0], "b": 3.0}, [10, 20, 30])
    {'w': [10, 20], 'b': 30}
    """
    rest = iter(leaves)
    return replace(
        tree,
        [shaped(islice(rest, block.size), block.shape) if is_array(block) else next(rest) for block in blocks(tree)],
    )


def blocks(tree: Any) -> list[Any]:
    """The blocks of a tree in order: numbers, and arrays as a whole.

    >>> blocks([1.0, {"a": 2.0}])
    [1.0, 2.0]
    """
    return [block for block, _ in _blocks(tree, "the tree")]


def replace(tree: Any, contents: Iterable[Any]) -> Any:
    """A tree of the same form with these contents, whatever they are, in the places of its blocks.

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
        place: where that tree stands, for messages.
        whole: what the pattern is, for messages.

    Raises:
        ShapeError: if the form is another one; the message names the first place where it differs.
        OperandTypeError: if something that is no number stands in the tree.

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
    """A tree with every Value in it replaced by its number, and everything else, whatever it is, left alone."""
    if isinstance(tree, Recorder):
        return number(tree)
    if is_array(tree):
        if tree.dtype.kind != "O":
            return tree
        return shaped([strip(x, number) for x in tree.ravel().tolist()], tree.shape)
    branches = _branches(tree)
    return tree if branches is None else _with_branches(tree, [strip(branch, number) for branch in branches.values()])


def place_of(leaf: Any, tree: Any, name: str) -> str | None:
    """Where a Value stands in a tree of this name; None if it does not, or if that is no tree.

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
    """Whether a tree is an array of numpy, which need not be installed."""
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
    """Every block with its place."""
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
    """What a list, tuple, dict or dataclass holds, by index, key or name; None for anything else, arrays included."""
    held = None if is_array(tree) else members(tree)
    return None if held is None else dict(held)


def _with_branches(tree: Any, contents: Sequence[Any]) -> Any:
    """A list, tuple, dict or dataclass like this one that holds something else."""
    if isinstance(tree, list):
        return list(contents)
    if isinstance(tree, tuple):
        return type(tree)(*contents) if hasattr(tree, "_fields") else tuple(contents)
    if isinstance(tree, dict):
        return dict(zip(tree, contents, strict=True))
    twin = copy.copy(tree)
    for name, content in zip(_branches(tree) or (), contents, strict=True):
        object.__setattr__(twin, name, content)  # a frozen dataclass refuses its own
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
    # What numpy makes of a number and an array without dimensions is an array that holds that array.
    elements = [x.item() if is_array(x) and x.shape == () else x for x in elements]
    for i, element in enumerate(elements):
        if not (isinstance(element, Recorder) or is_number(element)):
            raise _refusal(element, f"{place}[{_index(array, i)}]")
    return elements


def _index(array: Any, i: int) -> str:
    """The index of the element that is the i-th one, row by row."""
    numpy: Any = sys.modules["numpy"]
    return ", ".join(str(int(k)) for k in numpy.unravel_index(i, array.shape))


def _inside(place: str, tree: Any, key: Any) -> str:
    return f"{place}[{key!r}]" if isinstance(tree, (list, tuple, dict)) else f"{place}.{key}"


def _form(tree: Any) -> type:
    """Trees of different forms never fit: a list is no tuple, and a dataclass no other one."""
    return next((kind for kind in (list, dict) if isinstance(tree, kind)), type(tree))


def _describe_form(tree: Any) -> str:
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
        'pass what is no number as another argument, or mark the field of a dataclass with metadata={"static": True}'
    )
