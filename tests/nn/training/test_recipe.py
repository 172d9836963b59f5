"""Checkpoints of trainings that were made in another way: refused with a list, unless that is meant."""

import functools
import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import InputError, Value
from begun_training import POINTS, begun, perceptron, training
from nn import MLP, cross_entropy, huber_loss, l1_loss, mse_loss, optim, schedules
from nn.data import Batches, moons
from nn.layers.activations import LeakyReLU, ReLU, Tanh
from nn.layers.containers import Sequential
from nn.layers.dense import Linear
from nn.layers.dropout import Dropout
from nn.layers.normalisation import BatchNorm1d, LayerNorm
from nn.modules.module import Module
from nn.training import checkpoint
from nn.training.fit import fit
from nn.training.recipe import RecipeError, described, differences
from nn.training.regularisation import noise_std
from nn.training.train import Training

NUMBERS: Final = [(features, float(label)) for features, label in POINTS]
BUMPED: Final = [([x, y + (place == 13) * 1e-12], label) for place, ([x, y], label) in enumerate(POINTS)]
"""The same samples but for the last bits of one number."""


class Own(Module):
    """A module of a user, with an activation as attribute."""

    def __init__(self, act: Callable[[Any], Any] = ag.tanh, width: int = 3, scale: float = 1.0) -> None:
        self.act, self.scale = act, scale
        self.inner, self.outer = Linear(2, width, rng=0), Linear(width, 2, rng=1)

    def __call__(self, x: Any) -> Any:
        return self.outer([self.act(h) * self.scale for h in self.inner(x)])


class Focal:
    """A loss of a user, with a setting."""

    def __init__(self, gamma: float) -> None:
        self.gamma = gamma

    def __call__(self, outputs: Any, targets: Any) -> Any:
        return cross_entropy(outputs, targets) * self.gamma


def one_loss(outputs: Any, targets: Any) -> Any:
    return cross_entropy(outputs, targets)


def chain(part: Any) -> Module:
    return Sequential(Linear(2, 3, rng=0), part, Linear(3, 2, rng=1))


