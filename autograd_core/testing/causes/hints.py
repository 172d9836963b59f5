"""A guess at the cause of a wrong gradient.

Most mistakes in derivatives show in the numbers: a sign, a factor, the derivative of another number, one of several
paths. `Diagnosis` compares the wrong numbers with the results of such mistakes. The causes are rows of tables:
`factors`, `replacements`, `arrangements`, `patterns` and `digits`. A cause must fit all wrong numbers that it explains,
here and at points nearby, better than by accident. Of several causes the first in `STAGES` counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

from autograd_core.testing.causes import digits, patterns
from autograd_core.testing.causes.arrangements import arrangement, swapped, wrong_axis
from autograd_core.testing.causes.evidence import RARE, Evidence, Gradient
from autograd_core.testing.causes.factors import Factor, always, constant_factors, functional_factors
from autograd_core.testing.causes.mutations import of_inner_graph, of_mutations
from autograd_core.testing.causes.replacements import (
    PENALTY,
    REGULARISER,
    TERMS,
    Replacement,
    Term,
    elsewhere,
    negated,
    others,
)
from autograd_core.testing.causes.samples import of_samples

SIGN: Final = 5e-2
"""The chance of an accident up to which a flipped sign is believed, the most frequent mistake."""

SIMPLE: Final = 5e-3
"""The same for a constant factor."""

CLOSE_SIGN: Final = 1e-3
"""The relative distance up to which a number is the negative of the other."""

CLOSE_FACTOR: Final = 1e-5
"""The same for a constant factor."""

LARGEST_BATCH: Final = 10_000
"""The largest number of rows that is named."""

FIRST: Final = 20
"""The number of derivatives with causes of their own; a report shows fewer."""

MEASURED: Final = 8
"""The number of wrong derivatives for which derivatives at other points are measured."""


class Group(NamedTuple):
    """Wrong derivatives that may have one cause: all (`*`), those of an argument (its name), or a single one ("")."""

    name: str
    indices: Sequence[int]


OfGroup = Callable[[Evidence, Sequence[int]], str]
OfOne = Callable[[Evidence, int], str]


Subject = TypeVar("Subject")


class Stage(NamedTuple):
    """A kind of causes: what looks for them, in all wrong derivatives of a group or in one."""

    name: str
    of_group: OfGroup | None = None
    of_one: OfOne | None = None


class Diagnosis:
    """The causes of one wrong gradient, found on first use and kept.

    >>> Diagnosis(Evidence(Gradient([3.0, 1.0], [-3.0, 1.0]))).hint(0)
    'the sign is flipped'
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self._found: dict[tuple[OfGroup, str], str] = {}
        self._asked: set[int] = set()

    def hint(self, index: int) -> str:
        """Return a guess at the cause of the wrong derivative at an index, "" if no known mistake matches."""
        here = self.evidence.here
        if not math.isfinite(here.true[index]):
            return ""
        if not math.isfinite(here.claimed[index]):
            return "it is not finite, and the true derivative is: an overflow, a division by 0, or inf - inf?"
        if len(self._asked) < FIRST:
            self._asked.add(index)
        text = next((text for stage in STAGES if (text := self._found_by(stage, index))), "")
        argument = self.evidence.argument(index).name
        return text.replace("{x}", self.evidence.names[index]).replace("{v}", argument)

    def _found_by(self, stage: Stage, index: int) -> str:
        """Return the text of a stage on a derivative; beyond the first few only what it has in common with others."""
        alone = index in self._asked
        if stage.of_group is None:
            return _text(stage.of_one, self.evidence, index) if stage.of_one is not None and alone else ""
        for group in self._groups(index):
            text = self._common(stage.of_group, group) if alone or group.name else ""
            if text:
                return text
        return ""

    def _common(self, find: OfGroup, group: Group) -> str:
        """Return what a stage finds in a group, which is the same for all its derivatives."""
        if not group.name:
            return _text(find, self.evidence, group.indices)
        key = find, group.name
        if key not in self._found:
            self._found[key] = _text(find, self.evidence, group.indices)
        return self._found[key]

    def _groups(self, index: int) -> Iterator[Group]:
        """Yield the wrong derivatives together, those of one argument, and the one alone.

        One of several is explained alone only if it is also known nearby: a single number agrees with some cause too
        easily.
        """
        evidence = self.evidence
        wrong = evidence.wrong
        own = evidence.wrong_in(evidence.argument(index))
        if not evidence.here.is_wrong(index):
            yield Group("", [index])
            return
        yield Group("*", wrong)
        if 1 < len(own) < len(wrong):
            yield Group(evidence.argument(index).name, own)
        if len(wrong) > 1 and any(gradient.is_wrong(index) for gradient in evidence.nearby):
            yield Group("", [index])


def _text(find: Callable[[Evidence, Subject], str], evidence: Evidence, subject: Subject) -> str:
    try:
        return find(evidence, subject)
    except (ArithmeticError, ValueError):
        return ""  # numbers at the ends of the range, such as inf - inf, fit no cause


