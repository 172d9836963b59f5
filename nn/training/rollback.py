"""Rollback: if an update or the end of an epoch is interrupted, everything is restored to the state before it.

An interrupt may come between any two instructions. So a step counts as made from one moment on: when the optimiser has
made its step, or the epoch is in the history. Before that moment an interrupt restores the earlier state. After it, the
rest of the step is completed before the interrupt is raised.

Parameters and the state of the optimiser are not restored here: `Optimizer.step` is atomic itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nn.base.generator_state import is_saveable
from nn.modules.module import Module

if TYPE_CHECKING:
    from nn.data.sampling import Batches
    from nn.optim import Optimizer
    from nn.training.evaluation import Network
    from nn.training.history import History


class SideEffects:
    """What a training changes in a model besides its parameters: buffers, and generators of random numbers.

    Args:
        model: a module. If it is another function, only the generator below is restored.
        generator: a further generator, or None.
    """

    def __init__(self, model: Network, generator: Any) -> None:
        modules = model.modules() if isinstance(model, Module) else []
        sources = [getattr(module, name, None) for module in modules for name in module.rng_names]
        self._generators = list(
            {id(source): source for source in (*sources, generator) if is_saveable(source)}.values()
        )
        self._buffers = [(module, name) for module in modules for name in module.buffer_names if hasattr(module, name)]

    def snapshot(self) -> Callable[[], None]:
        """A function that restores the present state.

        >>> from nn.layers.dropout import Dropout
        >>> model = Dropout(0.5, rng=1)
        >>> restore = SideEffects(model, None).snapshot()
        >>> first = model([1.0] * 20)
        >>> restore()
        >>> model([1.0] * 20) == first
        True
        """
        states = [(source, source.getstate()) for source in self._generators]
        contents = [(module, name, _copied(getattr(module, name))) for module, name in self._buffers]

        def restore() -> None:
            """Set generators and buffers to the state of the snapshot."""
            for source, state in states:
                source.setstate(state)
            for module, name, content in contents:
                setattr(module, name, _copied(content))

        return restore


class Rollback:
    """The state before an update or the end of an epoch, and how to restore it.

    Args:
        side_effects: buffers and generators of the model.
        batches: their position is restored.
        optimizer: its count of steps shows whether an update was made.
        history: its length shows whether an epoch was added.

    Attributes:
        finish: completes a step that was made; it may be called more than once.
    """

    def __init__(
        self, side_effects: SideEffects, batches: Batches[Any], optimizer: Optimizer, history: History
    ) -> None:
        self._restore: list[Callable[[], None]] = [side_effects.snapshot(), batches.bookmark()]
        self._optimizer, self._history = optimizer, history
        self._counts = self._count()
        self.finish: Callable[[], None] | None = None

    def track(self, thing: Any, *names: str) -> None:
        """Restore attributes of an object, too: those with these names, or all if no names are given."""
        every = vars(thing) if hasattr(thing, "__dict__") else {}
        attributes = {name: every[name] for name in names or every}
        self._restore.append(lambda: every.update(attributes))

    def settle(self) -> None:
        """Complete an interrupted step if it was already made; otherwise restore the state before it."""
        if self.finish is not None and self._count() != self._counts:
            self.finish()
            return
        for restore in self._restore:
            restore()

    def _count(self) -> tuple[int, int]:
        return self._optimizer.groups[0].steps, len(self._history)


def _copied(content: Any) -> Any:
    return list(content) if isinstance(content, list) else content
