"""Derivatives in pieces: what is written is what the row computes, on all sides of the kinks."""

import itertools
import math
from typing import Final

import pytest

from autograd_core import TABLE, Op, Value
from viz.words.latex import latex
from viz.words.pieces import EXTREMES, MOST_COMPARED, PIECES, Pieces, pieces_of

POINTS: Final = (-4.0, -1.5, -0.75, 0.3, 0.8, 2.0, 7.0)
"""On all sides of the kinks, and on none of them."""

COUNTS: Final = {**{name: (TABLE[name].arity or 0,) for name in PIECES}, **dict.fromkeys(EXTREMES, (2, 3))}
CASES: Final = [(name, count) for name, counts in COUNTS.items() for count in counts]


def value_of(pieces: Pieces, point: tuple[float, ...]) -> float:
    """The value of the piece whose condition holds."""
    names = dict(zip("x" if len(point) == 1 else "abc", point, strict=False)) | {"exp": math.exp}
    for text, condition in pieces:
        if not condition or eval(condition.replace(",", " and "), names):  # noqa: S307 - the texts are those of the table
            return float(eval(text, names))  # noqa: S307 - likewise
    return 0.0


def is_inside(op: Op, point: tuple[float, ...]) -> bool:
    """Whether a point is in the domain, with bounds that are in order."""
    domain = op.domain * len(point) if op.arity is None else op.domain
    return all(low < x < high for x, (low, high) in zip(point, domain, strict=False)) and (
        op.name != "clamp" or point[1] < point[2]
    )


@pytest.mark.parametrize(("name", "count"), CASES)
def test_the_pieces_are_the_derivative_of_the_row(name: str, count: int) -> None:
    op = TABLE[name]
    points = [point for point in itertools.permutations(POINTS, count) if is_inside(op, point)]
    assert len(points) >= len(POINTS) - 4
    for point in points:
        slopes = op.derivatives_at(point, op.evaluate(point), [True] * count)
        for index, slope in enumerate(slopes):
            pieces = pieces_of(name, count, index)
            assert pieces is not None
            assert value_of(pieces, point) == pytest.approx(slope, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(
    ("name", "numbers", "expected"),
    [
        ("relu", [2.0], r"\mathbf{1}_{u > 0}"),
        ("max", [2.0, 1.0], r"\mathbf{1}_{u > v}"),
        ("min", [2.0, 1.0, 3.0], r"\mathbf{1}_{u < v, u < w}"),
        ("max", [1.0, 2.0, 3.0, 4.0], r"\partial_{1} \max\left(u, v, w, t\right)"),
        ("leaky_relu", [2.0, 0.5], r"\begin{cases} 1 & u > 0 \\ v & \text{otherwise} \end{cases}"),
        ("hardsigmoid", [1.0], r"\begin{cases} \frac{1}{6} & -3 < u < 3 \\ 0 & \text{otherwise} \end{cases}"),
        ("softshrink", [1.0, 0.5], r"\mathbf{1}_{\left|u\right| > v}"),
        ("where", [1.0, 2.0, 3.0], "0"),
    ],
)  # fmt: skip
def test_a_derivative_without_numbers_is_an_indicator_or_cases(name: str, numbers: list[float], expected: str) -> None:
    leaves = [Value(x, label=label) for x, label in zip(numbers, "uvwt", strict=False)]
    assert latex(TABLE[name](*leaves), leaves[0], general=True).expression == expected


def test_cases_in_a_product_stand_in_brackets() -> None:
    w, x = Value(2.0, label="w"), Value(1.0, label="x")
    text = latex((w * x).leaky_relu(0.1), x, general=True).expression
    assert text == r"w \left(\begin{cases} 1 & w x > 0 \\ 0.1 & \text{otherwise} \end{cases}\right)"


def test_the_table_stays_beside_the_rows() -> None:
    assert set(PIECES) <= set(TABLE)
    assert all(len(pieces) == TABLE[name].arity for name, pieces in PIECES.items())
    assert MOST_COMPARED == 3
