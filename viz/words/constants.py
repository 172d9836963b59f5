"""Numbers that formulas write by what they are, such as `sqrt(2 pi)`, and not as the decimals of the nearest float.

They are the constants that rows and usual functions of probability contain. So a formula does not show
0.3989422804014327 for the density of the normal distribution at 0.
"""

import math
from typing import Final

_NAMED: Final = {
    math.e: "exp(1)",
    math.sqrt(2.0): "sqrt(2)",
    math.sqrt(3.0): "sqrt(3)",
    math.sqrt(0.5): "1 / sqrt(2)",
    math.sqrt(math.pi): "sqrt(pi)",
    1.772453850905516: "sqrt(pi)",
    math.sqrt(2.0 * math.pi): "sqrt(2 * pi)",
    2.5066282746310007: "sqrt(2 * pi)",
    math.sqrt(2.0 / math.pi): "sqrt(2 / pi)",
    1.5957691216057308: "2 * sqrt(2 / pi)",
    0.035677408136300125: "0.044715 * sqrt(2 / pi)",
    0.07135481627260025: "0.08943 * sqrt(2 / pi)",
    0.21406444881780073: "0.26829 * sqrt(2 / pi)",
    0.5641895835477563: "1 / sqrt(pi)",
    1.1283791670955126: "2 / sqrt(pi)",
    0.3989422804014327: "1 / sqrt(2 * pi)",
    math.log(2.0): "log(2)",
    math.log(10.0): "log(10)",
    math.log2(math.e): "1 / log(2)",
    math.log10(math.e): "1 / log(10)",
    math.log(2.0 * math.pi): "log(2 * pi)",
    1.8378770664093456: "log(2 * pi)",
    0.5 * math.log(2.0 * math.pi): "log(2 * pi) / 2",
    0.9189385332046728: "log(2 * pi) / 2",
    180.0 / math.pi: "180 / pi",
    math.pi / 180.0: "pi / 180",
    **{number * math.pi: f"{number} * pi" for number in (0.5, 1.0, 2.0, 4.0)},
}

KNOWN: Final = _NAMED | {-number: f"-({text})" for number, text in _NAMED.items()}
"""For each float what it stands for, in the notation of the textbook derivatives in the rows.

Some numbers have two floats: the nearest one, and the one that Python computes from the formula.
"""
