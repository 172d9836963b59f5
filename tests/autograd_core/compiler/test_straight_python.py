"""Programs in straight Python: they run without the package, with the bits of the evaluator, and can be read."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
import nn
from autograd_core import Value, define_op
from autograd_core.compiler import function as functions
from autograd_core.compiler.evaluator import evaluate
from autograd_core.compiler.passes import simplify
from autograd_core.compiler.program import Program
from autograd_core.compiler.straight_python import SHORT, WIDTH, to_python
from autograd_core.table.op import TABLE, Op
from compiler_programs import HOT, wide_program
from drawn_programs import AWKWARD, ROWS, bits, numbers, outcome, programs

DRIVER: Final = """
import json, sys, types
for line in open(sys.argv[1], encoding="utf-8"):
    source, points = json.loads(line)
    module = types.ModuleType("program")
    exec(compile(source, "program", "exec"), vars(module))
    results = [module.f(*map(float.fromhex, point)) for point in points]
    print(json.dumps([[x.hex() for x in (y if isinstance(y, tuple) else (y,))] for y in results]))
assert "autograd_core" not in sys.modules and "numpy" not in sys.modules
"""


def run_alone(folder: Path, sources: list[tuple[str, list[list[float]]]]) -> list[list[list[float]]]:
    """What the functions `f` of some modules return at points, in a process that cannot import the package."""
    path = folder / "programs.jsonl"
    lines = [json.dumps([source, [[x.hex() for x in point] for point in points]]) for source, points in sources]
    path.write_text("\n".join(lines), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", DRIVER, str(path)],
        capture_output=True,
        encoding="utf-8",
        check=True,
        cwd=folder,
    )
    return [
        [[float.fromhex(x) for x in result] for result in json.loads(line)] for line in done.stdout.strip().splitlines()
    ]


def names(program: Program) -> list[str]:
    return [f"x{i}" for i in range(program.inputs)]


def of_row(op: Op) -> tuple[Program, list[list[float]]]:
    """A program of one instruction, and points for it: special values, and some where tests draw."""
    rng = Random(1)
    count = op.arity or (4 if op.adds == "products" else 3)
    program = Program()
    program.outputs = [program.apply(op, [program.input() for _ in range(count)])]
    points = [list(point) for point in product(AWKWARD, repeat=count)] if count <= 2 else []
    points += [[rng.choice(AWKWARD) for _ in range(count)] for _ in range(300)]
    bounds = (*op.sample, *[op.sample[-1]] * count)[:count]
    points += [[rng.uniform(low, high) for low, high in bounds] for _ in range(40)]
    return program, points


def test_rows_without_the_package(tmp_path: Path) -> None:
    cases = [(op, *of_row(op)) for op in ROWS]
    found = run_alone(tmp_path, [(to_python(program, "f", names(program)), points) for _, program, points in cases])
    for (op, program, points), results in zip(cases, found, strict=True):
        for point, result in zip(points, results, strict=True):
            assert list(map(bits, result)) == outcome(program, point), (op.name, point)


def in_python(program: Program, source: str, point: list[float]) -> list[bytes]:
    module: dict[str, Any] = {}
    exec(compile(source, "program", "exec"), module)  # noqa: S102 - our own text
    result = module["f"](*point)
    return list(map(bits, result if isinstance(result, tuple) else (result,)))


@given(programs(ops=ROWS), st.lists(numbers, min_size=4, max_size=4))
def test_random_programs(program: Program, point: list[float]) -> None:
    point = point[: program.inputs]
    assert in_python(program, to_python(program, "f", names(program)), point) == outcome(program, point)


@pytest.mark.parametrize("seed", range(6))
def test_wide_programs(seed: int) -> None:
    rng = Random(seed)
    program = simplify(wide_program(rng, 300, HOT))
    source = to_python(program, "f", names(program))
    for _ in range(5):
        point = [rng.choice((rng.uniform(-2.0, 2.0), rng.choice(AWKWARD))) for _ in range(program.inputs)]
        assert in_python(program, source, point) == outcome(program, point)


def test_functions_of_the_program_keep_their_names_and_others_give_way() -> None:
    program = Program()
    x, y = program.input(), program.input()
    program.outputs = [program.apply(TABLE["tanh"], [program.apply(TABLE["div"], [x, y])])]
    source = to_python(program, "f", ["divide", "exp"])
    assert source.endswith("def f(divide, exp):\n    return tanh(real_divide(divide, exp))")
    assert in_python(program, source, [1.0, 2.0]) == outcome(program, [1.0, 2.0])


def source_of(function: Any, *args: Any) -> str:
    compiled = functions.compile(function)
    compiled(*args)
    return compiled.source


def last_lines(source: str) -> list[str]:
    """The body of the function without its docstring."""
    return [line.strip() for line in source.rpartition('"""')[2].strip().splitlines()]


