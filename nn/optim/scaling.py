"""Transforms that give every parameter its own step size, from its gradients so far.

Large gradients make the steps shorter, small ones longer. In the recurrences `g` is the gradient, `u` the result, and
`t` counts the steps of a parameter from 1. The state starts at 0. `eps` keeps the divisor above 0 if all gradients were
0; it must be positive, and is so small that it does not matter otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd_core import InputError, sqrt, where
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

    >>> u, state = scale_by_rms(0.75).update(2.0, (0.0,), 0.0)
    >>> round(u, 6), state  # 2 / √(0.25 · 4)
    (2.0, (1.0,))
    """
    decay, eps = number_between("alpha", decay, 0.0, 1.0), positive_number("eps", eps)
    rest = 1.0 - decay

    def update(g: Any, state: State, _: Any) -> tuple[Any, State]:
        v = decay * state[0] + rest * (g * g)
        return g / (sqrt(v) + eps), (v,)

    def update_centred(g: Any, state: State, _: Any) -> tuple[Any, State]:
        m, v = state
        gap = g - m
        v = decay * (v + rest * (gap * gap))
        return g / (sqrt(v) + eps), (decay * m + rest * g, v)

    return (
        Transform(_zeros("m", "v"), update_centred, is_pure=True)
        if centered
        else Transform(_zeros("v"), update, is_pure=True)
    )


def scale_by_adagrad(initial: float = 0.0, eps: float = ADAGRAD_EPS, *, lr_decay: float = 0.0) -> Transform:
    """`s ← s + g²`, `u = g / (√s + eps) / (1 + (t - 1) · lr_decay)`: divided by the size of all gradients so far.

    `s` starts at `initial` and only grows, so steps only become shorter. This is right for a convex loss and for rare
    features, which keep long steps; for a network far from its minimum the steps are too short.

    Source: J. Duchi, E. Hazan, Y. Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization", JMLR 12 (2011). `lr_decay` and `initial = 0` are those of PyTorch. With the latter the first step
    has the same length for every gradient; TensorFlow starts at 0.1, so first steps for small gradients are shorter.

    Raises:
        InputError: if `initial` or `lr_decay` is negative, or `eps` is not positive.

    >>> u, state = scale_by_adagrad().update(3.0, (16.0, 1.0), 0.0)
    >>> round(u, 6), state  # 3 / √(16 + 9)
    (0.6, (25.0, 2.0))
    """
    initial = number_between("initial_accumulator_value", initial, 0.0, math.inf)
    lr_decay, eps = number_between("lr_decay", lr_decay, 0.0, math.inf), positive_number("eps", eps)

    def update(g: Any, state: State, _: Any) -> tuple[Any, State]:
        s, t = state
        s, t = s + g * g, t + 1.0
        return g / ((sqrt(s) + eps) * (1.0 + (t - 1.0) * lr_decay)), (s, t)

    return Transform(lambda _: {"s": initial, "t": 0.0}, update, is_pure=True)


def scale_by_adadelta(rho: float = ADADELTA_RHO, eps: float = ADADELTA_EPS) -> Transform:
    """`v ← rho · v + (1 - rho) · g²`, `u = √(w + eps) / √(v + eps) · g`, `w ← rho · w + (1 - rho) · u²`.

    The factor is the root mean square of the steps divided by that of the gradients. So a step has the unit of the
    parameter, and the learning rate is 1. The first steps have the size of `√eps`, and later ones grow from them;
    therefore `eps` is larger than for other transforms.

    Source: M. Zeiler, "ADADELTA: An Adaptive Learning Rate Method" (2012), arXiv:1212.5701, with `rho` 0.95 and the
    same `eps`; the default 0.9 is PyTorch's.

    Raises:
        InputError: if `rho` is not at least 0 and less than 1, or `eps` is not positive.

    >>> u, (v, w) = scale_by_adadelta(0.5, 1.0).update(2.0, (4.0, 24.0), 0.0)
    >>> round(u, 6), v  # √25 / √5 · 2
    (4.472136, 4.0)
    """
    rho, eps = number_between("rho", rho, 0.0, 1.0), positive_number("eps", eps)

    rest = 1.0 - rho

    def update(g: Any, state: State, _: Any) -> tuple[Any, State]:
        v, w = state
        v = rho * v + rest * (g * g)
        u = sqrt(w + eps) / sqrt(v + eps) * g
        return u, (v, rho * w + rest * (u * u))

    return Transform(_zeros("v", "w"), update, is_pure=True)


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
    >>> u, (m, v, t) = adam.update(-4.0, (0.0, 0.0, 0.0), 0.0)
    >>> round(u, 6)  # the first step has the same length for every gradient
    -1.0
    """
    (beta1, beta2), eps = _two(betas), positive_number("eps", eps)

    rest1, rest2 = 1.0 - beta1, 1.0 - beta2

    def update(g: Any, state: State, _: Any) -> tuple[Any, State]:
        """One step of Adam, or of AMSGrad."""
        m, v, t, *largest = state
        m, v, t = beta1 * m + rest1 * g, beta2 * v + rest2 * (g * g), t + 1.0
        largest = [larger(v, x) for x in largest]
        size = largest[0] if largest else v
        return m / (1.0 - beta1**t) / (sqrt(size / (1.0 - beta2**t)) + eps), (m, v, t, *largest)

    return Transform(_zeros("m", "v", "t", *(["largest"] if amsgrad else [])), update, is_pure=True)


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
    >>> u, (m, v, t, product) = nadam.update(-4.0, (0.0, 0.0, 0.0, 1.0), 0.0)
    >>> round(product, 4)  # the first momentum, almost 0.45
    0.4501
    """
    (beta1, beta2), eps = _two(betas), positive_number("eps", eps)
    momentum_decay = number_between("momentum_decay", momentum_decay, 0.0, math.inf)

    rest1, rest2 = 1.0 - beta1, 1.0 - beta2

    def momentum(count: Any) -> Any:
        return beta1 * (1.0 - 0.5 * 0.96 ** (count * momentum_decay))

    def update(g: Any, state: State, _: Any) -> tuple[Any, State]:
        """One step of NAdam."""
        m, v, t, product = state
        m, v, t = beta1 * m + rest1 * g, beta2 * v + rest2 * (g * g), t + 1.0
        now, ahead = momentum(t), momentum(t + 1.0)
        product = product * now
        step = (1.0 - now) * g / (1.0 - product) + ahead * m / (1.0 - product * ahead)
        return step / (sqrt(v / (1.0 - beta2**t)) + eps), (m, v, t, product)

    return Transform(lambda p: {**_zeros("m", "v", "t")(p), "product": 1.0}, update, is_pure=True)


