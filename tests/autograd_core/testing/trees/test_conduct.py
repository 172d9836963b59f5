"""What a function does besides: it changes its arguments, or gives other values at each call."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import cycle
from typing import Any

import numpy as np
import pytest

from autograd_core import InputError
from autograd_core.testing import GradientUnverified, check_grads
from autograd_core.testing.report import Verdict
from failures import failure

X = np.array([0.5, -2.0, 1.25])


def relu_in_place(x: Any) -> Any:
    x[x < 0] = 0.0
    return x.sum()


def scaled_in_place(x: Any, g: Any) -> Any:
    g *= 2
    return g * x


def emptied(x: list[float]) -> float:
    total = 0.0
    while x:
        total += x.pop()
    return total


IN_PLACE: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: check_grads(relu_in_place, X, grad=lambda x: 1.0 * (x > 0)),
        "relu_in_place changes its argument in place: x[1] is -2.0 before the call and 0.0 after it",
    ),
    (
        lambda: check_grads(np.sum, X, grad=lambda x: x.fill(1.0) or x),
        "grad changes its argument in place: a[0] is 0.5 before the call and 1.0 after it",
    ),
    (
        lambda: check_grads(lambda x: x**2 / 2, X, vjp=scaled_in_place),
        "scaled_in_place changes its argument in place: the cotangent[0] is",
    ),
    (
        lambda: check_grads(emptied, [1.0, 2.0], grad=lambda x: [1.0, 1.0]),
        "emptied changes its argument in place: x has 2 numbers before the call and 0 after it",
    ),
    (
        lambda: check_grads(lambda x, n: x * n.__iadd__(1)[0], 2.0, np.array([3]), grad=lambda x, n: 4.0),
        "f changes its argument in place: n[0] is 3.0 before the call and 4.0 after it",
    ),
    (
        lambda: check_grads(lambda p: p["w"].__setitem__(0, p["b"]) or p["b"], {"w": [1.0], "b": 2.0}),
        'f changes its argument in place: p["w"][0] is 1.0 before the call and 2.0 after it',
    ),
]


@pytest.mark.parametrize(("call", "words"), IN_PLACE, ids=[words.partition(":")[0] for _, words in IN_PLACE])
def test_what_changes_an_argument_in_place_is_named(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert words in str(caught.value)
    assert "let it work on a copy" in str(caught.value)


def test_nan_is_no_change() -> None:
    assert check_grads(lambda x, mask: x * 2.0, 1.0, np.array([np.nan]), grad=lambda x, mask: 2.0, argnums=0)


def test_a_function_that_is_random_is_called_so() -> None:
    with pytest.raises(GradientUnverified) as caught:
        check_grads(lambda x: x + random.random(), 2.0, grad=lambda x: 1.5)
    assert "f is not deterministic: it gave" in caught.value.report.summary
    assert "pass a random generator as an argument" in caught.value.report.failures[0].hint


def test_a_random_function_that_passes_says_so_in_its_report() -> None:
    chance = random.Random(1)
    report = check_grads(lambda x: x + 0.1 * chance.random(), 2.0, grad=lambda x: 1.01, atol=10.0)
    assert "f is not deterministic" in report.remarks[0]
    assert "f is not deterministic" in str(report)
    assert check_grads(lambda x: x + 0.1, 2.0, grad=lambda x: 1.0).remarks == ()


def rarely_zero(usual: int) -> Callable[[float], float]:
    """Return dropout that keeps its number at the first calls at 2.0, and drops it later."""
    calls = 0

    def f(x: float) -> float:
        nonlocal calls
        calls += x == 2.0
        return 0.0 if x == 2.0 and calls > usual else 1.25 * float(x)

    return f


def test_a_random_function_that_often_gives_the_same_value_is_not_blamed() -> None:
    with pytest.raises(GradientUnverified, match="f is not deterministic"):
        check_grads(rarely_zero(8), 2.0, grad=lambda x: 0.0)


def test_a_function_with_a_random_claim_is_called_more_often() -> None:
    masks = cycle((0.0, 1.25))
    with pytest.raises(GradientUnverified, match="f is not deterministic"):
        check_grads(rarely_zero(30), 2.0, grad=lambda x: next(masks))


def test_a_function_that_draws_from_a_shared_generator_is_not_blamed() -> None:
    np.random.seed(0)
    with pytest.raises(GradientUnverified) as caught:
        check_grads(lambda x: x * (np.random.random() > 1e-9), 2.0, grad=lambda x: 0.0)
    assert "f is not deterministic: it draws random numbers at each call" in caught.value.report.failures[0].hint


def test_a_function_that_seeds_the_shared_generator_is_blamed() -> None:
    def seeded(x: float) -> float:
        random.seed(1)
        return x * random.random()

    assert failure(seeded, 2.0, grad=lambda x: 0.5).failures[0].verdict is Verdict.MISMATCH


def test_noise_of_little_size_hides_no_wrong_gradient() -> None:
    chance = random.Random(2)
    report = failure(lambda x: x**2 * (1 + 1e-13 * chance.random()), 2.0, grad=lambda x: -2 * x)
    assert report.failures[0].verdict is Verdict.MISMATCH
    assert "the sign is flipped" in report.failures[0].hint


def test_random_values_are_no_kink() -> None:
    with pytest.raises(GradientUnverified) as caught:
        check_grads(lambda x, batches: x * next(batches), 2.0, iter(range(1, 10**6)), grad=lambda x, batches: 1.0)
    assert "does the argument batches change from call to call?" in caught.value.report.failures[0].hint


def test_a_gradient_that_adds_up_from_call_to_call_is_wrong() -> None:
    total = np.zeros(3)

    def accumulate(x: Any) -> Any:
        total[:] += 2 * x
        return total

    report = failure(lambda x: np.sum(x**2), X, grad=accumulate)
    assert len(report.failures) == 3
    assert "accumulate is not deterministic: it gave 1 and then 2" in report.failures[0].hint


@pytest.mark.parametrize("name", ["vjp", "jvp", "jac"])
def test_claims_that_change_from_call_to_call_are_wrong(name: str) -> None:
    calls, last = [0], 3 if name == "jvp" else 1

    def counted(x: Any, *rest: Any) -> Any:
        calls[0] += 1
        return (np.cos(x) if rest else np.diag(np.cos(x))) * (rest[0] if rest else 1.0) * (1 + (calls[0] > last))

    assert "not deterministic" in failure(np.sin, X, **{name: counted}).failures[0].hint


def test_a_function_is_called_at_most_twice_more() -> None:
    calls = {"f": 0, "grad": 0}

    def f(x: float) -> float:
        calls["f"] += type(x) is float and x == 0.7
        return abs(x) ** 3

    def grad(x: float) -> float:
        calls["grad"] += 1
        return 3 * x * x

    check_grads(f, 0.7, grad=grad)
    assert calls["grad"] == 2
    assert calls["f"] <= 6


@pytest.mark.parametrize("function", [np.sqrt, lambda x: np.sqrt(x).sum(), lambda x: np.float32(np.sqrt(x))])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_nan_of_numpy_is_the_same_nan(function: Callable[..., Any]) -> None:
    with pytest.raises(GradientUnverified) as caught:
        check_grads(function, -1.0, grad=lambda x: x)
    assert "not deterministic" not in str(caught.value)
