"""Losses against PyTorch's numbers, their closed forms and their own gradients, also where numbers are extreme."""

import json
import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import mpmath
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import InputError, Value, dot, grad, topological_order
from autograd_core.testing import check_grads
from nn import MLP, fit, losses
from nn.data import Batches
from nn.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cosine_embedding_loss,
    cosine_similarity,
    cross_entropy,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    multi_margin_loss,
    nll_loss,
    smooth_l1_loss,
    soft_margin_loss,
)
from nn.optim import SGD

REFERENCE: Final = json.loads((Path(__file__).parents[1] / "reference" / "losses.json").read_text(encoding="utf-8"))


def values(numbers: list[float]) -> list[Value]:
    return [Value(number) for number in numbers]


def nodes(loss: Value) -> int:
    """How many results of ops there are in a graph."""
    return sum(node.op is not None for node in topological_order(loss))


def flat(numbers: Any) -> Iterator[Any]:
    """The numbers of nested lists, one by one."""
    if isinstance(numbers, list):
        for part in numbers:
            yield from flat(part)
    else:
        yield numbers


def leaves(numbers: Any) -> Any:
    """Values in the structure of numbers."""
    return [leaves(part) for part in numbers] if isinstance(numbers, list) else Value(numbers)


def data(numbers: Any) -> Any:
    """Numbers in the structure of Values."""
    if isinstance(numbers, list):
        return [data(part) for part in numbers]
    return numbers.data if isinstance(numbers, Value) else numbers


def close(numbers: Any) -> Any:
    """What is equal to PyTorch's numbers, but for rounding."""
    return pytest.approx(list(flat(numbers)), rel=1e-10, abs=1e-13)


# ---- PyTorch's numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case", REFERENCE["losses"], ids=lambda case: f"{case['loss']}-{'-'.join(map(str, case['options'].values()))}"
)
def test_values_and_gradients_are_those_of_pytorch(case: dict[str, Any]) -> None:
    wanted = case["wanted"]
    arguments = [leaves(x) if place in wanted else x for place, x in enumerate(case["arguments"])]
    value = getattr(losses, case["loss"])(*arguments, **case["options"])
    assert shape(value) == shape(case["value"])
    assert list(flat(data(value))) == close(case["value"])
    ag.sum(flat(value)).backward()
    for place, gradients in zip(wanted, case["gradients"], strict=True):
        assert [leaf.grad for leaf in flat(arguments[place])] == close(gradients)


def shape(numbers: Any) -> Any:
    return [shape(part) for part in numbers] if isinstance(numbers, list) else None


def test_the_reference_has_every_loss_with_every_reduction() -> None:
    met = {(case["loss"], case["options"].get("reduction")) for case in REFERENCE["losses"]}
    for name in losses.__all__:
        if name.endswith("loss") or name.startswith("binary"):
            assert {(name, reduction) for reduction in ("mean", "sum", "none")} <= met
    assert ("kl_div", "batchmean") in met
    assert ("cosine_similarity", None) in met


# ---- Gradients -------------------------------------------------------------------------------------------------------

Case = tuple[Callable[..., Any], tuple[Any, ...]]
"""A loss of some arguments, and the numbers it is to be differentiated at."""

real = st.floats(-3.0, 3.0)
inner = st.floats(0.05, 0.95)
sides = st.sampled_from([-1, 1])


def arrays(numbers: st.SearchStrategy[Any], *shape: int) -> st.SearchStrategy[Any]:
    """Nested lists."""
    for size in reversed(shape):
        numbers = st.lists(numbers, min_size=size, max_size=size)
    return numbers


@st.composite
def elements(draw: st.DrawFn, loss: Callable[..., Any], predictions: Any, targets: Any) -> Case:
    """A loss of numbers with targets that are numbers, too."""
    shape = draw(st.lists(st.integers(1, 3), min_size=1, max_size=2))
    return loss, (draw(arrays(predictions, *shape)), draw(arrays(targets, *shape)))


