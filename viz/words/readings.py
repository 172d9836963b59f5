"""Graphs read as terms: what each op means in sums, products, powers and a few functions.

The meaning of an op is a text, in the notation of the textbook derivatives in the rows: the input is `x`, several are
`a`, `b` and so on, and the output is `y`. An op without a meaning here is a function that the formula names.
"""

import ast
import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any, Final

from autograd_core import TABLE, InputError, Op, Value
from viz.words.algebra import LARGEST_EXPONENT, Algebra
from viz.words.constants import KNOWN
from viz.words.terms import PI, SHIFT, SYMBOL, Term

LETTERS: Final = "abcdefgh"
"""The names of several inputs in a text."""

MEANINGS: Final = {
    "add": "a + b",
    "sub": "a - b",
    "mul": "a * b",
    "div": "a / b",
    "neg": "-x",
    "pos": "x",
    "pow": "a ** b",
    "pow_dx": "b * a ** (b - 1)",
    "pow_dp": "a ** b * log(a)",
    "square": "x**2",
    "reciprocal": "1 / x",
    "fma": "a * b + c",
    "expm1": "exp(x) - 1",
    "exp_difference": "exp(a) / shift(b)",
    "exp_quotient": "exp(a / b)",
    "exp_quotient_da": "exp(a / b) / b",
    "exp_quotient_db": "-a * exp(a / b) / b**2",
    "log1p": "log(1 + x)",
    "log_base_db": "-log(a) / (b * log(b) ** 2)",
    "log_fma": "a * log(b) + c",
    "cauchy": "b / (a**2 + b**2)",
    "cauchy_da": "-2 * a * b / (a**2 + b**2) ** 2",
    "cauchy_db": "(a**2 - b**2) / (a**2 + b**2) ** 2",
    "gaussian": "exp(-(x**2))",
    "silu": "x * sigmoid(x)",
    "gelu": "x * normal_cdf(x)",
    "mish": "x * tanh(softplus(x))",
    "gelu_tanh": "x * sigmoid(2 * sqrt(2 / pi) * (x + 0.044715 * x**3))",
    "gaussian_slope": "-2 * x * exp(-(x**2))",
    "scaled_gaussian": "a * exp(-(b**2))",
    "scaled_normal_pdf": "a * normal_pdf(b)",
    "celu_slope": "(1 - a / b) * exp(a / b) - 1",
    "sech_squared": "1 / cosh(x) ** 2",
    "sigmoid_slope": "sigmoid(x) * sigmoid(-x)",
    "silu_slope": "sigmoid(x) * (1 + x * sigmoid(-x))",
    "mish_slope": "tanh(softplus(x)) + x * sigmoid(x) * (1 - tanh(softplus(x)) ** 2)",
    "gelu_slope": "normal_cdf(x) + x * normal_pdf(x)",
    "normal_pdf_slope": "-x * normal_pdf(x)",
    "softsign": "x / (1 + abs(x))",
    "tanhshrink": "x - tanh(x)",
    "degrees": "180 / pi * x",
    "radians": "pi / 180 * x",
}
"""What ops with a fixed number of inputs mean."""


def _added(algebra: Algebra, xs: Sequence[Term]) -> Term:
    return algebra.sum((x, 1) for x in xs)


def _multiplied(algebra: Algebra, xs: Sequence[Term]) -> Term:
    return algebra.product((x, 1) for x in xs)


def _dotted(algebra: Algebra, xs: Sequence[Term]) -> Term:
    half = len(xs) // 2
    return algebra.sum((x * y, 1) for x, y in zip(xs[:half], xs[half:], strict=True))


def _length(algebra: Algebra, xs: Sequence[Term]) -> Term:
    return algebra.call("sqrt", [algebra.sum((x**2, 1) for x in xs)])


def _p_norm(algebra: Algebra, xs: Sequence[Term]) -> Term:
    p, *terms = xs
    return power(algebra.sum((power(algebra.call("abs", [x]), p), 1) for x in terms), p**-1)


def _deviation(algebra: Algebra, xs: Sequence[Term]) -> Term:
    freedom, *terms = xs
    mean = algebra.sum((x, Fraction(1, len(terms))) for x in terms)
    return algebra.call("sqrt", [algebra.sum(((x - mean) ** 2, 1) for x in terms) / freedom])


OF_MANY: Final[dict[str, Callable[[Algebra, Sequence[Term]], Term]]] = {
    "sum": _added,
    "fsum": _added,
    "prod": _multiplied,
    "dot": _dotted,
    "sumprod": _dotted,
    "hypot": _length,
    "p_norm": _p_norm,
    "deviation": _deviation,
}
"""What ops with any number of inputs mean."""


def power(base: Term, exponent: Term) -> Term:
    """A power; only a whole exponent makes it a product, and that of a half a square root."""
    algebra, number = base.algebra, exponent.number
    if base is algebra.call("exp", [algebra.one]):
        return algebra.call("exp", [exponent])
    if number is None:
        return algebra.call("pow", [base, exponent])
    if number.denominator == 1 and abs(number) <= LARGEST_EXPONENT:
        return base ** int(number)
    if number < 0:
        return power(base, -exponent) ** -1
    return algebra.call("sqrt", [base]) if number * 2 == 1 else algebra.call("pow", [base, exponent])


OPERATORS: Final[dict[type[ast.operator], Callable[[Term, Term], Term]]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: power,
}


ARITHMETIC: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: lambda a, b: TABLE["square"](a) if b == 2 else a**b,
}