ALTERED: Final[dict[str, tuple[dict[str, Any], dict[str, Any], str]]] = {
    "data of equal size": ({}, {"samples": moons(20, rng=1)}, "samples: was [0-9a-f]{16}, is [0-9a-f]{16}"),
    "one bit of the data": ({}, {"samples": BUMPED}, "samples: was"),
    "validation": ({"validation": POINTS}, {"validation": BUMPED}, "validation samples: was"),
    "no validation": ({"validation": POINTS}, {}, "validation samples: was [0-9a-f]{16}, is none"),
    "loss": (
        {"samples": NUMBERS, "loss": mse_loss, "model": functools.partial(MLP, 2, [1], rng=0)},
        {"samples": NUMBERS, "loss": l1_loss, "model": functools.partial(MLP, 2, [1], rng=0)},
        r"loss: was nn\.mse_loss, is nn\.l1_loss",
    ),
    "option of the loss": (
        {"loss": functools.partial(cross_entropy, label_smoothing=0.1)},
        {"loss": functools.partial(cross_entropy, label_smoothing=0.2)},
        r"loss: was .*cross_entropy\(label_smoothing=0\.1\), is .*cross_entropy\(label_smoothing=0\.2\)",
    ),
    "setting of a loss of one's own": ({"loss": Focal(1.0)}, {"loss": Focal(2.0)}, r"loss: was .*Focal\(gamma=1\), is"),
    "loss of one's own": (
        {"loss": one_loss},
        {"loss": lambda *pair: one_loss(*pair) * 1.0},
        r"one_loss \(code .*\), is .*lambda",
    ),
    "activation": ({}, {"model": functools.partial(perceptron, activation="relu")}, r"layers\.0: .*tanh.*is .*relu"),
    "activation module": (
        {"model": lambda: chain(Tanh())},
        {"model": lambda: chain(ReLU())},
        r"module 1: was nn\.Tanh\(\), is nn\.ReLU\(\)",
    ),
    "setting of an activation": (
        {"model": lambda: chain(LeakyReLU(0.1))},
        {"model": lambda: chain(LeakyReLU(0.2))},
        r"negative_slope=0\.1\), is .*negative_slope=0\.2\)",
    ),
    "activation of one's own module": ({"model": Own}, {"model": lambda: Own(ag.relu)}, "act=tanh.*act=relu"),
    "number in one's own module": ({"model": Own}, {"model": lambda: Own(scale=2.0)}, "scale=1.*scale=2"),
    "dropout": (
        {"model": lambda: chain(Dropout(0.1, rng=0))},
        {"model": lambda: chain(Dropout(0.2, rng=0))},
        r"Dropout\(p=0\.1\), is .*Dropout\(p=0\.2\)",
    ),
    "seed of dropout": (
        {"model": lambda: chain(Dropout(0.1, rng=0))},
        {"model": lambda: chain(Dropout(0.1, rng=1))},
        r"seed of 1\.rng: was",
    ),
    "normalisation": (
        {"model": lambda: chain(LayerNorm(3))},
        {"model": lambda: chain(LayerNorm(3, eps=0.1))},
        r"eps=1e-05\), is .*eps=0\.1\)",
    ),
    "clip_norm": ({"clip_norm": 1.0}, {"clip_norm": 2.0}, "clip_norm: was 1, is 2"),
    "clip_value": ({"clip_value": 1.0}, {}, "clip_value: was 1, is None"),
    "seed of the order": ({}, {"batch": {"rng": 1}}, "seed of the order of samples: was"),
    "seed of the noise": ({"noise": 0.1, "rng": 1}, {"noise": 0.1, "rng": 2}, "seed of the noise: was"),
    "noise": ({"noise": 0.1, "rng": 1}, {"noise": noise_std, "rng": 1}, r"noise: was 0\.1, is nn\..*noise_std"),
    "learning rate": ({}, {"lr": 0.2}, r"learning rate: was 0\.1, is 0\.2"),
    "a rate for a schedule": ({"lr": schedules.exponential(0.1, 0.9)}, {}, r"exponential\(.*gamma=0\.9\), is 0\.1"),
    "a schedule for a rate": ({}, {"lr": schedules.linear(0.2, 0.1, 12)}, r"was 0\.1, is .*linear\(start=0\.2, "),
    "schedule": ({"lr": schedules.linear(0.2, 0.1, 12)}, {"lr": schedules.linear(0.2, 0.1, 10)}, "steps=12.*steps=10"),
    "schedule of schedules": (
        {"lr": schedules.sequential([schedules.constant(0.1), schedules.constant(0.2)], [5])},
        {"lr": schedules.sequential([schedules.constant(0.1), schedules.constant(0.3)], [5])},
        r"constant\(lr=0\.2\).*constant\(lr=0\.3\)",
    ),
    "patience": (
        {"patience": 3}, {"patience": 4}, "patience=3, .*patience=4, ",
    ),
    "no early stopping": ({"patience": 3}, {}, "early stopping: was .*, is None"),
    "early stopping": ({}, {"patience": 3}, "early stopping: was None, is "),
    "option of the optimiser": ({}, {"momentum": 0.8}, r"momentum: was 0\.9, is 0\.8"),
    "fewer epochs": ({}, {"epochs": 2}, "epochs: was 3, is 2"),
    "frozen": ({}, {"before": lambda model: model.freeze("layers.0*")}, r"frozen parameters: was none, is 9 \("),
}  # fmt: skip
"""What the first training was like, what the second one is like, and what is said about it."""

FIXED: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "optimiser": ({"optimizer": optim.Adam}, "optimizer: was .*SGD, is .*Adam.*cannot continue with another optimizer"),
    "size of batches": ({"batch": {"size": 5}}, "batch size: was 6, is 5.*cannot continue with another batch size"),
    "shuffled": ({"batch": {"shuffle": False}}, "seed of the order of samples: was .*, is none"),
    "shapes": ({"model": functools.partial(MLP, 2, [4, 2], activation="tanh", rng=0)}, "parameters: was 17 .*, is 22 "),
}  # fmt: skip


@pytest.mark.parametrize("name", ALTERED)
def test_another_training_is_refused_and_told_what_differs(name: str, tmp_path: Path) -> None:
    first, second, message = ALTERED[name]
    begun(tmp_path / "run", **first)
    other = training(**second)
    before = other.state_dict()
    with pytest.raises(RecipeError, match=rf"run is not a checkpoint of .*{message}.* resume_changed=True for fit"):
        checkpoint.load(other, tmp_path / "run")
    assert other.state_dict() == before
    with pytest.raises(RecipeError, match=message):
        other.load_state_dict(training(**first).state_dict())


@pytest.mark.parametrize("name", ALTERED)
def test_another_training_goes_on_if_that_is_meant(name: str, tmp_path: Path) -> None:
    first, second, _ = ALTERED[name]
    numbers = begun(tmp_path / "run", **first).state_dict()["model"]
    other = training(**second)
    checkpoint.load(other, tmp_path / "run", changed=True)
    assert other.state_dict()["model"] == numbers
    assert other.updates == 5
    list(other.steps())
    checkpoint.save(other, tmp_path / "again")
    checkpoint.load(training(**second), tmp_path / "again")


