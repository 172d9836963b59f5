"""Batches: sizes, orders, and positions that are taken up again."""

import json
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import InputError, OperandTypeError
from nn.base.rng import shuffled
from nn.data import Batches


@given(st.integers(1, 50), st.integers(1, 60), st.integers(0, 100))
def test_an_epoch_is_every_sample_once(count: int, size: int, seed: int) -> None:
    batches = Batches(range(count), size, seed)
    epoch = list(batches)
    assert sorted(x for batch in epoch for x in batch) == list(range(count))
    assert len(epoch) == len(batches)
    assert all(len(batch) == size for batch in epoch[:-1])
    assert 1 <= len(epoch[-1]) <= size


def test_every_epoch_has_a_new_order_and_every_seed_the_same_orders() -> None:
    def epochs(rng: Any) -> list[list[list[int]]]:
        batches = Batches(range(20), 6, rng)
        return [list(batches), list(batches)]

    first, second = epochs(7)
    assert first != second
    assert epochs(7) == epochs(random.Random(7)) == [first, second]
    assert epochs(8) != [first, second]


def test_batches_do_not_change_the_samples() -> None:
    samples = list(range(10))
    list(Batches(samples, 3, 1))
    assert samples == list(range(10))


@pytest.mark.parametrize("size", [0, -3, 1.5, True, "2"])
def test_batches_need_samples_and_a_size(size: Any) -> None:
    with pytest.raises(InputError, match=r"size must be a positive int, got "):
        Batches([1, 2], size)
    with pytest.raises(InputError, match="at least one sample to make batches of, got none"):
        Batches([], 1)


# ---- Sizes and orders ------------------------------------------------------------------------------------------------


def test_a_full_batch_is_all_samples_in_their_order_and_draws_nothing() -> None:
    source = random.Random(3)
    before = source.getstate()
    batches = Batches("abc", None, source)
    assert (len(batches), list(batches), list(batches)) == (1, [["a", "b", "c"]], [["a", "b", "c"]])
    assert source.getstate() == before


def test_stochastic_batches_hold_one_sample() -> None:
    epoch = list(Batches(range(9), 1, 4))
    assert [batch[0] for batch in epoch] == shuffled(range(9), 4)
    assert all(len(batch) == 1 for batch in epoch)


def test_without_shuffling_the_order_stays_and_nothing_is_drawn() -> None:
    source = random.Random(3)
    before = source.getstate()
    batches = Batches("abcde", 2, source, shuffle=False)
    assert list(batches) == list(batches) == [["a", "b"], ["c", "d"], ["e"]]
    assert source.getstate() == before


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 9))
def test_dropping_the_last_batch_leaves_the_others_as_they_are(count: int, size: int, seed: int) -> None:
    if size > count:
        with pytest.raises(InputError, match=rf"one whole batch of {size} samples for drop_last=True, got {count} "):
            Batches(range(count), size, seed, drop_last=True)
        return
    batches = Batches(range(count), size, seed, drop_last=True)
    epoch = list(batches)
    assert len(epoch) == len(batches) == count // size
    assert epoch == [batch for batch in Batches(range(count), size, seed) if len(batch) == size]


def test_the_orders_of_a_seed_are_these() -> None:
    batches = Batches(range(10), 4, 1337)
    assert list(batches) == [[5, 3, 7, 1], [9, 0, 8, 2], [4, 6]]
    assert list(batches) == [[2, 6, 7, 9], [0, 5, 4, 1], [8, 3]]


def test_samples_are_fetched_when_their_batch_is_asked_for() -> None:
    class Recorded(list[int]):
        fetched = 0

        def __getitem__(self, place: Any) -> Any:
            self.fetched += 1
            return super().__getitem__(place)

    samples = Recorded(range(10))
    loop = iter(Batches(samples, 3, 0))
    assert samples.fetched == 0
    next(loop)
    assert samples.fetched == 3


# ---- Positions -------------------------------------------------------------------------------------------------------

Make = Callable[[Any], Batches[int]]

