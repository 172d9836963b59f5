"""A function of nested arguments as a function of one list of numbers.

So the methods that differentiate need no code for dicts and arrays. The function runs on Values if the derivatives of
the engine are checked, and on plain numbers if it is a black box. Its results may come from numpy, PyTorch or JAX;
several results are added up, each with its own weight.
"""

from __future__ import annotations

import dataclasses
import random
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from autograd_core.errors import InputError, OperandTypeError
from autograd_core.graph.value import Value
from autograd_core.numerics.number import describe, is_number, to_float
from autograd_core.table.op import Op, Recorder
from autograd_core.testing import argument_paths
from autograd_core.testing.tensors import call_of, ends, is_tensor, plain
from autograd_core.transforms.trees import _branches, blocks, flatten, is_array, replace


@dataclass
class FlatFunction:
    """A function and a point, as a function of a list of numbers.

    Attributes:
        f: the function.
        args: its arguments, with numpy arrays in place of the tensors of other packages.
        wanted: the indices of the arguments to differentiate with respect to.
        names: the path of each number in these arguments, such as `params["w"][3]`.
        point: the numbers.
        on_values: whether the function runs on Values.
        results: the path of each result; empty if the function returns one number.
        weights: the weight of each result in their sum.
    """

    f: Callable[..., Any]
    args: tuple[Any, ...]
    wanted: tuple[int, ...]
    names: list[str]
    point: list[float]
    on_values: bool
    results: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def arguments(self, numbers: Iterable[Any]) -> list[Any]:
        """Return the arguments with these numbers in the wanted ones; the other arguments are unchanged."""
        rest = iter(numbers)
        args = list(self.args)
        for i in self.wanted:
            args[i] = filled(args[i], rest)
        return args

    def scalar(self, numbers: Iterable[Any]) -> Any:
        """Return the result, or the weighted sum of several; its type follows from that of the numbers."""
        results = [x for x, _ in results_of(self.f(*self.arguments(numbers)))]
        if len(results) != len(self.weights):
            raise InputError(
                f"{name_of(self.f)} returned {len(self.weights)} numbers at first and {len(results)} nearby; "
                "its derivative is not defined where the number of results changes"
            )
        terms = [r if w == 1.0 else w * r for w, r in zip(self.weights, results, strict=True) if w]
        return sum(terms[1:], start=terms[0])

    def number(self, numbers: Sequence[float]) -> float:
        """Return `scalar` as a float."""
        result = self.scalar([Value(x) for x in numbers] if self.on_values else numbers)
        return result.data if isinstance(result, Value) else to_float(result)

    def complex_number(self, numbers: Sequence[Any]) -> Any:
        """Return `scalar` of complex numbers."""
        return self.scalar(numbers)

    def measure_results(self, rng: random.Random) -> None:
        """Run the function once to find its results, and choose their weights."""
        start = [Value(x) for x in self.point] if self.on_values else self.point
        found = list(results_of(self.f(*self.arguments(start))))
        if not found:
            raise InputError(
                f"expected {name_of(self.f)} to return a number or a tree of numbers, got nothing; is a return missing?"
            )
        single = len(found) == 1 and found[0][1] == ""
        self.results = [] if single else [path for _, path in found]
        self.weights = [1.0] if len(found) == 1 else [rng.uniform(0.5, 1.5) for _ in found]

    def only(self, result: int) -> FlatFunction:
        """Return the same function with only one of its results."""
        return dataclasses.replace(self, weights=[float(i == result) for i in range(len(self.weights))])


def flat_function(
    f: Callable[..., Any], args: tuple[Any, ...], argnums: int | tuple[int, ...] | None, on_values: bool
) -> FlatFunction:
    """Return the function at the point that the arguments give.

    Raises:
        InputError: if there is nothing to differentiate with respect to, or `argnums` has an invalid index.
        OperandTypeError: if `f` is not callable, or the arguments contain something other than numbers.
    """
    if not callable(f):
        raise OperandTypeError(f"expected a function to check, got {describe(f)}")
    wanted = _positions(argnums, len(args))
    called = argument_paths.argument_names(f, len(args))
    names = argument_paths.paths({called[i]: args[i] for i in wanted})
    numbers = [x for i in wanted for x in flatten(args[i], called[i])]
    if not numbers:
        raise InputError(
            f"expected numbers to differentiate {name_of(f)} with respect to, got none; "
            "pass the point after the function: check_grads(f, 2.0)"
        )
    return FlatFunction(
        f, args, wanted, names, [x.data if isinstance(x, Value) else to_float(x) for x in numbers], on_values
    )


