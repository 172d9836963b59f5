"""Points where several kinks meet: gradients of the pieces beside them pass, and a single kink is judged as before."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import TABLE
from autograd_core.testing import GradientMismatch, GradientUnverified, check_grads


def zeros(count: int) -> Any:
    return np.zeros(count)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("count", [2, 5, 20])
def test_code_for_relu_passes_at_zeros(count: int, seed: int) -> None:
    """The cotangent has numbers of both signs, so the weighted sum of the results is not convex."""
    assert check_grads(lambda x: np.maximum(x, 0), zeros(count), vjp=lambda x, g: g * (x > 0), rng=seed)
    assert check_grads(lambda x: np.maximum(x, 0), zeros(count), vjp=lambda x, g: g * (x >= 0), rng=seed)


@pytest.mark.parametrize("seed", range(4))
def test_code_for_pooling_and_sorting_passes_at_ties(seed: int) -> None:
    def first(x: Any, g: Any) -> Any:
        return np.stack([g, 0 * g], 1).ravel()

    assert check_grads(lambda x: x.reshape(-1, 2).max(1), zeros(6), vjp=first, rng=seed)
    ties = np.array([1.0, 2.0, 1.0, 3.0, 2.0])
    assert check_grads(np.sort, ties, vjp=lambda x, g: g[np.argsort(np.argsort(x, kind="stable"))], rng=seed)


def test_the_derivative_of_either_side_passes_at_both_bounds_of_a_clip() -> None:
    at = np.array([-1.0, 1.0, 0.0])
    for inside in (lambda x: (x >= -1) & (x <= 1), lambda x: (x > -1) & (x < 1)):
        assert check_grads(lambda x: np.clip(x, -1, 1).sum(), at, grad=lambda x, inside=inside: inside(x) * 1.0)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ag.relu(x[0]) - ag.relu(x[1]),
        lambda x: ag.maximum(x[0], x[1]) - ag.maximum(x[2], x[3]),
        lambda x: [ag.clamp(v, 0.0, 1.0) for v in x],
        lambda x: abs(x[0]) - 2.0 * abs(x[1]) + x[2],
    ],
)
def test_the_engine_passes(f: Callable[[Any], Any]) -> None:
    for seed in range(8):
        assert check_grads(f, [0.0] * 4, rng=seed)


@pytest.mark.parametrize("seed", range(12))
def test_a_convention_for_each_kink_is_never_called_wrong(seed: int) -> None:
    """At a point where all units of a network are at their kink, 0 may be no gradient of any piece beside it."""
    model = nn.MLP(2, [4, 1], rng=seed)
    with suppress(GradientUnverified):
        check_grads(lambda x, y: model([x, y]), 0.0, 0.0)


def test_rounding_of_large_values_is_no_other_piece() -> None:
    """The slopes beside the kink of a large value differ by their rounding, which says nothing about the claim."""
    with pytest.raises(GradientMismatch) as caught:
        check_grads(lambda x: 1e8 + np.maximum(x, 0).sum(), zeros(2), grad=lambda x: np.full(2, -0.2))
    assert not isinstance(caught.value, GradientUnverified)


@pytest.mark.parametrize(
    ("f", "gradient"),
    [
        (lambda x: np.maximum(x, 0).sum(), 1.5),
        (lambda x: np.maximum(x, 0).sum(), -0.5),
        (lambda x: np.maximum(x[0], 0) - np.maximum(x[1], 0), 2.0),
        (lambda x: np.abs(x).sum(), 1.5),
        (np.max, 1.0),
        (np.max, 0.0),
        (lambda x: np.max(x) - np.min(x), 1.0),
    ],
)
def test_wrong_gradients_are_still_found(f: Callable[[Any], Any], gradient: float) -> None:
    for seed in range(4):
        with pytest.raises(GradientMismatch) as caught:
            check_grads(f, zeros(2), grad=lambda x: np.full(2, gradient), rng=seed)
        assert not isinstance(caught.value, GradientUnverified)


def test_a_norm_at_0_has_one_kink() -> None:
    """Its slopes are all between those of both sides, and so is a claim of 0; a claim of 1 for each number is not."""
    for count in (2, 3, 6):
        assert check_grads(np.linalg.norm, zeros(count), grad=lambda x: 0 * x)
        assert check_grads(np.linalg.norm, zeros(count), grad=lambda x: np.eye(len(x))[0])
        with pytest.raises(GradientMismatch) as caught:
            check_grads(np.linalg.norm, zeros(count), grad=np.ones_like)
        assert not isinstance(caught.value, GradientUnverified)


# ---- Ops of one's own that state no kinks ---------------------------------------------------------------------------


def own_max(share_of_first: float, share_of_second: float) -> Any:
    """Return an op with these derivatives at a tie, outside of the table."""
    op = ag.define_op(
        "own_max",
        max,
        lambda a, b, y: share_of_first if a == b else float(a > b),
        lambda a, b, y: share_of_second if a == b else float(b > a),
    )
    del TABLE["own_max"]
    return op


@pytest.mark.parametrize("tie", [1.0, 0.0, 0.3])
def test_the_tie_of_an_op_that_states_no_kinks_is_measured(tie: float) -> None:
    op = own_max(tie, tie)
    for f, args in (
        (lambda a: op(a, a), (1.0,)),
        (lambda a: op(a, 2.0 * a - 1.0), (1.0,)),
        (op, (1.0, 1.0)),
        (lambda a, b: op(a, b) + a * b, (2.0, 2.0)),
    ):
        with pytest.raises(GradientMismatch) as caught:
            check_grads(f, *args)
        assert not isinstance(caught.value, GradientUnverified)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_right_op_that_states_no_kinks_passes_at_its_tie(share: float) -> None:
    op = own_max(share, 1.0 - share)
    assert check_grads(op, 1.0, 1.0)
    assert check_grads(lambda a: op(a, a), 1.0)


def test_the_op_that_is_wrong_at_its_tie_is_named() -> None:
    op = own_max(1.0, 1.0)
    with pytest.raises(GradientMismatch, match=r"the op own_max is at a kink, where its derivatives \(1, 1\)"):
        check_grads(lambda a: op(a, a), 1.0)


def test_a_branch_of_python_at_a_tie_is_measured() -> None:
    def largest(x: Any, y: Any) -> Any:
        return x if x > y else y if y > x else x + y - 1.0

    assert check_grads(largest, 1.0, 0.999)
    assert check_grads(lambda x, y: x if x > y else y, 1.0, 1.0)  # noqa: FURB136 - the branch is the subject
    for f, args in ((largest, (1.0, 1.0)), (lambda x: x if x.data else 5.0 * x, (0.0,))):
        with pytest.raises(GradientMismatch) as caught:
            check_grads(f, *args)
        assert not isinstance(caught.value, GradientUnverified)
