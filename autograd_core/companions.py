"""The packages that are installed along with this one, `nn` and `viz`, and what else may stand in their place.

Their names are short, so a file of the user's may have the same one. Python then finds that file wherever its folder is
searched first, as `python -m` searches the working folder.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from pathlib import Path

from autograd_core.errors import InputError


def load(name: str) -> None:
    """Import a companion from where it is installed, so that whoever imports it later finds it, too.

    For programs that are ours from start to end: in others it would take the user's own module away.

    Raises:
        InputError: if another module of that name is imported already.
    """
    if name in sys.modules:
        check(name)
        return
    home = _home(name)
    spec = PathFinder.find_spec(name, [str(home.parent)])  # a folder or a zip file
    if spec is None or spec.loader is None:
        raise InputError(f"expected the package {name} in {home}, found nothing; install autograd-core again")
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


def check(name: str) -> None:
    """Make sure that Python finds the companion by its name.

    Raises:
        InputError: if it finds another module, or none. The message names its file and the ways out.

    >>> check("viz")
    """
    found = _file_of(name)
    if found is None or found.parent != _home(name):
        raise InputError(
            f"expected {name} to be the package {_home(name)}, found {found or 'nothing'} by that name: "
            "rename that file, or run Python where it is not found first, as with python -P"
        )


def _home(name: str) -> Path:
    return Path(__file__).resolve().parents[1] / name


def _file_of(name: str) -> Path | None:
    """The file that is or would be imported by a name."""
    spec = None if name in sys.modules else find_spec(name)
    file = spec.origin if spec is not None else getattr(sys.modules.get(name), "__file__", None)
    return None if file is None else Path(file).resolve()
