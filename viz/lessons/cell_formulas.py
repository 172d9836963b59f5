"""The equations of recurrent cells, forward and backward, in symbols.

The formulas forward are those of PyTorch's documentation of RNN, LSTM and GRU. Backward, `∇` is what the cost, or the
layer above, asks of a result in the same step.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from viz.lessons.lines import Item, Line, formula
from viz.network.cells import DENSE, GRU, LSTM
from viz.network.unfolded import Block


def forward_lines(block: Block) -> list[Item]:
    """What a block computes in a step."""
    return _lines(block, _FORWARD)


def backward_lines(block: Block) -> list[Item]:
    """The error signals of a block in a step."""
    return _lines(block, _BACKWARD)


def _lines(block: Block, formulas: Mapping[str, Sequence[tuple[str, str]]]) -> list[Item]:
    own = formulas[_kind(block)]
    if block.kind == DENSE and not any(block.functions):
        own = [(left, _LINEAR.sub(r"\1", right)) for left, right in own]
    return [Line(formula(left), (formula(right),)) for left, right in own]


def _kind(block: Block) -> str:
    return "Elman" if block.kind == DENSE and block.is_recurrent else block.kind


_LINEAR: Final = re.compile(r"\\sigma\\left\((z_t)\\right\)| \\odot \\sigma'\\left\(z_t\\right\)")
"""What a layer without activation does not need."""

_PULL: Final = r"\frac{\partial C}{\partial h_t}"
_LATER: Final = r"\frac{{\partial C}}{{\partial {}_{{t+1}}}}"
_CELL: Final = r"\frac{\partial C}{\partial c_t}"

_HANDED_BACK: Final = r"\nabla_t + \sum_k \left(U^{(k)}\right)^{\mathsf T} \delta^{(k)}_{t+1}"
"""What is asked of a result in its step, and by all gates of the next one."""

_FORWARD: Final = {
    DENSE: (("z_t", "W x_t + b"), ("h_t", r"\sigma\left(z_t\right)")),
    "Elman": (("z_t", "W x_t + U h_{t-1} + b"), ("h_t", r"\sigma\left(z_t\right)")),
    LSTM: (
        *((f"z^{{({gate})}}_t", f"W^{{({gate})}} x_t + U^{{({gate})}} h_{{t-1}} + b^{{({gate})}}") for gate in "ifgo"),
        *((f"{gate}_t", rf"\sigma\left(z^{{({gate})}}_t\right)") for gate in "ifo"),
        ("g_t", r"\tanh\left(z^{(g)}_t\right)"),
        ("c_t", r"f_t \odot c_{t-1} + i_t \odot g_t"),
        ("h_t", r"o_t \odot \tanh\left(c_t\right)"),
    ),
    GRU: (
        *((f"z^{{({gate})}}_t", f"W^{{({gate})}} x_t + U^{{({gate})}} h_{{t-1}} + b^{{({gate})}}") for gate in "rz"),
        ("z^{(n)}_t", "W^{(n)} x_t + b^{(n)}"),
        ("z^{(m)}_t", "U^{(m)} h_{t-1} + b^{(m)}"),
        *((f"{gate}_t", rf"\sigma\left(z^{{({gate})}}_t\right)") for gate in "rz"),
        ("n_t", r"\tanh\left(z^{(n)}_t + r_t \odot z^{(m)}_t\right)"),
        ("h_t", r"\left(1 - z_t\right) \odot n_t + z_t \odot h_{t-1}"),
    ),
}

_BACKWARD: Final = {
    DENSE: ((r"\delta_t", r"\nabla_t \odot \sigma'\left(z_t\right)"),),
    "Elman": (
        (_PULL, r"\nabla_t + U^{\mathsf T} \delta_{t+1}"),
        (r"\delta_t", rf"{_PULL} \odot \sigma'\left(z_t\right)"),
    ),
    LSTM: (
        (_PULL, _HANDED_BACK),
        (
            _CELL,
            rf"{_PULL} \odot o_t \odot \left(1 - \tanh^2\left(c_t\right)\right) + {_LATER.format('c')} \odot f_{{t+1}}",
        ),
        (r"\delta^{(i)}_t", rf"{_CELL} \odot g_t \odot i_t \odot \left(1 - i_t\right)"),
        (r"\delta^{(f)}_t", rf"{_CELL} \odot c_{{t-1}} \odot f_t \odot \left(1 - f_t\right)"),
        (r"\delta^{(g)}_t", rf"{_CELL} \odot i_t \odot \left(1 - g_t^2\right)"),
        (r"\delta^{(o)}_t", rf"{_PULL} \odot \tanh\left(c_t\right) \odot o_t \odot \left(1 - o_t\right)"),
    ),
    GRU: (
        (
            _PULL,
            rf"{_HANDED_BACK} + {_LATER.format('h')} \odot z_{{t+1}}",
        ),
        (r"\delta^{(n)}_t", rf"{_PULL} \odot \left(1 - z_t\right) \odot \left(1 - n_t^2\right)"),
        (r"\delta^{(m)}_t", r"\delta^{(n)}_t \odot r_t"),
        (r"\delta^{(r)}_t", r"\delta^{(n)}_t \odot z^{(m)}_t \odot r_t \odot \left(1 - r_t\right)"),
        (r"\delta^{(z)}_t", rf"{_PULL} \odot \left(h_{{t-1}} - n_t\right) \odot z_t \odot \left(1 - z_t\right)"),
    ),
}
