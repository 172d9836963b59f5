"""The numbers of the arguments that vary in a check, each with its path: `params["w"][3]`, `z.imag`.

Floats, complex numbers, and arrays and tensors of them vary. A complex number counts as two numbers, its real and its
imaginary part. Everything else is left alone: integers, bools, labels, text, dates, generators and other objects are
passed on as they are. An integer varies only among floats in a list or tuple of numbers, such as `[1, 2.5]`.

New numbers keep their type: an array of 32-bit floats is replaced by one of 32-bit floats.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from enum import Enum
from itertools import islice
from typing import Any, Final, NamedTuple

from autograd_core.errors import OperandTypeError
from autograd_core.graph.value import Value
from autograd_core.numerics.number import is_number, to_float
from autograd_core.table.op import Recorder
from autograd_core.testing.trees import argument_paths
from autograd_core.testing.trees.tensors import is_matrix, is_tensor, like, numpy_module, plain
from autograd_core.transforms.trees import _branches, _with_branches, flatten, is_array

QUICK: Final = frozenset({float, Value})
"""The types of single numbers, which need no search for a form: long lists consist of them."""


class Kind(Enum):
    """What a leaf of the arguments is."""

    REAL = "real"
    COMPLEX = "complex"
    INTEGER = "integer"
    OTHER = "other"


_KINDS: Final = {"f": Kind.REAL, "c": Kind.COMPLEX, "i": Kind.INTEGER, "u": Kind.INTEGER}
"""The kinds of numpy's dtypes, by their letter."""


class Block(NamedTuple):
    """A number or an array that varies, with its path."""

    leaf: Any
    path: str
    kind: Kind

    def names(self) -> Iterator[str]:
        """Yield the path of each number."""
        if type(self.leaf) in QUICK:
            yield self.path
            return
        for path in argument_paths.inside(plain(self.leaf), self.path):
            yield from (f"{path}.real", f"{path}.imag") if self.kind is Kind.COMPLEX else (path,)

    def numbers(self) -> list[float]:
        """Return the numbers."""
        if type(self.leaf) in QUICK:
            return [self.leaf.data if isinstance(self.leaf, Value) else self.leaf]
        if self.kind is Kind.COMPLEX:
            every = [self.leaf] if isinstance(self.leaf, complex) else numpy_module().ravel(plain(self.leaf)).tolist()
            return [float(part) for z in every for part in (z.real, z.imag)]
        return [x.data if isinstance(x, Value) else to_float(x) for x in flatten(plain(self.leaf), self.path)]

    def passed(self, number: float) -> float:
        """Return the number that is really passed in place of one of a type with fewer digits."""
        dtype = getattr(self.leaf, "dtype", None)
        if dtype is None or self.kind is Kind.INTEGER or isinstance(self.leaf, Recorder):
            return number
        array = plain(self.leaf)
        if array.dtype.kind == "O":
            return number
        one = _array([number], (), array.real.dtype)
        return float(plain(like(self.leaf, one)) if is_tensor(self.leaf) and self.kind is Kind.REAL else one)

    @property
    def unit(self) -> float:
        """The distance of the numbers of this type at 1: 2**-52, and 2**-23 in 32 bits.

        >>> import numpy as np
        >>> Block(np.float32(0.5), "x", Kind.REAL).unit == 2.0**-23
        True
        """
        unit = math.ulp(1.0)
        if is_short(self.leaf):
            while self.passed(1.0 + unit) == 1.0:
                unit *= 2
        return unit


def kind_of(leaf: Any) -> Kind:
    """Return what a leaf is.

    >>> kind_of(1.5), kind_of(True), kind_of("label")
    (<Kind.REAL: 'real'>, <Kind.OTHER: 'other'>, <Kind.OTHER: 'other'>)
    """
    if type(leaf) is float or isinstance(leaf, Recorder):
        return Kind.REAL
    if is_array(leaf) or is_tensor(leaf):
        return _kind_of_array(leaf)
    if isinstance(leaf, complex):
        return Kind.COMPLEX
    if hasattr(leaf, "dtype"):
        return _KINDS.get(getattr(leaf.dtype, "kind", ""), Kind.OTHER)
    if isinstance(leaf, int):
        return Kind.OTHER if isinstance(leaf, bool) else Kind.INTEGER
    return Kind.REAL if is_number(leaf) else Kind.OTHER


