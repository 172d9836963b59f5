"""Penalties, clipping and noise against PyTorch's numbers and closed forms; stopping, step by step."""

import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core import AnomalyError, InputError, OperandTypeError, Value, topological_order
from autograd_core.testing import check_grads
from nn.layers.dense import MLP
from nn.training.regularisation import (
    EarlyStopping,
    add_gradient_noise_,
    clip_grad_norm_,
    clip_grad_value_,
    l1_penalty,
    l2_penalty,
    noise_std,
)

REFERENCE: Final = json.loads((Path(__file__).parents[1] / "reference" / "losses.json").read_text(encoding="utf-8"))


def with_gradients(gradients: list[float]) -> list[Value]:
    leaves = [Value(0.0) for _ in gradients]
    for leaf, gradient in zip(leaves, gradients, strict=True):
        leaf.grad = gradient
    return leaves


def gradients_of(leaves: list[Value]) -> list[float]:
    return [leaf.grad for leaf in leaves]


# ---- Penalties -------------------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(st.lists(st.floats(0.1, 3.0), min_size=1, max_size=5), st.floats(0.0, 2.0))
def test_penalties_and_their_gradients_are_the_closed_forms(weights: list[float], strength: float) -> None:
    signed = [-w if i % 2 else w for i, w in enumerate(weights)]
    for penalty, value, slope in (
        (l1_penalty, sum(weights), lambda w: math.copysign(1.0, w)),
        (l2_penalty, sum(w * w for w in weights), lambda w: 2.0 * w),
    ):
        leaves = [Value(w) for w in signed]
        named = [(f"w{i}", leaf) for i, leaf in enumerate(leaves)]
        result = penalty(named, strength)
        result.backward()
        assert result.data == pytest.approx(strength * value, rel=1e-14)
        assert gradients_of(leaves) == pytest.approx([strength * slope(w) for w in signed], rel=1e-14)
        assert check_grads(lambda ws, penalty=penalty: penalty([(str(i), w) for i, w in enumerate(ws)], 0.5), signed)


def test_a_pattern_chooses_parameters_by_name() -> None:
    model = MLP(2, [3, 1], rng=0)
    for parameter in model.parameters():
        parameter.data = 2.0
    assert l2_penalty(model, 1.0).data == 4.0 * 13
    assert l2_penalty(model, 1.0, "layers.0.*").data == l2_penalty(model, 1.0, "layers.0").data == 4.0 * 9
    assert l1_penalty(model, 0.5, "*.b").data == 4.0
    assert l1_penalty(model, 1.0, "layers.?.neurons.0.w.1").data == 4.0
    assert l1_penalty(model.named_parameters(), 1.0, "layers.1.*").data == 8.0


def test_the_pattern_minds_capitals() -> None:
    assert l1_penalty([("W", Value(1.0)), ("w", Value(5.0))], 1.0, "W").data == 1.0


def test_penalties_have_few_nodes() -> None:
    named = [(str(i), Value(float(i))) for i in range(20)]
    assert sum(node.op is not None for node in topological_order(l2_penalty(named, 0.1))) == 2
    assert sum(node.op is not None for node in topological_order(l1_penalty(named, 0.1))) == 22


@pytest.mark.parametrize("penalty", [l1_penalty, l2_penalty])
def test_penalties_refuse_what_makes_no_sense(penalty: Callable[..., Value]) -> None:
    model = MLP(2, [1], rng=0)
    with pytest.raises(InputError, match=r"nothing is named 'layer\.\*'; "):
        penalty(model, 0.1, "layer.*")
    with pytest.raises(InputError, match="at least one parameter to be penalised, got none"):
        penalty([], 0.1)
    with pytest.raises(OperandTypeError, match="expected patterns of names"):
        penalty(model, 0.1, 0)
    for strength in (-0.1, math.nan, math.inf, "much"):
        with pytest.raises(InputError, match="strength must be a finite number of at least 0, got"):
            penalty(model, strength)


# ---- Clipping --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", REFERENCE["clip_grad_norm_"])
def test_clipping_by_norm_is_that_of_pytorch(case: dict[str, Any]) -> None:
    leaves = with_gradients(case["gradients"])
    total = clip_grad_norm_(leaves, case["max_norm"], case["norm_type"])
    assert total == pytest.approx(case["total"], rel=1e-12)
    assert gradients_of(leaves) == pytest.approx(case["clipped"], rel=1e-12, abs=1e-300)


@given(
    st.lists(st.floats(-1e308, 1e308), min_size=1, max_size=6),
    st.floats(1e-3, 1e3),
    st.sampled_from([1.0, 2.0, 3.0, math.inf]),
)
def test_clipped_gradients_have_the_length_and_the_direction(
    gradients: list[float], longest: float, power: float
) -> None:
    leaves = with_gradients(gradients)
    total = clip_grad_norm_(leaves, longest, power)
    clipped = gradients_of(leaves)
    if total + 1e-6 <= longest:
        assert clipped == gradients
        return
    largest = max(map(abs, gradients))
    sizes = [abs(g) / largest for g in gradients]
    length = max(sizes) if power == math.inf else sum(size**power for size in sizes) ** (1.0 / power)
    expected = longest * (1.0 if math.isinf(total) else total / (total + 1e-6))
    assert clipped == pytest.approx([expected * (g / largest) / length for g in gradients], rel=1e-9, abs=1e-300)


