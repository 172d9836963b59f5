"""Everything has its docstring and its signature, compiled as in plain Python."""

from __future__ import annotations

import doctest
import importlib.util
import inspect
import json
import os
import pydoc
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NoReturn

import pytest

import autograd_core
import documented
import nn
from autograd_core import TABLE, Op, OperandTypeError, Value, atan2, clamp, companions, define_op, grad, tanh
from documented import Documented

ROOT: Final = Path(__file__).parents[2]
RECORD: Final = Path(autograd_core.__file__).parent / "build_record.txt"
MODULES: Final = re.findall(r"^module (\S+) ", RECORD.read_text("utf-8"), re.MULTILINE) if RECORD.exists() else []

VALUE: Final[Any] = Value
"""For names that type checkers do not know: methods that rows add."""

GRU: Final = """(input_size, hidden_size, num_layers=1, *, dropout=0.0, bidirectional=False, truncate=None, rng=None, \
bias=True)"""

FIT: Final = """(model, loss, batches, optimizer, *, epochs=1, validation=None, early_stopping=None, clip_norm=None, \
clip_value=None, noise=None, rng=None, watch=True, progress=False, checkpoint=None, every=None, resume=False, \
resume_changed=False, on_step=None, callbacks=())"""

needs_compiled = pytest.mark.skipif(not autograd_core.build_info().compiled, reason="nothing is compiled here")


@cache
def listing(pure: str) -> dict[str, Documented]:
    """What a new interpreter finds documented, in the build that runs or in plain Python."""
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-P", documented.__file__, *MODULES],
        env={**os.environ, "AUTOGRAD_CORE_PURE": pure, "PYTHONPATH": paths, "PYTHONUTF8": "1"},
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    return {name: Documented(*texts) for name, texts in json.loads(done.stdout).items()}


@needs_compiled
def test_both_builds_document_the_same() -> None:
    compiled, plain = listing("0"), listing("1")
    assert len(plain) > 2000
    assert compiled.keys() == plain.keys()
    different = {name: (compiled[name], texts) for name, texts in plain.items() if compiled[name] != texts}
    # Compiled, this class has the signature of Value, because Python finds signatures by the name of the class.
    assert different.keys() == {"autograd_core.graph.value.Result"}, different


@pytest.mark.parametrize("package", [*documented.PACKAGES, "nn.optim", "nn.schedules", "nn.data"])
def test_every_attribute_has_a_docstring_or_stands_in_that_of_its_class(package: str) -> None:
    missing = []
    for name, kind in documented.named([package]).items():
        ours = [base for base in getattr(kind, "__mro__", ()) if companions.is_ours(base.__module__)]
        told = set(re.findall(r"\w+", " ".join(inspect.getdoc(base) or "" for base in ours)))
        fields = {key for base in ours for key in getattr(base, "__dataclass_fields__", ())}
        described = {key for base in ours for key in vars(base) if inspect.isdatadescriptor(vars(base)[key])}
        for key in fields | described:
            text = inspect.getdoc(getattr(kind, key, None)) if key in described else ""
            if not key.startswith("_") and not text and key not in told:
                missing.append(f"{name}.{key}")
    assert not missing


@pytest.mark.parametrize("package", documented.PACKAGES)
def test_every_public_name_has_a_docstring_and_a_signature(package: str) -> None:
    names = documented.named([package])
    texts = {name: documented.documented(thing) for name, thing in names.items()}
    assert [name for name, text in texts.items() if not text.docstring] == []
    assert [name for name, text in texts.items() if "Error: " in text.signature] == []


