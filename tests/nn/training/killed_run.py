"""A training with everything that has a state; `test_kill` runs it in processes, and kills them again and again.

Each line of the input is a folder. A forked process says "go" and its number when it begins, goes on from the
checkpoint in the folder, and leaves the parameters in `result.safetensors`. Its exit code follows when it has ended.
So the packages are imported once and not for each run.
"""

import os
import sys
from pathlib import Path

import numpy as np  # noqa: F401 - imported now and not with the first checkpoint, so that after "go" there is only work

from nn import cross_entropy, save
from nn.data import Batches, moons
from nn.layers.containers import Sequential
from nn.layers.dense import Layer
from nn.layers.dropout import Dropout
from nn.layers.normalisation import BatchNorm1d
from nn.optim import SGD
from nn.schedules import linear
from nn.training.fit import fit
from nn.training.regularisation import EarlyStopping

EPOCHS = 20


def run(folder: Path) -> None:
    """Train to the end, from wherever the training stands."""
    model = Sequential(Layer(2, 3, rng=0), BatchNorm1d(3), Dropout(0.2, rng=1), Layer(3, 2, nonlin=False, rng=2))
    batches = Batches(moons(15, rng=3), 4, rng=4)
    rate = linear(0.2, 0.01, EPOCHS * len(batches))
    print("go", os.getpid(), flush=True)
    fit(
        model,
        cross_entropy,
        batches,
        SGD(model.parameters(), rate, momentum=0.9),
        epochs=EPOCHS,
        validation=moons(10, rng=5),
        early_stopping=EarlyStopping(patience=15),
        noise=0.01,
        rng=6,
        clip_norm=1.0,
        watch=False,
        checkpoint=folder / "run.safetensors",
        every=1,
        resume=True,
    )
    save(model, folder / "result.safetensors")


if __name__ == "__main__":
    for line in sys.stdin:
        child = os.fork()
        if not child:
            run(Path(line.removesuffix("\n")))
            break
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
