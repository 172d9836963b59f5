"""Convolutions, pooling and Flatten: against PyTorch, gradients on random shapes, and shapes that do not fit."""

import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd_core import InputError, ShapeError, Value, topological_order
from autograd_core.testing import check_grads
from layer_reference import assert_agrees, cases, flat, form, start, values, with_parameters
from nn import init
from nn.layers.convolution import Conv1d, Conv2d
from nn.layers.flatten import Flatten
from nn.layers.pooling import MaxPool1d, MaxPool2d


def random_array(source: random.Random, *shape: int) -> Any:
    if not shape:
        return source.uniform(-2.0, 2.0)
    return [random_array(source, *shape[1:]) for _ in range(shape[0])]


@pytest.mark.parametrize("case", cases("Conv1d", "Conv2d", "MaxPool1d", "MaxPool2d", "Flatten"))
def test_values_and_gradients_are_pytorchs(case: dict[str, Any]) -> None:
    module = getattr(nn, case["module"])(**case["arguments"])
    start(module, case)
    assert_agrees(module, case)


def windows(smallest: int, dilation: int, padding: int) -> st.SearchStrategy[dict[str, int]]:
    """Windows of at least this size, and of at most this dilation and padding."""
    return st.fixed_dictionaries({
        "kernel_size": st.integers(smallest, 3),
        "stride": st.integers(1, 3),
        "padding": st.integers(0, padding),
        "dilation": st.integers(1, dilation),
    })  # fmt: skip


def lengths_for(window: dict[str, int]) -> st.SearchStrategy[int]:
    """Lengths into which a window fits."""
    reach = window["dilation"] * (window["kernel_size"] - 1) + 1
    return st.integers(max(1, reach - 2 * window["padding"]), 5)


@settings(deadline=None, max_examples=12)
@given(
    windows(1, dilation=2, padding=1).flatmap(lambda window: st.tuples(st.just(window), lengths_for(window))),
    *[st.integers(1, 2)] * 3,
    st.booleans(),
)
def test_gradients_of_convolutions_are_right(
    fitting: tuple[dict[str, int], int], groups: int, seen: int, made: int, bias: bool
) -> None:
    window, length = fitting
    source = random.Random(length)
    arguments: dict[str, Any] = {"groups": groups, "bias": bias, "rng": source, **window}
    channels = (groups * seen, groups * made)
    line, picture = (
        Conv1d(*channels, **arguments),
        Conv2d(*channels, **arguments | {"kernel_size": (1, window["kernel_size"])}),
    )
    for module, x in (
        (line, random_array(source, channels[0], length)),
        (picture, random_array(source, 1, channels[0], 1, length)),
    ):

        def run(x: Any, numbers: list[Any], module: Any = module) -> Any:
            return with_parameters(module, numbers)(x)

        assert check_grads(run, x, [source.uniform(-1.0, 1.0) for _ in module.parameters()])


@settings(deadline=None, max_examples=12)
@given(
    # A window of one number chooses nothing, and one with gaps beside padding may see padding only.
    (windows(2, dilation=2, padding=0) | windows(2, dilation=1, padding=1)).flatmap(
        lambda window: st.tuples(st.just(window), lengths_for(window), lengths_for(window))
    ),
    st.integers(0, 99),
)
def test_gradients_of_pooling_are_right(fitting: tuple[dict[str, int], int, int], seed: int) -> None:
    window, height, width = fitting
    source = random.Random(seed)
    assert check_grads(MaxPool2d(**window), random_array(source, 2, height, width))
    assert check_grads(MaxPool1d(**window), random_array(source, 2, width))


