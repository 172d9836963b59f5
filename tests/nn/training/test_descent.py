"""Paths of descent: each is that of a training, with the loss over all samples at its points."""

import math
import random
from itertools import pairwise
from typing import Any, Final

import pytest

import nn
from autograd_core import InputError, OperandTypeError, ShapeError, Value
from nn.data import Batches, line, moons
from nn.tasks.descents import KINDS, PROBLEMS, ways
from nn.training.descent import Descent, Way, descend

SAMPLES: Final = line(10, rng=3)
WAYS: Final = {"batch": Way(lr=0.2), "mini": Way(4, lr=0.1), "single": Way(1, "adam", 0.05)}


def start() -> nn.Linear:
    return nn.Linear(1, 1, rng=5)


def numbers(model: nn.Module) -> list[float]:
    return [parameter.data for parameter in model.parameters()]


@pytest.mark.parametrize("name", WAYS)
def test_a_path_is_that_of_a_training_and_starts_where_the_others_start(name: str) -> None:
    path = {path.name: path for path in descend(start(), nn.mse_loss, SAMPLES, WAYS, epochs=3, rng=1).paths}[name]
    model, way = start(), WAYS[name]
    optimizer = nn.optim.by_name(way.optimizer, model.parameters(), way.lr)
    seed = int(random.Random(1).random() * 2**53)
    points, losses, seen = [numbers(model)], [nn.evaluate(model, nn.mse_loss, SAMPLES)[0]], [0]
    for step in nn.training_steps(model, nn.mse_loss, Batches(SAMPLES, way.batch, rng=seed), optimizer, epochs=3):
        points.append(numbers(model))
        losses.append(nn.evaluate(model, nn.mse_loss, SAMPLES)[0])
        seen.append(seen[-1] + step.size)
    assert path.parameters == points
    assert path.losses == losses
    assert path.samples == seen
    assert path.updates == list(range(len(points)))
    assert not path.diverged


def test_the_model_does_not_change_and_the_loss_is_that_of_any_parameters() -> None:
    model = nn.Sequential(nn.Linear(1, 4, rng=0), nn.Dropout(0.5, rng=1), nn.BatchNorm1d(4), nn.Linear(4, 1, rng=2))
    for number, parameter in enumerate(model.parameters()):
        parameter.grad = float(number)
    loss = nn.mse_loss([model([x for x, _ in SAMPLES])[0]], [SAMPLES[0][1]])
    state, generator = model.state_dict(), model.named_generators()[0][1].getstate()
    descent = descend(model, nn.mse_loss, SAMPLES, {"a": Way(5, lr=0.1)}, epochs=2, rng=0)
    at_start = descent.paths[0].losses[0]
    assert descent.loss([0.0] * len(descent.names)) != at_start
    assert descent.loss(numbers(model)) == at_start == nn.evaluate(model, nn.mse_loss, SAMPLES)[0]
    assert model.state_dict() == state
    assert model.named_generators()[0][1].getstate() == generator
    assert [parameter.grad for parameter in model.parameters()] == list(map(float, range(len(descent.names))))
    assert descent.names == [name for name, _ in model.named_parameters()]
    loss.backward()  # a graph of the user is still fresh


def test_the_same_seed_gives_the_same_paths_and_ways_of_one_size_the_same_batches() -> None:
    def run(seed: int) -> Descent:
        return descend(start(), nn.mse_loss, SAMPLES, {"a": Way(1, lr=0.1), "b": Way(1, lr=0.1)}, epochs=2, rng=seed)

    first, second, other = run(0), run(0), run(1)
    assert [path.parameters for path in first.paths] == [path.parameters for path in second.paths]
    assert first.paths[0].parameters == first.paths[1].parameters != other.paths[0].parameters


def test_fewer_points_are_measured_on_request_and_the_last_always() -> None:
    every, some = (descend(start(), nn.mse_loss, SAMPLES, WAYS, epochs=1, every=n, rng=1).paths for n in (1, 4))
    assert [path.updates for path in some] == [[0, 1], [0, 3], [0, 4, 8, 10]]
    assert some[2].parameters == [every[2].parameters[n] for n in (0, 4, 8, 10)]


def test_the_rest_of_the_global_generator_is_drawn_from() -> None:
    random.seed(4)
    first = descend(start(), nn.mse_loss, SAMPLES, WAYS)
    assert random.random() != random.Random(4).random()
    random.seed(4)
    assert [path.losses for path in descend(start(), nn.mse_loss, SAMPLES, WAYS).paths] == [
        path.losses for path in first.paths
    ]


