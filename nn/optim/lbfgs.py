"""L-BFGS: Newton's method with an approximate curvature from the last steps.

The direction is `-H · g`. `H` approximates the inverse of the matrix of second derivatives. It is not stored but
applied through pairs: `s`, a step, and `y`, the change of the gradient in that step.

Sources: J. Nocedal, "Updating Quasi-Newton Matrices with Limited Storage" (1980); D. Liu, J. Nocedal, "On the Limited
Memory BFGS Method for Large Scale Optimization" (1989); J. Nocedal, S. Wright, "Numerical Optimization" (2nd edition,
2006), algorithms 7.4 and 7.5. The criteria for stopping and the length of the first step are those of PyTorch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from operator import mul
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from autograd_core import AnomalyError, InputError, Value
from autograd_core.graph.capturing import is_capturing
from nn.base.checks import number_between, positive_int
from nn.optim.groups import gradients
from nn.optim.line_search import Trial, strong_wolfe
from nn.optim.optimizer import Optimizer, Params, check_closure, declares_options

if TYPE_CHECKING:
    from nn.schedules import Schedule

Vector: TypeAlias = list[float]

LINE_SEARCHES: Final = (None, "strong_wolfe")

LEAST_CURVATURE: Final = 1e-10
"""A pair with a smaller `s · y` is not stored: dividing by it would make the direction huge. As in PyTorch."""


def _check_line_search(name: str, line_search: object) -> None:
    if line_search not in LINE_SEARCHES:
        raise InputError(f"{name} must be None or 'strong_wolfe', got {line_search!r}")


def _check_evaluations(name: str, most: object) -> None:
    if most is not None:
        positive_int(name, most)


def _check_tolerance(name: str, tolerance: object) -> None:
    number_between(name, tolerance, 0.0, math.inf)


_CHECKS: Final[Mapping[str, Callable[[str, Any], object]]] = {
    "max_iter": positive_int,
    "max_eval": _check_evaluations,
    "tolerance_grad": _check_tolerance,
    "tolerance_change": _check_tolerance,
    "history_size": positive_int,
    "line_search_fn": _check_line_search,
}


class LBFGS(Optimizer):
    """Minimises the whole loss: each step is up to `max_iter` moves, each with one or more evaluations of the loss.

    It is for small, smooth losses over all samples. With losses over changing batches, the differences of gradients
    measure the change of the batch and not the curvature.

    The numbers are those of PyTorch, with three differences where PyTorch continues with nan or outdated numbers: a
    step that fails changes nothing; a trial with a loss that is not finite counts as too long; if other parameters are
    frozen than before, the stored curvature is dropped.

    Args:
        params: leaf Values in one group.
        lr: the factor of the direction in a move, or with a line search in its first trial; a number or a schedule over
            steps. 1 is right once the curvature is known; the first move is multiplied by `min(1, 1 / Σ|g|)`.
        max_iter: the most moves in a step.
        max_eval: the most evaluations in a step; by default `max_iter * 5 // 4`.
        tolerance_grad: a step ends if no gradient is larger.
        tolerance_change: a step ends if the loss or all parameters change by less.
        history_size: how many pairs are stored; a pair has two numbers for each parameter.
        line_search_fn: None, or `"strong_wolfe"`, which is safer; see `nn.optim.line_search`.

    Raises:
        OperandTypeError: if something among the parameters is not a leaf Value.
        InputError: if there are no parameters or several groups, or a setting is out of its range.

    >>> x, y = Value(-1.0), Value(1.0)
    >>> optimizer = LBFGS([x, y], max_iter=50, line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1.0 - x) ** 2 + 100.0 * (y - x * x) ** 2  # Rosenbrock's valley
    ...     loss.backward()
    ...     return loss
    >>> _ = optimizer.step(closure)
    >>> round(x.data, 3), round(y.data, 3)
    (1.0, 1.0)
    """

    @declares_options
    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1.0,
        *,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        self._memory = Memory()

    @staticmethod
    def chain(**options: Any) -> tuple[()]:
        """No transforms, because they cannot evaluate the loss; the options are only checked."""
        for name, option in options.items():
            _CHECKS[name](name, option)
        return ()

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add the only group: the curvature is that of all parameters together.

        Raises:
            InputError: if there is a group already; otherwise as for `Optimizer`.
        """
        if self.groups:
            raise InputError("LBFGS takes one group of parameters, got a second one")
        super().add_param_group(group)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make up to `max_iter` moves of all parameters that are not frozen.

        If an error or interrupt stops the step, the parameters and the state of the optimiser are restored.

        Args:
            closure: clears and computes the gradients and returns the loss.

        Returns:
            The loss before the first move.

        Raises:
            OperandTypeError: if the closure is no function.
            InputError: if there is no closure, or a schedule gives no valid learning rate.
            AnomalyError: if the loss or a gradient is not finite, at the start or, without a line search, after a move.
        """
        if is_capturing():
            raise InputError(
                "a step of LBFGS goes on as the loss and the gradients say, and cannot be recorded; compile the "
                "closure, and call step(closure) outside of compiled functions"
            )
        if closure is None:
            raise InputError("LBFGS evaluates the loss several times in a step, got no closure; pass step(closure)")
        lr = self.lr
        indices = [index for index, parameter in enumerate(self.parameters) if not parameter.frozen]
        memory = self._memory.copied() if self._memory.indices == indices else Memory(indices)
        check_closure(closure)
        problem = _Problem(closure, [self.parameters[index] for index in indices])
        before, remembered, steps = problem.data(), self._memory, self.groups[0].steps
        try:
            loss = self._minimise(problem, memory, lr)
            self._memory = memory
            self.groups[0].steps = steps + 1
        except BaseException:
            problem.move(before)
            self._memory, self.groups[0].steps = remembered, steps
            raise
        return loss

    def _minimise(self, problem: _Problem, memory: Memory, lr: float) -> Any:
        """Make the moves of a step, and return the result of the first evaluation."""
        options = self.groups[0].options
        max_iter, tolerance_grad, tolerance = (
            options[name] for name in ("max_iter", "tolerance_grad", "tolerance_change")
        )
        max_eval = max_iter * 5 // 4 if options["max_eval"] is None else options["max_eval"]
        original = problem.closure()
        if not problem.parameters or lr == 0.0:
            return original
        loss, gradient = problem.checked(original)
        evaluations = 1
        if _largest(gradient) <= tolerance_grad:
            return original
        x = problem.data()
        for move in range(1, max_iter + 1):
            direction = memory.direction(gradient, options["history_size"])
            t = lr * min(1.0, 1.0 / math.fsum(map(abs, gradient))) if memory.moves == 1 else lr
            slope = _finite("the slope along the direction", _dot(gradient, direction))
            if slope > -tolerance:
                break
            before = loss
            if options["line_search_fn"] is not None:
                start = Trial(0.0, loss, gradient, slope)
                evaluate = problem.along(x, direction)
                width, limit = tolerance / _largest(direction), max_eval - evaluations
                best, used = strong_wolfe(evaluate, start, t, width=width, limit=limit)
                t, loss, gradient = best.t, best.loss, best.gradient
                evaluations += used
            memory.step = [t * d for d in direction]
            x = [a + s for a, s in zip(x, memory.step, strict=True)]
            problem.move(x)
            if options["line_search_fn"] is None and move < max_iter:
                # After the last move, the evaluation is left to the next step.
                loss, gradient = problem.checked(problem.closure())
                evaluations += 1
            if evaluations >= max_eval or _largest(gradient) <= tolerance_grad:
                break
            if _largest(memory.step) <= tolerance or abs(loss - before) < tolerance:
                break
        return original

    def state_dict(self) -> dict[str, Any]:
        """The state of an `Optimizer`, and the stored curvature."""
        return {**super().state_dict(), "memory": self._memory.state_dict()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from the `state_dict` of an `LBFGS`.

        Raises:
            InputError: if it is not such a dict or does not fit; then this optimiser does not change.
        """
        memory = Memory.loaded(state_dict, len(self.parameters))
        super().load_state_dict(state_dict)
        self._memory = memory


