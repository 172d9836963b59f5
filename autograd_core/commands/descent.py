"""`autograd-core descent`: the paths of batch, mini-batch and stochastic descent as a picture, which may move.

The problems and the learning rates are those of `nn.tasks.descents`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from autograd_core import InputError
from autograd_core.commands import version_text
from autograd_core.commands.options import listed_choices, output_file, positive_number, whole_number
from autograd_core.files import check_writable
from autograd_core.paths import format_of
from autograd_core.text import plural

if TYPE_CHECKING:
    from nn import Descent

EPOCHS: Final = 20


def add_arguments(parser: argparse.ArgumentParser, _: str) -> None:
    """Add the options."""
    from nn.optim import BY_NAME
    from nn.tasks.descents import KINDS, MINI, PROBLEMS

    parser.set_defaults(command=run)
    parser.add_argument(
        "--data", choices=[*PROBLEMS], default="line", help="line, with two weights, or moons, with 22 (%(default)s)"
    )
    parser.add_argument(
        "--ways", type=listed_choices(KINDS), default=KINDS, metavar="LIST", help=f"some of {','.join(KINDS)} (all)"
    )
    parser.add_argument(
        "--optimizer",
        type=listed_choices(BY_NAME),
        default=["sgd"],
        metavar="LIST",
        help="such as sgd, or sgd,momentum,rmsprop,adam to compare them (sgd)",
    )
    parser.add_argument("--batch", type=whole_number, default=MINI, help="samples in each mini-batch (%(default)s)")
    parser.add_argument(
        "--lr", type=positive_number, help="the learning rate of all; by default each has one that suits it"
    )
    parser.add_argument(
        "--epochs", type=whole_number, default=EPOCHS, help="times to go through all samples (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the start and the sample order (%(default)s)")
    parser.add_argument(
        "--weights",
        nargs=2,
        metavar=("A", "B"),
        help="two weights whose plane is drawn; by default that of the two main directions of the paths",
    )
    parser.add_argument("--animate", action="store_true", help="make the picture move")
    parser.add_argument(
        "-o", "--output", type=output_file, default=Path("descent.svg"), help="file, .svg .png .pdf (%(default)s)"
    )


def run(options: argparse.Namespace) -> None:
    """Descend in all ways, say where each ends, and write the picture."""
    from nn import descend
    from nn.tasks.descents import PROBLEMS, ways
    from viz.plots.canvas import require_matplotlib
    from viz.plots.plane import indices_of

    require_matplotlib()
    format_of(options.output, "animation" if options.animate else "plot")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    check_writable(options.output)
    problem = PROBLEMS[options.data]
    model, samples = problem.model(options.seed), problem.samples()
    if options.weights is not None:
        try:
            indices_of(options.weights, [name for name, _ in model.named_parameters()])
        except InputError as error:
            raise InputError(f"argument --weights: {error} (see 'autograd-core descent --help')") from None
    chosen = ways(problem, options.ways, options.optimizer, options.batch, options.lr)
    print(version_text())
    print(f"descending with {model.num_parameters()} weights on {len(samples)} samples of {options.data}")
    descent = descend(model, problem.loss, samples, chosen, epochs=options.epochs, rng=options.seed)
    for path in descent.paths:
        way = chosen[path.name]
        rate = "its default rate" if way.lr is None else f"rate {way.lr:g}"
        climbs = "" if path.losses[-1] <= path.losses[0] else "; it climbs, and a smaller rate would not"
        print(
            f"{path.name} ({way.optimizer}, {rate}): loss {path.losses[0]:.4g} to {path.losses[-1]:.4g} after "
            f"{plural(path.updates[-1], 'update')} with {plural(path.samples[-1], 'sample')}{climbs}"
        )
    _write(descent, options)
    print(f"wrote {options.output}")


def _write(descent: Descent, options: argparse.Namespace) -> None:
    from viz import animate_descent, plot_descent

    if options.animate:
        animate_descent(descent, options.weights).save(options.output)
    else:
        plot_descent(descent, options.weights).savefig(options.output)
