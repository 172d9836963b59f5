"""Arrays of other packages as arguments and gradients, of the packages that are installed."""

import functools
import re
from typing import Any

import numpy as np
import pytest

from autograd_core import ShapeError
from autograd_core.testing import GradientMismatch, check_grads

POINT = [0.5, -2.0]
PACKAGES = ["array_api_strict", "torch", "jax.numpy"]


@pytest.fixture(params=PACKAGES)
def tensor(request: pytest.FixtureRequest) -> Any:
    """Return a function that makes a 64-bit tensor."""
    if request.param.startswith("jax"):
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    package = pytest.importorskip(request.param)
    make = package.tensor if request.param == "torch" else package.asarray
    return functools.partial(make, dtype=package.float64)


def cubes(x: Any) -> Any:
    """A function that works on all arrays."""
    return x * x * x


def slopes(x: Any) -> Any:
    return 3 * x * x


def test_functions_of_tensors_get_tensors(tensor: Any) -> None:
    kinds = set()

    def f(x: Any) -> Any:
        kinds.add(type(x))
        return cubes(x)[0] + cubes(x)[1]

    report = check_grads(f, tensor(POINT), grad=slopes)
    assert report.point == (("x[0]", 0.5), ("x[1]", -2.0))
    assert kinds == {type(tensor(POINT))}


def test_wrong_gradients_of_tensors_are_named_by_place(tensor: Any) -> None:
    with pytest.raises(GradientMismatch) as caught:
        check_grads(lambda x: cubes(x)[0] + cubes(x)[1], tensor(POINT), grad=lambda x: 2 * slopes(x))
    assert "analytic = 2 × numeric" in str(caught.value)
    assert "x[1]" in str(caught.value)
    assert re.search(r"(array|tensor)\(\[0\.5, -2\.0\]", caught.value.report.reproduce)


def test_tensors_in_a_tree_beside_numbers(tensor: Any) -> None:
    def f(tree: Any) -> Any:
        return tree["w"][1] * tree["w"][1] * tree["b"]

    def gradient(tree: Any) -> Any:
        w = tree["w"]
        return {"w": tensor([0.0, float(2 * w[1] * tree["b"])]), "b": w[1] * w[1]}

    assert check_grads(f, {"w": tensor(POINT), "b": 3.0}, grad=gradient)


def test_a_tensor_as_gradient_of_a_list(tensor: Any) -> None:
    assert check_grads(lambda x: x[0] ** 3 + x[1] ** 3, POINT, grad=lambda x: tensor([3 * x[0] ** 2, 3 * x[1] ** 2]))


def test_a_partial_function_keeps_out_of_the_way(tensor: Any) -> None:
    report = check_grads(functools.partial(lambda k, x: k * x[0], 2), tensor(POINT), grad=lambda x: tensor([2.0, 0.0]))
    assert report.function == "f"


@pytest.mark.parametrize("point", [POINT, tuple(POINT)])
def test_an_array_as_gradient_of_a_list(point: Any) -> None:
    assert check_grads(lambda x: x[0] ** 3 + x[1] ** 3, point, grad=lambda x: 3 * np.array(x) ** 2)


def test_arrays_as_gradients_of_several_lists() -> None:
    assert check_grads(lambda x, y: x[0] * y[0], [2.0], [3.0], grad=lambda x, y: (np.array(y), np.array(x)))


def test_nested_lists_and_matrices() -> None:
    rows = [[1.0, 2.0], [3.0, 4.0]]
    assert check_grads(lambda a: a[0][1] * a[1][0], rows, grad=lambda a: np.array([[0.0, a[1][0]], [a[0][1], 0.0]]))


def test_arrays_of_another_length_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"expected a list of 2 .* got a list of 3"):
        check_grads(lambda x: x[0], POINT, grad=lambda x: np.zeros(3))


def test_functions_that_refuse_complex_numbers_in_their_own_way_are_black_boxes() -> None:
    def f(x: Any) -> float:
        if isinstance(x, complex):  # the error and the message of PyTorch
            raise RuntimeError("value cannot be converted to type double without overflow")  # noqa: TRY004
        return float(x * x)

    assert check_grads(f, 3.0, grad=lambda x: 2 * x).method == "central"