def scale_by_adamax(betas: Sequence[float] = ADAM_BETAS, eps: float = ADAM_EPS) -> Transform:
    """`n ← max(β2 · n, |g| + eps)`, `u = m̂ / n`: Adam with the largest recent gradient instead of a mean square.

    `m̂` is that of Adam. `n` needs no correction for its start at 0.

    Source: D. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization" (2015), arXiv:1412.6980, section 7.1, which
    has no `eps`; that of PyTorch keeps the divisor above 0.

    Raises:
        InputError: if the betas are not two numbers of at least 0 and less than 1, or `eps` is not positive.

    >>> adamax = scale_by_adamax((0.5, 0.5))
    >>> u, (m, n, t) = adamax.update(2.0, (0.0, 8.0, 0.0), 0.0)
    >>> u, n
    (0.5, 4.0)
    """
    (beta1, beta2), eps = _two(betas), positive_number("eps", eps)

    rest = 1.0 - beta1

    def update(g: Any, state: State, _: Any) -> tuple[Any, State]:
        m, n, t = state
        m, n, t = beta1 * m + rest * g, larger(abs(g) + eps, beta2 * n), t + 1.0
        return m / (1.0 - beta1**t) / n, (m, n, t)

    return Transform(_zeros("m", "n", "t"), update, is_pure=True)


def scale_by_lion(betas: Sequence[float] = LION_BETAS) -> Transform:
    """`u = sign(β1 · m + (1 - β1) · g)`, then `m ← β2 · m + (1 - β2) · g`: only the sign of a running mean.

    All parameters move by the learning rate; a parameter with a mean of exactly 0 does not move. The present gradient
    counts more in a step than in the mean: 0.9 against 0.99.

    Source: X. Chen and others, "Symbolic Discovery of Optimization Algorithms" (2023), arXiv:2302.06675. Because
    every step has full length, they recommend a learning rate 3 to 10 times smaller than for Adam.

    Raises:
        InputError: if the betas are not two numbers of at least 0 and less than 1.

    >>> scale_by_lion((0.5, 0.75)).update(4.0, (-8.0,), 0.0)
    (-1.0, (-5.0,))
    """
    beta1, beta2 = _two(betas)

    rest1, rest2 = 1.0 - beta1, 1.0 - beta2

    def update(g: Any, state: State, _: Any) -> tuple[Any, State]:
        m = state[0]
        return sign(beta1 * m + rest1 * g), (beta2 * m + rest2 * g,)

    return Transform(_zeros("m"), update, is_pure=True)


def larger(now: Any, before: Any) -> Any:
    """The larger of two numbers. It is nan if `now` is, and not if only `before` is: a nan of the present shows."""
    return where(before > now, before, now)


def sign(x: Any) -> Any:
    """1.0, -1.0, or the number itself if it is 0 or nan: with 0 for nan, a parameter would silently stop changing."""
    return where(x > 0.0, 1.0, where(x < 0.0, -1.0, x))


def _zeros(*names: str) -> Callable[[float], dict[str, float]]:
    return lambda _: dict.fromkeys(names, 0.0)


def _two(betas: Sequence[float]) -> tuple[float, float]:
    if not isinstance(betas, Sequence) or isinstance(betas, str) or len(betas) != 2:
        raise InputError(f"betas must be two numbers, for example (0.9, 0.999), got {betas!r}")
    beta1, beta2 = (number_between(f"betas[{index}]", beta, 0.0, 1.0) for index, beta in enumerate(betas))
    return beta1, beta2
