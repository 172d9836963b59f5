"""Samples in batches: all at once, one by one, or in small groups; in order or shuffled; resumable within an epoch.

The order of an epoch is drawn when the epoch begins. So the position needs little storage: the number of the epoch, the
number of batches returned, the state of the generator before the order was drawn, and its present state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Generic, TypeAlias, TypeVar

from autograd_core import InputError
from autograd_core.text import plural
from nn.base.checks import positive_int
from nn.base.conversion import PAIRS, as_sequence
from nn.base.generator_state import checked, is_saveable, restore, saved
from nn.base.rng import Generator, Rng, generator, shuffled

Sample: TypeAlias = tuple[Any, Any]
"""Features and target.

Features are a list of numbers, or, for a sequence, a list of such lists. The target is an int, the index of a class; or
a float or a list of floats for regression. Both may be arrays and numbers of other libraries, too. `pair` makes samples
from features and targets in two arrays.
"""

Labelled: TypeAlias = tuple[list[float], int]
"""A sample for classification: a list of numbers, and the index of the class they belong to."""

T = TypeVar("T")


class Batches(Generic[T]):
    """The samples in groups of `size`, shuffled again for every epoch.

    One iteration is one epoch. A size of `None` is the full batch, all samples in their own order; 1 is stochastic
    training; other sizes are mini-batches, of which the last may be smaller.

    **Position.** `epoch` is the number of the present epoch, and `batch` the number of its batches that were returned.
    A batch counts as soon as it is returned, so save the position after the step that used it. After a complete loop
    the position is batch 0 of the next epoch; between the last batch and the end of the loop it is still
    `(epoch, len(batches))`. Leaving a loop early ends its epoch: the next loop begins the next epoch.

    **Resuming.** `state_dict()` is the position and the state of the generator, as numbers, lists and None, which can
    be written as JSON (about 14 kB). `load_state_dict` on `Batches` over the same samples restores the position, for
    any seed: the next loop returns the rest of that epoch, and later epochs are the same as without the interruption.
    So a training loop is

        while batches.epoch < epochs:
            for batch in batches:
                ...  # one step; then batches.state_dict() may be saved
            ...  # the epoch is over; batches.state_dict() may be saved

    If the position was saved after the last step, but before the end of the loop, the rest is empty, and the code after
    the loop runs then.

    The state includes that of the generator. If the generator is shared, for example Python's global one, loading
    changes it for all its users. Only a `random.Random`, a seed and the global generator can be saved.

    Args:
        samples: a sequence of at least one item. Items are fetched when their batch is requested. An iterator, such as
            `zip(X, y)`, is converted to a list.
        size: samples per batch, at least 1; None for all.
        rng: where the order comes from: a generator, a seed, or None for Python's global generator.
        shuffle: False leaves the samples in their order and draws nothing.
        drop_last: True leaves out the last batch of an epoch if it is smaller than the others.

    Attributes:
        samples: the samples; a list if they were given as an iterator.
        size: the argument `size`.

    Raises:
        InputError: if there are no samples, or they are not a sequence; if there is no whole batch with `drop_last`; or
            if the size is neither None nor a positive int.

    >>> batches = Batches("abcde", 2, rng=1)
    >>> len(batches), list(batches), list(batches)
    (3, [['b', 'e'], ['c', 'd'], ['a']], [['a', 'e'], ['d', 'b'], ['c']])
    >>> list(Batches("abcde", None)), list(Batches("abcde", 2, shuffle=False, drop_last=True))
    ([['a', 'b', 'c', 'd', 'e']], [['a', 'b'], ['c', 'd']])

    Killed after the second batch, and resumed:

    >>> batches = Batches("abcde", 2, rng=1)
    >>> loop = iter(batches)
    >>> next(loop), next(loop), batches.epoch, batches.batch
    (['b', 'e'], ['c', 'd'], 0, 2)
    >>> resumed = Batches("abcde", 2)
    >>> resumed.load_state_dict(batches.state_dict())
    >>> list(resumed), list(resumed)
    ([['a']], [['a', 'e'], ['d', 'b'], ['c']])
    """

    def __init__(
        self, samples: Sequence[T], size: int | None, rng: Rng = None, *, shuffle: bool = True, drop_last: bool = False
    ) -> None:
        samples = as_sequence("samples", samples)
        if len(samples) == 0:
            raise InputError("expected at least one sample to make batches of, got none")
        self.samples = samples
        if isinstance(size, list | tuple) and len(size) == len(samples):
            raise InputError(f"expected samples and the size of a batch, got features and targets apart; {PAIRS}")
        self.size = None if size is None else positive_int("size", size)
        if drop_last and self.size is not None and self.size > len(samples):
            raise InputError(
                f"expected at least one whole batch of {size} samples for drop_last=True, got {len(samples)} samples"
            )
        self._shuffle = bool(shuffle) and self.size is not None
        self._drop_last = bool(drop_last)
        self._generator = generator(rng)
        self._current = _Epoch(self, 0)
        self._resuming = False

    def __repr__(self) -> str:
        """How many samples and batches there are, and the position."""
        count = f"{plural(len(self.samples), 'sample')} in {plural(len(self), 'batch', 'batches')}"
        return f"Batches({count}, at epoch {self.epoch}, batch {self.batch})"

    def __len__(self) -> int:
        """Number of batches in an epoch."""
        size = self.size or len(self.samples)
        return (len(self.samples) + (0 if self._drop_last else size - 1)) // size

    def __iter__(self) -> Iterator[list[T]]:
        if self._resuming:
            self._resuming = False
            return self._current
        if self._current.order is not None:
            self._current = _Epoch(self, self._current.number + 1)
        self._current.begin(self._generator if self._shuffle else None)
        return self._current

    @property
    def epoch(self) -> int:
        """The number of the present epoch, from 0, which is also the number of completed epochs."""
        return self._current.number

    @property
    def batch(self) -> int:
        """The number of batches of the present epoch that were returned."""
        return self._current.batch

    @property
    def source(self) -> Generator | None:
        """The generator of the order; None if the samples are not shuffled."""
        return self._generator if self._shuffle else None

    def state_dict(self) -> dict[str, Any]:
        """The position: a new dict of numbers, lists of numbers and None.

        Raises:
            OperandTypeError: if the state of the generator cannot be saved.
        """
        return {
            "epoch": self.epoch,
            "batch": self.batch,
            **self._kind(),
            "generator": saved(self._generator) if self._shuffle else None,
            "order": self._current.drawn_from,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a position that `state_dict` returned, so that the next loop continues there.

        Raises:
            InputError: if it is not such a dict, or the number of samples or another argument differs. The position is
                then unchanged.
            OperandTypeError: if the state of the generator cannot be set.
        """
        _check(state, self._kind(), len(self))
        epoch = _Epoch(self, state["epoch"])
        if self._shuffle:
            now, drawn_from = _states(state)
            saved(self._generator)  # raises an error if the state cannot be set
            if drawn_from is not None:
                restore(self._generator, drawn_from)
                epoch.begin(self._generator)
            restore(self._generator, now)
        elif state["batch"] > 0:
            epoch.begin(None)
        epoch.batch = state["batch"]
        self._current, self._resuming = epoch, epoch.order is not None

    def bookmark(self) -> Callable[[], None]:
        """A function that restores the present position, even after the end of the epoch.

        >>> batches = Batches("abcde", 2, rng=1)
        >>> go_back = batches.bookmark()
        >>> first = next(iter(batches))
        >>> go_back()
        >>> next(iter(batches)) == first
        True
        """
        epoch, resuming = self._current, self._resuming
        attributes = vars(epoch).copy()
        # Within an epoch nothing is drawn, and reading the state of a generator takes as long as a small step.
        draws = self._shuffle and not self._is_within() and is_saveable(self._generator)
        drawn = saved(self._generator) if draws else None

        def go_back() -> None:
            """Restore the position of the bookmark."""
            if drawn is not None:
                restore(self._generator, drawn)
            vars(epoch).update(attributes)
            self._current, self._resuming = epoch, resuming

        return go_back

    def _is_within(self) -> bool:
        """Whether the order of the next batch is drawn already."""
        return self._current.order is not None and (self._resuming or self.batch > 0)

    def _kind(self) -> dict[str, Any]:
        """The arguments that must agree for a position to be valid."""
        return {
            "samples": len(self.samples),
            "size": self.size,
            "shuffle": self._shuffle,
            "drop_last": self._drop_last,
        }

    def _is_over(self, epoch: _Epoch[T]) -> None:
        if epoch is self._current:  # an abandoned loop has another epoch
            self._current = _Epoch(self, epoch.number + 1)


