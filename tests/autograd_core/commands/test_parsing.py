"""Texts as deep as they may be, read in a thread with a small stack: a graph or an error, and no end of the process."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core.commands.parsing import BRACKET, SIGN, STACK, WORD, too_deep_at

SMALL = """
import json, sys, threading
from autograd_core import AutogradError
from autograd_core.commands.expression import evaluate

def work():
    for text in texts:
        try:
            evaluate(text, x=1.0)
            outcomes.append("")
        except AutogradError as error:
            outcomes.append(str(error))
        print("done", flush=True)

texts, outcomes = json.load(sys.stdin), []
threading.stack_size(256 * 1024)
thread = threading.Thread(target=work)
thread.start()
thread.join()
assert len(outcomes) == len(texts)
"""


def read_in_a_small_thread(texts: list[str]) -> None:
    """Evaluate texts in a process of their own, and name the one that ended it."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", SMALL], input=json.dumps(texts), capture_output=True, encoding="utf-8", check=False
    )
    assert not done.returncode, f"{done.returncode}: {texts[done.stdout.count('done')]} {done.stderr}"


WRAPPINGS = (
    *(("(", ")"), ("[", "]"), ("tanh(", ")"), ("x[", "]"), ("max(x,", ")"), ("log(x, base=", ")"), ("{x:", "}")),
    *(("-", ""), ("+", ""), ("~", ""), ("not ", ""), ("x**", ""), ("x**-", ""), ("lambda:", ""), ("await ", "")),
    *(("x+", ""), ("", "+x"), ("x,", ""), ("", "[x]"), ("", "()"), ("", ".x"), ("", "//x"), ("x<", ""), ("x and ", "")),
    *(("x if x else ", ""), ("lambda x=(", "):x"), ("lambda x,:", ""), ("lambda x=", ":x"), ("(x if x else ", ")")),
    *(("(lambda x=", ":x)"), ("(x for x in ", ")"), ("(", " for x in x)"), ("(x:=", ")"), ("(yield ", ")"), ("x=", "")),
    *(("f'{", "}'"), ('f"{', '}"'), ("(')'+", ")"), ("(#)\n", ")"), ("(x,", ")"), ("f(**", ")"), ("f(*", ")")),
    *(
        ("x;", ""),
        ("x\n", ""),
        ("x+\\\n", ""),
        ("if x:", ""),
        ("#(", "\n"),
        ("'''\n'''+", ""),
        ("';'+", ""),
        ("{", "}"),
    ),
)
"""Before and after: what can stand around an expression, in the language or not."""


def wrapped(kinds: list[tuple[str, str]], core: str) -> str:
    """A text that is wrapped as often as is allowed, in each of some wrappings in turn."""

    def text(times: int) -> str:
        rounds, rest = divmod(times, len(kinds))
        befores, afters = zip(*kinds * rounds, *kinds[:rest], ("", ""), strict=True)
        return "".join(befores) + core + "".join(reversed(afters))

    def is_too_much(times: int) -> bool:
        return len(text(times)) > 9_990 or too_deep_at(text(times)) is not None

    return text(bisect_left(range(10_000), True, key=is_too_much) - 1)


def test_each_wrapping_as_deep_as_it_may_be() -> None:
    texts = [wrapped([kind], core) for kind in WRAPPINGS for core in ("x", "x y")]
    assert max(map(len, texts)) > 9_000
    read_in_a_small_thread(texts)


def test_random_wrappings_as_deep_as_they_may_be() -> None:
    draw = random.Random(0)
    kinds = [[draw.choice(WRAPPINGS) for _ in range(draw.randint(2, 6))] for _ in range(150)]
    read_in_a_small_thread([wrapped(some, draw.choice(["x", "2", "x y", ""])) for some in kinds])


def test_random_texts() -> None:
    draw = random.Random(1)
    parts = (
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "x",
        "1e-5",
        "+",
        "-",
        "**",
        ",",
        ";",
        "\n",
        "not ",
        "lambda ",
        ":",
        ".",
        "f'",
        "'",
        "#",
        "\\\n",
    )

    def text() -> str:
        chosen = draw.choices(parts, k=draw.randint(1, 5))
        return "".join(draw.choices(chosen, k=draw.choice([10, 100, 1_000])))[:9_990]

    read_in_a_small_thread([text() for _ in range(1_000)])


@pytest.mark.parametrize(
    ("text_of", "most"),
    [
        (lambda n: "(" * n + "x" + ")" * n, STACK // BRACKET),
        (lambda n: "tanh(" * n + "x" + ")" * n, STACK // BRACKET),
        (lambda n: "-" * n + "x", STACK // SIGN),
        (lambda n: "x**" * n + "x", STACK // SIGN),
        (lambda n: "+".join("x" * (n + 1)), STACK // SIGN),
        (lambda n: "x" + "[0]" * n, (STACK - BRACKET) // SIGN),
        (lambda n: "not " * n + "x", STACK // WORD),
    ],
    ids=["brackets", "calls", "signs", "powers", "sum", "indices", "words"],
)
def test_the_limit_is_where_it_should_be(text_of: Callable[[int], str], most: int) -> None:
    for depth in (most // 2, most - 1):
        assert too_deep_at(text_of(depth)) is None
    assert too_deep_at(text_of(most + 2)) is not None


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(["x = x + 1"] * 900),
        "; ".join(["y = (x + 1)*2 - x"] * 400),
        "sum(" + ", ".join(["-(x + 1)**2"] * 700) + ")",
        "x  # " + "(" * 200 + "\n+ 1",
        "+".join(["1.5e-3*x"] * 300),
        "(x + 1) * " * 150 + "x",
        "softmax(x, 2*x)[0] + " * 200 + "x",
    ],
    ids=range(7),
)
def test_a_long_text_that_is_not_deep_is_none(text: str) -> None:
    assert too_deep_at(text) is None


@given(st.text("()[]{}+-*x,;:\n' \r", max_size=30))
def test_nothing_before_it_hides_what_is_too_deep(text: str) -> None:
    assert too_deep_at(text + "(" * (STACK // BRACKET + 1)) is not None
