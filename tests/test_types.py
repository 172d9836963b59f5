"""What type checkers know about the public names: a user's program, checked as strictly as checkers can, and run."""

import ast
import os
import runpy
import shutil
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import pytest

from autograd_core import public

ROOT: Final = Path(__file__).parents[1]
PROGRAM: Final = ROOT / "tests" / "support" / "typed_program.py"

CHECKERS: Final = {
    "mypy": ("--strict", "--config-file=", "--follow-imports=silent"),
    "pyright": ("--pythonpath", sys.executable),
}


@pytest.mark.parametrize("checker", CHECKERS)
def test_a_strict_checker_accepts_the_program_and_refuses_its_mistakes(checker: str, tmp_path: Path) -> None:
    """A mistake that a checker does not see is an idle `type: ignore`, which both report."""
    command = shutil.which(checker, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if command is None:
        pytest.skip(f"{checker} is not installed")
    program = tmp_path / PROGRAM.name
    program.write_bytes(PROGRAM.read_bytes())
    settings = f'{{"extraPaths": ["{ROOT.as_posix()}"], "reportUnnecessaryTypeIgnoreComment": "error"}}'
    (tmp_path / "pyrightconfig.json").write_text(settings, encoding="utf-8")
    arguments = [command, *CHECKERS[checker], *([program.name] if checker == "mypy" else [])]
    environment = os.environ | {"MYPYPATH": str(ROOT)}
    done = subprocess.run(arguments, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_objects_are_of_the_types_that_checkers_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong: list[tuple[object, object]] = []

    def compare(thing: object, kind: object) -> object:
        if not is_of(thing, kind):
            wrong.append((thing, kind))
        return thing

    monkeypatch.setattr(typing, "assert_type", compare)
    runpy.run_path(str(PROGRAM))
    assert wrong == []


def is_of(thing: Any, kind: Any) -> bool:
    """Whether an object is of a type, with everything in it."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is None:
        return isinstance(thing, kind)
    parts = [part for item in thing.items() for part in item] if origin is dict else thing
    kinds = inside if origin is tuple else inside * (len(parts) // len(inside))
    return isinstance(thing, origin) and all(map(is_of, parts, kinds))


def test_checkers_are_told_how_many_inputs_each_op_takes() -> None:
    names = {1: "Unary", 2: "Binary", 3: "Ternary", None: "Variadic"}
    source = ast.parse(Path(public.__file__).read_text(encoding="utf-8"))
    told = {
        node.targets[0].id: node.value.args[0].value
        for node in source.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Call)
        if isinstance(node.value.args[0], ast.Constant)
    }
    ops = {name: op for name, op in vars(public).items() if type(op) is public.Op}
    assert told == {name: names[op.arity] for name, op in ops.items()}