@st.composite
def sided(draw: st.DrawFn, loss: Callable[..., Any]) -> Case:
    """A loss of numbers with targets -1 and 1."""
    shape = draw(st.lists(st.integers(1, 3), min_size=1, max_size=2))
    targets = draw(arrays(sides, *shape))
    return lambda scores: loss(scores, targets), (draw(arrays(real, *shape)),)


@st.composite
def indexed(draw: st.DrawFn, loss: Callable[..., Any], options: tuple[str, ...]) -> Case:
    """A loss of classes given by indices, with all options."""
    size, classes = draw(st.integers(1, 3)), draw(st.integers(2, 4))
    target = draw(arrays(st.integers(0, classes - 1), size))
    chosen = {"weight": draw(arrays(st.floats(0.1, 2.0), classes)), "label_smoothing": draw(st.floats(0.0, 0.5))}
    wanted = {name: option for name, option in chosen.items() if name in options}
    return lambda scores: loss(scores, target, **wanted), (draw(arrays(real, size, classes)),)


@st.composite
def probable(draw: st.DrawFn) -> Case:
    """Cross entropy with probabilities."""
    size, classes = draw(st.integers(1, 3)), draw(st.integers(2, 4))
    return cross_entropy, (draw(arrays(real, size, classes)), draw(arrays(inner, size, classes)))


@st.composite
def vectors(draw: st.DrawFn, loss: Callable[..., Any] | None) -> Case:
    """Two lists of vectors."""
    size, length = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    positive = st.floats(0.2, 3.0)
    targets = draw(arrays(sides, size))
    function = cosine_similarity if loss is None else lambda a, b: loss(a, b, targets)
    return function, (draw(arrays(positive, size, length)), draw(arrays(positive, size, length)))


WEIGHTED = partial(binary_cross_entropy_with_logits, pos_weight=1.75, weight=0.5)

CASES: dict[str, st.SearchStrategy[Case]] = {
    "mse": elements(mse_loss, real, real),
    "mse none": elements(partial(mse_loss, reduction="none"), real, real),
    "l1": elements(l1_loss, real, real),
    "huber": elements(partial(huber_loss, delta=0.75), real, real),
    "smooth l1": elements(partial(smooth_l1_loss, beta=0.75), real, real),
    "cross entropy": indexed(cross_entropy, ()),
    "cross entropy with options": indexed(cross_entropy, ("weight", "label_smoothing")),
    "cross entropy with probabilities": probable(),
    "nll": indexed(nll_loss, ("weight",)),
    "multi margin": indexed(multi_margin_loss, ("weight",)),
    "multi margin squared": indexed(partial(multi_margin_loss, p=2), ("weight",)),
    "binary": elements(binary_cross_entropy, inner, inner),
    "binary from logits": elements(binary_cross_entropy_with_logits, real, inner),
    "binary from logits with weights": elements(WEIGHTED, real, inner),
    "hinge": sided(hinge_loss),
    "soft margin": sided(soft_margin_loss),
    "kl": elements(kl_div, real, inner),
    "kl of logarithms": elements(partial(kl_div, log_target=True, reduction="batchmean"), real, real),
    "cosine": vectors(None),
    "cosine embedding": vectors(partial(cosine_embedding_loss, margin=-0.5)),
}


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=12)
@given(st.data())
def test_gradients_are_right_for_random_shapes(name: str, source: st.DataObject) -> None:
    loss, point = source.draw(CASES[name])
    assert check_grads(loss, *point)


def test_second_derivatives_of_the_replaced_gradient() -> None:
    assert check_grads(lambda p: binary_cross_entropy(p, [0.3, 1.0]), [0.4, 0.9], order=2)


# ---- Digits ----------------------------------------------------------------------------------------------------------


