"""Scalers: what they make of columns, what they keep, what they refuse."""

import json
import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import InputError, OperandTypeError, ShapeError, Value
from nn.base.checks import nearly_constant
from nn.data import MinMaxScaler, Scaler, StandardScaler, digits

SCALERS = {"standard": StandardScaler, "min-max": MinMaxScaler}
each_scaler = pytest.mark.parametrize("make", SCALERS.values(), ids=SCALERS)

Number = st.floats(-1e100, 1e100)
Rows = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(Number, min_size=width, max_size=width), min_size=1, max_size=12)
)


def samples_of(rows: list[list[float]]) -> list[tuple[list[float], str]]:
    return [(row, f"target {place}") for place, row in enumerate(rows)]


def columns(samples: list[tuple[list[float], Any]]) -> list[tuple[float, ...]]:
    return list(zip(*(row for row, _ in samples), strict=True))


# ---- Numbers ---------------------------------------------------------------------------------------------------------


@given(Rows)
def test_standardised_columns_have_mean_0_and_deviation_1(rows: list[list[float]]) -> None:
    samples = samples_of(rows)
    scaled = StandardScaler().fit(samples).transform(samples)
    assert [target for _, target in scaled] == [target for _, target in samples]
    for before, after in zip(columns(samples), columns(scaled), strict=True):
        if min(before) == max(before):
            assert set(after) == {0.0}
        elif max(before) - min(before) < 1e-300:  # a subnormal deviation, perhaps
            assert all(math.isfinite(x) and abs(x) <= len(before) for x in after)
        elif max(map(abs, before)) < 1e6 * (max(before) - min(before)):  # else rounding of the mean shows
            exact = list(map(Fraction, after))
            mean = sum(exact, Fraction()) / len(exact)
            assert abs(mean) < 1e-9
            assert abs(sum(((x - mean) ** 2 for x in exact), Fraction()) / len(exact) - 1) < 1e-9


def test_mean_and_deviation_are_right_to_the_last_digits() -> None:
    """Where textbook formulas have none: 1e9 is far from 0 beside the deviations from it."""
    numbers = [1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0]
    scaler = StandardScaler().fit([([x, x * 2.0**-1000, x * 2.0**960], 0) for x in numbers])
    assert scaler.state_dict()["mean"][0] == 1e9 + 10.0
    for deviation, unit in zip(scaler.state_dict()["std"], (1.0, 2.0**-1000, 2.0**960), strict=True):
        assert deviation == pytest.approx(math.sqrt(22.5) * unit, rel=1e-15)


@pytest.mark.parametrize("tiny", [5e-324, 1.5e-323, 1e-310, 4.4e-308])
def test_a_column_with_a_subnormal_deviation_is_only_shifted(tiny: float) -> None:
    samples = samples_of([[0.0, 0.0], [tiny, 1e-307]])
    scaler = StandardScaler().fit(samples)
    assert scaler.state_dict()["std"] == [1.0, 5e-308]
    assert scaler.state_dict()["mean"][0] <= tiny
    assert all(abs(features[0]) <= tiny and abs(features[1]) == 1.0 for features, _ in scaler.transform(samples))


@given(Rows, st.floats(-10.0, 10.0), st.floats(0.001, 10.0))
def test_min_and_max_come_exactly_to_the_ends(rows: list[list[float]], low: float, width: float) -> None:
    samples = samples_of(rows)
    scaler = MinMaxScaler(low, low + width).fit(samples)
    for before, after in zip(columns(samples), columns(scaler.transform(samples)), strict=True):
        assert after[before.index(min(before))] == low
        if not nearly_constant(before):
            assert after[before.index(max(before))] == low + width
            assert all(low - 1e-14 <= x <= low + width + 1e-14 for x in after)
        else:  # equal numbers, or numbers that differ by rounding errors
            assert all(low <= x <= low + 1e-7 * width + 1e-14 for x in after)


def test_the_high_end_is_exact_where_low_plus_width_is_not() -> None:
    assert -1.0 + (-0.3 - -1.0) != -0.3
    assert MinMaxScaler(-1.0, -0.3).fit([([1.0], 0), ([4.0], 0)]).transform([([4.0], 0)]) == [([-0.3], 0)]


@each_scaler
@given(rows=Rows)
def test_the_inverse_gives_back_what_was(make: type[Scaler], rows: list[list[float]]) -> None:
    samples = samples_of(rows)
    scaler = make().fit(samples)
    back = scaler.inverse_transform(scaler.transform(samples))
    for before, after in zip(columns(samples), columns(back), strict=True):
        assert after == pytest.approx(before, rel=1e-12, abs=1e-12 * max(map(abs, before)))
    assert [target for _, target in back] == [target for _, target in samples]


