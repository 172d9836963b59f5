"""What a function returned, with the numbers of a run in place of those that were recorded.

The outputs of a program stand in the order in which a walk through the result finds them. So an array of the result is
one slice of the outputs, and so is a list of numbers. Only where numbers are constants of the program, such as the
zeros of a sparse Hessian, are they put together from several parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Final, final

from librt.vecs import vec
from mypy_extensions import i64

from autograd_core.errors import InputError, OperandTypeError, ShapeError
from autograd_core.numerics.number import describe, is_number, to_float
from autograd_core.table.op import Recorder
from autograd_core.transforms.trees import _inside, _with_branches, is_array, members

KEPT: Final = 0
NUMBER: Final = 1
LIST: Final = 2
TUPLE: Final = 3
BRANCHES: Final = 4
ARRAY: Final = 5


def _numpy() -> Any:
    """numpy, which need not be there while this file is compiled."""
    return import_module("numpy")


@final
class Block:
    """Numbers of a result that an array can hold.

    Attributes:
        shape: the shape of the array.
        first: the output of the first number, if the outputs lie in order and no number is a constant; else -1.
        size: how many numbers there are.
        places: for each number its output, -1 for a constant; an array.
        constants: for each number the constant, 0.0 for an output; an array.
    """

    __slots__ = ("constants", "first", "places", "shape", "size")

    def __init__(self, shape: tuple[int, ...], places: list[int], constants: list[float]) -> None:
        numpy = _numpy()
        self.shape: Final = shape
        self.size: Final = len(places)
        in_order = bool(places) and places[0] >= 0 and places == list(range(places[0], places[0] + len(places)))
        self.first: Final = places[0] if in_order else -1
        self.places: Final[Any] = numpy.array(places, dtype=numpy.intp)
        self.constants: Final[Any] = numpy.array(constants, dtype=float)

    def array(self, outputs: Any) -> Any:
        """A new array with the numbers."""
        return self.numbers(outputs).reshape(self.shape)

    def numbers(self, outputs: Any) -> Any:
        """The numbers in a new array of one dimension; of two if `outputs` has a column for each row of data."""
        if self.first >= 0:
            return outputs[self.first : self.first + self.size].copy()
        found = _numpy().empty((self.size, *outputs.shape[1:]))
        constants = self.places < 0
        found[~constants] = outputs[self.places[~constants]]
        found[constants] = self.constants[constants].reshape((-1, *[1] * (outputs.ndim - 1)))
        return found


@final
class Returned:
    """A part of a result, or all of it.

    Attributes:
        kind: `KEPT`: something without numbers of the program; `NUMBER`; `LIST` and `TUPLE`; `BRANCHES`: a dict, a
            dataclass or another type of tuple or list; `ARRAY`.
        first: the output of a number.
        held: what the function returned.
        parts: the branches.
        keys: the key of each.
        block: the numbers of an array.
        run: the first of so many outputs in order that a list or tuple consists of; -1 if it does not.
    """

    __slots__ = ("_block", "_has_block", "block", "first", "held", "keys", "kind", "parts", "run")

    def __init__(self, kind: int, held: Any, first: int = -1, block: Block | None = None) -> None:
        self.kind: Final = kind
        self.held: Final = held
        self.first: Final = first
        self.block: Final = block
        self.parts: list[Returned] = []
        self.keys: list[Any] = []
        self.run = -1
        self._block: Block | None = None
        self._has_block = False

    def filled(self, buffer: vec[float], start: i64, outputs: Any) -> Any:
        """The result of a run.

        Args:
            buffer: the numbers of the run.
            start: where its outputs begin.
            outputs: the outputs as an array.
        """
        kind = self.kind
        if kind == NUMBER:
            return buffer[start + i64(self.first)]
        if kind in (LIST, TUPLE):
            contents: list[Any] = []
            if self.run >= 0:
                k = start + i64(self.run)
                end = k + i64(len(self.parts))
                while k < end:
                    contents.append(buffer[k])
                    k += 1
            else:
                for part in self.parts:
                    contents.append(part.filled(buffer, start, outputs))  # noqa: PERF401 - faster in compiled code
            return contents if kind == LIST else tuple(contents)
        if kind == ARRAY and self.block is not None:
            return self.block.array(outputs)
        if kind == BRANCHES:
            return _with_branches(self.held, [part.filled(buffer, start, outputs) for part in self.parts])
        return self.held.copy() if is_array(self.held) else self.held

    def numbers(self) -> Block | None:
        """The numbers of a list of numbers, or of rows of equal length, as an array; None for any other result."""
        if not self._has_block:
            self._has_block = True
            self._block = self.block if self.kind == ARRAY else _regular(self)
        return self._block

    def leaves(self, place: str = "the result") -> Iterator[tuple[Returned, str]]:
        """The numbers, arrays and other things that the branches end in, each with the expression for it."""
        if self.kind in (LIST, TUPLE, BRANCHES):
            for key, part in zip(self.keys, self.parts, strict=True):
                yield from part.leaves(_inside(place, self.held, key))
        else:
            yield self, place

    def replaced(self, contents: Iterator[Any]) -> Any:
        """The result with other contents in place of the numbers and arrays in `leaves`."""
        if self.kind in (LIST, TUPLE, BRANCHES):
            return _with_branches(self.held, [part.replaced(contents) for part in self.parts])
        return next(contents)


def returned(tree: Any, output: Callable[[Any], int]) -> Returned:
    """The template of a result. `output` makes an output of a number of the program, and returns its index."""
    if isinstance(tree, Recorder):
        return Returned(NUMBER, tree, output(tree))
    if is_array(tree):
        return _of_array(tree, output)
    branches = members(tree)
    if branches is None:
        return Returned(KEPT, tree)
    kind = LIST if type(tree) is list else TUPLE if type(tree) is tuple else BRANCHES
    whole = Returned(kind, tree)
    for key, branch in branches:
        whole.keys.append(key)
        whole.parts.append(returned(branch, output))
    parts = whole.parts
    if parts and all(part.kind == NUMBER and part.first == parts[0].first + i for i, part in enumerate(parts)):
        whole.run = parts[0].first
    return whole


def _of_array(array: Any, output: Callable[[Any], int]) -> Returned:
    if not array.dtype.hasobject:
        return Returned(KEPT, array.copy())
    places, constants = [], []
    for x in array.ravel().tolist():
        is_output = isinstance(x, Recorder)
        if not is_output and not is_number(x):
            raise OperandTypeError(
                f"a compiled function expected numbers in the arrays that it returns, got {describe(x)}; return a "
                "list instead"
            )
        places.append(output(x) if is_output else -1)
        constants.append(0.0 if is_output else to_float(x))
    return Returned(ARRAY, None, block=Block(array.shape, places, constants))


def _regular(part: Returned) -> Block | None:
    places: list[int] = []
    constants: list[float] = []
    shape = _collect(part, places, constants)
    return None if shape is None else Block(shape, places, constants)


def _collect(part: Returned, places: list[int], constants: list[float]) -> tuple[int, ...] | None:
    """The shape of nested lists of numbers, which are added to `places` and `constants`; None if there is none."""
    if part.kind == NUMBER:
        places.append(part.first)
        constants.append(0.0)
        return ()
    if part.kind == KEPT:
        if is_array(part.held) and part.held.dtype.kind in "iuf":
            places.extend([-1] * part.held.size)
            constants.extend(part.held.ravel().tolist())
            return tuple(part.held.shape)
        if not is_number(part.held):
            return None
        places.append(-1)
        constants.append(to_float(part.held))
        return ()
    if part.kind == ARRAY and part.block is not None:
        places.extend(part.block.places.tolist())
        constants.extend(part.block.constants.tolist())
        return part.block.shape
    if part.kind == BRANCHES or not part.parts:
        return None
    shapes = [_collect(each, places, constants) for each in part.parts]
    if shapes[0] is None or any(shape != shapes[0] for shape in shapes):
        return None
    return (len(shapes), *shapes[0])


# The caller's own arrays.


def destinations(part: Returned, out: Any, rows: tuple[int, ...] = (), place: str = "out") -> list[tuple[Any, Block]]:
    """The arrays that take a result, each with its numbers.

    Args:
        part: the result.
        out: arrays in the form of the result. One array takes a number, an array, or nested lists of numbers.
        rows: the sides that every array has before those of the result.
        place: the name of `out` in messages.

    Raises:
        OperandTypeError: if something else than an array of 64-bit floats stands where numbers are returned.
        ShapeError: if an array has another shape, or a list another length.
        InputError: if an array cannot be written to.
    """
    if is_array(out) and not out.dtype.hasobject:
        block = part.numbers()
        if block is None:
            raise ShapeError(f"the result has several arrays at {place}, got one; pass {_form(part, rows)}")
        _check_array(out, (*rows, *block.shape), place)
        return [(out, block)]
    branches = dict(members(out) or ())
    if part.kind not in (LIST, TUPLE, BRANCHES):
        if part.numbers() is None:
            return []
        raise OperandTypeError(f"expected {_form(part, rows)} at {place}, which takes the result, got {describe(out)}")
    if list(branches) != part.keys:
        raise ShapeError(f"expected {_form(part, rows)} at {place}, which takes the result, got {describe(out)}")
    found = []
    for key, each in zip(part.keys, part.parts, strict=True):
        found += destinations(each, branches[key], rows, _inside(place, out, key))
    return found


def _check_array(out: Any, shape: tuple[int, ...], place: str) -> None:
    if out.dtype != float or not out.dtype.isnative:
        raise OperandTypeError(
            f"expected an array of 64-bit floats at {place}, because results are such numbers, got one of type "
            f"{out.dtype}; make it with numpy.empty({shape})"
        )
    if out.shape != shape:
        raise ShapeError(f"expected an array of shape {shape} at {place}, as the result has, got one of {out.shape}")
    if not out.flags.writeable:
        raise InputError(f"expected an array to write into at {place}, got one that is read-only; pass a copy of it")


def _form(part: Returned, rows: tuple[int, ...]) -> str:
    """What takes a result, in words."""
    block = part.numbers()
    if block is not None:
        return f"an array of shape {(*rows, *block.shape)}"
    if isinstance(part.held, dict):
        return f"a dict with the keys {part.keys}"
    return f"a {type(part.held).__name__} of {len(part.parts)} arrays"
