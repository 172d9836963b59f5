"""Small recurrent networks, of the modules of nn and written by hand, and a loss for each."""

from typing import Any

import nn
from autograd_core import Value, dot, relu, sigmoid, tanh

SEQUENCE = [[0.5, 1.0], [-0.25, 0.75], [0.125, -0.5], [1.5, -1.0]]
"""Four steps of two inputs."""


class Read(nn.Module):
    """A recurrent network with a linear head on its last state, or on the states of all steps; or without a head."""

    def __init__(self, recurrent: Any, outputs: int = 0, every_step: bool = False, rng: int = 7) -> None:
        self.rnn = recurrent
        self.head = nn.Linear(recurrent.hidden_size, outputs, rng=rng) if outputs else None
        self.every_step = every_step

    def __call__(self, sequence: Any) -> Any:
        states, _ = self.rnn(sequence)
        shown = states if self.every_step else states[-1:]
        return [y for state in shown for y in (state if self.head is None else self.head(state))]


class TwoLayers(nn.Module):
    """An Elman network of two linear layers that are added."""

    def __init__(self) -> None:
        self.ih, self.hh, self.out = nn.Linear(2, 3, rng=1), nn.Linear(3, 3, rng=2), nn.Linear(3, 2, rng=3)

    def __call__(self, sequence: Any) -> Any:
        h: list[Any] = [0.0] * 3
        for x in sequence:
            h = [(a + b).tanh() for a, b in zip(self.ih(x), self.hh(h), strict=True)]
        return self.out(h)


class WithoutFirstState(nn.Module):
    """An Elman network whose first step has no state at all."""

    def __init__(self) -> None:
        self.w = [[Value(0.5), Value(-0.25)], [Value(1.0), Value(0.75)]]
        self.u = [[Value(0.25), Value(-0.5)], [Value(0.5), Value(0.125)]]
        self.b = [Value(0.25), Value(0.5)]

    def __call__(self, sequence: Any) -> Any:
        h: list[Any] = []
        for x in sequence:
            h = [
                relu(dot(w, x) + (dot(u, h) if h else 0.0) + b)
                for w, u, b in zip(self.w, self.u, self.b, strict=True)
            ]  # fmt: skip
        return h


class ByTheBook(nn.Module):
    """A GRU as PyTorch's documentation writes it."""

    def __init__(self) -> None:
        self.inputs = [nn.Linear(2, 2, rng=rng) for rng in range(3)]
        self.states = [nn.Linear(2, 2, rng=rng) for rng in range(3, 6)]

    def __call__(self, sequence: Any) -> Any:
        h: list[Any] = [0.0] * 2
        for x in sequence:
            (r, z, n), (hr, hz, hn) = ([layer(v) for layer in side] for side, v in ((self.inputs, x), (self.states, h)))
            r = [sigmoid(a + b) for a, b in zip(r, hr, strict=True)]
            z = [sigmoid(a + b) for a, b in zip(z, hz, strict=True)]
            n = [tanh(a + gate * b) for a, gate, b in zip(n, r, hn, strict=True)]
            h = [(1 - gate) * new + gate * old for gate, new, old in zip(z, n, h, strict=True)]
        return h


class Tower(nn.Module):
    """A dense layer, two kinds of cells on each other, and a perceptron, in every step."""

    def __init__(self) -> None:
        self.encoder = nn.Layer(2, 2, activation="gelu", rng=1)
        self.lower, self.upper = nn.LSTMCell(2, 3, rng=2), nn.GRUCell(3, 2, rng=3)
        self.head = nn.MLP(2, [3, 2], activation="silu", rng=4)

    def __call__(self, sequence: Any) -> Any:
        state = h = None
        outputs = []
        for x in sequence:
            state = self.lower(self.encoder(x), state)
            h = self.upper(state[0], h)
            outputs += self.head(h)
        return outputs


class SequenceInReverse(nn.Module):
    """An Elman network whose later steps are computed from nodes that are made first."""

    def __init__(self) -> None:
        self.w, self.u = Value(0.75), Value(-0.5)

    def __call__(self, sequence: Any) -> Any:
        products = [self.w * x for x in reversed(sequence)][::-1]
        h: Any = 0.0
        for product in products:
            h = (product + self.u * h).tanh()
        return h