@pytest.mark.parametrize("name", FIXED)
def test_what_cannot_change_is_refused_even_if_it_is_meant(name: str, tmp_path: Path) -> None:
    second, message = FIXED[name]
    begun(tmp_path / "run")
    other = training(**second)
    before = other.state_dict()
    with pytest.raises(RecipeError, match=message):
        checkpoint.load(other, tmp_path / "run")
    with pytest.raises(InputError):
        checkpoint.load(other, tmp_path / "run", changed=True)
    assert other.state_dict() == before


@pytest.mark.parametrize("name", sorted({*ALTERED} - {"loss of one's own"}))
def test_the_same_training_goes_on_bit_by_bit(name: str, tmp_path: Path) -> None:
    options, _, _ = ALTERED[name]
    whole = training(**options)
    list(whole.steps())
    begun(tmp_path / "run", **options)
    resumed = training(**options)
    next(resumed.steps())
    checkpoint.load(resumed, tmp_path / "run")
    list(resumed.steps())
    assert resumed.state_dict() == whole.state_dict()


def test_everything_that_differs_is_listed(tmp_path: Path) -> None:
    begun(tmp_path / "run")
    other = training(lr=0.2, clip_norm=1.0, loss=one_loss, samples=BUMPED, epochs=1)
    with pytest.raises(RecipeError) as caught:
        checkpoint.load(other, tmp_path / "run")
    for part in ("learning rate: ", "clip_norm: ", "loss: ", "samples: ", "epochs: "):
        assert part in str(caught.value)
    assert "momentum" not in str(caught.value)


# ---- What is meant is in force ---------------------------------------------------------------------------------------


def resumed(path: Path, **options: Any) -> Training:
    other = training(**options)
    checkpoint.load(other, path, changed=True)
    return other


def test_a_rate_and_options_that_are_meant_are_in_force(tmp_path: Path) -> None:
    begun(tmp_path / "run")
    assert resumed(tmp_path / "run", lr=0.2).optimizer.lr == 0.2
    assert resumed(tmp_path / "run", momentum=0.5).optimizer.groups[0]["momentum"] == 0.5
    schedule = schedules.linear(0.2, 0.1, 12)
    rate = resumed(tmp_path / "run", lr=schedule).optimizer
    assert (rate.groups[0].schedule, rate.lr) == (schedule, schedule(5))


def test_a_rate_that_was_assigned_on_the_way_stays(tmp_path: Path) -> None:
    first = training()
    next(first.steps())
    first.optimizer.lr = 0.01
    checkpoint.save(first, tmp_path / "run")
    second = training()
    checkpoint.load(second, tmp_path / "run")
    assert second.optimizer.lr == 0.01
    assert resumed(tmp_path / "run", clip_norm=1.0).optimizer.lr == 0.01
    assert resumed(tmp_path / "run", lr=0.5).optimizer.lr == 0.5


def test_a_seed_that_is_meant_makes_another_order_of_the_samples(tmp_path: Path) -> None:
    begun(tmp_path / "run")
    orders = []
    for seed in (0, 1, 2):
        other = resumed(tmp_path / "run", batch={"rng": seed})
        list(other.batches)  # the rest of the epoch that was begun
        orders.append(repr(list(other.batches)))
    assert len(set(orders)) == 3


def test_memory_that_does_not_fit_an_option_is_refused(tmp_path: Path) -> None:
    begun(tmp_path / "run", momentum=0.0)
    with pytest.raises(InputError, match="expected the state of an optimiser like this one"):
        resumed(tmp_path / "run", momentum=0.9)


# ---- fit -------------------------------------------------------------------------------------------------------------


def test_fit_refuses_and_can_be_told(tmp_path: Path) -> None:
    def trained(loss: Any, **options: Any) -> int:
        model = perceptron()
        batches, optimizer = Batches(POINTS, 6, rng=0), optim.SGD(model.parameters(), 0.1)
        return len(fit(model, loss, batches, optimizer, checkpoint=tmp_path / "run", **options))

    trained(cross_entropy, epochs=2)
    with pytest.raises(RecipeError, match="loss: was"):
        trained(one_loss, epochs=2, resume=True)
    assert trained(one_loss, epochs=3, resume=True, resume_changed=True) == 3
    assert trained(one_loss, epochs=4, resume=True) == 4
    with pytest.raises(InputError, match="resume_changed says how to resume; it needs resume=True"):
        trained(one_loss, resume_changed=True)


# ---- What is no difference -------------------------------------------------------------------------------------------


def test_a_generator_without_a_seed_is_no_difference(tmp_path: Path) -> None:
    def unseeded() -> Training:
        random.seed()
        return training(lambda: chain(Dropout(0.2)), batch={"rng": None}, noise=0.1, rng=None)

    first = unseeded()
    next(first.steps())
    checkpoint.save(first, tmp_path / "run")
    checkpoint.load(unseeded(), tmp_path / "run")


