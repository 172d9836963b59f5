"""The rows of what is written for an op, against the op itself."""

# ruff: noqa: S102, S307 - expressions and functions of the table are run to compare them with the ops

import math
import re
from itertools import product
from typing import Any, Final

import numpy as np
import pytest

from autograd_core import TABLE, Op, Value, topological_order
from nn.layers.activations import TABLE as ACTIVATIONS
from viz.lessons.formulas import FORMS, HELPERS, filled, helpers_for
from viz.lessons.numpy_parts import definitions, functions_for
from viz.network.activation import activation_of

POINTS: Final = (-30.0, -7.5, -3.0, -2.25, -1.0, -0.5, -1e-9, 0.0, 0.25, 0.5, 1.0, 3.0, 6.0, 19.5, 40.0)
"""Far out in both directions, where short formulas cancel, and kinks."""

NAMES: Final[dict[str, Any]] = {"np": np, "math": math}
exec("".join(HELPERS.values()), NAMES)


def numbers(op: Op) -> list[tuple[float, ...]]:
    """Points in the domain of an op where it has a value."""
    others = [(low, high) for low, high in op.sample[1:]]
    firsts = [x for x in POINTS if op.domain[0][0] <= x <= op.domain[0][1]]
    found = [(x, *rest) for x in firsts for rest in product(*others)]
    return [xs for xs in found if math.isfinite(op.forward(*xs))]


def close(found: float, expected: float) -> bool:
    """All digits, even of the tails of tanh and sigmoid."""
    return math.isclose(found, expected, rel_tol=5e-14, abs_tol=1e-24)


@pytest.mark.parametrize("name", FORMS)
def test_a_row_is_the_op(name: str) -> None:
    op, form = TABLE[name], FORMS[name]
    tried = 0
    for xs in numbers(op):
        values = [Value(x) for x in xs]
        y = op(*values)
        y.backward()
        texts = [f"np.float64({x!r})" for x in xs]
        with np.errstate(all="ignore"):
            assert close(eval(filled(form.value, texts), NAMES), y.data), xs
            for index, slope in enumerate(form.slopes):
                expected = values[index].grad
                if math.isfinite(expected):
                    found = eval(filled(slope, texts, f"np.float64({y.data!r})"), NAMES)
                    assert close(found, expected), (index, xs)
                    tried += 1
    assert tried > len(form.slopes)


WORDS: Final = (
    ("½", "0.5"), ("e⁻ᶻ", "exp(-z)"), ("eᶻ", "exp(z)"), ("²", "**2"), ("³", "**3"), ("Φ", "Phi"), ("φ", "phi"),
    ("|z|", "abs(z)"), ("the sign of z", "sgn(z)"), ("tanh**2(z)", "tanh(z)**2"), ("≥", ">="), ("√(2/π)", "sqrt(2/pi)"),
)  # fmt: skip
FUNCTIONS: Final[dict[str, Any]] = {
    **{name: getattr(math, name) for name in ("exp", "tanh", "cos", "sin", "sqrt", "pi")},
    "abs": abs, "ln": math.log, "sgn": lambda z: math.copysign(1.0, z),
    "Phi": lambda z: 0.5 * math.erfc(-z / math.sqrt(2.0)),
    "phi": lambda z: math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi),
    "σ": lambda u: 1.0 / (1.0 + math.exp(-u)),
}  # fmt: skip


def evaluated(text: str, z: float, a: float) -> float:
    """The number that a formula of a textbook stands for."""
    for written, read in WORDS:
        text = text.replace(written, read)
    known = FUNCTIONS | {"z": z, "a": a, "u'": 0.0}
    text, _, definitions = text.partition(" with ")
    for one in definitions.split(", ")[::-1] if definitions else []:
        name, _, formula = one.partition(" = ")
        known[name] = eval(as_python(formula), known)
    if "up to" in text:  # the only formula of three pieces
        return 0.0 if z <= -3.0 else (2.0 * z + 3.0) / 6.0 if z < 3.0 else 1.0
    inside, _, rest = text.partition(" where ")
    condition, _, outside = rest.partition(", else ")
    if rest and not eval(condition, known):
        return float(eval(as_python(outside), known))
    return float(eval(as_python(inside), known))


def as_python(formula: str) -> str:
    """Products with signs: `a (1 - a)` is `a * (1 - a)`."""
    spaced = re.sub(r"(?<=[\w)]) (?=[(\w])", " * ", formula.strip())
    return re.sub(r"(?<=\d)(?=z\b)", " * ", spaced)


@pytest.mark.parametrize("name", [name for name, form in FORMS.items() if form.text and name != "gelu_tanh"])
def test_the_formula_of_a_textbook_is_the_derivative(name: str) -> None:
    op, form = TABLE[name], FORMS[name]
    constants = [sum(interval) / 2.0 for interval in op.sample[1:]] if name != "clamp" else [-1.0, 2.0]
    text = filled(form.text, ["z", *map(repr, constants)])
    for z in (-2.25, -0.75, 0.375, 1.25, 3.5):
        if op.domain[0][0] <= z:
            a = op.forward(z, *constants)
            expected = op.derivatives[0](z, *constants, a)
            if math.isfinite(expected):
                assert math.isclose(evaluated(text, z, a), expected, rel_tol=1e-4), (text, z)


def test_every_activation_has_rows_for_all_its_ops() -> None:
    for row in ACTIVATIONS.values():
        z = Value(0.75)
        path = [node for node in topological_order(row.function(z)) if node.op is not None]
        assert all(node.op is not None and node.op.name in FORMS for node in path), row.name
        assert len(functions_for([activation_of(z, path)])) == 1
        assert all(FORMS[node.op.name].text for node in path if node.op is not None), row.name


def test_an_op_without_a_row_has_no_function() -> None:
    z = Value(0.75)
    assert functions_for([activation_of(z, [z.erf()])]) == {}


def test_helpers_are_defined_before_they_are_used() -> None:
    for name in HELPERS:
        exec("".join(helpers_for(f"{name}(z)")), {"np": np, "math": math})


def test_activations_by_hand_are_functions_with_their_derivative() -> None:
    z = Value(0.75)
    power = (-z).exp()
    below = power + 1.0
    activation = activation_of(z, [power.inputs[0], power, below, 1.0 / below])
    functions = functions_for([activation])
    names: dict[str, Any] = dict(NAMES)
    exec(definitions(functions, ""), names)
    function = functions[activation]
    a = 1.0 / (1.0 + math.exp(-0.75))
    assert math.isclose(names[function.name](0.75), a, rel_tol=1e-15)
    assert math.isclose(names[function.slope](0.75), a * (1.0 - a), rel_tol=1e-14)
