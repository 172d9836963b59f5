"""A lesson in words: the panels of a walkthrough as text, with all products multiplied out."""

import math
from collections.abc import Iterable, Sequence
from typing import Final

from viz.lessons.lesson import Change, Lesson, has_probabilities, size_of
from viz.lessons.lesson_names import input_name, layer_name, neuron_name, parameter_name
from viz.network.costs import OTHER
from viz.network.sensitivity import Sensitivity, most_sensitive
from viz.text import columns, number, plural

MOST_ROWS: Final = 10
"""Most products in a table; the others are added up in its last line."""

MOST_COLUMNS: Final = 8
"""Most samples in the table of what they ask for."""


def arrow(change: float) -> str:
    """The direction of a change.

    >>> [arrow(x) for x in (0.5, -0.5, 0.0, float("nan"))]
    ['↑', '↓', ' ', '?']
    """
    return "↑" if change > 0.0 else "↓" if change < 0.0 else "?" if math.isnan(change) else " "


def by_size(changes: Sequence[Change]) -> list[Change]:
    """The changes, the largest first."""
    return sorted(changes, key=lambda one: -size_of(one.change))


def heading(lesson: Lesson) -> str:
    """The network and its samples, in one sentence."""
    sizes = "-".join(map(str, [len(lesson.chosen.features), *(len(layer.a) for layer in lesson.chosen.layers)]))
    return (
        f"How a {sizes} network learns from {plural(len(lesson.samples), 'sample')}: {lesson.describe(lesson.chosen)}"
    )


def text_of_sample(lesson: Lesson) -> str:
    """The outputs for the chosen sample, what they should be, and the cost term by term."""
    cost = lesson.chosen.cost
    of_p = has_probabilities(lesson.chosen)
    rows: list[tuple[str, ...]] = [("output", "a", *(["p", "p should be"] if of_p else ["should be"]), "cost")]
    for index, name in enumerate(lesson.classes):
        predicted = [number(cost.predicted[index])] if of_p else []
        target = number(cost.target[index]) if cost.target else "?"
        term = number(cost.terms[index]) if cost.terms else "?"
        rows.append((name, number(lesson.chosen.outputs[index]), *predicted, target, term))
    named = "its formula is not known here" if cost.name == OTHER else cost.name
    sentences = f"The cost of this sample is {number(cost.total)} ({named}). {lesson.remarks(lesson.chosen)}"
    return f"{sentences.rstrip()}\n{_table(rows)}"


def text_of_outputs(lesson: Lesson) -> str:
    """The desired changes of the outputs."""
    desired = lesson.chosen.layers[-1].desired
    rows = [
        (name, arrow(change), number(change))
        for name, change in sorted(zip(lesson.classes, desired, strict=True), key=lambda pair: -size_of(pair[1]))
    ]
    return (
        "What the cost asks of the outputs: minus its derivative with respect to each of them, the largest first.\n"
        + _table(rows[:MOST_ROWS])
        + _more(len(rows))
    )


def text_of_neuron(lesson: Lesson, layer: int, neuron: int) -> str:
    """The three ways to change one neuron: its bias, its weights, and the activations before it."""
    found, weights, inputs = lesson.of_layer(layer), lesson.of_weights(layer, neuron), lesson.of_inputs(layer, neuron)
    name, delta = neuron_name(lesson, layer, neuron), found.deltas[neuron]
    product = f"{number(0.0 - found.desired[neuron])} × {number(found.slopes[neuron])} = {number(delta)}"
    lines = [
        f"Three ways to change {name}, where z = {number(found.z[neuron])} and a = {number(found.a[neuron])}.",
        f"It is asked to change by {number(found.desired[neuron])}. Its error signal is δ = ∂C/∂a × σ'(z) = {product}.",
    ]
    if found.biases[neuron] is not None:
        lines.append(f"1. Its bias: change by -δ = {number(0.0 - delta)}.")
    lines.append("2. Its weights, in proportion to the activations that they come from: change by -δ × activation.")
    lines.append(_products(lesson, layer, weights))
    lines.append("3. The activations before it, in proportion to its weights: change by -δ × weight.")
    lines.append(_products(lesson, layer, inputs))
    strongest = by_size(weights)[0]
    lines.append(
        "The change of a weight is minus the product of what stands at its two ends: for the weight from "
        f"{input_name(lesson, layer, strongest.position)} the activation {number(strongest.factor)} and the error "
        f"signal {number(delta)}. This is Hebb's rule, with the error signal in the place of the neuron's activation."
    )
    return "\n".join(lines)


