"""Laws that hold for every gradient: each function returns silently, or raises with the law that is violated.

All take a function of several numbers, written with operators and ops, and a point. Most also take an `engine`, by
default this one; the function must use only operators and methods of that engine. Tolerances for rounding are relative
to the size of the terms of a gradient, which may be much larger than the gradient itself.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import autograd_core
from autograd_core.numerics.number import is_number
from autograd_core.testing.oracles import CORE, TINY, Engine, nodes_below, path_sizes, underflows
from autograd_core.transforms.functional import grad

Function = Callable[..., Any]

RTOL: Final = 1e-9
"""The relative tolerance: far above rounding, and far below any mistake."""


class Swept(NamedTuple):
    """A graph after a backward pass.

    Attributes:
        leaves: the inputs of the function.
        root: the result, or None for a constant.
        sizes: the sizes of the gradients of the leaves, see `path_sizes`.
        underflows: the rounding errors near 0 of these gradients, see `underflows`.
    """

    leaves: list[Any]
    root: Any
    sizes: list[float]
    underflows: list[float]

    @property
    def gradient(self) -> list[float]:
        """The gradients of the leaves."""
        return [leaf.grad for leaf in self.leaves]


def _record(f: Function, point: Sequence[float], engine: Engine) -> tuple[list[Any], Any]:
    leaves = [engine.leaf(x) for x in point]
    root = f(*leaves)
    return leaves, None if is_number(root) else root


def _sweep(f: Function, point: Sequence[float], engine: Engine, seed: float = 1.0) -> Swept:
    leaves, root = _record(f, point, engine)
    if root is None:
        return Swept(leaves, None, [0.0] * len(leaves), [0.0] * len(leaves))
    root.backward(seed)
    return Swept(leaves, root, path_sizes(root, leaves), underflows(root, leaves))


def _tolerances(rtol: float, swept: Swept, *parts: tuple[float, Swept]) -> list[float]:
    """Return the tolerances of the gradients of `swept` around the sum of the parts, each with its factor."""
    tolerances = [TINY + error for error in swept.underflows]
    for factor, part in parts:
        scale = abs(factor)
        tolerances = [
            allowed + rtol * scale * size + scale * error + TINY
            for allowed, size, error in zip(tolerances, part.sizes, part.underflows, strict=True)
        ]
    return tolerances


def _require_near(
    law: str, point: Sequence[float], got: Sequence[float], expected: Sequence[float], allowed: Sequence[float]
) -> None:
    for index, (a, b, error) in enumerate(zip(got, expected, allowed, strict=True)):
        if not (a == b or abs(a - b) <= error or (a != a and b != b)):  # noqa: PLR0124 - nan
            raise AssertionError(f"{law}: input {index} at {tuple(point)} has gradient {a!r}, expected {b!r}")


def _require_same(law: str, point: Sequence[float], got: Sequence[float], expected: Sequence[float]) -> None:
    _require_near(law, point, got, expected, [0.0] * len(got))


def check_linearity(
    f: Function, g: Function, a: float, b: float, point: Sequence[float], rtol: float = RTOL, engine: Engine = CORE
) -> None:
    """Check that the gradient of `a*f + b*g` is `a` times that of `f` plus `b` times that of `g`.

    Raises:
        AssertionError: if it differs.

    >>> check_linearity(lambda x: x * x, lambda x: x.exp(), 2.0, -3.0, [0.5])
    """
    whole = _sweep(lambda *xs: a * f(*xs) + b * g(*xs), point, engine)
    left, right = _sweep(f, point, engine), _sweep(g, point, engine)
    expected = [a * x + b * y for x, y in zip(left.gradient, right.gradient, strict=True)]
    allowed = _tolerances(rtol, whole, (a, left), (b, right))
    _require_near("a gradient is linear in the function", point, whole.gradient, expected, allowed)


def check_seed_linearity(
    f: Function, seed: float, point: Sequence[float], rtol: float = RTOL, engine: Engine = CORE
) -> None:
    """Check that the seed of the backward pass multiplies every gradient.

    Raises:
        AssertionError: if a gradient differs.

    >>> check_seed_linearity(lambda x, y: x * y, -2.5, [0.5, 3.0])
    """
    plain, seeded = _sweep(f, point, engine), _sweep(f, point, engine, seed)
    expected = [seed * x for x in plain.gradient]
    allowed = _tolerances(rtol, seeded, (seed, plain))
    _require_near(f"a seed of {seed!r} multiplies a gradient", point, seeded.gradient, expected, allowed)


def check_scale_law(
    f: Function, factor: float, point: Sequence[float], rtol: float = RTOL, engine: Engine = CORE
) -> None:
    """Check that the gradient of `f(c*x)` at `x` is `c` times the gradient of `f` at `c*x`.

    Raises:
        AssertionError: if it differs.

    >>> check_scale_law(lambda x, y: x * y.tanh(), 0.5, [0.5, 3.0])
    """
    inside = _sweep(lambda *xs: f(*[factor * x for x in xs]), point, engine)
    outside = _sweep(f, [factor * x for x in point], engine)
    expected = [factor * x for x in outside.gradient]
    allowed = _tolerances(rtol, inside, (factor, outside))
    _require_near(f"f({factor!r}*x) has {factor!r} times the gradient", point, inside.gradient, expected, allowed)


def check_permutation_law(
    f: Function, order: Sequence[int], point: Sequence[float], rtol: float = RTOL, engine: Engine = CORE
) -> None:
    """Check that the inputs of a symmetric function have the same gradients in any order.

    Args:
        f: a symmetric function, such as a sum.
        order: a permutation of the indices of the inputs.
        point: the inputs.
        rtol: the tolerance of gradients relative to the size of their terms.
        engine: the engine that differentiates.

    Raises:
        AssertionError: if the result or a gradient differs.

    >>> check_permutation_law(lambda x, y, z: x * y * z, [2, 0, 1], [0.5, 3.0, 2.0])
    """
    plain, permuted = _sweep(f, point, engine), _sweep(f, [point[index] for index in order], engine)
    expected = [plain.gradient[index] for index in order]
    tolerances = _tolerances(rtol, plain, (1.0, plain))
    allowed = [tolerances[index] for index in order]
    _require_near(f"in the order {tuple(order)}", point, permuted.gradient, expected, allowed)
    if plain.root is not None and permuted.root is not None:
        a, b = plain.root.data, permuted.root.data
        if not abs(a - b) <= rtol * max(abs(a), abs(b)):
            raise AssertionError(f"in the order {tuple(order)} of {tuple(point)} the result is {b!r}, expected {a!r}")


def check_commuting_partials(f: Function, point: Sequence[float], rtol: float = RTOL, atol: float = 1e-9) -> None:
    """Check that mixed second derivatives do not depend on the order of differentiation.

    Raises:
        AssertionError: if they do.

    >>> check_commuting_partials(lambda x, y: (x * y).sin() + y**3, [0.5, 3.0])
    """
    for i in range(len(point)):
        for j in range(i):
            a, b = (grad(grad(f, x), y, create_graph=False)(*point) for x, y in ((i, j), (j, i)))
            if not abs(a - b) <= atol + rtol * max(abs(a), abs(b)):
                raise AssertionError(
                    f"the derivative of f at {tuple(point)} by inputs {i} and {j} is {a!r}, and by {j} and {i} {b!r}"
                )


def check_second_backward(f: Function, point: Sequence[float], engine: Engine = CORE) -> None:
    """Check that a second backward pass doubles the gradients of leaves exactly, and keeps those of interior nodes.

    Raises:
        AssertionError: if a gradient differs.

    >>> check_second_backward(lambda x, y: (x * y).tanh() * x, [0.5, 3.0])
    """
    root = _sweep(f, point, engine).root
    if root is None:
        return
    order = nodes_below(root)
    once = [node.grad for node in order]
    root.backward()
    for node, before in zip(order, once, strict=True):
        expected = before if node.inputs else 2.0 * before
        if node.grad != expected and node.grad == node.grad:
            kind = "an interior node" if node.inputs else "a leaf"
            raise AssertionError(
                f"two backward passes at {tuple(point)} give {kind} {node.grad!r}, expected {expected!r}"
            )


def check_gradient_of_sum(point: Sequence[float], total: Function = autograd_core.sum, engine: Engine = CORE) -> None:
    """Check that the gradient of a sum is exactly 1 for each of its terms.

    Args:
        point: the terms.
        total: the sum, as a function of a list.
        engine: the engine that differentiates.

    Raises:
        AssertionError: if a gradient differs.

    >>> check_gradient_of_sum([0.5, 3.0])
    """
    swept = _sweep(lambda *xs: total(list(xs)), point, engine)
    _require_same("a term of a sum has gradient 1", point, swept.gradient, [1.0] * len(point))


def check_zeroing(f: Function, point: Sequence[float], engine: Engine = CORE) -> None:
    """Check that after setting gradients to 0, once or twice, a backward pass gives the first gradients again.

    Raises:
        AssertionError: if a gradient differs.

    >>> check_zeroing(lambda x, y: x * y, [0.5, 3.0])
    """
    swept = _sweep(f, point, engine)
    leaves, root = swept.leaves, swept.root
    first = swept.gradient
    for times in (1, 2):
        for _ in range(times):
            for leaf in leaves:
                leaf.grad = 0.0
        _require_same("a leaf was set to 0", point, swept.gradient, [0.0] * len(leaves))
        if root is not None:
            root.backward()
        _require_same(f"after setting to 0, {times} times", point, swept.gradient, first)


def check_data_unchanged(f: Function, point: Sequence[float], engine: Engine = CORE) -> None:
    """Check that a backward pass changes no data.

    Raises:
        AssertionError: if the data of a node differs.

    >>> check_data_unchanged(lambda x, y: x * y, [0.5, 3.0])
    """
    _, root = _record(f, point, engine)
    if root is None:
        return
    order = nodes_below(root)
    before = [node.data for node in order]
    root.backward()
    for node, data in zip(order, before, strict=True):
        if node.data != data and data == data:  # noqa: PLR0124 - nan
            raise AssertionError(f"a backward pass at {tuple(point)} changed data from {data!r} to {node.data!r}")


def check_pickling(f: Function, point: Sequence[float], engine: Engine = CORE) -> None:
    """Check that an unpickled graph has the same data and gradients, even after another backward pass.

    Raises:
        AssertionError: if a node differs.

    >>> check_pickling(lambda x, y: x * y, [0.5, 3.0])
    """
    root = _sweep(f, point, engine).root
    if root is None:
        return
    twin = pickle.loads(pickle.dumps(root))  # noqa: S301 - it was pickled here
    _require_equal_graphs("pickled and read again", point, root, twin)
    root.backward()
    twin.backward()
    _require_equal_graphs("pickled, read again and swept", point, root, twin)


def _require_equal_graphs(law: str, point: Sequence[float], root: Any, twin: Any) -> None:
    # The order depends only on the graph, so it is the same for equal graphs.
    for a, b in zip(nodes_below(root), nodes_below(twin), strict=True):
        if _contents(a) != _contents(b):
            raise AssertionError(f"{law} at {tuple(point)}, a node is {b!r}, expected {a!r}")


def _contents(node: Any) -> tuple[Any, ...]:
    # As text, nan equals nan and -0.0 differs from 0.0.
    return repr(node.data), repr(node.grad), repr(node.derivatives), getattr(node, "op", None)
