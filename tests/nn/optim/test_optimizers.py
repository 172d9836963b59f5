"""Optimisers: recurrences computed by hand, groups, frozen parameters, state, and what they refuse."""

import inspect
import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import InputError, OperandTypeError, Value
from nn import MLP, optim, schedules
from nn.optim import (
    BY_NAME,
    LBFGS,
    SGD,
    Adam,
    AdamW,
    Optimizer,
    Transform,
    add_decayed_weights,
    by_name,
    scale,
    scale_by_adadelta,
    scale_by_adagrad,
    scale_by_adam,
    scale_by_adamax,
    scale_by_lion,
    scale_by_nadam,
    scale_by_rms,
    trace,
)
from optimiser_runs import FIRST_ORDER, MAKERS, draws, run

# ---- Recurrences -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        # One parameter, from 1.0, with the gradients 1, 2, -1 and lr 0.5; every number by hand.
        ({}, [0.5, -0.5, 0.0]),
        # v is 1, then 2.5, then 0.25.
        ({"momentum": 0.5}, [0.5, -0.75, -0.875]),
        # The same v; u is 1 + 0.5*1, then 2 + 0.5*2.5, then -1 + 0.5*0.25.
        ({"momentum": 0.5, "nesterov": True}, [0.25, -1.375, -0.9375]),
        # u is 1 + 0.25*1, then 2 + 0.25*0.375, then -1 - 0.25*0.671875.
        ({"weight_decay": 0.25}, [0.375, -0.671875, -0.087890625]),
        # v is 1.25, then 0.5*1.25 + 2.09375, then 0.5*2.71875 - 1 - 0.25*0.984375.
        ({"momentum": 0.5, "weight_decay": 0.25}, [0.375, -0.984375, -1.041015625]),
    ],
)
def test_sgd_is_the_recurrence_computed_by_hand(settings: dict[str, Any], expected: list[float]) -> None:
    optimizer = SGD([Value(1.0)], 0.5, **settings)
    assert run(optimizer, [[1.0], [2.0], [-1.0]]) == [[x] for x in expected]


@given(
    st.lists(st.lists(st.floats(-10, 10), min_size=3, max_size=3), min_size=1, max_size=5),
    st.floats(0.001, 1.0),
    st.floats(0.0, 0.99),
    st.floats(0.0, 1.0),
    st.booleans(),
)
def test_parameters_do_not_influence_each_other(
    gradients: list[list[float]], lr: float, momentum: float, decay: float, nesterov: bool
) -> None:
    def make(starts: list[float]) -> SGD:
        look_ahead = nesterov and momentum > 0.0
        return SGD([Value(x) for x in starts], lr, momentum, nesterov=look_ahead, weight_decay=decay)

    starts = [1.0, -2.0, 0.5]
    together = run(make(starts), gradients)
    for place, start in enumerate(starts):
        alone = run(make([start]), [[row[place]] for row in gradients])
        assert [row[place] for row in together] == [row[0] for row in alone]


def test_plain_descent_finds_the_minimum_of_a_parabola() -> None:
    x, y = Value(5.0), Value(-3.0)
    optimizer = SGD([x, y], lr=0.1, momentum=0.5)
    for _ in range(200):
        optimizer.zero_grad()
        ((x - 1.0) ** 2 + 3.0 * (y + 2.0) ** 2).backward()
        optimizer.step()
    assert x.data == pytest.approx(1.0)
    assert y.data == pytest.approx(-2.0)


TRANSFORMS = [
    add_decayed_weights(0.5),
    scale(2.0),
    trace(0.5),
    trace(0.5, nesterov=True),
    trace(0.5, dampening=0.5),
    scale_by_rms(),
    scale_by_rms(centered=True),
    scale_by_adagrad(0.5, lr_decay=0.5),
    scale_by_adadelta(),
    scale_by_adam(),
    scale_by_adam(amsgrad=True),
    scale_by_nadam(),
    scale_by_adamax(),
    scale_by_lion(),
]


def test_transforms_are_pure() -> None:
    for transform in TRANSFORMS:
        state = tuple(transform.init(3.0).values())
        first = transform.update(1.0, state, 3.0)
        assert transform.update(1.0, state, 3.0) == first
        assert state == tuple(transform.init(3.0).values())
        assert len(first[1]) == len(state)


