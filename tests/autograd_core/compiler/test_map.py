"""Compiled functions of many rows of data: the same numbers as calls for one row after the other."""

from __future__ import annotations

import dataclasses
import math
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import InputError, OperandTypeError, ShapeError, Value
from autograd_core.compiler import function as functions
from autograd_core.compiler import vector_formulas
from autograd_core.compiler.mapped_program import block_size
from autograd_core.compiler.programs_kept import MOST_WAYS
from autograd_core.transforms.trees import flatten

RNG: Final = np.random.default_rng(5)
X: Final = RNG.normal(size=40)
Y: Final = RNG.uniform(0.5, 2.0, size=40)
POINTS: Final = RNG.normal(size=(40, 3))


@dataclasses.dataclass
class Point:
    x: Any
    y: Any


def gelu_net(weights: Any, x: Any) -> Any:
    hidden = [ag.tanh(sum(w * v for w, v in zip(row, x, strict=True))) for row in weights]
    return sum(h * h for h in hidden) + hidden[0]


def by_rows(function: Callable[..., Any], arrays: tuple[Any, ...]) -> list[Any]:
    """The numbers of the results for one row after the other."""
    count = next(len(x) for x in arrays if np.ndim(x))
    rows = [
        function(*[x.tolist()[i] if np.ndim(x) == 1 else x[i] if np.ndim(x) else x for x in arrays])
        for i in range(count)
    ]
    return [[x.data if isinstance(x, Value) else float(x) for x in flatten(row)] for row in rows]


def stacked(result: Any, count: int) -> list[list[float]]:
    """The numbers of a mapped result, row by row."""
    parts: list[Any] = []

    def collect(tree: Any) -> None:
        if isinstance(tree, np.ndarray):
            parts.append(tree.reshape(count, -1))
        elif isinstance(tree, dict):
            for branch in tree.values():
                collect(branch)
        elif isinstance(tree, Point):
            collect([tree.x, tree.y])
        else:
            for branch in tree:
                collect(branch)

    collect(result)
    return np.concatenate(parts, axis=1).tolist()  # type: ignore[no-any-return]


FUNCTIONS: Final[list[tuple[Callable[..., Any], tuple[Any, ...]]]] = [
    (lambda x: x * x + ag.exp(-x), (X,)),
    (lambda x, y: [ag.log(y) * x, (x / y, {"power": y**x})], (X, Y)),
    (lambda x, c: ag.where(x > c, x - c, 0.0), (X, 0.25)),
    (lambda p: (p * p).sum() + p[0], (POINTS,)),
    (lambda p: p * 2.0 - p[::-1], (POINTS,)),
    (lambda p, x: Point(p[1] * x, ag.erf(p[2])), (POINTS, X)),
    (lambda x: [x, 1.0, 2, x], (X,)),
    (lambda x, c: (c * c, x), (X, 3.0)),
    (lambda x: x * 2.0 if x > 0 else ag.sin(x), (X,)),
    (lambda x: [1.0, x] if x > 0 else [x, 2.0], (X,)),
    (lambda x, y: max(x, y, 0.5), (X, Y)),
    (lambda x: ag.normal_cdf(x) + ag.normal_pdf(x) * ag.erfc(x) - ag.gelu(x), (X,)),
    (lambda x: ag.softplus(x) + ag.atan(x) + ag.hypot(x, 2.0) + ag.logsumexp([x, 1.0, 2.0 * x]), (X,)),
    (ag.grad(lambda x: ag.sin(x) * ag.sigmoid(x)), (X,)),
    (ag.grad(ag.grad(lambda x: ag.log(x) * x)), (Y,)),
    (ag.value_and_grad(lambda x, y: x * ag.sqrt(y), argnums=(0, 1)), (X, Y)),
    (ag.grad(lambda p: (p * p * p).sum()), (POINTS,)),
    (ag.hessian(lambda p: p[0] * p[1] * p[2] + ag.exp(p[0])), (POINTS,)),
    (ag.value_and_grad(lambda x: ag.where(x > 0, ag.sqrt(x), 0.0)), (X,)),
    (ag.pick, (np.arange(40) % 3, POINTS)),
]


