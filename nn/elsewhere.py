"""Names of PyTorch that have another form here, for the message about a name that `nn` does not have.

>>> called_here("CrossEntropyLoss"), called_here("Wave")
('losses are functions: nn.cross_entropy(outputs, targets)', '')
"""

from __future__ import annotations

from typing import Final

LOSSES: Final = {
    "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "CosineEmbeddingLoss": "cosine_embedding_loss",
    "CrossEntropyLoss": "cross_entropy",
    "HingeEmbeddingLoss": "hinge_loss",
    "HuberLoss": "huber_loss",
    "KLDivLoss": "kl_div",
    "L1Loss": "l1_loss",
    "MSELoss": "mse_loss",
    "MultiMarginLoss": "multi_margin_loss",
    "NLLLoss": "nll_loss",
    "SmoothL1Loss": "smooth_l1_loss",
    "SoftMarginLoss": "soft_margin_loss",
}
"""The classes of losses, and the functions."""

OTHERS: Final = {
    "functional": "its functions are in nn itself and in autograd_core: nn.cross_entropy, autograd_core.relu",
    "utils": "its functions are in nn itself: nn.clip_grad_norm_",
    "ModuleList": "a list of modules as an attribute does the same",
    "ModuleDict": "a dict of modules as an attribute does the same",
    "Parameter": "every Value in an attribute of a module is a parameter: autograd_core.Value(0.0)",
    "ParameterList": "a list of Values as an attribute does the same",
    "SGD": "it is nn.optim.SGD",
    "Adam": "it is nn.optim.Adam",
    "AdamW": "it is nn.optim.AdamW",
}


def called_here(name: str) -> str:
    """What to write instead of a name of PyTorch; "" for other names."""
    if name in LOSSES:
        return f"losses are functions: nn.{LOSSES[name]}(outputs, targets)"
    return OTHERS.get(name, "")