def test_transforms_chain_in_the_order_given() -> None:
    def times(factor: float) -> Transform:
        return Transform(lambda _: {}, lambda u, state, _: (factor * u, state))

    def plus(term: float) -> Transform:
        return Transform(lambda _: {}, lambda u, state, _: (u + term, state))

    assert run(Optimizer([Value(0.0)], 1.0, times(3.0), plus(1.0)), [[2.0]]) == [[-7.0]]
    assert run(Optimizer([Value(0.0)], 1.0, plus(1.0), times(3.0)), [[2.0]]) == [[-9.0]]


def lookahead(share: float, every: float) -> Transform:
    """A transform of one's own: a slow copy of the parameter, a count, and a decision that depends on it."""

    def update(u: Any, state: Any, p: Any) -> Any:
        slow, t = state
        if (t + 1.0) % every != 0.0:
            return u, (slow, t + 1.0)
        return share * u + (p - slow), (p, t + 1.0)

    return Transform(lambda p: {"slow": p, "t": 0.0}, update)


def test_a_transform_of_ones_own_may_decide_and_may_keep_the_parameter() -> None:
    x, y = Value(1.0), Value(2.0)
    optimizer = Optimizer([x, y], 1.0, scale(2.0), lookahead(0.5, 2.0))
    # The first step is u = 2 g. In the second, u is half of that, and what the parameter has moved since the start.
    assert run(optimizer, [[1.0, 2.0], [3.0, 0.0]]) == [[-1.0, -2.0], [-2.0, 2.0]]
    assert optimizer.state_dict()["groups"][0]["states"] == [{}, {"slow": [-1.0, -2.0], "t": [2.0, 2.0]}]


def test_a_state_of_another_length_than_that_of_init_is_refused() -> None:
    optimizer = Optimizer([Value(1.0)], 1.0, Transform(lambda _: {"v": 0.0}, lambda u, state, _: (u, (*state, u))))
    with pytest.raises(InputError, match=r"a state of 1 number, \('v',\), got 2"):
        optimizer.step()


def test_the_trace_starts_at_zero_even_where_a_parameter_is_not_finite() -> None:
    assert trace(0.9).init(math.inf) == trace(0.9).init(math.nan) == {"v": 0.0}


def test_gradients_that_are_values_are_used_by_their_data() -> None:
    x = Value(3.0)
    (x * x).backward(create_graph=True)
    SGD([x], 0.5).step()
    assert x.data == 0.0
    x.grad = 0.0


def test_zero_grad_and_step_leave_the_rest_alone() -> None:
    x, other = Value(1.0), Value(1.0)
    x.grad = other.grad = 2.0
    optimizer = SGD([x], 0.5)
    optimizer.step()
    assert (x.data, x.grad, other.data, other.grad) == (0.0, 2.0, 1.0, 2.0)
    optimizer.zero_grad()
    assert (x.grad, other.grad) == (0.0, 2.0)


def test_a_parameter_that_comes_twice_is_moved_once() -> None:
    x = Value(1.0)
    x.grad = 1.0
    optimizer = SGD([x, x], 0.5)
    optimizer.step()
    assert x.data == 0.5


# ---- Learning rates --------------------------------------------------------------------------------------------------


def test_the_learning_rate_may_be_a_schedule_or_be_assigned() -> None:
    optimizer = SGD([Value(0.0)], lr=schedules.linear(1.0, 0.5, 2))
    assert run(optimizer, [[1.0]] * 4) == [[-1.0], [-1.75], [-2.25], [-2.75]]
    assert optimizer.lr == 0.5
    optimizer.lr = 2.0
    assert run(optimizer, [[1.0]]) == [[-4.75]]


def test_a_schedule_may_begin_at_0() -> None:
    optimizer = SGD([Value(0.0)], schedules.linear(0.0, 1.0, 2))
    assert run(optimizer, [[1.0]] * 3) == [[0.0], [-0.5], [-1.5]]


def test_a_schedule_may_end_at_0_where_nothing_moves() -> None:
    optimizer = SGD([Value(0.0)], schedules.linear(1.0, 0.0, 1))
    assert run(optimizer, [[1.0]] * 3) == [[-1.0]] * 3
    assert optimizer.lr == 0.0


BAD_RATES: list[Any] = [0.0, -0.1, math.nan, math.inf, "0.1", None, True, [0.1], 1j, 10**400]


