"""Hypothesis strategies for numpy arrays, as arguments of functions whose gradient is checked.

The default is what a gradient check can measure: finite numbers of moderate size, and 0. Several entries often share a
number, so functions such as `numpy.max` are seen on ties. With `awkward=True` arrays also hold what programs forget:
both zeros, infinities, nan, subnormal and huge numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from hypothesis import strategies as st

from autograd_core.errors import InputError
from autograd_core.numerics.number import describe
from autograd_core.table.op import Interval

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[Any, Any]

DTYPES: Final = ("float64", "float32")
"""The types of numbers; the one with all digits comes first."""

MODERATE: Final[Interval] = (-3.0, 3.0)
MOST_DIMENSIONS: Final = 2
LONGEST: Final = 4

NEXT_TO_0: Final = 2.0**-20
"""Relative to the largest number, a smaller one is next to 0."""

Shape: TypeAlias = "tuple[int, ...] | st.SearchStrategy[tuple[int, ...]]"
"""A shape, or a strategy for shapes."""


def arrays(
    shape: Shape | None = None,
    dtype: str | Sequence[str] = DTYPES,
    domain: Interval = MODERATE,
    awkward: bool = False,
) -> st.SearchStrategy[Array]:
    """Return a strategy for numpy arrays of floats.

    Args:
        shape: the shape, or a strategy for shapes; by default up to 2 dimensions of 1 to 4 entries, and also `()`.
        dtype: `"float64"`, `"float32"`, or both in a sequence, which is the default. In 32 bits a difference gives
            three to five digits of a gradient, so pass `"float64"` to check more.
        domain: the closed interval of the numbers. By default they are of order one. A number next to 0 is replaced by
            0, if that is in the domain, because derivatives of its size vanish beside rounding.
        awkward: draw every second number from both zeros, infinities, nan, and the smallest and largest floats.

    Raises:
        InputError: if a dtype is not one of the two, or the domain holds no number of the dtype.

    Arrays shrink towards few entries and zeros.

    >>> import numpy as np
    >>> from hypothesis import given
    >>> from autograd_core.testing import check_grads
    >>> @given(arrays(dtype="float64"))
    ... def test_gradient_of_the_sum_of_squares(x):
    ...     assert check_grads(lambda x: np.sum(x * x), x, grad=lambda x: 2.0 * x)
    >>> test_gradient_of_the_sum_of_squares()
    """
    from hypothesis.extra import numpy as extra

    shapes = extra.array_shapes(min_dims=0, max_dims=MOST_DIMENSIONS, max_side=LONGEST) if shape is None else shape
    made = [extra.arrays(name, shapes, elements=_numbers(name, domain, awkward)) for name in _dtypes(dtype)]
    return st.one_of(made)


def broadcastable_arrays(
    count: int = 2,
    dtype: str | Sequence[str] = DTYPES,
    domain: Interval = MODERATE,
    awkward: bool = False,
) -> st.SearchStrategy[tuple[Array, ...]]:
    """Return a strategy for tuples of arrays of one dtype whose shapes numpy broadcasts together.

    A gradient of a function that broadcasts must be summed over the axes that were repeated, which is often forgotten.

    Args:
        count: the number of arrays.
        dtype: as for `arrays`.
        domain: as for `arrays`.
        awkward: as for `arrays`.

    Raises:
        InputError: as for `arrays`, or if `count` is not positive.

    >>> import numpy as np
    >>> from hypothesis import given
    >>> @given(broadcastable_arrays(2))
    ... def test_sums_broadcast(pair):
    ...     a, b = pair
    ...     assert (a + b).shape == np.broadcast_shapes(a.shape, b.shape)
    >>> test_sums_broadcast()
    """
    from hypothesis.extra import numpy as extra

    if count < 1:
        raise InputError(f"expected at least one array, got a count of {count}")
    names = _dtypes(dtype)
    elements = {name: _numbers(name, domain, awkward) for name in names}
    shapes = extra.mutually_broadcastable_shapes(
        num_shapes=count, min_dims=0, max_dims=MOST_DIMENSIONS, max_side=LONGEST
    )

    def of_shapes(name: str, drawn: tuple[tuple[int, ...], ...]) -> st.SearchStrategy[tuple[Array, ...]]:
        """Return a strategy for arrays of these shapes."""
        return st.tuples(*[extra.arrays(name, shape, elements=elements[name]) for shape in drawn])

    return st.sampled_from(names).flatmap(lambda name: shapes.flatmap(lambda s: of_shapes(name, s.input_shapes)))


def _dtypes(given: str | Sequence[str]) -> tuple[str, ...]:
    """Return the names of the types of numbers."""
    names = (given,) if isinstance(given, str) else tuple(given)
    wrong: list[object] = [name for name in names if name not in DTYPES] or ([] if names else [given])
    if wrong:
        raise InputError(f"expected some of {', '.join(map(repr, DTYPES))} as dtype, got {describe(wrong[0])}")
    return names


def _numbers(dtype: str, domain: Interval, awkward: bool) -> st.SearchStrategy[float]:
    """Return a strategy for the entries of an array."""
    import numpy as np

    kind: Any = np.dtype(dtype).type
    low, high = (kind(bound) for bound in domain)
    # A bound may lie between two floats of 32 bits; the nearest of them may be outside.
    low = np.nextafter(low, kind(np.inf)) if float(low) < domain[0] else low
    high = np.nextafter(high, kind(-np.inf)) if float(high) > domain[1] else high
    if not low <= high:
        raise InputError(f"expected a domain with a number of {dtype}, got {domain}")
    least = NEXT_TO_0 * max(abs(float(low)), abs(float(high)))
    numbers = st.floats(float(low), float(high), width=64 if dtype == "float64" else 32).map(
        lambda x: 0.0 if low <= 0.0 <= high and abs(x) < least else x
    )
    if not awkward:
        return numbers
    limits = np.finfo(kind)
    sizes = [0.0, np.inf, limits.smallest_subnormal, limits.tiny, limits.eps, limits.max]
    special = [float(sign * kind(size)) for size in sizes for sign in (1.0, -1.0)]
    return numbers | st.sampled_from([*special, float("nan")])
