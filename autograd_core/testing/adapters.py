"""Derivatives that were written for another package, as claims of `check_grads`.

Each function returns a pair: the function to check, and its `vjp`. So two lines check a derivative where it is at home:

    f, vjp = of_torch(Cube)
    check_grads(f, torch.tensor([0.5, 2.0], dtype=torch.float64), vjp=vjp)

* `of_torch` takes a `torch.autograd.Function`, or any other function of tensors.
* `of_jax` takes a function with `jax.custom_vjp`, or any other function of JAX.
* `of_autograd` takes a `primitive` with `defvjp` of HIPS autograd, or any other function of it.
* `of_layer` takes an object with the methods `forward` and `backward`.

The packages are imported when one of these is called. Use 64 bits where a package offers them: in JAX by
`jax.config.update("jax_enable_x64", True)`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from autograd_core.errors import OperandTypeError
from autograd_core.numerics.number import describe
from autograd_core.testing.trees.flat_function import name_of
from autograd_core.testing.trees.tensors import ends, is_tensor, numpy_module
from autograd_core.testing.trees.variables import Kind, kind_of
from autograd_core.transforms.trees import _branches, _with_branches, is_array


class Adapted(NamedTuple):
    """A function with the derivative that belongs to it.

    Attributes:
        f: the function, with positional arguments.
        vjp: `vjp(*args, cotangent)`, the gradient of all arguments as a tuple; that of a single list or tuple alone.
    """

    f: Callable[..., Any]
    vjp: Callable[..., Any]


def of_torch(function: Any) -> Adapted:
    """Return a function of PyTorch, or a subclass of `torch.autograd.Function`, and its derivative by `backward`.

    Args:
        function: the subclass, whose `apply` is checked, or a function or module of tensors. Its results are a tensor,
            or a tuple or list of tensors. If there is no tensor among the arguments, it gets each float or array as a
            tensor. A float beside tensors is passed on as it is, and as a tensor where its derivative is computed; a
            function that rejects this has no derivative there: name the other arguments as `argnums`.

    Raises:
        OperandTypeError: if it is none of these, such as an object of the subclass, or the class of a module.

    >>> import torch
    >>> class Cube(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         return 3 * ctx.saved_tensors[0] ** 2 * g
    >>> from autograd_core.testing import check_grads
    >>> f, vjp = of_torch(Cube)
    >>> check_grads(f, torch.tensor([0.5, 2.0], dtype=torch.float64), vjp=vjp)
    GradReport(...)
    """
    apply = _applied_by_torch(function)

    def f(*args: Any) -> Any:
        """Return the function of tensors; numbers are tensors if nothing else is."""
        return apply(*(args if any(map(is_tensor, ends(args))) else _mapped(args, _as_torch)))

    def vjp(*given: Any) -> Any:
        """Return the gradient that PyTorch computes with the rules of the function."""
        *args, cotangent = given
        # Leaves of their own, so that no gradient of the user's tensors changes.
        inputs = _mapped(args, lambda x: x.detach().requires_grad_() if _is_differentiable(x) else x)
        inputs, result = _with_tensors(apply, inputs)
        found = iter(_pulled_by_torch(result, cotangent, [x for x in ends(inputs) if _is_differentiable(x)]))
        return _gradients(_mapped(inputs, lambda x: _or_zeros(next(found), x) if _is_differentiable(x) else None))

    return Adapted(_in_the_name_of(function, f, getattr(function, "forward", apply)), vjp)


def of_jax(function: Callable[..., Any]) -> Adapted:
    """Return a function of JAX, such as one with `jax.custom_vjp`, and its derivative by `jax.vjp`.

    Complex gradients are conjugated, so that they follow the convention of `check_grads`. Arguments that are no floats
    or arrays of floats, such as text, are passed on as they are and have no gradient.

    Raises:
        OperandTypeError: if it is not a function.

    >>> import jax
    >>> @jax.custom_vjp
    ... def cube(x):
    ...     return x**3
    >>> cube.defvjp(lambda x: (cube(x), x), lambda x, g: (3 * x**2 * g,))  # for jax
    >>> from autograd_core.testing import check_grads
    >>> f, vjp = of_jax(cube)
    >>> check_grads(f, jax.numpy.array([0.5, 2.0]), vjp=vjp)
    GradReport(...)
    """
    _require_callable(function, "a function of JAX, such as one with jax.custom_vjp")

    def vjp(*given: Any) -> Any:
        """Return the gradient that JAX computes with the rules of the function."""
        import jax

        *args, cotangent = given

        def of_leaves(*leaves: Any) -> Any:
            """Return the function of the numbers alone, because JAX rejects text and other objects."""
            rest = iter(leaves)
            return function(*_mapped(args, lambda x: next(rest) if _is_real_or_complex(x) else x))

        result, pull = jax.vjp(of_leaves, *filter(_is_real_or_complex, ends(args)))
        weights = jax.tree.map(lambda w, r: jax.numpy.asarray(w, jax.numpy.asarray(r).dtype).conj(), cotangent, result)
        found = iter(pull(weights))
        return _gradients(_mapped(args, lambda x: next(found).conj() if _is_real_or_complex(x) else None))

    return Adapted(function, vjp)


def of_autograd(function: Callable[..., Any]) -> Adapted:
    """Return a function of HIPS autograd, such as a `primitive` with `defvjp`, and its derivative by `make_vjp`.

    Complex gradients are conjugated, so that they follow the convention of `check_grads`. Arguments that are no floats
    or arrays of floats have no gradient.

    Raises:
        OperandTypeError: if it is not a function.

    >>> import numpy as np
    >>> from autograd.extend import defvjp, primitive
    >>> @primitive  # of autograd
    ... def cube(x):
    ...     return x**3
    >>> defvjp(cube, lambda result, x: lambda g: 3 * x**2 * g)  # of autograd
    >>> from autograd_core.testing import check_grads
    >>> f, vjp = of_autograd(cube)
    >>> check_grads(f, np.array([0.5, 2.0]), vjp=vjp)  # with autograd
    GradReport(...)
    """
    _require_callable(function, "a function of autograd, such as a primitive with defvjp")

    def vjp(*given: Any) -> Any:
        """Return the gradient that autograd computes with the rules of the function."""
        from autograd import make_vjp

        *args, cotangent = given
        numpy = numpy_module()
        weights = _mapped(cotangent, numpy.conj)
        gradients = []
        for i, x in enumerate(args):
            wanted = any(map(_is_real_or_complex, ends(x)))
            gradients.append(_mapped(make_vjp(function, i)(*args)[0](weights), numpy.conj) if wanted else None)
        return _gradients(gradients)

    return Adapted(_in_the_name_of(function, function, getattr(function, "fun", function)), vjp)


def of_layer(layer: Any) -> Adapted:
    """Return the method `forward` of an object, and its method `backward` as derivative.

    Args:
        layer: an object with `forward(*args)`, which keeps what it needs, and `backward(cotangent)`, which returns the
            gradient of the arguments of the last call; a tuple of gradients for several arguments.

    Raises:
        OperandTypeError: if it has no such methods.

    >>> class Square:
    ...     def forward(self, x):
    ...         self.x = x
    ...         return x * x
    ...     def backward(self, g):
    ...         return 2 * self.x * g
    >>> from autograd_core.testing import check_grads
    >>> f, vjp = of_layer(Square())
    >>> check_grads(f, 3.0, vjp=vjp)
    GradReport(...)
    """
    for method in ("forward", "backward"):
        if not callable(getattr(layer, method, None)) or isinstance(layer, type):
            raise OperandTypeError(
                f"expected an object with the methods forward and backward, got {describe(layer)}"
                + ("; make one of the class first" if isinstance(layer, type) else "")
            )

    def vjp(*given: Any) -> Any:
        """Return what `backward` returns after a call of `forward`."""
        *args, cotangent = given
        layer.forward(*args)
        return layer.backward(cotangent)

    return Adapted(_in_the_name_of(layer, layer.forward, layer.forward), vjp)


def _require_callable(function: Any, expected: str) -> None:
    if not callable(function):
        raise OperandTypeError(f"expected {expected}, got {describe(function)}")


def _in_the_name_of(original: Any, f: Callable[..., Any], signature_of: Any) -> Callable[..., Any]:
    """Return a function of the same arguments, with the name of the one that it stands for and its own parameters."""

    def named(*args: Any) -> Any:
        return f(*args)

    named.__name__ = name_of(original)
    with suppress(TypeError, ValueError):  # some compiled functions have no signature
        found = inspect.signature(signature_of)
        parameters = [x for x in found.parameters.values() if x.name != "ctx"]
        named.__signature__ = found.replace(parameters=parameters)  # type: ignore[attr-defined]
    return named


def _gradients(found: Sequence[Any]) -> Any:
    """Return the gradients of all arguments as a tuple; that of a single list or tuple alone, which is one itself."""
    alone = len(found) == 1 and isinstance(found[0], (list, tuple))
    return found[0] if alone else tuple(found)


def _is_real_or_complex(x: Any) -> bool:
    return kind_of(x) in (Kind.REAL, Kind.COMPLEX)


def _as_torch(x: Any) -> Any:
    """Return a float, or an array of floats, as a tensor with as many digits; anything else as it is."""
    torch: Any = sys.modules.get("torch")
    return torch.as_tensor(numpy_module().asarray(x)) if _is_real_or_complex(x) and not is_tensor(x) else x


def _with_tensors(apply: Callable[..., Any], inputs: Sequence[Any]) -> tuple[Sequence[Any], Any]:
    """Return inputs with tensors in place of floats, and the result; with the floats if the function rejects that."""
    made = _mapped(inputs, lambda x: x if is_tensor(x) else _leaf(_as_torch(x)))
    try:
        return made, apply(*made)
    except TypeError:
        if not any(map(is_tensor, ends(inputs))):
            raise
    return inputs, apply(*inputs)


def _applied_by_torch(function: Any) -> Callable[..., Any]:
    """Return what PyTorch calls: `apply` of a subclass of `torch.autograd.Function`, or the function itself."""
    torch: Any = sys.modules.get("torch")  # whoever has something of PyTorch has imported it
    rule: Any = torch.autograd.Function if torch else ()
    is_rule = isinstance(function, type) and issubclass(function, rule)
    if isinstance(function, rule):
        name = type(function).__name__
        raise OperandTypeError(
            f"expected a subclass of torch.autograd.Function, got an object of it; pass {name} itself"
        )
    if isinstance(function, type) and not is_rule:
        raise OperandTypeError(
            f"expected a subclass of torch.autograd.Function, or a function or module of tensors, got the class "
            f"{function.__name__}; make an object of it first"
        )
    apply: Callable[..., Any] = function.apply if is_rule else function
    _require_callable(apply, "a subclass of torch.autograd.Function, or a function of tensors")
    return apply


def _pulled_by_torch(result: Any, cotangent: Any, leaves: list[Any]) -> Sequence[Any]:
    """Return the gradient of each leaf by `backward`; None for a leaf that the result does not depend on."""
    import torch

    results, weights = [ends(tree) for tree in (result, cotangent)]
    pairs = [(r, w) for r, w in zip(results, weights, strict=True) if getattr(r, "requires_grad", False)]
    if not pairs:
        return [None] * len(leaves)
    upstream = [torch.as_tensor(w).to(r.dtype) for r, w in pairs]
    found: Sequence[Any] = torch.autograd.grad([r for r, _ in pairs], leaves, upstream, allow_unused=True)
    return found


def _leaf(x: Any) -> Any:
    return x.requires_grad_() if _is_differentiable(x) else x


def _is_differentiable(x: Any) -> bool:
    return hasattr(x, "requires_grad") and (x.dtype.is_floating_point or x.dtype.is_complex)


def _or_zeros(gradient: Any, x: Any) -> Any:
    return x.new_zeros(x.shape) if gradient is None else gradient


def _mapped(tree: Any, change: Callable[[Any], Any]) -> Any:
    """Return a tree with every leaf replaced."""
    branches = None if is_array(tree) else _branches(tree)
    if branches is None:
        return change(tree)
    return _with_branches(tree, [_mapped(branch, change) for branch in branches.values()])
