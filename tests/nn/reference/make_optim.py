"""Writes `optim.json`: the parameters after each of 20 steps of PyTorch's optimisers, in float64 on the CPU.

Run by hand, with torch==2.13.0: `python tests/nn/reference/make_optim.py`.

float64 is made PyTorch's default as well, without which NAdam keeps the product of its momenta in float32.

Every parameter is a tensor of one number, so that it can be left out of a step (`grad = None`), which is what a
frozen parameter is to PyTorch. PyTorch has no Lion; its steps are the recurrence of the paper (X. Chen and others,
arXiv:2302.06675, algorithm 2) in torch's arithmetic.
"""

import json
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

STEPS = 20
START = [1.5, -0.75, 0.3, -2.0]
"""The parameters before the first step."""

GRADIENTS = [
    [math.sin(1.3 * k + i) * 10.0 ** (i - 2) + 0.05 * (i + 1) * math.cos(0.7 * k * (i + 1)) for i in range(len(START))]
    for k in range(STEPS)
]
"""One row for each step; of sizes from 0.01 to 10, and of both signs."""

DECAY = {"weight_decay": 0.1}
BETAS = {"betas": [0.8, 0.95], "eps": 1e-3}

CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.4, **DECAY}),
    ("SGD", {"lr": 0.1, "momentum": 0.5, "nesterov": True, "maximize": True, **DECAY}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.05, "alpha": 0.9, "eps": 1e-3, **DECAY}),
    ("RMSprop", {"lr": 0.05, "alpha": 0.9, "centered": True}),
    ("RMSprop", {"lr": 0.02, "momentum": 0.8, "centered": True, "maximize": True, **DECAY}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.3, "lr_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-3, **DECAY}),
    ("Adagrad", {"lr": 0.3, "maximize": True}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.7, "rho": 0.95, "eps": 1e-3, **DECAY}),
    ("Adadelta", {"maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1, **BETAS, **DECAY}),
    ("Adam", {"lr": 0.1, "amsgrad": True}),
    ("Adam", {"lr": 0.1, "amsgrad": True, "maximize": True, **BETAS, **DECAY}),
    ("Adam", {"lr": 0.1, "decoupled_weight_decay": True, **DECAY}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.1, **BETAS, **DECAY}),
    ("AdamW", {"lr": 0.1, "amsgrad": True, "maximize": True, **DECAY}),
    ("NAdam", {}),
    ("NAdam", {"lr": 0.1, "momentum_decay": 0.05, **BETAS, **DECAY}),
    ("NAdam", {"lr": 0.1, "decoupled_weight_decay": True, "maximize": True, **DECAY}),
    ("Adamax", {}),
    ("Adamax", {"lr": 0.1, **BETAS, **DECAY}),
    ("Adamax", {"lr": 0.1, "maximize": True}),
    ("Lion", {}),
    ("Lion", {"lr": 0.05, "betas": [0.8, 0.95], **DECAY}),
    ("Lion", {"lr": 0.05, "maximize": True, **DECAY}),
]

GROUPS: list[tuple[str, dict[str, Any], list[dict[str, Any]]]] = [
    ("SGD", {"lr": 0.1, "momentum": 0.9}, [{}, {"lr": 0.01, "momentum": 0.5, "weight_decay": 0.2}]),
    ("Adam", {"lr": 0.1}, [{"betas": [0.5, 0.9]}, {"lr": 0.02, "weight_decay": 0.2, "amsgrad": True}]),
    ("AdamW", {"lr": 0.1}, [{"weight_decay": 0.0}, {"lr": 0.02}]),
]
"""Optimiser, its options, and those of a first group of one parameter and of a second with the rest."""

FROZEN = {0: [0, 1, 2], 2: [5, 6, 7, 8, 9], 3: list(range(STEPS))}
"""In which steps a parameter takes no part."""

FROZEN_CASES = [(name, options) for name, options in CASES if len(options) > 1]

LBFGS_CASES: list[dict[str, Any]] = [
    {"lr": 0.5, "max_iter": 1},
    {"lr": 0.5, "max_iter": 3},
    {"lr": 0.3, "max_iter": 2, "history_size": 2},
    {"max_iter": 1, "line_search_fn": "strong_wolfe"},
    {"lr": 0.5, "max_iter": 4, "max_eval": 3, "line_search_fn": "strong_wolfe"},
    {"lr": 20.0, "max_iter": 2, "max_eval": 9, "history_size": 3, "line_search_fn": "strong_wolfe"},
    {"lr": 0.02, "max_iter": 1, "max_eval": 30, "line_search_fn": "strong_wolfe"},
    {"max_iter": 40, "line_search_fn": "strong_wolfe"},
    {"lr": 0.5, "max_iter": 9, "tolerance_change": 0.05},
    {"max_iter": 9, "tolerance_change": 0.05, "line_search_fn": "strong_wolfe"},
    {"max_iter": 9, "tolerance_grad": 2.0, "line_search_fn": "strong_wolfe"},
]

