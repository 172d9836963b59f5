"""The directions of the imports, the places of heavy packages, and the layout of the project.

The rules stand in the tables; the tests read the sources with `ast` and compare.
"""

import ast
import fnmatch
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

import autograd_core

ROOT: Final = Path(__file__).parents[1]

TOP_LEVEL: Final = {"README.md", "autograd_core", "nn", "pyproject.toml", "tests", "viz"}

# The tower of the project, from the ground up. A room may import from the rooms that stand before it, and no others.
# A room is a folder with everything in it, or a single module; `autograd_core`, `nn` and `viz` are their `__init__`.
ROOMS: Final = (
    "autograd_core.errors",  # one hierarchy of errors
    "autograd_core.build",  # which build runs, compiled or plain
    "autograd_core.companions",  # nn and viz found
    "autograd_core.paths",  # what can be the name of a file
    "autograd_core.partial",
    "autograd_core.text",  # foreign text made harmless
    "autograd_core.elsewhere",  # names of other packages
    "autograd_core.calls",  # what is wrong with the arguments of a call
    "autograd_core.frames",  # local variables, read without harm
    "autograd_core.lines",  # trees and columns of text
    "autograd_core.files",  # written as a whole or not at all
    "autograd_core.numerics",  # floats right to the last digit
    "autograd_core.table",  # the ops, one row each
    "autograd_core.graph",  # Values, what they record, and the chain rule
    "autograd_core.pickles",  # the names in pickles of Values
    "autograd_core.functions",  # of many numbers, and one's own
    "autograd_core.transforms",  # grad, jacobian, hessian ...
    "autograd_core.compiler",  # a function recorded once, and run as a program
    "autograd_core.diagnosis",  # findings about networks, and how numbers are judged
    "autograd_core.public",  # the names of the package
    "autograd_core",
    "autograd_core.testing.report",  # what a check has found
    "autograd_core.testing.measuring",  # derivatives by values alone
    "autograd_core.testing.truths",  # ops in mathematics
    "autograd_core.testing.trees",  # nested arguments as a list of numbers
    "autograd_core.testing.causes",  # hints
    "autograd_core.testing.checking",  # the parts of check_grads
    "autograd_core.testing.rows",  # the parts of check_op
    "autograd_core.testing.programs",  # random programs
    "autograd_core.testing.pages",  # reports as a page
    "autograd_core.testing",  # for test suites
    "nn.elsewhere",  # names of PyTorch
    "nn.base",  # checks, data as numbers, random numbers
    "nn.modules",  # parameters: found, named, saved
    "nn.init",  # initial weights
    "nn.layers",  # what networks are built from
    "nn.data",
    "nn.losses",
    "nn.schedules",
    "nn.optim",
    "nn.training",  # the loop and what happens around it
    "nn",
    "nn.tasks",  # complete examples, which the commands run
    "viz.elsewhere",  # names of other packages
    "viz.text",  # numbers and labels as they are shown
    "viz.graph",  # the graph as data
    "viz.network",  # layers, activations and error signals, read from a graph
    "viz.picture",  # layout, colours, formats
    "viz.words",  # explanations, formulas, trees
    "viz.passes",  # both passes step by step
    "viz.diagnosis",  # what looks wrong
    "viz.plots",
    "viz.lessons",  # how a network learns from samples
    "viz",
    "autograd_core.commands",  # the command line
    "autograd_core.__main__",
)

# Which of our packages the files of a package may use, besides itself, whatever stands before it.
MAY_USE: Final = {"autograd_core": set[str](), "nn": {"autograd_core"}, "viz": {"autograd_core"}}
# What the others use of the engine besides its public names: what nn and viz share and nobody else needs.
SHARED: Final = {
    "autograd_core.compiler.blueprint",  # a program as boxes, which only pictures and explanations need
    "autograd_core.calls",  # what is wrong with arguments: has nothing to do with Values, and does not load them
    "autograd_core.diagnosis",  # training and diagnose judge networks alike
    "autograd_core.files",  # likewise, and so are the next four
    "autograd_core.frames",
    "autograd_core.lines",
    "autograd_core.paths",
    "autograd_core.text",
}
# And what `viz` uses: the one chain rule, so that what it shows is the engine's own arithmetic and no copy of it.
OF_THE_CHAIN_RULE: Final = {
    "autograd_core.graph.chain_rule": {"contributions", "reverse_order"},
    "autograd_core.graph.contributions": {"Contribution"},
    "autograd_core.graph.edges": {"Edge", "edges_below", "passes_nothing"},
}
# And what single files of `nn` use: sweeps that touch no `.grad`, of which a forward pass has one for each sample, and
# powers of 2, known or recorded.
OF_SINGLE_FILES: Final = {
    "nn/base/safe_squares.py": {"autograd_core.functions.reductions": {"exponent_of", "power_of_2"}},
    "nn/optim/groups.py": {"autograd_core.graph.symbol": {"Symbol"}},
    "nn/optim/lbfgs.py": {"autograd_core.graph.capturing": {"is_capturing"}},
    "nn/optim/recurrence.py": {"autograd_core.graph.capturing": {"capture_here"}},
    "nn/optim/states.py": {
        "autograd_core.graph.capturing": {"capture_here"},
        "autograd_core.graph.stores": {"Store"},
        "autograd_core.graph.symbol": {"Symbol"},
    },
    "nn/optim/tape.py": {
        "autograd_core.graph.symbol": {"Symbol"},
        "autograd_core.numerics.number": {"is_number", "to_float"},
        "autograd_core.table.op": {"Op"},
    },
    "nn/training/per_sample.py": {"autograd_core.graph.sweep": {"gradients"}},
}