def test_a_convolution_is_its_formula() -> None:
    source = random.Random(0)
    conv, x = Conv2d(2, 3, (2, 3), (2, 1), (1, 2), (1, 2), rng=source), random_array(source, 2, 4, 5)
    for bias in conv.bias or []:
        bias.data = source.random()

    def seen(channel: int, i: int, j: int) -> float:
        inside = 0 <= i < 4 and 0 <= j < 5
        return x[channel][i][j] if inside else 0.0

    outputs = conv(x)
    assert (len(outputs), len(outputs[0]), len(outputs[0][0])) == (3, 3, 5)
    for o, channel in enumerate(outputs):
        for p, row in enumerate(channel):
            for q, output in enumerate(row):
                terms = [
                    conv.weight[o][c][k][l].data * seen(c, 2 * p + k - 1, q + 2 * l - 2)
                    for c in range(2)
                    for k in range(2)
                    for l in range(3)  # noqa: E741 - the letter of the formula
                ]
                assert output.data == pytest.approx(math.fsum(terms) + (conv.bias or [])[o].data, rel=1e-12, abs=1e-13)


def test_an_output_is_two_nodes_and_rebound_weights_are_used() -> None:
    conv = Conv1d(1, 1, 2, rng=0)
    (outputs,) = conv([[1.0, 2.0, 3.0]])
    assert [node.op.name for node in topological_order(outputs[0]) if node.op is not None] == ["dot", "add"]
    conv.weight = [[[Value(1.0), Value(10.0)]]]
    assert [y.data for y in conv([[1.0, 2.0, 3.0]])[0]] == [21.0, 32.0]


def test_a_batch_is_its_samples_one_by_one() -> None:
    source = random.Random(1)
    for module, shape in (
        (Conv1d(2, 3, 2, rng=0), (2, 4)),
        (Conv2d(2, 3, 2, rng=0), (2, 3, 4)),
        (MaxPool1d(2), (2, 4)),
        (MaxPool2d(2), (2, 3, 4)),
    ):
        batch = random_array(source, 3, *shape)
        singly = [module(values(x)) for x in batch]
        together = module(values(batch))
        assert form(together) == form(singly)
        assert [y.data for y in flat(together)] == [y.data for y in flat(singly)]


def test_parameters_are_pytorchs() -> None:
    conv = Conv2d(4, 6, (2, 3), groups=2, rng=3)
    assert form(conv.weight) == [[[[None] * 3] * 2] * 2] * 6
    assert form(conv.bias) == [None] * 6
    assert conv.tensors() == {"weight": conv.weight, "bias": conv.bias}
    # fan_in counts what a filter sees, fan_out what an input would reach without groups and stride, as in PyTorch.
    assert [w.data for w in flat(conv.weight)] == flat(init.xavier_uniform(12, 36, 3, 6))
    assert Conv1d(1, 2, 3, bias=False).tensors().keys() == {"weight"}
    orthogonal = Conv1d(2, 3, 2, init=init.orthogonal, rng=1)
    assert [w.data for w in flat(orthogonal.weight)] == flat(init.orthogonal(4, 6, 1, 3))
    names = [name for name, _ in Conv1d(1, 1, 2).named_parameters()]
    assert names == ["weight.0.0.0", "weight.0.0.1", "bias.0"]


def test_largest_numbers_that_are_equal_share_the_gradient() -> None:
    x = values([[[1.0, 3.0], [3.0, 2.0]]])
    MaxPool2d(2)(x)[0][0][0].backward()
    assert [number.grad for number in flat(x)] == [0.0, 0.5, 0.5, 0.0]


def test_padding_of_a_maximum_never_wins() -> None:
    assert MaxPool2d(3, 1, 1)([[[-5.0, -6.0]]]) == [[[-5.0, -5.0]]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), [[[None] * 4] * 3] * 2),
        ((1, 2), [[[None] * 2] * 6] * 2),
        ((0,), [None] * 48),
        ((0, 1), [[[None] * 2] * 2] * 6),
        ((-1,), None),
        ((2, -2), None),
    ],
)
def test_flatten_joins_the_dimensions_that_are_named(arguments: tuple[int, ...], expected: Any) -> None:
    x = random_array(random.Random(0), 2, 3, 2, 2)
    y = Flatten(*arguments)(x)
    if arguments == ():
        assert form(y) == [[None] * 12] * 2
    else:
        assert flat(y) == flat(x)


