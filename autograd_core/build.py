"""Which build of the hot modules runs: the one compiled by mypyc, or their plain Python source.

A wheel may hold each hot module twice, as a `.py` file and as an extension module compiled from it. It also holds a
record with the hashes of the compiled sources. Python prefers the extension module, so a later edit of the source would
silently have no effect. Therefore `select_build` compares the sources with the record before any of them is imported.
If one was edited, or if AUTOGRAD_CORE_PURE=1 is set, all of them run from source. Compiled and plain modules cannot be
mixed, because compiled modules read each other's memory. Python loads no extension modules from a zip file, so there
the modules always run from source. In a subinterpreter only plain Python can be imported.

This file is loaded with every import of the package, so it imports nothing that is not loaded anyway.
"""

import os
import sys
import warnings
from collections.abc import Container, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import source_hash, spec_from_file_location
from types import ModuleType
from typing import Any, Final, NamedTuple

_FOLDER: Final = os.path.dirname(os.path.abspath(__file__))

_ARCHIVE: Final[str] = getattr(getattr(__spec__, "loader", None), "archive", "")
"""The zip file that the package is imported from; "" for a folder."""


class BuildInfo(NamedTuple):
    """What runs, and why.

    Attributes:
        compiled: whether the hot modules run as machine code.
        reason: why, as a phrase that follows "compiled: " or "plain Python: ".
        python: the version of Python, such as "3.11.7".
        mypyc: the version of mypyc that compiled what runs, "" for plain Python.
        modules: the names of the modules that run as machine code.
        place: the folder or the zip file that the package was imported from.
    """

    compiled: bool
    reason: str
    python: str
    mypyc: str
    modules: tuple[str, ...]
    place: str

    def __str__(self) -> str:
        """Return one line of text, for people to read."""
        return f"{'compiled' if self.compiled else 'plain Python'}: {self.reason}, Python {self.python}"

    def __repr__(self) -> str:
        """Return the same line, with the number of compiled modules; `modules` lists them."""
        return f"BuildInfo({self}, {len(self.modules)} compiled module{'s' * (len(self.modules) != 1)})"


class _Record(NamedTuple):
    """What the build wrote into the wheel: the reason, the version of mypyc, and the hash of each compiled source."""

    reason: str
    mypyc: str
    hashes: dict[str, str]


class SourceFinder:
    """An entry of `sys.meta_path` that loads the named modules from source, even if they are also compiled.

    Attributes:
        names: the full names of the modules.
        reason: why they are run from source.
    """

    def __init__(self, names: Container[str], reason: str) -> None:
        self.names = names
        self.reason = reason

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to load `name`, or None to leave it to the next entries."""
        return spec_from_file_location(name, _source_path(name)) if name in self.names else None


def select_build() -> None:
    """Make the hot modules run from source where necessary. Call this before the first of them is imported.

    Raises:
        ImportError: if they would run compiled in a subinterpreter.
    """
    if _plain_wanted():
        sys.meta_path.insert(0, SourceFinder(_RECORD.hashes, "AUTOGRAD_CORE_PURE is set"))
        return
    edited = [name for name, digest in _RECORD.hashes.items() if _is_edited(name, digest)]
    if edited:
        reason = f"edited after it was compiled: {', '.join(edited)}"
        sys.meta_path.insert(0, SourceFinder(_RECORD.hashes, reason))
        warnings.warn(
            f"{reason}; running plain Python until it is installed again",
            RuntimeWarning,
            stacklevel=3,  # the line of the caller that imports the package
        )
    elif _RECORD.hashes and _is_subinterpreter() and _compiled_modules():
        raise ImportError(
            "expected the main interpreter, got a subinterpreter: compiled, autograd_core has one state for all "
            "interpreters, and would break the others; set AUTOGRAD_CORE_PURE=1 before the import to run plain Python",
            name="autograd_core",
        )


def build_info() -> BuildInfo:
    """Return whether the engine runs compiled or as plain Python, and why.

    Example:
        >>> import autograd_core
        >>> autograd_core.build_info().compiled in (True, False)
        True
    """
    forced = [entry.reason for entry in sys.meta_path if isinstance(entry, SourceFinder)]
    modules = () if forced else _compiled_modules()
    elsewhere = "the compiled modules are for another Python" if _RECORD.hashes and not modules else _RECORD.reason
    reason = (*forced, elsewhere)[0]
    return BuildInfo(bool(modules), reason, sys.version.split()[0], _RECORD.mypyc if modules else "", modules, _PLACE)


def _read_record() -> _Record:
    """Return the record of this installation; a source tree has none, and the one in a zip file is ignored."""
    if _ARCHIVE:
        return _Record("imported from a zip file, where Python finds no compiled modules", "", {})
    try:
        with open(os.path.join(_FOLDER, "build_record.txt"), encoding="utf-8") as file:
            lines = [line.rstrip("\n").partition(" ")[::2] for line in file]
    except FileNotFoundError:
        return _Record("run from a source tree", "", {})
    facts = dict(lines)
    modules = [text.partition(" ")[::2] for key, text in lines if key == "module"]
    return _Record(facts["reason"], facts.get("mypyc", ""), dict(modules))


def _plain_wanted() -> bool:
    """Return whether the environment asks for plain Python."""
    return os.environ.get("AUTOGRAD_CORE_PURE", "0") not in ("", "0")


def _compiled_modules() -> tuple[str, ...]:
    """Return the names of the modules that Python finds as extension modules, imported or not.

    The files are looked up, because other code can change `sys.modules`.
    """
    from importlib.machinery import PathFinder

    specs = [PathFinder.find_spec(name, [os.path.dirname(_source_path(name))]) for name in _RECORD.hashes]
    return tuple(spec.name for spec in specs if spec is not None and not str(spec.origin).endswith(".py"))


def _is_subinterpreter() -> bool:
    """Return whether this is not the main interpreter of the process."""
    try:
        import_module("_signal").set_wakeup_fd(-2)  # no file has this number, so nothing is set
    except OSError:  # raised in the main thread of the main interpreter only; 300 us faster than the code below
        return False
    except ValueError:
        pass
    try:
        interpreters: Any = import_module("_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters")
    except ImportError:
        return False  # this Python has none
    return bool(interpreters.get_current() != interpreters.get_main())


def _source_path(name: str) -> str:
    """Return the path of the source file of the module `name` of this package."""
    return os.path.join(_FOLDER, *name.split(".")[1:]) + ".py"


def _is_edited(name: str, digest: str) -> bool:
    """Return whether the source of the module `name` differs from the one that was compiled."""
    try:
        with open(_source_path(name), "rb") as source:
            return source_hash(source.read()).hex() != digest
    except FileNotFoundError:
        return False  # without a source there is nothing to run instead


_PLACE: Final = os.path.abspath(_ARCHIVE) if _ARCHIVE else _FOLDER
_RECORD: Final = _read_record()
