"""`check_compiled`: a compiled function gives what the function itself gives, to the bit or to 12 digits.

Every set of arguments is given to the function, and twice to the compiled one: the first call may record, the second
runs what was recorded. All sets are run again in the reverse order, so that programs of several ways take turns. What
the function assigns to Values and variables outside of it is compared as well, and put back after every call.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from autograd_core.compiler.compiling import compile
from autograd_core.compiler.function import Compiled
from autograd_core.compiler.state_walk import state_of
from autograd_core.errors import AutogradError, OperandTypeError
from autograd_core.graph.value import Value
from autograd_core.lines import columns
from autograd_core.numerics.number import describe, is_number
from autograd_core.text import plural
from autograd_core.transforms.trees import is_array, members

SHOWN: Final = 8
"""So many differences are printed; the others are counted."""

EXACT: Final = "exact"
FAST: Final = "fast"


class CompiledMismatch(AutogradError, AssertionError):  # noqa: N818 - as GradientMismatch
    """A compiled function gives other numbers than the function itself.

    Attributes:
        report: the report of the check.
    """

    def __init__(self, report: CompiledReport) -> None:
        super().__init__(str(report))
        self.report: Final = report


@dataclass(frozen=True, slots=True)
class Difference:
    """A number that is another one when it is compiled.

    Attributes:
        mode: "exact" or "fast".
        arguments: the index of the set of arguments.
        place: the number: a part of the result, or what is assigned, such as `w.grad`.
        eager: what the function gives.
        compiled: what the compiled function gives.
        tolerance: how far apart they may be.
    """

    mode: str
    arguments: int
    place: str
    eager: Any
    compiled: Any
    tolerance: float


@dataclass(frozen=True)
class CompiledReport:
    """What `check_compiled` has compared; true if everything agrees.

    Attributes:
        name: the name of the function.
        sets: how many sets of arguments there were.
        compared: how many numbers were compared.
        worst: the largest relative difference in fast mode.
        differences: where the numbers differ.
    """

    name: str
    sets: int
    compared: int
    worst: float
    differences: tuple[Difference, ...] = ()

    def __bool__(self) -> bool:
        return not self.differences

    def __str__(self) -> str:
        """One line; below it the first differences."""
        compared = f"{plural(self.compared, 'number')} at {plural(self.sets, 'set', 'sets')} of arguments"
        if self:
            return f"{self.name} compiled agrees in {compared}; exact to the bit, fast to {self.worst:.1g}"
        line = f"{self.name} compiled differs in {len(self.differences):,} of {compared}"
        heading = ["mode", "arguments", "number", "eager", "compiled", "allowed"]
        rows = [
            [d.mode, f"{d.arguments}", d.place, f"{d.eager!r}", f"{d.compiled!r}", f"{d.tolerance:.1g}"]
            for d in self.differences[:SHOWN]
        ]
        more = len(self.differences) - len(rows)
        return "\n".join([line, *columns([heading, *rows]), *([f"and {more:,} more"] if more else [])])


def check_compiled(
    f: Callable[..., Any],
    *args: Any,
    others: Sequence[tuple[Any, ...]] = (),
    static: Any = (),
    rtol: float = 1e-12,
    roundings: int = 0,
) -> CompiledReport:
    """Check that a function compiled gives what it gives itself: with `exact=True` to the bit, else to `rtol`.

    Args:
        f: a function that can be compiled, or one that is compiled already. To check gradients, give `grad(f)`, or a
            function that calls `backward()`.
        args: its arguments.
        others: further sets of arguments, each a tuple. They should take every way at decisions such as `if x > 0`.
        static: the arguments that are part of the program, as for `compile`.
        rtol: the largest difference in fast mode, relative to the largest number of the result. By default 1e-12: sums
            are added in another order.
        roundings: so many units in the last place numbers may be apart with `exact=True`. By default 0. The gradients
            of `log_softmax` and `cross_entropy` need 4, because they are gathered at the largest number.

    Returns:
        A report: `print` shows it, and it is true.

    Raises:
        CompiledMismatch: if numbers differ. It is an AssertionError, and has the report.
        OperandTypeError: if `f` cannot be called, or what it gives has another form when it is compiled.

    >>> from autograd_core import Value, grad
    >>> w = Value(2.0, label="w")
    >>> def step(x):
    ...     w.grad = 0
    ...     (w * x).tanh().backward()
    ...     return w.grad if x > 0 else 0.0
    >>> print(check_compiled(step, 0.5, others=[(-0.5,)]))
    step compiled agrees in 48 numbers at 2 sets of arguments; exact to the bit, fast to ...
    """
    function = f.function if isinstance(f, Compiled) else f
    if not callable(function):
        raise OperandTypeError(f"check_compiled expected a function, got {describe(f)}")
    sets = [args, *others]
    expected = [_outcome(function, function, each) for each in sets]
    differences: list[Difference] = []
    compared, worst = 0, 0.0
    for mode in (EXACT, FAST):
        program = compile(function, static=static, exact=mode == EXACT)
        order = [k for k in range(len(sets)) for _ in range(2)]
        for k in [*order, *reversed(order)]:
            found = _outcome(program, function, sets[k])
            if found.keys() != expected[k].keys():
                raise OperandTypeError(
                    f"expected numbers at {', '.join(expected[k])} as without compile, got them at {', '.join(found)}"
                )
            scale = max((abs(x) for x in expected[k].values() if math.isfinite(x)), default=0.0)
            for place, eager in expected[k].items():
                compiled = found[place]
                allowed = rtol * scale if mode == FAST else roundings * math.ulp(eager)
                compared += 1
                if not _agree(eager, compiled, allowed, exact=mode == EXACT):
                    differences.append(Difference(mode, k, place, eager, compiled, allowed))
                elif mode == FAST and scale and math.isfinite(eager):
                    worst = max(worst, abs(eager - compiled) / scale)
    name = getattr(function, "__name__", "the function")
    unique = tuple(dict.fromkeys(differences))
    report = CompiledReport(name, len(sets), compared, worst, unique)
    if not report:
        raise CompiledMismatch(report)
    return report


def _agree(eager: float, compiled: float, allowed: float, *, exact: bool) -> bool:
    if math.isnan(eager) or math.isnan(compiled):
        return math.isnan(eager) and math.isnan(compiled)
    if eager == compiled:
        return not exact or math.copysign(1.0, eager) == math.copysign(1.0, compiled)
    return abs(eager - compiled) <= allowed


def _outcome(called: Callable[..., Any], function: Callable[..., Any], args: tuple[Any, ...]) -> dict[str, float]:
    """The numbers of a call: those of its result, and those that it leaves outside, where they are put back."""
    state = state_of(function)
    leaves = _leaves(state)
    before = [(leaf, leaf.data, leaf.grad) for leaf, _ in leaves]
    try:
        found = dict(_numbers_in(called(*args), "result"))
        for leaf, name in leaves:
            found[f"{name}.data"], found[f"{name}.grad"] = leaf.data, _plain(leaf.grad)
        for held in state.places:
            now = held.place.read()
            if type(now) in (int, float) and now is not held.content:
                found[held.place.name] = float(now)
    finally:
        state.restore()
        for leaf, data, grad in before:
            leaf.data, leaf.grad = data, grad
    return found


def _leaves(state: Any) -> list[tuple[Value, str]]:
    """The Values that a function can reach and change, each once, with a name."""
    found = {id(h.content): (h.content, h.place.name) for h in state.places if isinstance(h.content, Value)}
    for kept in state.lists:
        for i, x in enumerate(kept.copy):
            if isinstance(x, Value):
                found.setdefault(id(x), (x, f"{kept.name}[{i}]"))
    return [(leaf, leaf.label or name) for leaf, name in found.values() if leaf.op is None]


def _plain(number: Any) -> float:
    return float(number.data if isinstance(number, Value) else number)


def _numbers_in(tree: Any, path: str) -> Iterator[tuple[str, float]]:
    """All numbers of a result, with the expression for each."""
    if isinstance(tree, Value) or (is_number(tree) and not isinstance(tree, bool)):
        yield path, _plain(tree)
        return
    if is_array(tree) and not tree.dtype.hasobject:
        for i, number in enumerate(tree.ravel().tolist()):
            yield f"{path}[{i}]", float(number)
        return
    for key, branch in members(tree) or ():
        yield from _numbers_in(branch, f"{path}[{key!r}]")
