"""`check_grads` beside the gradient checkers of PyTorch, JAX, autograd and SciPy, on the catalogue of claims.

    pip install torch jax autograd scipy
    PYTHONPATH=tests/support python tests/bench/checkers.py

Each checker gets every claim as a custom gradient of a black box of 64-bit numbers, with its default tolerances. SciPy
returns a distance only; up to 1e-4 of the gradient counts as passed. A wrong claim is found if it does not pass. Of
`check_grads` the table also counts what it calls wrong, and what it leaves open. A package that is absent is left out.
"""

from __future__ import annotations

import importlib
import logging
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_core.testing import GradientMismatch, GradientUnverified, check_grads
from gradient_claims import Claim, right, wrong

Checker = Callable[[Callable[[Any], float], Callable[[Any], Any], Any], None]
"""Raises an error if the gradient of a function of a vector does not pass at a point."""


def on_vectors(claim: Claim) -> tuple[Callable[[Any], float], Callable[[Any], Any], Any]:
    """Return the function, its gradient and the point of a claim, in terms of a vector."""

    def vector(tree: Any) -> Any:
        parts = tree.values() if isinstance(tree, dict) else [tree]
        return np.concatenate([np.ravel(np.asarray(part, dtype=float)) for part in parts])

    def tree(vector: Any) -> Any:
        vector, point = np.array(vector, dtype=float), claim.point
        if isinstance(point, dict):
            ends = np.cumsum([np.size(part) for part in point.values()])
            pieces = np.split(vector, ends[:-1])
            return {k: like(point[k], piece) for k, piece in zip(point, pieces, strict=True)}
        return like(point, vector)

    def like(part: Any, piece: Any) -> Any:
        if isinstance(part, np.ndarray):
            return piece.reshape(part.shape)
        return piece.tolist() if isinstance(part, list) else float(piece[0])

    return lambda v: float(claim.f(tree(v))), lambda v: vector(claim.grad(tree(v))), vector(claim.point)


def by_torch() -> Checker:
    import torch

    def check(f: Any, grad: Any, point: Any) -> None:
        class Claimed(torch.autograd.Function):  # type: ignore[misc, unused-ignore]  # no types if absent
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.save_for_backward(x)
                return torch.tensor(f(x.detach().numpy()), dtype=torch.float64)

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                (x,) = ctx.saved_tensors
                return g * torch.tensor(grad(x.detach().numpy()))

        torch.autograd.gradcheck(Claimed.apply, (torch.tensor(point, requires_grad=True),))

    return check


def by_jax() -> Checker:
    import jax
    from jax.test_util import check_grads as check_of_jax

    jax.config.update("jax_enable_x64", True)

    def check(f: Any, grad: Any, point: Any) -> None:
        number, vector = jax.ShapeDtypeStruct((), np.float64), jax.ShapeDtypeStruct(point.shape, np.float64)
        claimed = jax.custom_vjp(lambda x: jax.pure_callback(lambda v: np.float64(f(v)), number, x))
        claimed.defvjp(
            lambda x: (claimed(x), x),
            lambda x, g: (g * jax.pure_callback(lambda v: np.asarray(grad(v)), vector, x),),
        )
        check_of_jax(claimed, (jax.numpy.array(point),), order=1, modes=["rev"])

    return check


def by_autograd() -> Checker:
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads as check_of_autograd

    def check(f: Any, grad: Any, point: Any) -> None:
        claimed = primitive(lambda x: np.float64(f(x)))
        defvjp(claimed, lambda y, x: lambda g: g * grad(x))
        check_of_autograd(claimed, modes=["rev"], order=1)(point)

    return check


def by_scipy() -> Checker:
    from scipy.optimize import check_grad

    def check(f: Any, grad: Any, point: Any) -> None:
        distance = check_grad(f, grad, point)
        if not distance <= 1e-4 * max(1.0, float(np.linalg.norm(grad(point)))):
            raise GradientDistanceError(f"expected a small distance, got {distance}")

    return check


class GradientDistanceError(Exception):
    """The distance that SciPy measures is not small."""


def passes(checker: Checker, claim: Claim) -> bool:
    """Return whether a checker accepts a claim; any error counts as not accepted."""
    try:
        checker(*on_vectors(claim))
    except Exception:  # noqa: BLE001 - a function may raise outside of its domain, and checkers pass that on
        return False
    return True