def test_what_training_does_is_no_difference(tmp_path: Path) -> None:
    """Counters, labels, modes, first weights and the number of times that a module was called."""
    begun(tmp_path / "run", model=lambda: chain(BatchNorm1d(3)))

    def used() -> Module:
        model = Sequential(Linear(2, 3, rng=5), BatchNorm1d(3), Linear(3, 2, rng=6))
        model([[1.0, 2.0], [2.0, 1.0]])
        model.eval()
        return model

    checkpoint.load(training(used), tmp_path / "run")


def test_numbers_may_be_written_as_ints_or_floats(tmp_path: Path) -> None:
    begun(tmp_path / "run", lr=1, clip_norm=2, loss=functools.partial(huber_loss, delta=1), samples=NUMBERS,
          model=functools.partial(MLP, 2, [1], rng=0))  # fmt: skip
    other = training(lr=1.0, clip_norm=2.0, loss=functools.partial(huber_loss, delta=1.0), samples=NUMBERS,
                     model=functools.partial(MLP, 2, [1], rng=0))  # fmt: skip
    checkpoint.load(other, tmp_path / "run")


def test_groups_of_parameters_are_compared_one_by_one(tmp_path: Path) -> None:
    def grouped(first: float, second: float, swapped: bool = False) -> Training:
        model = MLP(2, [2, 2], rng=0)
        parts = [layer.parameters() for layer in (reversed(model.layers) if swapped else model.layers)]
        groups = [{"params": parts[0], "lr": first}, {"params": parts[1], "lr": second}]
        return Training(model, cross_entropy, Batches(POINTS, 6, 0), optim.SGD(groups, 0.1), epochs=3)

    checkpoint.save(grouped(0.1, 0.2), tmp_path / "run")
    checkpoint.load(grouped(0.1, 0.2), tmp_path / "run")
    with pytest.raises(RecipeError, match=r"way: learning rate of group 1: was 0\.2, is 0\.3\. "):
        checkpoint.load(grouped(0.1, 0.3), tmp_path / "run")
    with pytest.raises(RecipeError, match=r"parameters of group 0: was 6 .*; parameters of group 1: was 6 "):
        checkpoint.load(grouped(0.1, 0.2, swapped=True), tmp_path / "run")


# ---- Words -----------------------------------------------------------------------------------------------------------


def test_a_description_has_no_address_and_no_parameters_in_it() -> None:
    class Holder:
        def __init__(self, model: Any, rate: float, table: Any) -> None:
            self.model, self.rate, self.table = model, rate, table

        def loss(self) -> None:
            """Nothing."""

    thing = Holder(perceptron(), 0.1, object())
    assert described(thing) == f"{__name__}.{Holder.__qualname__}(rate=0.1)"
    assert described(thing.loss).startswith(f"{__name__}.{Holder.__qualname__}(rate=0.1).loss (code ")
    assert described(object()) == "builtins.object()"
    assert described(ag.tanh) == "tanh"
    assert described(Value(1.0)).startswith("autograd_core.Value")


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
def test_equal_things_are_described_alike_and_in_few_words(thing: Any) -> None:
    assert described(thing) == described(thing)
    assert len(described(thing)) < 300


@pytest.mark.parametrize(
    "thing", [10**400, Fraction(10**400), Decimal("1e400"), np.float64(0.1), np.array([1.0]), b"x", {1: 2}, "x" * 1000]
)
def test_anything_can_be_a_setting(thing: Any) -> None:
    class Odd(Module):
        def __init__(self) -> None:
            self.setting, self.inner = thing, Linear(2, 2, rng=0)

        def __call__(self, x: Any) -> Any:
            return self.inner(x)

    assert len(described(thing)) < 300
    assert training(Odd).recipe == training(Odd).recipe


def test_long_lists_are_told_apart() -> None:
    one, other = list(range(1000)), [*range(999), 0]
    assert described(one) != described(other)
    assert len(described(one)) < 50


def test_a_list_that_holds_itself_is_described() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert "list" in described(loop)


def test_wide_models_are_told_in_few_words() -> None:
    assert len(training(lambda: MLP(2, [100, 100, 2], rng=0)).recipe) < 40


@pytest.mark.parametrize("recorded", [None, 5, [], {"loss": 5}, {"loss": ["x"]}])
def test_what_is_no_recipe_is_refused(recorded: Any) -> None:
    with pytest.raises(InputError, match="expected the recipe of a training"):
        differences(recorded, {})


def test_a_message_about_a_strange_recipe_stays_short(tmp_path: Path) -> None:
    first = training()
    state = first.state_dict()
    state["recipe"] |= {f"part {number}": "\0" * 100_000 for number in range(1000)}
    with pytest.raises(RecipeError, match="and 950 more") as caught:
        training().load_state_dict(state)
    assert len(str(caught.value)) < 100_000
