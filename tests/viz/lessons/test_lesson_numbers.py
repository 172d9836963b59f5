"""The numbers on the page of a lesson, beside those that `backward()` adds to `.grad`."""

import json
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
import nn
from autograd_core import Value
from browser import Browser, Tab, needs_chromium
from lesson_pages import SAMPLES, cross_entropy, go, mse, network, numbers, rows, small, story_of, table, titles
from viz.lessons.lesson import lesson
from viz.lessons.lesson_page import lesson_page
from viz.text import number


@given(st.integers(1, 4), st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(0, 9))
@settings(max_examples=25)
def test_the_file_has_the_gradients_of_the_engine(width: int, sizes: list[int], seed: int) -> None:
    model = nn.MLP(width, sizes, activation="tanh", rng=seed)
    draw = random.Random(seed)
    samples = [([draw.gauss() for _ in range(width)], [draw.gauss() for _ in range(sizes[-1])]) for _ in range(2)]

    def loss(outputs: list[Any], targets: list[Any]) -> Any:
        output = outputs[0] if isinstance(outputs[0], list) else [outputs[0]]
        return nn.mse_loss(output, targets[0])

    story = story_of(lesson_page(lesson(model, loss, samples, lr=0.1, classes=["c"] * sizes[-1], shape=None)))
    for told, (features, target) in zip(story["samples"], samples, strict=True):
        model.zero_grad()
        loss([model(features)], [target]).backward()
        x = numbers(told["features"]["floats"])
        for index, signals in enumerate(told["layers"]):
            deltas = numbers(signals["deltas"])
            for j, neuron in enumerate(model.layers[index].neurons):
                assert [deltas[j] * each for each in x] == [weight.grad for weight in neuron.w]
                assert deltas[j] == neuron.b.grad
            x = numbers(signals["a"])


@needs_chromium
def test_the_script_writes_and_adds_numbers_as_python_does(browser: Browser, tmp_path: Path) -> None:
    tab = browser.open(lesson_page(small()).save(tmp_path / "lesson.html"), still=True)
    draw = random.Random(1)
    found = [draw.uniform(-1, 1) * 10.0 ** draw.randrange(-12, 20) for _ in range(500)]
    found += [0.0, -0.0, 1.0, 1e16, 1e15, 9999.6, 99995.0, 1e-4, 0.00012345678, 5e-324, 1.7976931348623157e308, 1e22]
    told = json.dumps(found)
    assert tab.run(f"{told}.map(exact)") == [repr(x) for x in found]
    assert tab.run(f"{told}.map(short)") == [number(x) for x in found]
    assert tab.run("[NaN, Infinity, -Infinity].map(short)") == ["nan", "inf", "-inf"]
    lists = [[draw.gauss() * 10.0 ** draw.randrange(-9, 9) for _ in range(9)] for _ in range(200)]
    lists += [[1.0, 1e100, 1.0, -1e100] * 3, [1e16, 1.0, 1e-16], [1e16, 1.0, 1.0], [0.1] * 10, []]
    assert tab.run(f"{json.dumps(lists)}.map(total)") == [math.fsum(each) for each in lists]
    assert tab.run("String(total([Infinity, -Infinity]))") == "NaN"
    tab.close()


NETWORKS: Final[list[tuple[int, list[int], str, Callable[..., Any]]]] = [
    (2, [3, 2], "tanh", mse),
    (3, [4, 3, 2], "sigmoid", mse),
    (4, [5, 3], "relu", cross_entropy),
    (3, [9, 8], "tanh", mse),  # sums of eight, in which the order of adding is seen
    (1, [1, 2], "gelu", mse),
]


@needs_chromium
@pytest.mark.parametrize(("width", "sizes", "activation", "loss"), NETWORKS)
def test_shown_numbers_are_those_of_backward(
    browser: Browser, tmp_path: Path, width: int, sizes: list[int], activation: str, loss: Callable[..., Any]
) -> None:
    model = nn.MLP(width, sizes, activation=activation, rng=5)
    draw = random.Random(7)
    classes = sizes[-1]
    targets = range(3) if loss is cross_entropy else [[draw.gauss() for _ in range(classes)] for _ in range(3)]
    samples = [([draw.gauss() for _ in range(width)], target) for target in targets]
    told = lesson(model, loss, samples, lr=0.25, classes=[f"c{index}" for index in range(classes)], shape=None)
    tab = browser.open(lesson_page(told).save(tmp_path / "lesson.html"), still=True)
    last = len(sizes) - 1
    for sample, layer, neuron in [(0, last, 0), (1, last, classes - 1), (2, 0, 0), (1, 0, sizes[0] - 1)]:
        go(tab, sample, layer, neuron)
        check_place(tab, model, loss, samples, (sample, layer, neuron))
    assert tab.complaints == []
    tab.close()


def activations(model: nn.MLP, features: Sequence[Any]) -> list[list[Any]]:
    """The features and what each layer makes of them."""
    found = [list(features)]
    for layer in model.layers:
        made = layer(found[-1])
        found.append(made if isinstance(made, list) else [made])
    return found


