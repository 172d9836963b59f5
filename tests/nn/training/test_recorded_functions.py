"""Functions of the user's own in a checkpoint: told apart by what they compute, not by their names."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from begun_training import begun, training
from nn import cross_entropy
from nn.training import checkpoint
from nn.training.recipe import RecipeError, check, described

OWN_LOSS: Final = """
import nn
SCALE, OTHER = 1.0, 0.0
seen = 0
def halved(y):
    return y / 2
def loss(p, y, *, power=2):
    "Documented."
    global seen
    seen += 1
    def inner(x):
        return x ** power if x in {"a", "b", "c", 1, 2} else SCALE * halved(x)
    class Local:
        "Documented."
        factor = 3
    return nn.cross_entropy(inner(p), y)
"""


def own(source: str = OWN_LOSS, name: str = "loss") -> Any:
    """A function as a script would define it."""
    names: dict[str, Any] = {"__name__": "script"}
    exec(source, names)  # noqa: S102
    return names[name]


def scaled(factor: Any) -> Any:
    return lambda p, y: cross_entropy(p, y) * factor


LOSSES: Final[dict[str, tuple[Any, Any]]] = {
    "another function called": tuple(
        own(f"import nn\nloss = lambda p, y: nn.{name}(p, y)") for name in ("cross_entropy", "multi_margin_loss")
    ),
    "another constant": tuple(
        own(f"import nn\nloss = lambda p, y: nn.cross_entropy(p, y) * {factor}") for factor in ("1.0", "100.0")
    ),
    "another small number": tuple(
        own(f"import nn\nloss = lambda p, y: nn.cross_entropy(p, y) * {factor}") for factor in ("1", "2")
    ),
    "another keyword": tuple(
        own(f"import nn\nloss = lambda p, y: nn.huber_loss(p, y, {name}=1)") for name in ("delta", "weight")
    ),
    "another global": (own(), own(OWN_LOSS.replace("SCALE, OTHER = 1.0", "SCALE, OTHER = 2.0"))),
    "another default": (own(), own(OWN_LOSS.replace("power=2", "power=3"))),
    "another constant in a function that is called": (own(), own(OWN_LOSS.replace("y / 2", "y / 3"))),
    "another constant in a class inside": (own(), own(OWN_LOSS.replace("factor = 3", "factor = 4"))),
    "another operator": (own(), own(OWN_LOSS.replace("SCALE * halved", "SCALE + halved"))),
    "another variable around it": (scaled(1.0), scaled(100.0)),
    "another function around it": (scaled(lambda: 1.0), scaled(lambda: 2.0)),
}


@pytest.mark.parametrize("name", LOSSES)
def test_functions_of_one_name_are_told_apart(name: str, tmp_path: Path) -> None:
    first, second = LOSSES[name]
    assert first.__qualname__ == second.__qualname__
    was, now = described(first), described(second)
    assert was != now
    assert len(was) < 100
    with pytest.raises(RecipeError, match=r"loss: was .*(loss|lambda)>? \(code [0-9a-f]{16}\), is "):
        check({"loss": was}, {"loss": now})


def test_another_lambda_is_refused_as_a_loss(tmp_path: Path) -> None:
    begun(tmp_path / "run", loss=lambda p, y: cross_entropy(p, y) * 1.0)
    with pytest.raises(RecipeError, match=r"loss: was "):
        checkpoint.load(training(loss=lambda p, y: cross_entropy(p, y) * 100.0), tmp_path / "run")


@pytest.mark.parametrize(
    "changed",
    [
        OWN_LOSS,
        OWN_LOSS.replace("Documented", "Better documented"),
        "\n\n" + OWN_LOSS,
        OWN_LOSS.replace("OTHER = 1.0, 0.0", "OTHER = 1.0, 5.0"),
        OWN_LOSS.replace("seen = 0", "seen = 7"),
    ],
    ids=["nothing", "docstring", "lines", "a global it does not name", "a global it assigns"],
)
def test_what_says_nothing_about_a_function_is_no_difference(changed: str) -> None:
    assert described(own()) == described(own(changed))


@pytest.mark.parametrize("seed", ["1", "2"])
def test_a_function_is_described_alike_in_each_process(seed: str) -> None:
    program = f"from nn.training.recipe import described\nnames = {{'__name__': 'script'}}\nexec({OWN_LOSS!r}, names)\n"
    program += "print(described(names['loss']))"
    environment = os.environ | {"PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.strip() == described(own())


def test_a_function_that_calls_itself_is_described() -> None:
    assert "loss (code " in described(own("def loss(p, y):\n    return loss(p, y)"))


def test_a_function_of_a_variable_that_is_not_set_yet_is_described() -> None:
    def loss(p: Any, y: Any) -> Any:
        return cross_entropy(p, y) * later

    before = described(loss)
    later = 2.0
    assert described(loss) != before
    assert described(loss).startswith(before.partition(" (code ")[0])
