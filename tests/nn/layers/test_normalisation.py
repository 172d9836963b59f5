"""Normalisations: against PyTorch, their statistics, what they keep of a batch, and gradients in both modes."""

import math
import random
import statistics
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import InputError, ShapeError, topological_order
from autograd_core.testing import check_grads
from layer_reference import (
    REFERENCE,
    assert_agrees,
    assert_near,
    cases,
    flat,
    form,
    start,
    title,
    values,
    with_parameters,
)
from nn.layers import normalisation
from nn.layers.normalisation import BatchNorm1d, LayerNorm, RMSNorm

BATCH_NORMS = [pytest.param(case, id=title({"module": "BatchNorm1d", **case})) for case in REFERENCE["batch_norms"]]


def random_array(source: random.Random, *shape: int) -> Any:
    if not shape:
        return source.uniform(-2.0, 2.0)
    return [random_array(source, *shape[1:]) for _ in range(shape[0])]


def buffers(module: BatchNorm1d) -> dict[str, Any]:
    held = {name: getattr(module, name) for name in module.buffer_names}
    return {name: content for name, content in held.items() if content is not None}


# ---- LayerNorm and RMSNorm -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("LayerNorm", "RMSNorm"))
def test_values_and_gradients_are_pytorchs(case: dict[str, Any]) -> None:
    module = getattr(normalisation, case["module"])(**case["arguments"])
    start(module, case)
    assert_agrees(module, case)


@settings(deadline=None, max_examples=10)
@given(st.integers(1, 4), st.integers(0, 2), st.booleans(), st.booleans(), st.integers(0, 999))
def test_gradients_are_right(n: int, leading: int, affine: bool, bias: bool, seed: int) -> None:
    source = random.Random(seed)
    x = random_array(source, *[2] * leading, n)
    for module in (LayerNorm(n, 1e-3, affine, bias), RMSNorm(n, 1e-3, affine)):
        numbers = [source.uniform(0.5, 2.0) for _ in module.parameters()]

        def run(x: Any, numbers: list[Any], module: Any = module) -> Any:
            return with_parameters(module, numbers)(x)

        assert form(run(x, numbers)) == form(x)
        assert check_grads(run, x, numbers)


@given(st.lists(st.floats(-5.0, 5.0), min_size=3, max_size=8).filter(lambda x: statistics.pstdev(x) > 0.1))
def test_what_comes_out_has_the_moments(x: list[float]) -> None:
    centred = LayerNorm(len(x), 0.0, elementwise_affine=False)(x)
    assert statistics.fmean(centred) == pytest.approx(0.0, abs=1e-12)
    assert statistics.pvariance(centred) == pytest.approx(1.0, rel=1e-9)
    scaled = RMSNorm(len(x), 0.0, elementwise_affine=False)(x)
    assert statistics.fmean(y * y for y in scaled) == pytest.approx(1.0, rel=1e-12)


def test_a_large_mean_costs_no_digits() -> None:
    x = [1e8, 1e8 + 1.0, 1e8 + 2.0, 1e8 + 3.0]
    expected = [d / math.sqrt(1.25 + 1e-5) for d in (-1.5, -0.5, 0.5, 1.5)]
    assert LayerNorm(4, elementwise_affine=False)(x) == pytest.approx(expected, rel=1e-14)
    batch = BatchNorm1d(1, affine=False)([[number] for number in x])
    assert flat(batch) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("x", [[3.0, 3.0, 3.0], [0.0, 0.0, 0.0], [0.1, 0.1, 0.1]])
def test_equal_numbers_are_no_trouble(x: list[float]) -> None:
    inputs = values(x)
    for y in LayerNorm(3)(inputs):
        assert abs(y.data) < 1e-10
        y.backward()
    assert all(math.isfinite(number.grad) for number in inputs)
    assert all(
        math.isnan(y) for y in LayerNorm(3, 0.0, elementwise_affine=False)([2.0, 2.0, 2.0])
    )  # 0 / 0, and no error


def test_the_arguments_of_those_for_samples() -> None:
    assert repr(LayerNorm(3, bias=False)) == "LayerNorm(3, eps=1e-05, elementwise_affine=True, bias=False)"
    assert repr(RMSNorm((3,), 0.5)) == "RMSNorm(3, eps=0.5, elementwise_affine=True)"
    assert LayerNorm([4]).normalized_shape == 4
    assert (
        LayerNorm(3, elementwise_affine=False).parameters() == RMSNorm(3, elementwise_affine=False).parameters() == []
    )
    assert RMSNorm(2).tensors().keys() == {"weight"}
    for made in (LayerNorm, RMSNorm):
        for shape in (0, [2, 3], [], "3", 2.0, None):
            with pytest.raises(InputError, match="normalized_shape"):
                made(shape)  # type: ignore[arg-type]
        with pytest.raises(InputError, match="eps must be a finite number of at least 0, got -1"):
            made(3, -1)
        for x in ([1.0, 2.0], [[1.0] * 3, [1.0] * 4], 1.0, []):
            with pytest.raises(ShapeError, match=r"Norm\(3, .* expected 3 numbers in the last dimension, got "):
                made(3)(x)


