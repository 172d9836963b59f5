"""Compiles the hot modules while a wheel is built.

mypyc translates the Python sources listed in pyproject.toml to C, and the C compiler makes extension modules from the C
code, in a temporary folder. The wheel holds the extension modules and their sources. Without a C compiler, or with
AUTOGRAD_CORE_PURE=1, the wheel holds plain Python only. In both cases it holds a record for autograd_core/build.py:
whether the modules are compiled, why or why not, and the hashes of the compiled sources.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import sysconfig
import tempfile
from importlib.util import source_hash
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

RECORD = "autograd_core/build_record.txt"

# Included before the C code of mypyc: how objects are freed, where their memory comes from, where sources lie, and
# what is said about wrong calls.
HEADERS = ("trashcan.h", "pools.h", "places.h", "calls.h")

# Tests whether extension modules can be built at all, so that an error later is an error in our sources.
PROBE = "#include <Python.h>\nPyMODINIT_FUNC PyInit_probe(void) { return NULL; }\n"

# Where the C code passes on the path of the library: the third argument of one function, the eighth of another.
USES_OF_LIBRARY = re.compile(r"CPyImport_(?:SetDunderAttrs|ImportNative)\(")
LIBRARY = re.compile(r"(CPyImport_(?:SetDunderAttrs\((?:\w+, ){2}|ImportNative\((?:\w+, ){7}))(\w+)")

# Where the C code gives up a call, because its arguments could not be read.
READS = re.compile(r"if \(!CPyArg_Parse\w+\(")
REFUSALS = re.compile(
    r"(if \(!CPyArg_Parse(?:StackAndKeywords\w*\(args, (?:PyVectorcall_NARGS\()?nargs\)?, kwnames, &(?P<parser>parser)"
    r"|TupleAndKeywords\(args, kw, \"[^\"]*\", (?P<name>\"\w+\"))[^{]*\) {\s+return )NULL;"
)


# Where the C code compares an index of a vec with the length, at first as it is, then with the length added to it.
INDICES = re.compile(r"((\w+) = \(uint64_t\)\w+ < \(uint64_t\)\w+;\s+if \()\2(\) goto )")


class CompileHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the extension modules and the record to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile into a temporary folder and name the results in `build_data`."""
        if version == "editable":
            return  # sources run where they are: a compiled copy would be out of date after the first edit
        sources = [Path(name) for name in self.config["modules"]]
        self.scratch = tempfile.TemporaryDirectory(prefix="autograd-core-")
        folder = Path(self.scratch.name)
        with contextlib.chdir(self.root):
            missing = [str(source) for source in sources if not source.is_file()]
            if missing:
                raise FileNotFoundError(
                    f"pyproject.toml lists modules to compile that do not exist: {', '.join(missing)}"
                )
            obstacle = why_not_compile(folder / "probe")
            headers = [Path(self.root, ".build", name) for name in HEADERS]
            built = [] if obstacle else compile_sources(sources, folder, headers)
            record = folder / "record.txt"
            record.write_text(describe(sources, obstacle), encoding="utf-8")
        build_data["force_include"][str(record)] = RECORD
        build_data["force_include"].update({str(path): path.relative_to(folder / "lib").as_posix() for path in built})
        if built:
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
        self.app.display_info(
            f"autograd-core: plain Python, because {obstacle}" if obstacle else "autograd-core: compiled"
        )

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary folder, which is needed until the wheel is written."""
        if version != "editable":
            self.scratch.cleanup()


def why_not_compile(folder: Path) -> str:
    """Return why this build has to be plain Python, or "" if it can be compiled."""
    if os.environ.get("AUTOGRAD_CORE_PURE", "0") not in ("", "0"):
        return "AUTOGRAD_CORE_PURE was set when it was built"
    if sys.implementation.name != "cpython":
        return f"mypyc compiles for CPython and this is {sys.implementation.name}"

    from setuptools import Extension
    from setuptools.errors import BaseError, CCompilerError

    folder.mkdir()
    source = folder / "probe.c"
    source.write_text(PROBE, encoding="ascii")
    try:
        build_extensions([Extension("probe", [str(source)])], folder)
    except (BaseError, CCompilerError):  # the compiler has printed its error
        compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "of this platform"
        return f"the C compiler ({compiler}) did not work when it was built"
    return ""


def compile_sources(sources: list[Path], folder: Path, headers: list[Path]) -> list[Path]:
    """Return the extension modules made from `sources`, under `folder`/lib in the layout of the packages.

    An error in the sources ends the build: mypyc prints it and exits.
    """
    from mypyc.build import mypycify

    sys.path.insert(0, str(Path(__file__).parent))  # hatchling loads this file without its folder
    from docstrings import document

    options = ["--strict", "--config-file=", "--follow-imports=silent", f"--cache-dir={folder / 'cache'}"]
    extensions = mypycify(
        [*options, *map(str, sources)],
        opt_level=os.environ.get("MYPYC_OPT_LEVEL", "3"),  # the variable that the program mypyc reads
        debug_level="0",
        target_dir=str(folder / "c"),
        group_name="autograd_core.engine",  # its last part is the name of the library that all the modules share
    )
    document(sources, folder / "c")
    place_library(folder / "c")
    explain_refusals(folder / "c")
    expect_indices(folder / "c")
    for extension in extensions:
        extension.extra_compile_args += compiler_flags(headers)
    build_extensions(extensions, folder)
    return sorted(path for path in (folder / "lib").rglob("*") if path.is_file())


def place_library(folder: Path) -> None:
    """Make the C code in `folder` take the library that all modules share to lie in the package (see places.h).

    Raises:
        ValueError: if the C code does not have the expected form.
    """
    for path in folder.rglob("__native_*.c"):
        code, places = LIBRARY.subn(r"\1places_above(\2)", path.read_text(encoding="utf-8"))
        if not places or places != len(USES_OF_LIBRARY.findall(code)):
            raise ValueError("expected the path of the library in the C code of mypyc, found it in another form")
        path.write_text(code, encoding="utf-8")


def explain_refusals(folder: Path) -> None:
    """Let the C code in `folder` say what is wrong with the arguments of a call (see calls.h).

    Raises:
        ValueError: if the C code does not have the expected form.
    """

    def explained(place: re.Match[str]) -> str:
        if place["parser"]:
            return f"{place[1]}calls_refused(self, parser.fname, PyVectorcall_NARGS(nargs), kwnames);"
        return f"{place[1]}calls_refused(self, {place['name']}, PyTuple_GET_SIZE(args), kw);"

    for path in folder.rglob("__native_*.c"):
        code, places = REFUSALS.subn(explained, path.read_text(encoding="utf-8"))
        if not places or places != len(READS.findall(code)):
            raise ValueError("expected a return where the C code of mypyc cannot read arguments, found another form")
        path.write_text(code, encoding="utf-8")


def expect_indices(folder: Path) -> None:
    """Let the C compiler expect the indices in `folder` to be in range: loops over a vec take a third of the time.

    It would take an index below 0 to be as likely as any other, and lay out the code of every loop for both.

    Raises:
        ValueError: if the C code does not have the expected form.
    """
    places = 0
    for path in folder.rglob("__native_*.c"):
        code, found = INDICES.subn(r"\1likely(\2)\3", path.read_text(encoding="utf-8"))
        path.write_text(code, encoding="utf-8")
        places += found
    if not places:
        raise ValueError("expected comparisons of indices in the C code of mypyc, found none")


def compiler_flags(headers: list[Path]) -> list[str]:
    """Return the flags that the generated C needs beyond mypyc's own."""
    if sys.platform == "win32":
        return [f"/FI{header}" for header in headers]
    return [
        *(word for header in headers for word in ("-include", str(header))),
        "-fno-semantic-interposition",  # functions of the library may be inlined: a training step takes 5 % less time
        "-ffp-contract=off",  # a fused a*b + c would round once where plain Python rounds twice
        "-Wno-error",  # mypyc sets -Werror; a warning of a newer compiler must not stop the installation
    ]


def build_extensions(extensions: list[Any], folder: Path) -> None:
    """Compile and link `extensions` into `folder`/lib, without changes to the source tree."""
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext

    command = build_ext(Distribution({"name": "autograd-core", "ext_modules": extensions}))
    command.build_lib = str(folder / "lib")
    command.build_temp = str(folder / "objects")
    command.ensure_finalized()
    command.run()


def describe(sources: list[Path], obstacle: str) -> str:
    """Return the text of the record: a reason and, if compiled, one line per module with the hash of its source."""
    if obstacle:
        return f"reason {obstacle}\n"
    from mypy.version import __version__

    modules = [
        f"module {'.'.join(path.with_suffix('').parts)} {source_hash(path.read_bytes()).hex()}" for path in sources
    ]
    return "\n".join([f"reason built with mypyc {__version__}", f"mypyc {__version__}", *modules, ""])