@cache
def _tree(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def names_of(inputs: Sequence[Term]) -> dict[str, Term]:
    """The inputs of an op by their names in texts about it: `x`, or `a`, `b` and so on for several."""
    return dict(zip(LETTERS if len(inputs) > 1 else "x", inputs, strict=False))


def read(text: str, inputs: Sequence[Term], output: Term | None = None) -> Term:
    """A text with terms for its names.

    Raises:
        InputError: if the text is no formula of the inputs and the output; it is one of a row that a user defined.
    """
    names = names_of(inputs)
    names["pi"] = inputs[0].algebra.symbol(PI)
    if output:
        names["y"] = output
    try:
        return _read(_tree(text), names, inputs[0].algebra)
    except (KeyError, SyntaxError, TypeError) as error:
        known = ", ".join(names)
        raise InputError(
            f"expected as textbook derivative a formula of {known} and ops, such as '1 - y**2'; got {text!r} ({error})"
        ) from None


def _read(tree: ast.expr, names: Mapping[str, Term], algebra: Algebra) -> Term:
    match tree:
        case ast.Name(id=name):
            return names[name]
        case ast.Constant(value=number):
            return algebra.term(number)
        case ast.UnaryOp(operand=operand):
            return -_read(operand, names, algebra)
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)](_read(left, names, algebra), _read(right, names, algebra))
        case ast.Call(func=ast.Name(id=name), args=args):
            inputs = [_read(x, names, algebra) for x in args]
            return algebra.call(SHIFT if name == "shift" else name, inputs)
    raise TypeError(f"a text of a row has {ast.unparse(tree)!r}, which is not read")


def on_values(text: str, inputs: Sequence[Value | float]) -> Value:
    """A text with Values for its names."""
    value: Value = _on_values(_tree(text), dict(zip(LETTERS if len(inputs) > 1 else "x", inputs, strict=False)))
    return value


def _on_values(tree: ast.expr, names: Mapping[str, Any]) -> Any:
    match tree:
        case ast.Name(id=name):
            return names[name]
        case ast.UnaryOp(operand=operand):
            return -_on_values(operand, names)
        case ast.BinOp(left=left, op=op, right=right):
            return ARITHMETIC[type(op)](_on_values(left, names), _on_values(right, names))
        case ast.Call(func=ast.Name(id=name), args=args):
            return TABLE[name](*[_on_values(x, names) for x in args])
    return ast.literal_eval(tree)


def constant(number: float, algebra: Algebra) -> Term:
    """A float of a graph or a row as a term: by what it stands for, if that is known, else as a decimal."""
    text = KNOWN.get(number)
    return read(text, [algebra.one]) if text else algebra.term(number)


def meaning(op: Op, inputs: Sequence[Term], point: tuple[float, ...] = ()) -> Term:
    """An op applied to terms, by its meaning; at a kink by its name, because only its row has the derivative."""
    algebra = inputs[0].algebra
    at_a_kink = bool(point) and op.kinks is not None and op.kinks(*point) == 0.0
    if TABLE.get(op.name) is op and not at_a_kink:
        if op.name in MEANINGS:
            return read(MEANINGS[op.name], inputs)
        if op.name in OF_MANY:
            return OF_MANY[op.name](algebra, inputs)
    return algebra.call(op, inputs, point)


def graph_as_terms(
    order: Sequence[Value],
    algebra: Algebra,
    known: Mapping[int, Term],
    named: Collection[int],
    *,
    at_numbers: bool,
    apart: int = 0,
) -> tuple[dict[int, Term], dict[Term, Term]]:
    """The term of each node, by identity, and what the symbols of interior nodes stand for.

    Args:
        order: the nodes, each after its inputs.
        algebra: where the terms are made.
        known: terms that some nodes are; nothing below them is needed.
        named: the interior nodes that are symbols, unless they are the same as another symbol.
        at_numbers: whether calls keep the numbers of their inputs, see `Term.point`.
        apart: the identity of a node that is a symbol of its own in any case.
    """
    terms = dict(known)
    defined: dict[Term, Term] = {}
    turned = {id(node.inputs[0]) for node in order if _is_after_its_origin(node)}
    for node in order:
        if id(node) in terms:
            continue
        if node.op is None:
            terms[id(node)] = algebra.symbol(node)
            continue
        inputs = [terms[id(x)] if isinstance(x, Value) else constant(float(x), algebra) for x in node.inputs]
        point = tuple(x.data if isinstance(x, Value) else float(x) for x in node.inputs) if at_numbers else ()
        term = read("log(x + 1)", inputs) if id(node) in turned else meaning(node.op, inputs, point)
        is_alias = term.kind == SYMBOL and isinstance(term.head, Value) and id(node) != apart
        if id(node) in named and not is_alias:
            symbol = algebra.symbol(node)
            defined[symbol] = term
            term = symbol
        terms[id(node)] = term
    return terms, defined


def _is_after_its_origin(node: Value) -> bool:
    """Whether it is a `logsumexp` whose origin is not its first input; the 1 in `log1p(x)` stands for the origin."""
    log, origin = (*node.inputs, None, None)[:2]
    if node.op is not TABLE["add"] or not isinstance(log, Value) or log.op is not TABLE["log1p"]:
        return False
    (total,) = log.inputs
    terms = total.inputs if isinstance(total, Value) and total.op is TABLE["fsum"] else [total]
    return all(isinstance(x, Value) and x.op is TABLE["exp_difference"] and x.inputs[1] is origin for x in terms)
