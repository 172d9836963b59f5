"""A traceback leads to lines that can be read, compiled as in plain Python."""

import linecache
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

import autograd_core as ag
from autograd_core import Value
from build_hook import build_hook

FAILING: dict[str, Callable[[], object]] = {
    "a row": lambda: ag.tanh("a"),  # type: ignore[call-overload]
    "an operator": lambda: Value(1.0) + "a",  # type: ignore[operator]
    "a function": lambda: ag.dot([Value(1.0)], [1.0, 2.0]),
    "a sweep": lambda: Value(1.0).backward("a"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("fail", FAILING.values(), ids=FAILING)
def test_every_line_of_a_traceback_is_found(fail: Callable[[], object]) -> None:
    with pytest.raises((TypeError, ValueError)) as raised:
        fail()
    inner = traceback.extract_tb(raised.tb)[2:]  # those below this function and the lambda
    assert inner
    for frame in inner:
        assert Path(frame.filename).is_absolute()
        assert Path(frame.filename).parent.joinpath(Path(frame.filename).name).is_file()
        assert frame.line == linecache.getline(frame.filename, frame.lineno or 0).strip() != ""
    assert inner[-1].line
    assert "raise " in inner[-1].line


def test_the_interpreter_shows_the_lines() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", "import autograd_core; autograd_core.tanh('a')"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert "raise OperandTypeError(" in done.stderr


def test_the_file_of_every_module_is_there() -> None:
    """For a module that compiled code imports, mypyc finds out the path."""
    ag.dot([1.0], [1.0])
    ours = {name: module for name, module in sys.modules.items() if name.startswith("autograd_core.")}
    assert "autograd_core.numerics.real" in ours
    wrong = {name: module.__file__ for name, module in ours.items() if not Path(str(module.__file__)).is_file()}
    assert wrong == {}
    assert {name: module.__spec__.origin for name, module in ours.items() if module.__spec__} == {
        name: module.__file__ for name, module in ours.items() if module.__spec__
    }


# ---- The build -------------------------------------------------------------------------------------------------------

CODE = """
    rv = CPyImport_SetDunderAttrs(CPyModule_small__internal, modname, shared_lib_file, ext_suffix, is_pkg);
    cpy_r_r9 = CPyImport_ImportNative(cpy_r_r8, a, b, c, d, e, f, cpy_r_r6, cpy_r_r7, 0);
"""


def placed(folder: Path, code: str) -> str:
    """The C code with the right place of the library."""
    path = folder / "__native_engine.c"
    path.write_text(code, encoding="utf-8")
    build_hook().place_library(folder)
    return path.read_text(encoding="utf-8")


def test_c_code_looks_for_modules_above_the_package(tmp_path: Path) -> None:
    assert placed(tmp_path, CODE) == CODE.replace("shared_lib_file", "places_above(shared_lib_file)").replace(
        "cpy_r_r6", "places_above(cpy_r_r6)"
    )


@pytest.mark.parametrize("code", ["", CODE.replace("shared_lib_file", "*file"), CODE.replace("cpy_r_r8", "f(x, y)")])
def test_c_code_of_another_form_ends_the_build(tmp_path: Path, code: str) -> None:
    with pytest.raises(ValueError, match="expected the path of the library in the C code"):
        placed(tmp_path, code)
