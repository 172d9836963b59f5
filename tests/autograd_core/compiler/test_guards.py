"""What a function reads besides its arguments is guarded: a change captures anew, going back finds the old program."""

from __future__ import annotations

import argparse
import collections
import dataclasses
import enum
import functools
import itertools
import os
import sys
import time
import types
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import InputError, OperandTypeError, Value
from autograd_core.compiler import function as functions
from autograd_core.compiler.programs_kept import MANY, MOST_WAYS
from autograd_core.errors import CompileWarning


class Config:
    rate = 2.0


class Slotted:
    __slots__ = ("rate",)

    def __init__(self, rate: float) -> None:
        self.rate = rate


@dataclasses.dataclass
class Settings:
    rate: float = 2.0


class Mode(enum.Enum):
    DOUBLE = 2.0
    TRIPLE = 3.0


RATE = 2.0
SETTINGS = types.ModuleType("settings_of_a_test")
LEAF: Final = Value(1.0)

Change = tuple[Callable[[Any], Any], Callable[[float], object]]


def changes() -> dict[str, Change]:
    """For each kind of state a function that reads it, and what sets it; at first it is 2.0."""
    factor = 2.0
    items, numbers, table = [1.0, 2.0], [[2.0]], {"a": {"b": 2.0}}
    queue, chosen, array = collections.deque([2.0]), {2.0}, np.array([1.0, 2.0])
    slotted, settings, mode = Slotted(2.0), Settings(), {"mode": Mode.DOUBLE}
    namespace, arguments = types.SimpleNamespace(rate=2.0), argparse.Namespace(rate=2.0)
    dropout = nn.Dropout(0.5, rng=1).eval()
    keywords = {"rate": 2.0}
    vars(SETTINGS)["rate"] = 2.0

    def set_factor(x: float) -> None:
        nonlocal factor
        factor = x

    def set_global(x: float) -> None:
        globals()["RATE"] = x

    def helper(x: Any) -> Any:
        return factor * x

    def with_default(x: Any, rate: Any = table) -> Any:
        return rate["a"]["b"] * x

    def frozen(x: Any) -> Any:
        return x * (2.0 if not LEAF.frozen else 3.0)

    return {
        "a variable of a closure": (lambda x: factor * x, set_factor),
        "a helper's variable": (lambda x: helper(x) + 0.0, set_factor),
        "a function that is differentiated": (ag.grad(lambda x: factor * x), set_factor),
        "a compiled function inside": (functions.compile(lambda x: factor * x), set_factor),
        "a global variable": (lambda x: RATE * x, set_global),
        "an attribute of a class": (lambda x: Config.rate * x, lambda r: setattr(Config, "rate", r)),
        "an attribute of a module": (lambda x: SETTINGS.rate * x, lambda r: setattr(SETTINGS, "rate", r)),
        "a slot": (lambda x: slotted.rate * x, lambda r: setattr(slotted, "rate", r)),
        "a field": (lambda x: settings.rate * x, lambda r: setattr(settings, "rate", r)),
        "a member of an enumeration": (lambda x: mode["mode"].value * x, lambda r: mode.update(mode=Mode(r))),
        "a namespace": (lambda x: namespace.rate * x, lambda r: setattr(namespace, "rate", r)),
        "arguments of a program": (lambda x: arguments.rate * x, lambda r: setattr(arguments, "rate", r)),
        "an item of a list": (lambda x: items[1] * x, lambda r: items.__setitem__(1, r)),
        "an item of a list in a list": (lambda x: numbers[0][0] * x, lambda r: numbers[0].__setitem__(0, r)),
        "the length of a list": (
            lambda x: float(len(items)) * x,
            lambda r: items.__setitem__(slice(2, None), [0.0] * int(r - 2)),
        ),
        "an item of a dict": (lambda x: table["a"]["b"] * x, lambda r: table["a"].update(b=r)),
        "the keys of a dict": (
            lambda x: max(keywords.values()) * x,
            lambda r: keywords.update({"b": r} if r > 2 else {}) if r > 2 else keywords.pop("b", None),
        ),
        "a queue": (lambda x: queue[0] * x, lambda r: queue.__setitem__(0, r)),
        "a set": (lambda x: max(chosen) * x, lambda r: chosen.add(r) if r > 2 else chosen.discard(3.0)),
        "an array": (lambda x: array[1] * x, lambda r: array.__setitem__(1, r)),
        "a default": (with_default, lambda r: table["a"].update(b=r)),
        "an option of a partial function": (
            functools.partial(with_default, rate=table),
            lambda r: table["a"].update(b=r),
        ),
        "a mark": (frozen, lambda r: setattr(LEAF, "frozen", r > 2)),
        "training": (lambda x: x * (3.0 if dropout.training else 2.0), lambda r: dropout.train(r > 2)),
        "a setting of a layer": (
            lambda x: x * (1.0 / (1.0 - dropout.p)),
            lambda r: setattr(dropout, "p", 1.0 - 1.0 / r),
        ),
    }


