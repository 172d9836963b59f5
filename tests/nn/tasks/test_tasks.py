"""The tasks: each, made small, learns; a seed gives the same bits; an interrupted run ends as if it had not been."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from autograd_core import InputError
from nn.data import parity
from nn.data.first_names import LONGEST
from nn.modules.module import Module
from nn.tasks import digits, mnist, moons, names, sequence
from nn.tasks.settings import Settings, default_rate
from nn.training.callbacks import Callback
from nn.training.history import History, Step
from nn.training.train import Training

# ---- Small versions --------------------------------------------------------------------------------------------------


class Small(NamedTuple):
    """A page of `nn.tasks` with few samples, and what must be reached with them."""

    task: Any
    samples: Sequence[Any]
    settings: Settings
    reached: Callable[[float], bool]
    model: Callable[[int], Module]


def a_stripe(digit: int, place: int) -> tuple[list[float], int]:
    """An image of 28 by 28 pixels with two rows of ink, and a dot that tells nothing."""
    pixels = [float(row // 2 == digit) for row in range(28) for _ in range(28)]
    pixels[(place * 37) % 784] = 1.0
    return pixels, digit


SMALL = {
    "digits": lambda: Small(
        digits,
        digits.data().train[:100],
        digits.SETTINGS.changed(epochs=6, batch=10),
        lambda accuracy: accuracy > 0.8,
        digits.model,
    ),
    "mnist": lambda: Small(
        mnist,
        [a_stripe(place % 10, place) for place in range(30)],
        mnist.SETTINGS.changed(batch=3),
        lambda accuracy: accuracy > 0.8,
        mnist.model,
    ),
    "moons": lambda: Small(
        moons,
        moons.data("moons", 60).train,
        moons.SETTINGS.changed(epochs=15),
        lambda accuracy: accuracy > 0.85,
        moons.model,
    ),
    "names": lambda: Small(
        names,
        names.data().train[:4],
        names.SETTINGS.changed(epochs=8, batch=2),
        lambda surprise: surprise < math.log(names.SYMBOLS) - 0.7,
        names.model,
    ),
    "sequence": lambda: Small(
        sequence,
        [(bits, odd) for bits, odd in {str(sample): sample for sample in parity(50, (1, 2), rng=0)}.values()],
        sequence.SETTINGS.changed(epochs=60, batch=3),
        lambda accuracy: accuracy == 1.0,
        lambda rng: sequence.Parity(4, rng=rng),
    ),
}


@pytest.fixture(scope="module", params=SMALL)
def small(request: pytest.FixtureRequest) -> Small:
    made: Small = SMALL[request.param]()
    return made


Run = tuple[History, dict[str, Any]]


def run(small: Small, seed: int, **options: Any) -> Run:
    """What training gives: the history, and all numbers."""
    model = small.model(seed)
    history = small.settings.fit(model, small.task.loss, small.samples, rng=seed, **options)
    return history, model.state_dict()


@pytest.fixture(scope="module")
def whole(small: Small) -> Run:
    """A run that nothing interrupts."""
    return run(small, 0, watch=False)


# ---- All of them -----------------------------------------------------------------------------------------------------


def test_it_learns(small: Small, whole: Run) -> None:
    model = small.model(0)
    assert not small.reached(small.task.evaluate(model, small.samples))
    model.load_state_dict(whole[1])
    assert small.reached(small.task.evaluate(model, small.samples))


class Interruption(Exception):  # noqa: N818 - it is no error
    """What ends a run in its middle."""


class Interrupted(Callback):
    """Raises after so many updates."""

    def __init__(self, updates: int) -> None:
        self.updates = updates

    def after_step(self, training: Training, step: Step) -> None:
        if training.updates == self.updates:
            raise Interruption


def test_the_same_seed_gives_the_same_bits_also_if_the_run_is_interrupted(small: Small, tmp_path: Path) -> None:
    batch = small.settings.batch
    short = small._replace(samples=small.samples[: 3 * batch], settings=small.settings.changed(epochs=2))
    updates = 2 * math.ceil(len(short.samples) / batch)
    kept: dict[str, Any] = {"checkpoint": tmp_path / "checkpoint", "every": 2, "watch": False}
    with pytest.raises(Interruption):
        run(short, 0, callbacks=[Interrupted(updates - 1)], **kept)
    assert run(short, 0, resume=True, **kept) == run(short, 0, watch=False)


def test_another_seed_gives_others() -> None:
    small = SMALL["moons"]()
    short = small._replace(settings=small.settings.changed(epochs=1))
    assert run(short, 0)[1] != run(short, 1)[1]


# ---- Each ------------------------------------------------------------------------------------------------------------


def test_what_is_tested_with_was_not_learned_from() -> None:
    for train, test in (sequence.data(), moons.data(), moons.data("spirals"), names.data()):
        assert test
        assert not [sample for sample in test if sample in train]


def test_long_sequences_are_longer_than_all_that_are_learned_from() -> None:
    assert min(len(bits) for bits, _ in sequence.long_data(5)) > max(len(bits) for bits, _ in sequence.data().train)


def test_other_points_than_moons_and_spirals_are_refused() -> None:
    with pytest.raises(InputError, match="one of moons, spirals, got 'suns'"):
        moons.data("suns")


def test_every_name_is_encoded_as_it_is_decoded() -> None:
    for symbols, following in names.data(0.0).train:
        assert symbols[0] == following[-1] == names.EDGE
        assert symbols[1:] == following[:-1]
        assert names.encoded(names.decoded(symbols[1:])) == [*symbols, names.EDGE]


def test_no_score_depends_on_what_follows() -> None:
    model = names.model(rng=0)
    scores = [[score.data for score in row] for row in model([0, 5, 3])]
    assert scores[:2] == [[score.data for score in row] for row in model([0, 5])]


def test_the_loss_is_the_mean_over_the_symbols_of_names_of_different_lengths() -> None:
    model, samples = names.model(rng=0), names.data().train[:2]
    assert len({len(symbols) for symbols, _ in samples}) == 2
    outputs = [model(symbols) for symbols, _ in samples]
    mean = names.loss(outputs, [following for _, following in samples])
    assert mean.data == pytest.approx(names.evaluate(model, samples), rel=1e-14)


def test_names_are_made_up_by_probability() -> None:
    """Of a network that always says the same, the letters must be as frequent as it says."""
    probabilities = [0.25, 0.5, 0.25, *[0.0] * 24]

    class Constant(names.Transformer):
        def __call__(self, symbols: Sequence[int]) -> Any:
            return [[math.log(p) if p else -math.inf for p in probabilities] for _ in symbols]

    made = "".join(name + "." for name in names.make_up(Constant(), 1000, rng=0))
    assert set(made) == {"a", "b", "."}
    assert made.count("a") / (made.count("a") + made.count("b")) == pytest.approx(2 / 3, abs=0.02)
    cold = names.make_up(Constant(), 3, rng=0, temperature=0.01)
    assert cold == ["a" * LONGEST] * 3


@pytest.mark.parametrize("wrong", [{"count": 0}, {"temperature": 0.0}, {"temperature": math.nan}], ids=str)
def test_names_cannot_be_made_up_without_warmth(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        names.make_up(names.model(rng=0), **wrong)


# ---- The table of bigrams --------------------------------------------------------------------------------------------


def test_probabilities_of_the_table_add_up_to_one() -> None:
    table = names.Bigrams(names.data().train[:50])
    for before in range(names.SYMBOLS):
        row = [table.probability(before, after) for after in range(names.SYMBOLS)]
        assert math.fsum(row) == pytest.approx(1.0, rel=1e-12)
        assert min(row) > 0.0


def test_the_constant_is_the_best_for_pairs_left_out_one_by_one() -> None:
    """Found anew by leaving each pair out of the counts, and reading its probability from the rest."""
    samples = names.data().train[:30]
    table = names.Bigrams(samples)
    pairs = [pair for symbols, following in samples for pair in zip(symbols, following, strict=True)]

    def left_out(constant: float) -> float:
        table.constant, total = constant, 0.0
        for before, after in pairs:
            table.counts[before][after] -= 1
            total += math.log(table.probability(before, after))
            table.counts[before][after] += 1
        return total

    chosen = table.constant
    assert chosen == max(names.CONSTANTS, key=left_out)
    assert names.CONSTANTS[0] < chosen < names.CONSTANTS[-1]


def test_the_table_is_surprised_as_its_probabilities_say() -> None:
    table = names.Bigrams([([0, 1, 1, 1], [1, 1, 1, 0])])
    expected = -math.log(table.probability(0, 2)) - math.log(table.probability(2, 0))
    assert table.evaluate([([0, 2], [2, 0])]) == pytest.approx(expected / 2.0)


# ---- Settings --------------------------------------------------------------------------------------------------------

PLAN = Settings(epochs=2, batch=10, optimizer="momentum", lr=0.1, warmup=0.2, options={"weight_decay": 0.01})


def test_the_rate_rises_and_falls_to_nothing() -> None:
    rate = PLAN.schedule(100)
    assert [rate(count) for count in (0, 20, 60, 100)] == pytest.approx([0.1 / 21, 0.1, 0.05, 0.0])
    assert PLAN.schedule(4)(0) == 0.1  # too short to rise


def test_settings_that_are_not_given_stay() -> None:
    assert PLAN.changed(epochs=None, optimizer=None) == PLAN
    assert PLAN.changed(lr=0.5, optimizer="MOMENTUM").options == {"weight_decay": 0.01}


def test_another_optimiser_has_its_own_rate_and_no_options_of_the_first() -> None:
    changed = PLAN.changed(optimizer="AdamW")
    assert (changed.optimizer, changed.lr, changed.options) == ("adamw", default_rate("adamw"), {})
    assert PLAN.changed(optimizer="adamw", lr=0.5).lr == 0.5


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"epochs": 0}, "epochs must be a positive int"),
        ({"batch": -1}, "batch must be a positive int"),
        ({"lr": 0.0}, "lr must be a positive finite number"),
        ({"warmup": 1.0}, "warmup must be"),
        ({"optimizer": "newton"}, "optimizer must be one of .*, got 'newton'"),
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        PLAN.changed(**given)