def _kind_of_array(array: Any) -> Kind:
    if is_tensor(array) and not (hasattr(array, "new_tensor") or hasattr(array, "__array_namespace__")):
        return Kind.OTHER  # no package that could make another one, such as that of a table
    try:
        numbers = plain(array)
    except (TypeError, ValueError, RuntimeError):
        return Kind.OTHER  # such as the key of a random generator of JAX
    if numbers.dtype.kind == "O":
        elements = numbers.ravel().tolist()
        real = bool(elements) and all(isinstance(x, Recorder) or is_number(x) or is_array(x) for x in elements)
        return Kind.REAL if real or any(isinstance(x, Recorder) for x in elements) else Kind.OTHER
    if "float" in numbers.dtype.name:
        return Kind.REAL  # also those that numpy does not have itself
    return _KINDS.get(numbers.dtype.kind, Kind.OTHER)


def blocks(tree: Any, path: str, integers: bool = False) -> Iterator[Block]:
    """Yield the blocks that vary, in order; with `integers` also the integers.

    >>> [block.path for block in blocks({"w": [1, 2.5], "n": 3, "name": "line", "b": 0.5}, "p")]
    ['p["w"][0]', 'p["w"][1]', 'p["b"]']
    """
    for leaf, where, counted in leaves(tree, path, integers):
        kind = kind_of(leaf)
        if varies(kind, counted):
            yield Block(leaf, where, kind)


def leaves(tree: Any, path: str, integers: bool = False) -> Iterator[tuple[Any, str, bool]]:
    """Yield every leaf with its path, and whether it varies if it is an integer."""
    branches = None if isinstance(tree, Recorder) else _branches(tree)
    if branches is None:
        yield tree, path, integers
        return
    integers = integers or is_row(tree)
    if type(tree) in (list, tuple) and set(map(type, tree)) <= QUICK:
        yield from ((x, f"{path}[{i}]", integers) for i, x in enumerate(tree))
        return
    for key, branch in branches.items():
        yield from leaves(branch, argument_paths.step(path, tree, key), integers)


def varies(kind: Kind, integers: bool) -> bool:
    """Return whether a leaf of a kind varies."""
    return kind in (Kind.REAL, Kind.COMPLEX) or (kind is Kind.INTEGER and integers)


def is_short(leaf: Any) -> bool:
    """Return whether a leaf is a number, or an array of numbers, with fewer digits than a float.

    >>> import numpy as np
    >>> is_short(np.float32(0.5)), is_short(0.5)
    (True, False)
    """
    if not hasattr(leaf, "dtype") or kind_of(leaf) not in (Kind.REAL, Kind.COMPLEX) or isinstance(leaf, Recorder):
        return False
    dtype = plain(leaf).dtype
    return bool(dtype.kind != "O" and dtype.itemsize < (16 if dtype.kind == "c" else 8))


def widened(tree: Any) -> Any:
    """Return a tree with 64-bit floats in place of numbers with fewer digits; everything else is the same object.

    >>> import numpy as np
    >>> widened([np.zeros(2, np.float32), "label"])
    [array([0., 0.]), 'label']
    """
    branches = None if isinstance(tree, Recorder) else _branches(tree)
    if branches is not None:
        contents = list(map(widened, branches.values()))
        same = all(mine is its for mine, its in zip(branches.values(), contents, strict=True))
        return tree if same else _with_branches(tree, contents)
    if not is_short(tree):
        return tree
    array = numpy_module().asarray(plain(tree))
    array = array.astype(complex if array.dtype.kind == "c" else float)
    if is_tensor(tree):
        return like(tree, array, wide=True)
    return array.view(type(tree)) if is_array(tree) else array[()]


def is_row(tree: Any) -> bool:
    """Return whether a tree is a list or tuple of numbers with a float among them, so that its integers vary too."""
    if not isinstance(tree, (list, tuple)):
        return False
    if set(map(type, tree)) == {float}:
        return True
    kinds = {Kind.OTHER if is_array(leaf) or is_tensor(leaf) else kind_of(leaf) for leaf in tree}
    return Kind.REAL in kinds and kinds <= {Kind.REAL, Kind.INTEGER}


