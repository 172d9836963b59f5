"""Walkthroughs as text and figures: the numbers in them are those of the graph, and wrong arguments are refused."""

import math
import re
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import InputError, OperandTypeError, ShapeError, Value
from lesson_pages import story_of
from viz import equations, walkthrough
from viz.lessons.lesson import Lesson, image_shape, lesson
from viz.lessons.lesson_text import text_of_sensitivity

GOLDEN: Final = Path(__file__).parent / "golden"


def small() -> nn.MLP:
    """A network of 2, 3 and 2 neurons with round weights."""
    model = nn.MLP(2, [3, 2], activation="tanh", rng=1)
    for index, parameter in enumerate(model.parameters()):
        parameter.data = (index * 7 % 11 - 5) / 8.0
    return model


SAMPLES: Final = [([1.0, -0.5], 0), ([0.25, 0.75], 1), ([-1.0, 0.0], 0)]


def test_the_text_of_a_small_network() -> None:
    found = walkthrough(small(), nn.cross_entropy, SAMPLES, classes=["cat", "dog"], lr=0.5)
    assert found.text + "\n" == (GOLDEN / "walkthrough.txt").read_text(encoding="utf-8")
    assert str(found) == found.text


@pytest.mark.hypothesis
@given(st.integers(0, 999), st.integers(0, 2), st.integers(0, 1))
def test_what_is_asked_for_is_minus_the_gradient(seed: int, label: int, layer: int) -> None:
    model = nn.MLP(4, [5, 3], activation="sigmoid", rng=seed)
    sample = ([0.5, -1.0, 2.0, 0.0], label)
    made = lesson(model, nn.cross_entropy, [sample])
    model.zero_grad()
    nn.cross_entropy([model(sample[0])], [label]).backward()
    for index, neuron in enumerate(model.layers[layer].neurons):
        assert [one.change for one in made.of_weights(layer, index)] == [0.0 - weight.grad for weight in neuron.w]
        assert made.asked_by_samples(layer, index, None) == [0.0 - neuron.b.grad]
        assert [one.factor for one in made.of_inputs(layer, index)] == [weight.data for weight in neuron.w]
    for source in range(len(made.of_layer(layer).x)):
        column = made.column(layer, source)
        assert [one.change for one in column] == [
            made.of_inputs(layer, index)[source].change for index in range(len(column))
        ]
        if layer:
            desired = made.of_layer(0).desired[source]
            assert made.sum_of_column(layer, source) == pytest.approx(desired, rel=1e-12, abs=1e-15)


@pytest.mark.hypothesis
@given(st.integers(0, 999), st.floats(0.001, 10.0))
def test_a_step_is_that_of_gradient_descent(seed: int, lr: float) -> None:
    model = nn.MLP(2, [3, 2], activation="tanh", rng=seed)
    made = lesson(model, nn.cross_entropy, SAMPLES, lr=lr)
    optimizer = nn.optim.SGD(model.parameters(), lr=lr)
    before = [parameter.data for parameter in model.parameters()]
    nn.cross_entropy([model(x) for x, _ in SAMPLES], [y for _, y in SAMPLES]).backward()
    optimizer.step()
    steps = iter(parameter.data - old for parameter, old in zip(model.parameters(), before, strict=True))
    for layer, module in enumerate(model.layers):
        for index, neuron in enumerate(module.neurons):
            for source in [*range(len(neuron.w)), None]:
                assert next(steps) == pytest.approx(lr * made.mean_change(layer, index, source), rel=1e-9, abs=1e-12)


def test_angles_are_those_of_the_gradients() -> None:
    model = small()
    gradients = []
    for x, y in SAMPLES:
        model.zero_grad()
        nn.cross_entropy([model(x)], [y]).backward()
        gradients.append([parameter.grad for parameter in model.parameters()])
    mean = [math.fsum(column) / len(SAMPLES) for column in zip(*gradients, strict=True)]
    cosines = [
        math.fsum(a * b for a, b in zip(one, mean, strict=True)) / math.hypot(*one) / math.hypot(*mean)
        for one in gradients
    ]
    angles = lesson(model, nn.cross_entropy, SAMPLES).angles()
    assert angles == pytest.approx([math.degrees(math.acos(cosine)) for cosine in cosines], rel=1e-9)