class TestEquality:
    @pytest.mark.parametrize(("f", "arrays"), FUNCTIONS)
    @pytest.mark.parametrize("exact", [True, False])
    def test_rows_are_calls(self, f: Callable[..., Any], arrays: tuple[Any, ...], exact: bool) -> None:
        result = functions.compile(f, exact=exact).map(*arrays)
        expected = by_rows(f, arrays)
        if exact:
            assert stacked(result, len(expected)) == expected
        else:
            np.testing.assert_allclose(stacked(result, len(expected)), expected, rtol=1e-12, atol=1e-14)

    @pytest.mark.parametrize("exact", [True, False])
    def test_special_numbers(self, exact: bool) -> None:
        special = np.array([0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1e308, -1.0, 1.0])
        f = ag.value_and_grad(lambda x: ag.where(x > 0, ag.log(x) * x, ag.exp(x)) + ag.normal_cdf(x) + ag.erf(x))
        with np.errstate(all="raise"):
            value, slope = functions.compile(f, exact=exact).map(special)
        for i, x in enumerate(special.tolist()):
            np.testing.assert_allclose((value[i], slope[i]), f(x), rtol=1e-12)

    def test_formulas_of_rows(self) -> None:
        points = np.concatenate([np.linspace(-37.0, 26.0, 400), np.linspace(-1.0, 1.0, 101), [np.inf, -np.inf, np.nan]])
        for name, formula in vector_formulas.FORMULAS.items():
            op = ag.TABLE[name]
            for lanes in (functions.compile(lambda x, op=op: op(x)), functions.compile(formula)):
                found = lanes.map(points)
                np.testing.assert_allclose(found, [op(x) for x in points.tolist()], rtol=3e-13, atol=1e-300)

    @pytest.mark.parametrize("name", vector_formulas.NUMPY)
    def test_functions_of_numpy(self, name: str) -> None:
        special = [
            0.0,
            -0.0,
            math.inf,
            -math.inf,
            math.nan,
            5e-324,
            -1e-310,
            1.0,
            -1.0,
            1.5,
            2.5,
            -745.2,
            1024.0,
            1e300,
        ]
        points, op = np.array([*special, *np.linspace(-5.0, 5.0, 101)]), ag.TABLE[name]
        found, expected = functions.compile(op).map(points), np.array([op(x) for x in points.tolist()])
        np.testing.assert_allclose(found, expected, rtol=2e-15)
        numbers = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(found[numbers]), np.signbit(expected[numbers]))

    def test_slopes_of_slopes_have_products_of_numpy(self) -> None:
        f = ag.grad(ag.grad(lambda x, y: ag.normal_cdf(ag.log(x) * y) * ag.exp(-y) * x))
        compiled = functions.compile(f)
        x, y = np.array([0.5, 2.0, 0.0, -1.0, math.inf]), np.array([1.5, -1.0, 1.0, 2.0, 1.0])
        np.testing.assert_allclose(compiled.map(x, y), [f(*point) for point in zip(x, y, strict=True)], rtol=1e-12)
        plan = next(iter(compiled._latest_captured().mapped.values()))._blocks.plan
        assert not {"strong_product", "normal_pdf_slope"} & {plan.program.ops[step.kind].name for step in plan.steps}

    def test_the_sign_of_a_shared_zero(self) -> None:
        c = Value(-0.0)
        assert functions.compile(lambda x: x / (c * 2.0)).map(np.array([1.0, -1.0])).tolist() == [-math.inf, math.inf]

    def test_a_nan_on_the_way_is_computed_again(self) -> None:
        f = ag.grad(lambda x: ag.where(x > 1, ag.sqrt(x - 1), x * 3.0))
        assert functions.compile(f).map(np.array([1.0, 0.5, 5.0])).tolist() == [3.0, 3.0, 0.25]

    def test_columns_that_the_function_does_not_read(self) -> None:
        assert functions.compile(lambda p: p[2] - p[0]).map(POINTS).tolist() == (POINTS[:, 2] - POINTS[:, 0]).tolist()

    def test_networks_are_matrix_products(self) -> None:
        model = nn.MLP(3, [8, 4, 1], rng=1)
        compiled = functions.compile(model)
        found = compiled.map(POINTS)
        np.testing.assert_allclose(found, [model(x.tolist()).data for x in POINTS], rtol=1e-12)
        mapped = next(iter(compiled._latest_captured().mapped.values()))
        assert [(step.rows, step.terms) for step in mapped._blocks.plan.steps if step.terms > 1] == [
            (8, 3),
            (4, 8),
            (1, 4),
        ]

    def test_parameters_and_gradients_of_them(self) -> None:
        weights = [[0.5, -1.0, 2.0], [1.0, 0.25, -0.5]]
        f = ag.value_and_grad(gelu_net)
        value, slopes = functions.compile(f).map(weights, POINTS, shared=0)
        for i, x in enumerate(POINTS.tolist()):
            expected = f(weights, x)
            assert value[i] == pytest.approx(expected[0], rel=1e-12)
            assert [[w[i] for w in row] for row in slopes] == [pytest.approx(row, rel=1e-11) for row in expected[1]]


