"""Findings: what is wrong, where, why, and what usually helps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from autograd_core.text import listed, printable

MANY_NAMES: Final = 4
"""So many names are listed, and the rest is counted."""

LONGEST_NAME: Final = 60
"""Most characters of a name in a finding, which has to stay a readable line."""

STUCK: Final = frozenset({"zero", "equal"})
"""Kinds of findings that say why a layer cannot learn."""

FOLLOWING: Final = frozenset({"vanishing", "dead", "saturated"})
"""Kinds of findings that follow from those, and are not worth a line of their own then."""


class Finding(NamedTuple):
    """What is wrong.

    Attributes:
        kind: `"zero"`, `"equal"`, `"dead"`, `"saturated"`, `"vanishing"`, `"exploding"` or `"nan"`; from
            `viz.diagnose` also `"unreached"`, `"missing"`, `"accumulated"` or `"stale"`.
        where: the name of the layer, parameter or op; `""` is the model itself.
        reason: what was seen.
        remedy: what usually helps.

    >>> print(Finding("nan", "", "the loss is nan", "Use a smaller learning rate"))
    nan, the model: the loss is nan. Use a smaller learning rate.
    """

    kind: str
    where: str
    reason: str
    remedy: str

    @property
    def layer(self) -> str:
        """The same as `where`, under the name that results of `stuck_layers` have for it."""
        return self.where

    def __str__(self) -> str:
        return f"{self.kind}, {title(self.where)}: {self.reason}. {self.remedy}."


def follows(finding: Finding, known: Iterable[tuple[str, str]]) -> bool:
    """Whether a finding follows from others that say why a layer cannot learn.

    Args:
        finding: the one in question.
        known: kinds and places of the others.

    >>> dead = Finding("dead", "head", "", "")
    >>> follows(dead, [("zero", "head")]), follows(dead, [("equal", "head.weight")])
    (True, True)
    >>> follows(dead, [("zero", "layers.0"), ("nan", "head")])
    False
    """
    stuck = [where for kind, where in known if kind in STUCK]
    return finding.kind in FOLLOWING and any(
        finding.where in {where, where.rpartition(".")[0]}  # the layer, or one that has it as a matrix
        for where in stuck
    )


def title(layer: str) -> str:
    """How a sentence speaks of a layer.

    >>> title("layers.0"), title("")
    ('layers.0', 'the model')
    """
    return printable(layer, LONGEST_NAME) or "the model"


def list_names(names: Sequence[str]) -> str:
    """The first few names, and how many more there are.

    >>> list_names(["a", "b"]), list_names("abcdef")
    ('a, b', 'a, b, c, d and 2 more')
    """
    return listed([printable(name, LONGEST_NAME) for name in names], MANY_NAMES)
