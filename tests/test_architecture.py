"""The directions of the imports, the places of heavy packages, and the layout of the project.

The rules stand in the tables; the tests read the sources with `ast` and compare.
"""

import ast
import fnmatch
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

import autograd_core

ROOT: Final = Path(__file__).parents[1]

TOP_LEVEL: Final = {"README.md", "autograd_core", "nn", "pyproject.toml", "tests", "viz"}

# A module of the engine imports modules that stand before it, and no others.
ORDER: Final = (
    "build",
    "errors",
    "paths",
    "partial",
    "files",
    "companions",
    "number",
    "twofold",
    "real",
    "exact",
    "elementary",
    "logarithms",
    "error_functions",
    "gamma_zeros",
    "gamma_functions",
    "expansions",
    "ieee",
    "op",
    "ops",
    "powers",
    "special",
    "activations",
    "numpy_functions",
    "decorated",
    "modes",
    "operand",
    "node",
    "memory",
    "under_way",
    "sweep",
    "prompt",
    "serial",
    "value",
    "linear",
    "exponentials",
    "functions",
    "custom",
    "trees",
    "closures",
    "functional",
    "symmetry",
    "public",
    "__init__",
    "parsing",
    "expression",
    "__main__",
)

# The same of the toolkit for test suites, which stands on the engine.
TOOLKIT: Final = (
    "report",
    "places",
    "tensors",
    "hints",
    "html",
    "programs",
    "listing",
    "sampling",
    "meanings",
    "differences",
    "slopes",
    "replay",
    "flat",
    "claims",
    "explain",
    "judge",
    "evidence",
    "check",
    "accuracy",
    "row_facts",
    "op_report",
    "op_check",
    "oracles",
    "invariants",
    "strategies",
    "machine",
    "registration",
    "plugin",
    "__init__",
)

# Which of our packages the files of a package may use, besides itself.
MAY_USE: Final = {"autograd_core": set[str](), "nn": {"autograd_core"}, "viz": {"autograd_core"}}
# What the others use of the engine besides its public names: it has nothing to do with Values, and does not load them.
SHARED: Final = {"autograd_core.files", "autograd_core.paths"}
COMPOSITION_ROOTS: Final = {
    *(f"autograd_core/commands/{name}.py" for name in ("pictures", "prompt", "training")),
    "autograd_core/testing/plugin.py",  # draws what failed
    "autograd_core/testing/strategies.py",  # draws networks
}

PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
COMPILED: Final = set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]["modules"])

# The only files that use a package from elsewhere, and only when a function needs it.
HEAVY: Final = {
    "IPython": {"autograd_core/commands/prompt.py"},
    "hypothesis": {f"autograd_core/testing/{name}.py" for name in ("machine", "registration", "strategies")},
    "mpmath": {
        f"autograd_core/testing/{name}.py"
        for name in ("accuracy", "meanings", "op_check", "oracles", "replay", "slopes")
    },
    "matplotlib": {"viz/plots/canvas.py"},
    "pytest": {"autograd_core/testing/plugin.py"},
    "numpy": {
        "autograd_core/testing/tensors.py",
        *(f"nn/{name}.py" for name in ("checkpoint", "serialise", "tensor_file")),
    },
    "rich": {"nn/progress.py"},
    "safetensors": {"nn/tensor_file.py"},
    "sympy": {"viz/symbolic.py"},
}
LIGHT: Final = {"librt": COMPILED, "mypy_extensions": COMPILED}
OTHERS: Final = HEAVY | LIGHT

FILES: Final = sorted(path for package in MAY_USE for path in (ROOT / package).rglob("*.py"))


class Import(NamedTuple):
    """One name that a file imports: `from module import name`, or `import module` with an empty name."""

    module: str
    name: str

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports_of(path: Path) -> Iterator[Import]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(path)}:{node.lineno} is a relative import"
            yield from (Import(str(node.module), alias.name) for alias in node.names)


def part_of_engine(imported: Import) -> str:
    """The module of the engine that is imported; names of the package itself come from `__init__`."""
    if imported.module != "autograd_core":
        return imported.module.partition(".")[2]
    return imported.name if imported.name in ORDER else "__init__"


