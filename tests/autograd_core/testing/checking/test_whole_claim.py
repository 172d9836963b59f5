"""Mistakes in a Jacobian as a whole: its numbers are right, and have wrong places or signs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_core.errors import ShapeError
from autograd_core.testing import check_grads
from failures import failure

X = np.array([0.5, -2.0, 1.25])
A = np.array([[0.3, -1.2, 0.5], [0.7, 2.1, -0.4]])
S = np.array([[0.3, -1.2, 0.5], [0.7, 2.1, -0.4], [1.6, 0.1, 0.9]])
Z = np.array([0.4 + 0.7j, -1.1 + 0.2j])
C = np.array([[1.0 + 0.5j, -0.3 + 2.0j], [0.6 - 1.0j, 0.2 + 0.1j]])


def wide(x: Any) -> Any:
    return A @ np.sin(x)


def square(x: Any) -> Any:
    return S @ np.sin(x)


def of_complex(z: Any) -> Any:
    return C @ z**2


def jac_of_complex(z: Any) -> Any:
    return C * 2 * z


@pytest.mark.parametrize(
    ("f", "x", "claims", "words"),
    [
        (square, X, {"jac": lambda x: (S * np.cos(x)).T}, "the Jacobian is transposed: its rows"),
        (wide, X, {"jac": lambda x: (A * np.cos(x)).T.reshape(2, 3)}, "is .T missing, and a reshape in its place?"),
        (wide, X, {"jac": lambda x: (A * np.cos(x))[::-1]}, "the rows of the Jacobian are in reverse order"),
        (wide, X, {"jac": lambda x: (A * np.cos(x))[:, ::-1]}, "the columns of the Jacobian are in reverse order"),
        (square, X, {"vjp": lambda x, g: (S * np.cos(x)) @ g}, "vjp multiplies the cotangent by the Jacobian, where"),
        (square, X, {"jvp": lambda x, t: (S * np.cos(x)).T @ t}, "jvp multiplies the tangent by the transposed"),
        (of_complex, Z, {"jac": lambda z: jac_of_complex(z).conj()}, "it is the complex conjugate of the Jacobian"),
        (of_complex, Z, {"jac": lambda z: jac_of_complex(z).T}, "the Jacobian is transposed"),
        (of_complex, Z, {"jac": lambda z: jac_of_complex(z).conj().T}, "the Jacobian is transposed"),
        (
            of_complex,
            Z,
            {"vjp": lambda z, g: jac_of_complex(z).T @ g},
            "a complex conjugate of the Jacobian is missing",
        ),
        (of_complex, Z, {"jvp": lambda z, t: jac_of_complex(z).conj() @ t}, "a complex conjugate of the Jacobian is"),
        (lambda z: z**2, 1 + 2j, {"jac": lambda z: (2 * z).conjugate()}, "it is the complex conjugate of the Jacobian"),
        (lambda z: z**2, 1 + 2j, {"vjp": lambda z, g: g * 2 * z}, "the gradient is that of Re(conj(c) r)"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_numbers_of_a_jacobian_in_wrong_places_are_named_and_nothing_else(
    f: Callable[..., Any], x: Any, claims: dict[str, Any], words: str
) -> None:
    for entry in failure(f, x, **claims).failures:
        assert words in entry.hint
        assert "×" not in entry.hint


@pytest.mark.parametrize(
    "claims",
    [
        {"jac": lambda x: 2 * S * np.cos(x)},
        {"jac": lambda x: S * np.cos(x) + np.diag([0.0, 0.1, 0.0])},
        {"vjp": lambda x, g: S.T @ g},
        {"jvp": lambda x, t: S @ t},
    ],
)
def test_other_mistakes_in_a_jacobian_are_not_called_wrong_places(claims: dict[str, Any]) -> None:
    for entry in failure(square, X, **claims).failures:
        assert not any(word in entry.hint for word in ("transpose", "reverse", "conjugate", "reshape"))


def test_a_jacobian_of_the_transposed_shape_is_refused_with_the_question() -> None:
    with pytest.raises(ShapeError, match=r"got \(3, 2\); is it transposed\?"):
        check_grads(wide, X, jac=lambda x: (A * np.cos(x)).T)
    with pytest.raises(ShapeError) as caught:
        check_grads(wide, X, jac=np.cos)
    assert "transposed" not in str(caught.value)


def test_a_term_in_a_hint_is_that_of_the_result_and_not_of_all_with_their_weights() -> None:
    report = failure(square, X, jac=lambda x: S * np.cos(x) + np.array([[0.0] * 3, [0.0, 0.0, 0.1], [0.0] * 3]))
    assert [(entry.place, entry.output) for entry in report.failures] == [("x[2]", "[1]")]
    assert report.failures[0].hint.startswith("analytic = numeric + 0.1, a constant difference")
