"""Modes: how operations behave inside a `with` block or a decorated function.

A `Mode` opens a block (see `blocks`) and closes it. In plain Python an interrupt may come before the first line of
`__exit__`. Therefore the block lives only as long as the object that the `with` statement is about to call at its end
(see `_Exit`). Compiled code is not interrupted there, and the block lives as long as the mode.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from threading import get_ident
from types import FrameType, FunctionType
from typing import Any, Final, TypeVar, final, overload
from weakref import ReferenceType, ref

from autograd_core.graph.blocks import DETECTING, RECORDING, Block, close_block, innermost_block, open_block
from autograd_core.graph.decorated import decorated

_Function = TypeVar("_Function", bound=Callable[..., Any])

_GENERATOR: Final = 0x20 | 0x200
"""The marks of the code of generators and asynchronous generators: `inspect.CO_GENERATOR`, `CO_ASYNC_GENERATOR`."""

_BETWEEN: Final = frozenset({"autograd_core.graph.modes", "contextlib", "_pytest.fixtures"})
"""Modules whose frames stand between a block and the code that opens it.

Some of them run a generator as a context manager instead of iterating over it.
"""


def _generator() -> FrameType | None:
    """The frame of the generator that executes the `with` statement; None if an ordinary function does.

    A generator that serves as a context manager opens the block for the code that enters it.
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
    """A mode to enter or to decorate functions with, any number of times, even inside itself.

    `no_grad()`, `enable_grad()` and `detect_anomaly()` return one.

    >>> from autograd_core import Value, no_grad
    >>> quiet = no_grad()
    >>> with quiet:
    ...     with quiet:
    ...         pass
    ...     y = Value(3.0) * 2
    >>> y.inputs
    ()
    """

    __slots__ = ("_blocks", "_entry", "_name", "_recorder", "_subject", "_value")

    def __init__(self, name: str, subject: int, value: bool, recorder: Any = None) -> None:
        self._name = name
        self._subject = subject
        self._value = value
        self._recorder = recorder  # of a capture
        self._blocks: set[Block] = set()  # the open ones; compiled, this set is their `life`
        self._entry: ReferenceType[Any] | None = None  # of the `with` statement that is about to enter, in plain Python

    def __enter__(self) -> None:
        entry, self._entry = self._entry, None
        life = _claimed(entry) or ref(self._blocks)
        block = Block(self._subject, self._value, life, _generator(), self._recorder)
        try:
            if entry is not None:
                _set_block(entry, block)
            self._blocks.add(block)
            open_block(block)
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

        The body of a generator or of an asynchronous function runs in stretches, from one `yield` or waiting `await` to
        the next. Between them, the code that iterates over it and other tasks are outside of the mode.

        Raises:
            OperandTypeError: if `function` is not a function, or is a class.
        """
        wrapped: _Function = decorated(function, self._name, self._again)
        return wrapped

    def __repr__(self) -> str:
        return f"{self._name}()"

    def __reduce__(self) -> tuple[Any, ...]:
        return Mode, (self._name, self._subject, self._value)  # a copy has no block open

    def _again(self) -> Mode:
        """A new mode for each call of a decorated function, so that an interrupted call leaves no block open."""
        return Mode(self._name, self._subject, self._value)

    def _newest(self) -> Block | None:
        """The block that ends now.

        Several blocks are open if the mode is nested, or shared by generators, tasks or threads. The one that ends
        belongs to the generator that leaves it and is the innermost such block in this context. A generator that is
        dropped ends in the context that drops it.
        """
        every = [block for block in self._blocks if block.is_open()]
        generator = _generator()
        mine = [block for block in every if block.generator is generator] or every
        block = innermost_block.get()
        while block is not None:
            if block in mine:
                return block
            block = block.outer
        return mine[0] if mine else None

    def _end(self, block: Block | None) -> None:
        if block is not None:
            close_block(block)
            self._blocks.discard(block)


class _Entry:
    """One use of a mode by a `with` statement in plain Python; alive until that statement has ended.

    Attributes:
        thread: the identifier of the thread that executes the statement.
        block: the block, once it is open.
    """

    __slots__ = ("__weakref__", "block", "thread")

    def __init__(self) -> None:
        self.thread = get_ident()
        self.block: Block | None = None


class _Exit:
    """`Mode.__exit__` in plain Python, where an interrupt may come before its first line.

    A `with` statement fetches `__exit__` before it enters, calls it at its end, and then drops it, even if the call
    fails. Each fetch gives a new object, and the block lives as long as that object. The frame of the call does not
    hold it, because a traceback may be kept for ever.
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
    """The entry, if it is that of a statement that this thread is about to begin; another thread may share the mode."""
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

    Use it as a block or as a decorator, with or without parentheses. Blocks nest, and the mode ends with the block,
    even if an error leaves the block.

    A decorated generator or asynchronous function is in the mode exactly while its body runs; the code that iterates
    over it is not. Likewise, a block that a generator opens holds while the generator runs. The block of a generator
    under `contextlib.contextmanager` holds inside the `with` statement that enters it.

    Args:
        function: the function to decorate. By default there is none, and the result is a block or a decorator.

    Raises:
        OperandTypeError: if `function` is not a function, or is a class.

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
    return _used("no_grad", RECORDING, False, function)


@overload
def enable_grad() -> Mode: ...
@overload
def enable_grad(function: _Function) -> _Function: ...
def enable_grad(function: Any = None) -> Any:
    """Record again inside a `no_grad` block. Arguments and errors are those of `no_grad`.

    >>> from autograd_core import Value, enable_grad, no_grad
    >>> x = Value(3.0)
    >>> with no_grad(), enable_grad():
    ...     y = x * x
    >>> len(y.inputs)
    2
    """
    return _used("enable_grad", RECORDING, True, function)


@overload
def detect_anomaly() -> Mode: ...
@overload
def detect_anomaly(function: _Function) -> _Function: ...
def detect_anomaly(function: Any = None) -> Any:
    """Raise `AnomalyError` at the operation that first makes a nan or an infinity.

    Arguments and errors of the decorator are those of `no_grad`. An operation makes an anomaly if its result is
    infinite although its inputs are finite, or nan although no input is nan. The error of a backward pass names the
    source line that recorded the operation, if it was recorded inside such a block. The mode does not change gradients.
    Forward and backward pass take about 20 times as long in plain Python and 60 times as long compiled, so use it to
    find a fault and not for training.

    >>> from autograd_core import Value, detect_anomaly, log
    >>> with detect_anomaly():  # doctest: +ELLIPSIS
    ...     log(Value(-1.0))
    Traceback (most recent call last):
    autograd_core.errors.AnomalyError: log(-1.0) gave nan, at ...:2: log(Value(-1.0))
    """
    return _used("detect_anomaly", DETECTING, True, function)


def suspend_detection() -> Mode:
    """A block without anomaly detection, for formulas that may compute numbers without using them."""
    return Mode("suspend_detection", DETECTING, False)


def _used(name: str, subject: int, value: bool, function: Any) -> Any:
    mode = Mode(name, subject, value)
    return mode if function is None else mode(function)
