"""PyTorch's numbers for recurrent cells and networks, written to `recurrent.json` beside this file.

Run by hand with torch==2.13.0, CPU, in an environment of its own: `python make_recurrent.py`.

A case has the arguments of the module, its parameters, inputs and initial state, all drawn at random in float64; what
PyTorch makes of them; and the gradients of `Σ seed · result` over all numbers of the results.
"""

import json
from pathlib import Path
from typing import Any, Final

import torch

SIZES: Final = {"input_size": 3, "hidden_size": 4}
LENGTH: Final = 5

CASES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "RNNCell tanh": ("RNNCell", {"nonlinearity": "tanh"}),
    "RNNCell relu": ("RNNCell", {"nonlinearity": "relu"}),
    "RNNCell without bias": ("RNNCell", {"bias": False}),
    "LSTMCell": ("LSTMCell", {}),
    "LSTMCell without bias": ("LSTMCell", {"bias": False}),
    "GRUCell": ("GRUCell", {}),
    "GRUCell without bias": ("GRUCell", {"bias": False}),
    "RNN tanh": ("RNN", {"num_layers": 2}),
    "RNN relu": ("RNN", {"num_layers": 2, "nonlinearity": "relu"}),
    "LSTM": ("LSTM", {"num_layers": 1}),
    "LSTM of three layers": ("LSTM", {"num_layers": 3}),
    "LSTM in both directions": ("LSTM", {"num_layers": 2, "bidirectional": True}),
    "GRU": ("GRU", {"num_layers": 2}),
    "GRU without bias in both directions": ("GRU", {"num_layers": 2, "bias": False, "bidirectional": True}),
}


def drawn(*shape: int) -> torch.Tensor:
    """Random numbers of a size at which gates are neither linear nor saturated."""
    return (0.8 * torch.randn(*shape, dtype=torch.float64)).requires_grad_()


def case(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """Everything there is to know about a module at a random point."""
    module = getattr(torch.nn, kind)(**SIZES, **options, dtype=torch.float64)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(drawn(*parameter.shape))
    of_steps = not kind.endswith("Cell")
    inputs = drawn(LENGTH, SIZES["input_size"]) if of_steps else drawn(SIZES["input_size"])
    cells = [options["num_layers"] * (2 if options.get("bidirectional") else 1)] if of_steps else []
    state = [drawn(*cells, SIZES["hidden_size"]) for _ in range(2 if kind.startswith("LSTM") else 1)]
    results = flat(module(inputs, tuple(state) if len(state) == 2 else state[0]))
    seeds = [torch.randn_like(result) for result in results]
    torch.stack([(seed * result).sum() for seed, result in zip(seeds, results, strict=True)]).sum().backward()
    parameters = dict(module.named_parameters())
    return {
        "kind": kind,
        "arguments": {**SIZES, **options},
        "parameters": {name: parameter.tolist() for name, parameter in parameters.items()},
        "inputs": inputs.tolist(),
        "state": [part.tolist() for part in state],
        "results": [result.tolist() for result in results],
        "seeds": [seed.tolist() for seed in seeds],
        "gradients": {
            "parameters": {name: gradient(parameter) for name, parameter in parameters.items()},
            "inputs": gradient(inputs),
            "state": [gradient(part) for part in state],
        },
    }


def flat(results: Any) -> list[torch.Tensor]:
    """The tensors in nested tuples, in order."""
    return [results] if isinstance(results, torch.Tensor) else [part for result in results for part in flat(result)]


def gradient(tensor: torch.Tensor) -> Any:
    """The gradient of a tensor as nested lists."""
    return tensor.grad.tolist()


def main() -> None:
    """Write the file."""
    torch.manual_seed(5)
    cases = {name: case(kind, options) for name, (kind, options) in CASES.items()}
    target = Path(__file__).with_name("recurrent.json")
    target.write_text(json.dumps({"torch": torch.__version__, "cases": cases}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
