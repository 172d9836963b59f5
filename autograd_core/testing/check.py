"""`check_grads`: compare the derivatives of a function with derivatives computed independently.

Without claims the function runs on Values, and the derivatives of the engine are checked. With claims the function is a
black box of plain numbers and arrays, and the claims are checked. `one_point` has the check itself, `claims` what is
claimed, and `points` the check at several points.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd_core.errors import InputError
from autograd_core.testing.checking.claims import Claims
from autograd_core.testing.checking.one_point import report_at
from autograd_core.testing.checking.options import MODES, Options
from autograd_core.testing.checking.points import report_at_points
from autograd_core.testing.report import GradReport, concluded


def check_grads(
    f: Callable[..., Any],
    *args: Any,
    grad: Callable[..., Any] | None = None,
    vjp: Callable[..., Any] | None = None,
    jvp: Callable[..., Any] | None = None,
    jac: Callable[..., Any] | None = None,
    hvp: Callable[..., Any] | None = None,
    hess: Callable[..., Any] | None = None,
    points: Iterable[tuple[Any, ...]] | None = None,
    order: int = 1,
    modes: Sequence[str] = MODES,
    method: str = "auto",
    rtol: float | None = None,
    atol: float | None = None,
    kinks: str = "accept",
    domain: tuple[float, float] | None = None,
    argnums: int | tuple[int, ...] | None = None,
    rng: int | random.Random = 0,
) -> GradReport:
    """Compare the derivatives of a function at a point with derivatives computed independently.

    Args:
        f: a function of numbers, or of trees of numbers, that returns a number or a tree of numbers. Without claims it
            runs on Values, and the derivatives of the engine are checked. With claims, which are the six arguments
            from `grad` to `hess`, it gets plain numbers and arrays, and may use any library. A claim returns the
            derivative alone, not a pair with the value.
        args: the point. Values in it are replaced by their numbers, and are not changed. With claims it may contain
            complex numbers, PyTorch tensors and JAX arrays. Arrays and tensors keep their type. A function of numbers
            with 32 or 16 bits is also called with 64 bits: if it and the claims are the same there, five digits of a
            gradient are checked in 32 bits. Otherwise it is three; in 16 bits, pass an `rtol` or `atol` then.
            Integers (except among floats in a list, such as `[1, 2.5]`), bools, text, None, dates, random generators
            and other objects are left alone: they are passed on and not differentiated. A random generator has the
            same state at each call. If there is nothing but integers, they count as floats.
        grad: `grad(*args)` returns the gradient of a function with one real result. Its form is that of the argument.
            For several arguments it is a tuple of such forms, or the form of the first argument alone, and then only
            the derivatives with respect to this one are checked. An array may replace a list. What is left alone has
            no derivative: None, 0 or a dict without the key.
        vjp: `vjp(*args, cotangent)` returns the gradient, as `grad` does, of the sum of all results times the
            cotangent. The cotangent has the form of the result.
        jvp: `jvp(*args, tangent)` returns the derivative of the result along the tangent, in the form of the result.
            The tangent has the form of the argument, or is a tuple of such forms for several.
        jac: `jac(*args)` returns the Jacobian. It has the form of the result, with the gradient of each number in its
            place. Two arrays give one array with the shape of the result followed by that of the argument.
        hvp: `hvp(*args, vector)` returns the second derivatives of a function with one real result times the vector:
            the derivative of the gradient along the vector. Vector and product have the form of the gradient. They
            are compared with differences of `grad` if that is given, else with second differences of `f`.
        hess: `hess(*args)` returns the second derivatives: the form of the gradient, with such a form in place of each
            number, as `jac` of the gradient does.
        points: several points to check in place of `args`, each a tuple of arguments, in a list or another iterable.
            The report says at which points the derivatives are wrong, and what these have in common.
        order: the highest order of derivatives to check, from 1 to 3. With `grad`, 2 is the highest: the changes of
            the gradient nearby are compared with second differences of the function.
        modes: `"rev"` for backward passes, `"fwd"` for forward mode, if the engine is checked.
        method: `"replay"`, the recorded graph evaluated in mpmath; `"complex"`, the complex step; `"central"`, central
            differences; `"directions"`, central differences along random directions. The default `"auto"` uses replay
            for a graph if mpmath has all its ops. For a black box it uses the complex step if the function runs on
            complex numbers, else central differences, along directions if there are more than 200 numbers.
        rtol: the relative tolerance; by default 1e-12 for replay, 1e-10 for the complex step, 2e-7 for differences.
            It is added to `atol`, and to both of them the measured error of a difference.
        atol: the absolute tolerance; by default the largest error that rounding explains, because an absolute number
            would be too large for small derivatives and too small for large ones: that of the chain rule for replay,
            1e-14 of the largest derivative or the value for the complex step, 0 for differences, whose error is
            measured.
        kinks: what to do with a point at which the derivatives from the left and from the right differ. `"accept"`
            takes any number between them as right, at a jump any of the two. `"refuse"` leaves the point unverified,
            and a number that is not between them wrong. `"skip"` compares nothing there, and the report says so.
        domain: the closed interval outside of which no function is called, neither for differences nor for hints; by
            default unbounded. It holds for each number. Give one to a function that is slow or never ends elsewhere,
            because differences move a number by up to half its size, or by up to 0.5 if that is larger, and farther if
            the function stands still.
        argnums: the indices of the arguments to differentiate with respect to; by default all.
        rng: a seed or a generator, for the random directions, cotangents and vectors.

    Returns:
        The report, which is true: every derivative that is compared is right.

    Raises:
        GradientMismatch: if a derivative is wrong; it carries the report.
        GradientUnverified: if none is shown to be wrong, but one cannot be verified: the values of the function are
            too inexact or random, it is nan at the point, not defined on both sides of it or discontinuous there, or
            it has a kink and `kinks="refuse"`. A subclass of the former, because such a check does not pass either.
        InputError: if an option is invalid, `points` are no tuples, there are no numbers to differentiate with respect
            to, `method="complex"` does not apply, or the function or a claim changes an argument in place.
        ShapeError: if the form of a claim differs from that of the arguments or the result, or the function has
            several results and the claim is for one; the message names the first difference and the way out.
        OperandTypeError: if the function or a claim cannot be called, the results or claims contain something other
            than numbers, or `argnums` is no index or names an argument that is left alone.
        Exception: what the function or a claim raises at the point, with a note that names the call. Beside the
            point, where differences call the function, an exception says that it has no value there.

    Functions with several results, second derivatives, and several claims at once:

    >>> import numpy as np
    >>> x = np.array([0.5, -2.0])
    >>> check_grads(np.sin, x, vjp=lambda x, g: g * np.cos(x), jvp=lambda x, t: t * np.cos(x))
    GradReport(...)
    >>> check_grads(lambda x: np.sum(x**4), x, grad=lambda x: 4 * x**3, hvp=lambda x, v: 12 * x**2 * v, order=2)
    GradReport(...)

    A complex number `z = x + iy` counts as the two numbers `z.real` and `z.imag`. The gradient is the complex number
    `df/dx + i df/dy`, as in PyTorch; JAX and autograd return its conjugate `df/dx - i df/dy`, so pass
    `grad=lambda z: jax.grad(f)(z).conj()`. A complex result `r` counts as two results, and its cotangent `c` is for
    `Re(conj(c) r)`, also as in PyTorch. `jac` of a complex result holds its complex derivative.

    >>> check_grads(lambda z: abs(z) ** 2, 1 + 2j, grad=lambda z: 2 * z)
    GradReport(...)

    A wrong gradient raises an error that says where it is wrong, and if possible why:

    >>> check_grads(lambda x: x**3, 2.0, grad=lambda x: -3 * x**2)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    autograd_core.testing.report.GradientMismatch: the gradient of f disagrees in 1 of 1 comparison by complex
    ...
      hint      the sign is flipped
    ...
    >>> check_grads(abs, points=[(-2.0,), (-1.0,), (1.0,), (2.0,)], grad=lambda x: 1.0)
    Traceback (most recent call last):
    autograd_core.testing.report.GradientMismatch: the gradient of abs disagrees in 2 of 4 comparisons by central
      wrong at 2 of 4 points: wrong only where x is below about 0: is a branch wrong?
    ...

    Values that existed before keep their `data` and `grad`, even after an exception.
    """
    __tracebackhide__ = True
    claims = Claims(grad=grad, vjp=vjp, jac=jac, jvp=jvp, hvp=hvp, hess=hess)
    options = Options(order, modes, method, rtol, atol, kinks, domain, argnums, rng)
    options.require_order_of(claims)
    if points is None:
        report, graph = report_at(f, args, claims, options)
    elif args:
        raise InputError(f"expected the point as arguments or several as points=, got both; points=[{args!r}, ...]")
    else:
        report, graph = report_at_points(f, points, claims, options)
    return concluded(report, graph)
