"""Patterns of wrong gradients that are neither a factor nor another number: zeros, neighbours, rows, sums.

Each function returns the text on a group of wrong derivatives, or "" if they have not the pattern.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Final

from autograd_core.testing.causes.arrangements import lines_of
from autograd_core.testing.causes.evidence import CLOSE, DOUBTS, Evidence, Gradient, Prediction, same

CHANGED: Final = 3e-4
"""Numbers with a larger relative distance are not the same."""

RIGHT: Final = 0.01
"""A claim is right at a point nearby if its error there is at most this part of the error at the point."""

PARTS: Final = (".real", ".imag")
"""The ends of the paths of the two parts of a complex number."""

STRAIGHT: Final = 1e-4
"""A slope is constant if it is known to this part of itself, and of the change of a claim that is not."""

MOST_PATHS: Final = 10
"""Of at most this many paths all subsets are tried; of more, those with one path missing or one alone."""

BEYOND: Final = 1e-4
"""The chance of an accident up to which a pattern is believed."""


def varies(numbers: Sequence[float], doubt: float = 0.0) -> bool:
    """Return whether finite numbers are not all the same."""
    known = [x for x in numbers if math.isfinite(x)]
    if not known:
        return False
    low, high = min(known), max(known)
    return high - low > CHANGED * max(abs(low), abs(high)) + 10 * doubt


def true_varies(evidence: Evidence, indices: Sequence[int]) -> bool:
    """Return whether the true derivatives of some numbers differ, here and nearby."""
    samples = list(evidence.samples(indices))
    return varies([g.true[i] for g, i in samples], max((g.doubt[i] for g, i in samples), default=0.0))


def claimed_varies(evidence: Evidence, i: int) -> bool:
    """Return whether a claimed derivative changes nearby; also if nothing is known."""
    return not evidence.nearby or any(g.claimed[i] != evidence.here.claimed[i] for g in evidence.nearby)


# ---- One derivative -------------------------------------------------------------------------------------------------


def of_paths(evidence: Evidence, index: int) -> str:
    """Return the text on paths that are missing or counted twice."""
    paths = evidence.here.paths(index)
    count = len(paths)
    if count < 2 or not evidence.here.claimed[index]:
        return ""
    subsets = [chosen for size in _sizes(count) for chosen in combinations(range(count), size)]
    for chosen in subsets:
        if _fits(evidence, index, chosen, len(subsets)):
            return _describe_paths(len(chosen), count)
    if any(_fits(evidence, index, (*range(count), k), count) for k in range(count)):
        return f"one of {count} paths is counted twice"
    return ""


def _fits(evidence: Evidence, index: int, chosen: Sequence[int], choices: int) -> bool:
    """Return whether the sum of some paths is what is claimed; the more choices there are, the better it must fit."""

    def predict(g: Gradient, i: int) -> Prediction:
        paths = g.paths(i)
        return math.fsum(paths[k] for k in chosen) if max(chosen) < len(paths) else math.nan, 0.0

    return evidence.chance([index], predict) <= 0.2 / choices


def _sizes(count: int) -> list[int]:
    few = list(range(count - 1, 0, -1)) if count <= MOST_PATHS else [count - 1, 1]
    return sorted(few, key=lambda size: (min(size, count - size), size))


def _describe_paths(size: int, count: int) -> str:
    if size == 1:
        others = f"the other{'s' if count > 2 else ''}"
        return (
            f"it is 1 of {count} paths, without {others}: is = used instead of +=, "
            "or a sum forgotten, such as that over a broadcast axis?"
        )
    missing = count - size
    verb = "is" if missing == 1 else "are"
    return f"{missing} of {count} paths {verb} missing: does a sum or a += lack a term?"


def of_neighbour(evidence: Evidence, index: int) -> str:
    """Return the text on the derivative with respect to another number."""
    here = evidence.here
    claimed = here.claimed[index]
    if evidence.names[index].endswith(PARTS):
        return ""  # a part of a complex number is not taken for another argument
    others = [i for i, x in enumerate(here.true) if i != index and claimed and math.isfinite(x) and same(claimed, x)]
    others = sorted(others, key=lambda i: (not same(here.claimed[i], here.true[index]), abs(i - index)))
    choices = len({x for x in here.true if math.isfinite(x)})
    for other in others[:5]:
        if evidence.chance([index], _derivative_of(other)) <= 1e-2 / choices:
            swapped = here.is_wrong(other) and same(here.claimed[other], here.true[index])
            return _of_other(evidence, index, other, swapped=swapped)
    return ""


def _derivative_of(other: int) -> Callable[[Gradient, int], Prediction]:
    return lambda gradient, _: (gradient.derivative(other), 0.0)


def _of_other(evidence: Evidence, index: int, other: int, *, swapped: bool) -> str:
    matrix = evidence.argument(index)
    in_matrix = len(matrix.shape) == 2 and other in matrix.indices
    order = "is a matrix transposed?" if in_matrix else "is the order of two arguments or indices wrong?"
    what = f"the two are swapped; {order}" if swapped else "is a wrong index or argument used?"
    return f"it is the derivative with respect to {evidence.names[other]}: {what}"


def of_swap(evidence: Evidence, index: int) -> str:
    """Return the text on two derivatives of which each is at the place of the other; one of them may be 0."""
    here, wrong = evidence.here, evidence.wrong
    if len(wrong) != 2 or index not in wrong:
        return ""
    other = wrong[0] if index == wrong[1] else wrong[1]
    pairs = ((here.claimed[index], here.true[other]), (here.claimed[other], here.true[index]))
    doubt = max(here.doubt[index], here.doubt[other])
    size = max(abs(a) for a, _ in pairs)
    if all(abs(a - b) <= CLOSE * max(abs(a), abs(b)) + DOUBTS * doubt for a, b in pairs) and doubt <= 1e-3 * size:
        return _of_other(evidence, index, other, swapped=True)
    return ""


def of_conjugate(evidence: Evidence, index: int) -> str:
    """Return the text on complex numbers of which one part has the wrong sign, and the other is right."""
    here = evidence.here
    part = evidence.names[index].rpartition(".")[2]
    own = [i for i in evidence.wrong if evidence.names[i].endswith(PARTS)]
    partner = {"imag": -1, "real": 1}.get(part)
    if partner is None or index not in own or not all(evidence.names[i].endswith(part) for i in own):
        return ""
    pairs = [(here.claimed[i], -here.true[i], here.doubt[i]) for i in own]
    is_flipped = all(abs(a - b) <= CLOSE * abs(b) + DOUBTS * doubt for a, b, doubt in pairs)
    if not is_flipped or not any(here.true[i + partner] for i in own):
        return ""
    minus = "" if part == "imag" else "minus "
    return (
        f"it is {minus}the complex conjugate of the derivative: is a conjugate missing or too much? The gradient is "
        "df/dx + i df/dy, and JAX and autograd return df/dx - i df/dy"
    )


def of_clipping(evidence: Evidence, index: int) -> str:
    """Return the text on derivatives that are clipped: all wrong ones have one size, and should be larger."""
    here, wrong = evidence.here, evidence.wrong
    size = abs(here.claimed[index])
    pairs = [(here.claimed[i], here.true[i]) for i in wrong]
    clipped = all(abs(claimed) == size and abs(true) > size and claimed * true > 0 for claimed, true in pairs)
    if len(wrong) < 3 or not size or not clipped or not varies([abs(true) for _, true in pairs]):
        return ""
    others = any(x for i, x in enumerate(here.claimed) if i not in wrong)
    what = "is the gradient clipped?" if others else "is the gradient clipped, only its sign taken, or it a constant?"
    return f"all that are wrong are ±{size:.6g}, and should be larger: {what}"


def of_zero(evidence: Evidence, index: int) -> str:
    """Return the text on a derivative of 0 where the true one is not."""
    here = evidence.here
    if here.claimed[index] or any(g.claimed[index] and g.is_wrong(index) for g in evidence.nearby):
        return ""
    members = evidence.argument(index).indices
    imaginary = [i for i, name in enumerate(evidence.names) if name.endswith(".imag")]
    if index in imaginary and here.claimed[index - 1] and not any(here.claimed[i] for i in imaginary):
        return "its imaginary part is 0: is it dropped, as by .real or a conversion to real numbers?"
    text = _of_zero_in_array(evidence, index, members) if len(members) > 2 else ""
    count = len(here.paths(index))
    if not text and count > 1:
        return f"it is 0, and there are {count} paths: is the graph cut, or the gradient not added?"
    return text or "it is 0: is the graph cut, or the number not used?"


def _of_zero_in_array(evidence: Evidence, index: int, members: range) -> str:
    """Return the text on zeros at some places of an array."""
    here, end = evidence.here, members[-1]
    filled = [i for i in members if here.claimed[i]]
    if len(filled) == len(members) - 1 and index in (members[0], end):
        return (
            f"it is 0, at {'the end' if index == end else 'the beginning'} of {{v}} only: is a loop one step too short?"
        )
    if len(filled) != 1:
        return ""
    if filled == [max(members, key=lambda i: here.point[i])] and here.is_wrong(filled[0]):
        return "it is 0, and only that of the largest number of {v} is not: is a maximum used where all numbers count?"
    if filled == [end]:
        return "it is 0, and only the last of {v} is not: is = used instead of +=, or the sum taken after a loop?"
    return f"it is 0, and only that of {evidence.names[filled[0]]} is not: are the terms off a diagonal forgotten?"


def of_no_dependence(evidence: Evidence, index: int) -> str:
    """Return the text on a derivative that is not 0 where the true one is."""
    here = evidence.here
    size = abs(here.claimed[index])
    known = [g for g in evidence.nearby if math.isfinite(g.true[index])]
    if not size or not all(
        abs(g.true[index]) <= 1e-12 * size + DOUBTS * g.doubt[index] <= 1e-3 * size for g in (here, *known)
    ):
        return ""
    return "the function does not depend on {x} here: is a mask, a clip or a branch forgotten?"


def of_constancy(evidence: Evidence, index: int) -> str:
    """Return the text on a claim that is the same at all points, where the true derivative is not, or the reverse."""
    here = evidence.here
    known = [g for g in evidence.nearby if math.isfinite(g.true[index])]
    if not known or not here.claimed[index]:
        return ""
    claims = {here.claimed[index], *(g.claimed[index] for g in known)}
    slopes = [g.true[index] for g in (here, *known)]
    doubt = max(g.doubt[index] for g in (here, *known))
    if len(claims) == 1 and varies(slopes, doubt):
        return "it is the same at another point, unlike the true one: is it a constant, or a value of an earlier call?"
    is_constant = max(slopes) - min(slopes) <= DOUBTS * doubt
    is_straight = is_constant and doubt <= STRAIGHT * min(max(claims) - min(claims), abs(slopes[0]))
    if varies(list(claims)) and is_straight and all(g.is_wrong(index) for g in known):
        return "the function is a straight line here, and its derivative constant: is a wrong branch or formula used?"
    return ""


def of_special_case(evidence: Evidence, index: int) -> str:
    """Return the text on a derivative that is wrong at this point only."""
    here = evidence.here
    size = RIGHT * abs(here.claimed[index] - here.true[index])
    known = [g for g in evidence.nearby if math.isfinite(g.true[index])]
    right = [
        abs(g.claimed[index] - g.true[index]) + g.doubt[index] <= size and same(g.claimed[index], g.true[index], RIGHT)
        for g in known
    ]
    if not known or not all(right):
        return ""
    return "it is right at points nearby: is this one a special case, such as a tie, an edge, or < in place of <=?"


# ---- Several derivatives --------------------------------------------------------------------------------------------


WHY: Final = {
    "row": "if rows are units, the error signal of each is off and not its inputs; is the derivative of the activation "
    "taken at z?",
    "column": "if columns are units, their error signals are off and not their inputs, and is the derivative of the "
    "activation taken at z? If rows are, is the input of the layer wrong or scaled?",
}


def of_lines(evidence: Evidence, index: int) -> str:
    """Return the text on a matrix whose rows or columns have factors of their own."""
    here = evidence.here
    for kind, lines in lines_of(evidence.argument(index)):
        wrong = [[i for i in line if here.is_wrong(i)] for line in lines]
        chance = math.prod(_one_factor(here, line) for line in wrong)
        ratios = [here.claimed[line[0]] / here.true[line[0]] for line in wrong if line and here.true[line[0]]]
        if chance <= BEYOND and index in {i for line in wrong for i in line} and (varies(ratios) or len(ratios) == 1):
            own = next(ratio for ratio, line in zip(ratios, filter(None, wrong), strict=True) if index in line)
            return f"all numbers in a {kind} of {{v}} are off by the same factor, here {own:.4g}: {WHY[kind]}"
    return ""


def _one_factor(here: Gradient, line: Sequence[int]) -> float:
    """Return the chance that claimed and true numbers have one ratio by accident; `inf` if they have not."""
    if len(line) < 2:
        return 1.0
    best = max(line, key=lambda i: abs(here.true[i]))
    if not here.true[best]:
        return math.inf
    ratio, chance = here.claimed[best] / here.true[best], 1.0
    for i in line:
        claimed, predicted = here.claimed[i], ratio * here.true[i]
        tolerance = CLOSE * abs(claimed) + DOUBTS * abs(ratio) * here.doubt[i]
        if not abs(claimed - predicted) <= tolerance:
            return math.inf
        if here.true[i] != here.true[best] and claimed:
            chance *= min(1.0, tolerance / abs(claimed))
    return chance


SUMS: Final = (
    ("the difference is perpendicular to {v}: is a matrix transposed, or not symmetrised?", lambda g, i: g.point[i]),
    ("the derivatives add up to the right sum: is a kernel not flipped, or a term at a wrong place?", lambda g, i: 1.0),
)  # fmt: skip


def of_sums(evidence: Evidence, index: int) -> str:
    """Return the text on differences that cancel."""
    wrong = [i for i in evidence.argument(index).indices if evidence.here.is_wrong(i)]
    if len(wrong) < 2:
        return ""
    for text, weight in SUMS:
        chance = 1.0
        for gradient, scale in evidence.gradients():
            parts = [weight(gradient, i) * (gradient.claimed[i] - gradient.true[i]) for i in wrong]
            size = math.fsum(map(abs, parts)) if all(map(math.isfinite, parts)) else math.nan
            doubts = math.fsum(abs(weight(gradient, i)) * gradient.doubt[i] for i in wrong)
            tolerance = DOUBTS * doubts + 1e-7 * size
            if abs(math.fsum(parts) if math.isfinite(size) else math.nan) > tolerance:
                chance = math.inf
            elif size:
                chance *= min(1.0, tolerance / (scale * size))
        if chance <= BEYOND:
            return text
    return ""
