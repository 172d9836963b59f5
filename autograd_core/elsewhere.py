"""Functions and keywords by the names that they have in other packages and in books, and how they are written here.

A message about an unknown name uses this table, because these names are often not similar to ours. The names are those
of NumPy, SciPy, SymPy, PyTorch and Mathematica, in lower case, and of textbooks.

>>> named_elsewhere("ln"), named_elsewhere("ArcTan"), named_elsewhere("sec"), named_elsewhere("wave")
('log', 'atan', '1/cos(x)', '')
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

ELSEWHERE: Final = {
    "absolute": "abs",
    "amax": "max",
    "amin": "min",
    **{f"arc{name}": f"a{name}" for name in ("cos", "cosh", "sin", "sinh", "tan", "tan2", "tanh")},
    "arcosh": "acosh",
    "arsinh": "asinh",
    "artanh": "atanh",
    "average": "mean",
    "ceiling": "ceil",
    "clip": "clamp",
    "cosec": "1/sin(x)",
    "cot": "1/tan(x)",
    "coth": "1/tanh(x)",
    "csc": "1/sin(x)",
    "csch": "1/sinh(x)",
    "ctg": "1/tan(x)",
    "cube": "x**3",
    "cube_root": "cbrt",
    "deg2rad": "radians",
    "divide": "a/b",
    "expit": "sigmoid",
    "exponential": "exp",
    "fix": "trunc",
    "gammaln": "lgamma",
    "heaviside": "where(relu(x), 1, 0)",
    "inv": "reciprocal",
    "ld": "log2",
    "lb": "log2",
    "lg": "log10",
    "ln": "log",
    "loggamma": "lgamma",
    "logistic": "sigmoid",
    "multiply": "a*b",
    "ndtr": "normal_cdf",
    "negative": "-x",
    "norm_cdf": "normal_cdf",
    "norm_pdf": "normal_pdf",
    "power": "pow",
    "product": "prod",
    "psi": "digamma",
    "rad2deg": "degrees",
    "ramp": "relu",
    "rint": "round",
    "rsqrt": "1/sqrt(x)",
    "sec": "1/cos(x)",
    "sech": "1/cosh(x)",
    "sgn": "copysign(1, x)",
    "sign": "copysign(1, x)",
    "signum": "copysign(1, x)",
    "sqr": "square",
    "square_root": "sqrt",
    "subtract": "a - b",
    "swish": "silu",
    "tg": "tan",
    "true_divide": "a/b",
}
"""The name of a function here, or an expression in `x`, or in `a` and `b`."""


def named_elsewhere(name: str) -> str:
    """What a name of another package is called here; "" if no package that is listed has it."""
    return ELSEWHERE.get(name.casefold(), "")


CALLED: Final = {
    **dict.fromkeys(("array", "parameter", "scalar", "tensor", "variable"), "it is autograd_core.Value(number)"),
    "backward": "it is a method of the result: y.backward()",
    "check_grads": "it is autograd_core.testing.check_grads",
    **dict.fromkeys(("compile", "jit", "njit", "tf_function", "trace"), "it is autograd_core.compile(f)"),
    "elementwise_grad": "it is autograd_core.grad; for several numbers autograd_core.jacobian",
    **dict.fromkeys(("derivative", "diff", "gradient"), "it is autograd_core.grad(f), or y.backward() and x.grad"),
    "gradcheck": "it is autograd_core.testing.check_grads",
    "value_grad": "it is autograd_core.value_and_grad",
}
"""Names in lower case that are no functions of numbers, and what to write."""


KEYWORDS: Final = (
    ("activation", "act", "nonlinearity"),
    ("batches", "data", "dataloader", "dataset", "loader", "train_loader", "training_data"),
    ("bias", "use_bias", "fit_intercept"),
    ("count", "n", "n_samples", "num_samples", "size"),
    ("dim", "axis"),
    ("early_stopping", "patience"),
    ("embedding_dim", "embed_dim", "output_dim"),
    ("epochs", "max_iter", "n_epochs", "num_epochs"),
    ("eps", "epsilon"),
    ("held_back", "test_size"),
    ("init", "kernel_initializer", "weight_init"),
    ("kernel_size", "window"),
    ("label", "name"),
    ("loss", "criterion", "loss_fn", "objective"),
    ("lr", "alpha", "eta", "learning_rate", "step_size"),
    ("negative_slope", "alpha", "slope"),
    ("nin", "in_channels", "in_features", "input_dim", "input_size", "n_inputs"),
    ("nout", "nouts", "hidden_layer_sizes", "layers", "n_outputs", "out_channels", "out_features", "sizes", "units"),
    ("p", "drop_prob", "dropout", "rate"),
    ("progress", "verbose"),
    ("rng", "generator", "random_state", "seed"),
    ("size", "batch_size"),
    ("std", "sigma", "noise"),
    ("stratified", "stratify"),
    ("threshold", "min_delta", "tol"),
    ("validation", "val_data", "val_loader", "validation_data"),
)
"""Keywords of NumPy, scikit-learn, Keras, PyTorch and of this project, those for the same thing together."""

LR: Final = "the optimiser has the learning rate: nn.optim.SGD(model.parameters(), lr=0.1)"

REMARKS: Final = {
    **dict.fromkeys(("axis", "dim", "keepdim", "keepdims"), "it takes one list of numbers; call it for each row"),
    "batch_first": "the samples of a batch come first, then the steps of each",
    "batch_size": "nn.data.Batches(samples, 10) makes batches",
    "device": "everything is in memory as Python objects",
    "dtype": "every number is a float of 64 bits",
    "inplace": "a Value is never changed by a function of it",
    "learning_rate": LR,
    "lr": LR,
    "metrics": "the accuracy is measured if the targets are classes",
    "requires_grad": "every Value has a gradient; a leaf that is not to be trained is frozen: x.frozen = True",
    "retain_graph": "a graph is kept as long as a variable holds its result",
    "set_to_none": "a gradient is a number, and 0 after zero_grad()",
}
"""Keywords of those packages for what does not exist here, and why."""


def keyword_elsewhere(keyword: str, known: Collection[str]) -> tuple[str, str]:
    """The known keyword for the same thing, and a remark on what does not exist here; "" for each that there is not.

    >>> keyword_elsewhere("learning_rate", ["params", "lr"]), keyword_elsewhere("dtype", ["data"])
    (('lr', ''), ('', 'every number is a float of 64 bits'))
    """
    same = [name for names in KEYWORDS if keyword in names for name in names if name in known]
    return (same[0], "") if same else ("", REMARKS.get(keyword, ""))