@pytest.mark.parametrize("name", changes())
def test_a_change_captures_anew_and_going_back_finds_the_program(name: str) -> None:
    function, change = changes()[name]
    change(2.0)
    compiled = functions.compile(function)

    def expected(x: float) -> Any:
        result = function(x)
        return result.data if isinstance(result, Value) else result

    assert compiled(3.0) == pytest.approx(expected(3.0))
    before = compiled.program
    change(3.0)
    try:
        changed = compiled(3.0)
        assert compiled.program is not before
        assert changed == pytest.approx(expected(3.0))
        assert changed != pytest.approx(6.0) or name.startswith("a function")
    finally:
        change(2.0)
    assert compiled(3.0) == pytest.approx(expected(3.0))
    assert compiled.program is before


def test_no_grad_around_a_call_is_state() -> None:
    p = Value(3.0)

    def f() -> Any:
        p.grad = 0.0
        (p * p).backward()
        return p.grad

    compiled = functions.compile(f)
    assert compiled() == 6.0
    with ag.no_grad(), pytest.raises(InputError):
        compiled()
    assert compiled() == 6.0
    assert len(compiled._programs) == 1


class TestEffects:
    def same_as_eager(self, make: Callable[[], tuple[Callable[[Any], Any], Callable[[], Any]]], *args: float) -> None:
        """Calls of two twins, one of them compiled, give the same results and leave the same behind."""
        (ours, look), (theirs, look_there) = make(), make()
        compiled = functions.compile(ours)
        for x in args:
            expected = theirs(x)
            assert compiled(x) == (expected.data if isinstance(expected, Value) else expected)
            assert look() == look_there()

    def test_what_is_assigned_once_and_read_later(self) -> None:
        def make() -> Any:
            self = types.SimpleNamespace(first=None, last=None)

            def f(x: Any) -> Any:
                if self.first is None:
                    self.first = x
                self.last = x * 2.0
                return self.first * x

            return f, lambda: vars(self)

        self.same_as_eager(make, 3.0, 4.0, 5.0, 6.0)

    def test_keys_that_depend_on_what_is_there(self) -> None:
        def make() -> Any:
            kept: dict[Any, Any] = {}

            def f(x: Any) -> Any:
                kept[len(kept)] = x * 2.0
                return x

            return f, lambda: kept

        self.same_as_eager(make, 1.0, 2.0, 3.0, 4.0)

    def test_items_of_a_list(self) -> None:
        def make() -> Any:
            totals, rates = [0.0, 5], [2.0]

            def f(x: Any) -> Any:
                totals[0] = totals[0] + x * rates[0]
                totals[1] += 1
                return totals[0]

            return f, lambda: (totals, [type(x) for x in totals])

        self.same_as_eager(make, 1.0, 2.0, 3.0, 4.0)

    def test_texts_and_flags(self) -> None:
        def make() -> Any:
            self = types.SimpleNamespace(phase="a", even=True)

            def f(x: Any) -> Any:
                self.phase = "b" if self.phase == "a" else "a"
                self.even = not self.even
                return x * (2.0 if self.even else 3.0)

            return f, lambda: vars(self)

        self.same_as_eager(make, 1.0, 2.0, 3.0, 4.0, 5.0)

    def test_collections_that_grow(self) -> None:
        def make() -> Any:
            log: list[str] = []
            seen: set[int] = set()
            queue: collections.deque[int] = collections.deque(maxlen=2)

            def f(x: Any) -> Any:
                log.append("call")
                seen.add(len(log))
                queue.append(len(log))
                return x * len(log)

            return f, lambda: (log, seen, queue)

        self.same_as_eager(make, 1.0, 2.0, 3.0)

    def test_iterators(self) -> None:
        def make() -> Any:
            kept: dict[str, Any] = {"total": 0.0}
            numbers, letters, count = iter([1.0, 2.0, 3.0, 4.0]), (c for c in "abcd"), itertools.count(1)
            pairs = zip("abcd", range(4), strict=True)

            def f(x: Any) -> Any:
                kept["total"] = kept["total"] + x
                kept["letter"] = next(letters) + next(pairs)[0]
                return x * next(numbers) * next(count)

            return f, lambda: kept

        self.same_as_eager(make, 1.0, 2.0, 3.0)

    def test_an_iterator_that_nothing_advances(self) -> None:
        numbers = iter([1.0, 2.0])
        compiled = functions.compile(lambda x, go_on=False: x * (next(numbers) if go_on else 3.0))
        assert [compiled(1.0), compiled(2.0), compiled(2.0, True), compiled(2.0, True)] == [3.0, 6.0, 2.0, 4.0]

    def test_what_raises_at_the_third_call(self) -> None:
        kept = {"calls": 0}

        def f(x: Any) -> Any:
            kept["calls"] += 1
            if kept["calls"] == 3:
                raise KeyError("on purpose")
            return x * 2.0

        compiled = functions.compile(f)
        assert [compiled(1.0), compiled(2.0)] == [2.0, 4.0]
        for _ in range(2):
            with pytest.raises(KeyError, match="on purpose"):
                compiled(3.0)
            assert kept["calls"] == 2  # a call that fails changes nothing
        kept["calls"] = 3
        assert compiled(3.0) == 6.0

    def test_arrays_in_place(self) -> None:
        def make() -> Any:
            counts = np.zeros(2)

            def f(x: Any) -> Any:
                counts[0] += 1.0
                return x * counts[0]

            return f, counts.tolist

        self.same_as_eager(make, 1.0, 2.0, 3.0)

    def test_marks(self) -> None:
        def make() -> Any:
            p = Value(1.0)

            def f(x: Any) -> Any:
                p.frozen = not p.frozen
                return x * (2.0 if p.frozen else 3.0)

            return f, lambda: p.frozen

        self.same_as_eager(make, 1.0, 1.0, 1.0, 1.0)

    def test_class_and_global_variables(self) -> None:
        def make() -> Any:
            class Counter:
                total = 0.0

            def f(x: Any) -> Any:
                Counter.total += x
                return Counter.total

            return f, lambda: Counter.total

        self.same_as_eager(make, 1.0, 2.0, 3.0)

    def test_gradients_of_the_latest_pass(self) -> None:
        def make() -> Any:
            p, q = Value(2.0), Value(3.0)

            def f(x: Any) -> Any:
                h = p * x
                k = q * h
                (h * h).backward()
                k.backward()
                h.backward()
                return [h.grad, k.grad, p.grad, q.grad]

            return f, lambda: (p.grad, q.grad)

        self.same_as_eager(make, 1.0, 2.0)