def _positions(argnums: int | tuple[int, ...] | None, count: int) -> tuple[int, ...]:
    given = tuple(range(count)) if argnums is None else (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for index in given:
        if not -count <= index < count:
            raise InputError(f"expected an argument at index {index}, as argnums says, got {count} arguments")
    return tuple(dict.fromkeys(index % count for index in given))


def filled(tree: Any, numbers: Iterable[Any]) -> Any:
    """Return a tree of the same form with these numbers; an array becomes one of floats, complex numbers or objects."""
    rest = iter(numbers)
    return replace(
        tree, [_array(list(islice(rest, b.size)), b.shape) if is_array(b) else next(rest) for b in blocks(tree)]
    )


def _array(numbers: list[Any], shape: tuple[int, ...]) -> Any:
    """Return the numbers as an array of floats, complex numbers or objects."""
    numpy: Any = sys.modules["numpy"]
    kind = object if any(isinstance(x, Recorder) for x in numbers) else None
    array = numpy.empty(
        len(numbers), dtype=kind or (complex if any(isinstance(x, complex) for x in numbers) else float)
    )
    for i, x in enumerate(numbers):
        array[i] = x
    return array.reshape(shape)


def results_of(result: Any) -> list[tuple[Any, str]]:
    """Return every number of a result with its path in the result; complex numbers are allowed.

    Raises:
        OperandTypeError: if the result contains something other than numbers.

    >>> results_of({"loss": 1.0, "all": [2.0, 3.0]})
    [(1.0, '["loss"]'), (2.0, '["all"][0]'), (3.0, '["all"][1]')]
    """
    tree = plain(result)
    if tree is None:
        return []
    leaves = [x for block in ends(tree) for x in (block.ravel().tolist() if is_array(block) else [block])]
    for leaf in leaves:
        if not (isinstance(leaf, (Recorder, complex)) or is_number(leaf)):
            raise OperandTypeError(f"expected the function to return numbers, got {describe(leaf)} among its results")
    return list(zip(leaves, argument_paths.inside(tree, ""), strict=True))


def name_of(f: Callable[..., Any]) -> str:
    """Return the name of a function for messages; `f` if it has no usable name."""
    name = f.name if isinstance(f, Op) else getattr(f, "__name__", type(f).__name__)
    return name if name.isidentifier() else "f"


def source_of(tree: Any) -> str:
    """Return a line of Python that makes a tree with the same numbers, to the bit.

    >>> source_of({"w": [0.5, 0.1]})
    "{'w': [0.5, float.fromhex('0x1.999999999999ap-4')]}"
    """
    if is_array(tree) or is_tensor(tree):
        return call_of(tree, source_of(plain(tree).tolist()))
    if isinstance(tree, Recorder) or is_number(tree):
        return _source_of_number(tree.data if isinstance(tree, Value) else to_float(tree))
    branches = _branches(tree)
    if branches is None:
        return repr(tree)
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key!r}: {source_of(branch)}" for key, branch in tree.items()) + "}"
    parts = [source_of(branch) for branch in branches.values()]
    if isinstance(tree, list):
        return f"[{', '.join(parts)}]"
    if isinstance(tree, tuple) and not hasattr(tree, "_fields"):
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    names = getattr(tree, "_fields", branches)
    return f"{type(tree).__name__}({', '.join(f'{n}={p}' for n, p in zip(names, parts, strict=True))})"


def _source_of_number(x: float) -> str:
    short = repr(x)
    return (
        short if len(short) <= 6 and short[-1].isdigit() and (x * 1024).is_integer() else f"float.fromhex('{x.hex()}')"
    )
