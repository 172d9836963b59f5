"""Dotted names: matching them with patterns, and finding the module that a name belongs to.

The name of a part of a model is the path that leads to it, such as `layers.0.neurons.3.w.1`. Patterns are those of file
names: `*` stands for any text, dots included, `?` for one character, `[ab]` for one of several.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase

from autograd_core import InputError, OperandTypeError
from autograd_core.text import did_you_mean, listed


def matches(pattern: str, name: str) -> bool:
    """Whether the pattern matches the name, or the name of something that contains it.

    >>> [name for name in ("layers.1.w.0", "layers.10.w.0", "layers.1") if matches("layers.1", name)]
    ['layers.1.w.0', 'layers.1']
    """
    return fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}.*")


def checked_patterns(patterns: Iterable[object]) -> list[str]:
    """The patterns, if all of them are strings.

    Raises:
        OperandTypeError: if one is not.

    >>> checked_patterns(["layers.0", "*.bias"])
    ['layers.0', '*.bias']
    """
    texts = []
    for pattern in patterns:
        if not isinstance(pattern, str):
            raise OperandTypeError(f"expected patterns of names, such as 'layers.0.*', got {type(pattern).__name__}")
        texts.append(pattern)
    return texts


def no_match(pattern: str, names: Collection[str]) -> InputError:
    """The error for a pattern that matches none of the names, with similar names.

    >>> print(no_match("layer.0", ["layers.0", "layers.1", "head"]))
    nothing is named 'layer.0'; did you mean 'layers.0' or 'layers.1'?
    """
    hint = did_you_mean(pattern, names) or f"names begin with {_first_parts(names)}"
    return InputError(f"nothing is named {pattern!r}; {hint}")


def _first_parts(names: Iterable[str]) -> str:
    """The first few of the different parts before the first dot."""
    parts = list(dict.fromkeys(name.partition(".")[0] for name in names if name))
    return listed(list(map(repr, parts)), 4)


def holder(name: str, modules: Collection[str]) -> str:
    """The name of the innermost module that contains what has this name.

    The outermost module has the name `""` and contains everything.

    >>> holder("layers.0.neurons.3.w.1", {"", "layers.0", "layers.0.neurons.3"})
    'layers.0.neurons.3'
    """
    above = name.rpartition(".")[0]
    while above and above not in modules:
        above = above.rpartition(".")[0]
    return above
