"""L-BFGS beside PyTorch's numbers: where it ends, its state, frozen parameters, failures, and the line search."""

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import AnomalyError, InputError, Value, cosh, log
from autograd_core import sum as ag_sum
from nn import schedules
from nn.optim import LBFGS
from nn.optim.line_search import CURVATURE, SUFFICIENT_DECREASE, Trial, _next_step, strong_wolfe

WOLFE: dict[str, Any] = {"line_search_fn": "strong_wolfe"}
EXACT: dict[str, Any] = {"tolerance_grad": 1e-9, "tolerance_change": 0.0}
"""Go on to the end; by default a step ends when the loss changes by less than 1e-9, so about 3e-5 from the minimum."""


def bowl(p: list[Value]) -> Value:
    """Smooth, convex, no quadratic form, and not alike in any two parameters; smallest at 0, 1, 2 ..."""
    walls = [(k + 1.0) * cosh(x - float(k)) for k, x in enumerate(p)]
    loss: Value = ag_sum(walls) + 0.1 * (p[0] - p[-1] + len(p) - 1.0) ** 2
    return loss


def closure_of(
    optimizer: LBFGS, params: list[Value], function: Callable[[list[Value]], Value] = bowl
) -> Callable[[], Value]:
    def closure() -> Value:
        optimizer.zero_grad()
        loss = function(params)
        loss.backward()
        return loss

    return closure


def made(starts: list[float], **options: Any) -> tuple[LBFGS, list[Value]]:
    params = [Value(x) for x in starts]
    return LBFGS(params, **options), params


def steps(optimizer: LBFGS, params: list[Value], count: int) -> list[list[float]]:
    rows = []
    for _ in range(count):
        optimizer.step(closure_of(optimizer, params))
        rows.append([parameter.data for parameter in params])
    return rows


@pytest.mark.parametrize("options", [{}, WOLFE, {"history_size": 1, **WOLFE}, {"lr": 0.5, "max_iter": 100}])
def test_it_finds_the_minimum(options: dict[str, Any]) -> None:
    optimizer, params = made([2.0, -1.0, 3.5], **EXACT, **options)
    steps(optimizer, params, 3)
    assert [parameter.data for parameter in params] == pytest.approx([0.0, 1.0, 2.0], abs=1e-7)


@pytest.mark.parametrize("options", [{"max_iter": 2, "lr": 0.5}, {"max_iter": 2, "history_size": 2, **WOLFE}])
def test_it_goes_on_from_its_state_to_the_bit(options: dict[str, Any]) -> None:
    starts = [2.0, -1.0, 3.5]
    whole = steps(*made(starts, **options), 6)
    for place in (0, 1, 4):
        first, params = made(starts, **options)
        steps(first, params, place)
        second, others = made([parameter.data for parameter in params], **options)
        saved = json.loads(json.dumps(first.state_dict()))
        second.load_state_dict(saved)
        assert second.state_dict() == first.state_dict()
        assert steps(second, others, 6 - place) == whole[place:]
        assert first.state_dict() == saved


@pytest.mark.parametrize("options", [{"max_iter": 3, "lr": 0.5}, {"max_iter": 3, **WOLFE}])
def test_permuting_the_parameters_permutes_the_result(options: dict[str, Any]) -> None:
    def coupled(p: list[Value]) -> Value:
        loss: Value = cosh(p[0] - 1.0) + 2.0 * cosh(p[1]) + 3.0 * cosh(p[2] + 1.0) + (p[0] * p[1] - p[2]) ** 2
        return loss

    params = [Value(x) for x in (2.0, -1.0, 0.5)]
    mixed = [Value(x) for x in (2.0, -1.0, 0.5)]
    first, second = LBFGS(params, **options), LBFGS([mixed[2], mixed[0], mixed[1]], **options)
    for _ in range(3):
        first.step(closure_of(first, params, coupled))
        second.step(closure_of(second, mixed, coupled))
        assert [x.data for x in params] == [x.data for x in mixed]


