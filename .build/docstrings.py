"""Writes the docstrings and signatures of the sources into the C code that mypyc generates.

mypyc drops docstrings, and each signature with a default that is not a literal. The functions of CPython itself have
both in one string, which `help` and `inspect.signature` read: the signature, a line with two hyphens, the docstring.
`document` gives the compiled functions such strings, and changes nothing else. If the generated code does not have the
expected form, the build ends with an error, so that no documentation is lost unnoticed.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

Key: TypeAlias = tuple[str, str]
"""What has documentation: its kind, which is a key of `PLACES`, and its name in the C code."""

STRING: Final = r'"(?:[^"\\]|\\.)*"'
ARGUMENTS: Final = r",\s+METH_[A-Z_| ]+, PyDoc_STR"

PLACES: Final = {
    "module": re.compile(r'(?P<before>"(?P<name>[\w.]+)",\s+)NULL(?=, /\* docstring \*/)'),
    "class": re.compile(rf"(?P<before>CPyType_(?P<name>\w+)_template_ = {{[^;]*?\.tp_doc = PyDoc_STR\({STRING})(?=\))"),
    "function": re.compile(rf"(?P<before>\(PyCFunction\)CPyPy_(?P<name>\w+){ARGUMENTS}\()(?:NULL|{STRING})(?=\))"),
    "property": re.compile(r"(?P<before>\(getter\)(?P<name>\w+),\s+(?:\(setter\)\w+|NULL),\s+)NULL(?=, NULL})"),
}
"""Where the C code has the string of each kind of object. A class keeps its signature, with which its string begins."""

CALL: Final = "_____call__"
"""The end of the name of the special method `__call__`."""

CLOSURE: Final = re.compile(
    rf'CPyPy_(?P<type>\w+_obj){CALL}{ARGUMENTS}\("__call__\((?P<arguments>.*?)\)\\n'
    r'(?s:.*?)CPyType_(?P=type)_template_ = {[^;]*?\.tp_doc = PyDoc_STR\("\w+\('
)
"""The type of a nested function or a lambda, up to where the arguments stand in its signature."""

CLOSURE_TYPE: Final = "_obj_template_ = {"

END_OF_SIGNATURE: Final = "\n--\n\n"


def document(sources: list[Path], folder: Path) -> None:
    """Write the docstrings and signatures of `sources` into the C files in `folder`.

    Raises:
        ValueError: if the C files do not have exactly one place for something that the sources define, or the arguments
            of a nested function are not found.
    """
    texts = dict(text for source in sources for text in texts_of(source))
    places: Counter[Key] = Counter()
    for path in folder.rglob("*.c"):
        code, closures = CLOSURE.subn(signed, path.read_text(encoding="utf-8"))
        if closures != (types := code.count(CLOSURE_TYPE)):
            raise ValueError(f"expected the arguments of {types} nested functions in the C code, got {closures}")
        for kind, place in PLACES.items():
            code = place.sub(partial(written, kind, texts, places), code)
        path.write_text(code, encoding="utf-8")
    wrong = [f"{name}: {places[kind, name]}" for kind, name in texts if places[kind, name] != 1]
    if wrong:
        raise ValueError(f"expected one place in the C code of mypyc for each docstring, got for {', '.join(wrong)}")


def written(kind: str, texts: Mapping[Key, str], places: Counter[Key], place: re.Match[str]) -> str:
    """The C code of a place with its text, if there is one; every place is counted.

    Python hides special methods behind its own descriptions of them. `METH_COEXIST` shows `__call__`, which has
    arguments of its own. How an object is called does not change.
    """
    key = kind, place["name"]
    places[key] += 1
    if not texts.get(key):
        return place[0]
    shown = place["before"].replace("METH_", "METH_COEXIST | METH_", 1)
    before = shown if place["name"].endswith(CALL) else place["before"]
    return f"{before} {literal(texts[key])}"


def texts_of(source: Path) -> Iterator[tuple[Key, str]]:
    """The text of a module and of all that it defines. The text of a class has no signature, as mypyc writes that.

    The method `f` of the class `C` of the module `m` is called `m___C___f` in C.
    """
    tree = ast.parse(source.read_text(encoding="utf-8"))
    yield ("module", ".".join(source.with_suffix("").parts)), docstring(tree)
    for node in tree.body:
        name = f"{source.stem}___{getattr(node, 'name', '')}"
        if isinstance(node, ast.FunctionDef):
            yield ("function", name), signature(node) + docstring(node)
        elif isinstance(node, ast.ClassDef):
            yield ("class", name), docstring(node)
            for part in node.body:
                if isinstance(part, ast.FunctionDef):
                    yield from text_of_method(part, name)
                elif isinstance(part, ast.Assign) and ast.unparse(part.targets[0]) == "__slots__":
                    yield from texts_of_attributes(part.value, name)


def text_of_method(method: ast.FunctionDef, owner: str) -> Iterator[tuple[Key, str]]:
    """The text of a method or a property; nothing for the setter of a property, whose getter has the docstring."""
    decorators = [ast.unparse(decorator) for decorator in method.decorator_list]
    if "property" in decorators:
        yield ("property", f"{owner}_get_{method.name}"), docstring(method)
    elif f"{method.name}.setter" not in decorators:
        yield ("function", f"{owner}___{method.name}"), signature(method, bound="$") + docstring(method)


def texts_of_attributes(slots: ast.expr, owner: str) -> Iterator[tuple[Key, str]]:
    """The texts of attributes whose class has them in its `__slots__`, where `help` finds them in plain Python."""
    if isinstance(slots, ast.Dict):
        for attribute, text in ast.literal_eval(slots).items():
            yield ("property", f"{owner}_get_{attribute}"), text


def docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> str:
    """The docstring, or "" if there is none."""
    return ast.get_docstring(node) or ""


def signature(function: ast.FunctionDef, bound: str = "") -> str:
    """The signature with names and defaults; compiled code has no annotations.

    The sign `bound` marks the first argument as the one that a bound method has already.
    """
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    for argument in every:
        if argument is not None:
            argument.annotation = None
    return f"{function.name}({bound}{ast.unparse(arguments)}){END_OF_SIGNATURE}"


def signed(closure: re.Match[str]) -> str:
    """The C code of the type of a nested function or a lambda, with the names of the arguments in its signature.

    mypyc makes a type for each of them, and writes these names only for a method that Python hides.
    """
    return closure[0] + closure["arguments"].replace("$", "")


def literal(text: str) -> str:
    """A text as C strings, one for each line: compilers limit the length of a single one."""
    return " ".join([f'"{"".join(map(escaped, line))}"' for line in text.splitlines(keepends=True)])


def escaped(character: str) -> str:
    """A character in a C string. A question mark could begin one of the trigraphs of old C."""
    if character.isascii() and character.isprintable() and character not in '"\\?':
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode())