def test_neither_huge_nor_tiny_gradients_are_lost_on_the_way() -> None:
    leaves = with_gradients([1.6e308, -1.6e308])
    assert clip_grad_norm_(leaves, 1.0) == math.inf
    assert gradients_of(leaves) == pytest.approx([math.sqrt(0.5), -math.sqrt(0.5)], rel=1e-12)
    leaves = with_gradients([3e-200, 4e-200])
    assert clip_grad_norm_(leaves, 0.0) == pytest.approx(5e-200, rel=1e-15)
    assert gradients_of(leaves) == [0.0, 0.0]


def test_an_infinite_bound_only_measures() -> None:
    for gradients, total in (([3.0, -4.0], 5.0), ([math.inf, 1.0], math.inf)):
        leaves = with_gradients(gradients)
        assert clip_grad_norm_(leaves, math.inf) == total
        assert gradients_of(leaves) == gradients


def test_gradients_that_are_not_finite() -> None:
    leaves = with_gradients([math.inf, 1.0])
    assert clip_grad_norm_(leaves, 1.0) == math.inf
    assert math.isnan(leaves[0].grad)
    assert leaves[1].grad == 0.0
    leaves = with_gradients([math.nan, 1.0])
    assert math.isnan(clip_grad_norm_(leaves, 1e9))
    assert all(map(math.isnan, gradients_of(leaves)))
    for bad in (math.inf, math.nan):
        leaves = with_gradients([1.0, bad])
        with pytest.raises(AnomalyError, match=f"a finite norm, got a norm of {bad}"):
            clip_grad_norm_(leaves, 1.0, error_if_nonfinite=True)
        assert leaves[0].grad == 1.0


def test_clipping_by_value() -> None:
    leaves = with_gradients([-7.0, -2.0, 0.5, 2.0, math.inf, math.nan])
    clip_grad_value_(leaves, 2.0)
    assert gradients_of(leaves)[:5] == [-2.0, -2.0, 0.5, 2.0, 2.0]
    assert math.isnan(leaves[5].grad)


def test_gradients_that_are_values_become_numbers() -> None:
    x = Value(3.0)
    (x**3).backward(create_graph=True)
    assert clip_grad_norm_(x, 9.0) == 27.0
    assert x.grad == pytest.approx(9.0)
    assert type(x.grad) is float


def test_a_parameter_that_comes_twice_counts_once() -> None:
    (leaf,) = with_gradients([3.0])
    assert clip_grad_norm_([leaf, leaf], 1.0) == 3.0


def test_frozen_parameters_have_no_part() -> None:
    leaves = with_gradients([3.0, 1e9, 4.0])
    leaves[1].frozen = True
    assert clip_grad_norm_(leaves, 1.0) == 5.0
    clip_grad_value_(leaves, 0.5)
    add_gradient_noise_(leaves, 1.0, rng=0)
    assert leaves[1].grad == 1e9
    assert clip_grad_norm_(leaves[1:2], 1.0) == 0.0


# ---- Noise -----------------------------------------------------------------------------------------------------------


def test_noise_has_its_deviation_and_repeats() -> None:
    leaves = with_gradients([10.0] * 2000)
    add_gradient_noise_(leaves, 0.5, rng=1)
    noise = [leaf.grad - 10.0 for leaf in leaves]
    # Of 2000 samples the mean deviates by 0.5/√2000 = 0.011, the deviation by 0.008: four times that is allowed.
    assert abs(sum(noise) / 2000) < 0.045
    assert math.sqrt(sum(n * n for n in noise) / 2000) == pytest.approx(0.5, abs=0.032)
    again = with_gradients([10.0] * 2000)
    add_gradient_noise_(again, 0.5, rng=random.Random(1))
    assert gradients_of(again) == gradients_of(leaves)
    add_gradient_noise_(again, 0.0)
    assert gradients_of(again) == gradients_of(leaves)


def test_the_variance_of_noise_fades() -> None:
    assert [noise_std(t, eta=1.0, gamma=0.5) ** 2 for t in (0, 3, 8)] == pytest.approx([1.0, 1 / 2, 1 / 3])
    assert noise_std(9) == pytest.approx(math.sqrt(0.3 / 10**0.55))