# ---- BatchNorm -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", BATCH_NORMS)
def test_batch_by_batch_it_is_pytorchs(case: dict[str, Any]) -> None:
    module = BatchNorm1d(**case["arguments"])
    start(module, case)
    assert len(case["batches"]) == 4
    for batch in case["batches"]:
        module.train(batch["training"])
        assert_agrees(module, batch)
        assert buffers(module).keys() == batch["buffers"].keys()
        for name, content in buffers(module).items():
            assert_near(content, batch["buffers"][name])


@settings(deadline=None, max_examples=10)
@given(
    samples=st.integers(1, 3),
    features=st.integers(1, 3),
    length=st.integers(0, 3),
    affine=st.booleans(),
    training=st.booleans(),
    seed=st.integers(0, 999),
)
def test_gradients_are_right_in_both_modes(
    samples: int, features: int, length: int, affine: bool, training: bool, seed: int
) -> None:
    source = random.Random(seed)
    module = BatchNorm1d(features, 1e-3, affine=affine)
    module(random_array(source, 3, features))
    module.train(training)
    x = random_array(source, samples + (length < 2), features, *[length] * (length > 0))
    numbers = [source.uniform(0.5, 2.0) for _ in module.parameters()]
    tracked = [list(module.running_mean or []), list(module.running_var or [])]
    calls = []

    def run(x: Any, numbers: list[Any]) -> Any:
        calls.append(1)
        return with_parameters(module, numbers)(x)  # a copy, whose running statistics are its own

    assert check_grads(run, x, numbers)
    assert check_grads(run, x, numbers, method="central", atol=1e-5)
    assert len(calls) > 1
    assert [module.running_mean, module.running_var] == tracked


def test_a_gradient_check_may_change_the_running_statistics_without_being_wrong() -> None:
    # In training the outputs do not depend on them, however often the check runs the module itself.
    module, x = BatchNorm1d(2), [[0.5, 1.0], [-0.5, 2.0], [1.5, -1.0]]
    before = [y.data for y in flat(module(x))]
    assert check_grads(module, x, method="central", atol=1e-6)
    assert (module.num_batches_tracked or 0) > 2
    assert [y.data for y in flat(module(x))] == before


def test_features_of_a_batch_get_mean_0_and_variance_1() -> None:
    source = random.Random(2)
    for shape in ((6, 2), (3, 2, 5)):
        outputs = BatchNorm1d(2, 0.0)(random_array(source, *shape))
        for i in range(2):
            feature = [y.data for sample in outputs for y in flat(sample[i])]
            assert statistics.fmean(feature) == pytest.approx(0.0, abs=1e-14)
            assert statistics.pvariance(feature) == pytest.approx(1.0, rel=1e-12)


def test_in_use_samples_do_not_matter_to_each_other() -> None:
    module, source = BatchNorm1d(2), random.Random(3)
    module(random_array(source, 5, 2))
    module.eval()
    batch = random_array(source, 4, 2)
    before = buffers(module)
    assert flat([[y.data for y in sample] for sample in module(batch)]) == [
        y.data for sample in batch for y in module(sample)
    ]
    assert form(module(batch[0])) == [None, None]
    assert form(module([batch[0]])) == [[None, None]]
    assert buffers(module) == before


def test_running_statistics_can_be_forgotten_or_not_kept() -> None:
    module = BatchNorm1d(1)
    module([[1.0], [2.0]])
    assert module.num_batches_tracked == 1
    module.reset_running_stats()
    assert buffers(module) == {"running_mean": [0.0], "running_var": [1.0], "num_batches_tracked": 0}
    without = BatchNorm1d(1, track_running_stats=False)
    without([[1.0], [2.0]])
    assert buffers(without) == {}
    assert [y.data for y in flat(without.eval()([[1.0], [3.0]]))] == pytest.approx([-1.0, 1.0], abs=1e-4)


def test_its_place_in_a_model() -> None:
    assert BatchNorm1d.over_batch is True
    assert BatchNorm1d.buffer_names == ("running_mean", "running_var", "num_batches_tracked")
    module = BatchNorm1d(2)
    assert [name for name, _ in module.named_parameters()] == ["weight.0", "weight.1", "bias.0", "bias.1"]
    assert repr(module) == "BatchNorm1d(2, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)"


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[1.0, 2.0]], r"BatchNorm1d\(2, .*\) expected more than one value of each feature in training, got 1"),
        ([[[1.0], [2.0]]], "expected more than one value of each feature in training, got 1"),
        ([1.0, 2.0], r"expected a batch of shape \(N, 2\) or \(N, 2, L\), got 1 dimension; give it all samples"),
        (1.0, "got the number 1.0"),
        ([], "got 1 dimension"),
        ([[[[1.0]]]], "got 4 dimensions"),
        ([[1.0, 2.0], [1.0]], "expected 2 features in each sample, got 1"),
        ([[1.0, 2.0, 3.0]] * 2, "expected 2 features in each sample, got 3"),
        ([[1.0, 2.0], [1.0, [2.0]]], "expected 2 features in each sample"),
    ],
)
def test_batches_that_do_not_fit_are_refused_and_nothing_is_tracked(x: Any, message: str) -> None:
    module = BatchNorm1d(2)
    before = buffers(module)
    with pytest.raises(ShapeError, match=message):
        module(x)
    assert buffers(module) == before


