"""Writes `schedules.json`: the learning rate before each of 50 updates under PyTorch's schedulers, in float64.

Run by hand, with torch==2.13.0: `python tests/nn/reference/make_schedules.py`. Each case names the schedule as it is
made in `nn.schedules`, so that the test can make it from the text.
"""

import json
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.optim import lr_scheduler as lrs

UPDATES = 50
LR = 0.3
"""The base rate of every optimiser."""

METRICS = [1.5 - 0.02 * min(k, 20) + 0.1 * math.sin(k * k) for k in range(UPDATES)]
"""What is told to the scheduler that waits for a plateau; it goes down and then stays, with noise."""

CASES: dict[str, Callable[[Any], Any]] = {
    "constant(0.3)": lambda o: lrs.LambdaLR(o, lambda _: 1.0),
    "sequential([constant(0.3 / 4), constant(0.3)], [7])": lambda o: lrs.ConstantLR(o, factor=0.25, total_iters=7),
    "linear(0.3, 0.15, 20)": lambda o: lrs.LinearLR(o, start_factor=1.0, end_factor=0.5, total_iters=20),
    "linear(0.06, 0.3, 60)": lambda o: lrs.LinearLR(o, start_factor=0.2, total_iters=60),
    "warmup(0.3)": lrs.LinearLR,
    "warmup(0.3, 12, start_factor=0.1)": lambda o: lrs.LinearLR(o, start_factor=0.1, total_iters=12),
    "step(0.3, 7)": lambda o: lrs.StepLR(o, 7),
    "step(0.3, 1, gamma=0.9)": lambda o: lrs.StepLR(o, 1, gamma=0.9),
    "multi_step(0.3, [3, 10, 10, 40], gamma=0.5)": lambda o: lrs.MultiStepLR(o, [3, 10, 10, 40], gamma=0.5),
    "exponential(0.3, 0.93)": lambda o: lrs.ExponentialLR(o, 0.93),
    "polynomial(0.3)": lrs.PolynomialLR,
    "polynomial(0.3, 45, power=2.5)": lambda o: lrs.PolynomialLR(o, total_iters=45, power=2.5),
    "cosine(0.3, 49)": lambda o: lrs.CosineAnnealingLR(o, 49),
    "cosine(0.3, 13, eta_min=0.02)": lambda o: lrs.CosineAnnealingLR(o, 13, eta_min=0.02),
    "cosine_restarts(0.3, 10)": lambda o: lrs.CosineAnnealingWarmRestarts(o, 10),
    "cosine_restarts(0.3, 4, t_mult=2, eta_min=0.01)": lambda o: lrs.CosineAnnealingWarmRestarts(o, 4, 2, 0.01),
    "cosine_restarts(0.3, 1, t_mult=3)": lambda o: lrs.CosineAnnealingWarmRestarts(o, 1, 3),
    "one_cycle(0.3, 50)": lambda o: lrs.OneCycleLR(o, 0.3, 50),
    "one_cycle(0.3, 64, pct_start=0.45, anneal_strategy='linear', div_factor=5.0, final_div_factor=100.0)": (
        lambda o: lrs.OneCycleLR(
            o, 0.3, 64, pct_start=0.45, anneal_strategy="linear", div_factor=5.0, final_div_factor=100.0
        )
    ),
    "one_cycle(0.3, 50, three_phase=True)": lambda o: lrs.OneCycleLR(o, 0.3, 50, three_phase=True),
    "one_cycle(0.3, 50, anneal_strategy='linear', three_phase=True)": (
        lambda o: lrs.OneCycleLR(o, 0.3, 50, anneal_strategy="linear", three_phase=True)
    ),
    "sequential([warmup(0.3, 8, start_factor=0.1), cosine(0.3, 42)], [8])": lambda o: lrs.SequentialLR(
        o, [lrs.LinearLR(o, start_factor=0.1, total_iters=8), lrs.CosineAnnealingLR(o, 42)], [8]
    ),
    "sequential([constant(0.03), exponential(0.3, 0.9), step(0.3, 5)], [4, 20])": lambda o: lrs.SequentialLR(
        o,
        [lrs.ConstantLR(o, factor=0.1, total_iters=100), lrs.ExponentialLR(o, 0.9), lrs.StepLR(o, 5)],
        [4, 20],
    ),
    "product([exponential(0.3, 0.9), warmup(1.0, 6, start_factor=0.5)])": lambda o: lrs.ChainedScheduler(
        [lrs.ExponentialLR(o, 0.9), lrs.LinearLR(o, start_factor=0.5, total_iters=6)]
    ),
    "product([multi_step(0.3, [9, 30]), polynomial(1.0, 40)])": lambda o: lrs.ChainedScheduler(
        [lrs.MultiStepLR(o, [9, 30]), lrs.PolynomialLR(o, total_iters=40)]
    ),
}

PLATEAUS: list[dict[str, Any]] = [
    {},
    {"patience": 2, "factor": 0.5},
    {"patience": 0, "factor": 0.7, "cooldown": 3, "min_lr": 0.01},
    {"mode": "max", "patience": 3, "threshold": 0.05, "threshold_mode": "abs"},
    {"patience": 1, "threshold": 0.2, "factor": 0.6, "eps": 0.02},
    {"mode": "max", "patience": 1, "threshold": 0.2, "factor": 0.6, "cooldown": 1},
    {"patience": 1, "threshold": 0.1, "threshold_mode": "abs", "factor": 0.9},
    {"patience": 2, "threshold": 0.07, "factor": 0.9},
]


def optimizer() -> Any:
    """Any will do."""
    return torch.optim.SGD([torch.zeros(1, dtype=torch.float64)], lr=LR, momentum=0.9)


def rates(made: Callable[[Any], Any]) -> list[float]:
    """The rate of each update."""
    moved = optimizer()
    scheduler = made(moved)
    result = []
    for _ in range(UPDATES):
        result.append(float(moved.param_groups[0]["lr"]))
        moved.step()
        scheduler.step()
    return result


def plateau_rates(options: dict[str, Any]) -> list[float]:
    """The rate after each metric."""
    moved = optimizer()
    scheduler = lrs.ReduceLROnPlateau(moved, **options)
    result = []
    for metric in METRICS:
        scheduler.step(metric)
        result.append(float(moved.param_groups[0]["lr"]))
    return result


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    table = {
        "torch": torch.__version__,
        "lr": LR,
        "metrics": METRICS,
        "cases": {name: rates(made) for name, made in CASES.items()},
        "plateaus": [{"options": options, "rates": plateau_rates(options)} for options in PLATEAUS],
    }
    Path(__file__).with_name("schedules.json").write_text(json.dumps(table) + "\n", encoding="utf-8")