WAVES_CASES: list[dict[str, Any]] = [
    {"lr": lr, "max_iter": 3, "max_eval": 60, "line_search_fn": "strong_wolfe"} for lr in (0.01, 0.3, 0.7, 2.0, 70.0)
]
"""First steps from too short to far too long. Not all will do: with 6.0 and 9.0 an early step lands where the function
magnifies rounding to 1e-8, from where both implementations converge to the same digits again."""


class Lion:
    """Algorithm 2 of the paper, called as PyTorch's optimisers are."""

    def __init__(
        self,
        params: list[torch.Tensor],
        *,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        maximize: bool = False,
    ) -> None:
        self.params, self.lr, self.betas = params, lr, betas
        self.weight_decay, self.sign = weight_decay, -1.0 if maximize else 1.0
        self.m = [torch.zeros_like(p) for p in params]

    def step(self) -> None:
        """One step."""
        beta1, beta2 = self.betas
        for i, p in enumerate(self.params):
            if p.grad is not None:
                g, m = self.sign * p.grad, self.m[i]
                c = beta1 * m + (1.0 - beta1) * g
                p.data -= self.lr * (torch.sign(c) + self.weight_decay * p.data)
                self.m[i] = beta2 * m + (1.0 - beta2) * g


def tensors() -> list[torch.Tensor]:
    """The parameters before the first step."""
    return [torch.tensor([x], dtype=torch.float64, requires_grad=True) for x in START]


def made(name: str, params: Any, options: dict[str, Any]) -> Any:
    """The optimiser; JSON has lists where PyTorch wants tuples."""
    options = {key: tuple(option) if isinstance(option, list) else option for key, option in options.items()}
    return (Lion if name == "Lion" else getattr(torch.optim, name))(params, **options)


def history(optimizer: Any, params: list[torch.Tensor], frozen: dict[int, list[int]]) -> list[list[float]]:
    """The parameters after each step."""
    rows = []
    for k, row in enumerate(GRADIENTS):
        for i, (p, g) in enumerate(zip(params, row, strict=True)):
            p.grad = None if k in frozen.get(i, []) else torch.tensor([g], dtype=torch.float64)
        optimizer.step()
        rows.append([p.item() for p in params])
    return rows


def in_groups(name: str, options: dict[str, Any], groups: list[dict[str, Any]]) -> list[list[float]]:
    """The parameters after each step, the first in a group of its own."""
    params = tensors()
    settings = [
        {"params": members, **{key: tuple(x) if isinstance(x, list) else x for key, x in group.items()}}
        for members, group in zip([params[:1], params[1:]], groups, strict=True)
    ]
    return history(made(name, settings, options), params, {})


def valley(p: list[torch.Tensor]) -> torch.Tensor:
    """A smooth function that is no quadratic form: a chain of Rosenbrock's valleys (1960), and an exponential."""
    chain = sum((1.0 - a) ** 2 + 5.0 * (b - a * a) ** 2 for a, b in pairwise(p))
    return (chain + torch.exp(0.3 * p[0] - 0.2 * p[-1])).sum()


def waves(p: list[torch.Tensor]) -> torch.Tensor:
    """A function with many minima and steep walls, on which a line search has to do all it can."""
    return sum(torch.sin(5.0 * x * (1.0 + 0.1 * i)) + 0.02 * x**4 for i, x in enumerate(p)).sum() + (p[0] * p[3]).sum()


def lbfgs_history(function: Callable[[list[torch.Tensor]], torch.Tensor], options: dict[str, Any]) -> dict[str, Any]:
    """Parameters after, and losses before each step, and how many evaluations there were in all."""
    params = tensors()
    optimizer = torch.optim.LBFGS(params, **options)
    evaluations = 0

    def closure() -> torch.Tensor:
        nonlocal evaluations
        evaluations += 1
        optimizer.zero_grad()
        loss = function(params)
        loss.backward()
        return loss

    rows, losses = [], []
    for _ in range(STEPS):
        losses.append(optimizer.step(closure).item())
        rows.append([p.item() for p in params])
    return {
        "function": function.__name__,
        "options": options,
        "history": rows,
        "losses": losses,
        "evaluations": evaluations,
    }


def case(name: str, options: dict[str, Any], frozen: dict[int, list[int]]) -> dict[str, Any]:
    """One line of the table."""
    params = tensors()
    return {"name": name, "options": options, "history": history(made(name, params, options), params, frozen)}


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    table = {
        "torch": torch.__version__,
        "start": START,
        "gradients": GRADIENTS,
        "cases": [case(name, options, {}) for name, options in CASES],
        "groups": [
            {"name": name, "options": options, "groups": groups, "history": in_groups(name, options, groups)}
            for name, options, groups in GROUPS
        ],
        "frozen": FROZEN,
        "frozen_cases": [case(name, options, FROZEN) for name, options in FROZEN_CASES],
        "lbfgs": [
            lbfgs_history(function, options)
            for function, cases in ((valley, LBFGS_CASES), (waves, WAVES_CASES))
            for options in cases
        ],
    }
    Path(__file__).with_name("optim.json").write_text(json.dumps(table) + "\n", encoding="utf-8")