def test_the_text_multiplies_out() -> None:
    """In every line `-(δ) × factor = change`, the change is minus the product, to the digits that are shown."""
    text = walkthrough(small(), nn.cross_entropy, SAMPLES).text
    found = re.findall(r"-\((\S+)\) +× (\S+) += (\S+)", text)
    assert len(found) == 6
    for delta, factor, change in found:
        assert float(change) == pytest.approx(-float(delta) * float(factor), rel=2e-3)


def test_classes_name_the_samples() -> None:
    found = walkthrough(small(), nn.cross_entropy, SAMPLES, classes=["cat", "dog"])
    assert repr(found) == (
        "Walkthrough(How a 2-3-2 network learns from 3 samples: cat, read as cat; "
        "show() opens it, save('walkthrough.html') writes it)"
    )
    assert "output dog" in found.neuron(1, 1)
    assert "neuron 2 of layers.0" in found.neuron(0, 2)
    assert "What layers.1 asks of neuron 0 of layers.0" in found.activation(1, 0)
    assert "the sample itself is not changed" in found.activation(0, 1)


def test_layers_of_a_sequential_are_numbered_in_words() -> None:
    model = nn.Sequential(nn.Linear(2, 3, rng=1), nn.Tanh(), nn.Linear(3, 2, rng=2))
    found = walkthrough(model, nn.cross_entropy, SAMPLES)
    assert "What layer 2 asks of neuron 0 of layer 1" in found.activation(1, 0)
    assert [layer["name"] for layer in story_of(found.page())["layers"]] == ["layer 1", "layer 2"]
    text = equations(model, nn.cross_entropy, SAMPLES[0]).text
    assert "\nLayer 1: 3 neurons, tanh\n" in text
    assert "\nLayer 2: 2 neurons, linear\n" in text
    with pytest.raises(InputError, match=r"^the gradient of 0\.neurons\.0\.w\.0 is"):
        lesson(model, lambda a, y: nn.cross_entropy(a, y) + model.parameters()[0] ** 2, SAMPLES)


def test_what_should_be_is_said_of_the_probability_and_not_of_the_score() -> None:
    of_classes = walkthrough(small(), nn.cross_entropy, SAMPLES)
    assert story_of(of_classes.page())["words"]["target"] == "p should be {y}"
    assert re.search(r"output +a +p +p should be +cost", of_classes.text)
    of_numbers = walkthrough(small(), nn.mse_loss, [([1.0, 2.0], [0.5, 1.0])])
    assert story_of(of_numbers.page())["words"]["target"] == "should be {y}"
    assert re.search(r"output +a +should be +cost", of_numbers.text)


def test_regression_has_no_classes() -> None:
    text = walkthrough(nn.MLP(2, [3, 1], rng=1), nn.mse_loss, [([1.0, 2.0], 0.5), ([2.0, 0.0], 1.5)]).text
    assert "sample of 2 numbers" in text.splitlines()[0]
    assert "sample 1" in text


def test_an_unknown_cost_is_said_to_be_unknown() -> None:
    text = walkthrough(small(), nn.huber_loss, [([1.0, 2.0], [9.0, -9.0])]).text
    assert "its formula is not known here" in text


def with_parameter(number: float) -> nn.MLP:
    model = small()
    model.layers[1].neurons[0].b.data = number
    return model


