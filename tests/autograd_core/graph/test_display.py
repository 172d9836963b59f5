"""What a Value shows and refuses at the prompt: texts, IPython, rich, conversions, misspellings."""

from __future__ import annotations

import math
import operator
import os
import re
import statistics
import subprocess
import sys
import threading
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.vendor.pretty import pretty

import autograd_core as ag
import viz
from autograd_core import GradientLossError, Value
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions
from exact import bits
from viz.picture.tree import PROMPT_NODES

np: Any = numpy  # its types know nothing of Values

FORMATS = st.one_of(
    st.from_regex(r"([ *]?[<>=^])?[-+ ]?#?0?[0-9]{0,2}[,_]?(\.[0-9]{1,2})?[eEfFgGn%]?", fullmatch=True),
    st.text(max_size=4),
)


class TestTexts:
    def test_repr_is_one_line_with_what_is_worth_knowing(self) -> None:
        x = Value(3.0)
        assert repr(x) == "Value(3.0, grad=0.0)"
        y = x * 2
        y.label = "y"
        y.backward()
        assert repr(y) == "Value(6.0, grad=1.0, op='*', label='y')"
        assert str(x) == f"{x}" == f"{x!r}" == "Value(3.0, grad=2.0)"
        (x * x).backward(create_graph=True)
        assert repr(x) == "Value(3.0, grad=8.0)"
        x.grad = 0.0

    @given(st.floats(), st.floats())
    def test_repr_holds_both_numbers_to_the_last_bit(self, data: float, grad: float) -> None:
        x = Value(data)
        x.grad = grad
        shown = re.fullmatch(r"Value\((.*), grad=(.*)\)", repr(x))
        assert shown
        assert (bits(float(shown[1])), bits(float(shown[2]))) == (bits(data), bits(grad))

    @given(st.text())
    def test_repr_shows_any_label_on_one_line(self, label: str) -> None:
        shown = repr(Value(1.0, label=label))
        assert len(shown.splitlines()) == 1
        assert shown.isprintable()
        assert len(label) > 60 or shown == f"Value(1.0, grad=0.0{f', label={label!r}' if label else ''})"

    def test_a_huge_label_is_cut(self) -> None:
        assert repr(Value(1.0, label="w" * 1_000_000)) == f"Value(1.0, grad=0.0, label='{'w' * 57}...')"

    @given(st.floats(), FORMATS.filter(bool))
    def test_format_is_that_of_the_data(self, data: float, spec: str) -> None:
        try:
            expected = format(data, spec)
        except ValueError as error:
            with pytest.raises(ValueError, match=re.escape(str(error))):
                format(Value(data), spec)
        else:
            assert format(Value(data), spec) == expected

    @given(st.floats())
    def test_truth_is_that_of_the_data(self, data: float) -> None:
        assert bool(Value(data)) is bool(data)


class TestConversions:
    @pytest.mark.parametrize(
        "convert", [float, int, complex, math.sin, math.exp, math.isnan, Fraction, "{0.real}".format]
    )
    def test_nothing_takes_the_number_in_silence(self, convert: Any) -> None:
        with pytest.raises((TypeError, AttributeError)):
            convert(Value(1.0))

    @pytest.mark.parametrize(
        "convert",
        [
            float,
            int,
            complex,
            math.sin,
            "%.3f".__mod__,
            np.float64,
            np.int64,
            lambda x: math.fsum([x]),
            lambda x: statistics.mean([x, x]),
            lambda x: statistics.variance([x, x]),
            lambda x: np.asarray(x, dtype=float),
            lambda x: np.array([x, x], dtype=float),
            lambda x: np.array([x, x]).astype(float),
            lambda x: operator.setitem(np.zeros(2), 0, x),
        ],
    )
    def test_the_way_out_is_named(self, convert: Any) -> None:
        with pytest.raises(GradientLossError, match=r"would drop the gradient: read \.data .* autograd_core\.\w+ and"):
            convert(Value(1.0))

    @pytest.mark.parametrize("use", [range, hex, "ab".__getitem__, [1].__mul__, lambda x: [1, 2][x], operator.index])
    def test_a_value_is_no_index(self, use: Any) -> None:
        with pytest.raises(GradientLossError, match=r"expected an integer.*got a Value; int\(v\.data\) is one"):
            use(Value(1.0))

    @pytest.mark.parametrize(
        "use",
        [
            iter,
            len,
            list,
            reversed,
            lambda x: x[0],
            lambda x: x(),
            lambda x: 0.5 in x,
            lambda x: pow(x, 2, 3),
            operator.invert,
            lambda x: x @ x,
            lambda x: x << 1,
            lambda x: x & x,
        ],
    )
    def test_what_is_no_operation_on_numbers_is_refused_at_once(self, use: Any) -> None:
        with pytest.raises(TypeError):
            use(Value(1.0))


