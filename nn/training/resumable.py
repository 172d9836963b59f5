"""The state and the recipe of a training, and how a training continues from them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from autograd_core import AutogradError, InputError
from nn.base import generator_state
from nn.modules.loading import compare
from nn.modules.module import Module
from nn.modules.state import ParameterArray, arrays, nested
from nn.training.fingerprint import fingerprint
from nn.training.history import History, Running, Step, count_of
from nn.training.recipe import NOISE, ORDER, Recipe, check, with_own_settings

if TYPE_CHECKING:
    from nn.data.sampling import Batches, Sample
    from nn.modules.state import Array
    from nn.optim import Optimizer
    from nn.training.clipping import Clipping
    from nn.training.evaluation import Network
    from nn.training.regularisation import EarlyStopping


class Resumable:
    """The base class of `Training` with everything that a checkpoint consists of."""

    model: Network
    batches: Batches[Sample]
    validation: Sequence[Sample] | None
    optimizer: Optimizer
    early_stopping: EarlyStopping | None
    clipping: Clipping
    history: History
    running: Running
    updates: int
    stopped: bool
    _best: dict[str, Any] | None
    _recipe: dict[str, str | None]
    _loop: Iterator[list[Sample]] | None
    _step: Step | None
    _pending: deque[Callable[[], None]]

    @cached_property
    def recipe(self) -> Recipe:
        """A description of the training by the names of its parts, with fingerprints of its samples.

        `nn.training.recipe` defines it. Later changes, such as an assigned learning rate, are part of the state and not
        of the recipe.
        """
        validation = "none" if self.validation is None else fingerprint(self.validation)
        return {**self._recipe, "samples": fingerprint(self.batches.samples), "validation samples": validation}

    def state_dict(self, *, with_history: bool = True) -> dict[str, Any]:
        """Everything that is needed to continue with identical results, as numbers, strings, lists and dicts.

        Code, samples, gradients and frozen marks are not included; the `recipe` describes model, loss, samples and
        schedules.

        Args:
            with_history: False leaves the history out, the only part that grows with the number of epochs.

        Raises:
            OperandTypeError: if the state of a generator of random numbers cannot be saved.
        """
        stopping = self.early_stopping
        return {
            "recipe": dict(self.recipe),
            "model": self._numbers(),
            "best": self._best,
            "optimizer": self.optimizer.state_dict(),
            "batches": self.batches.state_dict(),
            "generators": {name: generator_state.saved(source) for name, source in self._generators().items()},
            "early_stopping": None if stopping is None else stopping.state_dict(),
            "running": self.running.state_dict(),
            "updates": self.updates,
            "stopped": self.stopped,
        } | ({"history": self.history.records()} if with_history else {})

    def load_state_dict(self, state_dict: Mapping[str, Any], *, changed: bool = False) -> None:
        """Continue from a state that `state_dict` of a similar training returned.

        Args:
            state_dict: the state; its history may also be a `History`.
            changed: whether differences between the recipes of the two trainings are intended. Learning rates, options,
                schedules, seeds, data and the loss are then those of this training. Another optimiser, another batch
                size and other shapes of arrays raise an error in any case.

        Raises:
            RecipeError: if the recipes differ, and that is not intended; an `InputError` whose message lists all
                differences.
            InputError: if it is not such a dict, or one of another model, optimiser or data.

        After an error this training is unchanged.
        """
        before = self.state_dict()
        try:
            self._load(state_dict, changed)
        except BaseException as error:
            self._load(before)
            if isinstance(error, Exception) and not isinstance(error, AutogradError):
                raise InputError(f"expected what state_dict() returned, got something else: {error!r}") from error
            raise

    def _load(self, state: Mapping[str, Any], changed: bool = False) -> None:
        differing = check(state["recipe"], self.recipe, changed)
        best, stopping = state["best"], self.early_stopping
        set_model = self._fitting("model", state["model"])
        if best is not None:
            self._fitting("best", best)
        history, running = History.of(state["history"]), Running.of(state["running"])
        updates, stopped = count_of(state["updates"]), bool(state["stopped"])
        generators = self._generators()
        if generators.keys() != state["generators"].keys() and not changed:
            raise InputError(f"expected generators of {sorted(generators)}, got {sorted(state['generators'])}")
        self.optimizer.load_state_dict(with_own_settings(state["optimizer"], self.optimizer, differing))
        order = self.batches.source
        own = {} if order is None or ORDER not in differing else {"generator": generator_state.saved(order)}
        self.batches.load_state_dict({**state["batches"], **own})
        for name, source in generators.items():
            is_new = changed and name not in state["generators"]
            if not is_new and (f"seed of {name}" if name else NOISE) not in differing:
                generator_state.restore(source, state["generators"][name])
        if stopping is None:
            best = None
        elif state["early_stopping"] is not None or not changed:
            stopping.load_state_dict(state["early_stopping"])
        set_model()
        self._best, self.history, self.running, self.updates, self.stopped = best, history, running, updates, stopped
        self._loop, self._step, self._pending = None, None, deque()

    def _arrays(self) -> Mapping[str, Array]:
        if isinstance(self.model, Module):
            return arrays(self.model)
        parameters = self.optimizer.parameters
        return {"parameters": ParameterArray((len(parameters),), parameters)}

    def _numbers(self) -> dict[str, Any]:
        """The present parameters and buffers."""
        return {name: nested(array.shape, array.numbers()) for name, array in self._arrays().items()}

    def _fitting(self, part: str, numbers: Mapping[str, Any]) -> Callable[[], None]:
        """A function that sets the parameters and buffers to these numbers, after a check that they fit."""
        comparison = compare(self._arrays(), numbers)
        if problems := comparison.problems(most=4):
            raise InputError(f"the numbers under {part!r} do not fit the model: {problems}")
        return comparison.assign

    def _generators(self) -> dict[str, Any]:
        """The generators of modules by name, and that of the noise under the name `""`."""
        own: dict[str, Any] = {} if self.clipping.generator is None else {"": self.clipping.generator}
        return own | dict(self.model.named_generators()) if isinstance(self.model, Module) else own