@dataclass
class Memory:
    """The curvature that L-BFGS has stored.

    Attributes:
        indices: the indices of the parameters that are not frozen, in the order of all vectors here.
        moves: how many directions have been computed.
        scale: the factor that approximates `H` without pairs: the inverse curvature of the latest pair.
        gradient: the gradient before the latest move; empty before the first.
        step: the latest move.
        changes: `y` of every pair, the oldest first.
        steps: `s` of every pair, the oldest first.
    """

    indices: list[int] = field(default_factory=list)
    moves: int = 0
    scale: float = 1.0
    gradient: Vector = field(default_factory=list)
    step: Vector = field(default_factory=list)
    changes: list[Vector] = field(default_factory=list)
    steps: list[Vector] = field(default_factory=list)

    def direction(self, gradient: Vector, size: int) -> Vector:
        """Store the change of the gradient, and return `-H · g`. Only the latest `size` pairs are kept.

        These are the two loops of algorithm 7.4.
        """
        if self.moves:
            self._learn([now - before for now, before in zip(gradient, self.gradient, strict=True)], size)
        self.moves += 1
        self.gradient, self.step = gradient, [0.0] * len(gradient)
        pairs = [(s, y, 1.0 / _dot(y, s)) for s, y in zip(self.steps, self.changes, strict=True)]
        q = [-x for x in gradient]
        alphas = []
        for s, y, rho in reversed(pairs):
            alphas.append(_dot(s, q) * rho)
            q = _plus(q, -alphas[-1], y)
        q = [self.scale * x for x in q]
        for (s, y, rho), alpha in zip(pairs, reversed(alphas), strict=True):
            q = _plus(q, alpha - _dot(y, q) * rho, s)
        return q

    def _learn(self, y: Vector, size: int) -> None:
        curvature = _dot(y, self.step)
        if curvature > LEAST_CURVATURE:
            self.steps = [*self.steps, self.step][-size:]
            self.changes = [*self.changes, y][-size:]
            self.scale = curvature / _dot(y, y)

    def copied(self) -> Memory:
        """A copy. Vectors are shared, because they are never changed in place."""
        return replace(self)

    def state_dict(self) -> dict[str, Any]:
        """The attributes as lists and numbers, which are not shared."""
        return {
            "places": list(self.indices),  # the key in existing checkpoints
            "moves": self.moves,
            "scale": self.scale,
            "gradient": list(self.gradient),
            "step": list(self.step),
            "changes": [list(y) for y in self.changes],
            "steps": [list(s) for s in self.steps],
        }

    @staticmethod
    def loaded(state_dict: Mapping[str, Any], parameters: int) -> Memory:
        """The memory in the state of an optimiser with this number of parameters.

        Raises:
            InputError: if it is missing or does not fit.
        """
        try:
            saved = state_dict["memory"]
            memory = Memory(
                [int(index) for index in saved["places"]],
                int(number_between("moves", saved["moves"], 0, math.inf)),
                float(saved["scale"]),
                _vector(saved["gradient"]),
                _vector(saved["step"]),
                [_vector(y) for y in saved["changes"]],
                [_vector(s) for s in saved["steps"]],
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"expected what state_dict() of LBFGS returned, got something else: {error!r}") from error
        size = len(memory.indices) if memory.moves else 0
        vectors = [memory.gradient, memory.step, *memory.changes, *memory.steps]
        fits = len(memory.changes) == len(memory.steps) and not any(len(vector) != size for vector in vectors)
        if not fits or not set(memory.indices) <= set(range(parameters)):
            raise InputError(f"expected the memory of an LBFGS over {parameters} parameters, got one that does not fit")
        return memory


