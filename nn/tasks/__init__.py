"""Complete tasks, one in each module: data, network, loss, settings and evaluation.

Each module has the same names, so that one loop trains them all: `model(rng)` makes the network, `data(…)` the training
samples and the test samples, `loss` is minimised with `SETTINGS`, and `evaluate(model, samples)` measures the result.
The module `settings` defines settings. The tasks are `digits`, `mnist`, `moons` (with spirals), `names` and `sequence`;
the command line runs them. Only `descents` has other names, those of the problems of the command `descent`.

| command | network | result |
|---|---|---|
| `digits` | 64-16-16-10 | 97 % of 359 digits held back |
| `mnist --data FOLDER` | 784-16-16-10, 3 epochs over 60,000 images | 94.5 % of the 10,000 test images |
| `moons`, `moons --data spirals` | small perceptrons | 99.8 %, 100 % |
| `sequence` | LSTM of width 8: is the number of ones odd? | 100 %, also for sequences four times as long |
| `names` | causal transformer of 4,299 numbers | 2.08 nats a letter, where a table of bigrams has 2.35 |

With `--seed 1`, `names` makes up `cordelle`, `merlina` and `kanima`.

>>> from nn.tasks import moons
>>> train, test = moons.data()
>>> model = moons.model(rng=0)
>>> history = moons.SETTINGS.fit(model, moons.loss, train, rng=0)
>>> moons.evaluate(model, test) > 0.99
True
"""