KINDS: dict[str, Make] = {
    "mini": lambda rng: Batches(range(10), 3, rng),
    "stochastic": lambda rng: Batches(range(5), 1, rng),
    "full": lambda rng: Batches(range(10), None, rng),
    "in order": lambda rng: Batches(range(10), 3, rng, shuffle=False),
    "dropped": lambda rng: Batches(range(10), 3, rng, drop_last=True),
    "one batch": lambda rng: Batches(range(3), 5, rng),
}


def train(batches: Batches[int], epochs: int, stop: int | None = None) -> tuple[list[Any], list[Any]]:
    """What a run sees, and its position after every event: a batch, the end of an epoch; it is killed after `stop`."""
    events: list[Any] = []
    positions: list[Any] = [json.dumps(batches.state_dict())]
    while batches.epoch < epochs:
        epoch = batches.epoch
        for batch in batches:
            events.append((epoch, batch))
            positions.append(json.dumps(batches.state_dict()))
            if len(events) == stop:
                return events, positions
        events.append((epoch, "end"))
        positions.append(json.dumps(batches.state_dict()))
        if len(events) == stop:
            break
    return events, positions


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_killed_at_any_moment_goes_on_as_if_it_were_not(kind: str) -> None:
    make = KINDS[kind]
    events, positions = train(make(7), 3)
    assert len(positions) == len(events) + 1
    for done, position in enumerate(positions):
        resumed = make(random.Random(99))  # another seed, which the position overrules
        resumed.load_state_dict(json.loads(position))
        assert json.dumps(resumed.state_dict()) == position
        assert train(resumed, 3) == (events[done:], positions[done:])


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_killed_twice_goes_on(kind: str) -> None:
    events, _ = train(KINDS[kind](7), 3)
    for first, second in pairwise(range(1, len(events))):
        one, two, three = (KINDS[kind](seed) for seed in (7, 8, 9))
        begun, positions = train(one, 3, stop=first)
        two.load_state_dict(json.loads(positions[-1]))
        middle, positions = train(two, 3, stop=second - first)
        three.load_state_dict(json.loads(positions[-1]))
        assert begun + middle + train(three, 3)[0] == events


def test_a_position_brings_a_shared_generator_with_it() -> None:
    """Two that share a generator, both saved at the same moment, go on together."""
    shared = random.Random(5)
    one, two = Batches(range(6), 2, shared), Batches(range(8), 3, shared)
    loop, other = iter(one), iter(two)
    next(loop), next(other), next(other)
    states = one.state_dict(), two.state_dict()
    expected = [list(loop), list(other), shared.random(), list(one), list(two)]

    again = random.Random(0)
    first, second = Batches(range(6), 2, again), Batches(range(8), 3, again)
    first.load_state_dict(states[0])
    second.load_state_dict(states[1])
    assert [list(first), list(second), again.random(), list(first), list(second)] == expected


def test_the_global_generator_is_saved_and_set() -> None:
    random.seed(3)
    batches = Batches(range(6), 2)
    loop = iter(batches)
    next(loop)
    state, before = batches.state_dict(), random.getstate()
    rest = list(loop)
    random.seed(4)
    batches.load_state_dict(state)
    assert random.getstate() == before
    assert list(batches) == rest


def test_the_position_counts_epochs_and_batches() -> None:
    batches = Batches(range(5), 2, 0)
    seen = [(batches.epoch, batches.batch)]
    loop = iter(batches)
    for _ in range(3):
        next(loop)
        seen.append((batches.epoch, batches.batch))
    assert next(loop, None) is next(loop, None) is None
    seen.append((batches.epoch, batches.batch))
    assert seen == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0)]


def test_a_loop_left_early_ends_its_epoch() -> None:
    batches = Batches(range(6), 2, 1)
    left = iter(batches)
    next(left)
    next(iter(batches))
    assert (batches.epoch, batches.batch) == (1, 1)
    list(left)  # goes on with its own order, and moves the position no more
    assert (batches.epoch, batches.batch) == (1, 1)
    list(batches)
    assert batches.epoch == 3


