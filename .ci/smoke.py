"""Tests an installed wheel: `python .ci/smoke.py compiled` or `python .ci/smoke.py plain`, as the wheel should be.

It needs no test packages, and runs in a few seconds on any system.
"""

import subprocess
import sys
import sysconfig
import traceback
from pathlib import Path

import autograd_core
import nn
import viz
from autograd_core import Value, build_info

KINDS = {"compiled": "compiled", "plain": "plain Python"}
"""What `autograd-core --version` prints for each."""


def check_build(kind: str) -> None:
    """The wheel is of the expected kind, and its packages are the ones that are imported."""
    assert build_info().compiled == (kind == "compiled"), build_info()
    site = Path(sysconfig.get_path("platlib")).resolve()
    for package in (autograd_core, nn, viz):
        assert Path(str(package.__file__)).resolve().is_relative_to(site), f"{package.__file__} is not in {site}"


def check_command(kind: str) -> None:
    """The program is installed, and reports the same kind."""
    program = Path(sysconfig.get_path("scripts"), "autograd-core")
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert KINDS[kind] in done.stdout, done.stdout


def check_gradients() -> None:
    """The engine, a network and a picture work."""
    x = Value(3.0)
    (x * x + x.exp()).backward()
    assert x.grad == 6.0 + Value(3.0).exp().data, x.grad
    network = nn.MLP(2, [3, 1])
    output = network([1.0, x])
    output.backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert "<svg" in viz.draw(output).svg


def check_traceback() -> None:
    """A traceback leads to the sources of the engine."""
    try:
        autograd_core.tanh("a")  # type: ignore[call-overload]
    except TypeError as error:
        lines = [frame.line for frame in traceback.extract_tb(error.__traceback__)]
    assert len(lines) > 1, lines
    assert all(lines), lines


if __name__ == "__main__":
    if sys.argv[1:] not in [[kind] for kind in KINDS]:
        sys.exit(f"expected one of {', '.join(KINDS)}, got {' '.join(sys.argv[1:]) or 'nothing'}")
    check_build(sys.argv[1])
    check_command(sys.argv[1])
    check_gradients()
    check_traceback()
