"""Modes: how operations behave inside a `with` block.

A block belongs to the context (`contextvars`) that opened it, so threads and asynchronous tasks do not see each
other's; a context that was copied inside the block, as that of a new task is, has the mode too until the block ends.
Looking up a context variable costs as much as a whole operation; so the operations ask one plain number first: whether
a block may be open anywhere. Only if so do they look further.

A block can lose its end: plain Python may be interrupted before the first line of `__exit__`. So no block is taken at
its word. It counts as open only while something is alive that lasts exactly as long as it: in plain Python what the
`with` statement is about to call at its end (see `_Exit`), otherwise the mode. Whoever looks and finds nothing clears
away what was lost.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import partial
from threading import get_ident
from types import FrameType, FunctionType
from typing import Any, Final, TypeVar, final, overload
from weakref import ReferenceType, ref

from mypy_extensions import i64

from autograd_core import errors
from autograd_core.errors import AnomalyError
from autograd_core.graph.decorated import decorated
from autograd_core.table.op import Op

# Of a module that is never compiled: one that is has another `__file__` while it is being loaded.
_FOLDER: Final = os.path.join(os.path.dirname(errors.__file__), "")  # noqa: PTH118, PTH120 - pathlib is slow to import

_Function = TypeVar("_Function", bound=Callable[..., Any])

_RECORDING: Final = 0
_DETECTING: Final = 1

_GENERATOR: Final = 0x20 | 0x200
"""The marks of the code of generators and asynchronous generators: `inspect.CO_GENERATOR`, `CO_ASYNC_GENERATOR`."""

_BETWEEN: Final = frozenset({"autograd_core.graph.modes", "contextlib", "_pytest.fixtures"})
"""Modules that open a block for their caller, and that run a generator as a context instead of iterating over it."""


class Blocks:
    """Whether a block of any mode may be open in the whole process: 0 if there is none."""

    __slots__ = ("open",)

    def __init__(self) -> None:
        self.open: i64 = 0


BLOCKS: Final[Blocks] = Blocks()


@final
class Block:
    """One `with` block of a mode.

    Args:
        subject: what the mode is about.
        value: whether that is on.
        life: dead when the block has ended, or the mode is gone.
        generator: the frame of the generator that opened the block, None if none did.
    """

    __slots__ = ("ended", "generator", "life", "outer", "subject", "value")

    def __init__(self, subject: int, value: bool, life: ReferenceType[Any], generator: FrameType | None) -> None:
        self.subject = subject
        self.value = value
        self.life = life
        self.generator = generator
        self.ended = False
        self.outer: Block | None = None

    def is_open(self) -> bool:
        """Whether the block has neither been closed nor lost its end."""
        return not self.ended and self.life() is not None

    def holds(self) -> bool:
        """Whether the mode holds for code that runs now in the context of the block.

        A generator shares the context with those who iterate over it. What it opened is not meant for them: the frame
        of a generator that waits at a `yield` has no caller.
        """
        if not self.is_open():
            return False
        generator = self.generator
        return generator is None or generator.f_back is not None


_OPEN: Final[set[Block]] = set()
"""All blocks, in whatever context, but for those that are known to have ended."""

_innermost: Final[ContextVar[Block | None]] = ContextVar("innermost", default=None)


def is_recording() -> bool:
    """Whether operations record the graph here; false inside `no_grad`."""
    return _setting(_RECORDING, True)


def is_detecting() -> bool:
    """Whether operations are checked here for nan and infinity; true inside `detect_anomaly`."""
    return _setting(_DETECTING, False)


def _setting(subject: int, otherwise: bool) -> bool:
    """What the innermost block on a subject says."""
    in_vain = True
    block = _innermost.get()
    while block is not None:
        if block.holds():
            if block.subject == subject:
                return block.value
            in_vain = False
        block = block.outer
    if in_vain:
        _clear_away()
        block = _innermost.get()
        if block is not None and not block.is_open():
            _innermost.set(_next_open(block))
    return otherwise


def _open(block: Block) -> None:
    block.outer = _next_open(_innermost.get())
    _innermost.set(block)
    _OPEN.add(block)
    BLOCKS.open = 1


def _close(block: Block) -> None:
    """Close a block, which need not be the innermost one, nor belong to this context; once or several times."""
    block.ended = True
    block.generator = None
    _clear_away()
    innermost = _next_open(_innermost.get())
    _innermost.set(innermost)
    while innermost is not None:
        innermost.outer = _next_open(innermost.outer)
        innermost = innermost.outer


def _clear_away() -> None:
    """Drop the blocks that lost their end."""
    for block in list(_OPEN):
        if not block.is_open():
            _OPEN.discard(block)
    # No call stands between the question and the answer, so no other thread opens a block between them.
    if not _OPEN:
        BLOCKS.open = 0


def _next_open(block: Block | None) -> Block | None:
    while block is not None and not block.is_open():
        block = block.outer
    return block


def _generator() -> FrameType | None:
    """The frame of the generator that executes the `with` statement; None if an ordinary function does.

    A generator that was made a context manager opens the block for whoever enters it.
    """
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        caller = frame.f_back
        is_generator = frame.f_code.co_flags & _GENERATOR != 0
        is_context = is_generator and caller is not None and caller.f_globals.get("__name__") in _BETWEEN
        if not is_context and frame.f_globals.get("__name__") not in _BETWEEN:
            return frame if is_generator else None
        frame = caller
    return None


@final
class Mode:
    """A mode to enter, or to decorate a function with; any number of times, and inside itself, too.

    What `no_grad()`, `enable_grad()` and `detect_anomaly()` return.

    >>> from autograd_core import Value, no_grad
    >>> quiet = no_grad()
    >>> with quiet:
    ...     with quiet:
    ...         pass
    ...     y = Value(3.0) * 2
    >>> y.inputs
    ()
    """

    __slots__ = ("_blocks", "_entry", "_name", "_subject", "_value")

    def __init__(self, name: str, subject: int, value: bool) -> None:
        self._name = name
        self._subject = subject
        self._value = value
        self._blocks: set[Block] = set()  # the open ones, which know by a weak reference to this set whether it lives
        self._entry: ReferenceType[Any] | None = None  # of the `with` statement that is about to enter, in plain Python

    def __enter__(self) -> None:
        entry, self._entry = self._entry, None
        block = Block(self._subject, self._value, _claimed(entry) or ref(self._blocks), _generator())
        try:
            if entry is not None:
                _set_block(entry, block)
            self._blocks.add(block)
            _open(block)
        except BaseException:  # an interrupt, after which `__exit__` is not called
            self._end(block)
            raise

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        block: Block | None = None
        try:
            block = self._newest()
            self._end(block)
        except BaseException:  # an interrupt, in plain Python
            self._end(self._newest() if block is None else block)
            raise

    def __call__(self, function: _Function) -> _Function:
        """The function with this mode on while its body runs.

        The body of a generator, of an asynchronous function or of an asynchronous generator runs from one `yield` or
        `await` that waits to the next. Whoever iterates over it, and other tasks, are outside of the mode.

        Raises:
            OperandTypeError: if it is no function, or a class.
        """
        wrapped: _Function = decorated(function, self._name, self._again)
        return wrapped

    def __repr__(self) -> str:
        return f"{self._name}()"

    def __reduce__(self) -> tuple[Any, ...]:
        return Mode, (self._name, self._subject, self._value)  # a copy has no block open

    def _again(self) -> Mode:
        """A mode of its own for each use of a decorated function, which no interrupted use can leave open."""
        return Mode(self._name, self._subject, self._value)

    def _newest(self) -> Block | None:
        """The block that ends now.

        Several are open if the mode is nested, or shared by generators, tasks or threads. Then it is one of the
        generator that leaves it, and the innermost such in this context. A generator that nobody wants any more ends in
        whatever context happens to drop it.
        """
        every = [block for block in self._blocks if block.is_open()]
        generator = _generator()
        mine = [block for block in every if block.generator is generator] or every
        block = _innermost.get()
        while block is not None:
            if block in mine:
                return block
            block = block.outer
        return mine[0] if mine else None

    def _end(self, block: Block | None) -> None:
        if block is not None:
            _close(block)
            self._blocks.discard(block)


class _Entry:
    """One use of a mode by a `with` statement in plain Python; alive until that statement has ended.

    Attributes:
        thread: which executes it.
        block: the block, once it is open.
    """

    __slots__ = ("__weakref__", "block", "thread")

    def __init__(self) -> None:
        self.thread = get_ident()
        self.block: Block | None = None


class _Exit:
    """`Mode.__exit__` in plain Python, where an interrupt may come before its first line.

    A `with` statement fetches it before it enters, calls it at its end, and drops it then, whatever becomes of the
    call. So what is fetched is a new object each time, and the block lives as long as that. The frame of the call does
    not hold it, for a traceback may be kept for ever.
    """

    def __get__(self, mode: Mode | None, kind: object = None) -> Any:
        if mode is None:
            return _exit
        entry = _Entry()
        mode._entry = ref(entry)
        leave: Any = partial(_leave, mode, mode._entry)
        leave.entry = entry
        return leave


def _claimed(entry: ReferenceType[Any] | None) -> ReferenceType[Any] | None:
    """The use that this thread is about to begin, if there is one: the mode may be shared."""
    held = None if entry is None else entry()
    return entry if held is not None and held.block is None and held.thread == get_ident() else None


def _set_block(entry: ReferenceType[Any], block: Block) -> None:
    held = entry()
    if block.life is entry and held is not None:
        held.block = block


def _leave(mode: Mode, entry: ReferenceType[Any], kind: object, error: object, traceback: object) -> None:
    block: Block | None = getattr(entry(), "block", None)
    if block is None:  # `__exit__` was called by name, and the block lives as long as the mode
        _exit(mode, kind, error, traceback)
    else:
        mode._end(block)


_exit: Final[Any] = Mode.__exit__

if isinstance(_exit, FunctionType):  # and not compiled
    setattr(Mode, "__exit__", _Exit())  # noqa: B010 - to a type checker it is a method


@overload
def no_grad() -> Mode: ...
@overload
def no_grad(function: _Function) -> _Function: ...
def no_grad(function: Any = None) -> Any:
    """Compute without recording: results are leaves, so nothing is kept for a backward pass.

    Usable as a block and as a decorator, with or without parentheses. Blocks nest, and the mode ends with the block
    however the block is left.

    A decorated generator or asynchronous function is in the mode exactly while its body runs, and whoever iterates over
    it is not. A block that a generator opens holds while the generator runs, likewise; the block of a generator under
    `contextlib.contextmanager` holds inside the `with` statement that enters it.

    Args:
        function: what to decorate, in the spelling without parentheses.

    Raises:
        OperandTypeError: if what is decorated is no function, or a class.

    >>> from autograd_core import Value, no_grad
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.inputs
    (9.0, ())
    >>> @no_grad()
    ... def multiples(x):
    ...     for factor in range(1, 3):
    ...         yield factor * x
    >>> [(len(y.inputs), len((y * x).inputs)) for y in multiples(x)]
    [(0, 2), (0, 2)]
    """
    return _used("no_grad", _RECORDING, False, function)


@overload
def enable_grad() -> Mode: ...
@overload
def enable_grad(function: _Function) -> _Function: ...
def enable_grad(function: Any = None) -> Any:
    """Record again inside a `no_grad` block; used as `no_grad` is.

    >>> from autograd_core import Value, enable_grad, no_grad
    >>> x = Value(3.0)
    >>> with no_grad(), enable_grad():
    ...     y = x * x
    >>> len(y.inputs)
    2
    """
    return _used("enable_grad", _RECORDING, True, function)


@overload
def detect_anomaly() -> Mode: ...
@overload
def detect_anomaly(function: _Function) -> _Function: ...
def detect_anomaly(function: Any = None) -> Any:
    """Raise `AnomalyError` at the operation that first makes a nan or an infinity.

    Used as `no_grad` is. An operation is to blame when its result is not finite although its inputs are, or is nan
    although no input is. The error of a backward pass names the source line that recorded the operation, if it was
    recorded inside such a block. Gradients are left as they were. Forward and backward pass take about 20 times as long
    in plain Python and 60 times compiled, so this is meant for finding a fault and not for training.

    >>> from autograd_core import Value, detect_anomaly, log
    >>> with detect_anomaly():  # doctest: +ELLIPSIS
    ...     log(Value(-1.0))
    Traceback (most recent call last):
    autograd_core.errors.AnomalyError: log(-1.0) gave nan, at ...:2: log(Value(-1.0))
    """
    return _used("detect_anomaly", _DETECTING, True, function)


def suspend_detection() -> Mode:
    """Look away for a while: a formula may compute what it then does not use."""
    return Mode("suspend_detection", _DETECTING, False)


def _used(name: str, subject: int, value: bool, function: Any) -> Any:
    mode = Mode(name, subject, value)
    return mode if function is None else mode(function)


def check_result(op: Op, numbers: Sequence[float], data: float) -> None:
    """Raise `AnomalyError` if an op made a nan or an infinity of numbers that were none."""
    infinite = math.isinf(data) and all(math.isfinite(x) for x in numbers)
    undefined = math.isnan(data) and not any(math.isnan(x) for x in numbers)
    if infinite or undefined:
        shown = ", ".join(map(repr, numbers[:4])) + (", ..." if len(numbers) > 4 else "")
        raise AnomalyError(f"{op.name}({shown}) gave {data!r}, at {caller()}")


def caller_frame() -> FrameType:
    """The frame of the code outside this package that is being executed."""
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_FOLDER):
        frame = frame.f_back
    return frame


def caller() -> str:
    """The line of code outside this package that is being executed."""
    from linecache import getline

    frame = caller_frame()
    place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    line = getline(frame.f_code.co_filename, frame.f_lineno).strip()
    return f"{place}: {line}" if line else place