class TestHowManyAreKept:
    def test_the_least_recently_used_program_goes(self) -> None:
        compiled = functions.compile(sum, most_programs=3)
        captures: list[int] = []
        known: list[Any] = []

        def call(n: int) -> None:
            assert compiled([1.0] * n) == n
            if not any(compiled.program is program for program in known):
                captures.append(n)
                known.append(compiled.program)

        for n in (1, 2, 3, 1, 4, 1, 3, 2, 1):
            call(n)
        assert captures == [1, 2, 3, 4, 2]

    @pytest.mark.parametrize("wrong", [0, -1, 2.0, True, None, "64"])
    def test_how_many_is_checked(self, wrong: Any) -> None:
        with pytest.raises(InputError, match="expected a positive int as most_programs"):
            functions.compile(sum, most_programs=wrong)

    def test_ways_are_counted_for_each_state(self) -> None:
        settings = {"shift": 0.0}

        def f(x: Any) -> Any:
            return next(float(i) for i in range(99) if x + settings["shift"] < i)

        compiled = functions.compile(f)
        for shift in (0.0, 1.0):
            settings["shift"] = shift
            for i in range(MOST_WAYS - 2):
                assert compiled(i + 0.5) == i + 1.0 + shift

    def test_the_line_that_decides_is_named(self) -> None:
        def f(x: Any) -> Any:
            total = 0.0
            while total < x:
                total = total + 1.0
            return total

        compiled = functions.compile(f)
        for i in range(MOST_WAYS):
            assert compiled(i + 0.0) == i
        with pytest.raises(InputError, match=r"a new way .*test_guards.py:\d+: while total < x.* write where\("):
            compiled(100.0)
        assert compiled(3.0) == 3.0


