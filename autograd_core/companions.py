"""The packages that are installed with this one, `nn` and `viz`, and other modules with the same names.

The names are short, so a user may have a file `nn.py`. Python imports that file if its folder is searched first;
`python -m`, for example, searches the working folder first.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Final

from autograd_core.errors import InputError

NAMES: Final = ("nn", "viz")


def load(name: str) -> None:
    """Import a companion from where it is installed; later imports of that name then find it too.

    This is for our own programs only. In others it would replace the user's own module.

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


def is_ours(module: str) -> bool:
    """Whether a module, given by its full name, is part of this project.

    >>> is_ours("viz.picture.svg"), is_ours("numpy")
    (True, False)
    """
    return module.partition(".")[0] in ("autograd_core", *NAMES)


def check(name: str) -> None:
    """Check that Python finds the companion by its name.

    Raises:
        InputError: if it finds another module, or none. The message names its file and says what to do.

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
