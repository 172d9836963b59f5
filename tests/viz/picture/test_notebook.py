"""The output of the cells of a notebook, executed by a real kernel."""

import os
import sys
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

SETUP = """
import nn
from autograd_core import Value
from nn.training.history import Epoch, History
from viz import animate, diagnose, draw, explain, latex, nudge, page, steps, tree
a, b, c = Value(2.0), Value(-3.0), Value(10.0)
d = a * b + c
L = d * a
L.backward()
"""
CELLS = {
    "value": "L",
    "draw": "draw(L)",
    "show": "draw(L).show()",
    "model": "nn.MLP(2, [3, 1])",
    "history": "History([Epoch(0.5), Epoch(0.25)])",
    "diagnose": "diagnose({'w': Value(0.0)}, L)",
    "explain": "explain(a, L)",
    "latex": "latex(L)",
    "page": "page(L)",
    "animate": "animate(L)",
    "tree": "tree(L)",
    "nudge": "nudge(a, 0.1, L)",
    "large": "y = a\nfor _ in range(20_000):\n    y = y * 0.5 + b\ndraw(y, max_nodes=None)",
    "hostile": "a.label = '<script>alert(1)</script>]]>\\n\"&'\ndraw(L)",
}


@pytest.fixture(scope="module")
def outputs() -> dict[str, Any]:
    """The output of each cell, by kind of content."""
    cells = [nbformat.v4.new_code_cell(source) for source in (SETUP, *CELLS.values())]
    notebook = nbformat.v4.new_notebook(cells=cells)
    environment = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with pytest.MonkeyPatch.context() as patch:
        for name, content in environment.items():
            patch.setenv(name, content)
        nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    shown = {}
    for name, cell in zip(CELLS, notebook.cells[1:], strict=True):
        (output,) = cell.outputs
        shown[name] = output.data
    return shown


def test_a_picture_is_shown_inline_and_as_an_image(outputs: dict[str, Any]) -> None:
    shown = outputs["draw"]
    assert "<svg" in shown["text/html"]
    assert shown["image/svg+xml"].startswith("<svg")
    assert shown["text/plain"].startswith("Drawing(L = 8.0: ")
    assert all(f">{name}<" in shown["text/html"] for name in "abcd")  # the variables of the notebook


def test_show_displays_the_picture_below_the_cell(outputs: dict[str, Any]) -> None:
    assert outputs["show"] == outputs["draw"]


@pytest.mark.parametrize("name", ["value", "draw"])
def test_the_text_is_the_tree_with_the_variables_of_the_notebook(outputs: dict[str, Any], name: str) -> None:
    assert "\n│  ├─ #2 = a * b  -6.0   2.0    1.0\n" in outputs[name]["text/plain"]


@pytest.mark.parametrize(
    ("name", "text", "cell"),
    [
        ("model", "MLP(2 -> 3 -> 1, 13 parameters)\nname ", "layers.1"),
        ("history", "History(2 epochs, loss 0.5 -> 0.25)\nepoch ", "0.25"),
        ("diagnose", "Diagnosis(1 finding: unreached)\n1. ", "unreached"),
    ],
)
def test_other_results_are_tables(outputs: dict[str, Any], name: str, text: str, cell: str) -> None:
    assert outputs[name]["text/plain"].startswith(text)
    assert f">{cell}<" in outputs[name]["text/html"]


def test_formulas_are_typeset(outputs: dict[str, Any]) -> None:
    assert outputs["latex"]["text/latex"] == r"$\displaystyle L = a \left(a b + c\right)$"
    assert "text/latex" in outputs["explain"]


def test_a_page_is_shown_in_a_frame_of_its_own(outputs: dict[str, Any]) -> None:
    assert "<iframe" in outputs["page"]["text/html"]
    assert "sandbox" in outputs["page"]["text/html"]


def test_an_animation_is_an_image(outputs: dict[str, Any]) -> None:
    assert outputs["animate"]["image/svg+xml"].startswith("<svg")


@pytest.mark.parametrize(("name", "text"), [("tree", "└─ ↑ a"), ("nudge", "predicted")])
def test_words_are_text(outputs: dict[str, Any], name: str, text: str) -> None:
    assert text in outputs[name]["text/plain"]


def test_a_large_graph_does_not_fill_the_notebook(outputs: dict[str, Any]) -> None:
    assert sum(map(len, outputs["large"].values())) < 1_000_000
    assert "left out" in outputs["large"]["text/html"]


def test_no_script_of_a_label_is_shown(outputs: dict[str, Any]) -> None:
    assert "<script" not in outputs["hostile"]["text/html"]
    assert "&lt;script&gt;" in outputs["hostile"]["text/html"]
