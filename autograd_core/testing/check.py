"""`check_grads`: compare the derivatives of a function with derivatives computed independently.

Without `grad` the function runs on Values, and the derivatives of the engine are checked. With `grad` the function is
a black box of plain numbers and arrays, and `grad` is checked. Derivatives of higher order are first derivatives of
derivatives, so there is a single check, for functions of a list of numbers (`flat_function`). The derivatives that
are checked come from `analytic`, the independent ones from `methods`, and `comparison` gives the verdict.
"""

from __future__ import annotations

import itertools
import random
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from autograd_core.errors import InputError, OperandTypeError
from autograd_core.graph.value import Value
from autograd_core.numerics.number import describe
from autograd_core.testing import analytic
from autograd_core.testing.flat_function import FlatFunction, flat_function, name_of, source_of
from autograd_core.testing.report import Entry, GradReport, Verdict, concluded
from autograd_core.testing.tensors import on_tensors, plain

if TYPE_CHECKING:
    from autograd_core.testing.comparison import Comparator, Rules

METHODS: Final = ("auto", "replay", "complex", "central", "directions")
KINKS: Final = ("accept", "refuse", "skip")
MODES: Final = ("rev", "fwd")
ORDERS: Final = 3

FEW: Final = 200
"""A black box with more inputs than this is checked along random directions."""

FEW_ROWS: Final = 8
"""Up to this many derivatives are differentiated again one by one; of more, a random combination is."""

FEW_RESULTS: Final = 50
"""With at most this many results, the check looks for the one with the wrong gradient."""

SHORT: Final = 400
"""Arguments longer than this, in characters, are left out of the line that repeats a check."""


def check_grads(
    f: Callable[..., Any],
    *args: Any,
    grad: Callable[..., Any] | None = None,
    order: int = 1,
    modes: Sequence[str] = MODES,
    method: str = "auto",
    rtol: float | None = None,
    atol: float | None = None,
    kinks: str = "accept",
    domain: tuple[float, float] | None = None,
    argnums: int | tuple[int, ...] | None = None,
    rng: int | random.Random = 0,
) -> GradReport:
    """Compare the derivatives of a function at a point with derivatives computed independently.

    Args:
        f: a function of numbers, or of trees of numbers, that returns a number or a tree of numbers. Without `grad` it
            runs on Values, and the derivatives of the engine are checked. With `grad` it gets plain numbers and
            arrays, and may use any library.
        args: the point. Values in it are replaced by their numbers, and are not changed. With `grad` they may contain
            PyTorch tensors and JAX arrays, which are passed on as such. Use 64 bits: with 32 bits only three to five
            digits of a gradient can be checked.
        grad: `grad(*args)` returns the gradient to check. Its form is that of the argument, a tuple of such forms for
            several arguments, or that of the first argument alone. An array may replace a list.
        order: the highest order of derivatives to check, from 1 to 3.
        modes: `"rev"` for backward passes, `"fwd"` for forward mode.
        method: `"replay"`, the recorded graph evaluated in mpmath; `"complex"`, the complex step; `"central"`, central
            differences; `"directions"`, central differences along random directions. The default `"auto"` uses replay
            for a graph if mpmath has all its ops. For a black box it uses the complex step if the function runs on
            complex numbers, else central differences, along directions if there are more than 200 numbers.
        rtol: the relative tolerance; by default 1e-12 for replay, 1e-10 for the complex step, 2e-7 for differences.
        atol: the absolute tolerance; by default the rounding error of the terms for replay, that of the largest
            derivative or the value for the complex step, 0 for differences. The measured error of a difference is
            added to both.
        kinks: `"accept"` any number between the one-sided derivatives, `"refuse"` kinks, or `"skip"` them.
        domain: the closed interval in which differences may move each number; by default unbounded.
        argnums: the indices of the arguments to differentiate with respect to; by default all.
        rng: a seed or a generator, for the random directions.

    Returns:
        The report, which is true.

    Raises:
        GradientMismatch: if a derivative is wrong; it carries the report.
        GradientUnverified: if none is wrong, but one cannot be verified, because the values of the function are too
            inexact; a subclass of the former.
        InputError: if an option is invalid, or there are no numbers to differentiate with respect to.
        ShapeError: if the form of the gradient differs from that of the arguments; the message names the first
            difference.
        OperandTypeError: if the arguments or results contain something other than numbers.

    Values that existed before keep their `data` and `grad`, even after an exception.

    >>> print(check_grads(lambda x: x**3, 2.0, grad=lambda x: 3 * x**2).method)
    complex
    >>> check_grads(lambda x: x**3, 2.0, grad=lambda x: -3 * x**2)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    autograd_core.testing.report.GradientMismatch: the gradient of f disagrees in 1 of 1 comparison by complex
    ...
      hint      the sign is flipped
    ...
    """
    __tracebackhide__ = True
    started = time.perf_counter()
    _check_options(order, modes, method, kinks, domain, grad)
    source = rng if isinstance(rng, random.Random) else random.Random(rng)  # noqa: S311 - directions need no secrecy
    on_values = grad is None or method == "replay"
    if grad is None:
        function = flat_function(f, args, argnums, on_values)
        function.measure_results(source)
    else:
        f, grad = on_tensors(f, args), on_tensors(grad, args)
        function = flat_function(f, plain(args), argnums, on_values)
        function.measure_results(source)
        function = _matched(function, grad, argnums)
    from autograd_core.testing.comparison import Rules

    check = _Check(function, grad, tuple(modes), method, Rules(rtol, atol, kinks, domain, source))
    with warnings.catch_warnings():
        # Differences and complex steps may leave the domain of a function of arrays, and numpy then warns.
        warnings.simplefilter("ignore", RuntimeWarning)
        entries = tuple(check.run(order))
    point = tuple(zip(function.names, function.point, strict=True))
    line = _line(function, args, grad, order, method, kinks)
    report = GradReport(name_of(f), " and ".join(check.used), point, entries, time.perf_counter() - started, line)
    return concluded(report, None if report else _graph(function))