def text_of_column(lesson: Lesson, layer: int, source: int) -> str:
    """What all neurons of a layer ask of one activation before it, and the sum."""
    changes = by_size(lesson.column(layer, source))
    rows = [
        (
            neuron_name(lesson, layer, one.position),
            f"-({number(one.delta)})",
            f"× {number(one.factor)}",
            number(one.change),
        )
        for one in changes[:MOST_ROWS]
    ]
    rest = changes[MOST_ROWS:]
    if rest:
        rows.append((f"{len(rest):,} more", "", "", number(math.fsum(one.change for one in rest))))
    rows.append(("sum", "", "", number(lesson.sum_of_column(layer, source))))
    name = input_name(lesson, layer, source)
    end = (
        f"The sum is the desired change of {name}, which is handed further back."
        if layer
        else f"The sum is the change of {name} that would lower the cost; the sample itself is not changed."
    )
    return f"What {layer_name(lesson, layer)} asks of {name}: each neuron -δ × weight.\n{_table(rows)}\n{end}"


def text_of_averaging(lesson: Lesson, layer: int, neuron: int) -> str:
    """What the samples ask for in some weights of a neuron, their mean, and the step."""
    sources = lesson.by_mean_change(layer, neuron)
    shown = range(min(len(lesson.samples), MOST_COLUMNS))
    names = [lesson.sample_name(index) for index in shown]
    rows: list[tuple[str, ...]] = [(neuron_name(lesson, layer, neuron), *names, "mean", f"× {number(lesson.lr)}")]
    for source in sources[:MOST_ROWS]:
        asked, mean = lesson.asked_by_samples(layer, neuron, source), lesson.mean_change(layer, neuron, source)
        name = "bias" if source is None else f"weight from {input_name(lesson, layer, source)}"
        rows.append((name, *(number(asked[index]) for index in shown), number(mean), number(lesson.lr * mean)))
    angles = ["angle to the mean of all parameters", *(_degrees(angle) for angle in lesson.angles()[: len(shown)])]
    rows.append((*angles, "", ""))
    return (
        "What each sample asks for, the mean, which is minus the gradient of the mean cost, and the step.\n"
        + _table(rows)
        + (f"\n{len(lesson.samples) - len(shown)} more samples count in the mean." * (len(lesson.samples) > len(shown)))
    )


def text_of_sensitivity(lesson: Lesson, count: int = MOST_ROWS) -> str:
    """The parameters to which the cost reacts most, with the predicted and the real change."""
    found = most_sensitive(lesson.chosen, count)
    rows: list[tuple[str, ...]] = [("change by 0.1", "gradient", "predicted", "real")]
    for one in found:
        name = parameter_name(lesson, one.layer, one.neuron, one.source)
        rows.append((name, number(one.gradient), number(one.predicted), number(one.real)))
    return f"The parameters to which the cost of this sample reacts most.\n{_table(rows)}{_comparison(lesson, found)}"


def _comparison(lesson: Lesson, found: Sequence[Sensitivity]) -> str:
    others = [one for one in found if one.gradient]
    if len(others) < 2:
        return ""
    first, last = others[0], others[-1]
    ratio = abs(first.gradient / last.gradient)
    names = [parameter_name(lesson, one.layer, one.neuron, one.source) for one in (first, last)]
    return f"\nA change of the {names[0]} counts {ratio:.3g} times as much as one of the {names[1]}."


def _products(lesson: Lesson, layer: int, changes: Sequence[Change]) -> str:
    ordered = by_size(changes)
    rows = [
        (
            f"   {input_name(lesson, layer, one.position)}",
            f"-({number(one.delta)})",
            f"× {number(one.factor)}",
            f"= {number(one.change)}",
        )
        for one in ordered[:MOST_ROWS]
    ]
    return "\n".join(columns(rows)) + _more(len(ordered), "   ")


def _more(count: int, indent: str = "") -> str:
    return f"\n{indent}and {count - MOST_ROWS:,} more" if count > MOST_ROWS else ""


def _degrees(angle: float) -> str:
    return "?" if math.isnan(angle) else f"{angle:.0f}°"


def _table(rows: Iterable[Sequence[str]]) -> str:
    lines = list(rows)
    return "\n".join(columns(lines, right=range(1, max(map(len, lines)))))
