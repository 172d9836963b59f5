"""Transforms that give every parameter its own step size, from its gradients so far.

Large gradients make the steps shorter, small ones longer. In the recurrences `g` is the gradient, `u` the result, and
`t` counts the steps of a parameter from 1. The state starts at 0. `eps` keeps the divisor above 0 if all gradients were
0; it must be positive, and is so small that it does not matter otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from math import sqrt
from typing import Final

from autograd_core import InputError
from nn.base.checks import number_between, positive_number
from nn.optim.transforms import State, Transform

# Defaults, which the optimisers share with the transforms they are made of; the docstrings of these give the reasons.
RMS_DECAY: Final = 0.99
RMS_EPS: Final = 1e-8
ADAGRAD_EPS: Final = 1e-10
ADADELTA_RHO: Final = 0.9
ADADELTA_EPS: Final = 1e-6
ADAM_BETAS: Final = (0.9, 0.999)
ADAM_EPS: Final = 1e-8
NADAM_MOMENTUM_DECAY: Final = 0.004
LION_BETAS: Final = (0.9, 0.99)


def scale_by_rms(decay: float = RMS_DECAY, eps: float = RMS_EPS, *, centered: bool = False) -> Transform:
    """`v ← decay · v + (1 - decay) · g²`, `u = g / (√v + eps)`: divided by a running root mean square.

    With `centered` by a running standard deviation: `v` is then the mean square minus the square of the mean `m`,
    `m ← decay · m + (1 - decay) · g`. That difference is computed as `v ← decay · (v + (1 - decay) · (g - m)²)`, with
    `m` from before the step, which is the same number and cannot become negative by rounding.

    Sources: T. Tieleman, G. Hinton, "Lecture 6.5 - rmsprop", COURSERA: Neural Networks for Machine Learning (2012),
    with a decay of 0.9; centred: A. Graves, "Generating Sequences With Recurrent Neural Networks" (2013),
    arXiv:1308.0850, with 0.95. The default 0.99, a mean over about 100 gradients, is that of PyTorch, and so
    is `eps` outside the root; Graves and TensorFlow have it inside.

    Raises:
        InputError: if the decay is not at least 0 and less than 1, or `eps` is not positive.

    >>> u, state = scale_by_rms(0.75).update([2.0], {"v": [0.0]}, [0.0])
    >>> round(u[0], 6), state  # 2 / √(0.25 · 4)
    (2.0, {'v': [1.0]})
    """
    decay, eps = number_between("alpha", decay, 0.0, 1.0), positive_number("eps", eps)
    rest = 1.0 - decay

    def update(g: list[float], state: State, _: list[float]) -> tuple[list[float], State]:
        v = _mean_square(decay, state["v"], g)
        return [x / (sqrt(square) + eps) for x, square in zip(g, v, strict=True)], {"v": v}

    def update_centred(g: list[float], state: State, _: list[float]) -> tuple[list[float], State]:
        """One step with the standard deviation as divisor."""
        gaps = [x - mean for x, mean in zip(g, state["m"], strict=True)]
        v = [decay * (past + rest * (gap * gap)) for past, gap in zip(state["v"], gaps, strict=True)]
        u = [x / (sqrt(variance) + eps) for x, variance in zip(g, v, strict=True)]
        return u, {"m": _mean(decay, state["m"], g), "v": v}

    return Transform(_zeros("m", "v"), update_centred) if centered else Transform(_zeros("v"), update)


def scale_by_adagrad(initial: float = 0.0, eps: float = ADAGRAD_EPS, *, lr_decay: float = 0.0) -> Transform:
    """`s ← s + g²`, `u = g / (√s + eps) / (1 + (t - 1) · lr_decay)`: divided by the size of all gradients so far.

    `s` starts at `initial` and only grows, so steps only become shorter. This is right for a convex loss and for rare
    features, which keep long steps; for a network far from its minimum the steps are too short.

    Source: J. Duchi, E. Hazan, Y. Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization", JMLR 12 (2011). `lr_decay` and `initial = 0` are those of PyTorch. With the latter the first step
    has the same length for every gradient; TensorFlow starts at 0.1, so first steps for small gradients are shorter.

    Raises:
        InputError: if `initial` or `lr_decay` is negative, or `eps` is not positive.

    >>> u, state = scale_by_adagrad().update([3.0], {"s": [16.0], "t": [1.0]}, [0.0])
    >>> round(u[0], 6), state  # 3 / √(16 + 9)
    (0.6, {'s': [25.0], 't': [2.0]})
    """
    initial = number_between("initial_accumulator_value", initial, 0.0, math.inf)
    lr_decay, eps = number_between("lr_decay", lr_decay, 0.0, math.inf), positive_number("eps", eps)

    def update(g: list[float], state: State, _: list[float]) -> tuple[list[float], State]:
        s, t = [past + x * x for past, x in zip(state["s"], g, strict=True)], _next(state["t"])
        shrink = _for_each(t, lambda count: 1.0 + (count - 1.0) * lr_decay)
        u = [x / ((sqrt(square) + eps) * slower) for x, square, slower in zip(g, s, shrink, strict=True)]
        return u, {"s": s, "t": t}

    return Transform(lambda p: {"s": [initial] * len(p), "t": [0.0] * len(p)}, update)


def scale_by_adadelta(rho: float = ADADELTA_RHO, eps: float = ADADELTA_EPS) -> Transform:
    """`v ← rho · v + (1 - rho) · g²`, `u = √(w + eps) / √(v + eps) · g`, `w ← rho · w + (1 - rho) · u²`.

    The factor is the root mean square of the steps divided by that of the gradients. So a step has the unit of the
    parameter, and the learning rate is 1. The first steps have the size of `√eps`, and later ones grow from them;
    therefore `eps` is larger than for other transforms.

    Source: M. Zeiler, "ADADELTA: An Adaptive Learning Rate Method" (2012), arXiv:1212.5701, with `rho` 0.95 and the
    same `eps`; the default 0.9 is PyTorch's.

    Raises:
        InputError: if `rho` is not at least 0 and less than 1, or `eps` is not positive.

    >>> u, state = scale_by_adadelta(0.5, 1.0).update([2.0], {"v": [4.0], "w": [24.0]}, [0.0])
    >>> round(u[0], 6), state["v"]  # √25 / √5 · 2
    (4.472136, [4.0])
    """
    rho, eps = number_between("rho", rho, 0.0, 1.0), positive_number("eps", eps)

    def update(g: list[float], state: State, _: list[float]) -> tuple[list[float], State]:
        v = _mean_square(rho, state["v"], g)
        u = [sqrt(w + eps) / sqrt(square + eps) * x for w, square, x in zip(state["w"], v, g, strict=True)]
        return u, {"v": v, "w": _mean_square(rho, state["w"], u)}

    return Transform(_zeros("v", "w"), update)


def scale_by_adam(betas: Sequence[float] = ADAM_BETAS, eps: float = ADAM_EPS, *, amsgrad: bool = False) -> Transform:
    """`u = m̂ / (√v̂ + eps)`: a running mean of the gradients over a running root mean square.

    `m ← β1 · m + (1 - β1) · g`, `v ← β2 · v + (1 - β2) · g²`; `m̂ = m / (1 - β1ᵗ)` and `v̂ = v / (1 - β2ᵗ)` correct
    for the start at 0, without which the first steps would be too short by `1 - β1` and too long by `1/√(1 - β2)`. With
    `amsgrad` the largest `v` so far replaces `v`, so that one large gradient keeps its effect.

    β1 = 0.9 averages about 10 gradients, which is enough for the direction; β2 = 0.999 averages about 1,000, because
    the measured size must not change faster than the direction.

    Sources: D. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization" (2015), arXiv:1412.6980; S. Reddi, S. Kale,
    S. Kumar, "On the Convergence of Adam and Beyond" (2018), arXiv:1904.09237. The latter corrects neither mean.
    As in PyTorch, the largest `v` is corrected like any other; optax takes the largest of the corrected ones.

    Raises:
        InputError: if the betas are not two numbers of at least 0 and less than 1, or `eps` is not positive.

    >>> adam = scale_by_adam()
    >>> u, state = adam.update([-4.0], adam.init([0.0]), [0.0])
    >>> round(u[0], 6)  # the first step has the same length for every gradient
    -1.0
    """
    (beta1, beta2), eps = _two(betas), positive_number("eps", eps)

    def update(g: list[float], state: State, _: list[float]) -> tuple[list[float], State]:
        """One step of Adam, or of AMSGrad."""
        m, v, t = _mean(beta1, state["m"], g), _mean_square(beta2, state["v"], g), _next(state["t"])
        new = {"m": m, "v": v, "t": t}
        if amsgrad:
            v = new["largest"] = _larger(state["largest"], v)
        fix1, fix2 = _corrections(beta1, t), _corrections(beta2, t)
        parts = zip(m, fix1, v, fix2, strict=True)
        return [mean / a / (sqrt(square / b) + eps) for mean, a, square, b in parts], new

    return Transform(_zeros("m", "v", "t", *(["largest"] if amsgrad else [])), update)


def scale_by_nadam(
    betas: Sequence[float] = ADAM_BETAS, eps: float = ADAM_EPS, *, momentum_decay: float = NADAM_MOMENTUM_DECAY
) -> Transform:
    """Adam with Nesterov's look ahead: `u = ((1 - μ) · g / (1 - π) + μ' · m / (1 - π · μ')) / (√v̂ + eps)`.

    `m`, `v` and `v̂` are those of Adam. `μ = β1 · (1 - 0.96^(t · momentum_decay) / 2)` is the momentum of this step,
    which grows from `β1 / 2` to `β1`, `μ'` that of the next one, and `π` the product of all `μ` so far, which replaces
    `β1ᵗ` in the correction.

    Source: T. Dozat, "Incorporating Nesterov Momentum into Adam" (ICLR workshop, 2016), the source of 0.96 and 0.004:
    the momentum is halfway after about 4,250 steps. As in PyTorch, `m` is averaged with β1; in Dozat's algorithm
    it is averaged with `μ`. Other libraries (optax) keep `μ` at β1.

    Raises:
        InputError: if the betas are not two numbers of at least 0 and less than 1, `eps` is not positive or
            `momentum_decay` is negative.

    >>> nadam = scale_by_nadam()
    >>> u, state = nadam.update([-4.0], nadam.init([0.0]), [0.0])
    >>> round(state["product"][0], 4)  # the first momentum, almost 0.45
    0.4501
    """
    (beta1, beta2), eps = _two(betas), positive_number("eps", eps)
    momentum_decay = number_between("momentum_decay", momentum_decay, 0.0, math.inf)

    def momentum(count: float) -> float:
        return beta1 * (1.0 - 0.5 * math.pow(0.96, count * momentum_decay))

    def update(g: list[float], state: State, _: list[float]) -> tuple[list[float], State]:
        """One step of NAdam."""
        m, v, t = _mean(beta1, state["m"], g), _mean_square(beta2, state["v"], g), _next(state["t"])
        now, ahead = _for_each(t, momentum), _for_each(_next(t), momentum)
        product = [past * mu for past, mu in zip(state["product"], now, strict=True)]
        steps = [
            (1.0 - mu) * x / (1.0 - done) + mu_next * mean / (1.0 - done * mu_next)
            for x, mean, mu, mu_next, done in zip(g, m, now, ahead, product, strict=True)
        ]
        sizes = zip(steps, v, _corrections(beta2, t), strict=True)
        u = [step / (sqrt(square / fix) + eps) for step, square, fix in sizes]
        return u, {"m": m, "v": v, "t": t, "product": product}

    return Transform(lambda p: {**_zeros("m", "v", "t")(p), "product": [1.0] * len(p)}, update)


def scale_by_adamax(betas: Sequence[float] = ADAM_BETAS, eps: float = ADAM_EPS) -> Transform:
    """`n ← max(β2 · n, |g| + eps)`, `u = m̂ / n`: Adam with the largest recent gradient instead of a mean square.

    `m̂` is that of Adam. `n` needs no correction for its start at 0.

    Source: D. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization" (2015), arXiv:1412.6980, section 7.1, which
    has no `eps`; that of PyTorch keeps the divisor above 0.

    Raises:
        InputError: if the betas are not two numbers of at least 0 and less than 1, or `eps` is not positive.

    >>> adamax = scale_by_adamax((0.5, 0.5))
    >>> u, state = adamax.update([2.0], {"m": [0.0], "n": [8.0], "t": [0.0]}, [0.0])
    >>> u, state["n"]
    ([0.5], [4.0])
    """
    (beta1, beta2), eps = _two(betas), positive_number("eps", eps)

    def update(g: list[float], state: State, _: list[float]) -> tuple[list[float], State]:
        m, t = _mean(beta1, state["m"], g), _next(state["t"])
        n = _larger([beta2 * past for past in state["n"]], [abs(x) + eps for x in g])
        parts = zip(m, _corrections(beta1, t), n, strict=True)
        return [mean / fix / norm for mean, fix, norm in parts], {"m": m, "n": n, "t": t}

    return Transform(_zeros("m", "n", "t"), update)


def scale_by_lion(betas: Sequence[float] = LION_BETAS) -> Transform:
    """`u = sign(β1 · m + (1 - β1) · g)`, then `m ← β2 · m + (1 - β2) · g`: only the sign of a running mean.

    All parameters move by the learning rate; a parameter with a mean of exactly 0 does not move. The present gradient
    counts more in a step than in the mean: 0.9 against 0.99.

    Source: X. Chen and others, "Symbolic Discovery of Optimization Algorithms" (2023), arXiv:2302.06675. Because
    every step has full length, they recommend a learning rate 3 to 10 times smaller than for Adam.

    Raises:
        InputError: if the betas are not two numbers of at least 0 and less than 1.

    >>> u, state = scale_by_lion((0.5, 0.75)).update([4.0, 0.0], {"m": [-8.0, 0.0]}, [0.0, 0.0])
    >>> u, state
    ([-1.0, 0.0], {'m': [-5.0, 0.0]})
    """
    beta1, beta2 = _two(betas)

    def update(g: list[float], state: State, _: list[float]) -> tuple[list[float], State]:
        return [_sign(x) for x in _mean(beta1, state["m"], g)], {"m": _mean(beta2, state["m"], g)}

    return Transform(_zeros("m"), update)


def _zeros(*names: str) -> Callable[[list[float]], dict[str, list[float]]]:
    return lambda p: {name: [0.0] * len(p) for name in names}


def _mean(decay: float, past: list[float], now: list[float]) -> list[float]:
    rest = 1.0 - decay
    return [decay * mean + rest * x for mean, x in zip(past, now, strict=True)]


def _mean_square(decay: float, past: list[float], now: list[float]) -> list[float]:
    rest = 1.0 - decay
    return [decay * mean + rest * (x * x) for mean, x in zip(past, now, strict=True)]


def _larger(left: list[float], right: list[float]) -> list[float]:
    # In this order `max` returns a nan of `right`, the present gradient; in the other it would not.
    return list(map(max, right, left))


def _next(counts: list[float]) -> list[float]:
    return [count + 1.0 for count in counts]


def _for_each(counts: list[float], function: Callable[[float], float]) -> list[float]:
    """The function of every count, computed once for equal counts: usually all parameters have made as many steps."""
    table = {count: function(count) for count in set(counts)}
    return [table[count] for count in counts]


def _corrections(decay: float, counts: list[float]) -> list[float]:
    return _for_each(counts, lambda count: 1.0 - decay**count)


def _sign(x: float) -> float:
    # nan stays nan: with 0 the parameter would silently stop changing.
    return x if x == 0.0 or math.isnan(x) else math.copysign(1.0, x)


def _two(betas: Sequence[float]) -> tuple[float, float]:
    if not isinstance(betas, Sequence) or isinstance(betas, str) or len(betas) != 2:
        raise InputError(f"betas must be two numbers, for example (0.9, 0.999), got {betas!r}")
    beta1, beta2 = (number_between(f"betas[{index}]", beta, 0.0, 1.0) for index, beta in enumerate(betas))
    return beta1, beta2