@pytest.mark.parametrize("lr", BAD_RATES, ids=repr)
def test_the_learning_rate_must_be_positive_and_finite(lr: Any) -> None:
    with pytest.raises(InputError, match=r"lr must be a positive finite number, got "):
        SGD([Value(1.0)], lr)
    optimizer = SGD([Value(1.0)], 0.5)
    with pytest.raises(InputError, match=r"lr must be"):
        optimizer.lr = lr
    assert optimizer.lr == 0.5


def test_a_schedule_that_goes_wrong_stops_the_step_before_anything_changes() -> None:
    x = Value(1.0)
    optimizer = SGD([x], lambda count: 1.0 - 2.0 * count, momentum=0.5)
    run(optimizer, [[1.0]])
    before = optimizer.state_dict()
    with pytest.raises(InputError, match=r"lr must be a finite number of at least 0, got -1\.0"):
        optimizer.step()
    assert (x.data, optimizer.state_dict()) == (0.0, before)


@pytest.mark.parametrize("momentum", [-0.1, 1.0, 1.5, math.nan, "0.9", None])
def test_the_momentum_must_be_from_0_to_less_than_1(momentum: Any) -> None:
    with pytest.raises(InputError, match=r"momentum must be a finite number of at least 0 and less than 1, got "):
        SGD([Value(1.0)], 0.1, momentum)


@pytest.mark.parametrize("decay", [-0.1, math.inf, math.nan, "1", None])
def test_the_weight_decay_must_not_be_negative(decay: Any) -> None:
    with pytest.raises(InputError, match=r"weight_decay must be a finite number of at least 0, got "):
        SGD([Value(1.0)], 0.1, weight_decay=decay)


def test_nesterov_needs_momentum() -> None:
    with pytest.raises(InputError, match=r"nesterov=True needs a momentum"):
        SGD([Value(1.0)], 0.1, nesterov=True)


# ---- Parameters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parameters", [[], (), iter([])])
def test_there_must_be_parameters(parameters: Any) -> None:
    with pytest.raises(InputError, match="at least one parameter to optimise, got none"):
        SGD(parameters, 0.1)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (lambda: MLP(1, [1]), r"got MLP; pass model\.parameters\(\)"),
        (lambda: [Value(1.0), 2.0], r"got 2\.0 at index 1"),
        (lambda: MLP(1, [1]).named_parameters(), r"at index 0; pass model\.parameters\(\)"),
        (lambda: [[Value(1.0)]], r"at index 0; pass model\.parameters\(\)"),
        (lambda: [Value(1.0) * 2.0], r"leaf Values to optimise, got the result of mul at index 0"),
        (lambda: None, r"got NoneType"),
    ],
)
def test_parameters_must_be_leaf_values(parameters: Callable[[], Any], message: str) -> None:
    with pytest.raises(OperandTypeError, match=message):
        SGD(parameters(), 0.1)


# ---- All of them -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MAKERS)
def test_permuting_the_parameters_permutes_the_result(name: str) -> None:
    starts, order, gradients = [1.0, -2.0, 0.5, 0.0], [2, 0, 3, 1], draws(4, 10, 4)
    straight = run(MAKERS[name](list(map(Value, starts))), gradients)
    mixed = run(MAKERS[name]([Value(starts[i]) for i in order]), [[row[i] for i in order] for row in gradients])
    assert mixed == [[row[i] for i in order] for row in straight]


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("gradient", [0.0, -0.0, 5e-324, 1e200, 1.7e308])
def test_no_gradient_is_too_small_or_too_large(name: str, gradient: float) -> None:
    x, y = Value(1.0), Value(1.0)
    for row in run(MAKERS[name]([x, y]), [[gradient, 1.0]] * 5):
        assert not math.isnan(row[1])
    assert y.data == run(MAKERS[name]([Value(1.0)]), [[1.0]] * 5)[-1][0]


@pytest.mark.parametrize("name", MAKERS)
def test_a_gradient_of_nan_shows(name: str) -> None:
    x, y = Value(1.0), Value(1.0)
    run(MAKERS[name]([x, y]), [[math.nan, 1.0], [1.0, 1.0]])
    assert math.isnan(x.data)
    assert not math.isnan(y.data)


@pytest.mark.parametrize("name", ["momentum", "nesterov", "rmsprop", "adagrad", "adam", "amsgrad", "nadam", "adamax"])
def test_they_find_the_minimum_of_a_parabola(name: str) -> None:
    x, y = Value(2.0), Value(-3.0)
    optimizer = by_name(name, [x, y], schedules.linear(0.2, 0.0, 400))
    for _ in range(400):
        optimizer.zero_grad()
        ((x - 1.0) ** 2 + 3.0 * (y + 2.0) ** 2).backward()
        optimizer.step()
    assert [x.data, y.data] == pytest.approx([1.0, -2.0], abs=1e-3)


