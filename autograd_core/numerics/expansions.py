"""Taylor expansions of derivatives around their zeros.

Where a derivative passes through 0, its formula is a difference of nearly equal numbers. Numbers of 32 digits lose few
of them at a distance, but beside the zero they lose all. There the Taylor polynomial around the zero is used instead:
the coefficient that vanishes is exactly 0, so nothing cancels.

The zero is not a float. It is given as the sum of two floats. A nearby float minus the first of them is exact, so the
distance from the zero also has all its digits.
"""

from __future__ import annotations

from typing import Final, final


@final
class Expansion:
    """A Taylor polynomial around a zero, and the open interval around the zero where it is used.

    Attributes:
        low: the lower end of the interval.
        high: the upper end of the interval.
        centre: the zero, as the sum of two floats.
        coefficients: the coefficients of the powers of the distance from the centre, the constant first.

    >>> around_1 = Expansion(0.5, 1.5, (1.0, 0.0), (0.0, 2.0, 1.0))
    >>> around_1(1.25)
    0.5625
    """

    __slots__ = ("_descending", "centre", "coefficients", "high", "low")

    def __init__(self, low: float, high: float, centre: tuple[float, float], coefficients: tuple[float, ...]) -> None:
        self.low: Final = low
        self.high: Final = high
        self.centre: Final = centre
        self.coefficients: Final = coefficients
        self._descending: Final = coefficients[::-1]

    def __call__(self, x: float) -> float:
        """The polynomial at `x`."""
        d = (x - self.centre[0]) - self.centre[1]
        y = 0.0
        for a in self._descending:
            y = y * d if a == 0.0 else y * d + a
        return y


def beside_zero(expansions: tuple[Expansion, ...], x: float) -> Expansion | None:
    """The expansion whose interval holds `x`, from one of the tables below; None if there is none.

    >>> beside_zero(SILU_SLOPE, 0.0) is None, beside_zero(SILU_SLOPE, -1.28) is SILU_SLOPE[0]
    (True, True)
    """
    for expansion in expansions:
        if expansion.low < x < expansion.high:
            return expansion
    return None


# Printed by `tests/support/make_expansions.py`.
# fmt: off
SILU_SLOPE: Final[tuple[Expansion, ...]] = (
    Expansion(-1.3125, -1.25, (-1.2784645427610737, -1.0946994183093437e-16), (
        0.0, 0.2178117057198001, 0.1466487969969469, 0.018874814223782312,
        -0.015222655223188032, -0.006606589138356696, 0.000126627410081122, 0.0007985218818397998,
        0.00018570724361186496, -4.090534237428612e-05, -2.9733542213263917e-05,
    )),
)
SILU_CURVATURE: Final[tuple[Expansion, ...]] = (
    Expansion(2.375, 2.4375, (2.3993572805154675, 1.8464872855353363e-16), (
        0.0, -0.09153052016419229, 0.07629586548655085, -0.022487259234225326,
        -0.001836670144762844, 0.003862816776830254, -0.0013663696912367745, 0.0001151307019584522,
        9.644059294156357e-05, -4.74507427928072e-05, 8.432377564571459e-06,
    )),
)
MISH_SLOPE: Final[tuple[Expansion, ...]] = (
    Expansion(-1.21875, -1.15625, (-1.1924312145154952, -4.8484829848031044e-17), (
        0.0, 0.2669479140495345, 0.20473126408010586, 0.04190782104360987,
        -0.020271822716684245, -0.01582112656173338, -0.0033606849270232685, 0.0010924055409445854,
        0.0009898181021289196, 0.00025412936386191073, -4.1961496031696126e-05,
    )),
)
MISH_CURVATURE: Final[tuple[Expansion, ...]] = (
    Expansion(-2.28125, -2.21875, (-2.256376396360793, -1.0703174875019247e-16), (
        0.0, 0.1087544107316427, 0.09898193805255845, 0.03736189561023729,
        0.0033540526593358656, -0.003860493935188506, -0.002480068109334893, -0.0007927886724150866,
        -0.00010538381919454746, 3.978333053066292e-05, 3.2238496830115364e-05,
    )),
    Expansion(1.46875, 1.53125, (1.4905711794854284, 7.126036715834263e-17), (
        0.0, -0.23069451159746054, 0.28127277803034306, -0.0797073551654253,
        -0.06665173991852782, 0.05998888116276497, -0.008932244292082872, -0.011535248884490047,
        0.0070027488703032735, -0.00026852183677313475, -0.0014013096671622836, 0.0006082701059370484,
    )),
)
GELU_SLOPE: Final[tuple[Expansion, ...]] = (
    Expansion(-0.875, -0.625, (-0.7517915246935645, 1.4956759177009883e-17), (
        0.0, 0.4314939923140469, 0.388284982990552, -0.018199676398671087,
        -0.1140082332972217, -0.014771522148244337, 0.019421679838189067, 0.004539228379125415,
        -0.002239538068073497, -0.0007448268386746817, 0.00018633974623233514, 8.615947861116571e-05,
        -1.121438018842664e-05, -7.74846130700372e-06,
    )),
)
GELU_TANH_SLOPE: Final[tuple[Expansion, ...]] = (
    Expansion(-0.78125, -0.71875, (-0.7524614220710163, 3.635560509207687e-17), (
        0.0, 0.4304000910248585, 0.38751844613578895, -0.01578285352184803,
        -0.11394448308095899, -0.01661932834305256, 0.019682309459833118, 0.005261059254921912,
        -0.0024227318458750974, -0.0009274420230205449, 0.00026392764052681053,
    )),
)
GELU_TANH_CURVATURE: Final[tuple[Expansion, ...]] = (
    Expansion(1.375, 1.4375, (1.4185040087908283, 8.089265124388305e-17), (
        0.0, -0.4095488174124191, 0.432081111593848, -0.008168951883944803,
        -0.16109481693213482, 0.056750540975161724, 0.020035361162701274, -0.01671150756085392,
        0.0007632001136916162, 0.002643461146696662, -0.0007514200775098502, -0.00026173756856854425,
    )),
)
CELU_SLOPE: Final[tuple[Expansion, ...]] = (
    Expansion(-0.0625, 0.0625, (0.0, 0.0), (
        0.0, 0.0, -0.5, -0.3333333333333333,
        -0.125, -0.03333333333333333, -0.006944444444444444, -0.0011904761904761906,
        -0.00017361111111111112, -2.2045855379188714e-05, -2.48015873015873e-06, -2.505210838544172e-07,
    )),
)
# fmt: on
