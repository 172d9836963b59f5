"""One installation runs compiled and plain, from a folder and from a zip file, and never hides an edit."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec, source_hash, spec_from_file_location
from pathlib import Path
from typing import Final

import pytest

import autograd_core
import nn
import viz
from autograd_core import build, build_info
from build_hook import build_hook

INSTALLED = Path(autograd_core.__file__).parent
RECORD = INSTALLED / "build_record.txt"
MODULES = re.findall(r"^module (\S+) ", RECORD.read_text(encoding="utf-8"), re.MULTILINE) if RECORD.exists() else []

needs_compiled = pytest.mark.skipif(not MODULES, reason="this installation has no compiled modules")

REPORT = (
    "import autograd_core; print(*(f'{k}={v!r}' for k, v in autograd_core.build_info()._asdict().items()), sep=', ')"
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The folder of a copy of the installed package that may be changed."""
    return Path(shutil.copytree(INSTALLED, tmp_path / "autograd_core", ignore=shutil.ignore_patterns("__pycache__")))


def run(code: str, package: Path = INSTALLED, pure: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run code in a new interpreter that imports the package from the given place."""
    environment = {name: value for name, value in os.environ.items() if name != "AUTOGRAD_CORE_PURE"}
    environment |= {"PYTHONPATH": str(package.parent)} | ({} if pure is None else {"AUTOGRAD_CORE_PURE": pure})
    command = [sys.executable, "-P", "-c", textwrap.dedent(code)]
    return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)


def test_the_installation_runs_as_it_was_built() -> None:
    done = run(REPORT)
    assert f"compiled={bool(MODULES)}" in done.stdout
    assert not done.stderr


def test_the_build_is_shown_in_one_line() -> None:
    info = autograd_core.build_info()
    count = "1 compiled module" if len(info.modules) == 1 else f"{len(info.modules)} compiled modules"
    assert repr(info) == f"BuildInfo({info}, {count})"


@needs_compiled
def test_what_is_compiled_is_named_with_its_compiler() -> None:
    done = run("import autograd_core; info = autograd_core.build_info(); print(info.mypyc, *info.modules)")
    version, *modules = done.stdout.split()
    assert re.fullmatch(r"\d+\.\d+.*", version)
    assert modules == MODULES


@pytest.mark.parametrize("pure", ["1", "yes"])
def test_the_environment_can_ask_for_plain_python(pure: str) -> None:
    done = run(REPORT, pure=pure)
    assert "compiled=False, reason='AUTOGRAD_CORE_PURE is set'" in done.stdout
    assert "mypyc='', modules=()" in done.stdout
    assert not done.stderr


@pytest.mark.parametrize("pure", ["", "0"])
def test_an_empty_wish_is_none(pure: str) -> None:
    assert run(REPORT, pure=pure).stdout == run(REPORT).stdout


def source_of(module: str, package: Path) -> Path:
    return package.joinpath(*module.split(".")[1:]).with_suffix(".py")


def edit(package: Path) -> None:
    source = source_of("autograd_core.table.ops", package)
    source.write_bytes(source.read_bytes() + b"\n")


@pytest.fixture(scope="module")
def shared_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the installed package for tests that undo their edit, so that Python compiles the other files once."""
    folder = tmp_path_factory.mktemp("shared") / "autograd_core"
    return Path(shutil.copytree(INSTALLED, folder, ignore=shutil.ignore_patterns("__pycache__")))


@contextmanager
def edited(module: str, package: Path) -> Iterator[None]:
    source = source_of(module, package)
    original = source.read_bytes()
    source.write_bytes(original + b"\nEDITED = True\n")
    try:
        yield
    finally:
        source.write_bytes(original)


@needs_compiled
@pytest.mark.parametrize("module", {module.split(".")[1]: module for module in MODULES}.values())
def test_an_edited_source_is_what_runs(shared_copy: Path, module: str) -> None:
    """The last module of each folder; what runs is selected for all of them in the same way."""
    with edited(module, shared_copy):
        done = run(f"import {module} as edited, sys; print(edited.EDITED)\n{REPORT}", shared_copy)
    first, second = done.stdout.splitlines()
    assert first == "True"
    assert f"compiled=False, reason='edited after it was compiled: {module}'" in second
    (line,) = (line for line in done.stderr.splitlines() if "Warning" in line)
    assert f"RuntimeWarning: edited after it was compiled: {module}; running plain Python" in line


@needs_compiled
@pytest.mark.parametrize("module", MODULES)
def test_an_edit_of_each_module_selects_the_sources(
    shared_copy: Path, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.delenv("AUTOGRAD_CORE_PURE", raising=False)
    spec = spec_from_file_location("build_of_a_copy", shared_copy / "build.py")
    assert spec is not None
    assert spec.loader is not None
    build = module_from_spec(spec)
    spec.loader.exec_module(build)
    with edited(module, shared_copy), pytest.warns(RuntimeWarning, match=f"after it was compiled: {module}; running"):
        build.select_build()
    selected = [sys.meta_path[0].find_spec(name, None) for name in MODULES]
    assert [each and each.origin for each in selected] == [str(source_of(name, shared_copy)) for name in MODULES]


@needs_compiled
def test_after_an_edit_all_modules_run_from_source(copy: Path) -> None:
    edit(copy)
    done = run(f"import sys, {', '.join(MODULES)}\nfor name in {MODULES}: print(sys.modules[name].__file__)", copy)
    assert done.stdout.split() == [str(source_of(name, copy)) for name in MODULES]


@needs_compiled
def test_an_edit_is_no_news_to_who_asked_for_plain_python(copy: Path) -> None:
    edit(copy)
    assert not run(REPORT, copy, pure="1").stderr


@needs_compiled
def test_compiled_modules_of_another_python_are_not_taken_for_running(copy: Path) -> None:
    for library in [*copy.rglob("*.so"), *copy.rglob("*.pyd")]:
        library.rename(library.with_suffix(".other"))
    assert "compiled=False, reason='the compiled modules are for another Python'" in run(REPORT, copy).stdout


@needs_compiled
def test_compiled_modules_need_no_sources(copy: Path) -> None:
    source_of("autograd_core.table.ops", copy).unlink()
    assert "compiled=True" in run(REPORT, copy).stdout


def test_a_tree_without_a_record_runs_from_source(copy: Path) -> None:
    (copy / "build_record.txt").unlink(missing_ok=True)
    for library in [*copy.rglob("*.so"), *copy.rglob("*.pyd")]:
        library.unlink()
    assert "compiled=False, reason='run from a source tree'" in run(REPORT, copy).stdout


def test_the_report_is_one_line() -> None:
    info = build_info()
    assert str(info) == f"{'compiled' if info.compiled else 'plain Python'}: {info.reason}, Python {info.python}"


DEEP = """
import threading
from autograd_core import Value

def free_a_deep_chain():
    for grow in (lambda v: v + 1.0, lambda v: -v, lambda v: autograd_core.sum([v, v, v])):
        value = Value(0.0)
        for _ in range(DEPTH):
            value = grow(value)
        del value

import autograd_core
free_a_deep_chain()
threading.stack_size(STACK)
threads = [threading.Thread(target=free_a_deep_chain) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("freed")
"""


@needs_compiled
def test_deep_chains_are_freed_on_small_stacks_and_in_threads() -> None:
    done = run(DEEP.replace("DEPTH", "200_000").replace("STACK", "256 * 1024"))
    assert (done.returncode, done.stdout) == (0, "freed\n"), done.stderr


def test_plain_deep_chains_are_freed_as_far_as_python_can() -> None:
    """Python 3.13 itself wants megabytes of stack to free deep chains, so threads have their usual size here.

    A recursion through so many nodes would need more than the 8 megabytes that there are.
    """
    done = run(DEEP.replace("DEPTH", "60_000").replace("STACK", "0"), pure="1")
    assert (done.returncode, done.stdout) == (0, "freed\n"), done.stderr


def test_the_place_is_said(copy: Path) -> None:
    assert build_info().place == str(INSTALLED)
    assert f"place={str(copy)!r}" in run(REPORT, copy).stdout


# ---- From a zip file -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip file of the installed packages, whatever they hold."""
    folder = tmp_path_factory.mktemp("archive")
    for package in (autograd_core, nn, viz):
        home = Path(str(package.__file__)).parent
        shutil.copytree(home, folder / "all" / home.name, ignore=shutil.ignore_patterns("__pycache__"))
    return Path(shutil.make_archive(str(folder / "packages"), "zip", folder / "all"))


@pytest.mark.parametrize("pure", [None, "1"])
def test_a_zip_file_is_imported_from(archive: Path, pure: str | None) -> None:
    done = run(
        f"""
        import os, sys
        os.chdir({str(archive.parent)!r})
        sys.path.insert(0, {archive.name!r})
        import autograd_core, nn, viz
        x = autograd_core.Value(3.0)
        (x * x).backward()
        print(x.grad, len(nn.data.digits().train), len(nn.data.names()), viz.draw(x).svg[:4])
        info = autograd_core.build_info()
        print(info.compiled, info.place)
        print(info.reason)
        """,
        pure=pure,
    )
    assert done.stderr == ""
    first, second, third = done.stdout.splitlines()
    assert first == "6.0 1438 5163 <svg"
    assert second == f"False {archive}"
    assert third == (
        "AUTOGRAD_CORE_PURE is set" if pure else "imported from a zip file, where Python finds no compiled modules"
    )


def test_commands_run_from_a_zip_file(archive: Path) -> None:
    code = "from autograd_core.__main__ import main; print(main(['tree', 'x*2', 'x=3']), main(['--version']))"
    done = run(code, archive / "autograd_core")
    assert done.stderr == ""
    assert "6.0" in done.stdout
    assert done.stdout.splitlines()[-2].startswith("autograd-core ")
    assert done.stdout.splitlines()[-1] == "0 0"


# ---- In a subinterpreter ---------------------------------------------------------------------------------------------

INTERPRETERS = next((name for name in ("_interpreters", "_xxsubinterpreters") if find_spec(name)), "")

needs_interpreters = pytest.mark.skipif(not INTERPRETERS, reason="this Python has no interpreters besides the main one")

IN_ANOTHER = f"""
    import sys
    import {INTERPRETERS or "sys"} as interpreters

    def in_another(code):
        kind = ("legacy",) if sys.version_info >= (3, 13) else ()
        other = interpreters.create(*kind, **({{}} if kind else {{"isolated": False}}))
        failed = interpreters.run_string(other, code)
        assert failed is None, failed
        interpreters.destroy(other)

    COMPUTING = '''if True:
        from autograd_core import Value, build_info
        x = y = Value(1.0)
        for _ in range(1000):
            y = y * 1.0 + x
        y.backward()
        print(x.grad, build_info().compiled, flush=True)
    '''
    IMPORTING = '''if True:
        for _ in range(2):
            try:
                import autograd_core
            except ImportError as error:
                print(error.name, error, flush=True)
    '''
"""

IN_THE_MAIN_ONE = """
    from autograd_core import Value, build_info
    x = Value(3.0)
    y = x * x
    y.backward()
    print(x.grad, build_info().compiled, flush=True)
"""


def run_with_another(*parts: str) -> list[str]:
    """Run parts of a program that may use another interpreter, and return its lines."""
    done = run("\n".join(textwrap.dedent(part) for part in (IN_ANOTHER, *parts)))
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


REFUSED = "autograd_core expected the main interpreter, got a subinterpreter: "


@needs_compiled
@needs_interpreters
def test_a_subinterpreter_that_imports_compiled_modules_first_is_refused() -> None:
    first, second, third = run_with_another("in_another(IMPORTING)", IN_THE_MAIN_ONE)
    assert first == second
    assert first.startswith(REFUSED)
    assert "set AUTOGRAD_CORE_PURE=1 before the import" in first
    assert third == "6.0 True"


@needs_compiled
@needs_interpreters
def test_a_subinterpreter_that_imports_compiled_modules_later_is_refused() -> None:
    lines = run_with_another(
        IN_THE_MAIN_ONE, "in_another(IMPORTING)", "y.backward()\nprint(x.grad, build_info().compiled)"
    )
    assert [lines[0], lines[-1]] == ["6.0 True", "12.0 True"]
    assert [line.startswith(REFUSED) for line in lines[1:-1]] == [True, True]


@needs_compiled
@needs_interpreters
def test_a_thread_of_the_main_interpreter_is_in_the_main_interpreter() -> None:
    code = "import threading\ndef work():\n    from autograd_core import Value\n    print((Value(1.0) * 2.0).data)\n"
    assert run(code + "thread = threading.Thread(target=work); thread.start(); thread.join()").stdout == "2.0\n"


@needs_interpreters
def test_plain_python_runs_in_any_interpreter() -> None:
    plain = "import os; os.environ['AUTOGRAD_CORE_PURE'] = '1'\n"
    again = "in_another(COMPUTING)\ny.backward()\nprint(x.grad, build_info().compiled)"
    lines = run_with_another(plain, "in_another(COMPUTING)", IN_THE_MAIN_ONE, again)
    assert lines == ["1001.0 False", "6.0 False", "1001.0 False", "12.0 False"]


@needs_compiled
def test_what_runs_is_said_of_the_files_and_not_of_what_others_made_of_the_modules() -> None:
    """An interpreter that ends empties modules that others share with it."""
    broken = (
        "import autograd_core.public, autograd_core.table.ops, autograd_core.graph.value\n"
        "vars(autograd_core.table.ops).clear(); del sys.modules['autograd_core.graph.value']"
    )
    done = run(f"import sys\n{broken}\n{REPORT}")
    assert done.stdout == run(REPORT).stdout


# ---- What is decided before the first import -------------------------------------------------------------------------


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], None]:
    """Sets the hashes of the compiled sources, as a build writes them; the finders of the test go with it."""
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.delenv("AUTOGRAD_CORE_PURE", raising=False)
    return lambda hashes: monkeypatch.setattr(build, "_RECORD", build._RECORD._replace(hashes=hashes))


