"""A function of nested arguments as a function of one list of numbers.

So the methods that differentiate need no code for dicts and arrays. The function runs on Values if the derivatives of
the engine are checked, and on plain numbers if it is a black box. Its results may come from numpy, PyTorch or JAX;
several results are added up, each with its own weight.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import operator
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from autograd_core.errors import GradientLossError, InputError, OperandTypeError
from autograd_core.graph.value import Value
from autograd_core.numerics.number import describe, is_number, to_float
from autograd_core.table.op import Op, Recorder
from autograd_core.testing.measuring.stairs import EPSILON
from autograd_core.testing.trees import argument_paths
from autograd_core.testing.trees.conduct import same, unsteady, watched_call
from autograd_core.testing.trees.conversions import complex_floats, modules_of
from autograd_core.testing.trees.tensors import ends, is_tensor, plain
from autograd_core.testing.trees.variables import Block, Kind, blocks, filled, is_short, kind_of, leaves, restorers
from autograd_core.transforms.trees import is_array

SHORT: Final = 200
"""Arguments that are longer, in characters, are left out of the note on an error."""

KEPT: Final = 20_000
"""The number of Values that are kept."""


class UndefinedError(ArithmeticError):
    """A function has no value beside the point: it raised an exception there."""


@dataclass
class FlatFunction:
    """A function and a point, as a function of a list of numbers.

    Attributes:
        f: the function.
        args: its arguments.
        wanted: the indices of the arguments to differentiate with respect to.
        names: the path of each number in these arguments that varies, such as `params["w"][3]`.
        point: the numbers.
        on_values: whether the function runs on Values.
        results: the path of each result; empty if the function returns one real number.
        weights: the weight of each result in their sum; a complex result counts as two.
        called: the names of all arguments.
        owners: for each number, the block of the arguments that holds it.
        integers: whether integers vary.
        all_wanted: whether every argument is wanted that has numbers that vary, and none was chosen.
        restore: give each random generator among the arguments its first state, before each call.
        at_point: what the function returned at the point.
        complex_results: whether each number of the result is complex.
        is_alone: whether a gradient must have the form of the wanted arguments, without the others.
        is_short: whether arguments or results have fewer digits than a float, so that a complex step has, too.
        units: the relative distance of numbers of the type of each argument, or of the results if that is larger.
        unsteady: what to say if the function gave other values at a second call; "" if it did not.
        tangent_of: returns the derivative along a direction that is claimed; None if it is that of the engine.
        domain: the closed interval outside of which the function is not called; None for no bounds.
        given: the Values that the first calls got. They stay alive, so that no later one has the id of another.
        raised: the exceptions that the function raised beside the point, where it has no value then.
        converting: the names of the modules in which the function calls `float`.
    """

    f: Callable[..., Any]
    args: tuple[Any, ...]
    wanted: tuple[int, ...]
    names: list[str]
    point: list[float]
    on_values: bool
    results: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    owners: list[Block] = field(default_factory=list)
    integers: bool = False
    all_wanted: bool = True
    restore: list[Callable[[], None]] = field(default_factory=list)
    at_point: Any = None
    complex_results: list[bool] = field(default_factory=list)
    is_short: bool = False
    units: list[float] = field(default_factory=list)
    is_alone: bool = False
    unsteady: str = ""
    tangent_of: Callable[[list[float]], float] | None = None
    domain: tuple[float, float] | None = None
    given: list[list[Value]] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    converting: list[dict[str, Any]] = field(default_factory=list)

    def arguments(self, numbers: Iterable[Any]) -> list[Any]:
        """Return the arguments with these numbers in the wanted ones; everything else is the same object."""
        numbers = list(numbers)
        if self.on_values and len(self.given) * len(numbers) < KEPT:
            self.given.append([x for x in numbers if isinstance(x, Value)])
        rest = iter(numbers)
        args = list(self.args)
        for i in self.wanted:
            args[i] = filled(args[i], rest, self.integers)
        for restore in self.restore:
            restore()
        return args

    def wanted_of(self, args: Sequence[Any]) -> Any:
        """Return the argument to differentiate with respect to, or a tuple of several."""
        return args[self.wanted[0]] if len(self.wanted) == 1 else tuple(args[i] for i in self.wanted)

    def cotangents(self) -> Any:
        """Return the weights in the form of the result; a complex number holds those of its two parts."""
        return filled(self.at_point, iter(self.weights_of_numbers()), integers=True)

    def weights_of_numbers(self) -> list[float]:
        """Return the weights without those of bools, which are results that never change."""
        rest = iter(self.weights)
        parts = [(x, next(rest)) for x, _ in results_of(self.at_point) for _ in range(1 + isinstance(x, complex))]
        return [weight for x, weight in parts if not isinstance(x, bool)]

    def scalar(self, numbers: Iterable[Any]) -> Any:
        """Return the result, or the weighted sum of several; its type follows from that of the numbers."""
        numbers = list(numbers)
        arguments = self.arguments(numbers)
        try:
            found = self.f(*arguments)
        except Exception as error:
            self._require_here(numbers, error)
            if not isinstance(error, (ArithmeticError, ValueError)):
                _note(error, name_of(self.f), arguments)
            raise
        results = self._parts([x for x, _ in results_of(found)])
        if len(results) != len(self.weights):
            raise InputError(
                f"{name_of(self.f)} returned {len(self.weights)} numbers at first and {len(results)} nearby; "
                "its derivative is not defined where the number of results changes"
            )
        terms = [r if w == 1.0 else w * r for w, r in zip(self.weights, results, strict=True) if w]
        return sum(terms[1:], start=terms[0])

    def _require_here(self, numbers: Sequence[Any], error: Exception) -> None:
        """Raise an error that says that the function has no value, unless the numbers are those of the point.

        That a number leaves the graph depends on no point.
        """
        plain_numbers = [x.data if isinstance(x, Value) else x for x in numbers]
        is_here = all(same(x, y) for x, y in zip(plain_numbers, self.point, strict=True))
        if is_here or isinstance(error, GradientLossError):  # a lost gradient says nothing about the domain
            return
        text = " ".join(f"{type(error).__name__}: {error}".split())[:SHORT].rstrip(": ")
        if not (self.raised or any(isinstance(x, complex) for x in plain_numbers)):
            self.raised.append(text)
        raise UndefinedError(f"no value here: {text}") from error

    def _parts(self, numbers: list[Any]) -> list[Any]:
        """Return results with the real and the imaginary part in place of each complex one."""
        if not any(self.complex_results) or len(numbers) != len(self.complex_results):
            return numbers
        pairs = zip(numbers, self.complex_results, strict=True)
        return [part for z, is_complex in pairs for part in ((z.real, z.imag) if is_complex else (z,))]

    def number(self, numbers: Sequence[float]) -> float:
        """Return `scalar` as a float; nan if it is complex here, but not at the point, or outside of the domain."""
        if not self.is_inside(numbers):
            return math.nan
        result = self.scalar([Value(x) for x in numbers] if self.on_values else numbers)
        if isinstance(result, complex):
            return math.nan
        return result.data if isinstance(result, Value) else to_float(result)

    def is_inside(self, numbers: Sequence[complex]) -> bool:
        """Return whether all numbers are in the domain, complex ones by their real parts."""
        return self.domain is None or all(self.domain[0] <= x.real <= self.domain[1] for x in numbers)

    def complex_number(self, numbers: Sequence[Any]) -> Any:
        """Return `scalar` of complex numbers; nan outside of the domain.

        Raises:
            OperandTypeError: if results or arguments are complex in themselves, or have fewer digits than a float.
        """
        is_unsuited = any(self.complex_results) or self.is_short
        if is_unsuited and any(isinstance(x, complex) for x in numbers):
            raise OperandTypeError("expected real results, and numbers of 64 bits, for a complex step")
        with complex_floats(self.converting):
            return self.scalar(numbers) if self.is_inside(numbers) else math.nan

    def passed(self, index: int, number: float) -> float:
        """Return the number that the function really gets: an argument in 32 bits has fewer digits."""
        return self.owners[index].passed(number) if self.owners else number

    def unit(self, indices: Iterable[int]) -> float:
        """Return the relative distance of numbers of the types with which a function computes if some of these vary."""
        return max((self.units[i] for i in indices), default=EPSILON) if self.units else EPSILON

    def call(
        self, f: Callable[..., Any], name: str, numbers: Iterable[Any], extra: dict[str, Any] | None = None
    ) -> Any:
        """Return the result of `f` or of a claim of some name, called with the arguments and what else a claim gets.

        Raises:
            InputError: if it changes an argument in place.
        """
        numbers = list(numbers)
        arguments = dict(zip(self.called, self.arguments(numbers), strict=True)) | (extra or {})
        try:
            return watched_call(f, name, arguments)
        except InputError:
            raise
        except Exception as error:
            self._require_here(numbers, error)
            _note(error, name, arguments.values())
            raise

    def measure_results(self, rng: random.Random, signed: bool = False) -> None:
        """Run the function twice to find its results, and choose their weights.

        Args:
            rng: the generator of the weights.
            signed: whether the weights have both signs, and a single result has one too.

        Raises:
            InputError: if the function returns nothing, or changes an argument in place.
        """
        start = [Value(x) for x in self.point] if self.on_values else self.point
        self.converting = [] if self.on_values else modules_of(self.f)
        self.at_point = self.call(self.f, name_of(self.f), start)
        found = results_of(self.at_point)
        if not found:
            raise InputError(
                f"expected {name_of(self.f)} to return a number or a tree of numbers, got nothing; is a return missing?"
            )
        self.complex_results = [isinstance(x, complex) for x, _ in found]
        parts = [
            part
            for x, path in found
            for part in ((f"{path}.real", f"{path}.imag") if isinstance(x, complex) else (path,))
        ]
        self.results = [] if parts == [""] else parts
        plain_weights = [rng.uniform(0.5, 1.5) for _ in parts] if signed or len(parts) > 1 else [1.0]
        # A single result has a negative weight, because claims that mistake signs are right for a positive one.
        signs = [-1.0, *(rng.choice((-1.0, 1.0)) for _ in parts[1:])]
        self.weights = [w * s for w, s in zip(plain_weights, signs, strict=True)] if signed else plain_weights
        self.is_short = any(map(is_short, ends([self.args, self.at_point])))
        of_results = max((Block(x, "", kind_of(x)).unit for x in ends(self.at_point) if is_short(x)), default=0.0)
        different = {id(block): block for block in self.owners}  # an array owns all of its numbers
        units = {key: max(block.unit, of_results) for key, block in different.items()}
        self.units = [units[id(block)] for block in self.owners]
        again = results_of(self.f(*self.arguments(start)))
        first, second = ([x.data if isinstance(x, Value) else x for x, _ in some] for some in (found, again))
        self.unsteady = unsteady(name_of(self.f), first, second, dict(zip(self.called, self.args, strict=True)))

    def only(self, result: int) -> FlatFunction:
        """Return the same function with only one of its results."""
        return self.weighted([float(i == result) for i in range(len(self.weights))])

    def weighted(self, weights: list[float]) -> FlatFunction:
        """Return the same function with other weights of its results."""
        return dataclasses.replace(self, weights=weights)

    def of_first(self) -> FlatFunction:
        """Return the same function of its first argument alone."""
        first = self.wanted[:1]
        found = _numbers_in(self.called, self.args, first, self.integers)
        names, point, owners = (list(some) for some in zip(*found, strict=True))
        units = self.units[: len(owners)]
        return dataclasses.replace(self, wanted=first, names=names, point=point, owners=owners, units=units)


def flat_function(
    f: Callable[..., Any], args: tuple[Any, ...], argnums: int | tuple[int, ...] | None, on_values: bool
) -> FlatFunction:
    """Return the function at the point that the arguments give.

    Raises:
        InputError: if there is nothing to differentiate with respect to, or `argnums` has an invalid index.
        OperandTypeError: if `f` is not callable, or there is nothing that varies among the arguments.
    """
    if not callable(f):
        raise OperandTypeError(f"expected a function to check, got {describe(f)}")
    given = _positions(argnums, len(args))
    called = argument_paths.argument_names(f, len(args))
    found = _numbers_in(called, args, given, False)
    # A point such as 2 is meant as 2.0 if nothing else can be.
    integers = not found and argnums is None
    found = found or (_numbers_in(called, args, given, True) if integers else [])
    names, point, owners = (list(some) for some in zip(*found, strict=True)) if found else ([], [], [])
    holders = {i for i in given if any(True for _ in blocks(args[i], "", integers))}
    _require_numbers(f, args, called, [i for i in given if i not in holders] if argnums is not None else [], found)
    return FlatFunction(
        f,
        args,
        tuple(i for i in given if i in holders),
        names,
        point,
        on_values,
        called=called,
        owners=owners,
        integers=integers,
        all_wanted=argnums is None,
        restore=list(restorers(list(args))),
    )


def _numbers_in(
    called: Sequence[str], args: Sequence[Any], wanted: Sequence[int], integers: bool
) -> list[tuple[str, float, Block]]:
    """Return every number that varies in the wanted arguments, with its path and its block."""
    return [
        (name, x, block)
        for i in wanted
        for block in blocks(args[i], called[i], integers)
        for name, x in zip(block.names(), block.numbers(), strict=True)
    ]


def _require_numbers(
    f: Callable[..., Any], args: Sequence[Any], called: Sequence[str], without: Sequence[int], found: Sequence[Any]
) -> None:
    """Raise an error if nothing varies in the arguments, or in one that `argnums` names."""
    if found and not without:
        return
    i = without[0] if without else None
    some = {called[i]: args[i]} if i is not None else dict(zip(called, args, strict=True))
    kept = [(leaf, path) for name, tree in some.items() for leaf, path, _ in leaves(tree, name)]
    kept = [(leaf, path) for leaf, path in kept if not (is_array(leaf) and leaf.size == 0)]
    if not kept:
        raise InputError(
            f"expected numbers to differentiate {name_of(f)} with respect to, got none; "
            "pass the point after the function: check_grads(f, 2.0)"
        )
    leaf, path = kept[0]
    what = f"an array of type {leaf.dtype}" if is_array(leaf) or is_tensor(leaf) else describe(leaf)
    named = "" if i is None else f", as argnums says of argument {i}"
    way = "; write it with a decimal point, such as 2.0" if kind_of(leaf) is Kind.INTEGER else ""
    raise OperandTypeError(
        f"expected floats, complex numbers or arrays of them to differentiate {name_of(f)} with respect to{named}, "
        f"got {what} at {path}, which is left alone{way}"
    )


def _positions(argnums: int | tuple[int, ...] | None, count: int) -> tuple[int, ...]:
    given = tuple(range(count)) if argnums is None else _indices(argnums)
    for index in given:
        if not -count <= index < count:
            raise InputError(f"expected an argument at index {index}, as argnums says, got {count} arguments")
    found = tuple(index % count for index in given)
    if len(set(found)) < len(found):
        raise InputError(f"expected each argument once in argnums, got {argnums!r}")
    return found


def _note(error: Exception, name: str, arguments: Iterable[Any]) -> None:
    """Add to an error the call that raised it, unless it has a note already."""
    if not getattr(error, "__notes__", ()):
        texts = [" ".join(repr(x).split()) for x in arguments]
        short = sum(map(len, texts)) <= SHORT
        error.add_note(f"raised by {name}({', '.join(texts) if short else '…'})")


def _indices(argnums: Any) -> tuple[int, ...]:
    """Return an index, or several, as a tuple."""
    some = argnums if isinstance(argnums, (tuple, list)) else [argnums]
    try:
        found = tuple(map(operator.index, some))
    except TypeError:
        found = ()
    if not found:
        raise OperandTypeError(f"expected argnums to be an index or a tuple of indices, got {describe(argnums)}")
    return found


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
    if isinstance(f, functools.partial):
        return name_of(f.func)
    name = f.name if isinstance(f, Op) else getattr(f, "__name__", type(f).__name__)
    return name if name.isidentifier() else "f"
