"""Write `losses.json`: what PyTorch makes of many inputs to its losses, values and gradients.

Run by hand, `python tests/nn/reference/make_losses.py`, with torch==2.13.0 on a CPU; all numbers are float64. The
tests read the file and need no PyTorch. A case is a dict: the loss, its arguments and options, which arguments have a
gradient, the value, and the gradients of the sum of the value.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import torch
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_

SOURCE: Final = random.Random(1337)
LISTS: Final = ("weight", "pos_weight")
"""The options that are tensors in PyTorch."""


def uniform(low: float, high: float, *shape: int) -> Any:
    if not shape:
        return SOURCE.uniform(low, high)
    return [uniform(low, high, *shape[1:]) for _ in range(shape[0])]


def choices(items: list[Any], count: int) -> list[Any]:
    return [SOURCE.choice(items) for _ in range(count)]


def distributions(*shape: int) -> list[list[float]]:
    rows: list[list[float]] = torch.softmax(torch.tensor(uniform(-2, 2, *shape), dtype=torch.float64), -1).tolist()
    return rows


def log_distributions(*shape: int) -> list[list[float]]:
    rows: list[list[float]] = torch.log_softmax(torch.tensor(uniform(-2, 2, *shape), dtype=torch.float64), -1).tolist()
    return rows


def hinge_loss(scores: Any, targets: Any, reduction: str) -> Any:
    """PyTorch has none, but its parts: `relu` has derivative 0 at 0."""
    losses = functional.relu(1.0 - targets * scores)
    return {"mean": losses.mean(), "sum": losses.sum(), "none": losses}[reduction]


def cosine_similarity(a: Any, b: Any, **options: Any) -> Any:
    return functional.cosine_similarity(a, b, dim=-1, **options)


WIDE: Final = [[1000.0, -1000.0, 0.0], [-1000.0, -1000.0, -1000.0], [1000.0, 1000.0, -5.0], [40.0, 0.0, -40.0]]
DISTANCES: Final = [-3.0, -1.5, -1.0, -0.5, 0.0, 1e-9, 0.5, 1.0, 1.5, 700.0]
ZEROS: Final = [0.0] * len(DISTANCES)
CERTAIN: Final = ([0.0, 0.0, 1.0, 1.0, 1e-20, 1e-13, 1e-50, 1.0 - 2.0**-52], [0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.3, 0.0])
SIDES: Final = [1.0, -1.0]

Row = tuple[str, list[Any], dict[str, Any], list[int]]
"""Loss, arguments, options, and which of the arguments have a gradient."""


def of_numbers() -> Iterator[Row]:
    tables: dict[str, list[dict[str, Any]]] = {
        "mse_loss": [{}],
        "l1_loss": [{}],
        "huber_loss": [{}, {"delta": 0.5}, {"delta": 1.5}],
        "smooth_l1_loss": [{}, {"beta": 0.5}, {"beta": 0.0}],
    }
    for name, settings in tables.items():
        for options in settings:
            yield name, [uniform(-3, 3, 4, 3), uniform(-3, 3, 4, 3)], options, [0, 1]
            yield name, [DISTANCES, ZEROS], options, [0, 1]
            yield name, [2.5, 1.0], options, [0, 1]


def of_classes() -> Iterator[Row]:
    weight = [0.5, 2.0, 1.25]
    rows, indices = uniform(-3, 3, 5, 3), [2, 0, 1, 1, 0]
    settings: list[dict[str, Any]] = [
        {},
        {"weight": weight},
        {"ignore_index": 1},
        {"weight": weight, "ignore_index": 0},
    ]
    smooth: list[dict[str, Any]] = [{"label_smoothing": 0.1}, {"label_smoothing": 0.3, "weight": weight}]
    both: list[dict[str, Any]] = [{"label_smoothing": 0.3, "weight": weight, "ignore_index": 1}]
    for options in settings + smooth + both:
        yield "cross_entropy", [rows, indices], options, [0]
        yield "cross_entropy", [WIDE, [1, 0, 2, 0]], options, [0]
    for options in [{}, {"weight": weight}, *smooth]:
        yield "cross_entropy", [rows, distributions(5, 3)], options, [0, 1]
        yield "cross_entropy", [WIDE, distributions(4, 3)], options, [0, 1]
        yield "cross_entropy", [rows[0], distributions(1, 3)[0]], options, [0, 1]
    yield "cross_entropy", [rows[0], 1], {"weight": weight}, [0]
    yield "cross_entropy", [rows, [2, -100, 1, 1, -100]], {"ignore_index": -100}, [0]
    for options in settings:
        yield "nll_loss", [log_distributions(5, 3), indices], options, [0]
    margins: list[dict[str, Any]] = [{}, {"p": 2}, {"margin": 0.5}, {"weight": weight}]
    for options in [*margins, {"p": 2, "margin": 2.0, "weight": weight}]:
        yield "multi_margin_loss", [rows, indices], options, [0]
        yield "multi_margin_loss", [[[1.0, 0.0, 2.0], [3.0, 1.0, 2.0]], [0, 0]], options, [0]
        yield "multi_margin_loss", [rows[1], 2], options, [0]


def of_two() -> Iterator[Row]:
    for options in [{}, {"weight": uniform(0, 2, 3)}, {"weight": uniform(0, 2, 4, 3)}]:
        yield "binary_cross_entropy", [uniform(0.01, 0.99, 4, 3), uniform(0, 1, 4, 3)], options, [0, 1]
    yield "binary_cross_entropy", list(CERTAIN), {}, [0]
    name = "binary_cross_entropy_with_logits"
    settings: list[dict[str, Any]] = [
        {},
        {"weight": uniform(0, 2, 3)},
        {"pos_weight": uniform(0.1, 3, 3)},
        {"pos_weight": uniform(0.1, 3, 3), "weight": uniform(0, 2, 4, 3)},
    ]
    for options in settings:
        yield name, [uniform(-4, 4, 4, 3), uniform(0, 1, 4, 3)], options, [0, 1]
        yield name, [uniform(-4, 4, 4, 3), [choices([0.0, 1.0], 3) for _ in range(4)]], options, [0, 1]
        yield name, [WIDE, uniform(0, 1, 4, 3)], options, [0, 1]
        yield name, [WIDE, [choices([0.0, 1.0], 3) for _ in range(4)]], options, [0]
    yield name, [0.5, 1.0], {}, [0, 1]
    yield "hinge_loss", [uniform(-3, 3, 4, 3), [choices(SIDES, 3) for _ in range(4)]], {}, [0]
    yield "hinge_loss", [[1.0, -1.0, 0.0, 1.0, 1000.0, -1000.0], [1.0, -1.0, 1.0, -1.0, -1.0, -1.0]], {}, [0]
    yield "soft_margin_loss", [uniform(-3, 3, 4, 3), [choices(SIDES, 3) for _ in range(4)]], {}, [0]


def of_vectors() -> Iterator[Row]:
    a, b = uniform(-2, 2, 4, 3), uniform(-2, 2, 4, 3)
    for margin in (0.0, 0.3, -0.5):
        yield "cosine_embedding_loss", [a, b, choices(SIDES, 4)], {"margin": margin}, [0, 1]
    tiny = [[1e-6, 2e-6, 0.0], [0.0, 0.0, 0.0]]
    yield "cosine_embedding_loss", [tiny, b[:2], [1.0, 1.0]], {}, [0, 1]
    yield "cosine_embedding_loss", [b[:2], tiny, [1.0, 1.0]], {}, [0, 1]
    yield "kl_div", [log_distributions(4, 3), distributions(4, 3)], {}, [0, 1]
    yield "kl_div", [log_distributions(4, 3), log_distributions(4, 3)], {"log_target": True}, [0, 1]
    yield "kl_div", [log_distributions(2, 3), [[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]]], {}, [0]
    yield "kl_div", [log_distributions(1, 4)[0], distributions(1, 4)[0]], {}, [0, 1]


def with_reductions(rows: Iterator[Row]) -> Iterator[Row]:
    for name, arguments, options, wanted in rows:
        for reduction in ("mean", "sum", "none", *(["batchmean"] if name == "kl_div" else [])):
            yield name, arguments, options | {"reduction": reduction}, wanted


def of_similarity() -> Iterator[Row]:
    a, b = uniform(-2, 2, 4, 3), uniform(-2, 2, 4, 3)
    settings: list[dict[str, Any]] = [{}, {"eps": 0.5}]
    for options in settings:
        yield "cosine_similarity", [a, b], options, [0, 1]
    yield "cosine_similarity", [a[0], b[0]], {}, [0, 1]
    yield "cosine_similarity", [[[0.0, 0.0, 0.0]], [b[0]]], {}, [0, 1]
    yield "cosine_similarity", [[b[0]], [[0.0, 0.0, 0.0]]], {}, [0, 1]


def case(name: str, arguments: list[Any], options: dict[str, Any], wanted: list[int]) -> dict[str, Any]:
    tensors = [tensor(argument) for argument in arguments]
    for place in wanted:
        tensors[place].requires_grad_()
    own: dict[str, Any] = {"hinge_loss": hinge_loss, "cosine_similarity": cosine_similarity}
    settings = {key: tensor(option) if key in LISTS else option for key, option in options.items()}
    value = (own.get(name) or getattr(functional, name))(*tensors, **settings)
    gradients = torch.autograd.grad(value.sum(), [tensors[place] for place in wanted])
    return {
        "loss": name,
        "arguments": arguments,
        "options": options,
        "wanted": wanted,
        "value": value.tolist(),
        "gradients": [gradient.tolist() for gradient in gradients],
    }


def tensor(numbers: Any) -> Any:
    """Ints stay ints, which are indices of classes."""
    made = torch.tensor(numbers)
    return made if made.dtype == torch.int64 else torch.tensor(numbers, dtype=torch.float64)


def clipping() -> Iterator[dict[str, Any]]:
    samples: list[list[float]] = [uniform(-2, 2, 6), [0.0, 0.0], [3.0, 4.0], [1e-3, -1e-3], [1e150, -2e150]]
    for gradients in samples:
        for norm_type in (2.0, 1.0, 3.0, float("inf")):
            for max_norm in (0.5, 5.0, 0.0):
                parameters = [torch.zeros((), dtype=torch.float64, requires_grad=True) for _ in gradients]
                for parameter, gradient in zip(parameters, gradients, strict=True):
                    parameter.grad = torch.tensor(gradient, dtype=torch.float64)
                total = float(clip_grad_norm_(parameters, max_norm, norm_type))
                if total < float("inf"):  # PyTorch's squares and cubes overflow
                    yield {
                        "gradients": gradients,
                        "max_norm": max_norm,
                        "norm_type": norm_type,
                        "total": total,
                        "clipped": [float(parameter.grad) for parameter in parameters],
                    }


def main() -> None:
    """Write the file beside this script."""
    rows = [*with_reductions(row for part in (of_numbers, of_classes, of_two, of_vectors) for row in part())]
    cases = [case(*row) for row in [*rows, *of_similarity()]]
    lines = ",\n".join(json.dumps(item) for item in cases)
    clips = ",\n".join(json.dumps(item) for item in clipping())
    text = f'{{"torch": "{torch.__version__}",\n"losses": [\n{lines}\n],\n"clip_grad_norm_": [\n{clips}\n]}}\n'
    Path(__file__).with_name("losses.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
