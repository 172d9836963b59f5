"""The entry point for Hypothesis: how to draw a Value and a Program.

Hypothesis calls `register`, an entry point of the group "hypothesis", at the end of its own import. The strategies are
loaded on the first draw, so the cost for other test suites is two entries in a table.
"""

from __future__ import annotations

from typing import Any


def register() -> None:
    """Make `st.from_type(Value)` and `st.from_type(Program)` work.

    >>> from hypothesis import strategies as st
    >>> from autograd_core import Value
    >>> register()
    >>> st.from_type(Value)
    builds(Value, floats(min_value=-10.0, max_value=10.0), just(''))
    """
    from hypothesis.strategies import register_type_strategy

    from autograd_core.graph.value import Value
    from autograd_core.testing.programs.programs import Program

    register_type_strategy(Value, _values)
    register_type_strategy(Program, _programs)


def _values(_: type) -> Any:
    from autograd_core.testing.strategies import values

    return values()


def _programs(_: type) -> Any:
    from autograd_core.testing.strategies import expressions

    return expressions()