def test_the_deviation_in_a_centred_mean_square_cannot_become_negative() -> None:
    transform = scale_by_rms(0.9, centered=True)
    state: Any = (0.0, 0.0)
    for _ in range(500):
        u, state = transform.update(1.0 / 3.0, state, 0.0)
        assert state[1] >= 0.0
    assert math.isfinite(u)


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_a_step_with_a_closure_returns_its_loss(name: str) -> None:
    x = Value(3.0)
    optimizer = by_name(name, [x])

    def closure() -> Value:
        optimizer.zero_grad()
        loss: Value = x * x
        loss.backward()
        return loss

    loss = optimizer.step(closure)
    assert loss.data == 9.0
    assert x.data < 3.0


@pytest.mark.parametrize(
    ("name", "lr"),
    [
        ("sgd", 1e-3),
        ("momentum", 1e-3),
        ("nesterov", 1e-3),
        ("rmsprop", 1e-2),
        ("adagrad", 1e-2),
        ("adadelta", 1.0),
        ("adam", 1e-3),
        ("amsgrad", 1e-3),
        ("adamw", 1e-3),
        ("nadam", 2e-3),
        ("adamax", 2e-3),
        ("lion", 1e-4),
        ("lbfgs", 1.0),
    ],
)
def test_by_name_takes_the_default_rate_or_the_one_given(name: str, lr: float) -> None:
    assert by_name(name.upper(), [Value(1.0)]).lr == lr
    assert by_name(name, [Value(1.0)], 0.5).lr == 0.5
    assert by_name(name, [Value(1.0)], schedules.constant(0.5)).lr == 0.5