def check_place(
    tab: Tab, model: nn.MLP, loss: Callable[..., Any], samples: Sequence[Any], chosen: tuple[int, int, int]
) -> None:
    """The numbers on the page at one place, beside gradients of the engine."""
    sample, layer, neuron = chosen
    features, target = samples[sample]
    model.zero_grad()
    signals = activations(model, [Value(x) for x in features])
    cost = loss([signals[-1]], [target])
    cost.backward()
    unit = model.layers[layer].neurons[neuron]
    before, here = signals[layer], signals[layer + 1]
    names = [f"{'input' if layer == 0 else 'neuron'} {index}" for index in range(len(before))]
    delta = unit.b.grad
    assert list(rows(tab, "bias").values()) == [-delta]
    assert rows(tab, "weights") == dict(zip(names, [0.0 - w.grad for w in unit.w], strict=True))
    assert rows(tab, "before") == dict(zip(names, [0.0 - delta * w.data for w in unit.w], strict=True))
    z, a, _, desired, shown = titles(tab, "#facts .number")
    assert (a, desired, shown) == (here[neuron].data, 0.0 - here[neuron].grad, delta)
    products = [w.data * x.data for w, x in zip(unit.w, before, strict=True)]
    assert z == pytest.approx(math.fsum([unit.b.data, *products]), abs=1e-12)
    columns = table(tab, "columns")
    for index, name in enumerate(names):
        *asks, total = columns[name]
        assert asks == [0.0 - each.b.grad * each.w[index].data for each in model.layers[layer].neurons]
        assert total == pytest.approx(0.0 - before[index].grad, rel=1e-12, abs=1e-300)
        assert layer == 0 or total == 0.0 - before[index].grad
    assert titles(tab, "#cost .total .number") == [cost.data]
    assert titles(tab, "#arrows > div > .number") == [0.0 - output.grad for output in signals[-1]]
    check_mean(tab, model, loss, samples, (sample, layer, neuron))


def check_mean(
    tab: Tab, model: nn.MLP, loss: Callable[..., Any], samples: Sequence[Any], chosen: tuple[int, int, int]
) -> None:
    sample, layer, neuron = chosen
    unit = model.layers[layer].neurons[neuron]
    parameters = {"bias": unit.b} | {
        f"{'input' if layer == 0 else 'neuron'} {index}": weight for index, weight in enumerate(unit.w)
    }
    alone = []
    for features, target in samples:
        model.zero_grad()
        loss([activations(model, features)[-1]], [target]).backward()
        alone.append({parameter: parameter.grad for parameter in model.parameters()})
    model.zero_grad()
    (ag.sum([loss([activations(model, x)[-1]], [y]) for x, y in samples]) / len(samples)).backward()
    for name, (*asks, mean, step) in table(tab, "changes").items():
        assert asks == [0.0 - gradients[parameters[name]] for gradients in alone]
        assert mean == math.fsum(asks) / len(samples)
        assert mean == pytest.approx(0.0 - parameters[name].grad, rel=1e-12, abs=1e-18)
        assert step == 0.25 * mean
    check_sensitivity(tab, model, loss, samples[sample], alone[sample])


def check_sensitivity(
    tab: Tab, model: nn.MLP, loss: Callable[..., Any], sample: Any, gradients: dict[Value, float]
) -> None:
    """The table of real and predicted changes, beside a network whose parameter is really changed."""
    features, target = sample
    by_label = {parameter.label: parameter for parameter in model.parameters()}
    labels = tab.run("[...document.querySelectorAll('#ranking tbody small')].map(e => e.textContent)")
    shown = titles(tab, "#ranking tbody td .number")
    largest = max(map(abs, gradients.values()))
    for index, label in enumerate(labels):
        gradient, relative, predicted, real = shown[4 * index : 4 * index + 4]
        parameter = by_label[label]
        assert (gradient, predicted) == (gradients[parameter], gradients[parameter] * 0.1)
        assert relative == abs(gradient) / largest
        old = parameter.data
        cost = loss([activations(model, features)[-1]], [target]).data
        parameter.data = old + 0.1
        moved = loss([activations(model, features)[-1]], [target]).data
        assert real == pytest.approx(moved - cost, rel=1e-9, abs=1e-14)
        parameter.data = old
    sizes = [abs(gradients[by_label[label]]) for label in labels]
    assert sizes == sorted(map(abs, gradients.values()), reverse=True)[: len(sizes)]


@needs_chromium
def test_angles_are_those_between_gradients(browser: Browser, tmp_path: Path) -> None:
    tab = browser.open(lesson_page(small()).save(tmp_path / "lesson.html"), still=True)
    model = network()
    gradients = []
    for features, target in SAMPLES:
        model.zero_grad()
        mse([model(features)], [target]).backward()
        gradients.append([parameter.grad for parameter in model.parameters()])
    mean = [math.fsum(column) / 3 for column in zip(*gradients, strict=True)]
    expected = []
    for each in gradients:
        product = math.fsum(a * b for a, b in zip(each, mean, strict=True))
        cosine = product / math.hypot(*each) / math.hypot(*mean)
        expected += [math.degrees(math.acos(cosine)), math.hypot(*each)]
    found = tab.run("[...document.querySelectorAll('.angles .number')].map(e => Number(e.title))")
    assert found == pytest.approx(expected, rel=1e-9)
    tab.close()
