"""The cost in NumPy: its value, and its gradient with respect to the outputs, without loss of digits."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from viz.lessons.numpy_parts import array
from viz.network.costs import BINARY, BINARY_LOGITS, CROSS_ENTROPY, SOFTMAX_SQUARED, SQUARED, Cost


class CostSource(NamedTuple):
    """Statements that compute the cost `C` and its gradient `grad_a` from the outputs `a` and the targets `y`."""

    forward: str
    backward: str


def cost_source(cost: Cost, gradient: Sequence[float], outputs: str) -> CostSource:
    """The statements for a cost.

    Args:
        cost: the cost.
        gradient: its gradient with respect to the outputs, for a cost without a formula.
        outputs: the name of the outputs in the source.
    """
    form = _FORMS.get(cost.name)
    if form is not None:
        return form(outputs, repr(cost.factor), cost.groups)
    return CostSource(
        f"C = {cost.total!r}  # of the graph; the formula of this cost is not written here\n",
        f"grad_a = {array(gradient)}  # of the graph\n",
    )


def _squared(a: str, c: str, _groups: int) -> CostSource:
    return CostSource(f"C = {c} / 2.0 * np.sum(({a} - y) ** 2)\n", f"grad_a = {c} * ({a} - y)\n")


def _cross_entropy(a: str, c: str, groups: int) -> CostSource:
    scores, flat = (a, "") if groups == 1 else (f"{a}.reshape({groups}, -1)", ".ravel()")
    targets = "y" if groups == 1 else f"y.reshape({groups}, -1)"
    return CostSource(
        f"scores, wanted = {scores}, {targets}\n"
        "log_p = scores - np.max(scores, axis=-1, keepdims=True)\n"
        "log_p = log_p - np.log(np.sum(np.exp(log_p), axis=-1, keepdims=True))\n"
        "p = np.exp(log_p)  # softmax\n"
        f"C = -{c} * np.sum(wanted * log_p)\n",
        "# The derivatives of softmax and logarithm cancel, and p - y is left. Both add up to 1, so it is\n"
        "# sum(y) p - y sum(p); without the terms that cancel in it no digits are lost where p is almost y.\n"
        "others = 1.0 - np.eye(p.shape[-1])  # the sum over the other classes\n"
        f"grad_a = {c} * (p * (wanted @ others) - wanted * (p @ others)){flat}\n",
    )


def _softmax_squared(a: str, c: str, groups: int) -> CostSource:
    scores, flat = (a, "") if groups == 1 else (f"{a}.reshape({groups}, -1)", ".ravel()")
    targets = "y" if groups == 1 else f"y.reshape({groups}, -1)"
    return CostSource(
        f"scores, wanted = {scores}, {targets}\n"
        "p = np.exp(scores - np.max(scores, axis=-1, keepdims=True))\n"
        "p = p / np.sum(p, axis=-1, keepdims=True)  # softmax\n"
        f"C = {c} / 2.0 * np.sum((p - wanted) ** 2)\n",
        "common = np.sum(p * (p - wanted), axis=-1, keepdims=True)  # a change of one score changes all p\n"
        f"grad_a = {c} * (p * (p - wanted - common)){flat}\n",
    )


def _binary_logits(a: str, c: str, _groups: int) -> CostSource:
    return CostSource(
        f"p = sigmoid({a})\nC = {c} * np.sum(np.logaddexp(0.0, {a}) - y * {a})\n",
        "# The sigmoid and the logarithm cancel, and p - y is left, here without loss of digits where p is almost y.\n"
        f"grad_a = {c} * ((1.0 - y) * p - y * sigmoid(-{a}))\n",
    )


def _binary(a: str, c: str, _groups: int) -> CostSource:
    return CostSource(
        f"C = -{c} * np.sum(y * np.log({a}) + (1.0 - y) * np.log1p(-{a}))\n",
        f"grad_a = {c} * ({a} - y) / ({a} * (1.0 - {a}))\n",
    )


_FORMS: Final[dict[str, Callable[[str, str, int], CostSource]]] = {
    SQUARED: _squared,
    CROSS_ENTROPY: _cross_entropy,
    BINARY_LOGITS: _binary_logits,
    BINARY: _binary,
    SOFTMAX_SQUARED: _softmax_squared,
}