@pytest.mark.parametrize("options", [{"lr": 0.5}, WOLFE])
def test_frozen_parameters_rest_to_the_bit_and_the_others_move_as_if_they_were_constants(
    options: dict[str, Any],
) -> None:
    optimizer, params = made([2.0, -0.0, 3.5], **EXACT, **options)
    params[1].frozen = True
    rows = steps(optimizer, params, 3)
    assert math.copysign(1.0, params[1].data) == -1.0
    moving = [Value(2.0), Value(3.5)]
    alone = LBFGS(moving, **EXACT, **options)
    for row in rows:
        alone.step(closure_of(alone, [moving[0], Value(-0.0), moving[1]]))
        assert [row[0], row[2]] == [x.data for x in moving]
    params[1].frozen = False
    steps(optimizer, params, 5)
    assert [parameter.data for parameter in params] == pytest.approx([0.0, 1.0, 2.0], abs=1e-7)


@pytest.mark.parametrize("options", [{}, WOLFE])
def test_with_everything_frozen_or_a_rate_of_0_only_the_steps_are_counted(options: dict[str, Any]) -> None:
    optimizer, params = made([2.0, 1.0], lr=schedules.linear(0.0, 1.0, 1), **options)
    right, calls = closure_of(optimizer, params), []

    def counted() -> Value:
        calls.append(1)
        return right()

    for _ in range(2):
        assert optimizer.step(counted).data > 0.0
        assert [parameter.data for parameter in params] == [2.0, 1.0]
        for parameter in params:
            parameter.frozen = True
    assert (optimizer.steps, optimizer.lr, len(calls)) == (2, 1.0, 2)


def test_at_the_minimum_it_rests() -> None:
    optimizer, params = made([0.0, 1.0])
    assert steps(optimizer, params, 2) == [[0.0, 1.0]] * 2


# ---- Failures --------------------------------------------------------------------------------------------------------


def test_a_step_that_leaves_the_domain_changes_nothing() -> None:
    optimizer, params = made([3.0, 2.0], lr=50.0)
    barrier = closure_of(optimizer, params, lambda p: p[0] - log(p[0]) + p[1] - log(p[1]))
    before = optimizer.state_dict()
    with pytest.raises(AnomalyError, match=r"the loss became nan in a step of LBFGS; the parameters are as they were"):
        optimizer.step(barrier)
    assert ([x.data for x in params], optimizer.state_dict()) == ([3.0, 2.0], before)


def test_a_line_search_stays_in_the_domain() -> None:
    optimizer, params = made([3.0, 2.0], lr=50.0, max_iter=30, **EXACT, **WOLFE)
    optimizer.step(closure_of(optimizer, params, lambda p: p[0] - log(p[0]) + p[1] - log(p[1])))
    assert [x.data for x in params] == pytest.approx([1.0, 1.0], abs=1e-7)


@pytest.mark.parametrize("options", [{}, WOLFE])
def test_an_error_in_the_closure_changes_nothing(options: dict[str, Any]) -> None:
    optimizer, params = made([2.0, -1.0], **options)
    steps(optimizer, params, 1)
    for parameter in params:
        parameter.data += 1.0
    before, state, calls = [x.data for x in params], optimizer.state_dict(), []
    right = closure_of(optimizer, params)

    def closure() -> Value:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return right()

    with pytest.raises(KeyboardInterrupt):
        optimizer.step(closure)
    assert ([x.data for x in params], optimizer.state_dict()) == (before, state)


@pytest.mark.parametrize("start", [math.nan, math.inf, 800.0])
def test_it_does_not_start_where_the_loss_is_not_finite(start: float) -> None:
    optimizer, params = made([start, 1.0], **WOLFE)
    with pytest.raises(AnomalyError, match="in a step of LBFGS"):
        optimizer.step(closure_of(optimizer, params))
    assert params[1].data == 1.0


def test_it_needs_a_closure_and_takes_one_group() -> None:
    optimizer, _ = made([1.0, 2.0])
    with pytest.raises(InputError, match=r"got no closure; pass step\(closure\)"):
        optimizer.step()
    with pytest.raises(InputError, match="one group of parameters, got a second one"):
        optimizer.add_param_group({"params": [Value(1.0)]})
    with pytest.raises(InputError, match="one group of parameters"):
        LBFGS([{"params": [Value(1.0)]}, {"params": [Value(2.0)]}])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": 0.0}, "lr must be"),
        ({"lr": math.nan}, "lr must be"),
        ({"max_iter": 0}, "max_iter must be a positive int"),
        ({"max_eval": 0}, "max_eval must be a positive int"),
        ({"history_size": 0.5}, "history_size must be a positive int"),
        ({"tolerance_grad": -1.0}, "tolerance_grad must be"),
        ({"tolerance_change": math.nan}, "tolerance_change must be"),
        ({"line_search_fn": "armijo"}, "line_search_fn must be None or 'strong_wolfe', got 'armijo'"),
    ],
)
def test_options_out_of_their_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        made([1.0], **options)