each_file = pytest.mark.parametrize("path", FILES, ids=relative)


def test_every_module_of_the_engine_has_its_place() -> None:
    assert {path.stem for path in (ROOT / "autograd_core").glob("*.py")} == set(ORDER)


@pytest.mark.parametrize("module", ORDER)
def test_the_engine_imports_downwards(module: str) -> None:
    path = ROOT / "autograd_core" / f"{module}.py"
    used = {part_of_engine(imported) for imported in imports_of(path) if imported.package == "autograd_core"}
    commands = {"commands"} if module == "__main__" else set[str]()
    assert used <= set(ORDER[: ORDER.index(module)]) | commands


def test_every_module_of_the_toolkit_has_its_place() -> None:
    assert {path.stem for path in (ROOT / "autograd_core" / "testing").glob("*.py")} == set(TOOLKIT)


@pytest.mark.parametrize("module", TOOLKIT)
def test_the_toolkit_imports_downwards(module: str) -> None:
    path = ROOT / "autograd_core" / "testing" / f"{module}.py"
    parts = {part_of_engine(imported) for imported in imports_of(path) if imported.package == "autograd_core"}
    own = {part.partition(".")[2] for part in parts if part.startswith("testing.")}
    assert own <= set(TOOLKIT[: TOOLKIT.index(module)])
    assert {part for part in parts if not part.startswith("testing")} <= set(ORDER[: ORDER.index("expression")])


@each_file
def test_packages_use_only_the_packages_below(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0]
    used = {imported.package for imported in imports_of(path)} & MAY_USE.keys()
    assert relative(path) in COMPOSITION_ROOTS or used <= {own} | MAY_USE[own]


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.relative_to(ROOT).parts[0] != "autograd_core"], ids=relative
)
def test_clients_use_public_names_only(path: Path) -> None:
    for imported in imports_of(path):
        if imported.package == "autograd_core" and imported.module not in SHARED:
            assert imported.module == "autograd_core", f"{imported.module} is no public name"
            assert imported.name not in ORDER, f"{imported.name} is a module"
            assert not imported.name.startswith("_"), f"{imported.name} is private"
            assert not imported.name or hasattr(autograd_core, imported.name)


@each_file
def test_packages_from_elsewhere_are_used_in_their_files_only(path: Path) -> None:
    own = {*sys.stdlib_module_names, *MAY_USE}
    used = {imported.package for imported in imports_of(path)} - own
    assert used <= OTHERS.keys(), "a package that the table does not know"
    assert {package for package in used if relative(path) not in OTHERS[package]} == set()


def test_no_entry_of_the_table_is_idle() -> None:
    used = {(imported.package, relative(path)) for path in FILES for imported in imports_of(path)}
    assert {(package, path) for package, paths in HEAVY.items() for path in paths} <= used


def test_dependencies_are_what_is_used() -> None:
    required = {re.split(r"[<>=~!;\[ ]", line)[0] for line in PROJECT["project"]["dependencies"]}
    assert required == OTHERS.keys() - {"IPython", "hypothesis", "matplotlib", "mpmath", "pytest", "sympy"}


@pytest.mark.parametrize("package", MAY_USE)
def test_importing_a_package_is_cheap(package: str) -> None:
    """A package loads itself, what it may use, and nothing heavy."""
    command = [sys.executable, "-P", "-c", f"import {package}, sys; print(*sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & HEAVY.keys()
    assert loaded & MAY_USE.keys() == {package} | MAY_USE[package]


def test_the_metadata_names_the_licences_of_all_that_is_shipped() -> None:
    of_data = {relative(path) for package in MAY_USE for path in (ROOT / package).rglob("*LICENSE*")}
    assert set(PROJECT["project"]["license-files"]) == {".license", *of_data}
    assert all((ROOT / path).is_file() for path in PROJECT["project"]["license-files"])
    assert PROJECT["project"]["license"] == "MIT AND CC-BY-4.0"


def test_the_top_level_holds_what_the_readme_maps() -> None:
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()]
    visible = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert {name for name in visible if not any(fnmatch.fnmatch(name, pattern) for pattern in ignored)} == TOP_LEVEL


@each_file
def test_every_file_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("package", MAY_USE)
def test_every_package_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
