"""Modules whose calls are generators: they are resumed, thrown into and closed as any generator is."""

from collections.abc import Iterator
from typing import Any

import pytest

from autograd_core import Value
from nn import Module, ParameterWarning


class Steps(Module):
    """Yields multiples of its input, until an error is thrown in."""

    def __init__(self) -> None:
        self.w = Value(2.0)
        self.ended = 0

    def __call__(self, x: Any) -> Iterator[Any]:
        start = x
        try:
            while True:
                x = x * self.w
                yield x
        except ValueError:
            self.kept = start
            yield "caught"
        finally:
            self.ended += 1


def test_a_generator_is_closed() -> None:
    model = Steps()
    running = model(1.0)
    assert [next(running).data for _ in range(3)] == [2.0, 4.0, 8.0]
    running.close()  # type: ignore[attr-defined]
    assert model.ended == 1


def test_what_a_generator_keeps_after_an_error_is_thrown_in_is_state() -> None:
    model = Steps()
    running = model(Value(1.0))
    next(running)
    with pytest.warns(ParameterWarning, match="'kept'"):
        found = running.throw(ValueError("enough"))  # type: ignore[attr-defined]
    assert found == "caught"
    assert [name for name, _ in model.named_parameters()] == ["w"]
