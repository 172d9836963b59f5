"""Whole tasks, one to a page: what is learned, from what, by which network and with which settings, and how well.

Each page has the same names, so that one loop trains them all: `model(rng)` makes the network, `data(…)` the samples
to learn from and those held back, `loss` is made small, `SETTINGS` say how, and `evaluate(model, samples)` measures.
`settings` says what settings are. The pages are `digits`, `mnist`, `moons` (spirals, too), `names` and `sequence`; the
command line runs them.

>>> from nn.tasks import moons
>>> train, test = moons.data()
>>> model = moons.model(rng=0)
>>> history = moons.SETTINGS.fit(model, moons.loss, train, rng=0)
>>> moons.evaluate(model, test) > 0.99
True
"""
