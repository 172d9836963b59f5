"""Findings: what is wrong, where, why, and what usually helps."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from autograd_core.text import listed, printable

MANY_NAMES: Final = 4
"""How many names are listed; the others are counted."""

LONGEST_NAME: Final = 60
"""The most characters of a name in a finding, which should fit on a line."""

STUCK: Final = frozenset({"zero", "equal"})
"""Kinds of findings that say why a layer cannot learn."""

FOLLOWING: Final = frozenset({"vanishing", "dead", "saturated"})
"""Kinds of findings that follow from those, and are then left out."""


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
        """The same as `where`, under the name in results of `stuck_layers`."""
        return self.where

    def __str__(self) -> str:
        return f"{self.kind}, {title(self.where)}: {self.reason}. {self.remedy}."


def follows(finding: Finding, known: Iterable[tuple[str, str]]) -> bool:
    """Whether a finding follows from others that say why a layer cannot learn.

    Args:
        finding: the finding.
        known: the others, each as its `kind` and `where`.

    >>> dead = Finding("dead", "head", "", "")
    >>> follows(dead, [("zero", "head")]), follows(dead, [("equal", "head.weight")])
    (True, True)
    >>> follows(dead, [("zero", "layers.0"), ("nan", "head")])
    False
    """
    stuck = [where for kind, where in known if kind in STUCK]
    return finding.kind in FOLLOWING and any(
        finding.where in {where, where.rpartition(".")[0]}  # the layer itself, or a matrix in it
        for where in stuck
    )


def title(layer: str) -> str:
    """The name of a layer in a sentence.

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
