"""`float()` that lets complex numbers through, while a function runs on them.

`float(np.sum(x))` is a habit of people, not a part of their function, and a complex step must not end there. So
during a complex step the functions of the user find another `float` among the names of their modules. It has the same
methods and instances, and returns a complex number as one.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

NAME: Final = "float"

MOST: Final = 200
"""The number of functions that are looked through."""

FOREIGN: Final = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))
"""Where the files of Python and of installed packages are."""


class _Lenient(type):
    """The type of a `float` that lets complex numbers through."""

    def __call__(cls, *args: Any) -> Any:
        is_complex = bool(args) and getattr(getattr(args[0], "dtype", None), "kind", "") == "c"
        if is_complex or (args and isinstance(args[0], complex)):
            return complex(args[0])
        return float(*args)

    def __instancecheck__(cls, thing: Any) -> bool:
        return isinstance(thing, float)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, float)


class _Float(float, metaclass=_Lenient):
    """`float` for a complex step."""


def modules_of(f: Callable[..., Any]) -> list[dict[str, Any]]:
    """Return the names of the modules in which a function, or one that it calls by name, uses `float`.

    >>> len(modules_of(lambda x: float(x))), len(modules_of(lambda x: x))
    (1, 0)
    """
    found: list[dict[str, Any]] = []
    seen: set[int] = set()
    waiting: list[Any] = [f]
    while waiting and len(seen) < MOST:
        thing = waiting.pop()
        function = _plain_function(thing)
        if function is None or id(function) in seen or function.__code__.co_filename.startswith(FOREIGN):
            continue
        seen.add(id(function))
        names = set(_names_in(function.__code__))
        module = function.__globals__
        if NAME in names and NAME not in module and all(module is not other for other in found):
            found.append(module)
        things = [module[name] for name in names if name in module] + list(_enclosed(function))
        things.append(getattr(thing, "__self__", thing))
        waiting += things + [vars(kind)[name] for kind in map(_holder, things) for name in names & vars(kind).keys()]
    return found


@contextmanager
def complex_floats(modules: Sequence[dict[str, Any]]) -> Iterator[None]:
    """Let `float` return complex numbers in these modules.

    >>> def root(x):
    ...     return float(x ** 0.5)
    >>> with complex_floats(modules_of(root)):
    ...     root(-4 + 0j)
    (1.2246467991473532e-16+2j)
    """
    for module in modules:
        module[NAME] = _Float
    try:
        yield
    finally:
        for module in modules:
            module.pop(NAME, None)


def _plain_function(thing: Any) -> FunctionType | None:
    """Return the function in Python behind a method, a partial function, a decorated one or an object."""
    for _ in range(MOST):
        if isinstance(thing, FunctionType) and not hasattr(thing, "__wrapped__"):
            return thing
        if isinstance(thing, type):
            return None
        inner = [getattr(thing, name) for name in ("__func__", "func", "__wrapped__") if hasattr(thing, name)]
        thing = inner[0] if inner else vars(type(thing)).get("__call__")
    return None


def _holder(thing: Any) -> Any:
    """Return the module or class in which to look for an attribute of something."""
    return thing if isinstance(thing, (ModuleType, type)) else type(thing)


def _enclosed(function: FunctionType) -> Iterator[Any]:
    """Yield the variables of enclosing functions that a function uses."""
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # it has no value yet
            yield cell.cell_contents


def _names_in(code: CodeType) -> Iterator[str]:
    """Yield the names that the code of a function uses, and those of the functions inside of it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