class TestAttributes:
    @pytest.mark.parametrize("make", [lambda: Value(2.0), lambda: Value(2.0) * 3.0], ids=["leaf", "result"])
    def test_misspelt_attributes_are_noticed(self, make: Any) -> None:
        x = make()
        with pytest.raises(AttributeError, match="'Value' object has no attribute 'grda'"):
            x.grda = 0.0
        with pytest.raises(AttributeError, match="'Value' object has no attribute 'sinn'"):
            x.sinn()

    def test_python_names_the_nearest_attribute(self) -> None:
        code = "from autograd_core import Value; (-Value(2.0)).sinn()"
        done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, encoding="utf-8", check=False)
        assert "Did you mean: 'sin'?" in done.stderr

    @pytest.mark.parametrize("name", ["data", "grad", "label", "op", "inputs", "derivatives"])
    @pytest.mark.parametrize("make", [lambda: Value(2.0, "x"), lambda: Value(2.0) * 3.0], ids=["leaf", "result"])
    def test_nothing_of_a_value_can_be_deleted(self, make: Any, name: str) -> None:
        x = make()
        before = repr(x)
        with pytest.raises(AttributeError):
            delattr(x, name)
        assert repr(x) == before

    @pytest.mark.parametrize("name", ["op", "inputs", "derivatives"])
    def test_how_a_value_was_made_cannot_be_changed(self, name: str) -> None:
        with pytest.raises(AttributeError):
            setattr(Value(2.0) * 3.0, name, None)

    def test_rows_are_methods_and_complete_with_tab(self) -> None:
        x = Value(0.5)
        assert x.sinh().data == math.sinh(0.5)
        names = dir(x)
        assert {"data", "grad", "backward", "tanh", "sinh", "cosh", "__add__"} <= set(names)
        assert not [name for name in names if name.startswith("_") and not name.startswith("__")]
        assert not {"arcsin", "conjugate", "clip", "as_integer_ratio"} & set(names)

    def test_there_is_one_kind_of_value(self) -> None:
        assert type(Value(1.0)).__name__ == type(Value(1.0) * 2).__name__ == "Value"
        assert isinstance(Value(1.0) * 2, Value)


def grown() -> Any:
    """A graph with a shared leaf, a shared node, a label and a constant, swept."""
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    c = a * b
    root = (c + 10.0) * (c + a.exp())
    root.label = "root"
    root.backward()
    return root


def below(value: Any) -> list[str]:
    """What IPython shows below the line of a value."""
    first, *lines = pretty(value).splitlines()
    assert first == repr(value)
    return lines