# ---- The stages -----------------------------------------------------------------------------------------------------


# Each returns the text on a group of wrong derivatives, "" if its causes do not fit.


def _sign(evidence: Evidence, indices: Sequence[int]) -> str:
    flipped = Factor("the sign is flipped", always(-1.0))
    if evidence.chance(indices, flipped.predict, CLOSE_SIGN) > SIGN:
        return ""
    claimed, wrong = evidence.here.claimed, set(indices)
    right = [x for i, x in enumerate(claimed) if i not in wrong and x]
    if len(wrong) > 1 < len(right) and all(claimed[i] > 0 for i in wrong) and min(right) > 0:
        return "the sign is lost: all are absolute values"
    return flipped.text


def _arranged(evidence: Evidence, indices: Sequence[int]) -> str:
    if len(indices) < 2:
        return ""
    arguments = {evidence.argument(i).start: evidence.argument(i) for i in indices}
    if len(arguments) == 1:
        argument = next(iter(arguments.values()))
        text = arrangement(evidence, argument) or wrong_axis(evidence, argument)
        if text:
            return text
    texts = [swapped(evidence, argument) for argument in arguments.values()]
    return texts[0] if len(set(texts)) == 1 else ""


def _constant_factor(evidence: Evidence, indices: Sequence[int]) -> str:
    rows = constant_factors(evidence)
    return next((row.text for row in rows if evidence.chance(indices, row.predict, CLOSE_FACTOR) <= SIMPLE), "")


def _proven_constants(evidence: Evidence, indices: Sequence[int]) -> str:
    """Return the constant factor between derivatives that differ, so that it is not a term."""
    if not patterns.true_varies(evidence, indices):
        return ""
    return _constant_factor(evidence, indices)


def _of_batch(evidence: Evidence, indices: Sequence[int]) -> str:
    """Return the text on the derivatives of one row of numbers that alone are divided or multiplied by an integer."""
    argument = evidence.argument(indices[0])
    is_row = len(argument.shape) == 1 and 1 < len(indices) == len(evidence.wrong_in(argument)) == len(evidence.wrong)
    others = [x for i, x in enumerate(evidence.here.true) if i not in argument.indices]
    if not is_row or not any(map(math.isfinite, others)) or not evidence.here.true[indices[0]]:
        return ""
    ratio = evidence.here.claimed[indices[0]] / evidence.here.true[indices[0]]
    count = round(max(ratio, 1 / ratio)) if ratio else 0
    if not 2 < count <= LARGEST_BATCH:
        return ""
    used, right, name = ("mean", "sum", f"1/{count}") if ratio < 1 else ("sum", "mean", f"{count}")
    what = f"is the {used} over a batch of {count} used where the {right} is right?"
    text = f"analytic = {name} × numeric in {{v}} only: {what}"
    row = Factor(text, always(1 / count if ratio < 1 else float(count)))
    return text if evidence.chance(indices, row.predict, CLOSE_FACTOR) <= SIMPLE else ""


def _constants(evidence: Evidence, indices: Sequence[int]) -> str:
    """Return the constant factor, also between derivatives that are all the same."""
    return "" if len(indices) < len(evidence.wrong) else _constant_factor(evidence, indices)


def _lone_constants(evidence: Evidence, indices: Sequence[int]) -> str:
    """Return the constant factor of a single derivative of which no more is known; it may be another factor, too."""
    if len(indices) > 1 or any(gradient.is_wrong(indices[0]) for gradient in evidence.nearby):
        return ""
    text = _constants(evidence, indices)
    other = _functions(evidence, indices).partition(":")[0] if text else ""
    return f"{text}; or perhaps {other}" if other else text


def _functions(evidence: Evidence, indices: Sequence[int]) -> str:
    """Return the factor that is a function; where nothing varies it would be a constant as well."""
    if evidence.nearby and not patterns.true_varies(evidence, indices):
        return ""
    for row in functional_factors(evidence, indices):
        if evidence.chance(indices, row.predict) <= RARE and (not evidence.nearby or _varies(evidence, indices, row)):
            return row.text
    return ""


def _varies(evidence: Evidence, indices: Sequence[int], row: Factor) -> bool:
    try:
        return patterns.varies([row.of(gradient, i) for gradient, i in evidence.samples(indices[:MEASURED])])
    except (ArithmeticError, ValueError):
        return False


def _replaced(evidence: Evidence, indices: Sequence[int], rows: Iterable[Replacement]) -> str:
    some = indices[:MEASURED]
    return next((row.text for row in rows if evidence.chance(some, row.predict) <= RARE), "")


def _negated(evidence: Evidence, indices: Sequence[int]) -> str:
    return _replaced(evidence, indices, negated())


def _others(evidence: Evidence, indices: Sequence[int]) -> str:
    # A constant is many numbers by accident.
    return _replaced(evidence, indices, others()) if patterns.claimed_varies(evidence, indices[0]) else ""


def _elsewhere(evidence: Evidence, indices: Sequence[int]) -> str:
    if evidence.names[indices[0]].endswith(patterns.PARTS):
        return ""
    return _replaced(evidence, indices, elsewhere()) if patterns.claimed_varies(evidence, indices[0]) else ""


