"""Schedules: PyTorch's numbers, their lengths, the one that remembers, and what they refuse."""

import json
import math
import pickle
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import InputError, Value
from nn import EarlyStopping, schedules
from nn.schedules import (
    Plan,
    ReduceOnPlateau,
    Schedule,
    constant,
    cosine,
    cosine_restarts,
    exponential,
    length_of,
    linear,
    multi_step,
    one_cycle,
    polynomial,
    product,
    sample,
    sequential,
    step,
    warmup,
)

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "schedules.json").read_text(encoding="utf-8"))


def made(text: str) -> Any:
    """The schedule that the text makes."""
    return eval(text, dict(vars(schedules)))  # noqa: S307 - the texts stand in our own files


# ---- PyTorch ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "rates"), REFERENCE["cases"].items(), ids=REFERENCE["cases"])
def test_the_first_50_rates_are_those_of_pytorch(text: str, rates: list[float]) -> None:
    assert len(rates) == 50
    assert sample(made(text), 50) == pytest.approx(rates, rel=1e-10, abs=1e-15)


@pytest.mark.parametrize("case", REFERENCE["plateaus"], ids=lambda case: str(case["options"]))
def test_reduce_on_plateau_is_that_of_pytorch(case: dict[str, Any]) -> None:
    schedule = ReduceOnPlateau(REFERENCE["lr"], **case["options"])
    rates = []
    for metric in REFERENCE["metrics"]:
        schedule.update(metric)
        rates.append(schedule(0))
    assert rates == pytest.approx(case["rates"], rel=1e-10)
    assert len(set(rates)) > 1  # it has been reduced


def test_every_schedule_is_compared() -> None:
    compared = {text.partition("(")[0] for text in REFERENCE["cases"]}
    assert compared == {kind.__name__ for kind in Plan.__subclasses__()} | {"warmup"}


# ---- As records ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", REFERENCE["cases"])
def test_schedules_can_be_printed_pickled_compared_and_not_changed(text: str) -> None:
    schedule = made(text)
    assert made(repr(schedule)) == schedule == pickle.loads(pickle.dumps(schedule))  # noqa: S301 - just made
    assert hash(schedule) == hash(made(text))
    with pytest.raises(AttributeError):
        schedule.lr = 1.0


@pytest.mark.parametrize(
    ("schedule", "length"),
    [
        (constant(0.1), None),
        (linear(1.0, 0.0, 7), 7),
        (warmup(1.0), 5),
        (step(1.0, 3), None),
        (multi_step(1.0, [9, 3]), 10),
        (exponential(1.0, 0.5), None),
        (polynomial(1.0, 8), 8),
        (cosine(1.0, 9), 9),
        (cosine_restarts(1.0, 9), None),
        (one_cycle(1.0, 20), 20),
        (sequential([warmup(1.0, 4), cosine(1.0, 6)], [4]), 10),
        (sequential([warmup(1.0, 4), constant(1.0)], [4]), 5),
        (sequential([cosine(1.0, 4)], []), 4),
        (product([exponential(1.0, 0.9), warmup(1.0, 3), linear(1.0, 0.0, 8)]), 8),
        (product([exponential(1.0, 0.9)]), None),
        (ReduceOnPlateau(1.0), None),
        (lambda count: 0.1, None),
    ],
    ids=lambda part: type(part).__name__ if callable(part) else str(part),
)
def test_the_length_is_how_many_updates_show_all_of_it(schedule: Schedule, length: int | None) -> None:
    assert length_of(schedule) == length


# ---- One by one ------------------------------------------------------------------------------------------------------


def test_linear_goes_from_start_to_end() -> None:
    rate = linear(1.0, 0.1, 100)
    assert sample(rate, 100) == pytest.approx([1.0 - 0.9 * k / 100 for k in range(100)])
    assert rate(100) == rate(10**6) == 0.1


@given(st.integers(1, 50), st.integers(1, 5), st.integers(0, 10**6))
def test_restarts_are_where_the_waves_add_up(first: int, factor: int, count: int) -> None:
    rate, starts = cosine_restarts(1.0, first, factor), [0]
    while starts[-1] <= count and len(starts) < 10**5:
        starts.append(starts[-1] + first * factor ** (len(starts) - 1))
    if starts[-1] > count:
        begin, end = starts[-2:]
        assert rate(count) == pytest.approx((1.0 + math.cos(math.pi * (count - begin) / (end - begin))) / 2, abs=1e-9)


def test_after_its_last_update_one_cycle_stays() -> None:
    rate = one_cycle(1.0, 20)
    assert rate(19) == rate(20) == rate(10**6) == pytest.approx(1.0 / 25.0 / 1e4)


@given(st.integers(8, 200), st.floats(0.3, 0.45), st.sampled_from(["cos", "linear"]), st.booleans())
def test_one_cycle_has_one_peak(steps: int, share: float, strategy: str, three: bool) -> None:
    rates = sample(one_cycle(1.0, steps, share, strategy, three_phase=three), steps)
    peak = rates.index(max(rates))
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[0] == pytest.approx(0.04)
    assert 0.0 < rates[-1] <= 0.04 / 1e4 * 1.0001