# Files that bring packages together, and import them when it comes to that.
COMPOSITION_ROOTS: Final = {
    *(
        f"autograd_core/commands/{name}.py"
        for name in ("console", "descent", "pictures", "prompt", "results", "training")
    ),
    "autograd_core/testing/plugin.py",  # draws what failed
    "autograd_core/testing/strategies.py",  # draws networks
}

PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
COMPILED: Final = set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]["modules"])

# The only files that use a package from elsewhere, and only when a function needs it.
HEAVY: Final = {
    "IPython": {"autograd_core/commands/prompt.py", "viz/picture/viewer.py"},
    "autograd": {"autograd_core/testing/adapters.py"},
    "graphviz": {"viz/picture/dot.py", "viz/picture/drawing.py", "viz/picture/printed.py"},
    "jax": {"autograd_core/testing/adapters.py"},
    "hypothesis": {
        f"autograd_core/testing/{name}.py"
        for name in (
            "programs/array_strategies",
            "machine",
            "programs/instruction_strategies",
            "programs/point_strategies",
            "programs/program_strategies",
            "registration",
            "strategies",
        )
    },
    "mpmath": {
        f"autograd_core/testing/{name}.py"
        for name in (
            "rows/accuracy",
            "truths/custom_meanings",
            "truths/functions_of_sequences",
            "rows/kink_check",
            "truths/local_derivatives",
            "truths/meanings",
            "truths/node_kinks",
            "rows/op_check",
            "oracles",
            "truths/replay",
            "truths/truth",
        )
    },
    "matplotlib": {"viz/plots/canvas.py"},
    "pytest": {"autograd_core/testing/plugin.py"},
    "numpy": {
        "viz/plots/plane.py",
        "nn/optim/states.py",
        *(
            f"autograd_core/compiler/{name}.py"
            for name in ("block_machine", "blueprint", "lanes", "mapped_program", "mapping")
        ),
        *(f"autograd_core/compiler/executors/{name}.py" for name in ("arrays", "formulas", "memory")),
        *(
            f"autograd_core/compiler/grouping/{name}.py"
            for name in (
                "__init__",
                "layout",
                "level_groups",
                "patterns",
                "regularity",
                "schedule",
                "swept",
                "tape",
                "views",
            )
        ),
        "autograd_core/testing/programs/array_strategies.py",
        "autograd_core/testing/trees/tensors.py",
        *(
            f"nn/{name}.py"
            for name in ("modules/serialise", "modules/tensor_file", "training/checkpoint", "training/per_sample")
        ),
    },
    "rich": {"autograd_core/commands/console.py", "nn/training/progress.py", "viz/picture/tree.py", "viz/text.py"},
    "safetensors": {"nn/modules/tensor_file.py"},
    "sympy": {"viz/words/symbolic.py"},
    "torch": {"autograd_core/testing/adapters.py"},
}
LIGHT: Final = {"librt": COMPILED, "mypy_extensions": COMPILED}
OTHERS: Final = HEAVY | LIGHT

FILES: Final = sorted(path for package in MAY_USE for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES: Final = {name_of(path): path for path in FILES}


class Import(NamedTuple):
    """One name that a file imports: `from module import name`, or `import module` with an empty name."""

    module: str
    name: str

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]

    @property
    def target(self) -> str:
        """The module that is imported, which a name in a package can be, too."""
        full = f"{self.module}.{self.name}"
        return full if full in MODULES else self.module


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a file, for reading only."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(path: Path) -> tuple[Import, ...]:
    return tuple(imports_in(tree_of(path)))