def checked(f: Any, grad: Any, point: Any) -> str:
    """Return what `check_grads` says of a gradient."""
    try:
        check_grads(f, point, grad=grad)
    except GradientUnverified:
        return "unverified"
    except GradientMismatch:
        return "called wrong"
    return "passed"


SINGLE: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "mean of squares": (lambda x, xp: (x**2).mean(), lambda x, xp: 2 * x / len(x)),
    "logsumexp": (lambda x, xp: xp.log(xp.exp(x).sum()), lambda x, xp: xp.exp(x) / xp.exp(x).sum()),
    "sum of tanh": (lambda x, xp: xp.tanh(x).sum(), lambda x, xp: 1 - xp.tanh(x) ** 2),
    "norm": (lambda x, xp: xp.sqrt((x * x).sum()), lambda x, xp: x / xp.sqrt((x * x).sum())),
    "sum of absolute values": (lambda x, xp: xp.abs(x).sum(), lambda x, xp: xp.sign(x)),
}
"""Functions and gradients of an array and the package that it is of."""

SEEDS = 200


def in_single_precision() -> None:
    """Print the outcomes of right gradients in 32 bits, in numpy, PyTorch and JAX."""
    makers: dict[str, Callable[[], tuple[Any, Callable[[Any], Any]]]] = {
        "numpy": lambda: (np, lambda v: v.astype(np.float32)),
        "torch": lambda: ((torch := importlib.import_module("torch")), lambda v: torch.tensor(v, dtype=torch.float32)),
        "jax": lambda: ((xp := importlib.import_module("jax.numpy")), lambda v: xp.array(v, dtype=xp.float32)),
    }
    for package, make in makers.items():
        try:
            xp, single = make()
        except ImportError:
            continue
        for count in (3, 10, 50):
            outcomes = [
                checked(lambda x, f=f, xp=xp: f(x, xp), lambda x, g=g, xp=xp: g(x, xp), single(v))
                for f, g in SINGLE.values()
                for v in np.random.default_rng(count).normal(size=(SEEDS, count))
            ]
            kinds = ", ".join(f"{outcomes.count(o)} {o}" for o in ("passed", "called wrong", "unverified"))
            print(f"32 bits, {package}, {count} numbers: {kinds}")


def main() -> None:
    """Print the table, and the times of `check_grads`."""
    warnings.simplefilter("ignore")
    logging.disable()  # JAX logs what a function raises outside of its domain
    rights, wrongs = list(right()), list(wrong())
    print(f"{len(wrongs)} wrong claims, {len(rights)} right ones")
    for name, claims in (("wrong", wrongs), ("right", rights)):
        outcomes = [checked(claim.f, claim.grad, claim.point) for claim in claims]
        print(f"check_grads, {name}:", *(f"{outcomes.count(o)} {o}" for o in ("passed", "called wrong", "unverified")))
    for make in (by_torch, by_jax, by_autograd, by_scipy):
        try:
            checker = make()
        except ImportError:
            continue
        found = sum(not passes(checker, claim) for claim in wrongs)
        alarms = sum(not passes(checker, claim) for claim in rights)
        print(f"{make.__name__[3:]}: {found} wrong found, {alarms} right not passed ({alarms / len(rights):.0%})")
    times = []
    for claim in rights:
        start = time.perf_counter()
        checked(claim.f, claim.grad, claim.point)
        times.append(time.perf_counter() - start)
    middle, most = 1e3 * statistics.median(times), 1e3 * max(times)
    print(f"check_grads of a right claim: {middle:.2f} ms in the middle, {most:.0f} ms at most")
    v = np.random.default_rng(0).normal(size=10_000)
    for name, f, grad in (
        ("sines", lambda v: float(np.sum(np.sin(v))), np.cos),
        ("kinks", lambda v: float(np.sum(np.maximum(v, 0.0))), lambda v: (v > 0) * 1.0),
    ):
        start = time.perf_counter()
        check_grads(f, v, grad=grad)
        print(f"10,000 numbers, {name}: {time.perf_counter() - start:.2f} s")
    in_single_precision()


if __name__ == "__main__":
    main()
