"""What a row needs outside of its own definition: the places that hold something for each row, and what to write there.

A new row is named here together with every place that does not know it. What is in no place follows from the row
alone: the function of the package at run time, the method, the picture, the LaTeX, and the tests of every row.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from autograd_core import Op, Value, public
from autograd_core.commands import expression
from autograd_core.graph import documentation
from autograd_core.table import activations, comparisons, gated, lengths, ops, powers, sequences, special
from autograd_core.table.op import REAL, Recorder
from autograd_core.table.precedence import Precedence
from autograd_core.testing.programs import programs
from autograd_core.testing.rows import array_frameworks
from autograd_core.testing.truths.meanings import MEANINGS
from viz.words import readings, symbolic

ROOT: Final = Path(__file__).parents[1]
ERRORS: Final = (ROOT / "autograd_core" / "testing" / "rows" / "accuracy_table.txt").read_text(encoding="utf-8")
POINTS: Final = (ROOT / "tests" / "autograd_core" / "table" / "test_awkward_points.py").read_text(encoding="utf-8")

MODULES: Final = (ops, powers, special, activations, gated, comparisons, sequences, lengths)
ROWS: Final = sorted(
    {row for module in MODULES for row in vars(module).values() if type(row) is Op}, key=lambda row: str(row.name)
)


class Place(NamedTuple):
    """A place outside of the rows that holds something for each of them.

    Attributes:
        lacks: what a row lacks that is not there.
        advice: where and how to add it; `{name}` is the name of the row.
        holds: whether the place knows the row.
        concerns: whether it should.
        without: rows that are not there, and why.
    """

    lacks: str
    advice: str
    holds: Callable[[Op], bool]
    concerns: Callable[[Op], bool]
    without: Mapping[str, str] = {}


def every(op: Op) -> bool:
    return True


def is_public(op: Op) -> bool:
    """Whether it is a function for users; Python's operators are none, but for the power, which `math` has, too."""
    return not op.internal and (not is_sign(op) or op.name == "pow")


def is_sign(op: Op) -> bool:
    return not op.symbol.isidentifier()


def is_composed(op: Op) -> bool:
    """Whether it is written with operators and not as a call, so that formulas can take it apart."""
    return op.precedence != Precedence.CALL


def has_method(op: Op) -> bool:
    """Whether a method or an operator is written out, so that type checkers and editors know it."""
    names = {op.name, f"__{op.name}__"}
    return any(names & vars(base).keys() for base in Value.__mro__ if base is not Recorder)


PLACES: Final = (
    Place(
        "public name",
        "assign it to `{name}` in autograd_core/public.py, or state internal=True in the row",
        lambda op: op.name in vars(public),
        is_public,
    ),
    Place(
        "entry in __all__",
        'add "{name}" to it in autograd_core/public.py',
        lambda op: op.name in public.__all__ or hasattr(builtins, op.name),
        is_public,
    ),
    Place(
        "method that type checkers see",
        "write `def {name}(self)` among the methods of Operand",
        has_method,
        lambda op: op.arity == 1 and not op.internal,
        {"gelu_tanh": 'it is written x.gelu(approximate="tanh")'},
    ),
    Place(
        "sentence about it",
        'state about="..." in the row, or write the method `{name}` among those of Operand, with a docstring',
        lambda op: documentation.sentence(op) != "",
        every,
    ),
    Place(
        "sign in the texts of commands",
        "add it to BINARY or UNARY in autograd_core/commands/expression.py",
        lambda op: op.name in {*expression.BINARY.values(), *expression.UNARY.values()},
        is_sign,
    ),
    Place(
        "sign in printed programs",
        "add it to OPERATORS in autograd_core/testing/programs/programs.py",
        lambda op: op.name in programs.OPERATORS,
        is_sign,
    ),
    Place(
        "meaning in mathematics",
        "add it to MEANINGS in autograd_core/testing/truths/meanings.py",
        lambda op: op.name in MEANINGS,
        every,
    ),
    Place(
        "awkward points",
        "add them to TABLE_OF_POINTS in tests/autograd_core/table/test_awkward_points.py",
        lambda op: f'("{op.name}", (' in POINTS,
        every,
    ),
    Place(
        "reading in formulas",
        "add it to MEANINGS in viz/words/readings.py, or to `without` here, with the reason",
        lambda op: op.name in readings.MEANINGS or op.name in readings.OF_MANY,
        is_composed,
        {
            "mod": "no sum or product",
            "exp": "what formulas are made of",
            "exp2": "written as such",
            "lgamma": "written as such",
            "logsigmoid": "written as such",
        },
    ),
    Place(
        "spelling in SymPy",
        "add it to SPELLINGS in viz/words/symbolic.py, or to `without` here, with the reason",
        lambda op: op.name in symbolic.SPELLINGS,
        every,
    ),
    Place(
        "counterpart in PyTorch or JAX",
        "add it to SPELLINGS in autograd_core/testing/rows/array_frameworks.py, or to ALONE there, if none has it",
        lambda op: op.name in array_frameworks.SPELLINGS or op.name in array_frameworks.ALONE,
        lambda op: not op.internal,
    ),
    Place(
        "line in the table of largest errors",
        "measure it with ACCURACY=write pytest tests/autograd_core/table/test_accuracy.py",
        lambda op: f"\n{op.name} " in ERRORS or f"\n{op.name}(" in ERRORS,
        every,
    ),
)


def lacking(op: Op) -> Iterator[str]:
    """What a row lacks, and the way out."""
    for place in PLACES:
        if place.concerns(op) and not place.holds(op) and op.name not in place.without:
            yield f"op {op.name!r} has no {place.lacks}: {place.advice.format(name=op.name)}"


@pytest.mark.parametrize("op", ROWS, ids=lambda op: str(op.name))
def test_every_place_knows_the_row(op: Op) -> None:
    if missing := list(lacking(op)):
        pytest.fail("\n".join(missing), pytrace=False)


def test_a_row_that_no_place_knows_is_told_of_every_place() -> None:
    sign = Op("unheard", 1, abs, (abs,), "~", "{0}", Precedence.SIGN, (REAL,), ((-1.0, 1.0),), None)
    function = Op("unheard", 1, abs, (abs,), "unheard", "{0}", Precedence.CALL, (REAL,), ((-1.0, 1.0),), None)
    told = {*lacking(sign), *lacking(function)}
    assert len(told) == len(PLACES)
    assert (
        "op 'unheard' has no meaning in mathematics: add it to MEANINGS in autograd_core/testing/truths/meanings.py"
        in told
    )


def test_an_internal_row_has_no_public_name() -> None:
    internal = {op.name for op in ROWS if op.internal}
    assert not internal.intersection(vars(public))


def test_no_exception_is_idle() -> None:
    names = {op.name: op for op in ROWS}
    assert not array_frameworks.ALONE & array_frameworks.SPELLINGS.keys()
    assert not array_frameworks.ALONE.difference(names)
    assert not [name for place in PLACES for name in place.without if place.holds(names[name])]
