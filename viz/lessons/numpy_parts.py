"""Pieces of NumPy source: arrays with exact numbers, activations as functions, and gradients by name."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from autograd_core import Value
from viz.lessons.formulas import FORMS, filled, helpers_for
from viz.lessons.matrices import Matrix
from viz.network.activation import Activation, Operand, Result, Step
from viz.text import printable

WIDTH: Final = 100
"""Most characters of a line of numbers."""

_CALL: Final = re.compile(r"([\w.]+)\(\{0\}\)")

_VARIABLE: Final = re.compile(r"\b(z|[ad]\d+)\b")


def array(numbers: Sequence[float]) -> str:
    """A vector as an expression that gives the same numbers.

    >>> array([0.1, 2.0])
    'np.array([0.1, 2.0])'
    """
    return f"np.array([{_row(numbers)}])"


def matrix(rows: Matrix) -> str:
    """A matrix as an expression that gives the same numbers, a row on each line."""
    lines = "".join(f"    [{_row(row)}],\n" for row in rows)
    return f"np.array([\n{lines}])"


def _row(numbers: Sequence[float]) -> str:
    lines = [""]
    for x in numbers:
        if len(lines[-1]) > WIDTH:
            lines.append("")
        lines[-1] += f"{literal(x)}, "
    return "\n     ".join(line.rstrip() for line in lines).removesuffix(",")


def literal(x: float) -> str:
    """A number as an expression that gives the same number.

    >>> literal(-0.1), literal(float("-inf"))
    ('-0.1', '-np.inf')
    """
    return repr(x).replace("inf", "np.inf").replace("nan", "np.nan")


def comment(text: str) -> str:
    """Foreign text that is safe in a comment and in a docstring.

    >>> print(comment("Net" + chr(34) * 3 + chr(10)))
    Net'''/n
    """
    return printable(text).replace('"', "'").replace("\\", "/")


# ---- Activations -----------------------------------------------------------------------------------------------------


class Function(NamedTuple):
    """An activation as it is called in the source; no name stands for the identity."""

    name: str
    slope: str


def functions_for(activations: Iterable[Activation]) -> dict[Activation, Function]:
    """A name for each activation that the source can compute, in their order.

    An activation with an op that has no row in `FORMS` is left out.
    """
    found: dict[Activation, Function] = {}
    for activation in dict.fromkeys(activations):
        if all(map(_is_known, activation)):
            name = _name(activation, [function.name for function in found.values()])
            found[activation] = Function(
                _called(activation, "value") or name, _called(activation, "slope") or (name and f"{name}_derivative")
            )
    return found


def _called(activation: Activation, what: str) -> str:
    """The function of NumPy or the helper that an activation or its derivative is; "" if it is none."""
    if len(activation) != 1:
        return ""
    form = FORMS[activation[0].op.name]
    found = _CALL.fullmatch(form.value if what == "value" else form.slopes[0])
    return found[1] if found else ""


def _is_known(step: Step) -> bool:
    """Whether there is a formula for the op, and for its derivative with respect to all that depends on z."""
    form = FORMS.get(step.op.name)
    return form is not None and not any(isinstance(x, Result) for x in step.inputs[len(form.slopes) :])


def _name(activation: Activation, taken: Sequence[str]) -> str:
    if not activation:
        return ""
    stem = activation[0].op.name if len(activation) == 1 else "activation"
    return next(name for name in (stem_at(stem, i) for i in range(len(taken) + 1)) if name not in taken)


def stem_at(stem: str, index: int) -> str:
    """A name that is not taken; `sigmoid` is that of a helper, so that the activation is called so, too."""
    return f"{stem}_{index + 1}" if index else stem


def applied(activations: Sequence[Activation], z: str, functions: Mapping[Activation, Function], *, slope: bool) -> str:
    """The activations of a layer, or their derivatives, at `z`; "" if there is no formula for one of them."""
    called = [functions.get(activation) for activation in activations]
    known = [function for function in called if function is not None]
    if len(known) < len(called):
        return ""
    if len(set(known)) == 1:
        name = known[0].slope if slope else known[0].name
        return f"{name}({z})" if name else f"np.ones_like({z})" if slope else z
    names = ", ".join((f.slope or "np.ones_like") if slope else (f.name or "np.copy") for f in known)
    return f"np.array([float(f(x)) for f, x in zip([{names}], {z})])"


def definitions(functions: Mapping[Activation, Function], source: str) -> str:
    """The source of the activations and of the helpers that they and a source use."""
    written = [_definition(activation, function) for activation, function in functions.items() if activation]
    helpers = helpers_for("".join([*written, source]))
    return "\n".join([*helpers, *(text for text in written if text)])


def _definition(activation: Activation, function: Function) -> str:
    """The functions of an activation that are not there already."""
    lines = _value_lines(activation)
    value = [f"def {function.name}(z):", *lines, f"    return {_variable(len(activation))}"]
    slopes, last = _slope_lines(activation)
    slope = [f"def {function.slope}(z):", *(lines if len(activation) > 1 else ()), *slopes, f"    return {last}"]
    if len(activation) == 1:
        value = [value[0], f"    return {lines[0].partition(' = ')[2]}"]
        slope = [slope[0], *(lines if re.search(r"\ba1\b", last) else ()), slope[-1]]
    both = [] if _called(activation, "value") else [value]
    both += [] if _called(activation, "slope") else [slope]
    return "\n\n".join("\n" + "\n".join(one) + "\n" for one in both)


def _value_lines(activation: Activation) -> list[str]:
    return [
        f"    {_variable(index)} = {filled(FORMS[step.op.name].value, map(_operand, step.inputs))}"
        for index, step in enumerate(activation, start=1)
    ]


def _slope_lines(activation: Activation) -> tuple[list[str], str]:
    """The derivatives of the steps with respect to z, each from those before it; and the expression of the last."""
    lines: list[str] = []
    names = {0: ""}
    last = "np.zeros_like(z)"
    for index, step in enumerate(activation, start=1):
        terms = []
        for place, operand in enumerate(step.inputs):
            if isinstance(operand, Result):
                own = filled(FORMS[step.op.name].slopes[place], map(_operand, step.inputs), _variable(index))
                before = names[operand.place]
                terms.append(f"({own}) * {before}" if before else own)
        last = " + ".join(terms) or last
        names[index] = f"d{index}"
        if index < len(activation):
            lines.append(f"    d{index} = {last}")
    return lines, last if _VARIABLE.search(last) else f"np.full_like(z, {last})"


def _variable(index: int) -> str:
    return f"a{index}" if index else "z"


def _operand(operand: Operand) -> str:
    if isinstance(operand, Result):
        return _variable(operand.place)
    return array(operand) if isinstance(operand, tuple) else literal(operand)


# ---- Names -----------------------------------------------------------------------------------------------------------


def by_name(name: str, gradient: str, rows: Sequence[Sequence[str | None]], *, is_vector: bool) -> str:
    """Statements that put the numbers of an array into a dictionary under the names of parameters.

    Args:
        name: the dictionary.
        gradient: the array.
        rows: the names, shape `(n, m)`; None for an entry that is no parameter.
        is_vector: whether the array has the shape `(n,)` and not `(n, 1)`.
    """
    pattern = _pattern(rows)
    at = "i" if is_vector else "i, j"
    loops = f"for i in range({len(rows)})" + ("" if is_vector else f" for j in range({len(rows[0])})")
    if pattern:
        return f'{name} |= {{f"{pattern}": float({gradient}[{at}]) {loops}}}\n'
    lines = [
        f"    {name!r}: float({gradient}[{i if is_vector else f'{i}, {j}'}]),\n"
        for i, row in enumerate(rows)
        for j, name in enumerate(row)
        if name is not None
    ]
    return f"{name} |= {{\n{''.join(lines)}}}\n"


def unused(name: str, names: Mapping[int, str], used: Iterable[Value]) -> str:
    """Statements that put 0 into a dictionary for the parameters that are not used; "" if all are.

    Args:
        name: the dictionary.
        names: the names of all parameters, by their identity.
        used: the parameters that are used.
    """
    known = set(map(id, used))
    left = [text for identity, text in names.items() if identity not in known]
    if not left:
        return ""
    lines = "".join(f"    {text!r},\n" for text in left)
    return f"{name} |= dict.fromkeys([  # the cost does not depend on these\n{lines}], 0.0)\n"


def _pattern(rows: Sequence[Sequence[str | None]]) -> str:
    """The names as a format of `i` and `j`; "" if they do not follow one."""
    parts = [[name.split(".") if name else [] for name in row] for row in rows]
    first, pieces = parts[0][0], []
    if len({len(one) for row in parts for one in row}) != 1 or not first:
        return ""
    for k, piece in enumerate(first):
        start = int(piece) if piece.isdecimal() else 0
        given = [(i, j, one[k]) for i, row in enumerate(parts) for j, one in enumerate(row)]
        if all(text == piece for _, _, text in given) and f"_{piece}".isidentifier():
            pieces.append(piece)
        elif all(text == str(i + start) for i, _, text in given):
            pieces.append(_shifted("i", start))
        elif all(text == str(j + start) for _, j, text in given):
            pieces.append(_shifted("j", start))
        else:
            return ""
    return ".".join(pieces)


def _shifted(letter: str, start: int) -> str:
    return f"{{{letter} + {start}}}" if start else f"{{{letter}}}"