def test_the_parts_of_a_sequence_count_from_their_own_beginning() -> None:
    rate = sequential([linear(0.0, 1.0, 4), lambda count: 10.0 + count, constant(7.0)], [4, 6])
    assert sample(rate, 8) == [0.0, 0.25, 0.5, 0.75, 10.0, 11.0, 7.0, 7.0]


def test_sequences_of_lists_are_kept_as_they_were() -> None:
    milestones, parts = [5, 3], [constant(1.0), constant(2.0)]
    dropping, following = multi_step(1.0, milestones), sequential(parts, [3])
    milestones.clear()
    parts.clear()
    assert dropping(5) == pytest.approx(0.01)
    assert following(5) == 2.0


# ---- The one that remembers ------------------------------------------------------------------------------------------


def test_a_plateau_goes_on_from_its_state() -> None:
    def rates(schedule: ReduceOnPlateau, metrics: list[float]) -> list[float]:
        result = []
        for metric in metrics:
            schedule.update(metric)
            result.append(schedule(0))
        return result

    metrics = REFERENCE["metrics"]
    whole = rates(ReduceOnPlateau(1.0, patience=1, cooldown=2), metrics)
    for place in (0, 7, 20):
        first, second = (ReduceOnPlateau(1.0, patience=1, cooldown=2) for _ in range(2))
        rates(first, metrics[:place])
        saved = json.loads(json.dumps(first.state_dict()))
        second.load_state_dict(saved)
        assert rates(second, metrics[place:]) == whole[place:]


def test_nan_is_no_improvement() -> None:
    schedule = ReduceOnPlateau(1.0, patience=1, factor=0.5)
    for metric in (1.0, math.nan, math.nan):
        schedule.update(metric)
    assert (schedule.lr, schedule.best) == (0.5, 1.0)


@pytest.mark.parametrize(
    ("options", "metrics", "best"),
    [
        ({"threshold": 0.1}, (-1.0, -0.95), -1.0),
        ({"threshold": 0.1}, (-1.0, -1.05), -1.0),
        ({}, (-3.0, -3.0), -3.0),
        ({"mode": "max", "threshold": 0.1}, (-1.0, -0.95), -1.0),
        ({"mode": "max"}, (-3.0, -3.0), -3.0),
        ({"threshold": 1.0}, (2.0, 1.0), 2.0),
        ({"threshold": 5.0, "mode": "max"}, (-1.0, -0.5), -1.0),
        ({}, (0.0, 0.0), 0.0),
        ({}, (-math.inf, -math.inf), -math.inf),
    ],
)
def test_what_is_not_better_by_the_threshold_reduces_the_rate(
    options: dict[str, Any], metrics: tuple[float, float], best: float
) -> None:
    schedule = ReduceOnPlateau(1.0, patience=0, factor=0.5, **options)
    for metric in metrics:
        schedule.update(metric)
    assert (schedule.lr, schedule.best) == (0.5, best)


@given(st.floats(0.01, 1e6), st.floats(0.0, 0.9), st.floats(0.0, 2.0))
def test_metrics_of_the_other_sign_are_judged_as_in_the_other_mode(
    size: float, threshold: float, factor: float
) -> None:
    judged = []
    for sign, mode in ((1.0, "min"), (-1.0, "max")):
        schedule = ReduceOnPlateau(1.0, mode=mode, patience=0, threshold=threshold)
        for metric in (sign * size, sign * size * factor):
            schedule.update(metric)
        judged.append((schedule.lr, sign * schedule.best))
    assert judged[0] == judged[1]


@pytest.mark.parametrize("kind", [float, Value, Fraction, np.float32, np.float64, np.array, lambda x: Value(x) + 0.0])
def test_a_metric_may_be_any_number(kind: Callable[[float], Any]) -> None:
    schedule, stopping = ReduceOnPlateau(1.0), EarlyStopping(2)
    schedule.update(kind(0.5))
    stopping.update(kind(0.5))
    assert (type(schedule.best), schedule.best, type(stopping.best), stopping.best) == (float, 0.5, float, 0.5)


@pytest.mark.parametrize("metric", [None, "0.5", [0.5], np.array([0.5, 0.25]), 1j, 10**400])
def test_what_is_no_metric_changes_nothing(metric: Any) -> None:
    schedule, stopping = ReduceOnPlateau(1.0), EarlyStopping(2)
    states = schedule.state_dict(), stopping.state_dict()
    for judge in (schedule, stopping):
        with pytest.raises(InputError, match="as a number or a Value, got"):
            judge.update(metric)
    assert (schedule.state_dict(), stopping.state_dict()) == states


