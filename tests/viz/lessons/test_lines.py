"""Equations as data, and their two notations."""

import re

import pytest

from viz.lessons.lines import Line, Sign, Table, Words, as_latex, as_text, formula, layer_sign, name_sign, sign, words
from viz.lessons.matrices import beside, block, column, latex_block, shown


def rows(count: int, width: int) -> list[list[float]]:
    return [[float(10 * i + j) for j in range(width)] for i in range(count)]


def test_large_matrices_are_shortened_in_both_directions() -> None:
    assert block(rows(9, 9), 4) == [
        "⎡ 0.0   1.0  …   7.0   8.0⎤",
        "⎢10.0  11.0  …  17.0  18.0⎥",
        "⎢   ⋮     ⋮  ⋱     ⋮     ⋮⎥",
        "⎢70.0  71.0  …  77.0  78.0⎥",
        "⎣80.0  81.0  …  87.0  88.0⎦",
    ]
    assert latex_block(rows(3, 3), 2) == (
        r"\begin{bmatrix} 0 & \cdots & 2 \\ \vdots & \ddots & \vdots \\ 20 & \cdots & 22 \end{bmatrix}"
    )


@pytest.mark.parametrize(("count", "limit"), [(1, 1), (6, 6), (7, 6), (7, 5), (100, 1), (3, 2)])
def test_as_many_rows_as_the_limit_are_shown(count: int, limit: int) -> None:
    found = shown(count, limit)
    kept = [index for index in found if index is not None]
    assert len(kept) == min(count, limit)
    assert kept == sorted(set(kept))
    assert (None in found) == (count > limit)


def test_pieces_are_centred_on_one_line() -> None:
    assert beside(["x = ", block(column([1.0, 2.0, 3.0])), " + ", block(column([1.0]))]) == [
        "    ⎡1.0⎤",
        "x = ⎢2.0⎥ + [1.0]",
        "    ⎣3.0⎦",
    ]


def test_wide_matrices_in_latex_need_no_setting_of_amsmath() -> None:
    assert latex_block(rows(1, 10), 12).startswith(r"\begin{bmatrix}")
    assert latex_block(rows(1, 11), 12).startswith(r"\left[ \begin{array}{ccccccccccc} 0 & 1 &")


def test_tables_are_shortened_by_group_and_keep_their_sum() -> None:
    group = [(sign(f"w{i}"), [float(i), 1.0, 2.0, 3.0, 6.0 + i]) for i in range(4)]
    table = Table(["1", "2", "3", "4"], [group, [(sign("b"), [0.0, 0.0, 0.0, 5.0, 5.0])]], "sum")
    assert as_text([table], 2).splitlines() == [
        "      1  …    4  sum",
        "w0  0.0  …  3.0  6.0",
        "⋮     ⋮  ⋮    ⋮    ⋮",
        "w3  3.0  …  3.0  9.0",
        "b   0.0  …  5.0  5.0",
    ]
    assert r"\begin{array}{l|rrrr}  & 1 & \cdots & 4 & \text{sum} \\ \hline" in as_latex([table], 2)


def test_formulas_have_a_text_without_commands() -> None:
    told = formula(r"\frac{\partial C}{\partial c_{t+1}} \odot \left(1 - \tanh^2\left(c_t\right)\right) + \nabla_t")
    assert told.text == "∂C/∂cₜ₊₁ ∘ (1 - tanh²(cₜ)) + ∇ₜ"


def test_names_are_escaped() -> None:
    latex = as_latex([Words(name_sign("my_net}$")), Line(sign("x"), (words("nothing"),))])
    assert r"my\_net\}\$" in latex
    assert not re.search(r"(?<!\\)[$_]", latex.replace("{aligned}", ""))


def test_the_letter_of_the_only_layer_has_no_number() -> None:
    assert layer_sign("δ", 0, r"\delta") == Sign("δ", r"\delta")
    assert layer_sign("z", 0) == Sign("z", "z")