class TestArguments:
    def test_what_has_rows(self) -> None:
        compiled = functions.compile(lambda p, c, options: options["scale"] * p[0] * c)
        expected = (2.0 * POINTS[:, 0] * 3.0).tolist()
        assert compiled.map(POINTS, 3.0, {"scale": 2.0}).tolist() == expected
        assert compiled.map(p=POINTS, c=np.full(40, 3.0), options={"scale": np.full(40, 2.0)}).tolist() == expected
        assert compiled.map(POINTS, np.array(3.0), {"scale": 2.0}).tolist() == expected

    def test_shared_arrays(self) -> None:
        compiled = functions.compile(lambda x, w: (w * x).sum())
        w = np.array([1.0, 2.0])
        assert compiled.map(X[:5], w, shared=1).tolist() == pytest.approx((3.0 * X[:5]).tolist(), rel=1e-15)
        assert compiled.map(X[:5], w=w, shared="w").tolist() == pytest.approx((3.0 * X[:5]).tolist(), rel=1e-15)

    def test_static_arguments(self) -> None:
        compiled = functions.compile(lambda x, n, flag: x**n if flag else x, static="n")
        assert compiled.map(np.array([1.0, 2.0]), n=3, flag=True).tolist() == [1.0, 8.0]

    @pytest.mark.parametrize("kind", ["f4", "i8", "u1", ">f8", "f2"])
    def test_types_and_strides(self, kind: str) -> None:
        base = np.arange(24).reshape(6, 4).astype(kind)
        for array in (base, base[::2], base[:, ::-1], base.T, np.asfortranarray(base)):
            found = functions.compile(lambda p: p[0] - 2.0 * p[-1]).map(array)
            assert found.tolist() == [float(row[0]) - 2.0 * float(row[-1]) for row in array]

    def test_cells_are_read_at_every_call(self) -> None:
        p = Value(2.0)
        compiled = functions.compile(lambda x: p * x)
        assert compiled.map(np.array([1.0, 2.0])).tolist() == [2.0, 4.0]
        p.data = 5.0
        assert compiled.map(np.array([1.0, 2.0])).tolist() == [5.0, 10.0]
        assert len(compiled._programs) == 1

    def test_calls_and_maps_share_programs(self) -> None:
        compiled = functions.compile(lambda x, y: x * y)
        assert compiled(2.0, 3.0) == 6.0
        assert compiled.map(X, Y).tolist() == (X * Y).tolist()
        assert sum(map(len, compiled._programs.values())) == 1

    @pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 300, 4095, 4096, 4097, 10_000])
    def test_any_number_of_rows(self, count: int) -> None:
        x = np.arange(count) / 7.0
        assert functions.compile(lambda x: x * x - x).map(x).tolist() == (x * x - x).tolist()

    def test_no_rows(self) -> None:
        compiled = functions.compile(lambda x, p: [x / p[0], p])
        found = compiled.map(np.zeros(0), np.zeros((0, 2)))
        assert [part.shape for part in found] == [(0,), (0, 2)]
        assert compiled.map(np.zeros(0), np.ones((0, 2)), reduce="sum")[0] == 0.0
        with pytest.raises(InputError, match="at least one row"):
            compiled.map(np.zeros(0), np.ones((0, 2)), reduce="mean")

    @pytest.mark.parametrize(
        ("count", "most", "size"),
        [(1, 512, 8), (9, 512, 16), (17, 512, 24), (400, 512, 512), (385, 512, 512), (9000, 512, 512)],
    )
    def test_sizes_of_blocks(self, count: int, most: int, size: int) -> None:
        assert block_size(count, most) == size