def filled(tree: Any, numbers: Iterator[Any], integers: bool = False) -> Any:
    """Return a tree of the same form with these numbers in its blocks; everything else is the same object.

    >>> filled({"w": [1, 2.5], "n": 3}, iter([10.0, 20.0]))
    {'w': [10.0, 20.0], 'n': 3}
    """
    if type(tree) in (list, tuple) and len(kinds := set(map(type, tree))) == 1:  # long lists are of one type
        if float in kinds:
            return type(tree)(islice(numbers, len(tree)))
        if isinstance(tree[0], float) and hasattr(tree[0], "dtype"):
            return type(tree)(_array(list(islice(numbers, len(tree))), (len(tree),), tree[0].dtype))
    branches = None if isinstance(tree, Recorder) else _branches(tree)
    if branches is None:
        kind = kind_of(tree)
        return _made(tree, kind, numbers) if varies(kind, integers) else tree
    integers = integers or is_row(tree)
    contents = [filled(branch, numbers, integers) for branch in branches.values()]
    same = all(mine is its for mine, its in zip(branches.values(), contents, strict=True))
    return tree if same else _with_branches(tree, contents)


def _made(leaf: Any, kind: Kind, numbers: Iterator[Any]) -> Any:
    """Return a leaf of the same type with the next numbers."""
    array = plain(leaf) if is_array(leaf) or is_tensor(leaf) else None
    size = 1 if array is None else array.size
    if kind is Kind.COMPLEX:
        parts = list(islice(numbers, 2 * size))
        if any(isinstance(x, (Recorder, complex)) for x in parts):
            raise OperandTypeError("expected real and imaginary parts of complex arguments as floats")
        some: list[Any] = [complex(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
    else:
        some = list(islice(numbers, size))
    if array is None:
        return _scalar(leaf, kind, some[0])
    found = _array(some, array.shape, array.dtype)
    if is_matrix(leaf):
        return found.view(type(leaf))
    return found if is_array(leaf) else like(leaf, found)


def _scalar(leaf: Any, kind: Kind, number: Any) -> Any:
    """Return a number of the type of a leaf, if that is one of numpy."""
    if not hasattr(leaf, "dtype") or isinstance(leaf, Recorder) or isinstance(number, Recorder):
        return number
    numpy = numpy_module()
    if isinstance(number, complex):
        return numpy.result_type(leaf.dtype, numpy.complex64).type(number)
    return number if kind is Kind.INTEGER else leaf.dtype.type(number)


def _array(numbers: Sequence[Any], shape: tuple[int, ...], dtype: Any) -> Any:
    """Return numbers as an array of a dtype; of complex numbers or of objects if there are such among them."""
    numpy = numpy_module()
    kinds = set(map(type, numbers))  # there are few, and often thousands of numbers
    if any(issubclass(kind, Recorder) for kind in kinds):
        dtype = numpy.dtype(object)
    elif dtype.kind in "iuO":
        dtype = numpy.dtype(float)
    if dtype.kind == "f" and any(issubclass(kind, complex) for kind in kinds):
        dtype = numpy.result_type(dtype, numpy.complex64)
    if dtype.kind != "O":
        return numpy.array(numbers, dtype=dtype).reshape(shape)
    array = numpy.empty(len(numbers), dtype=dtype)
    for i, x in enumerate(numbers):  # all at once, numpy would look into Values
        array[i] = x
    return array.reshape(shape)


def restorers(tree: Any) -> Iterator[Callable[[], None]]:
    """Yield a function for each random generator in a tree, which gives it back its present state.

    >>> import random
    >>> rng = random.Random(1)
    >>> restore = next(restorers([rng]))
    >>> first = rng.random()
    >>> restore()
    >>> rng.random() == first
    True
    """
    for leaf, _, _ in leaves(tree, ""):
        for get, put in (("getstate", "setstate"), ("get_state", "set_state")):
            if callable(getattr(leaf, get, None)) and callable(getattr(leaf, put, None)):
                with suppress(TypeError):  # a method of this name that takes arguments is another one
                    yield _Restorer(getattr(leaf, put), getattr(leaf, get)())
        if hasattr(getattr(leaf, "bit_generator", None), "state"):  # of numpy
            bits = leaf.bit_generator
            yield _Restorer(bits.__class__.state.__set__, bits.state, bits)


class _Restorer:
    """Calls a function with a saved state."""

    def __init__(self, put: Callable[..., Any], state: Any, *owner: Any) -> None:
        self.put, self.state, self.owner = put, state, owner

    def __call__(self) -> None:
        self.put(*self.owner, self.state)