class TestPrinters:
    """IPython's printer, of which hypothesis has a copy; and rich."""

    def test_alone_it_stands_above_the_tree_of_viz(self) -> None:
        root = grown()
        assert below(root) == viz.tree(root).text.splitlines()
        assert pretty(Value(1.0)) == "Value(1.0, grad=0.0)"

    def test_among_others_it_is_one_line(self) -> None:
        x = -Value(1.0)
        assert pretty([x]) == f"[{x!r}]"
        assert pretty({"x": x}) == f"{{'x': {x!r}}}"
        assert pretty((x,)) == f"({x!r},)"

    @given(expressions(), st.integers(0, 100))
    def test_it_fits_a_screen_and_never_raises(self, program: Program, width: int) -> None:
        root = program(*[Value(x, label=f"x{i}") for i, x in enumerate(program.leaves)])
        printed = [""]
        printer = SimpleNamespace(
            stack=[0],
            output_width=0,
            buffer_width=0,
            max_width=width,
            text=lambda text: printed.append(printed.pop() + text),
            break_=lambda: printed.append(""),
        )
        root._repr_pretty_(printer, cycle=False)
        line, *lines = printed
        assert line == repr(root)
        assert len(lines) <= 3 + 2 * PROMPT_NODES
        assert all(line.isprintable() for line in lines)
        assert all(re.match(r"[│├└─ ]*", line) for line in lines[1:])

    @given(st.floats(), st.floats(), st.text())
    def test_no_state_is_too_odd(self, data: float, grad: float, label: str) -> None:
        x = Value(data, label=label)
        x.grad = grad
        lines = below(-x)
        assert len(lines) == 3
        assert all(line.isprintable() for line in lines)

    def test_of_a_larger_graph_the_nearest_nodes_are_shown(self) -> None:
        x = Value(0.5)
        for _ in range(100):
            x = x.sin()
        lines = below(x)
        assert len(lines) < 2 * PROMPT_NODES
        assert lines[-1].startswith(f"{PROMPT_NODES} of 101 nodes, ")

    def test_a_huge_graph_does_not_delay_the_prompt(self) -> None:
        x = Value(0.5)
        for _ in range(100_000):
            x = -x
        assert below(x) == ["more than 10,000 nodes; tree and draw show those nearest this one"]
        assert len(below(ag.sum([Value(float(i)) for i in range(1_234)]))) < 2 * PROMPT_NODES

    def test_a_gradient_that_is_a_value_is_shown_as_its_number(self) -> None:
        x = Value(3.0, label="x")
        y = x**2
        y.backward(create_graph=True)
        assert below(y)[2].split() == ["├─", "x", "3.0", "6.0", "6.0"]
        x.grad = 0.0

    def test_it_can_be_shown_while_others_sweep(self) -> None:
        root = grown()
        done = threading.Event()
        failures: list[Exception] = []

        def look() -> None:
            while not done.is_set():
                try:
                    assert len(below(root)) == 11
                except Exception as error:  # noqa: BLE001 - whatever it is, the test fails
                    failures.append(error)
                    return

        thread = threading.Thread(target=look)
        thread.start()
        for _ in range(300):
            root.backward()
        done.set()
        thread.join()
        assert not failures

    def test_another_module_named_viz_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "viz.py").write_text("", encoding="utf-8")
        code = (
            "from autograd_core import Value; from hypothesis.vendor.pretty import pretty; print(pretty(-Value(1.0)))"
        )
        paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
        done = subprocess.run(
            [sys.executable, "-P", "-c", code],
            env={**os.environ, "PYTHONPATH": paths},
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        first, second = done.stdout.splitlines()
        assert first == repr(-Value(1.0))
        assert second.startswith("no tree: expected viz to be the package ")

    def test_rich_shows_what_repr_shows(self) -> None:
        from rich.pretty import pretty_repr

        for value in (Value(1.0), Value(2.0, label="a") * 3.0, grown()):
            assert pretty_repr(value, max_width=200) == repr(value)
        assert pretty_repr(-Value(1.0, label="x"), max_width=10).splitlines()[:2] == ["Value(", "    -1.0,"]

    def test_ipython_shows_the_tree_with_variables_and_pictures_still(self) -> None:
        """In a process of its own, for IPython changes much of Python on its way."""
        pytest.importorskip("IPython")
        code = """
import viz
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="nocolor")
shell.run_cell("from autograd_core import Value")
shell.run_cell("w = Value(2.0); y = w.exp() * 3.0")
shell.run_cell("y")
shell.run_cell("def f(inner):\\n    outer = inner * w\\n    display(outer)\\nf(Value(5.0))")
shell.run_cell("import viz; d = viz.draw(y)")
shell.run_cell("d")
formats, _ = shell.display_formatter.format(shell.user_ns["d"])
assert set(formats) == {"text/plain", "text/html", "image/svg+xml"}, set(formats)
shell.display_formatter.mimebundle_formatter.for_type(
    shell.user_ns["Value"], lambda v, include=None, exclude=None: viz.draw(v)._repr_mimebundle_(include, exclude)
)
formats, _ = shell.display_formatter.format(shell.user_ns["y"])
assert set(formats) == {"text/plain", "text/html", "image/svg+xml"}, set(formats)
"""
        done = subprocess.run(
            [sys.executable, "-P", "-c", code],
            capture_output=True,
            encoding="utf-8",
            check=False,
            env={**os.environ, "PYTHONUTF8": "1"},
        )
        assert (done.returncode, done.stderr) == (0, "")
        tree = [
            "                 data  grad  local",
            "y = #1 * 3.0    22.17   0.0",
            "├─ #1 = exp(w)  7.389   0.0    3.0",
            "│  └─ w           2.0   0.0  7.389",
            "└─ 3.0",
        ]
        assert done.stdout.count("\n".join(tree)) == 2  # of the Value and of its Drawing
        assert "Value(22.16716829679195, grad=0.0, op='*')" in done.stdout
        assert "outer = inner * w" in done.stdout
