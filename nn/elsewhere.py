"""Names of PyTorch, Keras and scikit-learn that have another form here, for messages about names that do not exist.

>>> called_here("nn", "CrossEntropyLoss"), called_here("nn.schedules", "StepLR"), called_here("nn", "Wave")
('losses are functions: nn.cross_entropy(outputs, targets)', 'it is nn.schedules.step', '')
"""

from __future__ import annotations

import sys
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

ROOMS: Final = ("nn", "nn.optim", "nn.schedules", "nn.data", "nn.init")
"""Where a name may be that was looked for in another of these."""

SAMPLES: Final = "samples are a list of pairs: nn.data.pair(X, y)"

OTHERS: Final = {
    "nn": {
        "Conv2D": "it is nn.Conv2d",
        "Dense": "it is nn.Layer(nin, nout, activation='relu'), without activation nn.Linear(nin, nout)",
        "functional": "its functions are in nn itself and in autograd_core: nn.cross_entropy, autograd_core.relu",
        "utils": "its functions are in nn itself: nn.clip_grad_norm_",
        "Model": "derive from nn.Module, and define forward(self, x)",
        "ModuleList": "a list of modules as an attribute does the same",
        "ModuleDict": "a dict of modules as an attribute does the same",
        "Parameter": "every Value in an attribute of a module is a parameter: autograd_core.Value(0.0)",
        "ParameterList": "a list of Values as an attribute does the same",
        "train": "write nn.fit(model, loss, batches, optimizer)",
    },
    "nn.optim": {
        "lr_scheduler": "schedules are in nn.schedules; an optimiser takes one as lr",
    },
    "nn.schedules": {
        "ChainedScheduler": "it is nn.schedules.product",
        "ConstantLR": "it is nn.schedules.constant",
        "CosineAnnealingLR": "it is nn.schedules.cosine",
        "CosineAnnealingWarmRestarts": "it is nn.schedules.cosine_restarts",
        "ExponentialLR": "it is nn.schedules.exponential",
        "LambdaLR": "every function of the number of updates is a schedule",
        "LinearLR": "it is nn.schedules.linear",
        "MultiStepLR": "it is nn.schedules.multi_step",
        "OneCycleLR": "it is nn.schedules.one_cycle",
        "PolynomialLR": "it is nn.schedules.polynomial",
        "ReduceLROnPlateau": "it is nn.schedules.ReduceOnPlateau",
        "SequentialLR": "it is nn.schedules.sequential",
        "StepLR": "it is nn.schedules.step",
    },
    "nn.data": {
        "DataLoader": "it is nn.data.Batches(samples, size)",
        "Dataset": SAMPLES,
        "KFold": "it is nn.data.k_fold",
        "TensorDataset": SAMPLES,
        "load_digits": "it is nn.data.digits",
        "make_blobs": "it is nn.data.blobs",
        "make_circles": "it is nn.data.circles",
        "make_moons": "it is nn.data.moons",
        "random_split": "it is nn.data.split",
        "train_test_split": "it is nn.data.split",
    },
    "nn.init": {},
}
"""What else to write, by the module in which the name was looked for."""

IN_MEMORY: Final = "everything is in memory as Python objects"

METHODS: Final = {
    **dict.fromkeys(("compile", "fit"), "write nn.fit(model, loss, batches, optimizer)"),
    **dict.fromkeys(("cpu", "cuda", "device", "double", "half", "to"), IN_MEMORY),
    **dict.fromkeys(("load", "load_weights"), "write nn.load(model, 'model.safetensors')"),
    **dict.fromkeys(("save", "save_weights"), "write nn.save(model, 'model.safetensors')"),
    "backward": "call backward() of the loss",
    "evaluate": "write nn.evaluate(model, loss, samples)",
    "predict": "call it: model(x)",
    "requires_grad_": "write freeze() or unfreeze()",
    "summary": "write nn.summary(model)",
    "weights": "parameters() lists them",
}
"""What to write instead of a method of a model that does not exist here."""


def called_here(module: str, name: str) -> str:
    """What to write instead of a name that a module does not have; "" if nothing is known."""
    if name in LOSSES and module == "nn":
        return f"losses are functions: nn.{LOSSES[name]}(outputs, targets)"
    if hint := OTHERS[module].get(name, ""):
        return hint
    bare = name.rstrip("_")
    if bare in _names("autograd_core"):
        return f"it is autograd_core.{bare}"
    if other := next((own for own in _names(module) if own.casefold() == bare.casefold()), ""):
        return f"it is {module}.{other}"
    owner = next((room for room in ROOMS if bare in _names(room)), "")
    return f"it is {owner}.{bare}" if owner else ""


def missing(module: str, name: str) -> AttributeError:
    """The error about a name that a module does not have."""
    text = f"module {module!r} has no attribute {name!r}"
    if not name.startswith("_") and (hint := called_here(module, name)):
        return AttributeError(f"{text}; {hint}", name=None)  # with None, Python adds no name that is similar
    return AttributeError(text, name=name, obj=sys.modules[module])  # Python adds a name that is similar


def _names(room: str) -> list[str]:
    """The public names of a module that is loaded."""
    own = vars(sys.modules[room]) if room in sys.modules else {}
    return own.get("__all__") or [name for name in own if not name.startswith("_")]