@pytest.mark.parametrize("state", [{}, {"lr": 1.0}, None, {"lr": -1.0, "best": 0.0, "bad_epochs": 0, "resting": 0}])
def test_what_is_no_state_changes_nothing(state: Any) -> None:
    schedule = ReduceOnPlateau(1.0)
    schedule.update(2.0)
    before = schedule.state_dict()
    with pytest.raises(InputError):
        schedule.load_state_dict(state)
    assert schedule.state_dict() == before


# ---- What they refuse ------------------------------------------------------------------------------------------------


WRONG: Any = {"steps": 1.5, "lr": "0.1", "schedule": 0.1, "milestones": None}
"""Arguments of other types than they should be, which mypy would not let pass."""


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: linear(1.0, 0.1, 0), r"steps must be a positive int, got 0"),
        (lambda: linear(1.0, 0.1, -1), r"steps must be a positive int, got -1"),
        (lambda: linear(1.0, 0.1, WRONG["steps"]), r"steps must be a positive int, got 1\.5"),
        (lambda: linear(math.nan, 0.1, 1), r"start must be a finite number of at least 0, got nan"),
        (lambda: linear(1.0, -0.1, 1), r"end must be"),
        (lambda: constant(WRONG["lr"]), r"lr must be"),
        (lambda: constant(-0.1), r"lr must be"),
        (lambda: warmup(0.0), r"lr must be a positive finite number"),
        (lambda: warmup(1.0, start_factor=0.0), r"start_factor must be"),
        (lambda: warmup(1.0, start_factor=1.5), r"start_factor must be greater than 0 and at most 1, got 1\.5"),
        (lambda: step(math.inf, 1), r"lr must be"),
        (lambda: step(1.0, 0), r"step_size must be"),
        (lambda: step(1.0, 1, -0.1), r"gamma must be"),
        (lambda: multi_step(1.0, []), r"milestones must be a list of at least one positive int, got \[\]"),
        (lambda: multi_step(1.0, [3, 0]), r"milestones\[1\] must be"),
        (lambda: exponential(1.0, 1.1), r"gamma must be at most 1"),
        (lambda: polynomial(1.0, 0), r"total_iters must be"),
        (lambda: polynomial(1.0, 5, 0.0), r"power must be"),
        (lambda: cosine(1.0, 0), r"t_max must be"),
        (lambda: cosine(1.0, 5, eta_min=-1.0), r"eta_min must be"),
        (lambda: cosine_restarts(1.0, 0), r"t_0 must be"),
        (lambda: cosine_restarts(1.0, 5, 0), r"t_mult must be"),
        (lambda: one_cycle(0.0, 10), r"max_lr must be"),
        (lambda: one_cycle(1.0, 0), r"total_steps must be"),
        (lambda: one_cycle(1.0, 3), r"phases of one_cycle must end one after the other within 3 updates"),
        (lambda: one_cycle(1.0, 10, 0.6, three_phase=True), r"choose another pct_start than 0\.6 or more updates"),
        (lambda: one_cycle(1.0, 10, pct_start=1.0), r"choose another pct_start"),
        (lambda: one_cycle(1.0, 10, anneal_strategy="sine"), r"anneal_strategy must be one of cos, linear, got 'sine'"),
        (lambda: sequential([], []), r"at least one schedule, got \[\]"),
        (lambda: sequential([constant(1.0)], [3]), r"expected 0 increasing milestones between 1 schedules, got \(3,\)"),
        (
            lambda: sequential([constant(1.0), constant(1.0)], []),
            r"expected 1 increasing milestones between 2 schedules",
        ),
        (lambda: sequential([constant(1.0), constant(1.0)], WRONG["milestones"]), r"milestones must be a list"),
        (lambda: sequential([constant(1.0), constant(1.0)], [0]), r"milestones\[0\] must be"),
        (lambda: sequential([constant(1.0)] * 3, [5, 5]), r"expected 2 increasing milestones between 3 schedules, got"),
        (
            lambda: sequential([constant(1.0), WRONG["schedule"]], [5]),
            r"got 0\.1 at index 1; a fixed rate is constant\(0\.1\)",
        ),
        (lambda: product([ReduceOnPlateau(1.0)]), r"schedules without a state, got ReduceOnPlateau"),
        (lambda: product(WRONG["schedule"]), r"at least one schedule, got 0\.1"),
        (lambda: sample(constant(1.0), 0), r"updates must be a positive int"),
        (lambda: ReduceOnPlateau(0.0), r"lr must be"),
        (lambda: ReduceOnPlateau(1.0, factor=1.0), r"factor must be less than 1"),
        (lambda: ReduceOnPlateau(1.0, mode="down"), r"mode must be 'min' or 'max', got 'down'"),
        (lambda: ReduceOnPlateau(1.0, threshold_mode="x"), r"threshold_mode must be"),
        (lambda: ReduceOnPlateau(1.0, patience=-1), r"patience must be"),
        (lambda: ReduceOnPlateau(1.0).update(WRONG["lr"]), r"expected the metric as a number or a Value, got '0\.1'"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()