@pytest.mark.parametrize(
    ("model", "samples", "said"),
    [
        (
            small(),
            [SAMPLES[0], ([0.5, math.nan], 1)],
            "sample 1: expected finite numbers, got nan as feature 1; correct",
        ),
        (small(), [(np.array([0.5, math.nan]), 1)], "sample 0: expected finite numbers, got nan as feature 1; correct"),
        (small(), [([math.inf, 0.5], 1)], "sample 0: expected finite numbers, got inf as feature 0; correct"),
        (small(), [([1.0, 0.5], [0.5, -math.inf])], "sample 0: expected finite numbers, got -inf as target 1; correct"),
        (with_parameter(math.nan), SAMPLES, "got nan as the parameter layers.1.neurons.0.b; viz.diagnose(model, loss)"),
    ],
)
def test_numbers_that_are_not_finite_are_refused(model: nn.MLP, samples: Any, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        walkthrough(model, nn.mse_loss if type(samples[0][1]) is list else nn.cross_entropy, samples)


def test_an_overflow_is_refused() -> None:
    model = nn.MLP(1, [1], rng=1)
    with pytest.raises(InputError, match="sample 1: expected finite numbers, got inf as the cost"):
        walkthrough(model, nn.mse_loss, [([1.0], 0.0), ([1e200], 0.0)])


@pytest.mark.parametrize(
    ("sample", "error", "said"),
    [
        (
            ([1.0, 2.0, 3.0], 1),
            ShapeError,
            "sample 1: layers.0 of the MLP: a layer of 3 neurons expected 2 inputs, got 3",
        ),
        (([], 1), ShapeError, "sample 1: layers.0 of the MLP"),
        (([1.0, 2.0], 7), InputError, "sample 1: cross_entropy expected a class from 0 to 1, got 7"),
        (([1.0, "a"], 1), OperandTypeError, "sample 1: expected a real number, got 'a' (str)"),
        ([1.0, 2.0, 3.0], OperandTypeError, "sample 1: expected a sample as a pair"),
    ],
)
def test_errors_of_a_sample_name_it(sample: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=re.escape(said)):
        walkthrough(small(), nn.cross_entropy, [SAMPLES[0], sample])


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (nn.Dropout(0.5), "Dropout(p=0.5) is in training mode and draws random numbers"),
        (nn.BatchNorm1d(3), "the mean and variance of a batch couple its samples"),
    ],
)
def test_a_mode_in_which_a_sample_has_no_numbers_of_its_own_is_refused(module: nn.Module, said: str) -> None:
    model = nn.Sequential(nn.Linear(2, 3, rng=1), module, nn.Linear(3, 2, rng=2))
    with pytest.raises(InputError, match=rf"{re.escape(said)}.* call model\.eval\(\) first"):
        walkthrough(model, nn.cross_entropy, SAMPLES)
    with pytest.raises(InputError, match="eval"):
        equations(model, nn.cross_entropy, SAMPLES[0])


def test_dropout_that_drops_nothing_is_taken() -> None:
    model = nn.Sequential(nn.Linear(2, 3, rng=1), nn.Dropout(0.0), nn.Dropout(0.5).eval(), nn.Linear(3, 2, rng=2))
    assert len(lesson(model, nn.cross_entropy, SAMPLES).chosen.layers) == 2


def test_a_class_with_parameters_alone_is_a_model() -> None:
    """As in micrograd: a method that lists the Values, and a call."""

    class Network:
        def __init__(self) -> None:
            self.w = [Value(0.5), Value(-0.25), Value(0.75), Value(1.5)]

        def parameters(self) -> list[Value]:
            return self.w

        def __call__(self, x: list[float]) -> Value:
            a, b, c, d = self.w
            return (a * x[0] + b * x[1] + c).tanh() * d

    made = lesson(Network(), nn.mse_loss, [([1.0, 2.0], 1.0)])
    assert [len(layer.a) for layer in made.chosen.layers] == [1, 1]
    program: dict[str, Any] = {}
    exec(equations(Network(), nn.mse_loss, ([1.0, 2.0], 1.0)).numpy, program)  # noqa: S102 - the subject of the test
    assert list(program["gradients"]) == [f"parameters.{k}" for k in range(4)]


def test_many_inputs_are_counted() -> None:
    images = nn.data.digits().test[:3]
    found = walkthrough(nn.MLP(64, [4, 10], rng=1), nn.cross_entropy, images)
    text = found.neuron(0, 1)
    assert text.count("and 54 more") == 2
    assert "pixel (" in text
    assert "0 more" not in text


def test_files_have_the_page_or_the_text(tmp_path: Path) -> None:
    found = walkthrough(small(), nn.cross_entropy, SAMPLES, title="A <lesson>")
    assert found.save(tmp_path / "lesson.txt").read_text(encoding="utf-8") == found.text + "\n"
    html = found.save(tmp_path / "lesson.html").read_text(encoding="utf-8")
    assert html == found.page().html
    assert "A &lt;lesson&gt;" in html
    with pytest.raises(InputError, match=r"\.html"):
        found.save(tmp_path / "lesson.svg")


def test_a_notebook_shows_the_page() -> None:
    found = walkthrough(small(), nn.cross_entropy, SAMPLES)
    bundle = found._repr_mimebundle_()
    assert bundle["text/plain"] == repr(found)
    assert "<iframe" in bundle["text/html"]


def test_images_have_a_shape() -> None:
    assert image_shape(64, "auto") == (8, 8)
    assert image_shape(63, "auto") is None
    assert image_shape(64, None) is None
    assert image_shape(64, (4, 16)) == (4, 16)


