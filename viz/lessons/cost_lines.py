"""The cost of a sample in equations: its formula, its gradient, and why softmax and sigmoid cancel in it."""

from collections.abc import Callable, Sequence
from typing import Final

from viz.lessons.lines import Item, Line, Sign, Words, number_sign, sign, words
from viz.lessons.matrices import column
from viz.network.costs import BINARY, BINARY_LOGITS, CROSS_ENTROPY, OTHER, SOFTMAX_SQUARED, SQUARED, Cost

GRADIENT: Final = Sign("∇C", r"\nabla_{\!a} C")
"""The gradient of the cost with respect to the outputs."""

_TARGET: Final = sign("y")


def cost_lines(cost: Cost, a: Sign, gradient: Sequence[float]) -> list[Item]:
    """The cost and its gradient.

    Args:
        cost: the cost.
        a: the sign of the outputs.
        gradient: the gradient with respect to the outputs.
    """
    target: list[Item] = [Line(_TARGET, (column(cost.target),))] if cost.target else []
    if cost.name == OTHER:
        return [
            *target,
            Line(sign("C"), (number_sign(cost.total),)),
            Words(words("The formula of this cost is not recognised; its gradient is that of the graph.")),
            Line(GRADIENT, (column(gradient),)),
        ]
    return [*target, *_FORMS[cost.name](cost, a), Line(GRADIENT, (_slope(cost, a),), (column(gradient),))]


def factor_sign(factor: float) -> Sign:
    """A factor before a product; nothing for 1."""
    return sign("") if factor == 1.0 else number_sign(factor) + sign(" ", r" \, ")


def _slope(cost: Cost, a: Sign) -> Sign:
    """The gradient in symbols."""
    if cost.name == SQUARED:
        return factor_sign(cost.factor) + _bracketed(a + sign(" - y"), cost.factor)
    if cost.name == BINARY:
        return factor_sign(cost.factor) + Sign(
            f"({a.text} - y) / ({a.text} (1 - {a.text}))",
            rf"\frac{{{a.latex} - y}}{{{a.latex} \left(1 - {a.latex}\right)}}",
        )
    if cost.name == SOFTMAX_SQUARED:
        return factor_sign(cost.factor) + Sign(
            "p ∘ (p - y - Σ p (p - y))", r"p \odot \left(p - y - \sum p \left(p - y\right)\right)"
        )
    return factor_sign(cost.factor) + _bracketed(sign("p - y"), cost.factor)


def _bracketed(inner: Sign, factor: float) -> Sign:
    return inner if factor == 1.0 else sign("(", r"\left(") + inner + sign(")", r"\right)")


def _squared(cost: Cost, a: Sign) -> list[Item]:
    return [_half_square(cost, a)]


def _half_square(cost: Cost, a: Sign) -> Line:
    half = Sign("1/2 ", r"\tfrac{1}{2} ") if cost.factor == 1.0 else factor_sign(cost.factor / 2.0)
    square = Sign(f"Σ ({a.text} - y)²", rf"\sum \left({a.latex} - y\right)^2")
    return Line(sign("C"), (half + square,), (number_sign(cost.total),))


def _softmax(cost: Cost, a: Sign) -> Line:
    symbols = Sign(f"softmax({a.text})", rf"\operatorname{{softmax}}\left({a.latex}\right)")
    return Line(sign("p"), (symbols,), (column(cost.predicted),))


def _softmax_squared(cost: Cost, a: Sign) -> list[Item]:
    return [_softmax(cost, a), _half_square(cost, sign("p"))]


def _cross_entropy(cost: Cost, a: Sign) -> list[Item]:
    return [
        _softmax(cost, a),
        Line(sign("C"), (sign("-") + factor_sign(cost.factor) + Sign("Σ y ln p", r"\sum y \ln p"),),
             (number_sign(cost.total),)),
        *_WHY_SOFTMAX,
    ]  # fmt: skip


def _binary_logits(cost: Cost, a: Sign) -> list[Item]:
    sigmoid = Sign(f"1 / (1 + exp(-{a.text}))", rf"1 / \left(1 + \mathrm{{e}}^{{-{a.latex}}}\right)")
    return [
        Line(sign("p"), (sigmoid,), (column(cost.predicted),)),
        Line(sign("C"), (_entropy(cost, sign("p")),), (number_sign(cost.total),)),
        *_WHY_SIGMOID,
    ]


def _binary(cost: Cost, a: Sign) -> list[Item]:
    return [Line(sign("C"), (_entropy(cost, a),), (number_sign(cost.total),))]


def _entropy(cost: Cost, p: Sign) -> Sign:
    formula = Sign(
        f"Σ (y ln {p.text} + (1 - y) ln(1 - {p.text}))",
        rf"\sum \left(y \ln {p.latex} + \left(1 - y\right) \ln\left(1 - {p.latex}\right)\right)",
    )
    return sign("-") + factor_sign(cost.factor) + formula


_FORMS: Final[dict[str, Callable[[Cost, Sign], list[Item]]]] = {
    SQUARED: _squared,
    CROSS_ENTROPY: _cross_entropy,
    BINARY_LOGITS: _binary_logits,
    BINARY: _binary,
    SOFTMAX_SQUARED: _softmax_squared,
}

_WHY_SOFTMAX: Final[list[Item]] = [
    Words(words("Why p - y: the derivative of the logarithm divides by p, that of the softmax multiplies by p.")),
    Line(
        Sign("∂pₖ/∂aⱼ", r"\frac{\partial p_k}{\partial a_j}"),
        (Sign("pₖ ([k = j] - pⱼ)", r"p_k \left(\left[k = j\right] - p_j\right)"),),
    ),
    Line(
        Sign("-Σₖ yₖ/pₖ ∂pₖ/∂aⱼ", r"-\sum_k \frac{y_k}{p_k} \frac{\partial p_k}{\partial a_j}"),
        (Sign("pⱼ Σₖ yₖ - yⱼ", r"p_j \sum_k y_k - y_j"),),
        (Sign("pⱼ - yⱼ", "p_j - y_j"),),
    ),
]
_WHY_SIGMOID: Final[list[Item]] = [
    Words(words("Why p - y: the derivative of the logarithms divides by p (1 - p), that of the sigmoid is it.")),
    Line(
        Sign("(p - y) / (p (1 - p)) p (1 - p)",
             r"\frac{p - y}{p \left(1 - p\right)} \cdot p \left(1 - p\right)"),
        (sign("p - y"),),
    ),
]  # fmt: skip