@pytest.mark.parametrize(
    ("thing", "signature"),
    [
        (tanh, "(x, /)"),
        (atan2, "(y, x, /)"),
        (clamp, "(x, low, high, /)"),
        (autograd_core.hypot, "(*xs)"),
        (autograd_core.where, "(condition, a, b, /)"),
        (autograd_core.log_base, "(x, base, /)"),
        (autograd_core.copysign, "(x, sign, /)"),
        (autograd_core.leaky_relu, "(x, negative_slope=0.01)"),
        (autograd_core.softmax, "(xs)"),
        (Value, "(data, label='')"),
        (Value.backward, "(gradient=1.0, create_graph=False, allow_stale=False)"),
        (Value.log, "(base=None)"),
        (VALUE.clamp, "(x, low, high, /)"),
        (VALUE(1.0).clamp, "(low, high, /)"),
        (VALUE(1.0).arctan2, "(x, /)"),
        (Value(1.0).tanh, "()"),
        (grad(tanh), "(x, /)"),
        (tanh.__call__, "(*inputs)"),
        (nn.Linear.forward, "(x)"),
        (nn.LSTM.forward, "(sequence, state=None)"),
        (nn.GRU, GRU),
        (nn.fit, FIT),
    ],
)
def test_a_signature_has_the_names_and_defaults(thing: Any, signature: str) -> None:
    assert documented.signature_of(thing) == signature


@pytest.mark.parametrize(
    ("thing", "lines"),
    [
        (tanh, ["tanh(x, /)", "The hyperbolic tangent.", ">>> tanh(0.5)"]),
        (Value, ["One number in a graph", "Add the gradient of this value", "`x` from `low` to `high`", "label"]),
        (Value.grad, ["The gradient of the swept root with respect to this value"]),
        (define_op, ["define_op(", "Make a row and add it to the table"]),
        (autograd_core.Precedence, ["How tightly an op binds"]),
    ],
)
def test_help_shows_the_documentation(thing: Any, lines: list[str]) -> None:
    shown = pydoc.plain(pydoc.render_doc(thing))
    assert [line for line in lines if line not in shown] == []


# ---- Ops -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)
def test_the_docstring_of_a_row_has_its_call_a_sentence_and_a_true_example(op: Op) -> None:
    call, sentence, example = str(op.__doc__).split("\n\n")
    assert call == f"{op.name}{inspect.signature(op)}"
    assert len(inspect.signature(op).parameters) == (op.arity or 1)
    assert re.fullmatch(r"[A-Z`].*\.", sentence)
    test = doctest.DocTestParser().get_doctest(example, {op.name: op, "grad": grad}, op.name, None, None)
    assert len(test.examples) == 2
    assert doctest.DocTestRunner(verbose=False).run(test).failed == 0


def test_the_class_of_ops_keeps_its_own_documentation() -> None:
    assert str(Op.__doc__).startswith("One row of the table")
    assert len(str(Op.__doc__).splitlines()) < 10  # IPython shows it below the docstring of each op
    assert list(inspect.signature(Op).parameters)[:2] == ["name", "arity"]
    assert not hasattr(Op, "__signature__")


def test_an_op_of_the_user_is_documented_without_a_call_of_its_functions() -> None:
    def refuse(*_: Any) -> NoReturn:
        raise AssertionError("asking for help called the function")

    area = define_op("documented_area", refuse, lambda width, height, y: height, refuse, about="The area.")
    assert area.__doc__ == "documented_area(width, height, /)\n\nThe area."
    method = getattr(VALUE, area.name)
    assert (method.__name__, method.__doc__, documented.signature_of(method)) == (
        "documented_area",
        "The area.",
        "(width, height, /)",
    )
    assert str(inspect.signature(define_op("undocumented", refuse, refuse, refuse))) == "(x0, x1, /)"
    assert TABLE["undocumented"].__doc__ == "undocumented(x0, x1, /)"


def test_the_sentence_about_an_op_is_a_text() -> None:
    with pytest.raises(OperandTypeError, match="wordless expected a text as about, got 3"):
        define_op("wordless", abs, abs, about=3)  # type: ignore[arg-type]


# ---- In the C code ---------------------------------------------------------------------------------------------------

SOURCE: Final = '''"""A module."""

def function(x: float, *rest: object, far: bool = True) -> float:
    """A "function"?"""

class Thing:
    """A class."""

    __slots__ = {"weight": "An attribute."}

    def method(self, x: float = 1.0) -> None:
        """Line 1.

        Line π."""

    def __call__(self) -> None: ...

    @property
    def size(self) -> float:
        """A property."""

    @size.setter
    def size(self, size: float) -> None: ...
'''

