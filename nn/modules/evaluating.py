"""A block in which a model is evaluated: no graph is recorded, and its modules are in evaluation mode."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_core import no_grad
from nn.modules.module import Module, switch_all


class Evaluating:
    """The context manager that `evaluating` returns.

    It is a class and not a generator function, because an interrupt can stop a generator before its `finally`, and the
    model would stay in evaluation mode. If an interrupt stops the end of the block, the modules are switched back when
    this object is freed.
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
    """The class within the block. Only it has `__del__`, because Python ignores an interrupt in `__del__`."""

    def __del__(self) -> None:
        self._switch_back()


def evaluating(model: object) -> Evaluating:
    """Use a model without training it: no graph is recorded, and its modules are in `eval()` mode.

    After the block every module is in its earlier mode. The model may be any callable.

    >>> model = Module()
    >>> with evaluating(model):
    ...     model.training
    False
    >>> model.training
    True
    """
    return Evaluating(model)