@each_scaler
def test_equal_numbers_stay_equal(make: type[Scaler]) -> None:
    for number in (0.1, 1e300, -5e-324, 0.0):
        scaler = make().fit([([number], 0)] * 3)
        assert scaler.transform([([number], 0)]) == [([0.0], 0)]
        assert scaler.inverse_transform([([0.0], 0)]) == [([number], 0)]
    assert StandardScaler().fit([([0.1], 0)] * 3).transform([([1.1], 0)]) == [([1.0], 0)]


# ---- Training samples only -------------------------------------------------------------------------------------------


def test_only_what_was_fitted_counts() -> None:
    """The test samples are scaled with the numbers of the training samples, and leave no trace."""
    train, test = digits()
    scaler = StandardScaler().fit(train)
    state = json.dumps(scaler.state_dict())
    alone = scaler.transform(test[:1])
    assert scaler.transform(test)[:1] == alone
    assert json.dumps(scaler.state_dict()) == state
    means, deviations = scaler.state_dict()["mean"], scaler.state_dict()["std"]
    everything = StandardScaler().fit([*train, *test]).state_dict()["mean"]
    assert means != everything
    expected = [(x - mean) / deviation for x, mean, deviation in zip(test[0][0], means, deviations, strict=True)]
    assert alone == [(expected, test[0][1])]


def test_samples_are_left_as_they_are() -> None:
    samples = [([1.0, 2.0], 0), ([3.0, 4.0], 1)]
    StandardScaler().fit(samples).transform(samples)
    assert samples == [([1.0, 2.0], 0), ([3.0, 4.0], 1)]


def test_what_was_not_fitted_may_come_outside() -> None:
    assert MinMaxScaler().fit([([0.0], 0), ([2.0], 0)]).transform([([3.0], 0), ([-1.0], 0)]) == [
        ([1.5], 0),
        ([-0.5], 0),
    ]


# ---- States ----------------------------------------------------------------------------------------------------------


@each_scaler
@given(rows=Rows)
def test_a_state_goes_through_json(make: type[Scaler], rows: list[list[float]]) -> None:
    samples = samples_of(rows)
    scaler, other = make().fit(samples), make()
    other.load_state_dict(json.loads(json.dumps(scaler.state_dict())))
    assert other.state_dict() == scaler.state_dict()
    assert other.transform(samples) == scaler.transform(samples)


@pytest.mark.parametrize(
    ("make", "state", "error", "message"),
    [
        (StandardScaler, {"mean": [0.0]}, InputError, r"expected a dict with mean and std, got "),
        (StandardScaler, {"min": [0.0], "max": [1.0]}, InputError, r"expected a dict with mean and std, got "),
        (StandardScaler, None, InputError, r"expected a dict with mean and std, got None"),
        (
            StandardScaler,
            {"mean": [0.0], "std": [0.0]},
            InputError,
            r"mean and std cannot be 0.0 and 0.0, as in column 0",
        ),
        (StandardScaler, {"mean": [0.0], "std": [-1.0]}, InputError, r"mean and std cannot be 0.0 and -1.0"),
        (StandardScaler, {"mean": [math.nan], "std": [1.0]}, InputError, r"number 0 in 'mean' is nan"),
        (StandardScaler, {"mean": [0.0], "std": [math.inf]}, InputError, r"number 0 in 'std' is inf"),
        (StandardScaler, {"mean": [0.0], "std": [1.0, 1.0]}, ShapeError, r"mean and std of one length, got 1 and 2"),
        (
            StandardScaler,
            {"mean": "0", "std": [1.0]},
            OperandTypeError,
            r"expected a list of numbers in 'mean', got '0'",
        ),
        (
            StandardScaler,
            {"mean": [0.0], "std": None},
            OperandTypeError,
            r"expected a list of numbers in 'std', got None",
        ),
        (MinMaxScaler, {"min": [1.0], "max": [0.0]}, InputError, r"min and max cannot be 1.0 and 0.0, as in column 0"),
        (MinMaxScaler, {"min": [-1e308], "max": [1e308]}, InputError, r"min and max cannot be -1e\+308 and 1e\+308"),
    ],
)
def test_a_state_that_cannot_be_leaves_the_scaler(make: Any, state: Any, error: Any, message: str) -> None:
    scaler = make().fit([([1.0], 0), ([3.0], 0)])
    before = scaler.state_dict()
    with pytest.raises(error, match=message):
        scaler.load_state_dict(state)
    assert scaler.state_dict() == before


# ---- Errors ----------------------------------------------------------------------------------------------------------


