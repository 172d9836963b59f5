"""Adapters of other packages with floats, lists, text and arrays of numpy among the arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd_core import OperandTypeError
from autograd_core.testing import check_grads
from autograd_core.testing.adapters import of_autograd, of_jax, of_torch
from failures import failure


def product(p: Any) -> Any:
    return p[0] * p[1] ** 2


def checked(pair: Any, *args: Any, **options: Any) -> bool:
    """Return whether an adapted function passes its check."""
    f, vjp = pair
    return bool(check_grads(f, *args, vjp=vjp, **options))


# ---- PyTorch --------------------------------------------------------------------------------------------------------


def test_torch_gets_floats_as_tensors_of_64_bits() -> None:
    torch = pytest.importorskip("torch")
    assert checked(of_torch(torch.sin), 2.5)
    assert checked(of_torch(torch.sin), np.array([2.5, 1.0]))
    assert checked(of_torch(product), [2.5, 1.0])
    assert checked(of_torch(torch.sin), 2)


def test_torch_differentiates_a_float_beside_tensors() -> None:
    torch = pytest.importorskip("torch")
    x = torch.tensor([0.5, 2.0], dtype=torch.float64)
    assert checked(of_torch(lambda x, p: x**p), x, 2.5)
    assert checked(of_torch(lambda xs: torch.stack(xs).sum(0) ** 2), [x, x + 1])
    f, vjp = of_torch(lambda x, p: x * (p.detach() if hasattr(p, "detach") else p))
    assert failure(f, x, 2.5, vjp=vjp).failures[0].place == "p"


def test_torch_keeps_a_float_that_must_be_one() -> None:
    torch = pytest.importorskip("torch")
    x = torch.tensor([0.5, -2.0], dtype=torch.float64)

    def scaled(x: Any, slope: float) -> Any:
        if not isinstance(slope, float):
            raise TypeError("slope must be a float")
        return torch.nn.functional.leaky_relu(x, slope)

    assert checked(of_torch(scaled), x, 0.1, argnums=0)
    f, vjp = of_torch(scaled)
    with pytest.raises(OperandTypeError, match=r"got None .*vjp returned\[1\]"):
        check_grads(f, x, 0.1, vjp=vjp)


# ---- JAX ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def jax() -> Any:
    """Return JAX with 64 bits."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    return jax


def test_a_rule_of_jax_with_a_float(jax: Any) -> None:
    @jax.custom_vjp  # type: ignore[untyped-decorator, unused-ignore]
    def cube(x: Any) -> Any:
        return x**3

    cube.defvjp(lambda x: (x**3, x), lambda x, g: (3 * x**2 * g,))
    assert checked(of_jax(cube), 2.0)


def test_jax_with_lists_text_and_flags(jax: Any) -> None:
    assert checked(of_jax(product), [2.0, 3.0])
    assert checked(of_jax(lambda x, kind: x**2 if kind == "square" else x), jax.numpy.ones(3), "square")
    assert checked(of_jax(lambda p: p["w"] ** 2 if p["flag"] else p["w"]), {"w": jax.numpy.ones(3), "flag": True})
    assert checked(of_jax(lambda x: 3.0), jax.numpy.ones(3))


# ---- autograd -------------------------------------------------------------------------------------------------------


def test_autograd_with_a_list() -> None:
    pytest.importorskip("autograd")
    assert checked(of_autograd(product), [2.0, 3.0])
    assert checked(of_autograd(lambda x, kind: x**2), np.ones(3), "square")