@dataclass
class _Check:
    """One call: the function, the derivatives to check, the rules, and the methods that were used."""

    function: FlatFunction
    grad: Callable[..., Any] | None
    modes: tuple[str, ...]
    method: str
    rules: Rules

    def __post_init__(self) -> None:
        self.used: list[str] = []

    def run(self, order: int) -> Iterator[Entry]:
        """Yield the entries of every order."""
        yield from self._with_results(self.function, self.rules)
        for n in range(2, order + 1):
            for function, what in self._derivatives(n - 1):
                yield from self._entries(function, replace(self.rules, order=n, output=what))

    def _with_results(self, function: FlatFunction, rules: Rules) -> list[Entry]:
        """Return the entries for the weighted sum of the results; if it fails, those for the first wrong result."""
        entries = self._entries(function, rules)
        if all(entry.ok for entry in entries) or not 1 < len(function.results) <= FEW_RESULTS or self.grad is not None:
            return entries
        for k, name in enumerate(function.results):
            alone = self._entries(function.only(k), replace(rules, output=name))
            if not all(entry.ok for entry in alone):
                return alone
        return entries

    def _derivatives(self, order: int) -> Iterator[tuple[FlatFunction, str]]:
        """Yield the derivatives of an order as functions: each of a few, or a random combination of many."""
        count = len(self.function.point)
        if count**order <= FEW_ROWS or count == 1:
            for indices in itertools.combinations_with_replacement(range(count), order):
                function = self.function
                for i in indices:
                    function = analytic.derived(function, [float(j == i) for j in range(count)])
                names = ", ".join(self.function.names[i] for i in indices)
                yield function, f"the derivative with respect to {names}"
        else:
            function = self.function
            for _ in range(order):
                function = analytic.derived(function, [self.rules.rng.uniform(-1.0, 1.0) for _ in range(count)])
            yield function, f"a random combination of the derivatives of order {order}"

    def _entries(self, function: FlatFunction, rules: Rules) -> list[Entry]:
        """Return the entries for a function, and record the method that made them."""
        from autograd_core.testing import methods
        from autograd_core.testing.comparison import Comparator
        from autograd_core.testing.explain import Explainer

        grad = self.grad
        if grad is None:
            claimed = analytic.derivatives_of_engine(function, self.modes, rules.rng)
            explainer = Explainer(function, None)
        else:
            claimed = [analytic.supplied_derivatives(function, grad)]
            explainer = Explainer(function, lambda point: analytic.supplied_derivatives_at(function, grad, point))
        comparator = Comparator(function, claimed, rules, explainer)
        method, entries = _examine(comparator, self.method)
        if len(function.point) > 1 and any(entry.accepted and entry.verdict is Verdict.KINK for entry in entries):
            entries += methods.along_kinks(comparator)
        if method not in self.used:
            self.used.append(method)
        return entries