@pytest.mark.parametrize(
    "changes",
    [
        {"places": [0, 7]},
        {"places": None},
        {"moves": -1},
        {"gradient": [1.0]},
        {"steps": []},
        {"scale": "x"},
        {"step": ["x", 1]},
    ],
)
def test_a_memory_that_does_not_fit_changes_nothing(changes: dict[str, Any]) -> None:
    optimizer, params = made([2.0, -1.0], max_iter=3, lr=0.5)
    steps(optimizer, params, 1)
    before = optimizer.state_dict()
    with pytest.raises(InputError):
        optimizer.load_state_dict({**before, "memory": {**before["memory"], **changes}})
    with pytest.raises(InputError):
        optimizer.load_state_dict({"groups": before["groups"]})
    assert optimizer.state_dict() == before


# ---- The line search -------------------------------------------------------------------------------------------------


@given(st.floats(0.1, 5.0), st.floats(0.05, 3.0), st.floats(1e-3, 1e3))
def test_what_the_line_search_finds_fulfils_the_conditions(place: float, width: float, first: float) -> None:
    def evaluate(t: float) -> Trial:
        x = (t - place) / width
        slope = math.sinh(x) / width if abs(x) < 500.0 else math.nan
        return Trial(t, math.cosh(x) if abs(x) < 500.0 else math.inf, [slope], slope)

    start = evaluate(0.0)
    best, evaluations = strong_wolfe(evaluate, start, first, width=1e-12, limit=100)
    assert evaluations <= 101
    assert best.loss <= start.loss + SUFFICIENT_DECREASE * best.t * start.slope
    assert abs(best.slope) <= -CURVATURE * start.slope


def test_the_line_search_gives_up_at_its_limit_with_the_lower_end() -> None:
    start = Trial(0.0, 0.0, [-1.0], -1.0)
    best, evaluations = strong_wolfe(lambda t: Trial(t, t, [-1.0], -1.0), start, 1.0, width=0.0, limit=4)
    assert (best, evaluations) == (start, 5)
    best, evaluations = strong_wolfe(lambda t: Trial(t, -t, [-1.0], -1.0), start, 1.0, width=0.0, limit=4)
    assert (best.t, evaluations) == (10.0**4, 5)


def test_where_the_loss_stops_falling_the_line_search_goes_back() -> None:
    start = Trial(0.0, 0.0, [-1.0], -1.0)
    losses, places = iter([-1.0, -2.0, -1.5]), []

    def evaluate(t: float) -> Trial:
        places.append(t)
        loss = next(losses, -3.0)
        return Trial(t, loss, [], 0.0 if loss == -3.0 else -1.0)

    best, evaluations = strong_wolfe(evaluate, start, 1.0, width=0.0, limit=9)
    assert places[1] < best.t < places[2]
    assert (best.t, evaluations) == (places[3], 4)


def test_of_two_trials_close_to_an_end_the_second_is_moved_inwards() -> None:
    bracket = [Trial(t, (t - 1.05) ** 2, [], 2.0 * (t - 1.05)) for t in (1.0, 3.0)]
    t, stuck = _next_step(bracket, stuck=False)
    assert t == pytest.approx(1.05)
    assert stuck
    for ends in (bracket, bracket[::-1]):
        t, stuck = _next_step(ends, stuck=True)
        assert t == pytest.approx(1.2)
        assert not stuck


def test_a_slope_beyond_the_floats_changes_nothing() -> None:
    """Both products of gradient and direction are finite, and their sum is not."""
    x, y = Value(1.0), Value(2.0)
    optimizer = LBFGS([x, y], lr=1e-200)

    def closure() -> Value:
        optimizer.zero_grad()
        loss: Value = 1.3e154 * (x + y)
        loss.backward()
        return loss

    with pytest.raises(AnomalyError, match="the slope along the direction became -inf"):
        optimizer.step(closure)
    assert (x.data, y.data) == (1.0, 2.0)