class TestWarnings:
    def test_of_decisions(self) -> None:
        def f(x: Any, n: float) -> Any:
            return x * 1.0 if x < n else n

        compiled = functions.compile(f, static=1)

        def call(k: float) -> None:
            assert compiled(0.5, k) == 0.5
            assert compiled(99.5, k) == k

        for k in range(1, MANY // 2):
            call(float(k))
        with pytest.warns(CompileWarning, match=r"it decided another way at .*return x . 1.0 if x < n else n"):
            call(50.0)

    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            (
                np.zeros,
                r"argument 0 is an array of shape \(16,\) of floats, and was an array of shape \(15,\)",
            ),
            (lambda n: {"x": [1.0] * n}, r"argument 0\['x'\] is a list of 16, and was a list of 15"),
            (lambda n: (1.0, [1] * n), r"argument 0\[1\] is a list of 16, and was a list of 15"),
            (lambda n: "a" * n, r"argument 0 is 'a{16}' \(str\), and was 'a{15}' \(str\)"),
        ],
    )
    def test_of_forms(self, arguments: Callable[[int], Any], text: str) -> None:
        compiled = functions.compile(lambda x: 1.0)
        for n in range(1, MANY):
            compiled(arguments(n))
        with pytest.warns(CompileWarning, match=text) as caught:
            compiled(arguments(MANY))
        assert caught[0].filename == __file__

    def test_of_collections(self) -> None:
        log: list[int] = []

        def f(x: Any) -> Any:
            log.append(1)
            return x

        compiled = functions.compile(f)
        for _ in range(MANY - 1):
            compiled(1.0)
        with pytest.warns(CompileWarning, match="every call changes log, which a program cannot do"):
            compiled(1.0)
        assert len(log) == MANY


def _timed(x: Any) -> Any:
    def seconds() -> float:
        return perf_counter()

    return x * seconds()


def _from_a_file(x: Any) -> Any:
    with open("rate.txt", encoding="utf-8") as file:  # noqa: PTH123 - as it is often written
        return x * float(file.read())


VOLATILE: list[tuple[Callable[..., Any], str]] = [
    (lambda x: x * time.time(), "time.time"),
    (lambda x: x * datetime.now().year, "datetime.now"),
    (_from_a_file, "open"),
    (lambda x: 2 * _timed(x), "perf_counter"),
    (lambda x: x * os.urandom(1)[0], "os.urandom"),
]


@pytest.mark.parametrize(("f", "names"), VOLATILE, ids=[names for _, names in VOLATILE])
def test_what_a_program_would_repeat_is_warned_about(
    f: Callable[..., Any], names: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rate.txt").write_text("2.0", encoding="utf-8")
    compiled = functions.compile(f)
    with pytest.warns(CompileWarning, match=f"names {names}, and the program keeps what") as caught:
        compiled(1.0)
    assert caught[0].filename == __file__
    compiled((1.0, 2.0)[1])  # the second call does not repeat the warning


def test_names_that_only_look_volatile_are_not_warned_about() -> None:
    settings = types.SimpleNamespace(time=2.0, now=3.0)

    def f(x: Any) -> Any:
        time.sleep(0)
        return x * settings.time * settings.now

    assert functions.compile(f)(1.0) == 6.0


def test_a_variable_that_is_called_like_an_attribute_is_no_state(monkeypatch: pytest.MonkeyPatch) -> None:
    p = Value(2.0)
    compiled = functions.compile(lambda x: p.data * x)
    for k in range(3):
        monkeypatch.setitem(globals(), "data", [float(k)])
        assert compiled(3.0) == 6.0
    assert len(compiled._programs) == 1


def test_what_other_packages_hold_is_no_state() -> None:
    assert sys.modules["numpy"] is np
    compiled = functions.compile(lambda x: np.sin(x) * ag.exp(x))
    compiled(1.0)
    assert len(next(iter(compiled._programs.values()))[0].state.places) < 10


def test_lists_of_leaves_are_compared_by_identity() -> None:
    weights = [Value(2.0), Value(3.0)]
    compiled = functions.compile(lambda x: ag.dot(weights, [x, x]))
    assert compiled(1.0) == 5.0
    weights[0] = Value(2.0)
    weights[0].data = 4.0
    assert compiled(1.0) == 7.0


def test_arrays_of_leaves_are_compared_by_identity() -> None:
    weights = np.array([[Value(2.0)], [Value(3.0)]], dtype=object)
    compiled = functions.compile(lambda x: (weights * x).sum())
    assert compiled(1.0) == 5.0
    program = compiled.program
    weights[0, 0].data = 4.0
    assert compiled(1.0) == 7.0
    assert compiled.program is program
    weights[0, 0] = Value(7.0)
    assert compiled(1.0) == 10.0


def test_a_leaf_that_is_no_leaf() -> None:
    result = LEAF * 2.0
    with pytest.raises(OperandTypeError):
        functions.compile(lambda x: setattr(result, "frozen", True))(1.0)
