"""Write `zeros.json`: what PyTorch gives where zeros, infinities and overflows meet in the chain rule.

Run by hand, `python tests/autograd_core/graph/reference/make_zeros.py`, with torch==2.13.0 on a CPU; all numbers are
float64. The tests read the file and need no PyTorch. A case is an expression in the names of `NAMES` and `abs`, and the
numbers of its variables `x` and `y`. Numbers are written as text, because JSON has no nan and no infinity.
"""

import json
from pathlib import Path
from typing import Final

import torch

NAMES: Final = ("sqrt", "exp", "log", "log1p", "expm1", "sigmoid", "tanh", "relu", "where", "maximum", "clamp")

CASES: Final = (
    # Zeros that are numbers, beside a pole.
    ("1 / (1 + 1 / x)", (0.0,)),
    ("x / (1 + x / y)", (0.0, 0.0)),
    ("sqrt(x) ** 2", (0.0,)),
    ("sqrt(x) * sqrt(x)", (0.0,)),
    ("sqrt(x * x)", (0.0,)),
    ("sqrt(x ** 2 + y ** 2)", (0.0, 0.0)),
    ("exp(log(x))", (0.0,)),
    ("x * log(x)", (0.0,)),
    ("exp(x * log(x))", (0.0,)),
    ("log(x * y)", (0.0, 0.0)),
    ("log(x) * y", (0.0, 0.0)),
    ("log1p(expm1(x))", (-800.0,)),
    ("sqrt(x) * sqrt(y)", (0.0, 0.0)),
    ("1 / sqrt(x) ** 2", (0.0,)),
    ("(1 / x) ** -1", (0.0,)),
    ("abs(sqrt(x))", (0.0,)),
    ("sqrt(abs(x))", (0.0,)),
    # Zeros that underflowed, beside infinities.
    ("-log(sigmoid(x))", (-800.0,)),
    ("log(exp(x))", (-800.0,)),
    ("log(exp(x) + exp(y))", (-800.0, -800.0)),
    ("log(tanh(x) + 1)", (-800.0,)),
    ("log(1 - sigmoid(x))", (800.0,)),
    ("1 / exp(x)", (-800.0,)),
    ("exp(-1 / x)", (0.0,)),
    ("exp(-1 / x ** 2)", (0.0,)),
    ("exp(-1 / x ** 2)", (1e-200,)),
    ("1 / (1 + exp(x))", (800.0,)),
    ("1 / (1 + exp(-x))", (-800.0,)),
    ("tanh(exp(x))", (800.0,)),
    ("sigmoid(1 / x)", (0.0,)),
    ("exp(x) / exp(y)", (800.0, 800.0)),
    ("exp(x) * exp(y)", (800.0, -800.0)),
    ("x * y * x", (1e200, 0.0)),
    ("(x * x) * y", (1e200, 0.0)),
    # Structural zeros: branches that were not taken, and constants.
    ("where(x > 0, sqrt(x), 0 * x)", (0.0,)),
    ("where(x > 0, log(x), x)", (0.0,)),
    ("where(x > 0, 1 / x, x)", (0.0,)),
    ("sqrt(relu(x))", (-1.0,)),
    ("sqrt(relu(x))", (0.0,)),
    ("log(relu(x) + 1)", (-1.0,)),
    ("relu(x) * exp(y)", (-1.0, 800.0)),
    ("relu(-1 / x)", (0.0,)),
    ("maximum(sqrt(x), y)", (0.0, 1.0)),
    ("maximum(log(x), y)", (0.0, 1.0)),
    ("clamp(log(x), -5.0, 5.0)", (0.0,)),
    ("clamp(1 / x, -5.0, 5.0)", (0.0,)),
    ("0.0 * sqrt(x)", (0.0,)),
    ("0.0 * log(x) + y", (0.0, 1.0)),
    ("sqrt(x) * 0.0 + x", (0.0,)),
    ("exp(x) * 0.0", (800.0,)),
    # Nothing special: the rule changes nothing where all is finite.
    ("exp(x) * y", (0.0, 2.0)),
    ("x * y", (0.0, 0.0)),
    ("x ** 2 * y ** 3", (0.0, 0.0)),
    ("sqrt(1 + x ** 2)", (0.0,)),
)


def main() -> None:
    names = {name: getattr(torch, name) for name in NAMES} | {"abs": torch.abs}
    results = []
    for text, point in CASES:
        variables = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in point]
        value = eval(text, names | dict(zip("xy", variables, strict=False)))  # noqa: S307 - our own
        value.backward()
        numbers = [value.item(), *(variable.grad.item() for variable in variables)]
        results.append([text, list(point), *map(repr, numbers)])
    text = ",\n".join(json.dumps(row) for row in results)
    Path(__file__).with_name("zeros.json").write_text(f"[\n{text}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
