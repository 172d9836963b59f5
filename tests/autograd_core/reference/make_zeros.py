"""Write `zeros.json`: values and gradients that PyTorch gives for the expressions of `zero_cases`.

Run by hand, `python tests/autograd_core/reference/make_zeros.py`, with torch==2.13.0 on a CPU; all numbers are float64.
The tests read the file and need no PyTorch. Numbers are written as text, because JSON has no nan and no infinity.
"""

import json
from pathlib import Path

import torch
from zero_cases import CASES, NAMES


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