class _Epoch(Generic[T]):
    """One pass over the samples: an iterator with its own order and position."""

    def __init__(self, batches: Batches[T], number: int) -> None:
        self.batches = batches
        self.number = number
        self.batch = 0
        self.order: Sequence[int] | None = None
        self.drawn_from: list[Any] | None = None

    def begin(self, source: Generator | None) -> None:
        indices = range(len(self.batches.samples))
        if source is None:
            self.order = indices
        else:
            self.drawn_from = saved(source) if is_saveable(source) else None
            self.order = shuffled(indices, source)

    def __iter__(self) -> Iterator[list[T]]:
        return self

    def __next__(self) -> list[T]:
        samples, size = self.batches.samples, self.batches.size or len(self.batches.samples)
        if self.order is None or self.batch == len(self.batches):
            self.batches._is_over(self)  # noqa: SLF001 - the two classes belong together
            raise StopIteration
        self.batch += 1
        return [samples[index] for index in self.order[(self.batch - 1) * size : self.batch * size]]


_KEYS: Final = ("epoch", "batch", "samples", "size", "shuffle", "drop_last", "generator", "order")


def _states(state: Mapping[str, Any]) -> tuple[list[Any], list[Any] | None]:
    """The state of the generator, and its state before the order was drawn, if it was."""
    order = None if state["order"] is None and state["batch"] == 0 else checked("order", state["order"])
    return checked("generator", state["generator"]), order


def _check(state: Mapping[str, Any], kind: Mapping[str, Any], batches: int) -> None:
    if not isinstance(state, Mapping) or set(state) != set(_KEYS):
        raise InputError(f"expected a dict with {', '.join(_KEYS)}, as state_dict gives it, got {state!r:.200}")
    for name, expected in kind.items():
        if state[name] != expected:
            raise InputError(f"the position is one in other batches: expected {name}={expected}, got {state[name]!r}")
    for name, most in (("epoch", None), ("batch", batches)):
        number = state[name]
        if type(number) is not int or number < 0 or (most is not None and number > most):
            bound = "" if most is None else f" and at most {most}"
            raise InputError(f"{name} must be an int of at least 0{bound}, got {number!r}")
