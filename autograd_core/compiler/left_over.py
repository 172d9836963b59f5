"""Numbers that outlive their capture: found by counting references, and named with the line that recorded them.

When a capture has ended, its results have become outputs and nothing needs its Symbols any more. Each Symbol holds its
recorder, so the references to the recorder tell how many Symbols are still held, wherever that is: in a set, in a
generator, in the closure of a function that was returned. Only if there are some, the objects that hold them are looked
for. So a capture that leaves nothing behind pays for one count.
"""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Iterator
from types import CellType, FrameType, FunctionType, ModuleType
from typing import Any

from autograd_core.compiler.capture import Capture
from autograd_core.compiler.sources import Cell
from autograd_core.errors import GradientLossError
from autograd_core.graph.symbol import Symbol
from autograd_core.graph.value import Value


def references(recorder: Capture) -> int:
    """How often a recorder is referred to, not counting the Symbols that it holds itself."""
    return sys.getrefcount(recorder) - len(recorder.arguments)


def refuse_left_over(recorder: Capture) -> None:
    """Raise because Symbols of a capture that has been released are still held.

    Raises:
        GradientLossError: the message says where such a number was recorded, and what holds it.
    """
    place, holder, name = _found(recorder)
    _remove(holder, recorder)
    raise GradientLossError(
        f"the number {origin(recorder, place)} outlives the call that a compiled function was recorded in: {name} "
        "holds it, where it would stay without a value; return the number, and keep what the call returns"
    )


def survivors(recorder: Capture) -> list[Cell]:
    """The leaves that the function made, used, and left outside; eagerly they would have data and gradients there."""
    alone = _references(Cell(Value(0.0), True))
    made = [cell for cell in recorder.cells.values() if cell.is_local and (cell.has_new_data or cell.has_new_gradient)]
    return [cell for cell in made if _references(cell) > alone]


def refuse_leaf(recorder: Capture, cell: Cell) -> None:
    """Raise because a leaf is left where no later call finds out that it is another one.

    Raises:
        GradientLossError: the message says what the leaf holds, and where that was recorded.
    """
    place = cell.data if cell.has_new_data else cell.gradient
    raise GradientLossError(
        f"a leaf that a compiled function has made, with the number {origin(recorder, place)}, outlives the call: "
        "every call would have to make a new one; return its number, or make the leaf before, and assign to its data"
    )


def _references(cell: Cell) -> int:
    return sys.getrefcount(cell.leaf)


def origin(recorder: Capture, place: int) -> str:
    """What a number is, for a message; -1 is one that is not known."""
    if place < 0:
        return "that was recorded in it"
    if place < len(recorder.sources) and recorder.program.op(place) is None and recorder.program.number(place) is None:
        source = recorder.sources[int(recorder.program.index(place))]
        if source.kind == "argument":
            return f"that the function got as number {source.index} of its arguments"
    return f"recorded at {recorder.origins.line(place)}"


# The objects that hold a number.


def _found(recorder: Capture) -> tuple[int, Any, str]:
    """The place of a number that is still held, the object that holds it, and what that is."""
    frozen = gc.get_freeze_count() > 0
    if frozen:
        gc.unfreeze()  # the collector shows no frozen objects
    try:
        here = sys._getframe()
        for holder in gc.get_objects():
            if not (isinstance(holder, FrameType) and _is_above(holder, here)):
                symbol = next(_symbols_in(holder, recorder), None)
                if symbol is not None:
                    owner = _owner(holder)
                    return symbol.place, owner, _name_of(owner)
    finally:
        if frozen:
            gc.freeze()
    return -1, None, "an object that the garbage collector of Python does not know"


def _owner(holder: Any) -> Any:
    """What holds a number, or holds the tuples that it is in."""
    while isinstance(holder, tuple):
        users = [user for user in gc.get_referrers(holder) if not isinstance(user, FrameType | list)]
        if not users:
            break
        holder = users[0]
    return holder


def _is_above(frame: FrameType, here: FrameType) -> bool:
    """Whether a frame is one of those that look."""
    above: FrameType | None = here
    while above is not None:
        if above is frame:
            return True
        above = above.f_back
    return False


def _symbols_in(holder: Any, recorder: Capture) -> Iterator[Symbol]:
    """The Symbols of a capture that an object holds, itself or in what the collector does not track."""
    waiting = [holder]
    while waiting:
        thing = waiting.pop()
        for held in _held_by(thing):
            if isinstance(held, Symbol):
                if held.recorder is recorder:
                    yield held
            elif _is_array_of_objects(held) or (isinstance(held, tuple) and not gc.is_tracked(held)):
                waiting.append(held)


def _held_by(thing: Any) -> Any:
    return thing.ravel().tolist() if _is_array_of_objects(thing) else gc.get_referents(thing)


def _is_array_of_objects(thing: Any) -> bool:
    numpy: Any = sys.modules.get("numpy")
    return numpy is not None and isinstance(thing, numpy.ndarray) and bool(thing.dtype.hasobject)


def _name_of(holder: Any) -> str:
    """What holds a number, in words, with a name if there is one."""
    if isinstance(holder, FunctionType):
        return f"the function {holder.__qualname__}"
    if isinstance(holder, CellType):
        users = [user for user in gc.get_referrers(holder) if isinstance(user, tuple)]
        owners = [owner for user in users for owner in gc.get_referrers(user) if isinstance(owner, FunctionType)]
        return f"a variable of the function {owners[0].__qualname__}" if owners else "a variable of a function"
    kind = f"a {type(holder).__name__}"
    for user in gc.get_referrers(holder):
        if isinstance(user, dict):
            name = _key_of(holder, user)
            if name:
                return f"{kind}, {name},"
        elif getattr(user, "__dict__", None) is holder and not isinstance(user, ModuleType):
            return f"an attribute of a {type(user).__name__}"
        elif isinstance(user, CellType):
            name = _variable_of(user)
            if name:
                return f"{kind}, {name},"
    return kind


def _key_of(holder: Any, users: dict[Any, Any]) -> str:
    """The name under which a dict, such as that of a module, knows an object."""
    for key, held in users.items():
        if held is holder and isinstance(key, str):
            return key
    return ""


def _variable_of(cell: CellType) -> str:
    """The name of a variable that functions use which were defined in one place."""
    for closure in gc.get_referrers(cell):
        for owner in gc.get_referrers(closure) if isinstance(closure, tuple) else ():
            if isinstance(owner, FunctionType):
                name: str = owner.__code__.co_freevars[closure.index(cell)]
                return name
    return ""


def _remove(holder: Any, recorder: Capture) -> None:
    """Take the numbers out of a collection, so that nothing is left behind."""
    if isinstance(holder, list | deque):
        for index in reversed(range(len(holder))):
            if _is_of(holder[index], recorder):
                del holder[index]
    elif isinstance(holder, set):
        holder.difference_update([x for x in holder if _is_of(x, recorder)])
    elif isinstance(holder, dict):
        for key in [key for key, x in holder.items() if _is_of(x, recorder) or _is_of(key, recorder)]:
            del holder[key]


def _is_of(thing: Any, recorder: Capture) -> bool:
    if isinstance(thing, tuple):
        return any(_is_of(x, recorder) for x in thing)
    return isinstance(thing, Symbol) and thing.recorder is recorder
