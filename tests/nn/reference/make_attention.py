"""PyTorch's numbers for causal self-attention, written to `attention.json` beside this file.

Run by hand with torch==2.13.0, CPU, in an environment of its own: `python make_attention.py`.

A case has the arguments of `torch.nn.MultiheadAttention`, its parameters and a sequence, drawn at random in float64;
the outputs with a causal mask; and the gradients of `Σ seed · output` over all numbers of the outputs.
"""

import json
from pathlib import Path
from typing import Any, Final

import torch

CASES: Final = {
    "two heads": (8, 2, True, 6),
    "without bias": (6, 3, False, 5),
    "one head": (4, 1, True, 3),
    "as many heads as numbers": (4, 4, True, 4),
    "one position": (4, 2, True, 1),
}
"""Numbers in a position, heads, whether there are biases, and positions."""


def drawn(*shape: int) -> torch.Tensor:
    """Random numbers of a size at which some positions get most of the attention."""
    return (0.8 * torch.randn(*shape, dtype=torch.float64)).requires_grad_()


def case(embed_dim: int, num_heads: int, bias: bool, length: int) -> dict[str, Any]:
    """Everything there is to know about attention at a random point."""
    module = torch.nn.MultiheadAttention(embed_dim, num_heads, bias=bias, dtype=torch.float64)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(drawn(*parameter.shape))
    inputs = drawn(length, embed_dim)
    future = torch.triu(torch.ones(length, length, dtype=torch.bool), diagonal=1)
    outputs, _ = module(inputs, inputs, inputs, attn_mask=future, need_weights=False)
    seeds = torch.randn_like(outputs)
    (seeds * outputs).sum().backward()
    parameters = dict(module.named_parameters())
    return {
        "arguments": {"embed_dim": embed_dim, "num_heads": num_heads, "bias": bias},
        "parameters": {name: parameter.tolist() for name, parameter in parameters.items()},
        "inputs": inputs.tolist(),
        "outputs": outputs.tolist(),
        "seeds": seeds.tolist(),
        "gradients": {
            "parameters": {name: parameter.grad.tolist() for name, parameter in parameters.items()},
            "inputs": inputs.grad.tolist(),
        },
    }


def main() -> None:
    """Write the file."""
    torch.manual_seed(7)
    cases = {name: case(*arguments) for name, arguments in CASES.items()}
    target = Path(__file__).with_name("attention.json")
    target.write_text(json.dumps({"torch": torch.__version__, "cases": cases}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
