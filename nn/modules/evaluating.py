"""A block in which a model is evaluated: no graph is recorded, and its modules are in evaluation mode."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_core import no_grad
from nn.modules.module import Module, switch_all


class Evaluating:
    """What `evaluating` returns.

    No generator with a `finally`, which an interrupt at the wrong moment leaves hanging, and the model in `eval()`
    mode. Whatever interrupts the end of the block, the modules are switched back when this object is freed, at the
    latest: see `_Open`.
    """

    _in_training: Sequence[Module] = ()

    def __init__(self, model: object) -> None:
        self._modules = model.modules() if isinstance(model, Module) else []
        self._quiet = no_grad()

    def __enter__(self) -> None:
        self._in_training = [module for module in self._modules if module.training]
        self.__class__ = _Open
        try:
            switch_all(self._in_training, False)
            self._quiet.__enter__()
        except BaseException:
            self._switch_back()
            raise

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        try:
            self._switch_back()
        finally:
            self._quiet.__exit__(kind, error, traceback)

    def _switch_back(self) -> None:
        switch_all(self._in_training, True)
        self._in_training = ()
        self.__class__ = Evaluating


class _Open(Evaluating):
    """What it is inside of the block only, since Python loses an interrupt that comes while `__del__` runs."""

    def __del__(self) -> None:
        self._switch_back()


def evaluating(model: object) -> Evaluating:
    """Use a model without training it: no graph is recorded, and its modules are in `eval()` mode.

    Afterwards every module is in the mode it was in before. The model may be any callable.

    >>> model = Module()
    >>> with evaluating(model):
    ...     model.training
    False
    >>> model.training
    True
    """
    return Evaluating(model)