class _Problem:
    """The loss as a function of the parameters that move."""

    def __init__(self, closure: Callable[[], Any], parameters: list[Value]) -> None:
        self.closure = closure
        self.parameters = parameters

    def data(self) -> Vector:
        return [parameter.data for parameter in self.parameters]

    def move(self, x: Vector) -> None:
        for parameter, number in zip(self.parameters, x, strict=True):
            parameter.data = number

    def checked(self, result: Any) -> tuple[float, Vector]:
        """The loss that the closure returned, and the gradient that it computed."""
        loss, gradient = _finite("the loss", _number(result)), gradients(self.parameters)
        for x in gradient:
            _finite("a gradient", x)
        return loss, gradient

    def along(self, x: Vector, direction: Vector) -> Callable[[float], Trial]:
        """A function from `t` to the trial at `x + t · direction`."""

        def evaluate(t: float) -> Trial:
            """Move the parameters, and evaluate the loss and its slope there."""
            self.move(_plus(x, t, direction))
            loss, gradient = _number(self.closure()), gradients(self.parameters)
            slope = _dot(gradient, direction)
            return Trial(t, loss if math.isfinite(loss) and math.isfinite(slope) else math.inf, gradient, slope)

        return evaluate


def _number(loss: Any) -> float:
    return loss.data if isinstance(loss, Value) else float(loss)


def _finite(what: str, number: float) -> float:
    if not math.isfinite(number):
        raise AnomalyError(
            f"{what} became {number} in a step of LBFGS; the parameters are as they were before it. Use "
            "line_search_fn='strong_wolfe' or a smaller learning rate, or look for the first such number with "
            "detect_anomaly()"
        )
    return number


def _vector(numbers: Iterable[Any]) -> Vector:
    return [float(x) for x in numbers]


def _plus(x: Vector, factor: float, y: Vector) -> Vector:
    return [a + factor * b for a, b in zip(x, y, strict=True)]


def _largest(x: Vector) -> float:
    return max(map(abs, x))


def _dot(x: Vector, y: Vector) -> float:
    # Rounded once, so the result does not depend on the order of the parameters or the version of Python.
    products: list[float] = list(map(mul, x, y))
    try:
        return math.fsum(products)
    except (OverflowError, ValueError):  # finite products whose sum is inf, or inf - inf
        return sum(products)