@settings(max_examples=50)
@given(st.floats(-1000.0, 1000.0), st.sampled_from([0.0, 1.0]), st.sampled_from([1.0, 2.5]))
def test_binary_loss_of_a_logit_has_all_its_digits(z: float, t: float, factor: float) -> None:
    leaf = Value(z)
    loss = binary_cross_entropy_with_logits(leaf, t, pos_weight=factor)
    loss.backward()
    with mpmath.workdps(500):
        share = mpmath.mpf(factor) if t else mpmath.mpf(1)
        signed = mpmath.mpf(-z if t else z)
        expected, slope = share * mpmath.log1p(mpmath.exp(signed)), share / (1 + mpmath.exp(-signed))
    # Near 0 a number is off by half of the smallest one, which the weight multiplies.
    assert loss.data == pytest.approx(float(expected), rel=1e-15, abs=2e-323)
    assert leaf.grad == pytest.approx(float(-slope if t else slope), rel=2e-15, abs=2e-323)


@settings(max_examples=50)
@given(st.floats(-1000.0, 1000.0), st.floats(0.001, 0.999))
def test_binary_loss_with_a_probability_as_target(z: float, t: float) -> None:
    leaf = Value(z)
    loss = binary_cross_entropy_with_logits(leaf, t)
    loss.backward()
    with mpmath.workdps(500):
        expected = mpmath.log1p(mpmath.exp(z)) - mpmath.mpf(t) * mpmath.mpf(z)
        slope = 1 / (1 + mpmath.exp(-mpmath.mpf(z))) - mpmath.mpf(t)
    assert loss.data == pytest.approx(float(expected), rel=1e-15, abs=0.0)
    assert leaf.grad == pytest.approx(float(slope), rel=1e-15, abs=2e-16)


@settings(max_examples=30)
@given(st.lists(st.floats(-1000.0, 1000.0), min_size=2, max_size=5))
def test_cross_entropy_and_its_gradient_have_all_their_digits(numbers: list[float]) -> None:
    logits = values(numbers)
    loss = cross_entropy(logits, 0)
    loss.backward()
    with mpmath.workdps(900):  # beside the largest, exp(-2000) is to leave a trace
        shares = [mpmath.exp(mpmath.mpf(z) - mpmath.mpf(numbers[0])) for z in numbers]
        others = mpmath.fsum(shares[1:])
        expected = mpmath.log1p(others)
        slopes = [-others / (1 + others), *[share / (1 + others) for share in shares[1:]]]
    assert loss.data == pytest.approx(float(expected), rel=1e-14, abs=1e-300)
    assert [z.grad for z in logits] == pytest.approx([float(slope) for slope in slopes], rel=1e-14, abs=1e-300)


def test_losses_at_infinities_are_limits() -> None:
    assert binary_cross_entropy_with_logits([math.inf, -math.inf], [1.0, 0.0]) == 0.0
    assert binary_cross_entropy_with_logits([math.inf, -math.inf], [0.0, 1.0]) == math.inf
    assert soft_margin_loss([math.inf, -math.inf], [1, 1], reduction="none") == [0.0, math.inf]
    assert huber_loss([math.inf], [0.0]) == math.inf
    assert kl_div([-math.inf], [0.0]) == 0.0
    assert kl_div([-1.0, -0.5], [-math.inf, 0.0], log_target=True, reduction="none") == [0.0, 0.5]
    assert kl_div([-math.inf], [-math.inf], log_target=True) == 0.0
    assert kl_div([-math.inf], [-1.0], log_target=True) == math.inf
    assert math.isnan(kl_div([math.nan], [-math.inf], log_target=True))
    assert math.isnan(kl_div([math.nan], [0.0]))


def test_nan_is_not_hidden() -> None:
    for loss in (mse_loss, l1_loss, huber_loss, smooth_l1_loss):
        for pair in ((math.nan, 1.0), (1.0, math.nan)):
            assert math.isnan(loss([1.0, pair[0]], [1.0, pair[1]]))
    for sided_loss in (hinge_loss, soft_margin_loss):
        assert math.isnan(sided_loss([math.nan], [1]))
    assert math.isnan(multi_margin_loss([math.nan, 1.0], 1))
    assert math.isnan(binary_cross_entropy_with_logits([math.nan], [1.0]))
    assert math.isnan(kl_div([math.nan], [0.5]))
    assert math.isnan(cosine_similarity([math.nan, 1.0], [1.0, 1.0]))


def test_a_huge_difference_has_the_slope_of_the_bound() -> None:
    p = Value(1e308)
    huber_loss(p, -1e308, delta=0.5).backward()
    assert p.grad == 0.5


