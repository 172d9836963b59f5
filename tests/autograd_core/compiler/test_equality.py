"""Whatever is compiled gives the numbers and gradients of the eager engine, bit by bit."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import TABLE, Op, Value
from autograd_core.compiler import function as functions
from autograd_core.testing.strategies import expressions
from autograd_core.testing.truths.sampling import is_integer, per_input
from compiled import assert_same, same

INF: Final = math.inf
AWKWARD: Final = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 800.0, -800.0, 1e200, 1e-200, 5e-324, INF, -INF, math.nan)


def points_of(op: Op) -> list[tuple[float, ...]]:
    """Points where an op is of order one, at ties, and at numbers that are hard for floats."""
    rng, ends = Random(1), per_input(op, op.sample)
    drawn = [
        tuple([float(round(x)) if is_integer(op, i) else x for i, x in enumerate([rng.uniform(*end) for end in ends])])
        for _ in range(5)
    ]
    return [
        *drawn,
        *[tuple(rng.choice(AWKWARD) for _ in ends) for _ in range(20)],
        *[(x,) * len(ends) for x in AWKWARD],
    ]


@pytest.mark.parametrize("op", TABLE.values(), ids=lambda op: str(op.name))
def test_rows(op: Op) -> None:
    assert_same(lambda xs: op(*xs), points_of(op))


@pytest.mark.parametrize("op", TABLE.values(), ids=lambda op: str(op.name))
def test_structural_zeros_of_rows(op: Op) -> None:
    """Behind the root of 0 every derivative of 0 meets an infinite one."""
    rng = Random(2)
    points = [[rng.choice((0.0, 0.25, 1.0)) for _ in per_input(op, op.sample)] for _ in range(8)]
    assert_same(lambda xs: op(*[ag.sqrt(x) for x in xs]), points)


@pytest.mark.parametrize("op", TABLE.values(), ids=lambda op: str(op.name))
def test_rows_of_leaves_and_plain_numbers(op: Op) -> None:
    """An argument stands for a float: the zero of a constant factor is structural."""
    if len(per_input(op, op.sample)) < 2:
        return
    for i, point in enumerate(points_of(op)[::4]):
        place = i % len(point)
        leaf, plain = Value(point[place]), [x for k, x in enumerate(point) if k != place]

        def f(*rest: Any, leaf: Value = leaf, place: int = place) -> list[Any]:
            xs = list(rest)
            xs.insert(place, ag.sqrt(leaf))
            root = op(*xs)
            leaf.grad = 0
            if hasattr(root, "backward"):
                root.backward()
            return [getattr(root, "data", root), leaf.grad]

        assert all(map(same, functions.compile(f, exact=True)(*plain), f(*plain))), (point, place)


@pytest.mark.hypothesis
@given(expressions(max_size=8), st.lists(st.lists(st.sampled_from(AWKWARD), min_size=9, max_size=9), max_size=3))
def test_random_programs(program: Any, awkward: list[list[float]]) -> None:
    count = len(program.leaves)
    assert_same(lambda xs: program(*xs), [list(program.leaves), *[(point * count)[:count] for point in awkward]])


REFERENCE: Final = json.loads(
    (Path(__file__).parents[1] / "graph" / "reference" / "zeros.json").read_text(encoding="utf-8")
)
NAMES: Final = ("sqrt", "exp", "log", "log1p", "expm1", "sigmoid", "tanh", "relu", "where", "maximum", "clamp", "abs")


@pytest.mark.parametrize(("text", "point"), [(text, point) for text, point, *_ in REFERENCE])
def test_zero_times_infinity(text: str, point: list[float]) -> None:
    names: dict[str, Any] = {name: getattr(ag, name) for name in NAMES}
    code = compile(text, text, "eval")
    function = lambda xs: eval(code, {"__builtins__": {}}, names | dict(zip("xy", xs, strict=False)))  # noqa: E731, S307
    moved = [x + 0.5 for x in point]
    assert_same(function, [point, moved, [-x for x in point], point])


def rosenbrock(x: Any) -> Any:
    return sum(100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x))


TRANSFORMS: Final[dict[str, Callable[..., Any]]] = {
    "grad": ag.grad(rosenbrock),
    "value_and_grad": ag.value_and_grad(rosenbrock),
    "hessian": ag.hessian(rosenbrock),
    "jacobian": ag.jacobian(lambda x: [x[0] * x[1], ag.sin(x[2]) / x[0]]),
    "jacobian forward": ag.jacobian(lambda x: [x[0] * x[1], ag.sin(x[2]) / x[0]], mode="forward"),
    "hvp": lambda x: ag.hvp(rosenbrock, (x,), (x,)),
    "jvp": lambda x: ag.jvp(rosenbrock, (x,), ([1.0, 0.5, -2.0],)),
    "vjp": lambda x: ag.vjp(lambda y: [y[0] * y[1], y[2]], x)[1]([2.0, -1.0]),
    "nested grad": ag.grad(lambda x: ag.grad(lambda y: y**3 * x[1])(x[0]) * x[2]),
    "trees": lambda x: ag.grad(lambda p: p["a"][0] * p["b"])({"a": [x[0]], "b": x[1]}),
}


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
def test_transforms(transform: Callable[..., Any]) -> None:
    compiled = functions.compile(transform)
    for x in ([0.5, -1.5, 2.0], [1.0, 1.0, 1.0], [0.25, 3.0, -0.125]):
        assert compiled(x) == transform(x)