def imports_in(tree: ast.AST, *, types: bool = True) -> Iterator[Import]:
    """What is imported anywhere in a tree; without `types`, not what annotations alone need."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"a relative import in line {node.lineno}"
            yield from (Import(str(node.module), alias.name) for alias in node.names)
        elif isinstance(node, ast.stmt | ast.Module | ast.ExceptHandler | ast.match_case):  # no expression imports
            hidden = not types and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            waiting += node.orelse if hidden and isinstance(node, ast.If) else ast.iter_child_nodes(node)


def used_by(module: str, *, types: bool = True) -> set[str]:
    """The modules of ours that a module imports, anywhere in it; without those that only its annotations need."""
    path = MODULES[module]
    found = imports_of(path) if types else imports_in(tree_of(path), types=False)
    return {imported.target for imported in found if imported.target in MODULES}


def some_in(wrong: Mapping[str, set[Any]]) -> dict[str, set[Any]]:
    """Where something is wrong, and what."""
    return {place: found for place, found in wrong.items() if found}


def room_of(module: str) -> str:
    """The longest name of a room that a module lies in; the packages themselves hold their `__init__` only."""
    rooms = [room for room in ROOMS if module == room or (room not in MAY_USE and module.startswith(f"{room}."))]
    assert rooms, f"{module} stands in no room; add it to the table"
    return max(rooms, key=len)


# One test goes through all files, which takes a tenth of the time of a test for each; what is wrong stands in a table.


def test_no_room_is_empty() -> None:
    assert set(map(room_of, MODULES)) == set(ROOMS)


def test_imports_point_one_way() -> None:
    wrong = {}
    for module in MODULES.keys() - {name_of(ROOT / path) for path in COMPOSITION_ROOTS}:
        before = set(ROOMS[: ROOMS.index(room_of(module)) + 1])
        wrong[module] = {used for used in used_by(module) if room_of(used) not in before}
    assert some_in(wrong) == {}


def test_no_imports_go_in_circles() -> None:
    graph = {module: used_by(module, types=False) - {module} for module in MODULES}
    TopologicalSorter(graph).prepare()  # which raises a CycleError that names the circle


def test_packages_use_only_the_packages_below() -> None:
    wrong = {}
    for path in (path for path in FILES if relative(path) not in COMPOSITION_ROOTS):
        own = path.relative_to(ROOT).parts[0]
        used = {imported.package for imported in imports_of(path)} & MAY_USE.keys()
        wrong[relative(path)] = used - {own} - MAY_USE[own]
    assert some_in(wrong) == {}


def is_public(imported: Import) -> bool:
    """Whether the import names the package `autograd_core`, or something public in it that is no module."""
    named = not imported.name or (not imported.name.startswith("_") and hasattr(autograd_core, imported.name))
    return imported.module == imported.target == "autograd_core" and named


def test_clients_use_public_names_only() -> None:
    wrong = {}
    for path in (path for path in FILES if path.relative_to(ROOT).parts[0] != "autograd_core"):
        shown = OF_THE_CHAIN_RULE if relative(path).startswith("viz/") else OF_SINGLE_FILES.get(relative(path), {})
        ours = {use for use in imports_of(path) if use.package == "autograd_core" and use.module not in SHARED}
        wrong[relative(path)] = {
            use for use in ours if use.name not in shown.get(use.module, ()) and not is_public(use)
        }
    assert some_in(wrong) == {}


def test_packages_from_elsewhere_are_used_in_their_files_only() -> None:
    ours = {*sys.stdlib_module_names, *MAY_USE}
    used = {relative(path): {use.package for use in imports_of(path)} - ours for path in FILES}
    unknown = {path: packages - OTHERS.keys() for path, packages in used.items()}
    assert some_in(unknown) == {}, "a package that the table does not know"
    elsewhere = {path: {name for name in names if path not in OTHERS[name]} for path, names in used.items()}
    assert some_in(elsewhere) == {}


def test_no_entry_of_the_table_is_idle() -> None:
    used = {(imported.package, relative(path)) for path in FILES for imported in imports_of(path)}
    assert {(package, path) for package, paths in HEAVY.items() for path in paths} <= used
    in_viz = [imported for path in FILES if relative(path).startswith("viz/") for imported in imports_of(path)]
    taken = {(imported.module, imported.name) for imported in in_viz}
    assert {(module, name) for module, names in OF_THE_CHAIN_RULE.items() for name in names} <= taken
    for path, shown in OF_SINGLE_FILES.items():
        taken = {(imported.module, imported.name) for imported in imports_of(ROOT / path)}
        assert {(module, name) for module, names in shown.items() for name in names} <= taken


def test_dependencies_are_what_is_used() -> None:
    required = {re.split(r"[<>=~!;\[ ]", line)[0] for line in PROJECT["project"]["dependencies"]}
    extras = {"IPython", "hypothesis", "matplotlib", "mpmath", "pytest", "sympy"}
    theirs = {"autograd", "jax", "torch"}  # a user of their adapters has them
    assert required == OTHERS.keys() - extras - theirs


@pytest.mark.parametrize("package", MAY_USE)
def test_importing_a_package_is_cheap(package: str) -> None:
    """A package loads itself, what it may use, and nothing heavy."""
    command = [sys.executable, "-P", "-c", f"import {package}, sys; print(*sys.modules)"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
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


def test_every_file_says_what_it_is() -> None:
    assert [relative(path) for path in FILES if not ast.get_docstring(tree_of(path))] == []


@pytest.mark.parametrize("package", MAY_USE)
def test_every_package_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
