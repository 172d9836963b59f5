r"""What `explain` returns: the uses and paths of one Value as records, and their spelling as text, LaTeX and JSON."""

import json
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from heapq import nlargest
from typing import Any, Final, TypeAlias

from viz.text import ELLIPSIS, columns, number, plural, writable
from viz.words.notation import latex_name, latex_short
from viz.words.paths import MAX_SEARCHED, MOST_PATHS, magnitude

Spelling: TypeAlias = Callable[[str], str]
"""From a text to one with signs that its reader can show."""

MAX_USES: Final = 20
"""Lines of text for the uses of one Value; a weight that a thousand samples share has as many uses."""

MAX_STEPS: Final = 8
"""Most nodes of one path that are written; of a longer path the two ends."""

STEP: Final = 0.01
"""The change of `x` in the sentence."""

_TIMES: Final = "×"


@dataclass(frozen=True, slots=True)
class Use:
    """One use of `x` as an input of an op.

    Attributes:
        node: the name of the user, such as `e`.
        formula: what it computes, such as `a * b`.
        op: the name of its op.
        place: the index of `x` among its inputs.
        upstream: the gradient of the loss with respect to the user.
        local: the derivative of the user with respect to this input.
        symbols: that derivative in symbols, such as `b`; empty if it is a constant or too long.
        contribution: their product; 0.0 through a structural zero, and from a node that no gradient reaches.
        total: the sum of the contributions up to this one.
    """

    node: str
    formula: str
    op: str
    place: int
    upstream: float
    local: float
    symbols: str
    contribution: float
    total: float


@dataclass(frozen=True, slots=True)
class Path:
    """One way from the loss to `x`.

    Attributes:
        nodes: the names of the nodes, the loss first and `x` last.
        factors: the local derivative on each edge between them.
        product: the product of the factors, which this path adds to the gradient.
    """

    nodes: tuple[str, ...]
    factors: tuple[float, ...]
    product: float


@dataclass(frozen=True, repr=False)
class Explanation:
    """One gradient as a sum of contributions. `print` shows it as text, a notebook as a formula.

    Attributes:
        name: the name of `x`.
        loss: the name of the loss.
        data: the data of `x`.
        loss_data: the data of the loss.
        gradient: the gradient of the loss with respect to `x`.
        uses: every use, in the order in which the contributions are added.
        path_count: how many paths there are from the loss to `x`, exactly below 10**300, and 10**300 if there are more.
        paths: the paths with the largest products, the largest first. A path with a factor 0 is not among them.
        nodes: how many nodes depend on `x`, the loss included; beyond 100,000 no paths are searched.
        is_swapped: whether `x` depends on the loss instead.
    """

    name: str
    loss: str
    data: float
    loss_data: float
    gradient: float
    uses: tuple[Use, ...]
    path_count: int
    paths: tuple[Path, ...]
    nodes: int
    is_swapped: bool = False

    @property
    def sentence(self) -> str:
        """The meaning of the gradient in a sentence."""
        if self.name == self.loss and not self.uses and self.gradient == 1.0:
            return f"{self.loss} is the loss itself."
        if not self.path_count:
            reason = "there is no path from one to the other"
            if self.is_swapped:
                reason = f"{self.name} depends on {self.loss}, so write explain({self.loss}, {self.name})"
            return f"{self.loss} does not depend on {self.name}: {reason}."
        change = self.gradient * STEP
        if not math.isfinite(change):
            return f"The gradient is {number(self.gradient)}: it predicts no change of {self.loss}."
        if change == 0.0:
            return f"If {self.name} grew by {STEP}, {self.loss} would not change, to first order."
        verb = "grow" if change > 0.0 else "shrink"
        return f"If {self.name} grew by {STEP}, {self.loss} would {verb} by about {abs(change):.4g}."

    @property
    def text(self) -> str:
        """The explanation with all its signs; `print` replaces those that the standard output cannot write."""
        return self._text(str)

    def _text(self, spelled: Spelling) -> str:
        return spelled("\n".join([*_sum_lines(self, spelled), *_path_lines(self, spelled), self.sentence]))

    def __str__(self) -> str:
        return self._text(writable)

    __repr__ = __str__

    def latex(self) -> str:
        r"""The sum as a formula: in symbols, in numbers with a few digits, and its result."""
        shown, hidden = _largest(self.uses)
        left = rf"\frac{{\partial {latex_name(self.loss)}}}{{\partial {latex_name(self.name)}}}"
        if not shown:
            return f"{left} = {latex_short(self.gradient)}"
        more = [r"\cdots"] if hidden else []
        symbols = [_derivatives(self, use) for use in shown]
        products = [rf"{_factor(use.upstream)} \cdot {_factor(use.local)}" for use in shown]
        first, *others = [latex_short(use.contribution) for use in shown]
        sides = [symbols, products]
        if len(self.uses) > 1:
            sides.append([first, *map(_bracketed, others)])
        lines = [*(" + ".join([*side, *more]) for side in sides), latex_short(self.gradient)]
        aligned = " \\\\\n&= ".join(lines)
        return f"\\begin{{aligned}}\n{left} &= {aligned}\n\\end{{aligned}}"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex()}$"

    def to_json(self) -> str:
        """All fields and the sentence as JSON with exact numbers; nan and infinities are texts."""
        return json.dumps(_plain({**asdict(self), "sentence": self.sentence}), ensure_ascii=False, allow_nan=False)


