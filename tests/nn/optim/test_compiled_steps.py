"""`optimizer.step()` in compiled functions: the same numbers as eagerly, with everything that a step depends on."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest

import nn
from autograd_core import AnomalyError, InputError, OperandTypeError, Value, compile, where
from compiled_steps import Training, batches, pair, training
from nn import optim, schedules
from nn.optim import SGD, Adam, Optimizer, Transform
from nn.training.regularisation import add_gradient_noise_, clip_grad_norm_, clip_grad_value_
from optimiser_runs import MAKERS

STEPS: Final = 20

OPTIONS: Final[dict[str, Callable[[list[Value]], Optimizer]]] = {
    **{f"{name} as it is": make for name, make in MAKERS.items()},
    "sgd with weight decay": lambda p: SGD(p, 0.1, weight_decay=0.1),
    "sgd that maximises": lambda p: SGD(p, 0.01, 0.5, maximize=True),
    "nesterov with weight decay": lambda p: SGD(p, 0.05, 0.9, nesterov=True, weight_decay=0.1),
    "adam with weight decay": lambda p: Adam(p, 0.1, weight_decay=0.1, betas=(0.8, 0.99), eps=1e-3),
    "adam with decoupled decay": lambda p: Adam(p, 0.1, weight_decay=0.1, decoupled_weight_decay=True),
    "amsgrad that maximises": lambda p: Adam(p, 0.01, amsgrad=True, maximize=True),
    "rmsprop with momentum": lambda p: optim.RMSprop(p, 0.01, momentum=0.9, alpha=0.9),
    "adagrad with decays": lambda p: optim.Adagrad(p, 0.1, lr_decay=0.1, weight_decay=0.01),
    "adadelta with weight decay": lambda p: optim.Adadelta(p, rho=0.5, weight_decay=0.1),
    "nadam with weight decay": lambda p: optim.NAdam(p, 0.05, weight_decay=0.1, momentum_decay=0.1),
    "adamax with weight decay": lambda p: optim.Adamax(p, 0.05, weight_decay=0.1),
    "a chain of one's own": lambda p: Optimizer(p, 0.1, optim.scale_by_rms(0.9), optim.trace(0.5), optim.scale(0.5)),
}

SCHEDULES: Final[dict[str, Callable[[], Any]]] = {
    "a function": lambda: lambda count: 0.1 / (1 + count),
    "one with `if`": lambda: lambda count: 0.1 if count < 7 else 0.01,
    "one that begins at 0": lambda: lambda count: 0.01 * count,
    "constant": lambda: schedules.constant(0.1),
    "cosine": lambda: schedules.cosine(0.1, STEPS),
    "cosine_restarts": lambda: schedules.cosine_restarts(0.1, 4, t_mult=2),
    "exponential": lambda: schedules.exponential(0.1, 0.9),
    "linear": lambda: schedules.linear(0.1, 0.01, STEPS),
    "multi_step": lambda: schedules.multi_step(0.1, [3, 8]),
    "one_cycle": lambda: schedules.one_cycle(0.1, STEPS),
    "polynomial": lambda: schedules.polynomial(0.1, STEPS, power=2.0),
    "product": lambda: schedules.product([schedules.exponential(0.1, 0.9), schedules.warmup(1.0, 4)]),
    "sequential": lambda: schedules.sequential([schedules.warmup(0.1, 4), schedules.cosine(0.1, STEPS)], [4]),
    "step": lambda: schedules.step(0.1, 5),
    "warmup": lambda: schedules.warmup(0.1, 5),
    "ReduceOnPlateau": lambda: schedules.ReduceOnPlateau(0.1),
}

NO_SCHEDULES: Final = {"Plan", "Schedule", "length_of", "sample"}
"""The types of schedules, and what is asked about one."""


def assert_equal(eager: Training, compiled: Training, steps: int = STEPS, seed: int = 3) -> None:
    """The same losses, parameters, gradients and states, to the bit, after each of some steps."""
    for data, targets in batches(steps, seed):
        assert compiled.step(data, targets) == eager.step(data, targets)
        assert compiled.numbers() == eager.numbers()
    assert compiled.optimizer.state_dict() == eager.optimizer.state_dict()


def programs(compiled: Training) -> int:
    return len(compiled.step._programs)  # type: ignore[attr-defined]  # of a compiled function


class TestOptimisers:
    @pytest.mark.parametrize("make", OPTIONS.values(), ids=OPTIONS)
    def test_steps_are_those_of_eager_code_to_the_bit(self, make: Callable[[list[Value]], Optimizer]) -> None:
        eager, compiled = pair(make)
        assert_equal(eager, compiled)
        assert programs(compiled) == 1

    @pytest.mark.parametrize("make", OPTIONS.values(), ids=OPTIONS)
    def test_without_exact_they_agree_to_many_digits(self, make: Callable[[list[Value]], Optimizer]) -> None:
        eager, compiled = pair(make, exact=False)
        for data, targets in batches(STEPS):
            assert compiled.step(data, targets) == pytest.approx(eager.step(data, targets), rel=1e-12)
        assert compiled.numbers() == pytest.approx(eager.numbers(), rel=1e-12, abs=1e-14)

    def test_every_optimiser_is_here(self) -> None:
        assert {name.removesuffix(" as it is") for name in OPTIONS} >= optim.BY_NAME.keys() - {"lbfgs"}

    def test_a_transform_that_decides_takes_both_ways(self) -> None:
        def halved(u: Any, state: Any, _p: Any) -> Any:
            return (u if u > 0.0 else 0.5 * u), state

        x, y = Value(1.0), Value(1.0)
        ours = Optimizer([x], 0.5, Transform(lambda _: {}, halved))
        theirs = Optimizer([y], 0.5, Transform(lambda _: {}, halved))

        def step(optimizer: Optimizer, p: Value, target: Any) -> Any:
            optimizer.zero_grad()
            ((p - target) ** 2).backward()
            optimizer.step()
            return p.data

        compiled = compile(lambda target: step(ours, x, target), exact=True)
        for target in (0.0, 3.0, 1.0, -1.0):
            assert compiled(target) == step(theirs, y, target)
        assert len(compiled._programs) == 2

    def test_a_transform_that_chooses_with_where_is_one_program(self) -> None:
        def halved(u: Any, state: Any, _p: Any) -> Any:
            return where(u > 0.0, u, 0.5 * u), state

        eager, compiled = pair(lambda p: Optimizer(p, 0.1, Transform(lambda _: {}, halved)))
        assert_equal(eager, compiled)
        assert programs(compiled) == 1


class TestRates:
    @pytest.mark.parametrize("make", SCHEDULES.values(), ids=SCHEDULES)
    def test_a_schedule_is_asked_at_every_call(self, make: Callable[[], Any]) -> None:
        eager, compiled = pair(lambda p: Adam(p, make()))
        assert_equal(eager, compiled)
        assert programs(compiled) == 1

    def test_every_schedule_is_here(self) -> None:
        assert set(schedules.__all__) - NO_SCHEDULES <= SCHEDULES.keys()

    def test_a_rate_that_is_reduced_between_calls(self) -> None:
        rates = [schedules.ReduceOnPlateau(0.1, patience=1, threshold=0.5) for _ in range(2)]
        waiting = iter(rates)
        eager, compiled = pair(lambda p: Adam(p, next(waiting)))
        for data, targets in batches(STEPS):
            for each, rate in zip((eager, compiled), rates, strict=True):
                rate.update(each.step(data, targets))
            assert compiled.numbers() == eager.numbers()
        assert rates[0].lr == rates[1].lr < 0.1
        assert programs(compiled) == 1

    def test_a_schedule_that_remembers(self) -> None:
        eager, compiled = pair(lambda p: SGD(p, schedules.ReduceOnPlateau(0.1, patience=1, factor=0.5)))
        for k, (data, targets) in enumerate(batches(8)):
            for each in (eager, compiled):
                each.step(data, targets)
                each.optimizer.groups[0].schedule.update(1.0 + k)  # type: ignore[union-attr]  # a plateau
            assert compiled.numbers() == eager.numbers()
        assert compiled.optimizer.lr == eager.optimizer.lr < 0.1
        assert programs(compiled) == 1

    def test_a_rate_that_is_assigned_between_calls(self) -> None:
        eager, compiled = pair(lambda p: SGD(p, 0.1, 0.9))
        assert_equal(eager, compiled, 3)
        for each in (eager, compiled):
            each.optimizer.lr = 0.01
        assert_equal(eager, compiled, 3)
        assert programs(compiled) == 1
        for each in (eager, compiled):
            each.optimizer.lr = lambda count: 0.1 / count
        assert_equal(eager, compiled, 3)

    def test_two_steps_in_one_call_take_two_rates(self) -> None:
        def twice(optimizer: Optimizer, x: Value, target: Any) -> Any:
            for _ in range(2):
                optimizer.zero_grad()
                ((x - target) ** 2).backward()
                optimizer.step()
            return x.data, optimizer.lr

        x, y = Value(1.0), Value(1.0)
        ours, theirs = (Adam([p], lambda count: 0.1 / (1 + count)) for p in (x, y))
        compiled = compile(lambda target: twice(ours, x, target), exact=True)
        for target in (0.0, 3.0, 1.0):
            assert compiled(target) == twice(theirs, y, target)
        assert ours.state_dict() == theirs.state_dict()
        assert ours.steps == 6

    def test_a_rate_that_the_function_computes(self) -> None:
        x, y = Value(1.0), Value(1.0)
        ours, theirs = SGD([x], 1.0), SGD([y], 1.0)

        def step(optimizer: Optimizer, p: Value, k: Any) -> Any:
            optimizer.lr = 0.5 - 0.1 * k
            optimizer.zero_grad()
            (p * p).backward()
            optimizer.step()
            return p.data

        compiled = compile(lambda k: step(ours, x, k), exact=True)
        for k in (0.0, 1.0, 2.0):
            assert compiled(k) == step(theirs, y, k)
            assert ours.lr == theirs.lr
        assert len(compiled._programs) == 1
        before = x.data
        with pytest.raises(InputError, match="lr must be a positive finite number"):
            compiled(5.0)
        assert (x.data, ours.lr, ours.steps) == (before, theirs.lr, 3)

    def test_if_a_schedule_goes_wrong_nothing_changes(self) -> None:
        _, compiled = pair(lambda p: Adam(p, lambda count: 0.1 if count < 2 else -1.0))
        runs = batches(3)
        for data, targets in runs[:2]:
            compiled.step(data, targets)
        before, state = compiled.numbers(), compiled.optimizer.state_dict()
        with pytest.raises(InputError, match="lr must be"):
            compiled.step(*runs[2])
        assert (compiled.numbers(), compiled.optimizer.state_dict()) == (before, state)

    def test_the_number_of_steps_can_be_used(self) -> None:
        x = Value(1.0)
        optimizer = SGD([x], 0.5)

        def step() -> Any:
            optimizer.step()
            return optimizer.steps * 10.0

        assert [compile(step)() for _ in range(1)] == [10.0]
        compiled = compile(step)
        assert [compiled() for _ in range(2)] == [20.0, 30.0]
        assert (optimizer.steps, type(optimizer.steps)) == (3, int)


class TestGroups:
    @pytest.mark.parametrize("kind", [SGD, Adam, optim.RMSprop])
    def test_groups_have_their_own_rates_and_options(self, kind: Any) -> None:
        def make(p: list[Value]) -> Optimizer:
            groups = [{"params": p[:4], "lr": 0.01, "weight_decay": 0.1}, {"params": p[4:]}]
            optimizer: Optimizer = kind(groups, lr=lambda n: 0.1 / (1 + n))
            return optimizer

        eager, compiled = pair(make)
        assert_equal(eager, compiled)
        assert programs(compiled) == 1

    def test_a_group_is_added_between_calls(self) -> None:
        eager, compiled = pair(lambda p: Adam(p[:4], 0.1))
        assert_equal(eager, compiled, 3)
        for each in (eager, compiled):
            each.optimizer.add_param_group({"params": each.model.parameters()[4:], "lr": 0.02})
        assert_equal(eager, compiled, 3)

    def test_an_option_is_assigned_between_calls(self) -> None:
        eager, compiled = pair(lambda p: SGD(p, 0.1, 0.9, weight_decay=0.1))
        assert_equal(eager, compiled, 3)
        for each in (eager, compiled):
            each.optimizer.groups[0]["momentum"] = 0.5
        assert_equal(eager, compiled, 3)


class TestFrozen:
    @pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
    def test_frozen_parameters_rest_and_go_on(self, make: Callable[[list[Value]], Optimizer]) -> None:
        eager, compiled = pair(make)
        for frozen in ([], [0, 1, 2], [0, 5], []):
            for each in (eager, compiled):
                for i, parameter in enumerate(each.model.parameters()):
                    parameter.frozen = i in frozen
            assert_equal(eager, compiled, 5)
        assert programs(compiled) <= 8

    def test_all_are_frozen(self) -> None:
        eager, compiled = pair(lambda p: Adam(p, 0.1))
        for each in (eager, compiled):
            each.model.freeze()
        assert_equal(eager, compiled, 3)
        assert compiled.optimizer.steps == 3


class TestStates:
    @pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
    def test_eager_and_compiled_steps_are_mixed(self, make: Callable[[list[Value]], Optimizer]) -> None:
        eager, mixed = training(make), training(make)
        compiled = compile(mixed.step, exact=True)
        for k, (data, targets) in enumerate(batches(12)):
            now = compiled if k % 3 else mixed.step
            assert now(data, targets) == eager.step(data, targets)
            assert mixed.numbers() == eager.numbers()
        assert mixed.optimizer.state_dict() == eager.optimizer.state_dict()
        assert len(compiled._programs) == 1

    @pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
    def test_a_training_goes_on_from_a_state_dict(self, make: Callable[[list[Value]], Optimizer]) -> None:
        eager, compiled = pair(make)
        assert_equal(eager, compiled, 4)
        _, other = pair(make)
        other.step(*batches(1)[0])  # its program is there already
        other.optimizer.load_state_dict(compiled.optimizer.state_dict())
        for ours, theirs in zip(other.model.parameters(), compiled.model.parameters(), strict=True):
            ours.data = theirs.data
        assert_equal(eager, other, 4, seed=5)
        assert programs(other) == 1

    def test_a_state_dict_is_a_copy_and_stays_when_steps_follow(self) -> None:
        _, compiled = pair(lambda p: Adam(p, 0.1))
        data, targets = batches(1)[0]
        compiled.step(data, targets)
        saved = compiled.optimizer.state_dict()
        kept = copy.deepcopy(saved)
        compiled.step(data, targets)
        assert saved == kept != compiled.optimizer.state_dict()

    def test_a_copy_of_an_optimiser_goes_its_own_way(self) -> None:
        _, compiled = pair(lambda p: Adam(p, 0.1))
        for data, targets in batches(2):
            compiled.step(data, targets)
        twin = copy.deepcopy(compiled.optimizer)
        assert twin.state_dict() == compiled.optimizer.state_dict()
        compiled.step(*batches(1)[0])
        assert (twin.steps, compiled.optimizer.steps) == (2, 3)

    def test_a_call_that_fails_leaves_everything_as_it_was(self) -> None:
        x = Value(1.0)
        optimizer = Adam([x], 0.1)

        def step() -> None:
            x.grad = 1.0
            optimizer.step()
            raise KeyError("stop")

        state = optimizer.state_dict()
        with pytest.raises(KeyError):
            compile(step)()
        assert (x.data, x.grad, optimizer.state_dict()) == (1.0, 0.0, state)

    def test_a_step_with_a_closure(self) -> None:
        x, y = Value(3.0), Value(3.0)
        ours, theirs = SGD([x], 0.1, 0.5), SGD([y], 0.1, 0.5)

        def step(optimizer: Optimizer, p: Value) -> Any:
            def closure() -> Any:
                optimizer.zero_grad()
                loss = p * p
                loss.backward()
                return loss

            return optimizer.step(closure)

        compiled = compile(lambda: step(ours, x), exact=True)
        for _ in range(3):
            assert compiled() == step(theirs, y).data
            assert x.data == y.data

    def test_gradients_that_are_recorded(self) -> None:
        def step(optimizer: Optimizer, p: Value) -> Any:
            optimizer.zero_grad()
            (p**3).backward(create_graph=True)
            optimizer.step()
            return p.data

        x, y = Value(0.5), Value(0.5)
        ours, theirs = Adam([x], 0.1), Adam([y], 0.1)
        compiled = compile(lambda: step(ours, x), exact=True)
        for _ in range(3):
            assert compiled() == step(theirs, y)


CLIPS: Final[dict[str, Callable[[list[Value]], Any]]] = {
    "by value": lambda p: clip_grad_value_(p, 0.2),
    "by norm": lambda p: clip_grad_norm_(p, 0.5),
    "by norm, seldom": lambda p: clip_grad_norm_(p, 2.0),
    "by a norm that has to be finite": lambda p: clip_grad_norm_(p, 0.5, error_if_nonfinite=True),
    "by the sum of absolute values": lambda p: clip_grad_norm_(p, 2.0, 1.0),
    "by the largest": lambda p: clip_grad_norm_(p, 0.3, math.inf),
    "by nothing": lambda p: clip_grad_norm_(p, math.inf),
}


class TestClipping:
    @pytest.mark.parametrize("change", CLIPS.values(), ids=CLIPS)
    def test_gradients_are_clipped_as_in_eager_code(self, change: Callable[[list[Value]], Any]) -> None:
        eager, compiled = pair(lambda p: SGD(p, 0.2, 0.5), change)
        assert_equal(eager, compiled)
        assert programs(compiled) == 1

    def test_a_norm_that_is_not_finite_raises_and_changes_nothing(self) -> None:
        x = Value(1.0)
        optimizer = SGD([x], 0.1)

        @compile
        def step(factor: Any) -> Any:
            optimizer.zero_grad()
            (x * factor).backward()
            norm = clip_grad_norm_([x], 1.0, error_if_nonfinite=True)
            optimizer.step()
            return norm

        assert step(3.0) == 3.0
        before = x.data
        with pytest.raises(AnomalyError, match="got a norm of"):
            step(math.inf)
        assert (x.data, optimizer.steps) == (before, 1)

    def test_finite_gradients_whose_norm_is_not(self) -> None:
        def step(x: Value, y: Value, factor: Any) -> Any:
            x.grad = y.grad = 0.0
            (x * factor + y * factor).backward()
            return clip_grad_norm_([x, y], 1.0), x.grad, y.grad

        ours, theirs = (Value(1.0), Value(1.0)), (Value(1.0), Value(1.0))
        compiled = compile(lambda factor: step(*ours, factor), exact=True)
        for factor in (3.0, 1.5e308, 0.1):
            assert compiled(factor) == step(*theirs, factor)


class TestRefusals:
    def test_lbfgs(self) -> None:
        x = Value(1.0)
        optimizer = optim.LBFGS([x])
        with pytest.raises(InputError, match=r"a step of LBFGS .* cannot be recorded; compile the closure"):
            compile(lambda: optimizer.step(lambda: x * x))()

    def test_lbfgs_takes_a_closure_that_is_compiled(self) -> None:
        def minimum(made: Callable[[Any], Any]) -> tuple[float, float]:
            x, y = Value(-1.0), Value(1.0)
            optimizer = optim.LBFGS([x, y], max_iter=50, line_search_fn="strong_wolfe")

            def closure() -> Any:
                optimizer.zero_grad()
                loss = (1.0 - x) ** 2 + 100.0 * (y - x * x) ** 2
                loss.backward()
                return loss

            optimizer.step(made(closure))
            return x.data, y.data

        assert minimum(lambda closure: compile(closure, exact=True)) == minimum(lambda closure: closure)

    def test_an_optimiser_that_is_made_inside(self) -> None:
        x = Value(1.0)
        with pytest.raises(InputError, match=r"an optimiser cannot be made in a compiled function"):
            compile(lambda: SGD([x], 0.1).step())()

    def test_what_would_be_lost(self) -> None:
        x = Value(1.0)
        optimizer = SGD([x], 0.1, 0.9)
        with pytest.raises(InputError, match="nor can its options change there"):
            compile(lambda: optimizer.groups[0].__setitem__("momentum", 0.5))()
        with pytest.raises(InputError, match="cannot give an optimiser a schedule"):
            compile(lambda: optimizer.groups[0].__setitem__("lr", lambda count: 0.1))()
        assert (optimizer.lr, optimizer.groups[0]["momentum"]) == (0.1, 0.9)

    def test_a_transform_that_needs_floats(self) -> None:
        x = Value(1.0)
        optimizer = Optimizer([x], 0.1, Transform(lambda _: {}, lambda u, state, _: (math.atan(u), state)))
        x.grad = 1.0
        optimizer.step()
        assert x.data == 1.0 - 0.1 * math.atan(1.0)
        with pytest.raises(OperandTypeError, match="autograd_core"):
            compile(optimizer.step)()

    def test_noise(self) -> None:
        x = Value(1.0)
        optimizer = SGD([x], 0.1)

        def step() -> None:
            add_gradient_noise_([x], 0.1)
            optimizer.step()

        with pytest.raises(InputError, match="random numbers"):
            compile(step)()
        assert x.data == 1.0

    def test_rows_of_data(self) -> None:
        x = Value(1.0)
        optimizer = SGD([x], 0.1)

        def step(target: Any) -> Any:
            optimizer.zero_grad()
            ((x - target) ** 2).backward()
            optimizer.step()
            return x.data

        with pytest.raises(InputError, match="map expected a function that changes nothing outside"):
            compile(step).map(np.array([1.0, 2.0]))

    def test_rows_of_data_may_be_multiplied_by_the_rate(self) -> None:
        optimizer = SGD([Value(1.0)], 0.5)
        compiled = compile(lambda x: optimizer.lr * x)
        assert compiled.map(np.array([1.0, 2.0])).tolist() == [0.5, 1.0]
        optimizer.lr = 0.25
        assert compiled.map(np.array([1.0, 2.0])).tolist() == [0.25, 0.5]


def test_what_the_program_reads_and_writes_has_names() -> None:
    x = Value(1.0, label="x")
    optimizer = Adam([x], 0.1)

    @compile
    def step() -> None:
        optimizer.step()

    step()
    assert "the state of an optimiser[0] to the state of an optimiser[2]" in step.source
    assert "the learning rate of an optimiser[0]" in step.source
    assert "the number of steps of an optimiser[0], to be assigned" in step.source


def test_frozen_models_of_nn() -> None:
    """A body that is frozen and thawed, as in fine tuning."""

    def train(compiles: bool) -> list[float]:
        body, head = nn.MLP(2, [2], rng=1), nn.Linear(2, 1, rng=2)
        optimizer = Adam([*body.parameters(), *head.parameters()], 0.1)

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad()
            loss = nn.mse_loss([head(body(row)) for row in x], [[target] for target in y])
            loss.backward()
            optimizer.step()
            return loss.data

        run = compile(step, exact=True) if compiles else step
        body.freeze()
        losses = [float(run(x, y)) for x, y in batches(4)]
        body.unfreeze()
        return [*losses, *[float(run(x, y)) for x, y in batches(4)]]

    assert train(compiles=True) == train(compiles=False)
