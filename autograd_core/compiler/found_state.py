"""The state that a function reads besides its arguments: what a later call has to find unchanged.

A captured program holds the numbers, texts and flags that the function found in its closure, in the globals that its
code names, and in what these hold: attributes of modules such as `training`, items of lists, sets and dicts, arrays.
`state_walk.state_of` goes over all of it and keeps what it found. `State.changed` looks again before every run; if
anything is another one, the program is not run. `State.restore` puts everything back after a call that has failed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from types import BuiltinFunctionType, CellType
from typing import Any, Final, final

from autograd_core.compiler.iterators import is_advanced
from autograd_core.graph.blocks import BLOCKS, is_recording
from autograd_core.graph.node import FREEZES, Node
from autograd_core.table.op import Op

PLAIN: Final = (float, int, bool, str, bytes, complex, type(None))
"""Types of objects that are compared by their value."""

CLOSED_TYPES: Final = frozenset({*PLAIN, BuiltinFunctionType, Op})
"""Types of objects that hold nothing which could change, besides Values."""

MISSING: Final[Any] = object()
"""What a place holds that does not exist."""


@final
class Place:
    """A place that holds an object: a cell of a closure, a key of a dict, an index of a list, an attribute of a class.

    Attributes:
        holder: the cell, dict, list, class, or object with slots.
        key: the key, index or name of the attribute; unused for a cell.
        is_slot: whether the holder is an object with slots.
        name: the expression for it, for messages.
    """

    __slots__ = ("holder", "is_slot", "key", "name")

    def __init__(self, holder: Any, key: Any, name: str, is_slot: bool = False) -> None:
        self.holder: Final = holder
        self.key: Final = key
        self.name: Final = name
        self.is_slot: Final = is_slot

    def read(self) -> Any:
        """What it holds now; `MISSING` if it does not exist."""
        holder = self.holder
        if isinstance(holder, dict):
            return holder.get(self.key, MISSING)
        if self.is_slot:
            return getattr(holder, self.key, MISSING)
        if isinstance(holder, type):
            return vars(holder).get(self.key, MISSING)
        try:
            return holder.cell_contents if isinstance(holder, CellType) else holder[self.key]
        except (ValueError, KeyError, IndexError):
            return MISSING

    def identity(self) -> tuple[int, Any]:
        """What two places have in common if they are the same."""
        return id(self.holder), self.key

    def write(self, content: Any) -> None:
        """Put something else there."""
        if isinstance(self.holder, CellType):
            self.holder.cell_contents = content
        elif self.is_slot or isinstance(self.holder, type):
            setattr(self.holder, self.key, content)
        else:
            self.holder[self.key] = content

    def remove(self) -> None:
        """Leave nothing there."""
        if isinstance(self.holder, CellType):
            del self.holder.cell_contents
        elif self.is_slot or isinstance(self.holder, type):
            delattr(self.holder, self.key)
        else:
            del self.holder[self.key]


@final
class Held:
    """A place, and what it held."""

    __slots__ = ("content", "place")

    def __init__(self, place: Place, content: Any) -> None:
        self.place: Final = place
        self.content: Final = content


@final
class Kept:
    """A collection, and a copy of what was in it.

    Attributes:
        collection: a list, dict, deque, set or array.
        copy: a list of the items, a dict with the keys, a set or an array.
        name: the expression for it.
    """

    __slots__ = ("collection", "copy", "name")

    def __init__(self, collection: Any, copy: Any, name: str) -> None:
        self.collection: Final = collection
        self.copy: Final = copy
        self.name: Final = name


@final
class State:
    """What a walk has found.

    Attributes:
        function: where the walk began.
        places: the places of single objects, with what they held.
        carried: places whose numbers a program reads; the form of what they held has to be the same.
        dicts: dicts, those of attributes among them, with their keys.
        lists: lists with their items.
        queues: deques with their items.
        sets: sets with a copy.
        arrays: arrays of numbers with a copy.
        iterators: iterators with how far they were.
        marks: leaves whose `frozen` the function reads, with what it was.
        stores: stores that the function uses, with their forms.
        volatile: what the code names that has another result each time, such as a clock.
        is_recording: whether operations were recorded outside of the call.
    """

    __slots__ = (
        "_marks_seen",
        "arrays",
        "carried",
        "dicts",
        "function",
        "is_recording",
        "iterators",
        "lists",
        "marks",
        "places",
        "queues",
        "sets",
        "stores",
        "volatile",
    )

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function: Final = function
        self.places: list[Held] = []
        self.carried: list[Held] = []
        self.dicts: list[Kept] = []
        self.lists: list[Kept] = []
        self.queues: list[Kept] = []
        self.sets: list[Kept] = []
        self.arrays: list[Kept] = []
        self.iterators: list[Kept] = []
        self.marks: list[tuple[Node, bool]] = []
        self._marks_seen = 0.0  # when the marks were found unchanged, a time of `FREEZES`
        self.stores: list[tuple[Any, Any]] = []
        self.volatile: list[str] = []
        self.is_recording = not BLOCKS.any_open or is_recording()

    def changed(self) -> str:
        """The name of something that is another one now; "" if nothing is.

        >>> from autograd_core.compiler.state_walk import state_of
        >>> scale = [2.0]
        >>> state = state_of(lambda x: scale[0] * x)
        >>> unchanged = state.changed()
        >>> scale[0] = 3.0
        >>> unchanged, state.changed()
        ('', 'scale[0]')
        """
        for held in self.places:
            now = held.place.read()
            if now is not held.content and not _is_same(now, held.content):
                return held.place.name
        for held in self.carried:
            if _form(held.place.read()) != held.content:
                return held.place.name
        for kept in self.dicts:
            if len(kept.collection) != len(kept.copy):
                return kept.name
        for kept in self.lists:
            found = changed_item(kept)
            if found is not None:
                return found
        return self._changed_seldom()

    def _changed_seldom(self) -> str:
        """`changed` for what few functions have."""
        for kept in self.queues:
            if not _are_same(list(kept.collection), kept.copy):
                return kept.name
        for kept in self.sets:
            if kept.collection != kept.copy:
                return kept.name
        for kept in self.arrays:
            if not same_bytes(kept):
                return kept.name
        if self.is_recording is not (not BLOCKS.any_open or is_recording()):
            return "no_grad()"
        return self._changed_mark() or self._changed_store()

    def _changed_mark(self) -> str:
        """`changed` for the marks of leaves. Nobody looks at them again before one is assigned."""
        if self._marks_seen != FREEZES.now:
            for leaf, frozen in self.marks:
                extras = leaf._extras
                if (extras is not None and extras.frozen) is not frozen:
                    return f"frozen of {leaf!r}"
            self._marks_seen = FREEZES.now
        return ""

    def _changed_store(self) -> str:
        for store, form in self.stores:
            now = store.form()
            if now is not form and now != form:
                return str(store.describe())
        return ""

    def restore(self) -> None:
        """Put everything back that has changed."""
        for held in self.places:
            now = held.place.read()
            if now is held.content:
                continue
            if held.content is MISSING:
                held.place.remove()
            else:
                held.place.write(held.content)
        self._restore_collections()

    def _restore_collections(self) -> None:
        for kept in self.dicts:
            for key in [key for key in kept.collection if key not in kept.copy]:
                del kept.collection[key]
        for kept in self.lists:
            if changed_item(kept) is not None:
                kept.collection[:] = kept.copy
        for kept in self.queues:
            kept.collection.clear()
            kept.collection.extend(kept.copy)
        for kept in self.sets:
            if kept.collection != kept.copy:
                kept.collection.clear()
                kept.collection.update(kept.copy)
        for kept in self.arrays:
            if not same_bytes(kept):
                kept.collection[...] = kept.copy

    def irregular(self) -> str:
        """The name of something that a call has changed, and a program cannot change; "" if there is none.

        That is how many items there are, what is in a set or in an array, and how far an iterator is.
        """
        for kept in self.lists:
            if len(kept.collection) != len(kept.copy):
                return kept.name
        for kept in self.queues:
            if not _are_same(list(kept.collection), kept.copy):
                return kept.name
        for kept in self.sets:
            if kept.collection != kept.copy:
                return kept.name
        for kept in self.arrays:
            if not same_bytes(kept):
                return kept.name
        for kept in self.iterators:
            if is_advanced(kept.collection, kept.copy):
                return kept.name
        return ""


def carry(place: Place, content: Any) -> Held:
    """A place with the form of the numbers that it holds."""
    return Held(place, _form(content))


def changed_item(kept: Kept) -> str | None:
    """The name of an item that is another one now, or of the list if it has more or fewer; None if nothing changed."""
    items: list[Any] = kept.collection
    copy: list[Any] = kept.copy
    if len(items) != len(copy):
        return kept.name
    for i in range(len(copy)):
        now, held = items[i], copy[i]
        if now is not held and not _is_same(now, held):
            return f"{kept.name}[{i}]"
    return None


def same_bytes(kept: Kept) -> bool:
    """Whether an array is the same to the bit; of one of objects the bits are their identities."""
    array, copy = kept.collection, kept.copy
    return bool(array.shape == copy.shape and array.dtype == copy.dtype and array.tobytes() == copy.tobytes())


def _are_same(now: list[Any], held: list[Any]) -> bool:
    return len(now) == len(held) and all(a is b or _is_same(a, b) for a, b in zip(now, held, strict=True))


def _is_same(now: Any, held: Any) -> bool:
    """Whether two plain objects are the same: of one type, equal, and with one sign of zero."""
    kind = type(now)
    if kind is not type(held) or kind not in PLAIN:
        return False
    return bool(repr(now) == repr(held)) if kind in (float, complex) else bool(now == held)


def _form(tree: Any) -> Any:
    """What nests how in numbers, lists and tuples, and of which type each number is."""
    kind = type(tree)
    return (kind, [_form(x) for x in tree]) if kind is list or kind is tuple else kind


def open_items(items: Any, seen: set[int]) -> list[int]:
    """The indices of the items of a list, tuple or deque that can hold something which was not seen.

    Lists may have a million items, so this is in typed Python. Tuples of what holds nothing are left out, too.
    """
    found: list[int] = []
    inside: set[int] = set()  # what the tuples that were found hold, as if it had been seen
    for i, x in enumerate(items):
        if _is_closed(x) or id(x) in seen:
            continue
        if type(x) is tuple:
            if _all_closed(x, seen, inside):
                continue
            inside.update([id(y) for y in x])
        found.append(i)
    return found


def _is_closed(thing: object) -> bool:
    return isinstance(thing, Node) or type(thing) in CLOSED_TYPES


def _all_closed(items: tuple[Any, ...], seen: set[int], inside: set[int]) -> bool:
    for x in items:  # compiled, `all` of a generator takes ten times as long
        if not (_is_closed(x) or id(x) in seen or id(x) in inside):
            return False
    return True


def queue_of(collection: deque[Any], name: str) -> Kept:
    """A deque with its items."""
    return Kept(collection, list(collection), name)
