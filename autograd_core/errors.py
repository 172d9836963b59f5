"""One hierarchy of errors.

Every error of the engine is an `AutogradError` and also the built-in exception that a caller would
catch anyway, so `except TypeError` keeps working for people who have never heard of this package.
Each message says what was expected, what came, where, and the way out.
"""


class AutogradError(Exception):
    """Base of everything that `autograd_core`, `nn` and `viz` raise on purpose."""


class OperandTypeError(AutogradError, TypeError):
    """Something that is not a real number, or not a Value, stands where one is needed."""


class ShapeError(AutogradError, ValueError):
    """Two sequences whose lengths must agree do not, or one is empty that may not be."""


class InputError(AutogradError, ValueError):
    """An argument of the right type has a value that makes no sense here."""


class GraphChangedError(AutogradError, RuntimeError):
    """Data was assigned to a node after its graph was recorded, and the graph is now needed again.

    A graph keeps the numbers of its recording, so a second sweep would give the gradient at numbers that are gone. The
    way out is to compute the result again.

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
    """A Value was turned into a plain number where the gradient would be lost without a word."""


class GradientLossWarning(UserWarning):
    """A derivative is returned as plain numbers although it depends on Values, whose gradients are lost with that."""
