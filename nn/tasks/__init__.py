"""Complete tasks, one in each module: data, network, loss, settings and evaluation.

Each module has the same names, so that one loop trains them all: `model(rng)` makes the network, `data(…)` the training
samples and the test samples, `loss` is minimised with `SETTINGS`, and `evaluate(model, samples)` measures the result.
The module `settings` defines settings. The tasks are `digits`, `mnist`, `moons` (with spirals), `names` and `sequence`;
the command line runs them.

>>> from nn.tasks import moons
>>> train, test = moons.data()
>>> model = moons.model(rng=0)
>>> history = moons.SETTINGS.fit(model, moons.loss, train, rng=0)
>>> moons.evaluate(model, test) > 0.99
True
"""
