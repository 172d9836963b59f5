"""The arguments and the results of a compiled function for many rows of data at once.

Arrays of the arguments have an axis more than those of a call, the first one: a row of all of them together makes a
call. Everything else is the same for all rows: plain numbers, arguments that are named in `shared`, and cells. Arrays
of the results have that axis, too, unless the results of the rows are added up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, final

from autograd_core.compiler.arguments import STATIC
from autograd_core.compiler.returned import ARRAY, Block, Returned, destinations
from autograd_core.errors import InputError, ShapeError
from autograd_core.numerics.number import describe, is_number
from autograd_core.transforms.trees import _inside, _with_branches, is_array, members

REDUCTIONS: Final = ("sum", "mean")


@final
class Rows:
    """The arguments of a call for many rows.

    Attributes:
        count: how many rows there are.
        args: the arguments.
        named: the arguments by name.
    """

    __slots__ = ("_shared", "_static", "args", "count", "named")

    def __init__(
        self, args: tuple[Any, ...], named: dict[str, Any], static: frozenset[Any], shared: frozenset[Any]
    ) -> None:
        for name in shared:
            if not (name in named or (isinstance(name, int) and 0 <= name < len(args))):
                raise InputError(
                    f"map expected in shared= indices and names of arguments, as they are passed, got {name!r} for "
                    f"{len(args)} arguments and the names {list(named)}"
                )
        self.args: Final = args
        self.named: Final = named
        self._static: Final = static
        self._shared: Final = shared | static
        found = [(len(array), where) for array, where in self.arrays()]
        if not found:
            raise InputError(
                "map expected an array with a row for each call in at least one argument, got none: plain numbers, "
                "and what shared= names, are the same for all rows; pass numpy.array(...) with the rows first"
            )
        self.count: Final = found[0][0]
        for count, where in found:
            if count != self.count:
                raise ShapeError(
                    f"map expected {self.count} rows in all arrays, as at {found[0][1]}, got {count} at {where}; name "
                    "an argument that is the same for all rows in shared="
                )

    def arrays(self) -> Iterator[tuple[Any, str]]:
        """The arrays that have rows, each with the expression for it."""
        for name, x in [*enumerate(self.args), *self.named.items()]:
            if name not in self._shared:
                for array, where in _arrays(x, f"argument {name!r}"):
                    if array is not None:
                        yield array, where

    def blocks(self) -> list[Any]:
        """For each block of numbers of a call the array that has it in its rows; None for one that all rows share."""
        found: list[Any] = []
        for name, x in [*enumerate(self.args), *self.named.items()]:
            if name not in self._static:
                arrays = [array for array, _ in _arrays(x, "")]
                found += [None] * len(arrays) if name in self._shared else arrays
        return found

    def row(self, i: int) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of the call for one row; without rows all numbers are 1."""
        return (
            tuple([x if k in self._shared else self._row(x, i) for k, x in enumerate(self.args)]),
            {name: x if name in self._shared else self._row(x, i) for name, x in self.named.items()},
        )

    def _row(self, tree: Any, i: int) -> Any:
        if _has_rows(tree):
            if not self.count:
                tree = tree.dtype.type(1) + tree.sum(axis=0, keepdims=True)
            return tree[i].item() if tree.ndim == 1 else tree[i]
        branches = None if _is_leaf(tree) else members(tree)
        return tree if branches is None else _with_branches(tree, [self._row(branch, i) for _, branch in branches])


def _has_rows(tree: Any) -> bool:
    return is_array(tree) and tree.ndim > 0 and tree.dtype.kind in "iuf" and not hasattr(tree, "mask")


def _is_leaf(tree: Any) -> bool:
    return type(tree) in STATIC or is_array(tree) or is_number(tree)


def _arrays(tree: Any, where: str) -> Iterator[tuple[Any, str]]:
    """For each number or array of a tree the array if it has rows, else None, with the expression for it."""
    if type(tree) in STATIC:
        return
    branches = None if _is_leaf(tree) else members(tree)
    if branches is None:
        yield tree if _has_rows(tree) else None, where
        return
    for key, branch in branches:
        yield from _arrays(branch, _inside(where, tree, key))


# The results.


