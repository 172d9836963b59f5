"""What `help` and `inspect.signature` say of everything that the packages offer, in a form that builds share.

As a program it prints this as JSON. Compiled code has no annotations, and its methods take `self` by position only, so
both are left out. Python itself documents operators and other special methods of compiled classes; these are left out.
"""

from __future__ import annotations
import __future__

import inspect
import json
import re
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, Final, NamedTuple

PACKAGES: Final = ("autograd_core", "autograd_core.testing", "nn", "viz")


class Documented(NamedTuple):
    """What is said of one object; `signature` is "" if it cannot be called, and an error if it has none."""

    signature: str
    docstring: str


def everything(modules: Sequence[str]) -> dict[str, Documented]:
    """The public names of the packages, the modules and what they define, and the members of all these classes."""
    things = named(PACKAGES) | {name: import_module(name) for name in modules}
    things |= {name: thing for name, thing in named(modules).items() if is_defined_in(name.rpartition(".")[0], thing)}
    members = {f"{name}.{key}": thing for name, owner in things.items() for key, thing in members_of(owner)}
    return {name: documented(thing) for name, thing in sorted({**things, **members}.items())}


def named(modules: Sequence[str]) -> dict[str, Any]:
    """The public names of modules, but for other modules and for what `from __future__ import` leaves."""
    names = [(module, name) for module in modules for name in dir(import_module(module)) if not name.startswith("_")]
    things = {f"{module}.{name}": getattr(import_module(module), name) for module, name in names}
    return {name: thing for name, thing in things.items() if not isinstance(thing, ModuleType | __future__._Feature)}


def is_defined_in(module: str, thing: Any) -> bool:
    """Whether it is a function or a class of this module."""
    return getattr(thing, "__module__", None) == module and hasattr(thing, "__name__")


def members_of(owner: Any) -> Iterator[tuple[str, Any]]:
    """The public members of a class, and no members of anything else."""
    for name in dir(owner) if inspect.isclass(owner) else ():
        if not name.startswith("_"):
            yield name, getattr(owner, name)


def documented(thing: Any) -> Documented:
    return Documented(signature_of(thing) if callable(thing) else "", inspect.getdoc(thing) or "")


def signature_of(thing: Any) -> str:
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError) as error:
        return re.sub(r" at 0x\w+", "", f"{type(error).__name__}: {error}")
    parameters = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    if parameters and parameters[0].name == "self" and parameters[0].kind is not inspect.Parameter.VAR_POSITIONAL:
        del parameters[0]
    return re.sub(r" at 0x\w+", "", str(inspect.Signature(parameters)))


if __name__ == "__main__":
    json.dump(everything(sys.argv[1:]), sys.stdout)