def _examine(comparator: Comparator, method: str) -> tuple[str, list[Entry]]:
    """Return the method that was used, and its entries."""
    from autograd_core.testing import methods
    from autograd_core.testing.by_replay import by_replay
    from autograd_core.testing.replay import UnknownOpError

    ways = {
        "replay": by_replay,
        "complex": methods.by_complex_step,
        "central": methods.by_central,
        "directions": methods.by_directions,
    }
    if method != "auto":
        return method, ways[method](comparator)
    if comparator.function.on_values:
        try:
            return "replay", by_replay(comparator)
        except UnknownOpError:
            pass  # differences need no meaning of the ops
    if len(comparator.function.point) > FEW:
        return "directions", methods.by_directions(comparator)
    entries = None if comparator.function.on_values else methods.complex_or_none(comparator)
    return ("complex", entries) if entries is not None else ("central", methods.by_central(comparator))


def _matched(function: FlatFunction, grad: Callable[..., Any], argnums: int | tuple[int, ...] | None) -> FlatFunction:
    """Return the function of the first argument alone if the gradient has its form, else the function itself."""
    if argnums is not None or not analytic.only_first(function, grad):
        return function
    first = flat_function(function.f, function.args, 0, function.on_values)
    return replace(first, results=function.results, weights=function.weights)


def _check_options(
    order: int, modes: Sequence[str], method: str, kinks: str, domain: Any, grad: Callable[..., Any] | None
) -> None:
    """Raise an error if an option of `check_grads` is invalid."""
    for what, given, known in (("method", method, METHODS), ("kinks", kinks, KINKS)):
        if given not in known:
            raise InputError(f"expected one of {', '.join(map(repr, known))} as {what}, got {describe(given)}")
    if isinstance(modes, str) or not modes or any(mode not in MODES for mode in modes):
        raise InputError(f"expected modes to be some of {MODES}, got {describe(modes)}")
    if not isinstance(order, int) or not 1 <= order <= ORDERS:
        raise InputError(f"expected an order from 1 to {ORDERS}, got {describe(order)}")
    if domain is not None and not (len(domain) == 2 and domain[0] < domain[1]):
        raise InputError(f"expected a domain (low, high) with low below high, got {describe(domain)}")
    if grad is not None:
        if not callable(grad):
            raise OperandTypeError(f"expected grad to be a function of the arguments, got {describe(grad)}")
        if order > 1:
            raise InputError(
                f"expected order=1 together with grad, got order={order}; "
                "check the derivative of the gradient by another call: check_grads(gradient, *args, grad=...)"
            )


def _graph(function: FlatFunction) -> Any:
    """Return the result with its graph, None for a black box."""
    root = function.scalar([Value(x) for x in function.point]) if function.on_values else None
    return root if isinstance(root, Value) else None


def _line(
    function: FlatFunction, given: Sequence[Any], grad: Callable[..., Any] | None, order: int, method: str, kinks: str
) -> str:
    """Return a line of Python that repeats the check."""
    f = name_of(function.f)
    options = "" if grad is None else f", grad={'grad' if name_of(grad) == 'f' else name_of(grad)}"
    options += f", order={order}" if order > 1 else ""
    options += f", method={method!r}" if method != "auto" else ""
    options += f", kinks={kinks!r}" if kinks != "accept" else ""
    args = ", ".join(map(source_of, given))
    if len(args) > SHORT:
        args = "*args"
    return f"check_grads({f}, {args}{options})"
