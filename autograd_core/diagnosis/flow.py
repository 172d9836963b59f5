"""Gradients too small and too large, layer by layer.

Source: S. Hochreiter, "The vanishing gradient problem during learning recurrent neural nets and problem solutions"
(1998). The thresholds are chosen here; successful training stays far from them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from autograd_core.diagnosis.findings import Finding, follows, title

VANISHING: Final = 1e-4
"""Below this ratio of the gradients per parameter of two layers, no learning rate suits both."""

NEGLIGIBLE: Final = 1e-6
"""If no gradient per parameter is larger, the loss is at a minimum, and differences are rounding and chance."""

EXPLODING: Final = 1e3
"""The largest ratio of the length of a gradient to that of the weights, or to 1 if they are shorter. Beyond it, a step
with a common learning rate would be longer than the weights."""


def flow_findings(
    lengths: Mapping[str, float],
    weights: Mapping[str, Sequence[float]],
    depths: Mapping[str, int] | None = None,
    known: Iterable[tuple[str, str]] = (),
) -> list[Finding]:
    """Layers whose gradients are far smaller than those of other layers, or far larger, or huge in themselves.

    Args:
        lengths: the length of the gradient of each layer. Layers whose gradient is not finite are ignored.
        weights: the numbers of each layer.
        depths: the distance of each layer from the inputs, if known. If a gradient is small only in layers nearer the
            loss, it has grown on its way back, and the finding is `"exploding"`.
        known: findings about the same weights, each as its `kind` and `where`; what follows from them is left out.

    >>> for finding in flow_findings({"first": 1e-9, "last": 1e-2}, {"first": [1.0] * 9, "last": [1.0]}):
    ...     print(finding)  # doctest: +ELLIPSIS
    vanishing, first: the gradient of a parameter is 3.3e-10 here and 0.01 in last, so this layer hardly learns. Use ...
    >>> [(f.kind, f.where) for f in flow_findings({"first": 1.0, "last": 1e-9}, {"first": [1.0], "last": [1.0]},
    ...                                           {"first": 0, "last": 1})]
    [('exploding', 'first')]
    """
    sizes = _sizes(lengths, weights)
    largest = max(sizes, key=sizes.__getitem__, default="")
    most = sizes.get(largest, 0.0)
    known = list(known)
    vanishing = {
        layer: finding
        for layer, size in sizes.items()
        if most > NEGLIGIBLE
        and size < VANISHING * most
        and not follows(finding := _vanishing(layer, size, largest, most), known)
    }
    exploding: dict[str, str] = {}
    for layer in list(vanishing):
        if depths is not None and sizes[layer] and depths[layer] >= depths[largest]:
            del vanishing[layer]
            exploding[largest] = (
                f"the gradient of a parameter is {most:.2g} here and {sizes[layer]:.2g} in {title(layer)}, nearer the "
                "loss: it grows on its way back"
            )
    for layer, length in lengths.items():
        scale = math.hypot(*weights[layer])
        if EXPLODING * max(1.0, scale) < length < math.inf:
            exploding.setdefault(layer, f"the gradient has length {length:.2g}, the weights {scale:.2g}")
    return [*vanishing.values(), *(Finding("exploding", *found, _CALMING) for found in exploding.items())]


_CALMING: Final = (
    "Clip it (clip_norm=1.0), use a smaller learning rate or smaller initial weights, normalise between the layers, or "
    "standardise features and targets"
)


def _sizes(lengths: Mapping[str, float], weights: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The root mean square of the gradients of each layer, as far as layers can be compared."""
    sizes = {
        layer: length / math.sqrt(len(weights[layer])) for layer, length in lengths.items() if math.isfinite(length)
    }
    if any(size and not any(weights[layer]) for layer, size in sizes.items()):
        # Before its first step, a layer of zeros passes no gradient on; this is normal.
        return {layer: size for layer, size in sizes.items() if size}
    return sizes


def _vanishing(layer: str, size: float, largest: str, most: float) -> Finding:
    return Finding(
        "vanishing",
        layer,
        f"the gradient of a parameter is {size:.2g} here and {most:.2g} in {title(largest)}, so this layer "
        + ("hardly learns" if size else "learns nothing"),
        "Use relu or a relative of it instead of tanh or sigmoid, the initial weights that go with it, normalisation "
        "between the layers, or fewer layers",
    )