WRONG: Final[list[tuple[dict[str, Any], type[Exception], str]]] = [
    ({"samples": []}, InputError, "at least one sample"),
    ({"samples": "abc"}, OperandTypeError, "a list of pairs"),
    ({"samples": ([1.0, 2.0], 0)}, OperandTypeError, "a list of pairs"),
    ({"lr": 0.0}, InputError, "positive number as lr"),
    ({"lr": "0.1"}, InputError, "positive number as lr"),
    ({"lr": math.nan}, InputError, "positive number as lr"),
    ({"classes": ["a"]}, ShapeError, "2 outputs, got 1"),
    ({"shape": (2, 2)}, ShapeError, "2 features, got 2 by 2"),
    ({"shape": 2}, OperandTypeError, "height, width"),
    ({"title": 3}, OperandTypeError, "title"),
    ({"model": Value(1.0)}, OperandTypeError, "named_parameters"),
]


@pytest.mark.parametrize(("changed", "error", "words"), WRONG)
def test_wrong_arguments_are_named(changed: dict[str, Any], error: type[Exception], words: str) -> None:
    arguments: dict[str, Any] = {"model": small(), "loss": nn.cross_entropy, "samples": SAMPLES} | changed
    with pytest.raises(error, match=words):
        walkthrough(arguments.pop("model"), arguments.pop("loss"), arguments.pop("samples"), **arguments)


def test_an_input_has_its_article() -> None:
    found = walkthrough(small(), nn.cross_entropy, SAMPLES)
    with pytest.raises(InputError, match="expected an input from 0 to 2, got 3"):
        found.activation(1, 3)
    with pytest.raises(InputError, match="expected a layer from 0 to 1, got 2"):
        found.neuron(2, 0)


@pytest.mark.parametrize("call", [
    lambda found: found.neuron(2, 0),
    lambda found: found.neuron(0, 3),
    lambda found: found.activation(1, 3),
    lambda found: found.neuron(-1, 0),
])  # fmt: skip
def test_wrong_places_are_named(call: Any) -> None:
    with pytest.raises(InputError):
        call(walkthrough(small(), nn.cross_entropy, SAMPLES))


@pytest.mark.parametrize("others", [[2, 2], [3, 3, 2]])
def test_networks_that_change_between_samples_are_refused(others: list[int]) -> None:
    one, other = small(), nn.MLP(2, others, rng=1)

    class Changing(nn.Module):
        def __init__(self) -> None:
            self.one, self.other = one, other

        def __call__(self, x: list[float]) -> Any:
            return (one if x[0] > 0.0 else other)(x)

    said = r"sample 1: expected the layers of sample 0, \[Layer\(one.layers.0: .*, got \[Layer\(other.layers.0"
    with pytest.raises(InputError, match=said):
        lesson(Changing(), nn.cross_entropy, [SAMPLES[0], SAMPLES[2]])


def test_networks_that_leave_layers_out_are_refused() -> None:
    model = nn.MLP(2, [2, 2], rng=1)

    class Skipping(nn.Module):
        def __init__(self) -> None:
            self.model = model

        def __call__(self, x: list[float]) -> Any:
            return model(x) if x[0] > 0.0 else model.layers[0](x)

    with pytest.raises(InputError, match="sample 1: expected the layers of sample 0"):
        lesson(Skipping(), nn.cross_entropy, [SAMPLES[0], SAMPLES[2]])


def test_a_lesson_is_about_its_first_sample() -> None:
    made: Lesson = lesson(small(), nn.cross_entropy, SAMPLES)
    assert made.chosen is made.samples[0]
    assert made.chosen.features == (1.0, -0.5)


def test_neurons_beyond_the_table_are_added_up() -> None:
    found = walkthrough(nn.MLP(2, [3, 40], activation="tanh", rng=1), nn.cross_entropy, [([1.0, 0.5], 3)])
    text = found.activation(1, 0)
    shown = len(re.findall(r"^output \d+ ", text, re.MULTILINE))
    ((count, rest),) = re.findall(r"^(\d+) more +(\S+)$", text, re.MULTILINE)
    (total,) = re.findall(r"^sum +(\S+)$", text, re.MULTILINE)
    assert shown + int(count) == 40
    changes = sorted((one.change for one in found.lesson.column(1, 0)), key=abs)
    assert float(rest) == pytest.approx(sum(changes[: int(count)]), rel=1e-3)
    assert float(total) == pytest.approx(sum(changes), rel=1e-3)


def test_one_parameter_is_compared_with_no_other() -> None:
    found = walkthrough(small(), nn.cross_entropy, SAMPLES)
    assert "times as much as" in text_of_sensitivity(found.lesson)
    assert "times as much as" not in text_of_sensitivity(found.lesson, 1)
