"""Numbers outside of Values that compiled functions read at every call, and may replace.

The numbers of a leaf are found where it is. A package that keeps other numbers from call to call, such as the means of
an optimiser, keeps them in a `Store`. While a function is captured (see `capturing`), it asks the recorder for them,
`recorder.stored(store)`, and gives the new ones to it, `recorder.store(store, numbers, form)`. Every run of the program
then takes `store.numbers()`, and calls `store.replace`. A walk over the state of a function does not enter a store.
"""

from __future__ import annotations

from typing import Any


class Store:
    """What holds numbers that a compiled function reads at every call. A subclass has slots only."""

    __slots__ = ()

    def numbers(self) -> Any:
        """The numbers as they are now, a list or array of floats."""
        raise NotImplementedError

    def form(self) -> Any:
        """What a program takes for granted of the numbers; if it is another one, the function is captured again."""
        return None

    def replace(self, numbers: Any, form: Any) -> None:
        """Take new numbers, an array that nobody else has, and their form."""
        raise NotImplementedError

    def describe(self) -> str:
        """What the numbers are, in words."""
        return "a number"
