"""Calls that a newcomer gets wrong, and the messages: what was expected, what came, and what to write.

The table is `wrong_calls.txt`, a call and its message in turn. After a message was changed on purpose, write it anew:

    python tests/test_wrong_calls.py
"""

import re
import sys
from pathlib import Path
from typing import Any, Final

import pytest

import autograd_core
import nn
import viz
from autograd_core import AutogradError, Value
from autograd_core.commands.user_line import near_word_added
from autograd_core.testing import check_grads

TABLE: Final = Path(__file__).with_name("wrong_calls.txt")

ROW: Final = re.compile(r"^>>> (.+)\n((?:    .+\n)+)", re.MULTILINE)


class DataFrame:
    """What the checks see of a data frame of pandas."""

    def to_numpy(self) -> list[list[float]]:
        return [[1.0, 2.0], [3.0, 4.0]]


class Empty(nn.Module):
    """A module that says nothing about its calls."""


def rows() -> list[tuple[str, str]]:
    """The calls and their messages."""
    return [(call, " ".join(message.split())) for call, message in ROW.findall(TABLE.read_text(encoding="utf-8"))]


def names() -> dict[str, Any]:
    """The names that the calls use."""
    x = Value(2.0, label="x")
    model = nn.MLP(2, [4, 2], rng=0)
    return {name: getattr(autograd_core, name) for name in autograd_core.__all__} | {
        "DataFrame": DataFrame,
        "Empty": Empty,
        "ag": autograd_core,
        "X": [[0.0, 1.0], [1.0, 0.0]],
        "check_grads": check_grads,
        "frame": DataFrame(),
        "model": model,
        "nn": nn,
        "optimizer": nn.optim.SGD(model.parameters(), lr=0.1),
        "samples": [([0.0, 1.0], 0), ([1.0, 0.0], 1)],
        "viz": viz,
        "x": x,
        "y": x * x,
    }


def message_of(call: str) -> str:
    """The error of a call as our prompts show it, in one line. An error of ours is the same everywhere."""
    with pytest.raises((AutogradError, AttributeError, TypeError)) as raised:
        exec(call, names())  # noqa: S102 - the calls are in the table
    with near_word_added(raised.value):
        return " ".join(f"{raised.type.__name__}: {raised.value}".split())


@pytest.mark.parametrize(("call", "message"), rows(), ids=[call for call, _ in rows()])
def test_the_message_is_that_of_the_table(call: str, message: str) -> None:
    assert message_of(call) == message


def test_the_table_is_read_completely() -> None:
    assert len(rows()) == TABLE.read_text(encoding="utf-8").count(">>> ") >= 50


if __name__ == "__main__":
    lines = (f">>> {call}\n    {message_of(call)}\n" for call, _ in rows())
    TABLE.write_text("\n".join(lines), encoding="utf-8")
    sys.stdout.write(TABLE.read_text(encoding="utf-8"))
