"""Messages about calls whose arguments do not fit, and that compiled functions give them."""

from collections.abc import Callable, Iterator
from inspect import Signature, signature
from pathlib import Path
from typing import Any, Final

import pytest

from autograd_core import OperandTypeError, Value, build_info, calls, clamp, define_op, exp, norm, softmax
from autograd_core.calls import misfit, refusal
from build_hook import build_hook

X: Final = Value(2.0)

COMPILED: Final[dict[str, Callable[..., Any]]] = {
    "expected Value(data, label=''), got an unexpected keyword argument 'lable'; did you mean 'label'?": (
        lambda f=Value: f(1.0, lable="a")
    ),
    "expected Value(data, label=''), got no argument 'data'": lambda f=Value: f(),
    "expected Value(data, label=''), got 3 by position": lambda f=Value: f(1.0, "a", "b"),
    "expected clamp(x, low, high, /), got an unexpected keyword argument 'hi'; give every argument by its position": (
        lambda f=clamp: f(1.0, hi=2.0)
    ),
    "expected softmax(xs), got an unexpected keyword argument 'dim'; it takes one list of numbers; call it for each "
    "row": lambda f=softmax: f([1.0], dim=0),
    "expected norm(xs, p=2.0), got multiple values for argument 'xs'": lambda f=norm: f([1.0], xs=[2.0]),
    "expected define_op(name, forward, *derivatives, …), got an unexpected keyword argument 'sybmol'; did you mean "
    "'symbol'?": lambda f=define_op: f("own", exp, exp, sybmol="o"),
    "expected define_op(name, forward, *derivatives, …), got an unexpected keyword argument 'colour'; "
    "help(define_op) describes all arguments": lambda f=define_op: f("own", exp, exp, colour="red"),
    "expected define_op(name, forward, *derivatives, …), got no argument 'forward'": lambda f=define_op: f("own"),
    "expected backward(gradient=1.0, create_graph=False, allow_stale=False), got an unexpected keyword argument "
    "'retain_graph'; a graph is kept as long as a variable holds its result": lambda f=X.backward: f(retain_graph=True),
    "expected backward(gradient=1.0, create_graph=False, allow_stale=False), got an unexpected keyword argument "
    "'creat_graph'; did you mean 'create_graph'?": lambda f=X.backward: f(creat_graph=True),
}
"""Wrong calls of compiled functions by their messages."""


def several(a: float, /, b: float, *rest: float, c: float, d: float = 0.0) -> None:
    """A function with parameters of every kind but one."""


@pytest.mark.parametrize(
    ("count", "keywords", "reason"),
    [
        (2, ["c"], ""),
        (5, ["c", "d"], ""),
        (1, ["b", "c"], ""),
        (1, ["c"], "got no argument 'b'"),
        (2, [], "got no argument 'c'"),
        (2, ["b", "c"], "got multiple values for argument 'b'"),
        (1, ["B", "c"], "got an unexpected keyword argument 'B'; did you mean 'b'?"),
        (0, ["a", "b", "c"], "got an unexpected keyword argument 'a'"),
        (2, ["c", "colour"], "got an unexpected keyword argument 'colour'"),
    ],
)
def test_the_reason_is_that_of_python(count: int, keywords: list[str], reason: str) -> None:
    expected = reason and f"expected several(a, /, b, *rest, c, d=0.0), {reason}"
    bare = Signature([p.replace(annotation=p.empty) for p in signature(several).parameters.values()])
    assert misfit("several", bare, count, keywords) == expected


@pytest.mark.parametrize("message", COMPILED)
def test_a_compiled_function_says_what_is_wrong_with_its_arguments(message: str) -> None:
    if not build_info().compiled:
        pytest.skip("plain functions have the messages of Python")
    with pytest.raises(OperandTypeError) as raised:
        COMPILED[message]()
    assert str(raised.value) == message


def test_an_error_inside_a_compiled_function_stays_as_it_is() -> None:
    def numbers() -> Iterator[float]:
        raise TypeError("no numbers")
        yield 1.0

    with pytest.raises(TypeError, match="no numbers"):
        softmax(numbers())


