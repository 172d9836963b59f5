"""Each kind of mistake gets its hint, which comes from one kind of causes and from no other; right numbers get none.

More random functions take some minutes:

    HINT_SEEDS=50 pytest tests/autograd_core/testing/causes/test_hints.py -k seeded
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable, Sequence
from math import cos, log, sin
from typing import Any

import numpy as np
import pytest

from autograd_core.testing import GradientMismatch, GradReport, check_grads
from autograd_core.testing.causes import hints
from autograd_core.testing.causes.evidence import Evidence, Gradient, arguments_of
from autograd_core.testing.causes.factors import constant_factors, functional_factors
from autograd_core.testing.causes.hints import Diagnosis
from autograd_core.testing.causes.replacements import TERMS, Term
from hint_cases import CASES, Case, P, at_one, sines

NAN = math.nan
SEEDS = int(os.environ.get("HINT_SEEDS", "2"))


NAMES = [*(f"w[{i}, {j}]" for i in range(3) for j in range(3)), "b[0]", "b[1]", "b[2]", "x"]


def failure(f: Callable[..., Any], *args: Any, **options: Any) -> GradReport:
    """Return the report of a check that must fail."""
    with pytest.raises(GradientMismatch) as caught:
        check_grads(f, *args, **options)
    return caught.value.report


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words)
def test_a_mistake_gets_its_hint_from_one_kind_of_causes(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    report = failure(case.f, *case.args, grad=case.grad)
    texts = [entry.hint for entry in report.failures]
    assert any(case.words in text for text in texts), texts
    others = tuple(stage for stage in hints.STAGES if stage.name != case.stage)
    assert len(others) < len(hints.STAGES)
    monkeypatch.setattr(hints, "STAGES", others)
    without = [entry.hint for entry in failure(case.f, *case.args, grad=case.grad).failures]
    assert not any(case.words in text for text in without), without


def test_every_kind_of_causes_has_a_case() -> None:
    assert {stage.name for stage in hints.STAGES} == {case.stage for case in CASES}


# ---- No row of a table is dead --------------------------------------------------------------------------------------


def random_gradients(
    predict: Callable[[Gradient, int], tuple[float, float]] | None = None, low: float = 0.2
) -> Evidence:
    """Return evidence of random numbers at three points, where the claims are those of a cause."""
    chance = random.Random(5)

    def gradient() -> Gradient:
        point, true = ([chance.uniform(low, 0.9) for _ in range(3)] for _ in range(2))
        made = Gradient(true, true, (), point, chance.uniform(0.2, 0.9))
        made.claimed = [predict(made, i)[0] for i in range(3)] if predict else true
        return made

    here, *nearby = (gradient() for _ in range(3))
    return Evidence(here, ["v[0]", "v[1]", "v[2]"], lambda: nearby)


def texts_of(evidence: Evidence) -> str:
    return Diagnosis(evidence).hint(1)


def named(text: str) -> str:
    return text.replace("{x}", "v[1]").replace("{v}", "v")


FACTORS = [*constant_factors(random_gradients()), *functional_factors(random_gradients(), [0, 1, 2])]


def test_every_factor_is_named_where_it_is_the_cause() -> None:
    rows = [row for row in FACTORS if row.of(random_gradients().here, 0) != 1.0]
    found = {row.text: texts_of(random_gradients(row.predict)) for row in rows}
    first = {row.of(random_gradients().here, 0): row.text for row in reversed(rows)}
    expected = {row.text: first[row.of(random_gradients().here, 0)] for row in rows}
    assert {text: hint for text, hint in found.items() if hint != named(expected[text])} == {}
    assert len(rows) > 500


@pytest.mark.parametrize("row", TERMS, ids=lambda row: row.text)
def test_every_term_is_named_where_it_is_the_cause(row: Term) -> None:
    arguments = random_gradients()
    evidence = random_gradients(lambda g, i: (row.sign * g.true[i] + 0.7 * row.of(arguments, g, i), 0.0), -0.9)
    text = texts_of(evidence)
    assert text == named(row.text.replace("{c}", "+ 0.7").replace("{a}", "0.7"))


# ---- Numbers alone, without a function ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claimed", "true", "options", "words"),
    [
        ([-2.5], [2.5], {}, "sign is flipped"),
        ([5.0], [2.5], {}, "analytic = 2 × numeric"),
        ([-1.0], [2.0], {}, "analytic = -1/2 × numeric"),
        ([0.1], [2.0], {}, "1/20 × numeric"),
        ([40.0], [2.0], {}, "analytic = 20 × numeric"),
        ([7.0, 14.0], [1.0, 2.0], {}, "analytic = 7 ×"),
        (
            [6.0],
            [2.0],
            {"point": [3.0]},
            "analytic = 3 × numeric: a factor is missing or wrong; or perhaps analytic = x × numeric",
        ),
        ([5.5], [15.6], {"paths": [3.0, 7.0, 2.5, 3.1]}, "2 of 4 paths are missing"),
        ([0.0], [10.0], {"paths": [3.0, 7.0]}, "it is 0, and there are 2 paths"),
        ([0.0], [10.0], {}, "it is 0"),
        ([1.7, 9.1], [9.1, 1.7], {}, "with respect to y: the two are swapped"),
        ([1.0 + 2e-9], [1.0], {}, "right to about 8 digits"),
        ([NAN], [1.0], {}, "not finite"),
        ([math.inf], [1.0], {}, "not finite"),
        ([1.0], [NAN], {}, ""),
        ([1.0], [math.inf], {}, ""),
        ([1.234567], [7.654321], {}, ""),
        ([1.234567, 3.3], [7.654321, NAN], {}, ""),
        ([1e-9], [7.0], {}, ""),
        ([3.0], [0.0], {"doubt": [1e-9]}, "does not depend on x"),
        ([1e300], [1e-300], {}, "does not depend"),
        ([5e-324], [1.0], {}, ""),
    ],
)
def test_hints_from_numbers_alone(claimed: list[float], true: list[float], options: dict[str, Any], words: str) -> None:
    paths = options.get("paths", [])
    gradient = Gradient(claimed, true, options.get("doubt", ()), options.get("point", ()), paths=lambda i: paths)
    text = Diagnosis(Evidence(gradient, ["x", "y"][: len(true)])).hint(0)
    assert words in text
    assert bool(text) == bool(words)


def test_many_paths_are_compared_one_by_one_only() -> None:
    paths = [1.37**k for k in range(30)]

    def text(claimed: float) -> str:
        return Diagnosis(Evidence(Gradient([claimed], [sum(paths)], paths=lambda i: paths))).hint(0)

    assert "1 of 30 paths is missing" in text(sum(paths) - paths[11])
    assert "paths" not in text(sum(paths[:20]))


def test_what_is_known_inexactly_proves_little() -> None:
    def text(error: float) -> str:
        return Diagnosis(Evidence(Gradient([1.386], [2.0], [error]))).hint(0)

    assert text(1e-2) == ""
    assert "ln 2" in Diagnosis(Evidence(Gradient([2.0 * log(2)], [2.0], [1e-9]))).hint(0)


def test_arguments_are_found_in_the_paths_of_their_numbers() -> None:
    names = [
        "w[0, 0]",
        "w[0, 1]",
        "w[1, 0]",
        "w[1, 1]",
        "b",
        'p["a"][0][0]',
        'p["a"][0][1]',
        "q[0]",
        "q[1][0]",
        "q[1][1]",
    ]
    assert [(a.name, a.shape) for a in arguments_of(names)] == [
        ("w", (2, 2)),
        ("b", ()),
        ('p["a"]', (1, 2)),
        ("q", (3,)),
    ]


@pytest.mark.parametrize(
    ("f", "grad"),
    [
        (lambda x: x + 1e-5 * x**2, lambda x: x + 0.1),
        (lambda x: log(x + 100), lambda x: 1.3 / x),
        (lambda x: 1e6 + sin(x), lambda x: 0.3 + x / 7),
        (lambda x: float(np.float32(sin(x))), lambda x: 0.3 + x / 7),
    ],
)
def test_a_curve_is_not_called_a_straight_line(f: Any, grad: Any) -> None:
    assert "straight line" not in failure(f, 2.0, grad=grad).failures[0].hint


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda v: v == v.max(), "the tied numbers get more than 1 together"),
        (lambda v: 0.25 * (v == v.max()), "the tied numbers get less than 1 together"),
        (lambda v: (v == v.max()) * [0, 2, -1], "not between the derivatives from the left and from the right"),
    ],
)
def test_a_gradient_at_a_tie_says_what_the_tied_numbers_get(wrong: Any, hint: str) -> None:
    report = failure(np.max, np.array([1.0, 2.0, 2.0]), grad=lambda v: 1.0 * wrong(v))
    assert hint in report.failures[0].hint


def test_a_gradient_at_a_tie_whose_sum_is_right_is_compared_along_other_directions() -> None:
    def f(v: Any) -> float:
        return float(max(v @ [1.0, 2.0, -3.0], 0.0))

    assert check_grads(f, np.full(3, 2.0), grad=lambda v: np.array([0.5, 1.0, -1.5]))
    report = failure(f, np.full(3, 2.0), grad=lambda v: np.array([0.9, 1.0, -1.9]))
    assert "at this kink it is the gradient of no side" in report.summary


# ---- Nothing hides the report ---------------------------------------------------------------------------------------


def test_a_function_that_fails_elsewhere_gets_a_hint_all_the_same() -> None:
    def f(x: float) -> float:
        if abs(x - 0.5) > 0.02:
            raise RuntimeError("expected a number near 0.5")
        return sin(x)

    assert "2 × numeric" in failure(f, 0.5, grad=lambda x: 2 * cos(x), domain=(0.49, 0.51)).failures[0].hint


def test_a_gradient_that_fails_elsewhere_gets_a_hint_all_the_same() -> None:
    def gradient(x: float) -> float:
        if x != 0.5:
            raise KeyError(x)
        return -cos(x)

    assert failure(sin, 0.5, grad=gradient).failures[0].hint == "the sign is flipped"


def test_a_gradient_that_depends_on_chance_is_not_compared_nearby() -> None:
    chance = random.Random(0)
    hint = failure(sin, 0.5, grad=lambda x: chance.uniform(2.0, 3.0)).failures[0].hint
    assert hint.startswith("grad is not deterministic")


@pytest.mark.parametrize("spoiled", [NAN, math.inf, 0.0, 1e300, 1e-300])
def test_extreme_claims_are_reported(spoiled: float) -> None:
    report = failure(sines, P, grad=lambda v: at_one(v, 2, spoiled))
    assert {entry.place for entry in report.failures} == {"v[2]"}


@pytest.mark.parametrize("seed", range(30))
def test_no_numbers_are_too_extreme(seed: int) -> None:
    chance = random.Random(seed)

    def numbers() -> list[float]:
        return [chance.choice([0.0, -0.0, math.inf, -math.inf, NAN, 1e308, -5e-324, 1.0, 2.0]) for _ in NAMES]

    here, there = (
        Gradient(numbers(), numbers(), [abs(x) for x in numbers()], numbers(), numbers()[0], lambda v: numbers()[0])
        for _ in range(2)
    )
    diagnosis = Diagnosis(Evidence(here, NAMES, lambda: [there]))
    assert all(isinstance(diagnosis.hint(i), str) for i in range(len(NAMES)))


def test_few_values_are_computed_for_the_hints_of_many_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def f(v: Any) -> float:
        nonlocal calls
        calls += 1
        return float(np.sum(np.sin(v)))

    v = np.linspace(0.3, 1.2, 201)
    failures = failure(f, v, grad=lambda v: np.cos(v) * (1 + v**4)).failures
    with_hints, calls = calls, 0
    monkeypatch.setattr(hints, "STAGES", ())
    monkeypatch.setattr("autograd_core.testing.causes.surroundings.FEW", 0)
    failure(f, v, grad=lambda v: np.cos(v) * (1 + v**4))
    assert with_hints - calls < 25 * len(failures)


@pytest.mark.parametrize("factor", ["2", "v", "noise"])
def test_ten_thousand_wrong_numbers_get_hints(factor: str) -> None:
    chance = random.Random(1)
    v = [chance.gauss(0.0, 1.0) for _ in range(10_000)]
    factors = {"2": [2.0] * len(v), "v": v, "noise": [chance.gauss(0.0, 1.0) for _ in v]}[factor]
    true = [chance.gauss(0.0, 1.0) for _ in v]
    gradient = Gradient([a * b for a, b in zip(true, factors, strict=True)], true, point=v, value=1.7)
    diagnosis = Diagnosis(Evidence(gradient, [f"v[{i}]" for i in range(len(v))]))
    texts = [diagnosis.hint(i) for i in range(len(v))]
    expected = {"2": "analytic = 2 × numeric", "v": "a factor v[9999] is too much", "noise": ""}[factor]
    assert expected in texts[-1]
    assert bool(texts[-1]) == bool(expected)


# ---- Random functions with a seeded cause ---------------------------------------------------------------------------


class Network:
    """A random smooth function of a few numbers: a sum of sines, exponentials and tanh of sums of them."""

    def __init__(self, seed: int) -> None:
        chance = np.random.default_rng(seed)
        self.weights = chance.uniform(-1.0, 1.0, (4, 3))
        self.scales = chance.uniform(0.5, 1.5, 4)
        self.point = chance.uniform(0.3, 1.5, 3) * chance.choice([-1.0, 1.0], 3)

    def f(self, v: Any) -> Any:
        a, b, c, d = self.weights @ v
        return self.scales @ np.array([np.sin(2 * a + 0.3), np.exp(b), np.tanh(c + 0.5), d * d])

    def grad(self, v: Any) -> Any:
        a, b, c, d = self.weights @ v
        return (self.scales * [2 * np.cos(2 * a + 0.3), np.exp(b), 1 - np.tanh(c + 0.5) ** 2, 2 * d]) @ self.weights


SEEDED: dict[str, tuple[Callable[[Network, Any], Any], Sequence[str]]] = {
    "sign": (lambda n, v: -n.grad(v), ["the sign is flipped", "the sign is lost"]),
    "factor 2": (lambda n, v: 2 * n.grad(v), ["analytic = 2 × numeric"]),
    "factor 3": (lambda n, v: 3 * n.grad(v), ["analytic = 3 × numeric"]),
    "factor 1/3": (lambda n, v: n.grad(v) / 3, ["analytic = 1/3 × numeric"]),
    "factor ln 10": (lambda n, v: n.grad(v) * log(10), ["analytic = ln 10 × numeric"]),
    "factor 1.1234": (lambda n, v: n.grad(v) * 1.1234, ["analytic = 1.1234 × numeric"]),
    "factor x": (lambda n, v: n.grad(v) * v, [" is too much; is a power not lowered"]),
    "factor 1/x": (lambda n, v: n.grad(v) / v, [" is missing; is a power not lowered"]),
    "factor f": (lambda n, v: n.grad(v) * n.f(v), ["a factor f is too much"]),
    "factor 1/f": (lambda n, v: n.grad(v) / n.f(v), ["a factor f is missing"]),
    "factor norm": (lambda n, v: n.grad(v) * np.linalg.norm(v), ["a factor ‖v‖ is too much"]),
    "unknown normalisation": (lambda n, v: n.grad(v) * (1.3 + sin(3 * v[0]) / 4), ["all are off by the same factor"]),
    "regulariser": (lambda n, v: n.grad(v) + 0.02 * v, ["+ 0.02 × v["]),
    "offset": (lambda n, v: n.grad(v) + 0.3, ["analytic = numeric + 0.3, a constant difference"]),
    "penalty": (
        lambda n, v: n.grad(v) + 0.1 * np.sign(v),
        ["+ 0.1 × the sign of", "numeric + 0.1, a constant difference", "numeric - 0.1, a constant difference"],
    ),
    "reversed": (lambda n, v: n.grad(v)[::-1], ["in reverse order", "the two are swapped"]),
    "rolled": (lambda n, v: np.roll(n.grad(v), 1), ["rolled by one place"]),
    "zero": (lambda n, v: n.grad(v) * [1, 0, 1], ["it is 0"]),
    "last only": (lambda n, v: n.grad(v) * [0, 0, 1], ["only the last of v is not"]),
    "value": (lambda n, v: n.f(v) + 0 * v, ["it is f, the value"]),
    "elsewhere": (lambda n, v: n.grad(-v), ["with all numbers negated"]),
    "rounded": (lambda n, v: n.grad(v) * 1.0003, ["right to about 3 digits"]),
    "no cause": (lambda n, v: n.grad(v) + np.sin(5 * v[::-1] + 1.234) * np.exp(v / 3), [""]),
}


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("cause", SEEDED)
def test_a_hint_names_the_seeded_cause_and_no_other(cause: str, seed: int) -> None:
    network = Network(seed)
    wrong, expected = SEEDED[cause]
    report = failure(network.f, network.point, grad=lambda v: wrong(network, v))
    for entry in report.failures:
        named = any(words in entry.hint for words in expected) if expected != [""] else entry.hint == ""
        assert named, (entry.place, entry.hint)


@pytest.mark.parametrize("wrong", [lambda v: np.cos(v) * (1 + 3e-6), lambda v: np.cos(v + 1e-5)])
def test_many_numbers_that_are_right_to_some_digits_have_one_hint(wrong: Callable[[Any], Any]) -> None:
    texts = {
        entry.hint for entry in failure(lambda v: np.sum(np.sin(v)), np.linspace(0.3, 1.2, 30), grad=wrong).failures
    }
    assert len(texts) == 1
    assert texts.pop().startswith("right to about")


def test_a_factor_may_be_the_size_of_a_batch_that_is_no_argument() -> None:
    data = np.linspace(-1.0, 2.0, 24).reshape(8, 3)
    w = np.array([0.3, -0.8, 1.2])
    slope = failure(lambda w: np.mean((data @ w - 1) ** 2), w, grad=lambda w: 2 * data.T @ (data @ w - 1))
    assert "perhaps the size of a batch of 8: is a sum used instead of a mean?" in slope.failures[0].hint


def test_a_sum_over_a_broadcast_axis_is_named() -> None:
    data = np.linspace(-1.0, 2.0, 24).reshape(8, 3)
    report = failure(lambda b: np.sum(np.tanh(data + b) ** 2), np.array([0.3, -0.8, 1.2]), grad=row_of_bias(data))
    assert "a sum forgotten, such as that over a broadcast axis?" in report.failures[0].hint


def row_of_bias(data: Any) -> Callable[[Any], Any]:
    def gradient(b: Any) -> Any:
        t = np.tanh(data + b)
        return (2 * t * (1 - t * t))[0]

    return gradient


def test_an_integrator_is_not_more_exact_than_its_tolerance() -> None:
    def euler(k: float) -> float:
        return math.prod([1 - k / 1000] * 1000)

    hint = failure(euler, 1.3, grad=lambda k: -math.exp(-k)).failures[0].hint
    assert "such as an integrator with a loose tolerance?" in hint


@pytest.mark.parametrize("seed", [15, 22, 114, 191])
def test_results_that_are_known_alone_but_not_together_do_not_accuse_the_cotangent(seed: int) -> None:
    chance = np.random.default_rng(seed)
    shapes = (((20, 10), 0.3), (20, 0.3), ((3, 20), 0.22))
    w, b, v = (chance.uniform(-size, size, size=shape).astype("f") for shape, size in shapes)
    x = chance.normal(size=10).astype("f")

    def vjp(x: Any, g: Any) -> Any:
        return w.T @ ((g @ v) * (w @ x + b > 0))

    assert check_grads(lambda x: v @ np.maximum(w @ x + b, 0), x, vjp=vjp)  # in 64 bits
    report = failure(lambda x: v @ np.maximum(w @ x.astype("f") + b, 0), x, vjp=vjp)
    assert all("cannot tell" in entry.hint for entry in report.failures)


@pytest.mark.parametrize(
    ("f", "grad", "x", "hint"),
    [
        (np.round, lambda x: 1.0, 2.0, "the function does not depend on a here"),
        (np.round, lambda x: 5.0, 1.0, "the function does not depend on a here"),
        (math.lgamma, math.log, 2.5, "it is ln x: is the formula of another function used?"),
        (math.log, math.exp, 1.7, "it is exp(argument 0): is the formula of another function used?"),
        (lambda v: v.std(), lambda v: (v - v.mean()) / v.std(ddof=1) / 4, np.array([1.0, 2.5, -1.0, 0.3]), "√(3/4)"),
        (
            lambda v: (v**2).mean(),
            lambda v: np.float32(1.003) * 2 * v / v.size,
            np.random.default_rng(0).normal(size=10).astype("float32"),
            "analytic = 1.003 × numeric everywhere",
        ),
    ],
)
def test_a_hint_is_not_taken_from_numbers_that_agree_by_accident(f: Any, grad: Any, x: Any, hint: str) -> None:
    assert hint in failure(f, x, grad=grad).failures[0].hint