@each_scaler
@pytest.mark.parametrize(
    ("row", "error", "message"),
    [
        ([1.0, math.nan], InputError, r"number 1 in sample 2 is nan; replace or remove what is missing first"),
        ([math.inf, 1.0], InputError, r"number 0 in sample 2 is inf; "),
        ([1.0], ShapeError, r"expected 2 features, got 1 in sample 2"),
        ([1.0, 2.0, 3.0], ShapeError, r"expected 2 features, got 3 in sample 2"),
        ([1.0, "2"], OperandTypeError, r"expected a list of numbers in sample 2: got '2'"),
        ([1.0, None], OperandTypeError, r"expected a list of numbers in sample 2: "),
        ([1.0, Value(1.0)], OperandTypeError, r"expected a list of numbers in sample 2: "),
        ([1.0, 10**400], OperandTypeError, r"expected a list of numbers in sample 2: "),
        ("12", OperandTypeError, r"expected a list of numbers in sample 2, got '12'"),
        (1.0, OperandTypeError, r"expected a list of numbers in sample 2, got 1.0"),
    ],
    ids=str,
)
def test_odd_features_are_refused_when_fitted_and_when_scaled(
    make: type[Scaler], row: Any, error: Any, message: str
) -> None:
    good = [([1.0, 2.0], 0), ([2.0, 5.0], 1)]
    scaler = make().fit(good)
    before = scaler.state_dict()
    for method in (scaler.fit, scaler.transform, scaler.inverse_transform):
        with pytest.raises(error, match=message):
            method([*good, (row, 0)])
    assert scaler.state_dict() == before


@each_scaler
def test_nothing_works_before_fit(make: type[Scaler]) -> None:
    for use in (
        lambda: make().transform([([1.0], 0)]),
        lambda: make().inverse_transform([([1.0], 0)]),
        lambda: make().state_dict(),
    ):
        with pytest.raises(InputError, match=rf"this {make.__name__} is not fitted; call fit with the training"):
            use()
    with pytest.raises(InputError, match=r"expected at least one sample to fit a scaler to, got none"):
        make().fit([])


def test_numbers_too_far_apart_are_refused() -> None:
    with pytest.raises(InputError, match=r"the numbers of feature 0 are too far apart"):
        MinMaxScaler().fit([([-1e308], 0), ([1e308], 0)])
    with pytest.raises(InputError, match=r"feature 0 of sample 1 is too far from what was fitted: 1e\+308"):
        StandardScaler().fit([([0.0], 0), ([1e-300], 0)]).transform([([0.0], 0), ([1e308], 0)])


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (1.0, 0.0), (-1e308, 1e308), (math.nan, 1.0), (0.0, math.inf)])
def test_the_ends_are_finite_and_in_order(low: float, high: float) -> None:
    with pytest.raises(InputError, match=r"(low|high)"):
        MinMaxScaler(low, high)


# ---- Rounding errors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "column",
    [
        [0.3, 0.1 + 0.2],
        [1.0, sum([0.1] * 10), 0.7 + 0.2 + 0.1],
        [-1e300, -math.nextafter(1e300, 0.0)],
        [5e-324, 0.0],
        [3.0],
    ],
    ids=repr,
)
@each_scaler
def test_what_differs_by_rounding_only_counts_as_constant(make: Any, column: list[float]) -> None:
    scaler = make().fit([([x], 0) for x in column])
    for [x], _ in scaler.transform([([x], 0) for x in column]):
        assert abs(x) <= 8.0 * math.ulp(max(map(abs, column)))
    (beside,), _ = scaler.transform([([column[0] * (1.0 + 1e-9)], 0)])[0]
    assert abs(beside) <= 2e-9 * abs(column[0]) + 5e-324  # and not blown up either


@given(st.floats(1.0, 1e6), st.floats(1e-12, 1e-3))
def test_what_differs_by_more_is_scaled(size: float, share: float) -> None:
    samples = [([size], 0), ([size * (1.0 + share)], 0)]
    for make, ends in ((StandardScaler, (-1.0, 1.0)), (MinMaxScaler, (0.0, 1.0))):
        scaled = [x for [x], _ in make().fit(samples).transform(samples)]
        assert scaled == pytest.approx(ends, abs=1e-3)


def test_the_smallest_deviations_are_no_division_by_0() -> None:
    samples = [([0.0], 0)] * 10_000 + [([1e-322], 0)]
    assert all(math.isfinite(x) for [x], _ in StandardScaler().fit(samples).transform(samples))


@given(st.floats(1.0, 1e300), st.sampled_from([1.0, -1.0]), st.lists(st.integers(0, 8), min_size=1, max_size=9))
@each_scaler
def test_rounding_errors_stay_small_whatever_the_size(make: Any, size: float, sign: float, units: list[int]) -> None:
    column = [sign * (size + unit * math.ulp(size)) for unit in units]
    samples = [([x], 0) for x in column]
    scaler = make().fit(samples)
    scaled = scaler.transform(samples)
    assert all(abs(x) < 1e-7 for [x], _ in scaled)
    for x, ([back], _) in zip(column, scaler.inverse_transform(scaled), strict=True):
        assert abs(back - x) <= 2.0 * math.ulp(x)


@pytest.mark.parametrize("column", [[1.7e18, 1.7e18 + 256], [1e300, math.nextafter(1e300, math.inf)]], ids=repr)
@each_scaler
def test_large_numbers_that_differ_by_rounding_are_not_blown_up(make: Any, column: list[float]) -> None:
    samples = [([x], 0) for x in column]
    assert all(abs(x) < 1e-7 for [x], _ in make().fit(samples).transform(samples))
