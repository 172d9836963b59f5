"""The hierarchy of errors and warnings.

Every error is an `AutogradError` and also the built-in exception that fits, so `except TypeError` works
too. Each message says what was expected, what was given, where, and what to do.
"""

from typing import Any


class AutogradError(Exception):
    """Base of all errors that `autograd_core`, `nn` and `viz` raise."""

    def __init__(self, *args: object) -> None:  # a signature, which built-in exceptions lack
        super().__init__(*args)


class OperandTypeError(AutogradError, TypeError):
    """An argument is not of the type that is needed, for example not a real number or not a Value."""


class ShapeError(AutogradError, ValueError):
    """Two sequences have different lengths where they must agree, or a sequence is empty that must not be."""


class InputError(AutogradError, ValueError):
    """An argument has the right type but not a valid value."""


class GraphChangedError(AutogradError, RuntimeError):
    """Data was assigned to a node after its graph was recorded, and the graph is now needed again.

    A graph keeps the numbers it was recorded with, so a second sweep would give the gradient at the old numbers.
    Compute the result again.

    >>> from autograd_core import Value
    >>> w = Value(3.0)
    >>> loss = (w * 2.0 - 1.0) ** 2
    >>> loss.backward()
    >>> w.data -= 0.1 * w.grad
    >>> loss.backward()
    Traceback (most recent call last):
        ...
    autograd_core.errors.GraphChangedError: expected a graph of the numbers that its leaves hold, got one that was ...
    """


class AnomalyError(AutogradError, ArithmeticError):
    """Under `detect_anomaly` an op made a nan or an infinity out of finite numbers."""


class GradientLossError(AutogradError, TypeError):
    """A Value was to be converted to a plain number, which would silently lose the gradient.

    Attributes:
        refused: the Value that was to be converted by `float` or the like; None otherwise.
    """

    refused: Any = None


class AutogradWarning(UserWarning):
    """Base of all warnings that `autograd_core`, `nn` and `viz` give."""

    def __init__(self, *args: object) -> None:  # as above
        super().__init__(*args)


class GradientLossWarning(AutogradWarning):
    """A derivative is returned as plain numbers although it depends on Values, whose gradients are then lost."""


class CompileWarning(AutogradWarning):
    """A compiled function is captured again and again, which takes longer than the runs that are saved."""