def test_flatten_from_the_end_is_for_samples_and_batches() -> None:
    picture = random_array(random.Random(0), 3, 2, 2)
    assert Flatten(-3)(picture) == flat(picture)
    assert Flatten(-3)([picture, picture]) == [flat(picture)] * 2
    assert Flatten()([picture, picture]) == [flat(picture)] * 2
    for wrong in (Flatten(3), Flatten(-4), Flatten(2, 1)):
        with pytest.raises(ShapeError, match=r"Flatten\(.*\) expected these dimensions, .* got 3 dimensions"):
            wrong(picture)
    for dim in (None, 1.0, True):
        with pytest.raises(InputError, match="start_dim must be an int"):
            Flatten(dim)  # type: ignore[arg-type]


# ---- What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "x", "message"),
    [
        (Conv1d(2, 1, 3), [[1.0] * 4], r"Conv1d\(2, 1, kernel_size=3\) expected 2 channels, got 1"),
        (Conv1d(1, 1, 3), [1.0] * 4, r"expected shape \(1, L\) or \(N, 1, L\), got 1 dimension"),
        (Conv1d(1, 1, 3), 1.0, "got the number 1.0"),
        (Conv2d(1, 1, 3), [[1.0] * 4], r"expected shape \(1, H, W\) or \(N, 1, H, W\), got 2 dimensions"),
        (MaxPool2d(2), [1.0], r"expected shape \(C, H, W\) or \(N, C, H, W\), got 1 dimension"),
        (Conv1d(1, 1, 3), [[1.0, 2.0]], r"at least as large as the window, got \[2\] with padding \[0\] .* of \[3\]"),
        (Conv1d(1, 1, 2, dilation=3), [[1.0, 2.0, 3.0]], "at least as large as the window"),
        (MaxPool1d(3), [[1.0, 2.0]], "at least as large as the window"),
        (Conv1d(2, 1, 1), [[1.0, 2.0], [1.0]], "expected rectangular channels of equal shape, got others"),
        (Conv2d(1, 1, 1), [[[1.0, 2.0], [1.0]]], "expected rectangular channels of equal shape, got others"),
        (Conv2d(1, 1, 1), [[[1.0, 2.0], 1.0]], "expected rectangular channels of equal shape, got others"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(module: Any, x: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        module(x)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv1d(0, 1, 1), "in_channels must be a positive int, got 0"),
        (lambda: Conv1d(1, 0, 1), "out_channels must be a positive int, got 0"),
        (lambda: Conv1d(1, 1, 0), "kernel_size must be a positive int, got 0"),
        (lambda: Conv1d(1, 1, 1, 0), "stride must be a positive int, got 0"),
        (lambda: Conv1d(1, 1, 1, padding=-1), "padding must be an int of at least 0, got -1"),
        (
            lambda: Conv1d(1, 1, 1, padding="same"),  # type: ignore[arg-type]
            "padding must be an int of at least 0, got 'same'",
        ),
        (lambda: Conv1d(1, 1, 1, dilation=0), "dilation must be a positive int, got 0"),
        (lambda: Conv1d(3, 2, 1, groups=2), "in_channels must be divisible by groups=2, got 3"),
        (lambda: Conv1d(2, 3, 1, groups=2), "out_channels must be divisible by groups=2, got 3"),
        (lambda: Conv1d(1, 1, (1, 2)), r"kernel_size must be an int or 1 of them, got \(1, 2\)"),
        (lambda: Conv2d(1, 1, (1, 2, 3)), r"kernel_size must be an int or 2 of them, got \(1, 2, 3\)"),
        (lambda: MaxPool2d(2, padding=2), "padding must be at most half of the window, got 2 for kernel_size 2"),
    ],
)
def test_arguments_are_checked(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_modules_are_shown_as_they_are_called() -> None:
    assert repr(Conv1d(2, 3, 3, bias=False)) == "Conv1d(2, 3, kernel_size=3, bias=False)"
    assert repr(Conv2d(2, 4, (2, 3), 2, (0, 1), groups=2)) == (
        "Conv2d(2, 4, kernel_size=(2, 3), stride=2, padding=(0, 1), groups=2)"
    )
    assert repr(MaxPool2d(2)) == "MaxPool2d(kernel_size=2, stride=2)"
    assert repr(Flatten()) == "Flatten(start_dim=1, end_dim=-1)"