@pytest.mark.parametrize("every", [1, 1000])
def test_a_path_that_diverges_ends_where_the_loss_is_no_longer_finite(every: int) -> None:
    ways = {"bad": Way(1, lr=5.0), "good": Way(lr=0.1)}
    bad, good = descend(start(), nn.mse_loss, SAMPLES, ways, epochs=100, every=every, rng=0).paths
    assert bad.diverged
    assert not math.isfinite(bad.losses[-1])
    assert all(map(math.isfinite, bad.losses[:-1]))
    assert bad.updates[-1] < 1000
    assert repr(bad).startswith("DescentPath('bad', loss ")
    assert (good.diverged, good.updates[-1]) == (False, 100)


@pytest.mark.parametrize("optimizer", nn.optim.BY_NAME)
def test_every_optimiser_descends(optimizer: str) -> None:
    (path,) = descend(start(), nn.mse_loss, SAMPLES, {"a": Way(None, optimizer, 0.01)}, epochs=10).paths
    assert path.losses[-1] < path.losses[0]


@pytest.mark.parametrize(
    ("error", "arguments", "options", "message"),
    [
        (InputError, (nn.Linear, nn.mse_loss, SAMPLES, WAYS), {}, r"\(model, loss, samples, ways\), got the class"),
        (InputError, (abs, nn.mse_loss, SAMPLES, WAYS), {}, "got an object of type builtin.* as model; derive it from"),
        (InputError, (start(), nn.mse_loss, [], WAYS), {}, "at least one sample in samples, got none"),
        (InputError, (start(), nn.mse_loss, SAMPLES, {}), {}, "got {} as ways; write them by name"),
        (InputError, (start(), nn.mse_loss, SAMPLES, ["batch"]), {}, r"got \['batch'\] as ways; write them by name"),
        (OperandTypeError, (start(), nn.mse_loss, SAMPLES, {"a": 1}), {}, r"an nn.Way as 'a', got 1; write nn.Way"),
        (InputError, (start(), nn.mse_loss, SAMPLES, {"a": Way(0)}), {}, "must be .*, got 0"),
        (InputError, (start(), nn.mse_loss, SAMPLES, {"a": Way(1, "newton")}), {}, "optimizer must be one of"),
        (InputError, (start(), nn.mse_loss, SAMPLES, WAYS), {"epochs": 0}, "epochs must be a positive int"),
        (InputError, (start(), nn.mse_loss, SAMPLES, WAYS), {"every": 0}, "every must be a positive int"),
        (InputError, (start(), nn.mse_loss, [*SAMPLES, ([math.nan], 1.0)], WAYS), {}, "sample 10: expected finite"),
        (ShapeError, (start(), nn.mse_loss, [*SAMPLES, ([1.0, 2.0], 1.0)], WAYS), {}, "sample 10: .*expected 1 input"),
        (InputError, (start(), lambda *_: Value(math.inf), SAMPLES, WAYS), {}, "a finite loss at the start .*got inf"),
        (InputError, (start(), lambda *_: "much", SAMPLES, WAYS), {}, "the loss as a number or a Value, got 'much'"),
    ],
)
def test_wrong_arguments(error: Any, arguments: Any, options: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        descend(*arguments, **options)


def test_the_loss_takes_as_many_numbers_as_there_are_parameters() -> None:
    descent = descend(start(), nn.mse_loss, SAMPLES, WAYS)
    with pytest.raises(ShapeError, match="expected 2 numbers, one for each parameter, got 3"):
        descent.loss([1.0, 2.0, 3.0])


# ---- The problems of the command -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "rmsprop", "adam"])
def test_the_rates_of_a_problem_suit_it(name: str, optimizer: str) -> None:
    problem = PROBLEMS[name]
    chosen = ways(problem, KINDS, [optimizer])
    for path in descend(problem.model(0), problem.loss, problem.samples(), chosen, epochs=12, every=10, rng=0).paths:
        assert path.losses[-1] < 0.45 * path.losses[0]


def test_batch_descent_zigzags_and_stochastic_descent_stumbles() -> None:
    problem = PROBLEMS["line"]
    batch, _, stochastic = descend(
        problem.model(0), problem.loss, problem.samples(), ways(problem, KINDS, ["sgd"]), epochs=20, rng=0
    ).paths
    assert share_of_turns([slope for slope, _ in batch.parameters]) > 0.7
    assert [*batch.losses] == sorted(batch.losses, reverse=True)
    tail = stochastic.losses[400:]
    climbs = sum(later > earlier for earlier, later in pairwise(tail))
    assert climbs > 0.3 * len(tail)


def share_of_turns(numbers: list[float]) -> float:
    """How often a number goes the other way than before."""
    steps = [b - a for a, b in pairwise(numbers)]
    return sum(a * b < 0.0 for a, b in pairwise(steps)) / (len(steps) - 1)


def test_another_seed_is_another_start() -> None:
    for problem in PROBLEMS.values():
        assert numbers(problem.model(0)) == numbers(problem.model(0)) != numbers(problem.model(1))


def test_moons_have_more_weights_than_the_plane() -> None:
    assert PROBLEMS["moons"].model(0).num_parameters() == 22
    assert PROBLEMS["moons"].samples() == moons(40, rng=0)
