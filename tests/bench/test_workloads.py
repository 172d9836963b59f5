"""The benchmarks compute what they claim to: the same gradients on every engine, at sizes that take no time."""

import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import chain
import run
from autograd_core import TABLE, Op, Value
from measure import agree, best_seconds, disagreement, gradients
from peer import micrograd
from workloads import WORKLOADS, Engine, Network, relu


class RowNumber:
    """An engine of nothing but the rows of the table: its sweep goes back in the order in which nodes were made."""

    numbers = count()

    def __init__(self, data: float, op: Op | None = None, parents: Sequence["RowNumber"] = ()) -> None:
        self.data, self.grad, self.op, self.parents = float(data), 0.0, op, parents
        self.number = next(self.numbers)

    def backward(self) -> None:
        self.grad = 1.0
        for node in sorted(self.ancestors(), key=lambda node: node.number, reverse=True):
            if node.op is not None:
                point = [*(parent.data for parent in node.parents), node.data]
                for parent, derivative in zip(node.parents, node.op.derivatives, strict=True):
                    parent.grad += node.grad * derivative(*point)

    def ancestors(self) -> set["RowNumber"]:
        found, todo = {self}, [self]
        while todo:
            fresh = set(todo.pop().parents) - found
            found |= fresh
            todo += fresh
        return found


def row(name: str, *, reflected: bool = False) -> Callable[..., RowNumber]:
    """An op on RowNumbers."""

    def apply(*inputs: Any) -> RowNumber:
        nodes = [x if isinstance(x, RowNumber) else RowNumber(x) for x in inputs]
        if reflected:
            nodes.reverse()
        return RowNumber(TABLE[name](*[node.data for node in nodes]), TABLE[name], nodes)

    return apply


for method, name in {"add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "pow": "pow"}.items():
    setattr(RowNumber, f"__{method}__", row(name))
    setattr(RowNumber, f"__r{method}__", row(name, reflected=True))
for method, name in {"__neg__": "neg", "relu": "relu"}.items():
    setattr(RowNumber, method, row(name))


def rowwise_mlp(nin: int, nouts: list[int]) -> Network:
    return Network(RowNumber, nin, nouts, relu, None)


ROWWISE = Engine(RowNumber, row("tanh"), row("sigmoid"), row("exp"), row("log"), rowwise_mlp)


def check_same_gradients(name: str, peer: Engine) -> None:
    workload = WORKLOADS[name]
    ours, theirs = workload.ours(**workload.small), workload.peer(peer, **workload.small)
    for _ in range(2):  # the second step begins with the parameters and gradients that the first one left
        found, expected = gradients(ours()), gradients(theirs())
        assert any(gradient != 0.0 for gradient in expected)
        assert agree(found, expected), disagreement(found, expected)


@pytest.mark.parametrize("name", WORKLOADS)
def test_gradients_are_those_of_the_rows(name: str) -> None:
    check_same_gradients(name, ROWWISE)


@pytest.mark.parametrize("name", WORKLOADS)
def test_gradients_are_those_of_micrograd(name: str) -> None:
    pytest.importorskip("micrograd", reason="micrograd is not installed; pip install micrograd==0.1.0")
    check_same_gradients(name, micrograd())


def test_chain_has_the_gradients_of_its_formula() -> None:
    leaves = Value(1.0), Value(1.0), Value(1.0)
    chain.build(*leaves, 1000).backward()
    chain.check_gradients(*leaves, 1000)
    with pytest.raises(ArithmeticError, match="a chain of 10 operations"):
        chain.check_gradients(*leaves, 10)


def test_chain_is_measured_in_a_process_of_its_own() -> None:
    measured = chain.measure_chain(1000)
    assert measured.nodes == 1000
    assert min(measured.build, measured.sweep, measured.free) > 0.0


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ([1.0, 2.0], [1.0, 2.0 + 1e-12], True),
        ([1.0, 2.0], [1.0, 2.001], False),
        ([1.0, 1e-30], [1.0, 0.0], True),
        ([1.0], [1.0, 2.0], False),
        ([1.0, float("nan")], [1.0, 2.0], False),
        ([float("nan"), 1.0], [2.0, 1.0], False),
    ],
)
def test_gradients_that_differ_are_found(ours: list[float], theirs: list[float], same: bool) -> None:
    assert agree(ours, theirs) is same


def test_engines_take_turns() -> None:
    calls: list[str] = []
    seconds = best_seconds([partial(calls.append, "a"), partial(calls.append, "b")], turns=2, least=1e-9)
    assert "".join(calls).endswith("abba")
    assert min(seconds) > 0.0


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "QUICK", run.Effort(turns=1, least_seconds=1e-9, chain_nodes=100))
    monkeypatch.setattr(run, "load_peer", lambda: ROWWISE)


@pytest.mark.usefixtures("quick")
def test_the_numbers_are_shown_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["readme", "--quick", "--json", str(tmp_path / "numbers.json")]) == 0
    assert "README expression of micrograd" in capsys.readouterr().out
    written = json.loads((tmp_path / "numbers.json").read_text(encoding="utf-8"))
    assert written["rows"][0]["ratio"] > 0.0


@pytest.mark.usefixtures("quick")
def test_a_benchmark_of_something_else_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = WORKLOADS["readme"]._replace(ours=partial(WORKLOADS["rnn"].ours, **WORKLOADS["rnn"].small))
    monkeypatch.setitem(WORKLOADS, "readme", wrong)
    assert run.main(["readme", "--quick"]) == 1
    assert "gradients of both engines to agree" in capsys.readouterr().err


def test_without_micrograd_it_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "micrograd.engine", None)
    assert run.main(["readme", "--quick"]) == 0
    assert "pip install micrograd==0.1.0" in capsys.readouterr().out


def test_an_unknown_workload_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run.main(["nonsense"])
    assert "unknown workload nonsense; known are readme" in capsys.readouterr().err
