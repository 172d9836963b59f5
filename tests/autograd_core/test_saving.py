"""Everything that writes a file: on a full disk the old file stays, and devices are written into."""

import importlib.util
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from autograd_core.__main__ import main
from written import ENVIRONMENT, LINUX, POSIX, names_in

pytestmark = POSIX

EXPRESSION = '"tanh(w*x + b)", "w=-3", "x=2", "b=6.88"'
GRAPH = "from autograd_core import Value\nw = Value(1.0, label='w')\nL = w * w + w\nL.backward()\n"
COMMAND = "from autograd_core.__main__ import main\n"
WRITERS = {
    **{
        f"autograd-core {command} -o {ending}": (
            f"old{ending}",
            COMMAND,
            f"sys.exit(main(['{command}', {EXPRESSION}, '-o', path]))",
        )
        for command, ending in [
            ("draw", ".svg"),
            ("draw", ".dot"),
            ("page", ".html"),
            ("tree", ".txt"),
            ("explain", ".txt"),
            ("explain", ".json"),
            ("latex", ".tex"),
        ]
    },
    "Drawing.save": ("old.svg", f"import viz\n{GRAPH}", "viz.draw(L).save(path)"),
    "Page.save": ("old.html", f"import viz\n{GRAPH}", "viz.page(L).save(path)"),
    "Animation.save": ("old.svg", f"import viz\n{GRAPH}", "viz.animate(L).save(path)"),
    "savefig": (
        "old.png",
        "from viz.plots import plot_confusion\nplot = plot_confusion([[1]])\nimport io\nplot.savefig(io.BytesIO())\n",
        "plot.savefig(path)",
    ),
    "nn.save": ("old.safetensors", "import nn\nmodel = nn.MLP(2, [2], rng=0)\n", "nn.save(model, path)"),
    "fit(checkpoint=)": (
        "old.checkpoint",
        "import nn\nmodel = nn.MLP(1, [1], rng=0)\noptimizer = nn.optim.SGD(model.parameters(), lr=0.1)\n",
        "nn.fit(model, nn.mse_loss, [([1.0], 2.0)], optimizer, epochs=1, checkpoint=path)",
    ),
}
"""By what writes: the name of the file, what is prepared, and the call."""

TWICE = """
import os, resource, sys
path = sys.argv[1]
{preparation}
if child := os.fork():
    print("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    sys.stdin.readline()
else:
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, resource.RLIM_INFINITY))
{call}
"""
"""A child makes the call with little room for files. Its parent says how it ended, waits, and makes the call, too."""


@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_that_cannot_be_completed_leaves_the_old_one(writer: str, tmp_path: Path) -> None:
    name, preparation, call = WRITERS[writer]
    if writer == "savefig" and not importlib.util.find_spec("matplotlib"):
        pytest.skip("matplotlib is not installed")
    path = tmp_path / name
    path.write_bytes(b"old")
    path.chmod(0o600)
    command = [sys.executable, "-P", "-c", TWICE.format(preparation=preparation, call=call), str(path)]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, env=ENVIRONMENT, encoding="utf-8", **pipes) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("ended "):
                break
        assert re.search(r"^ended [^0]", said, re.MULTILINE), said
        assert "File too large" in said
        assert path.read_bytes() == b"old"
        assert path.stat().st_mode & 0o777 == 0o600
        assert names_in(tmp_path) == [name]
        output, _ = process.communicate("\n")
    assert process.returncode == 0, output
    assert "File too large" not in output
    assert path.read_bytes() != b"old"
    assert path.stat().st_mode & 0o777 == 0o600
    assert names_in(tmp_path) == [name]


@LINUX
@pytest.mark.parametrize(("command", "begins"), [("draw", "<svg"), ("tree", " "), ("page", "<!doctype html>")])
def test_the_standard_output_has_a_name(
    command: str,
    begins: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    """What comes is what `-o -` gives, and nothing else."""
    monkeypatch.chdir(tmp_path)
    assert main([command, "w*w", "w=3", "-o", "-"]) == 0
    expected = capfdbinary.readouterr().out
    assert expected.decode().lower().startswith(begins)
    (tmp_path / "link").symlink_to("/dev/stdout")
    for name in ("/dev/stdout", "/dev/fd/1", "link"):
        assert main([command, "w*w", "w=3", "-o", name]) == 0
        assert capfdbinary.readouterr().out == expected
    assert main([command, "w*w", "w=3", "-o", "/dev/null"]) == 0
    assert capfdbinary.readouterr().out == b""
    assert names_in(tmp_path) == ["link"]


def test_the_ending_of_a_pipe_decides_the_format(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe.dot", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    assert main(["draw", "w*w", "w=3", "-o", str(pipe)]) == 0
    reader.join()
    assert read[0].startswith(b"digraph")
    assert pipe.is_fifo()