CODE: Final = r"""
{"function", (PyCFunction)CPyPy_small___function, METH_FASTCALL | METH_KEYWORDS, PyDoc_STR(NULL) /* docstring */},
    "small",
    NULL, /* docstring */
{"weight",
  (getter)small___Thing_get_weight, NULL,
 NULL, NULL},
{"size",
  (getter)small___Thing_get_size,
  (setter)small___Thing_set_size,
  NULL, NULL},
{"method",
  (PyCFunction)CPyPy_small___Thing___method,
  METH_FASTCALL | METH_KEYWORDS, PyDoc_STR("method($self, x=1.0)\n--\n\n")},
{"__call__",
  (PyCFunction)CPyPy_small___Thing_____call__,
  METH_FASTCALL | METH_KEYWORDS, PyDoc_STR("__call__($self)\n--\n\n")},
static PyTypeObject CPyType_small___Thing_template_ = {
  .tp_doc = PyDoc_STR("Thing()\n--\n\n"),
};
  (PyCFunction)CPyPy_small_____mypyc_lambda__0_obj_____call__,
  METH_FASTCALL | METH_KEYWORDS, PyDoc_STR("__call__($x, y)\n--\n\n")},
static PyTypeObject CPyType_small_____mypyc_lambda__0_obj_template_ = {
  .tp_doc = PyDoc_STR("__mypyc_lambda__0_obj()\n--\n\n"),
};
"""


@pytest.fixture
def docstrings() -> ModuleType:
    """The module of the build that writes docstrings."""
    spec = importlib.util.spec_from_file_location("docstrings", ROOT / ".build" / "docstrings.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def written(docstrings: ModuleType, folder: Path, code: str) -> str:
    """The C code with the docstrings of the source above."""
    (folder / "small.c").write_text(code, encoding="utf-8")
    (folder / "small.py").write_text(SOURCE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        docstrings.document([Path("small.py")], folder)
    return (folder / "small.c").read_text(encoding="utf-8")


def test_c_code_gets_signatures_and_docstrings(docstrings: ModuleType, tmp_path: Path) -> None:
    code = written(docstrings, tmp_path, CODE)
    for text in [
        r'PyDoc_STR( "function(x, *rest, far=True)\012" "--\012" "\012" "A \042function\042\077") /* docstring */',
        r'"small",' + "\n" + r'     "A module.", /* docstring */',
        r"(setter)small___Thing_set_size," + "\n" + r'   "A property.", NULL},',
        r"(getter)small___Thing_get_weight, NULL," + "\n" + r'  "An attribute.", NULL},',
        r'PyDoc_STR( "method($self, x=1.0)\012" "--\012" "\012" "Line 1.\012" "\012" "Line \317\200.")',
        r'METH_COEXIST | METH_FASTCALL | METH_KEYWORDS, PyDoc_STR( "__call__($self)\012" "--\012" "\012")},',
        r'.tp_doc = PyDoc_STR("Thing()\n--\n\n" "A class."),',
        r'.tp_doc = PyDoc_STR("__mypyc_lambda__0_obj(x, y)\n--\n\n"),',
    ]:
        assert text in code


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("CPyPy_small___function", "small___function: 0"),
        ("NULL, /* docstring */", "small: 0"),
        ("(getter)", "small___Thing_get_weight: 0, small___Thing_get_size: 0"),
        ("CPyPy_small___Thing___method", "small___Thing___method: 0"),
        ('.tp_doc = PyDoc_STR("Thing', "small___Thing: 0"),
    ],
)
def test_c_code_of_another_form_ends_the_build(docstrings: ModuleType, tmp_path: Path, part: str, name: str) -> None:
    with pytest.raises(ValueError, match=f"one place .* for each docstring, got for {name}$"):
        written(docstrings, tmp_path, CODE.replace(part, part.replace("(", "[").replace("_", "-").replace("NULL", "0")))
    with pytest.raises(ValueError, match="small___function: 2"):
        written(docstrings, tmp_path, CODE + CODE.partition(',\n    "small"')[0])


def test_arguments_of_nested_functions_in_another_form_end_the_build(docstrings: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected the arguments of 1 nested functions in the C code, got 0"):
        written(docstrings, tmp_path, CODE.replace('"__call__($x', '"call($x'))