# ---- What makes no sense ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        lambda parameters: clip_grad_value_(parameters, 1.0),
        lambda parameters: clip_grad_norm_(parameters, 1.0),
        lambda parameters: add_gradient_noise_(parameters, 1.0),
    ],
)
def test_what_is_no_parameter_is_refused(function: Callable[[Any], object]) -> None:
    (leaf,) = with_gradients([5.0])
    for wrong in ([leaf, 1.0], [leaf, leaf * 2.0]):
        with pytest.raises(OperandTypeError, match=r"expected leaf Values, got .* at index 1"):
            function(wrong)
    with pytest.raises(InputError, match="at least one parameter, got none"):
        function([])
    assert leaf.grad == 5.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda leaf: clip_grad_norm_([leaf], -1.0), "max_norm must be .* at least 0, got -1.0"),
        (lambda leaf: clip_grad_norm_([leaf], math.nan), "max_norm must be .* at least 0, got nan"),
        (lambda leaf: clip_grad_norm_([leaf], 1.0, 0.0), "a power p above 0, got 0.0"),
        (lambda leaf: clip_grad_value_([leaf], 0.0), "clip_value must be a positive finite number, got 0.0"),
        (lambda leaf: add_gradient_noise_([leaf], -1.0), "std must be .* at least 0, got -1.0"),
        (lambda leaf: add_gradient_noise_([leaf], 1.0, rng="seed"), "rng must be"),  # type: ignore[arg-type]
        (lambda leaf: noise_std(-1), "step must be .* at least 0, got -1"),
        (lambda leaf: EarlyStopping(0), "patience must be a positive int, got 0"),
        (lambda leaf: EarlyStopping(1, min_delta=-1.0), "min_delta must be .* at least 0, got -1.0"),
        (lambda leaf: EarlyStopping(1, mode="least"), "mode to be 'min' or 'max', got 'least'"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(call: Callable[[Value], object], message: str) -> None:
    (leaf,) = with_gradients([5.0])
    with pytest.raises(InputError, match=message):
        call(leaf)
    assert leaf.grad == 5.0


# ---- Stopping --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "values", "stops", "best"),
    [
        ({"patience": 1}, [3.0, 2.0, 2.0], [False, False, True], 2.0),
        ({"patience": 2}, [3.0, 4.0, 2.0, 5.0, 5.0], [False, False, False, False, True], 2.0),
        ({"patience": 2, "mode": "max"}, [0.5, 0.7, 0.6, 0.65], [False, False, False, True], 0.7),
        # Small steps are no progress; but together they are, for they count from the best.
        ({"patience": 3, "min_delta": 0.5}, [3.0, 2.75, 2.5, 2.25], [False] * 4, 2.25),
        ({"patience": 2, "min_delta": 0.5}, [3.0, 2.75, 2.5], [False, False, True], 3.0),
        ({"patience": 2}, [math.nan, math.nan], [False, True], None),
        ({"patience": 2}, [math.nan, 1.0, math.nan, 0.5], [False] * 4, 0.5),
        ({"patience": 1}, [math.inf, 1.0], [False, False], 1.0),
        ({"patience": 1}, [1.0, 1.0, 0.5], [False, True, False], 0.5),
    ],
)
def test_stopping(settings: dict[str, Any], values: list[float], stops: list[bool], best: float | None) -> None:
    stopping = EarlyStopping(**settings)
    assert [stopping.update(value) for value in values] == stops
    assert stopping.best == best


@given(st.lists(st.floats(-5, 5), max_size=12), st.integers(0, 12), st.sampled_from(["min", "max"]))
def test_stopping_goes_on_from_its_state(values: list[float], cut: int, mode: str) -> None:
    whole, first, second = (EarlyStopping(3, 0.25, mode) for _ in range(3))
    expected = [whole.update(value) for value in values]
    begun = [first.update(value) for value in values[:cut]]
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert begun + [second.update(Value(value)) for value in values[cut:]] == expected
    assert second.state_dict() == whole.state_dict()


def test_waited_is_0_when_the_latest_is_the_best() -> None:
    stopping = EarlyStopping(5)
    waited = []
    for value in (3.0, 2.0, 2.5, 2.0, 1.0):
        stopping.update(value)
        waited.append(stopping.waited)
    assert waited == [0, 0, 1, 2, 0]


@pytest.mark.parametrize(
    "state", [{}, {"best": 1.0}, {"best": "x", "waited": 1}, {"best": 1.0, "waited": None}, {"best": 1.0, "waited": -1}]
)
def test_a_foreign_state_is_refused_and_changes_nothing(state: dict[str, Any]) -> None:
    stopping = EarlyStopping(2)
    stopping.update(4.0)
    with pytest.raises(InputError):
        stopping.load_state_dict(state)
    assert stopping.state_dict() == {"best": 4.0, "waited": 0}


@pytest.mark.parametrize(
    "gradients", [[math.nan, 1.0], [math.inf, 1.0], [1e308, 1e308], [3.0, 4.0], [-math.inf, math.nan]]
)
@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.0, math.inf])
def test_without_a_limit_the_norm_is_only_measured(gradients: list[float], norm_type: float) -> None:
    parameters = with_gradients(gradients)
    total = clip_grad_norm_(parameters, math.inf, norm_type)
    assert [p.grad for p in parameters] == pytest.approx(gradients, rel=0.0, abs=0.0, nan_ok=True)
    assert math.isfinite(total) == (gradients == [3.0, 4.0] or (norm_type > 1.0 and gradients[0] == 1e308))