# ---- Text ------------------------------------------------------------------------------------------------------------


def _sum_lines(told: Explanation, spelled: Spelling) -> list[str]:
    used = "not used" if not told.uses else f"used {plural(len(told.uses), 'time')}"
    heading = f"d{told.loss}/d{told.name} = {number(told.gradient)}   ({told.name} = {number(told.data)}, {used})"
    shown, hidden = _largest(told.uses)
    table = [_use_cells(told, use) for use in shown]
    if len(told.uses) > 1:
        table.append(("", "", "", "", "", "sum", number(told.gradient)))
    lines = _aligned(table, (2, 4, 5, 6), spelled)
    if hidden:
        size = number(max(magnitude(use.contribution) for use in hidden))
        lines.insert(len(shown), f"{ELLIPSIS} and {plural(len(hidden), 'more use')}, none larger than {size}")
    return [heading, *_indented(lines)]


def _use_cells(told: Explanation, use: Use) -> tuple[str, ...]:
    symbols = f"{use.symbols} =" if use.symbols else ""
    return (
        f"via {use.node} = {use.formula}",
        f"d{told.loss}/d{use.node} =",
        number(use.upstream),
        f"{_TIMES}  d{use.node}/d{told.name} = {symbols}".rstrip(),
        number(use.local),
        "=",
        number(use.contribution),
    )


def _path_lines(told: Explanation, spelled: Spelling) -> list[str]:
    if told.path_count < 2:
        return []
    if not told.paths:
        reason = "each has a factor 0"
        if told.nodes > MAX_SEARCHED:
            reason = f"not searched, because {told.nodes:,} nodes depend on {told.name}"
        return [f"{_counted(told.path_count)} paths; {reason}"]
    which = "the largest" if len(told.paths) < told.path_count else "all of them"
    table = [
        (_ends(path.nodes, " ← "), _ends([*map(number, path.factors)], f" {_TIMES} "), "=", number(path.product))
        for path in told.paths
    ]
    return [f"{_counted(told.path_count)} paths; {which}:", *_indented(_aligned(table, (3,), spelled))]


def _aligned(table: Sequence[Sequence[str]], right: Collection[int], spelled: Spelling) -> list[str]:
    """The cells in columns, as they are spelled."""
    return columns([[*map(spelled, cells)] for cells in table], right)


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _largest(uses: Sequence[Use]) -> tuple[list[Use], list[Use]]:
    """The uses that are shown, in their order, and the others."""
    if len(uses) <= MAX_USES:
        return list(uses), []
    chosen = set(nlargest(MAX_USES, range(len(uses)), key=lambda i: (magnitude(uses[i].contribution), -i)))
    return [use for i, use in enumerate(uses) if i in chosen], [use for i, use in enumerate(uses) if i not in chosen]


def _counted(paths: int) -> str:
    if paths >= MOST_PATHS:
        return "more than 10**300"
    return f"{paths:,}" if paths < 10**15 else f"about {paths:.3e}"


def _ends(texts: Sequence[str], joint: str) -> str:
    half = MAX_STEPS // 2
    if len(texts) <= MAX_STEPS:
        return joint.join(texts)
    return joint.join([*texts[:half], f"{ELLIPSIS} {len(texts) - 2 * half:,} more {ELLIPSIS}", *texts[-half:]])


# ---- LaTeX and JSON --------------------------------------------------------------------------------------------------


def _derivatives(told: Explanation, use: Use) -> str:
    loss, user, x = (rf"\partial {latex_name(name)}" for name in (told.loss, use.node, told.name))
    return rf"\frac{{{loss}}}{{{user}}} \cdot \frac{{{user}}}{{{x}}}"


def _factor(x: float) -> str:
    return _bracketed(latex_short(x))


def _bracketed(text: str) -> str:
    return rf"\left({text}\right)" if text.startswith("-") else text


def _plain(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _plain(item) for key, item in tree.items()}
    if isinstance(tree, list | tuple):
        return [_plain(item) for item in tree]
    return repr(tree) if isinstance(tree, float) and not math.isfinite(tree) else tree
