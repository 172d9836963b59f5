"""What formulas take for granted about ops: the signs of their values, and where they have none."""

from typing import Final

POSITIVE: Final = frozenset({"exp", "exp2", "cosh", "sigmoid", "softplus", "normal_pdf", "normal_cdf", "shift"})
NOT_NEGATIVE: Final = frozenset({"abs", "sqrt", "relu", "relu6", "hardsigmoid"})
"""Ops whose values are above 0, and those whose values are not below."""

WITH_POLES: Final = frozenset(
    {
        *("div", "reciprocal", "pow", "mod", "fmod", "remainder", "floordiv", "log_base", "tan", "atan2"),
        *("gamma", "lgamma", "digamma", "polygamma", "cauchy", "cauchy_da", "cauchy_db"),
        *("exp_quotient", "exp_quotient_da", "exp_quotient_db"),
    }
)
"""Ops that have no value at some points of their domain."""

LOGARITHMS: Final = frozenset({"log", "log2", "log10"})
"""Ops without a value at 0, which lies at the edge of their domain."""