# ---- Kinks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "point", "slope"),
    [
        (lambda x: hinge_loss(x, 1), 1.0, 0.0),
        (lambda x: hinge_loss(x, -1), -1.0, 0.0),
        (lambda x: hinge_loss(x, 1), math.nextafter(1.0, 0.0), -1.0),
        (lambda x: huber_loss(x, 0.0, delta=2.0), 2.0, 2.0),
        (lambda x: huber_loss(x, 0.0, delta=2.0), -2.0, -2.0),
        (lambda x: smooth_l1_loss(x, 0.0, beta=2.0), -2.0, -1.0),
        (lambda x: l1_loss(x, 3.0), 3.0, 0.0),
        (lambda x: multi_margin_loss([x, 1.0], 0), 2.0, 0.0),
        # At right angles, where PyTorch goes on turning.
        (lambda x: cosine_embedding_loss([x, 0.0], [0.0, 1.0], -1), 1.0, 0.0),
    ],
)
def test_slopes_at_kinks(loss: Callable[[Any], Any], point: float, slope: float) -> None:
    assert grad(loss)(point) == slope


# ---- Options ---------------------------------------------------------------------------------------------------------


def test_weights_of_one_and_no_smoothing_change_nothing() -> None:
    rows, indices = [[0.5, -1.0, 2.0], [3.0, 3.0, -1.0]], [2, 0]
    plain = cross_entropy(rows, indices)
    for options in ({"weight": [1.0] * 3}, {"ignore_index": 7}, {"weight": (1, 1, 1), "label_smoothing": 0.0}):
        assert cross_entropy(rows, indices, **options) == plain
    certain = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    assert cross_entropy(rows, certain) == pytest.approx(plain, rel=1e-15)
    assert cross_entropy(rows, leaves(certain)).data == pytest.approx(plain, rel=1e-15)


def test_usual_options_give_the_same_bits_as_the_general_way() -> None:
    rows, indices = [[0.5, -1.0, 2.0], [3.0, 3.0, -1.0], [0.1, 0.2, 0.3]], [2, 0, 1]
    for loss in (cross_entropy, nll_loss):
        for reduction in ("mean", "sum", "none"):
            usual, general = leaves(rows), leaves(rows)
            one = loss(usual, indices, reduction=reduction)
            two = loss(general, indices, reduction=reduction, ignore_index=-1)
            assert data(one) == data(two)
            for value in (one, two):
                ag.sum(flat(value)).backward()
            assert [leaf.grad for leaf in flat(usual)] == [leaf.grad for leaf in flat(general)]


def test_ignored_samples_count_neither_above_nor_below() -> None:
    rows = [[0.5, -1.0], [3.0, 3.0], [1.0, 2.0]]
    assert cross_entropy(rows, [1, -100, 0], ignore_index=-100) == pytest.approx(
        cross_entropy([rows[0], rows[2]], [1, 0])
    )
    assert cross_entropy(rows, [1, 0, 0], ignore_index=0, reduction="none")[1:] == [0.0, 0.0]
    assert nll_loss(rows, [0, 0, 0], ignore_index=0, reduction="sum") == 0.0
    for options in ({"ignore_index": 0}, {"weight": [0.0, 1.0]}):
        with pytest.raises(InputError, match="at least one sample that counts to take the mean over, got 3"):
            cross_entropy(rows, [0, 0, 0], **options)