def _terms(evidence: Evidence, indices: Sequence[int]) -> str:
    if not patterns.true_varies(evidence, indices):
        return ""
    rows = [(row, each) for each in (False, True) for row in TERMS if row.each or not each]
    return next((text for row, each in rows if (text := _term(evidence, indices, row, each=each))), "")


def _common_terms(evidence: Evidence, indices: Sequence[int]) -> str:
    """Return the term in several derivatives; a factor explains them as simply if they are multiples of the term."""
    return _or_factor(evidence, indices, _terms(evidence, indices) if len(indices) > 2 else "")


def _or_factor(evidence: Evidence, indices: Sequence[int], text: str) -> str:
    """Return the text on a term, after the one on a factor if that explains it as well."""
    factor = digits.unnamed_constant(evidence, indices) if text else ""
    return f"{factor}; or perhaps {text.partition(':')[0]}" if factor else text


def _regulariser(evidence: Evidence, indices: Sequence[int]) -> str:
    """Return the term of a regulariser in several derivatives of a graph, where it is a missing path as well."""
    here = evidence.here
    if len(indices) < 3 or not here.paths(indices[0]) or not patterns.true_varies(evidence, indices):
        return ""
    signs = {math.copysign(1.0, here.point[i]) for i in indices}  # with one sign only, a penalty is a constant
    rows = (REGULARISER, PENALTY) if len(signs) > 1 else (REGULARISER,)
    text = next((text for row in rows if (text := _term(evidence, indices, row, each=False))), "")
    return _or_factor(evidence, indices, text)


def _term(evidence: Evidence, indices: Sequence[int], row: Term, *, each: bool) -> str:
    """Return the text on a term with one coefficient, or one for `each` point."""

    def pair(g: Gradient, i: int) -> tuple[float, float, float]:
        return row.pair(evidence, g, i)

    try:
        c, chance = evidence.fitted(indices, pair, each=each)
    except (ArithmeticError, ValueError):
        return ""  # the term has no value at one of the points
    if not c or chance > RARE:
        return ""
    text = (each and row.varying) or row.text
    return text.replace("{c}", f"{'+' if c > 0 else '-'} {abs(c):.6g}").replace("{a}", f"{abs(c):.6g}")


def _mutated(evidence: Evidence, indices: Sequence[int]) -> str:
    if len(indices) < len(evidence.wrong) or not patterns.true_varies(evidence, indices):
        return ""
    return of_mutations(evidence, [i for i, x in enumerate(evidence.here.true) if math.isfinite(x)])


def _mutated_inside(evidence: Evidence, indices: Sequence[int]) -> str:
    if len(indices) < len(evidence.wrong) or not (len(indices) > 1 or patterns.true_varies(evidence, indices)):
        return ""
    return of_mutations(evidence, [i for i, x in enumerate(evidence.here.true) if math.isfinite(x)], of_inner_graph)


def _near_one(evidence: Evidence, indices: Sequence[int]) -> str:
    """Return the factor near 1; a small term explains it as simply if the derivatives are multiples of the term."""
    text = digits.near_one(evidence, indices)
    term = _terms(evidence, indices).partition(":")[0] if text and len(indices) > 2 else ""
    return f"{text[:-1]}, or perhaps {term}?" if term else text


STAGES: Final = (
    Stage("special case", of_one=patterns.of_special_case),
    Stage("conjugate", of_one=patterns.of_conjugate),
    Stage("sign", _sign),
    Stage("clipping", of_one=patterns.of_clipping),
    Stage("swap", of_one=patterns.of_swap),
    Stage("order", _arranged),
    Stage("lines", of_one=patterns.of_lines),
    Stage("batch", _of_batch),
    Stage("own factors", digits.own_factors),
    Stage("proven constants", _proven_constants),
    Stage("rounded constants", digits.rounded_constant),
    Stage("regulariser", _regulariser),
    Stage("paths", of_one=patterns.of_paths),
    Stage("zero", of_one=patterns.of_zero),
    Stage("constants", _lone_constants),
    Stage("no dependence", of_one=patterns.of_no_dependence),
    Stage("ops", _mutated),
    Stage("other branch", _negated),
    Stage("functions", _functions),
    Stage("precision", _near_one),
    Stage("terms", _common_terms),
    Stage("other numbers", _others),
    Stage("neighbour", of_one=patterns.of_neighbour),
    Stage("precision", digits.few_digits),
    Stage("precision", of_one=digits.few_digits_of_one),
    Stage("unnamed constant", digits.unnamed_constant),
    Stage("terms", _terms),
    Stage("normalisation", digits.normalisation),
    Stage("constant", of_one=patterns.of_constancy),
    Stage("elsewhere", _elsewhere),
    Stage("constants", _constants),
    Stage("inner ops", _mutated_inside),
    Stage("sums", of_one=patterns.of_sums),
    Stage("samples", of_one=of_samples),
)
"""The kinds of causes, the simplest and most frequent first."""
