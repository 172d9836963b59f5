"""Complex arguments and results: the convention, and claims that follow another one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd_core import OperandTypeError, ShapeError
from autograd_core.testing import check_grads
from failures import failure

Z = np.array([1 + 2j, 0.5 - 0.3j])
X = np.array([0.5, -2.0, 1.25])


def energy(z: Any) -> Any:
    return np.sum(np.abs(z) ** 2 * np.real(z))


def gradient(z: Any) -> Any:
    """The derivative with respect to the real part, plus `i` times that with respect to the imaginary part."""
    return 2 * z * np.real(z) + np.abs(z) ** 2


@pytest.mark.parametrize(
    "point", [1 + 2j, np.complex64(1 + 2j), np.complex128(1 + 2j), Z, Z.astype("complex64")], ids=repr
)
def test_the_gradient_holds_both_derivatives(point: Any) -> None:
    kinds = set()
    own = type(point) if isinstance(point, complex) else point.dtype

    def f(z: Any) -> Any:
        kind = type(z) if isinstance(z, complex) else z.dtype
        if kind not in (own, np.dtype(object)):
            raise TypeError("made for one type")
        kinds.add(kind)
        return energy(z)

    report = check_grads(f, point, grad=gradient)
    place = "z[0]" if np.ndim(point) else "z"
    assert report.point[:2] == ((f"{place}.real", 1.0), (f"{place}.imag", 2.0))
    assert kinds - {np.dtype(object)} == {own}


def test_the_conjugate_is_the_convention_of_others_and_wrong_here() -> None:
    report = failure(energy, Z, grad=lambda z: gradient(z).conj())
    assert [entry.place for entry in report.failures] == ["z[0].imag", "z[1].imag"]
    assert all("it is the complex conjugate of the derivative" in entry.hint for entry in report.failures)
    assert check_grads(energy, Z, grad=lambda z: gradient(z).conj().conj())


def test_real_gradients_and_complex_ones_without_imaginary_part_are_the_same() -> None:
    assert check_grads(lambda z: np.sum(np.real(z)), Z, grad=lambda z: np.ones(2))
    assert check_grads(lambda x: np.sum(x**2), X, grad=lambda x: 2 * x + 0j)
    with pytest.raises(OperandTypeError, match="which is complex; take the real part"):
        check_grads(lambda x: np.sum(x**2), X, grad=lambda x: 2 * x + 1j)


def test_complex_numbers_in_trees_beside_real_ones() -> None:
    def f(p: Any, x: float) -> Any:
        return abs(p["z"]) ** 2 * x + sum(w.imag for w in p["ws"])

    def grad(p: Any, x: float) -> Any:
        return {"z": 2 * p["z"] * x, "ws": [1j, 1j]}, abs(p["z"]) ** 2

    report = check_grads(f, {"z": 1 + 2j, "ws": [1j, 2 + 1j]}, 3.0, grad=grad)
    assert [place for place, _ in report.point][:4] == [
        'p["z"].real',
        'p["z"].imag',
        'p["ws"][0].real',
        'p["ws"][0].imag',
    ]


def test_complex_results_have_two_parts() -> None:
    wrong = np.diag([1.0, 1j])
    for claims in (
        {"vjp": lambda z, g: g * np.exp(z).conj()},
        {"jvp": lambda z, t: t * np.exp(z)},
        {"jac": lambda z: np.diag(np.exp(z))},
    ):
        report = check_grads(np.exp, Z, **claims)
        assert len(report.entries) == 4
    for claims in (
        {"vjp": lambda z, g: g * np.exp(z)},
        {"jvp": lambda z, t: t * np.exp(z).conj()},
        {"jac": lambda z: np.diag(np.exp(z)) @ wrong},
    ):
        report = failure(np.exp, Z, **claims)
        assert {entry.output for entry in report.failures} <= {"[0].real", "[0].imag", "[1].real", "[1].imag"}


def test_complex_results_of_real_arguments() -> None:
    matrix = np.fft.fft(np.eye(3))
    assert check_grads(np.fft.fft, X, jac=lambda x: matrix)
    assert check_grads(np.fft.fft, X, vjp=lambda x, g: (matrix.conj().T @ g).real)
    assert check_grads(np.fft.fft, X, jvp=lambda x, t: np.fft.fft(t))
    assert failure(np.fft.fft, X, jac=lambda x: matrix.conj()).failures
    assert failure(np.fft.fft, X, vjp=lambda x, g: (matrix.T @ g).real).failures


def test_a_function_that_is_not_holomorphic_has_a_vjp_but_no_complex_derivative() -> None:
    def f(z: Any) -> Any:
        return z * np.conj(z) * z

    # With r = z^2 conj(z), dr = 2 |z|^2 dz + z^2 conj(dz).
    assert check_grads(f, Z, vjp=lambda z, g: 2 * np.abs(z) ** 2 * g + z**2 * np.conj(g))
    assert check_grads(f, Z, jvp=lambda z, t: 2 * np.abs(z) ** 2 * t + z**2 * np.conj(t))
    assert failure(f, Z, jac=lambda z: np.diag(2 * np.abs(z) ** 2)).failures


def test_second_derivatives_with_respect_to_complex_numbers() -> None:
    assert check_grads(lambda z: np.sum(np.abs(z) ** 2), Z, grad=lambda z: 2 * z, hvp=lambda z, v: 2 * v, order=2)
    assert failure(lambda z: np.sum(np.abs(z) ** 2), Z, hvp=lambda z, v: 2 * np.conj(v)).failures


def test_grad_of_a_complex_result_is_refused_with_the_way_out() -> None:
    with pytest.raises(
        ShapeError, match="got a complex number; return a real number, such as its abs, or pass vjp= or"
    ):
        check_grads(lambda x: x * 1j, 2.0, grad=lambda x: 1j)
    with pytest.raises(ShapeError, match=r"got an array of shape \(2,\) of complex numbers"):
        check_grads(np.exp, Z, grad=np.exp)


def test_the_line_that_repeats_the_check_has_the_complex_numbers() -> None:
    report = failure(energy, Z, grad=lambda z: 2 * gradient(z))
    names = {"check_grads": check_grads, "energy": energy, "grad": lambda z: 2 * gradient(z), "numpy": np}
    with pytest.raises(AssertionError) as again:
        eval(report.reproduce, names)  # noqa: S307 - the line is there to be run
    assert again.value.report.entries == report.entries  # type: ignore[attr-defined]