def test_classes_are_the_last_dimension_of_any_number() -> None:
    deep = [[[0.5, -1.0], [3.0, 3.0]], [[1.0, 2.0], [0.0, 0.5]]]
    indices = [[1, 0], [0, 1]]
    shallow = cross_entropy([row for rows in deep for row in rows], [1, 0, 0, 1], reduction="none")
    assert cross_entropy(deep, indices, reduction="none") == [shallow[:2], shallow[2:]]
    shares = [[[0.0, 1.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]]
    assert list(flat(cross_entropy(deep, shares, reduction="none"))) == pytest.approx(shallow)
    ragged = cross_entropy([deep[0], [deep[1][0]]], [[1, 0], [0]], reduction="none")
    assert ragged == [shallow[:2], shallow[2:3]]


def test_a_weight_may_be_one_number_a_row_or_all() -> None:
    p, t = [[0.1, 0.2], [0.3, 0.4]], [[1.0, 0.0], [1.0, 0.0]]
    same = [
        binary_cross_entropy(p, t, weight=weight, reduction="none")
        for weight in (2, [2.0, 2.0], [[2.0, 2.0], [2.0, 2.0]])
    ]
    assert same[0] == same[1] == same[2]
    assert binary_cross_entropy(0.5, 1.0, weight=3.0) == pytest.approx(3.0 * math.log(2.0))


@pytest.mark.parametrize(
    ("loss", "most"),
    [
        (lambda x: l1_loss(x, [0.0] * 10), 2 * 10 + 2),
        (lambda x: huber_loss(x, [0.25] * 10), 4 * 10 + 2),
        (lambda x: hinge_loss(x, [1] * 10), 2 * 10 + 2),
        (lambda x: binary_cross_entropy(x, [0.3] * 10), 10 + 2),
        (lambda x: binary_cross_entropy_with_logits(x, [0.0] * 10), 10 + 2),
        (lambda x: multi_margin_loss(x, 3), 2 * 10 + 3),
        (lambda x: cosine_embedding_loss(x, [0.5] * 10, 1), 10),
        (lambda x: cross_entropy(x, [0.1] * 10), 3 * 10 + 4),
    ],
)
def test_graphs_are_small(loss: Callable[[Any], Value], most: int) -> None:
    assert nodes(loss(values([0.1 * i for i in range(10)]))) <= most


def test_a_loss_with_options_trains_a_model() -> None:
    model = MLP(1, [1], rng=0)
    samples = [([x], 2 * x) for x in (-1, 0, 1, 2)]
    history = fit(
        model,
        partial(huber_loss, delta=2.0),
        Batches(samples, 4, rng=0),
        SGD(model.parameters(), lr=0.2),
        epochs=100,
    )
    assert history[-1].loss < 1e-6 < history[0].loss


# ---- Far from 1 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("log_target", [False, True])
@pytest.mark.parametrize("x", [-1.0, -math.inf])
def test_nothing_as_a_target_has_gradients(log_target: bool, x: float) -> None:
    prediction, target = Value(x), Value(-math.inf if log_target else 0.0)
    loss = kl_div([prediction], [target], log_target=log_target)
    if isinstance(loss, Value):
        loss.backward()
        assert loss.data == 0.0
    else:
        assert loss == 0.0
    assert prediction.grad == 0.0
    assert target.grad == (0.0 if log_target or x == -math.inf else 1.0)


@given(
    st.lists(st.floats(-4, 4), min_size=3, max_size=3),
    st.lists(st.floats(-4, 4), min_size=3, max_size=3),
    st.sampled_from([1e90, 1e160, 1e300]),
    st.sampled_from([1.0, 1e90, 1e300]),
)
def test_a_cosine_does_not_know_how_long_vectors_are(a: list[float], b: list[float], far: float, near: float) -> None:
    assume(max(map(abs, a)) > 0.1 and max(map(abs, b)) > 0.1)
    long, other = [x * far for x in a], [x * near for x in b]
    true = dot(a, b) / (math.hypot(*a) * math.hypot(*b))
    assert cosine_similarity(long, other) == pytest.approx(true, abs=1e-13)
    assert cosine_embedding_loss(long, other, 1) == pytest.approx(1.0 - true, abs=1e-9)
    v, w = values(a), values([x * far for x in a])
    cosine_similarity(v, b).backward()
    cosine_similarity(w, other).backward()
    assert [x.grad * far for x in w] == pytest.approx([x.grad for x in v], abs=1e-12)


def test_a_cosine_of_short_vectors_is_one_if_eps_is_shorter() -> None:
    assert cosine_similarity([3e-200, 4e-200], [4e-250, 3e-250], eps=1e-300) == pytest.approx(0.96, rel=1e-14)