@final
class Target:
    """What takes the results of all rows.

    Every program of the function has to return the same form, whichever way its rows went.
    """

    __slots__ = ("_arrays", "_blocks", "_contents", "_count", "_out", "_reduction", "_result")

    def __init__(self, result: Returned, count: int, reduction: str | None, out: Any) -> None:
        self._result: Final = result
        self._count: Final = count
        self._reduction: Final = reduction
        self._out: Final = out
        self._blocks: Final[dict[int, tuple[Returned, list[Block]]]] = {}
        self._contents: list[Any] = []
        self._arrays: Final = self._made(result)

    def _made(self, result: Returned) -> list[Any]:
        """The arrays that take the numbers; sums have an array of one dimension."""
        import numpy as np

        rows = () if self._reduction else (self._count,)
        if self._out is not None:
            found = destinations(result, self._out, rows)
            self._blocks[id(result)] = result, [block for _, block in found]
            if self._reduction:
                return [np.zeros(block.size) for _, block in found]
            return [array for array, _ in found]
        blocks = _blocks_of(result)
        self._blocks[id(result)] = result, blocks
        if self._reduction:
            arrays = [np.zeros(block.size) for block in blocks]
        else:  # parts of one array, because memory in one large piece is at hand sooner than in many
            ends = np.cumsum([self._count * block.size for block in blocks], dtype=np.int64)
            parts = np.split(np.empty(ends[-1] if blocks else 0), ends[:-1])
            arrays = [part.reshape(*rows, *block.shape) for part, block in zip(parts, blocks, strict=False)]
        taken = iter(arrays)
        self._contents = [leaf.held if leaf.numbers() is None else next(taken) for leaf, _ in result.leaves()]
        return arrays

    def _blocks_for(self, result: Returned) -> list[Block]:
        """The blocks of the numbers of the result of a program, one for each array."""
        known = self._blocks.get(id(result))
        if known is not None:
            return known[1]
        first, now = _form_of(self._result), _form_of(result)
        if first != now:
            raise ShapeError(
                "map expected results of one form from all rows, but rows that went different ways at the decisions "
                f"of the function returned {_difference(first, now)}"
            )
        if self._out is not None:
            blocks = [block for _, block in destinations(result, self._out, () if self._reduction else (self._count,))]
        else:
            blocks = _blocks_of(result)
        self._blocks[id(result)] = result, blocks
        return blocks

    def store(self, result: Returned, rows: Any, outputs: Any) -> None:
        """Take the results of some rows: a range, or an array of indices. `outputs` has a column for each."""
        count = len(rows)
        select = slice(rows.start, rows.stop) if isinstance(rows, range) else rows
        for array, block in zip(self._arrays, self._blocks_for(result), strict=True):
            numbers = outputs[block.first : block.first + block.size] if block.first >= 0 else block.numbers(outputs)
            if self._reduction:
                array[...] += numbers.sum(axis=1)
            else:
                array[select] = numbers.T.reshape((count, *block.shape))

    def result(self) -> Any:
        """The results of all rows, in the form of the result of one, with arrays in place of its numbers."""
        if not self._reduction:
            return self._result.replaced(iter(self._contents)) if self._out is None else self._out
        if self._reduction == "mean":
            for array in self._arrays:
                array[...] /= self._count
        if self._out is not None:
            for total, (array, taken) in zip(self._arrays, destinations(self._result, self._out), strict=True):
                array[...] = total.reshape(taken.shape)
            return self._out
        contents, arrays = [], iter(self._arrays)
        for leaf, _ in self._result.leaves():
            block = leaf.numbers()
            if block is None:
                contents.append(leaf.held)
            else:
                total = next(arrays)
                contents.append(total.reshape(block.shape) if block.shape or leaf.kind == ARRAY else float(total[0]))
        return self._result.replaced(iter(contents))


def _blocks_of(result: Returned) -> list[Block]:
    return [block for leaf, _ in result.leaves() if (block := leaf.numbers()) is not None]


def _form_of(result: Returned) -> list[tuple[str, Any]]:
    """The numbers and other things of a result, each with its place: the shape of the numbers, or the thing."""
    found: list[tuple[str, Any]] = []
    for leaf, where in result.leaves():
        block = leaf.numbers()
        found.append((where, describe(leaf.held) if block is None else block.shape))
    return found


def _difference(first: list[tuple[str, Any]], now: list[tuple[str, Any]]) -> str:
    """The first difference between two forms of results, in words."""
    for (where, one), (place, other) in zip(first, now, strict=False):
        if where != place or one != other:
            return f"{_words(one)} at {where}, and {_words(other)} at {place}"
    return f"{len(first)} and {len(now)} numbers and arrays"


def _words(form: Any) -> str:
    if isinstance(form, tuple):
        return f"an array of shape {form}" if form else "a number"
    return str(form)