def test_a_source_with_another_hash_runs_from_source(recorded: Callable[[dict[str, str]], None]) -> None:
    name = "autograd_core.table.ops"
    recorded({name: "0" * 32})
    with pytest.warns(RuntimeWarning, match=f"edited after it was compiled: {name}; running plain Python"):
        build.select_build()
    assert f"edited after it was compiled: {name}" in str(autograd_core.build_info())
    found = sys.meta_path[0].find_spec(name, None)
    assert found is not None
    assert str(found.origin).endswith("ops.py")


def test_sources_that_are_unchanged_or_not_there_are_left_to_python(
    recorded: Callable[[dict[str, str]], None],
) -> None:
    same = source_hash(source_of("autograd_core.table.ops", INSTALLED).read_bytes()).hex()
    recorded({"autograd_core.table.ops": same, "autograd_core.not_there": "0" * 32})
    before = [*sys.meta_path]
    build.select_build()
    assert sys.meta_path == before


def test_no_thread_is_taken_for_a_subinterpreter() -> None:
    found = [build._is_subinterpreter()]
    thread = threading.Thread(target=lambda: found.append(build._is_subinterpreter()))
    thread.start()
    thread.join()
    assert found == [False, False]


INDICES: Final = """
    cpy_r_r49 = (int64_t)cpy_r_buffer.len;
    cpy_r_r50 = (uint64_t)cpy_r_b < (uint64_t)cpy_r_r49;
    if (cpy_r_r50) goto CPyL31;
    cpy_r_r51 = cpy_r_b + cpy_r_r49;
    cpy_r_r52 = (uint64_t)cpy_r_r51 < (uint64_t)cpy_r_r49;
    if (cpy_r_r52) goto CPyL30;
    cpy_r_r53 = cpy_r_k < cpy_r_terms;
    if (!cpy_r_r53) goto CPyL57;
    if (cpy_r_r54) goto CPyL58;
"""


def test_c_code_expects_indices_in_range_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "__native_engine.c"
    path.write_text(INDICES, encoding="utf-8")
    build_hook().expect_indices(tmp_path)
    conditions = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if " if " in line]
    assert conditions == [
        "if (likely(cpy_r_r50)) goto CPyL31;",
        "if (likely(cpy_r_r52)) goto CPyL30;",
        "if (!cpy_r_r53) goto CPyL57;",
        "if (cpy_r_r54) goto CPyL58;",
    ]
    path.write_text(INDICES.replace("uint64_t", "size_t"), encoding="utf-8")
    with pytest.raises(ValueError, match="expected comparisons of indices in the C code of mypyc, found none"):
        build_hook().expect_indices(tmp_path)
