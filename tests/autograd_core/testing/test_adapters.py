"""Derivatives that were written for PyTorch, JAX, autograd, or a class with forward and backward.

The tests of a package run with the package itself, and are skipped without it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd_core import OperandTypeError
from autograd_core.testing import check_grads
from autograd_core.testing.adapters import of_autograd, of_jax, of_layer, of_torch
from failures import failure

X = [0.5, 2.0]
Z = [1 + 2j, 0.5 - 1j]

# ---- PyTorch --------------------------------------------------------------------------------------------------------


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch")


def power(torch: Any, wrong: float = 1.0) -> Any:
    class Power(torch.autograd.Function):  # type: ignore[misc, unused-ignore]
        @staticmethod
        def forward(ctx: Any, x: Any, n: int) -> Any:
            ctx.save_for_backward(x)
            ctx.n = n
            return x**n

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return wrong * g * (ctx.n * x ** (ctx.n - 1)).conj(), None

    return Power


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_a_function_of_pytorch(torch: Any, dtype: str) -> None:
    x = torch.tensor(Z if "complex" in dtype else X, dtype=getattr(torch, dtype))
    f, vjp = of_torch(power(torch))
    report = check_grads(f, x, 3, vjp=vjp)
    assert (report.function, report.entries[0].place[:4]) == ("Power", "x[0]")
    f, vjp = of_torch(power(torch, 1.5))
    assert "x[0]" in str(failure(f, x, 3, vjp=vjp))


def test_any_function_of_tensors(torch: Any) -> None:
    x = torch.tensor(X, dtype=torch.float64, requires_grad=True)
    module = torch.nn.Linear(2, 3).double()
    for function in (module, torch.sin, lambda x: (x.sum(), {"square": x * x}["square"]), lambda x: x.detach() * 0 + 1):
        f, vjp = of_torch(function)
        assert check_grads(f, x, vjp=vjp)
    assert x.grad is None
    f, vjp = of_torch(lambda x, unused: x * 2)
    assert check_grads(f, x, x, vjp=vjp)


@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")
def test_an_object_of_a_function_and_the_class_of_a_module_are_refused(torch: Any) -> None:
    with pytest.raises(OperandTypeError, match="got an object of it; pass Power itself"):
        of_torch(power(torch)())
    with pytest.raises(OperandTypeError, match="got the class Linear; make an object of it first"):
        of_torch(torch.nn.Linear)


def test_the_gradient_of_pytorch_is_in_its_convention_as_it_is(torch: Any) -> None:
    def energy(z: Any) -> Any:
        return (z.abs() ** 2 * z.real).sum()

    def grad(z: Any) -> Any:
        z = z.clone().requires_grad_()
        return torch.autograd.grad(energy(z), z)[0]

    z = torch.tensor(Z, dtype=torch.complex128)
    assert check_grads(energy, z, grad=grad, vjp=of_torch(energy).vjp)


def test_the_functions_of_pytorch_as_claims(torch: Any) -> None:
    functional = torch.autograd.functional
    x, y = torch.tensor(X, dtype=torch.float64), torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    assert check_grads(torch.outer, x, y, jac=lambda x, y: functional.jacobian(torch.outer, (x, y)))
    assert check_grads(
        lambda x: (x**4).sum() * x[0],
        x,
        hess=lambda x: functional.hessian(lambda x: (x**4).sum() * x[0], x),
        hvp=lambda x, v: functional.hvp(lambda x: (x**4).sum() * x[0], x, v)[1],
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_a_tensor_keeps_its_type(torch: Any, dtype: str) -> None:
    seen: set[Any] = set()

    def f(x: Any) -> Any:
        if x.dtype != getattr(torch, dtype):
            raise TypeError("made for one type")
        seen.add(x.dtype)
        return (3 * x.double()).sum()

    x = torch.tensor(X, dtype=getattr(torch, dtype))
    assert check_grads(f, x, grad=lambda x: 3 * torch.ones_like(x))
    assert seen == {x.dtype}


def test_a_generator_of_pytorch_has_the_same_state_at_each_call(torch: Any) -> None:
    x = torch.tensor([0.5, 1.0, 2.0, 3.0], dtype=torch.float64)

    def mask(x: Any, rng: Any) -> Any:
        return (torch.rand(4, generator=rng) < 0.5).to(x.dtype)

    rng = torch.Generator().manual_seed(1)
    state = rng.get_state()
    assert check_grads(lambda x, rng: (x * mask(x, rng)).sum(), x, rng, grad=mask)
    assert torch.equal(rng.get_state(), state)


# ---- JAX ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def jax() -> Any:
    package = pytest.importorskip("jax")
    package.config.update("jax_enable_x64", True)
    return package


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
def test_a_function_of_jax(jax: Any, dtype: str) -> None:
    def power(wrong: float) -> Any:
        @jax.custom_vjp  # type: ignore[untyped-decorator, unused-ignore]
        def cube(x: Any) -> Any:
            return x**3

        cube.defvjp(lambda x: (cube(x), x), lambda x, g: (wrong * 3 * x**2 * g,))
        return cube

    x = jax.numpy.array(Z if "complex" in dtype else X, dtype=dtype)
    f, vjp = of_jax(power(1.0))
    assert check_grads(f, x, vjp=vjp).function == "cube"
    f, vjp = of_jax(power(1.5))
    assert failure(f, x, vjp=vjp).failures[0].place.startswith("x[0]")


def test_trees_and_integers_of_jax(jax: Any) -> None:
    tree = {"w": jax.numpy.array(X), "b": jax.numpy.array(2.0)}
    f, vjp = of_jax(lambda p, n: {"power": p["w"] ** n, "square": (p["b"] ** 2, p["w"].sum())})
    assert len(check_grads(f, tree, 3, vjp=vjp).entries) == 3


def test_the_gradient_of_jax_is_conjugated(jax: Any) -> None:
    def energy(z: Any) -> Any:
        return jax.numpy.sum(jax.numpy.abs(z) ** 2 * z.real)

    z = jax.numpy.array(Z)
    assert check_grads(energy, z, grad=lambda z: jax.grad(energy)(z).conj(), vjp=of_jax(energy).vjp)
    assert failure(energy, z, grad=jax.grad(energy)).failures
    f, vjp = of_jax(lambda z: jax.numpy.exp(z) * z.conj())
    assert check_grads(f, z, vjp=vjp)


def test_the_functions_of_jax_as_claims(jax: Any) -> None:
    def f(x: Any, y: Any) -> Any:
        return jax.numpy.sin(x) * y

    def loss(x: Any, y: Any) -> Any:
        return jax.numpy.sum(x**3) * y

    x, y = jax.numpy.array(X), jax.numpy.array(1.5)
    assert check_grads(
        f, x, y, jac=jax.jacrev(f, argnums=(0, 1)), jvp=lambda x, y, t: jax.jvp(f, (x, y), t)[1], vjp=of_jax(f).vjp
    )
    assert check_grads(loss, x, y, grad=jax.grad(loss, argnums=(0, 1)), hess=jax.hessian(loss, argnums=(0, 1)))
    assert check_grads(jax.numpy.exp, jax.numpy.array(Z), jac=jax.jacrev(jax.numpy.exp, holomorphic=True))


def test_a_key_of_jax_is_left_alone(jax: Any) -> None:
    def f(x: Any, key: Any) -> Any:
        return jax.numpy.sum(x * jax.random.normal(key, (2,)))

    report = check_grads(f, jax.numpy.array(X), jax.random.key(0), grad=jax.grad(f))
    assert [place for place, _ in report.point] == ["x[0]", "x[1]"]


# ---- autograd -------------------------------------------------------------------------------------------------------


@pytest.fixture
def autograd() -> Any:
    return pytest.importorskip("autograd")


def logsumexp(wrong: float) -> Any:
    extend = pytest.importorskip("autograd.extend")

    @extend.primitive  # type: ignore[untyped-decorator, unused-ignore]
    def function(x: Any) -> Any:
        return np.log(np.sum(np.exp(x)))

    extend.defvjp(function, lambda result, x: lambda g: wrong * g * np.exp(x - result))
    return function


def test_a_primitive_of_autograd(autograd: Any) -> None:
    f, vjp = of_autograd(logsumexp(1.0))
    assert check_grads(f, np.array(X), vjp=vjp).point[0][0] == "x[0]"
    f, vjp = of_autograd(logsumexp(2.0))
    assert "2 × numeric" in failure(f, np.array(X), vjp=vjp).failures[0].hint


def test_any_function_of_autograd(autograd: Any) -> None:
    anp = pytest.importorskip("autograd.numpy")

    def energy(z: Any) -> Any:
        return anp.sum(anp.abs(z) ** 2 * anp.real(z))

    f, vjp = of_autograd(energy)
    assert check_grads(f, np.array(Z), vjp=vjp, grad=lambda z: autograd.grad(energy)(z).conj())
    f, vjp = of_autograd(lambda p, n: p["w"] ** n * p["b"])
    assert check_grads(f, {"w": np.array(X), "b": 3.0}, 2, vjp=vjp)


# ---- Layers ---------------------------------------------------------------------------------------------------------


class Dense:
    """A layer as in courses: it keeps its inputs for the way back."""

    def __init__(self, wrong: float = 1.0) -> None:
        self.wrong = wrong

    def forward(self, x: Any, w: Any) -> Any:
        self.x, self.w = x, w
        return w @ x

    def backward(self, g: Any) -> Any:
        return self.w.T @ g, self.wrong * np.outer(g, self.x)


W = np.arange(6.0).reshape(3, 2)


def test_a_layer_with_forward_and_backward() -> None:
    f, vjp = of_layer(Dense())
    report = check_grads(f, np.array(X), W, vjp=vjp)
    assert (report.function, len(report.entries)) == ("Dense", 8)
    f, vjp = of_layer(Dense(-1.0))
    report = failure(f, np.array(X), W, vjp=vjp)
    assert {entry.place[0] for entry in report.failures} == {"w"}
    assert "sign" in report.failures[0].hint


@pytest.mark.parametrize(
    ("adapter", "thing", "words"),
    [
        (of_torch, 3, "a subclass of torch.autograd.Function"),
        (of_jax, 3, "jax.custom_vjp"),
        (of_autograd, 3, "defvjp"),
        (of_layer, 3, "the methods forward and backward"),
        (of_layer, Dense, "make one of the class first"),
    ],
)
def test_what_cannot_be_adapted_is_refused(adapter: Any, thing: Any, words: str) -> None:
    with pytest.raises(OperandTypeError, match=words):
        adapter(thing)
