"""How tightly ops bind. This module is not compiled, because mypyc drops the docstring of an enumeration."""

from __future__ import annotations

from enum import IntEnum


class Precedence(IntEnum):
    """How tightly an op binds when written: an input that binds less tightly than its user needs parentheses.

    `LOOSE` is for operators without an agreed precedence, such as the remainder.
    """

    LOOSE = 0
    SUM = 1
    PRODUCT = 2
    SIGN = 3
    POWER = 4
    CALL = 5