class TestReading:
    def test_a_neuron(self) -> None:
        w, b = Value(-3.0, label="w"), Value(6.88)

        def neuron(x: Any) -> Any:
            return (w * x + b).relu()

        source = source_of(neuron, 2.0)
        assert source == (
            "def relu(x):\n"
            '    """`x` above 0, else 0; nan stays nan."""\n'
            "    return 0.0 if x <= 0.0 else x\n\n\n"
            "def neuron(x, w, b):\n"
            '    """The program of neuron: 3 operations on 3 numbers.\n\n'
            "    Arguments, in order:\n"
            "        x: x\n"
            "        w: w.data\n"
            "        b: b.data\n\n"
            "    Results, in order:\n"
            "        0: result\n"
            '    """\n'
            "    return relu(w * x + b)"
        )

    def test_a_training_step(self) -> None:
        w = Value(2.0, label="w")

        def step(xs: Any, rate: Any = 0.5) -> Any:
            w.grad = 0
            loss: Any = ag.dot([w, w], xs)
            loss.backward()
            w.data -= rate * w.grad
            return {"loss": loss}

        source = source_of(step, [1.0, 2.0], 0.25)
        assert "    xs_0 to xs_1: xs[0] to xs[1]\n" in source
        assert "    rate: rate\n" in source
        assert "0: result['loss']\n        1: w.data, to be assigned\n        2: w.grad, to be assigned\n" in source
        assert "def step(xs_0, xs_1, rate, w):" in source

    def test_decisions_choices_and_logic(self) -> None:
        def f(x: Any, y: Any) -> Any:
            return ag.where(ag.logical_and(x > y, ag.logical_not(y)), x, -y) if x > 0 else y

        assert last_lines(source_of(f, 1.0, 2.0)) == ["return (x if (x > y) and (y == 0.0) else -y, float(x > 0.0))"]

    def test_operators_keep_their_sides(self) -> None:
        def f(x: Any, y: Any) -> Any:
            return x - (y - x) - -x * (y * x) - (-(x + y)) * abs(x)

        body = last_lines(source_of(f, 1.0, 2.0))
        assert body == ["return x - (y - x) - -x * (y * x) - -(x + y) * abs(x)"]

    def test_long_sums_take_several_lines(self) -> None:
        xs = [float(i) for i in range(400)]
        source = source_of(lambda xs: ag.dot(xs, xs[::-1]), xs)
        assert max(map(len, source.splitlines())) <= WIDTH + SHORT
        assert len(last_lines(source)) > 20
        program = functions.compile(lambda xs: ag.fsum([x * 2.0 for x in xs]))
        program(xs)
        assert max(map(len, program.source.splitlines())) <= WIDTH + SHORT

    def test_names_that_python_or_the_program_has(self) -> None:
        class_ = Value(2.0, label="class")
        sine = Value(3.0, label="sin")
        strange = Value(4.0, label='a "b"\n\\')
        x_0 = Value(5.0, label="x[0]")

        def f(x: Any) -> Any:
            return x[0] * class_ + ag.sin(sine) * strange + x_0

        compiled = functions.compile(f)
        expected = compiled([1.0])
        module: dict[str, Any] = {}
        exec(compile(compiled.source, "program", "exec"), module)  # noqa: S102 - our own text
        assert "def f(x_0, class_2, sin, a_b_n, x_0_2):" in compiled.source
        assert module["f"](1.0, 2.0, 3.0, 4.0, 5.0) == expected

    def test_layers_and_arrays(self) -> None:
        layer = nn.Linear(2, 1, rng=1)
        source = source_of(lambda x: [layer(list(row)) for row in x], np.ones((2, 2)))
        assert "x_0_0 to x_1_1: x[0, 0] to x[1, 1]" in source
        assert "neurons_0_w_0" in source

    def test_what_a_module_assigns_to_itself(self) -> None:
        norm = nn.BatchNorm1d(1)
        assert "to be assigned" in source_of(norm, [[1.0], [3.0]])

    def test_before_the_first_call(self) -> None:
        with pytest.raises(ag.InputError, match="has no program before its first call"):
            functions.compile(abs).source  # noqa: B018 - the property raises


SLOPE: Final = 0.5


def leaky(x: float) -> float:
    return x if x > 0 else SLOPE * x / (1.0 + helped(x))


def helped(x: float) -> float:
    return math.exp(-x * x)


class TestOpsOfTheUser:
    @pytest.fixture(autouse=True)
    def table(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("bell", "leak", "lost"):
            monkeypatch.delitem(TABLE, name, raising=False)

    def run(self, op: Op, point: list[float], tmp_path: Path) -> tuple[str, list[float]]:
        program = Program()
        program.outputs = [program.apply(op, [program.input()])]
        source = to_python(program, "f", ["x"])
        found = run_alone(tmp_path, [(source, [[x] for x in point])])[0]
        assert [result[0] for result in found] == [evaluate(program, [x])[0] for x in point]
        return source, [result[0] for result in found]

    def test_a_lambda(self, tmp_path: Path) -> None:
        bell = define_op("bell", lambda x: 1 / (1 + x * x), lambda x, y: -2 * x * y * y)
        source, _ = self.run(bell, [0.5, -2.0], tmp_path)
        assert source.endswith(
            "def bell(x):\n    return float(divide(1, 1 + x * x))\n\n\ndef f(x):\n    return bell(x)"
        )

    def test_a_function_with_what_it_uses(self, tmp_path: Path) -> None:
        leak = define_op("leak", leaky, lambda x, y: x)
        source, _ = self.run(leak, [0.5, -2.0], tmp_path)
        assert "SLOPE = 0.5" in source
        assert "def helped(x):" in source

    def test_one_without_source(self) -> None:
        factor = 2.0
        lost = define_op("lost", lambda x: factor * x, lambda x, y: factor)
        program = Program()
        program.outputs = [program.apply(lost, [program.input()])]
        source = to_python(program, "f", ["x"])
        assert 'raise NotImplementedError("write here what lost computes")' in source
        compile(source, "program", "exec")