def test_loops_side_by_side_have_orders_of_their_own() -> None:
    batches = Batches(range(6), 2, 1)
    one, two = zip(*zip(batches, batches, strict=True), strict=True)
    assert [list(one), list(two)] == [list(loop) for loop in [Batches(range(6), 2, 1)] * 2]


def mid_epoch() -> dict[str, Any]:
    batches = Batches(range(6), 2, 1)
    next(iter(batches))
    return batches.state_dict()


STATE = mid_epoch()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epoch": -1}, "epoch must be an int of at least 0, got -1"),
        ({"epoch": 1.0}, "epoch must be an int of at least 0, got 1.0"),
        ({"epoch": True}, "epoch must be an int of at least 0, got True"),
        ({"batch": 4}, "batch must be an int of at least 0 and at most 3, got 4"),
        ({"batch": "1"}, "batch must be an int of at least 0 and at most 3, got '1'"),
        ({"samples": 7}, "the position is one in other batches: expected samples=6, got 7"),
        ({"size": None}, "the position is one in other batches: expected size=2, got None"),
        ({"shuffle": False}, "the position is one in other batches: expected shuffle=True, got False"),
        ({"drop_last": True}, "the position is one in other batches: expected drop_last=False, got True"),
        ({"generator": None}, "expected the state of a generator, as state_dict gives it: .*at 'generator'"),
        ({"order": None}, "expected the state of a generator, as state_dict gives it: .*at 'order'"),
        ({"order": [3, [1, 2, 3], None]}, "expected the state of a generator, as state_dict gives it: .*at 'order'"),
        (
            {"order": [9, STATE["order"][1], None]},
            "expected the state of a generator, as state_dict gives it: .*at 'order'",
        ),
        (
            {"generator": [3, [*STATE["order"][1][:-1], 625], None]},
            "expected the state of a generator, as state_dict gives it: .*at 'generator'",
        ),
        (
            {"generator": [3, [-1, *STATE["order"][1][1:]], None]},
            "expected the state of a generator, as state_dict gives it: .*at 'generator'",
        ),
        (
            {"generator": [3, [0.5, *STATE["order"][1][1:]], None]},
            "expected the state of a generator, as state_dict gives it: .*at 'generator'",
        ),
        (
            {"generator": [3, STATE["order"][1], "x"]},
            "expected the state of a generator, as state_dict gives it: .*at 'generator'",
        ),
        ({"more": 1}, "expected a dict with epoch, batch, samples, size, shuffle, drop_last, generator, order, as "),
    ],
    ids=range(18),
)
def test_a_position_that_cannot_be_leaves_everything_as_it_was(change: dict[str, Any], message: str) -> None:
    batches = Batches(range(6), 2, 3)
    next(iter(batches))
    before = json.dumps(batches.state_dict())
    with pytest.raises(InputError, match="^" + message):
        batches.load_state_dict(STATE | change)
    assert json.dumps(batches.state_dict()) == before


@pytest.mark.parametrize("state", [None, [], "epoch", {}, {"epoch": 1}])
def test_what_is_no_position_is_refused(state: Any) -> None:
    with pytest.raises(InputError, match=r"expected a dict with epoch, batch, .*, as state_dict gives it, got "):
        Batches(range(6), 2, 3).load_state_dict(state)


class Constant:
    def random(self) -> float:
        return 0.5


@pytest.mark.parametrize("source", [Constant(), random.SystemRandom()], ids=["own", "system"])
def test_a_generator_without_a_state_gives_batches_but_no_position(source: Any) -> None:
    batches = Batches(range(6), 2, source)
    assert len(list(batches)) == 3
    with pytest.raises(OperandTypeError, match=r"cannot be saved; give a seed or a random\.Random as rng"):
        batches.state_dict()
    with pytest.raises(OperandTypeError, match=r"cannot be saved"):
        batches.load_state_dict(STATE)
    assert Batches(range(6), 2, source, shuffle=False).state_dict()["generator"] is None


def test_a_position_is_a_copy() -> None:
    batches = Batches(range(6), 2, 3)
    loop = iter(batches)
    state = batches.state_dict()
    kept = json.dumps(state)
    list(loop)
    list(batches)
    assert json.dumps(state) == kept
