"""What `digits` and `mnist` leave behind: pictures, the confusion matrix, and the walkthroughs of two digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError, Value

if TYPE_CHECKING:
    from pathlib import Path

    from nn import MLP
    from nn.data import Sample

PICTURES: Final = ("loss.svg", "neuron.svg", "parameters.safetensors")
"""The files that only `digits` writes."""

CONFUSION: Final = "confusion.svg"
"""The confusion matrix as a picture. It needs matplotlib."""

WALKTHROUGHS: Final = {True: "read-rightly.html", False: "read-wrongly.html"}
"""The walkthroughs of a digit that is read rightly, and of one that is read wrongly."""

READINGS: Final = (CONFUSION, *WALKTHROUGHS.values())

RESULTS: Final[Mapping[str, tuple[str, ...]]] = {"digits": (*PICTURES, *READINGS), "mnist": READINGS}
"""The files that a command writes into the folder of `--output`."""

BESIDE: Final = 7
"""Samples beside the one that a walkthrough is about."""


def write_pictures(model: MLP, sample: Sample, folder: Path) -> None:
    """Write the loss and one neuron for a sample as pictures, and the parameters."""
    from nn import cross_entropy, save
    from viz import draw

    pixels, label = sample
    *hidden_layers, last = model.layers
    hidden: Any = pixels
    for layer in hidden_layers:
        hidden = layer(hidden)
    logits: Any = last(hidden)
    model.zero_grad()
    loss = cross_entropy(logits, label)
    loss.backward()
    loss_file, neuron_file, parameters_file = (folder / name for name in PICTURES)
    draw(loss, title=f"the loss for a {label}").save(loss_file)

    model.zero_grad()
    inputs = [Value(h.data, label=f"input {i}") for i, h in enumerate(hidden)]
    output = last.neurons[label](inputs)
    output.backward()
    draw(output, title=f"the output neuron for {label}, given a {label}").save(neuron_file)

    save(model, parameters_file)


def write_readings(model: MLP, test: Sequence[Sample], folder: Path) -> None:
    """Print the confusion matrix, save it as a picture if matplotlib is installed, and write two walkthroughs."""
    from nn import confusion_matrix
    from viz import plot_confusion
    from viz.plots.canvas import require_matplotlib

    matrix = confusion_matrix(model, test, len(model.layers[-1].neurons))
    print("confusion matrix (row: the digit, column: what it was taken for)")
    print(_matrix_text(matrix))
    try:
        require_matplotlib()
    except InputError as error:
        print(f"no {CONFUSION}: {error}")
    else:
        plot_confusion(matrix).savefig(folder / CONFUSION)
        print(f"the same as a picture: {folder / CONFUSION}")
    for is_right in WALKTHROUGHS:
        _write_walkthrough(model, test, is_right, folder)


def _matrix_text(matrix: list[list[int]]) -> str:
    """A square matrix of counts with its row and column numbers; a zero is a dot."""
    header = "    " + "".join(f"{j:4}" for j in range(len(matrix)))
    rows = [f"{i:4}" + "".join(f"{count or '.':>4}" for count in row) for i, row in enumerate(matrix)]
    return "\n".join([header, *rows])


def _write_walkthrough(model: MLP, test: Sequence[Sample], is_right: bool, folder: Path) -> None:
    """Write how the first digit that is read rightly, or wrongly, teaches the network, and say where."""
    from nn import cross_entropy, evaluating, predicted_class
    from viz import walkthrough

    manner = "rightly" if is_right else "wrongly"
    with evaluating(model):
        readings = ((index, predicted_class(model(pixels))) for index, (pixels, _) in enumerate(test))
        found = next(((index, read) for index, read in readings if (read == test[index][1]) == is_right), None)
    if found is None:
        print(f"no digit is read {manner}")
        return
    index, read = found
    others = [test[other] for other in range(min(len(test), BESIDE + 1)) if other != index][:BESIDE]
    path = folder / WALKTHROUGHS[is_right]
    walkthrough(model, cross_entropy, [test[index], *others]).save(path)
    print(f"how a {test[index][1]} that is read {'rightly' if is_right else f'as {read}'} teaches the network: {path}")