def test_arrays_of_numpy_are_read_as_lists() -> None:
    for kind in (np.float64, np.int64):
        batch = np.array([[1, 2], [3, 5], [4, 0]], kind)
        singly = BatchNorm1d(2)(batch.tolist())
        assert [y.data for y in flat(BatchNorm1d(2)(batch))] == [y.data for y in flat(singly)]


def test_one_sample_is_enough_if_it_is_long() -> None:
    assert form(BatchNorm1d(2)([[[1.0, 2.0], [3.0, 4.0]]])) == [[[None, None], [None, None]]]


def test_arguments_are_checked() -> None:
    for features in (0, -1, 2.0, None):
        with pytest.raises(InputError, match="num_features must be a positive int, got "):
            BatchNorm1d(features)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="eps must be"):
        BatchNorm1d(2, math.nan)
    with pytest.raises(InputError, match="momentum must be"):
        BatchNorm1d(2, momentum=-0.1)


# ---- Far from 1 ------------------------------------------------------------------------------------------------------

SCALES = [1e-300, 1e-200, 1e-160, 1e-100, 1e100, 1e160, 1e200, 1e300]

spread_numbers = st.builds(
    lambda xs, gap: [*xs, xs[0] - math.copysign(gap, xs[0])],
    st.lists(st.floats(-5, 5), min_size=1, max_size=4),
    st.floats(0.25, 5.0),
).flatmap(st.permutations)
"""Numbers two of which are far from each other, and so one from 0."""


def truth(xs: list[float], centered: bool) -> list[mpmath.mpf]:
    """The normalised numbers, without `eps`."""
    with mpmath.workdps(50):
        numbers = [mpmath.mpf(x) for x in xs]
        center = mpmath.fsum(numbers) / len(numbers) if centered else mpmath.mpf(0)
        root = mpmath.sqrt(mpmath.fsum([(x - center) ** 2 for x in numbers]) / len(numbers))
        return [(x - center) / root for x in numbers]


@given(spread_numbers, st.sampled_from(SCALES))
def test_the_size_of_numbers_does_not_matter(xs: list[float], scale: float) -> None:
    n, far = len(xs), [x * scale for x in xs]
    eps = 0.0 if scale < 1.0 else 1e-5  # which is nothing beside what is large, and all beside what is small
    results = {
        True: flat(LayerNorm(n, eps=eps)(far)),
        False: flat(RMSNorm(n, eps=eps)(far)),
    }
    for centered, result in results.items():
        assert [y.data for y in result] == pytest.approx([float(y) for y in truth(far, centered)], rel=1e-12, abs=1e-12)
    batch = BatchNorm1d(1, eps=eps)([[x] for x in far])
    assert [y.data for [y] in batch] == pytest.approx([y.data for y in results[True]], rel=1e-12, abs=1e-12)


@given(spread_numbers, st.sampled_from([1e-160, 1e-100, 1e80, 1e120, 1e160, 1e200]))
def test_gradients_are_those_of_moderate_numbers(xs: list[float], scale: float) -> None:
    """Of `f(s·x)`, which is `f(x)`, the gradient is that of `f` by `s`; the second one is by its square."""
    for make in (LayerNorm, RMSNorm):
        norm = make(len(xs), eps=0.0)
        near, far = values(xs), values([x * scale for x in xs])
        for inputs in (near, far):
            flat(norm(inputs))[0].backward()
        assert [x.grad * scale for x in far] == pytest.approx([x.grad for x in near], rel=1e-9, abs=1e-11)


def test_running_statistics_are_those_of_the_numbers_themselves() -> None:
    norm = BatchNorm1d(1, momentum=1.0)
    norm([[1e120], [3e120]])
    assert norm.running_mean == pytest.approx([2e120], rel=1e-15)
    assert norm.running_var == pytest.approx([2e240], rel=1e-15)


def test_usual_numbers_make_no_more_nodes() -> None:
    def nodes(xs: list[float]) -> int:
        return len(topological_order(ag.sum(flat(LayerNorm(3)(values(xs))))))

    assert nodes([1.0, 2.0, 4.0]) == nodes([1e40, 2e40, 4e40]) < nodes([1e200, 2e200, 4e200])


def test_eps_is_scaled_with_numbers_whose_squares_would_lose_digits() -> None:
    xs = [x * 1e-150 for x in (1.0, 2.0, 3.0, 4.0)]
    expected = [x / math.sqrt(1.25 + 1.25) for x in (-1.5, -0.5, 0.5, 1.5)]
    assert LayerNorm(4, eps=1.25e-300, elementwise_affine=False)(xs) == pytest.approx(expected, rel=1e-12)
    features = BatchNorm1d(1, eps=1.25e-300)([[x] for x in xs])
    assert [y.data for [y] in features] == pytest.approx(expected, rel=1e-12)
