"""Steps of a training are whole or not at all: if an update or the end of an epoch breaks off, it is undone.

An interrupt may come between any two instructions. So there is one moment at which the optimiser has made its step, or
the history has got its epoch. Before it everything is put back. From then on the step stands, and what is left of it is
done before the interrupt goes on.

Parameters and what the optimiser remembers are no part of this: `Optimizer.step` itself is whole or not at all.
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


class Stateful:
    """What changes while a model is trained, besides its parameters.

    Args:
        model: its buffers and its generators of random numbers; of other functions than modules nothing is known.
        generator: a further one, if it is not None.
    """

    def __init__(self, model: Network, generator: Any) -> None:
        modules = model.modules() if isinstance(model, Module) else []
        sources = [getattr(module, name, None) for module in modules for name in module.rng_names]
        self._generators = list(
            {id(source): source for source in (*sources, generator) if is_saveable(source)}.values()
        )
        self._buffers = [(module, name) for module in modules for name in module.buffer_names if hasattr(module, name)]

    def kept(self) -> Callable[[], None]:
        """What puts all of it back to what it is now.

        >>> from nn.layers.dropout import Dropout
        >>> model = Dropout(0.5, rng=1)
        >>> put_back = Stateful(model, None).kept()
        >>> first = model([1.0] * 20)
        >>> put_back()
        >>> model([1.0] * 20) == first
        True
        """
        states = [(source, source.getstate()) for source in self._generators]
        contents = [(module, name, _copied(getattr(module, name))) for module, name in self._buffers]

        def put_back() -> None:
            for source, state in states:
                source.setstate(state)
            for module, name, content in contents:
                setattr(module, name, _copied(content))

        return put_back


class Before:
    """How things were before an update or the end of an epoch.

    Args:
        stateful: what changes of the model.
        batches: whose position changes.
        optimizer: whose steps are counted.
        history: whose epochs are counted.

    Attributes:
        finish: does what is left once the step stands; as often as it takes.
    """

    def __init__(self, stateful: Stateful, batches: Batches[Any], optimizer: Optimizer, history: History) -> None:
        self._back: list[Callable[[], None]] = [stateful.kept(), batches.bookmark()]
        self._optimizer, self._history = optimizer, history
        self._counts = self._count()
        self.finish: Callable[[], None] | None = None

    def keep(self, thing: Any, *names: str) -> None:
        """Take an object into account, which is about to change attributes: those with these names, else any."""
        every = vars(thing) if hasattr(thing, "__dict__") else {}
        attributes = {name: every[name] for name in names or every}
        self._back.append(lambda: every.update(attributes))

    def settle(self) -> None:
        """After a step that broke off: finish it if it stands already, else put everything back."""
        if self.finish is not None and self._count() != self._counts:
            self.finish()
            return
        for put_back in self._back:
            put_back()

    def _count(self) -> tuple[int, int]:
        return self._optimizer.groups[0].steps, len(self._history)


def _copied(content: Any) -> Any:
    return list(content) if isinstance(content, list) else content
