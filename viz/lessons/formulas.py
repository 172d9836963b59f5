"""What is written for an op in the equations: its derivative as a formula, and value and derivatives in NumPy.

One row for each op, as in the table of ops. The formulas of derivatives are those of textbooks. The NumPy expressions
keep all digits where a short formula cancels: `1 - tanh(z)**2` has none left at z = 19. A test evaluates every row
against the op.
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple


class Form(NamedTuple):
    """A row.

    Attributes:
        value: a NumPy expression; `{0}`, `{1}` stand for the inputs and `{y}` for the result.
        slopes: the derivative with respect to each input that can depend on z, in the same notation.
        text: the derivative of an activation as a formula of `z` and the result `{y}`, with `{1}` for a constant; ""
            for others.
        latex: the same in LaTeX.
    """

    value: str
    slopes: tuple[str, ...]
    text: str = ""
    latex: str = ""


HELPERS: Final = {
    "sigmoid": '''
def sigmoid(z):
    e = np.exp(-np.abs(z))  # never overflows
    return np.where(z >= 0, 1.0, e) / (1.0 + e)
''',
    "sigmoid_slope": '''
def sigmoid_slope(z):
    """a (1 - a), without the loss of digits where a rounds to 1."""
    e = np.exp(-np.abs(z))
    return e / (1.0 + e) ** 2
''',
    "tanh_slope": '''
def tanh_slope(z):
    """1 - a**2 = 1 / cosh(z)**2, without the loss of digits where a rounds to 1 or -1."""
    e = np.exp(-2.0 * np.abs(z))
    return 4.0 * e / (1.0 + e) ** 2
''',
    "normal_cdf": '''
normal_cdf = np.vectorize(lambda z: 0.5 * math.erfc(-z / math.sqrt(2.0)), otypes=[float])
''',
    "normal_pdf": '''
def normal_pdf(z):
    return np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
''',
    "gelu_gate": '''
def gelu_gate(z):
    return sigmoid(2.0 * np.sqrt(2.0 / np.pi) * (z + 0.044715 * z**3))
''',
    "gelu_tanh_slope": '''
def gelu_tanh_slope(z):
    rise = 2.0 * np.sqrt(2.0 / np.pi) * (1.0 + 3.0 * 0.044715 * z**2)
    return gelu_gate(z) * (1.0 + z * rise * gelu_gate(-z))
''',
    "mish_slope": '''
def mish_slope(z):
    softplus = np.logaddexp(0.0, z)
    return np.tanh(softplus) + z * tanh_slope(softplus) * sigmoid(z)
''',
    "elu_slope": '''
def elu_slope(z, alpha):
    below = alpha * np.exp(np.minimum(z, 0.0))
    return np.where(z > 0, 1.0, np.where(z == 0, np.clip(alpha, 0.0, 1.0), below))
''',
}  # fmt: skip
"""Functions that a source defines before it uses them. `math` is that of Python."""

SELU_SCALE: Final = 1.0507009873554805
SELU_ALPHA: Final = 1.6732632423543772
"""As in the ops; their product is computed by NumPy from these two."""

_POWER_OF_E: Final = r"\mathrm{e}^{z}"

FORMS: Final[dict[str, Form]] = {
    "relu": Form("np.maximum({0}, 0.0)", ("np.where({0} > 0, 1.0, 0.0)",),
        "1 where z > 0, else 0", r"1 \text{ where } z > 0 \text{, else } 0"),
    "tanh": Form("np.tanh({0})", ("tanh_slope({0})",), "1 - {y}²", "1 - {y}^2"),
    "sigmoid": Form("sigmoid({0})", ("sigmoid_slope({0})",), "{y} (1 - {y})", r"{y} \left(1 - {y}\right)"),
    "leaky_relu": Form("np.where({0} > 0, {0}, {1} * {0})", ("np.where({0} > 0, 1.0, {1})",),
        "1 where z > 0, else {1}", r"1 \text{ where } z > 0 \text{, else } {1}"),
    "elu": Form("np.where({0} > 0, {0}, {1} * np.expm1(np.minimum({0}, 0.0)))", ("elu_slope({0}, {1})",),
        "1 where z > 0, else {1} eᶻ", rf"1 \text{{ where }} z > 0 \text{{, else }} {{1}} \, {_POWER_OF_E}"),
    "selu": Form(f"{SELU_SCALE} * np.where({{0}} > 0, {{0}}, {SELU_ALPHA} * np.expm1(np.minimum({{0}}, 0.0)))",
        (f"{SELU_SCALE} * np.where({{0}} >= 0, 1.0, {SELU_ALPHA} * np.exp(np.minimum({{0}}, 0.0)))",),
        "1.0507 where z ≥ 0, else 1.7581 eᶻ",
        rf"1.0507 \text{{ where }} z \ge 0 \text{{, else }} 1.7581 \, {_POWER_OF_E}"),
    "celu": Form("np.where({0} > 0, {0}, {1} * np.expm1(np.minimum({0}, 0.0) / {1}))",
        ("np.exp(np.minimum({0}, 0.0) / {1})",),
        "1 where z > 0, else exp(z / {1})", r"1 \text{ where } z > 0 \text{, else } \mathrm{e}^{z / {1}}"),
    "gelu": Form("{0} * normal_cdf({0})", ("normal_cdf({0}) + {0} * normal_pdf({0})",),
        "Φ(z) + z φ(z)", r"\Phi\left(z\right) + z \varphi\left(z\right)"),
    "gelu_tanh": Form("{0} * gelu_gate({0})", ("gelu_tanh_slope({0})",),
        "s (1 + z u' (1 - s)) with s = σ(u), u = 2 √(2/π) (z + 0.044715 z³)",
        r"s \left(1 + z u' \left(1 - s\right)\right), \; s = \sigma\left(u\right), \;"
        r" u = 2 \sqrt{2 / \pi} \left(z + 0.044715 z^3\right)"),
    "silu": Form("{0} * sigmoid({0})", ("sigmoid({0}) * (1.0 + {0} * sigmoid(-{0}))",),
        "s (1 + z (1 - s)) with s = 1 / (1 + e⁻ᶻ)",
        r"s \left(1 + z \left(1 - s\right)\right), \; s = 1 / \left(1 + \mathrm{e}^{-z}\right)"),
    "mish": Form("{0} * np.tanh(np.logaddexp(0.0, {0}))", ("mish_slope({0})",),
        "t + z s (1 - t²) with t = tanh(ln(1 + eᶻ)), s = 1 / (1 + e⁻ᶻ)",
        r"t + z s \left(1 - t^2\right), \; t = \tanh \ln\left(1 + \mathrm{e}^{z}\right), \;"
        r" s = 1 / \left(1 + \mathrm{e}^{-z}\right)"),
    "softplus": Form("np.logaddexp(0.0, {0})", ("sigmoid({0})",),
        "1 / (1 + e⁻ᶻ)", r"1 / \left(1 + \mathrm{e}^{-z}\right)"),
    "softsign": Form("{0} / (1.0 + np.abs({0}))", ("1.0 / (1.0 + np.abs({0})) ** 2",),
        "1 / (1 + |z|)²", r"1 / \left(1 + \left|z\right|\right)^2"),
    "clamp": Form("np.clip({0}, {1}, {2})", ("np.where(({1} < {0}) & ({0} < {2}), 1.0, 0.0)",),
        "1 where {1} < z < {2}, else 0", r"1 \text{ where } {1} < z < {2} \text{, else } 0"),
    "hardsigmoid": Form("np.clip(({0} + 3.0) / 6.0, 0.0, 1.0)", ("np.where(np.abs({0}) < 3, 1.0 / 6.0, 0.0)",),
        "1/6 where -3 < z < 3, else 0", r"\tfrac{1}{6} \text{ where } {-3} < z < 3 \text{, else } 0"),
    "hardswish": Form("{0} * np.clip(({0} + 3.0) / 6.0, 0.0, 1.0)",
        ("np.where({0} <= -3, 0.0, np.where({0} < 3, (2.0 * {0} + 3.0) / 6.0, 1.0))",),
        "0 up to -3, (2z + 3) / 6 up to 3, then 1",
        r"0 \text{ up to } {-3} \text{, } \left(2 z + 3\right) / 6 \text{ up to } 3 \text{, then } 1"),
    "relu6": Form("np.clip({0}, 0.0, 6.0)", ("np.where((0 < {0}) & ({0} < 6), 1.0, 0.0)",),
        "1 where 0 < z < 6, else 0", r"1 \text{ where } 0 < z < 6 \text{, else } 0"),
    "logsigmoid": Form("-np.logaddexp(0.0, -{0})", ("sigmoid(-{0})",),
        "1 / (1 + eᶻ)", r"1 / \left(1 + \mathrm{e}^{z}\right)"),
    "tanhshrink": Form("{0} - np.tanh({0})", ("np.tanh({0}) ** 2",), "tanh²(z)", r"\tanh^2\left(z\right)"),
    "softshrink": Form("np.sign({0}) * np.maximum(np.abs({0}) - {1}, 0.0)", ("np.where(np.abs({0}) > {1}, 1.0, 0.0)",),
        "1 where |z| > {1}, else 0", r"1 \text{ where } \left|z\right| > {1} \text{, else } 0"),
    "hardshrink": Form("np.where(np.abs({0}) > {1}, {0}, 0.0)", ("np.where(np.abs({0}) > {1}, 1.0, 0.0)",),
        "1 where |z| > {1}, else 0", r"1 \text{ where } \left|z\right| > {1} \text{, else } 0"),
    # What activations that were written by hand consist of.
    "add": Form("{0} + {1}", ("1.0", "1.0")),
    "sub": Form("{0} - {1}", ("1.0", "-1.0")),
    "mul": Form("{0} * {1}", ("{1}", "{0}")),
    "div": Form("{0} / {1}", ("1.0 / {1}", "-{y} / {1}")),
    "neg": Form("-{0}", ("-1.0",)),
    "square": Form("{0} * {0}", ("2.0 * {0}",), "2 z", "2 z"),
    "reciprocal": Form("1.0 / {0}", ("-{y} * {y}",), "-{y}²", "-{y}^2"),
    "pow": Form("{0} ** {1}", ("{1} * {0} ** ({1} - 1.0)",)),
    "exp": Form("np.exp({0})", ("{y}",), "{y}", "{y}"),
    "expm1": Form("np.expm1({0})", ("np.exp({0})",), "eᶻ", _POWER_OF_E),
    "log": Form("np.log({0})", ("1.0 / {0}",), "1 / z", "1 / z"),
    "log1p": Form("np.log1p({0})", ("1.0 / (1.0 + {0})",), "1 / (1 + z)", r"1 / \left(1 + z\right)"),
    "sqrt": Form("np.sqrt({0})", ("0.5 / {y}",), "1 / (2 {y})", r"1 / \left(2 {y}\right)"),
    "abs": Form("np.abs({0})", ("np.sign({0})",), "the sign of z", r"\operatorname{sgn}\left(z\right)"),
    "sin": Form("np.sin({0})", ("np.cos({0})",), "cos(z)", r"\cos\left(z\right)"),
    "cos": Form("np.cos({0})", ("-np.sin({0})",), "-sin(z)", r"-\sin\left(z\right)"),
    "atan": Form("np.arctan({0})", ("1.0 / (1.0 + {0} * {0})",), "1 / (1 + z²)", r"1 / \left(1 + z^2\right)"),
}  # fmt: skip
"""The rows by the name of the op."""

_WORD: Final = re.compile(r"\w+")


def filled(template: str, inputs: Iterable[str], result: str = "a") -> str:
    """A template with its placeholders replaced; the other braces are LaTeX.

    >>> filled("1 where z > 0, else {1}", ["z", "0.01"])
    '1 where z > 0, else 0.01'
    """
    for index, text in enumerate(inputs):
        template = template.replace(f"{{{index}}}", text)
    return template.replace("{y}", result)


def helpers_for(source: str) -> list[str]:
    """The helpers that a source uses, each after those that it uses itself.

    >>> [text.split()[1] for text in helpers_for("mish_slope(z)")]
    ['sigmoid(z):', 'tanh_slope(z):', 'mish_slope(z):']
    """
    needed, waiting = set[str](), [source]
    while waiting:
        found = (set(_WORD.findall(waiting.pop())) & HELPERS.keys()) - needed
        needed |= found
        waiting += [HELPERS[name] for name in found]
    return [text for name, text in HELPERS.items() if name in needed]