class TestResults:
    def test_sums_and_means(self) -> None:
        f = ag.value_and_grad(lambda p: (p * p).sum())
        compiled = functions.compile(f)
        value, slope = compiled.map(POINTS, reduce="sum")
        assert isinstance(value, float)
        assert value == pytest.approx((POINTS**2).sum(), rel=1e-14)
        np.testing.assert_allclose(slope, 2.0 * POINTS.sum(axis=0), rtol=1e-12)
        value, slope = compiled.map(POINTS, reduce="mean")
        assert value == pytest.approx((POINTS**2).sum(axis=1).mean(), rel=1e-14)
        assert slope.shape == (3,)

    def test_sums_over_many_blocks_and_ways(self) -> None:
        x = RNG.normal(size=20_000)
        compiled = functions.compile(lambda x: [x * x if x > 0 else -x, 1.0])
        total, count = compiled.map(x, reduce="sum")
        assert total == pytest.approx(np.where(x > 0, x * x, -x).sum(), rel=1e-13)
        assert count == 20_000.0

    def test_what_is_no_number_is_kept(self) -> None:
        found = functions.compile(lambda x: {"name": "a", "none": None, "x": x}).map(np.array([1.0, 2.0]))
        assert (found["name"], found["none"], found["x"].tolist()) == ("a", None, [1.0, 2.0])

    def test_results_into_arrays_of_the_caller(self) -> None:
        compiled = functions.compile(ag.value_and_grad(lambda p: (p * p).sum()))
        value, slope = np.empty(40), np.empty((3, 40)).T
        assert compiled.map(POINTS, out=(value, slope))[0] is value
        np.testing.assert_array_equal(slope, 2.0 * POINTS)
        total, sums = np.empty(()), np.empty(3)
        compiled.map(POINTS, out=(total, sums), reduce="sum")
        np.testing.assert_allclose(sums, 2.0 * POINTS.sum(axis=0), rtol=1e-12)
        with pytest.raises(ShapeError, match=r"shape \(40,\) at out\[0\]"):
            compiled.map(POINTS, out=(np.empty(39), slope))
        pairs = np.empty((40, 2))
        functions.compile(lambda x: [x, -x]).map(X, out=pairs)
        np.testing.assert_array_equal(pairs, np.stack([X, -X], axis=1))

    def test_memory_is_constant(self) -> None:
        compiled = functions.compile(lambda x: ag.exp(-x * x) + ag.sin(x) * x)

        def peak(count: int) -> int:
            x = np.linspace(0.0, 1.0, count)
            compiled.map(x[:10], reduce="sum")
            tracemalloc.start()
            compiled.map(x, reduce="sum")
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return most

        peak(20_000)
        assert peak(1_000_000) < 1_000_000

    def test_threads(self) -> None:
        compiled = functions.compile(lambda x, c: ag.exp(x) * c)
        found: dict[int, list[Any]] = {}

        def work(k: int) -> None:
            found[k] = [compiled.map(X, float(k)) for _ in range(20)]

        threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for k, results in found.items():
            for result in results:
                np.testing.assert_allclose(result, np.exp(X) * k, rtol=1e-14)


def count_up(x: Any) -> Any:
    COUNTER["calls"] += 1.0
    return x


COUNTER: Final = {"calls": 0.0}
P: Final = Value(1.0)

WRONG: Final[list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], type[Exception], str]]] = [
    (lambda x: x, (1.0,), {}, InputError, "expected an array with a row for each call"),
    (lambda x: x, ([1.0, 2.0],), {}, InputError, "expected an array with a row for each call"),
    (lambda x: x, (X,), {"shared": 0}, InputError, "expected an array with a row for each call"),
    (lambda x: x, (X,), {"shared": "y"}, InputError, r"shared= indices and names .* got 'y'"),
    (lambda x, y: x, (X, Y[:5]), {}, ShapeError, "expected 40 rows .* as at argument 0, got 5 at argument 1"),
    (lambda x: x, (X,), {"reduce": "max"}, InputError, '"sum", "mean" or None'),
    (lambda x: x, (X.astype(complex),), {}, InputError, "expected an array with a row"),
    (lambda x, y: x, (X, np.array(["a"])), {}, OperandTypeError, "arrays of floats or ints"),
    (lambda x, y: x, (X, Value(1.0)), {}, OperandTypeError, "expected numbers, got Value"),
    (lambda x: (P * x).backward(), (X,), {}, InputError, r"changes \.grad of Value.*value_and_grad"),
    (count_up, (X,), {}, InputError, r"changes COUNTER\['calls'\]"),
    (lambda x: [x] if x > 0 else x, (X,), {}, ShapeError, "results of one form from all rows"),
    (lambda x: "a" if x > 0 else "b", (X,), {}, ShapeError, r"'a' \(str\) at the result"),
    (lambda x: next(float(i) for i in range(99) if x < i), (np.arange(20) + 0.5,), {}, InputError, "a new way"),
]


class TestErrors:
    @pytest.mark.parametrize(("f", "args", "options", "error", "text"), WRONG)
    def test_what_is_wrong_is_said(
        self, f: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any], error: type[Exception], text: str
    ) -> None:
        compiled = functions.compile(f)
        for _ in range(2):
            with pytest.raises(error, match=text):
                compiled.map(*args, **options)
        assert (P.grad, COUNTER) == (0.0, {"calls": 0.0})

    def test_many_ways(self) -> None:
        compiled = functions.compile(lambda x: next(i * x for i in range(99) if x < i))
        x = np.arange(MOST_WAYS) + 0.5
        assert compiled.map(x).tolist() == ((np.arange(MOST_WAYS) + 1) * x).tolist()

    def test_inside_of_a_compiled_function(self) -> None:
        inner = functions.compile(lambda x: x)
        with pytest.raises(InputError, match="cannot be recorded"):
            functions.compile(lambda x: inner.map(X))(1.0)