def test_by_name_knows_all_of_them_and_passes_options_on() -> None:
    assert by_name("amsgrad", [Value(1.0)], weight_decay=0.5).groups[0].options["amsgrad"] is True
    assert isinstance(by_name("adamw", [Value(1.0)]), AdamW)
    assert isinstance(by_name("lbfgs", [Value(1.0)]), LBFGS)
    with pytest.raises(InputError, match="lr must be"):
        by_name("adam", [Value(1.0)], 0.0)
    for name in ("adaam", "", None, 3):
        with pytest.raises(InputError, match=r"optimizer must be one of sgd, .*, lbfgs, got "):
            by_name(name, [Value(1.0)])  # type: ignore[arg-type]


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("lr", BAD_RATES[:-4], ids=repr)
def test_every_optimiser_checks_its_rate(name: str, lr: Any) -> None:
    if lr is not None:
        with pytest.raises(InputError, match="lr must be a positive finite number"):
            MAKERS[name]([Value(1.0)], lr=lr)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("adam", {"betas": (0.9, 1.0)}, r"betas\[1\] must be a finite number of at least 0 and less than 1, got 1\.0"),
        ("adam", {"betas": (-0.1, 0.9)}, r"betas\[0\] must be"),
        ("adam", {"betas": (0.9,)}, r"betas must be two numbers"),
        ("adam", {"betas": 0.9}, r"betas must be two numbers"),
        ("adam", {"betas": ("0.9", 0.9)}, r"betas\[0\] must be"),
        ("adam", {"eps": 0.0}, r"eps must be a positive finite number"),
        ("adam", {"weight_decay": -1.0}, r"weight_decay must be"),
        ("adamw", {"weight_decay": math.nan}, r"weight_decay must be"),
        ("nadam", {"betas": (0.9, math.nan)}, r"betas\[1\] must be"),
        ("nadam", {"momentum_decay": -0.1}, r"momentum_decay must be"),
        ("adamax", {"eps": -1.0}, r"eps must be"),
        ("lion", {"betas": [1.0, 0.9]}, r"betas\[0\] must be"),
        ("rmsprop", {"alpha": 1.0}, r"alpha must be"),
        ("rmsprop", {"momentum": 1.0}, r"momentum must be"),
        ("adagrad", {"initial_accumulator_value": -0.1}, r"initial_accumulator_value must be"),
        ("adagrad", {"lr_decay": math.inf}, r"lr_decay must be"),
        ("adadelta", {"rho": 1.0}, r"rho must be"),
        ("sgd", {"momentum": 0.9, "dampening": 1.0}, r"dampening must be"),
        ("sgd", {"momentum": 0.9, "dampening": 0.5, "nesterov": True}, r"nesterov=True needs a dampening of 0"),
    ],
)
def test_options_out_of_their_range(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        BY_NAME[name]([Value(1.0)], **options)


def test_a_chain_of_ones_own_takes_no_options() -> None:
    with pytest.raises(InputError, match="expected transforms and no options, got"):
        Optimizer([Value(1.0)], 0.1, trace(0.5), momentum=0.5)


def test_an_optimiser_can_be_read() -> None:
    text = repr(SGD([Value(1.0)], schedules.step(0.1, 5), 0.9))
    assert text == "SGD(1 parameter, lr=step(lr=0.1, step_size=5, gamma=0.1), momentum=0.9)"
    groups: list[dict[str, Any]] = [{"params": [Value(1.0), Value(2.0)]}, {"params": [Value(3.0)], "lr": 0.5}]
    assert repr(Adam(groups)) == "Adam(2 groups: 2 parameters, lr=0.001; 1 parameter, lr=0.5)"
    assert repr(Adam(groups).groups[1]).startswith("Group(1 parameter, lr=0.5, betas=(0.9, 0.999), ")


# ---- Options ---------------------------------------------------------------------------------------------------------

CLASSES = [kind for kind in vars(optim).values() if isinstance(kind, type) and Optimizer in kind.__mro__[1:]]


@pytest.mark.parametrize("kind", CLASSES)
def test_the_signature_lists_the_options_with_their_defaults(kind: Any) -> None:
    """What the signature shows is what holds for a group, and `AdamW` alone fixes one option of its base."""
    params, lr, *options = inspect.signature(kind).parameters.values()
    (group,) = kind([Value(1.0)]).groups
    assert (params.name, lr.name, lr.default) == ("params", "lr", group.lr)
    fixed = {"decoupled_weight_decay": True} if kind is AdamW else {}
    assert {option.name: option.default for option in options} | fixed == group.options


@pytest.mark.parametrize("kind", CLASSES)
def test_the_docstring_explains_every_argument(kind: Any) -> None:
    section = (inspect.getdoc(kind) or "").partition("\nArgs:\n")[2].partition("\n\n")[0]
    explained = re.findall(r"^    (\w+): ", section, re.MULTILINE)
    arguments = list(inspect.signature(kind).parameters)
    if kind is AdamW:
        assert explained == ["params", "lr", "weight_decay", "options"], "those of Adam are referred to"
    else:
        assert explained == arguments


@pytest.mark.parametrize("kind", CLASSES)
def test_arguments_by_place_and_by_name_come_to_the_same(kind: Any) -> None:
    x = Value(1.0)
    assert repr(kind([x], 0.25)) == repr(kind(lr=0.25, params=[x]))
    assert repr(SGD([x], 0.25, 0.5)) == repr(SGD([x], momentum=0.5, lr=0.25))


@pytest.mark.parametrize("kind", CLASSES)
def test_unknown_options_are_refused(kind: Any) -> None:
    with pytest.raises(TypeError, match=f"expected {kind.__name__}.* got an unexpected keyword argument 'beta'"):
        kind([Value(1.0)], 0.1, beta=0.5)
    with pytest.raises(TypeError, match="got 4 by position"):
        kind([Value(1.0)], 0.1, *[0.5] * 2)


def test_a_subclass_may_set_options() -> None:
    class Quick(Adam):
        def __init__(self, params: list[Value]) -> None:
            super().__init__(params, 0.5, betas=(0.5, 0.5))

    assert repr(Quick([Value(1.0)])) == repr(Adam([Value(1.0)], 0.5, betas=(0.5, 0.5))).replace("Adam", "Quick")


@pytest.mark.parametrize(("is_pure", "moved"), [(False, [-1.0, -10.0]), (True, [-1.0, -1.0])])
def test_a_transform_that_is_not_pure_is_called_at_each_step(is_pure: bool, moved: list[float]) -> None:
    factors, x = iter([1.0, 10.0]), Value(0.0)
    drawn = Transform(lambda _: {}, lambda u, state, _: (next(factors) * u, state), is_pure=is_pure)
    optimizer = Optimizer([x], 1.0, drawn)
    for step in moved:
        x.data, x.grad = 0.0, 1.0
        optimizer.step()
        assert x.data == step