@pytest.mark.parametrize(("owner", "function"), [(3, "missing"), (object(), "__call__"), (min, "__call__")])
def test_without_a_signature_nothing_is_said(owner: object, function: str) -> None:
    assert refusal(owner, function, 1, None) == ""


# ---- Functions of plain Python ---------------------------------------------------------------------------------------


class Base:
    """A class of this project, for the test."""

    __module__ = "nn.example"

    def __init__(self, size: int, seed: int = 0) -> None:
        self.size = size + seed


class Derived(Base):
    """A class that inherits its constructor."""

    __module__ = "nn.example"


calls.explain_constructors([Derived, Derived, 3])


@calls.explained("write area(2.0, 3.0)")
def area(width: float, height: float) -> float:
    """A function that is explained."""
    return width * height


def test_a_decorated_function_shows_what_it_takes_and_what_to_write() -> None:
    with pytest.raises(OperandTypeError) as raised:
        area(2.0)  # type: ignore[call-arg]
    assert str(raised.value) == "expected area(width, height), got no argument 'height'; write area(2.0, 3.0)"
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_an_error_inside_a_decorated_function_stays_as_it_is() -> None:
    with pytest.raises(TypeError, match="can't multiply sequence by non-int of type 'str'"):
        area("a", "b")  # type: ignore[arg-type]


def test_a_decorated_function_keeps_its_signature_and_its_result() -> None:
    assert str(signature(area)) == "(width: float, height: float) -> float"
    assert area(2.0, height=3.0) == 6.0


def test_a_constructor_names_the_class_that_was_called() -> None:
    with pytest.raises(OperandTypeError, match=r"^expected Derived\(size, seed=0\), .* 'rng'; did you mean 'seed'\?$"):
        Derived(3, rng=1)  # type: ignore[call-arg]
    assert Derived(3, seed=1).size == 4


@pytest.mark.parametrize(("keyword", "known", "hint"), [
    ("hihg", ["high"], "did you mean 'high'?"),
    ("learning_rate", ["params", "lr"], "did you mean 'lr'?"),
    ("learning_rate", ["epochs"], "the optimiser has the learning rate: nn.optim.SGD(model.parameters(), lr=0.1)"),
    ("batch_size", ["samples", "size"], "did you mean 'size'?"),
    ("batch_size", ["batches"], "nn.data.Batches(samples, 10) makes batches"),
    ("colour", ["epochs"], ""),
])  # fmt: skip
def test_a_keyword_of_another_package_leads_to_ours(keyword: str, known: list[str], hint: str) -> None:
    assert calls.near_keyword(keyword, known) == hint


# ---- The build -------------------------------------------------------------------------------------------------------

CODE: Final = """
    if (!CPyArg_ParseStackAndKeywordsSimple(args, nargs, kwnames, &parser, &obj_weights)) {
        return NULL;
    }
    if (!CPyArg_ParseStackAndKeywords(args, PyVectorcall_NARGS(nargs), kwnames, &parser, &obj_inputs, NULL)) {
        return NULL;
    }
    if (!CPyArg_ParseTupleAndKeywords(args, kw, "O|O", "__init__", kwlist, &obj_data, &obj_label)) {
        return NULL;
    }
"""


def test_c_code_asks_for_the_message_where_arguments_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "__native_engine.c"
    path.write_text(CODE, encoding="utf-8")
    build_hook().explain_refusals(tmp_path)
    by_position = "return calls_refused(self, parser.fname, PyVectorcall_NARGS(nargs), kwnames);"
    of_class = 'return calls_refused(self, "__init__", PyTuple_GET_SIZE(args), kw);'
    returns = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if "return" in line]
    assert returns == [by_position, by_position, of_class]


@pytest.mark.parametrize("code", ["", CODE.replace("return NULL", "goto fail"), CODE.replace("&parser", "parser")])
def test_c_code_of_another_form_ends_the_build(tmp_path: Path, code: str) -> None:
    (tmp_path / "__native_engine.c").write_text(code, encoding="utf-8")
    with pytest.raises(ValueError, match="expected a return where the C code of mypyc cannot read arguments"):
        build_hook().explain_refusals(tmp_path)
