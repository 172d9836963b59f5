"""The recipe of a training: a description of everything that must agree if another training continues from its state.

The state of a training has its numbers, but not its code. A recipe describes the code: the classes of modules and their
settings, the loss, the optimiser, the schedule, the data, the seeds. It is written into checkpoints, and compared when
a training continues from one, so that another loss or other data raise an error.

A recipe is a dict of texts, made by the constructor of the training. It is only compared and shown.

A user-defined function is described by its name and a digest of its constants, operators, names and defaults, and of
the numbers, strings and functions in the variables it uses. Functions of its own module that it uses are included, one
level deep. The digest does not cover the rest of its code, such as the order of arguments, nor the code of classes.
Functions of this package are described by their names alone.

A generator of random numbers is described by its state when the training is constructed, so a generator without a seed
differs in each run; Python's global generator is never compared.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import random
from collections.abc import Iterable, Mapping, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from autograd_core import InputError, Value, exp
from nn.base.conversion import is_number
from nn.base.generator_state import is_saveable
from nn.base.messages import shown
from nn.layers.activations import Activation
from nn.layers.dropout import Unrepeatable
from nn.modules.module import Module
from nn.training.function_description import around, words

if TYPE_CHECKING:
    from nn.data.sampling import Batches
    from nn.optim import Optimizer

Recipe: TypeAlias = Mapping[str, str | None]
"""Descriptions by the names of the parts; None, for a part that cannot be described, equals every description."""

ORDER: Final = "seed of the order of samples"
NOISE: Final = "seed of the noise"
"""The names of the generators that do not belong to a module."""

FIXED: Final = ("optimizer", "batch size")
"""Parts that cannot change, because the state is valid for them only."""

_ABSENT: Final = "none"
"""The description of a part that a recipe does not have."""

_LISTED: Final = 50
"""The largest number of differences in a message; a file may have any number."""

_DEEPEST: Final = 4
"""The deepest level of nested settings that is described."""

_LONGEST: Final = 200
"""The longest description of a list; longer ones are replaced by a digest."""

_SUMMARISED: Final = 4
"""The smallest number of equal modules in a list that are described together."""

_OP: Final = type(exp)
"""The type of ops, which may be settings of user-defined modules."""

_OURS: Final = __name__.partition(".")[0]

_KNOWN: Final = {_OURS, _OP.__module__.partition(".")[0]}
"""Packages whose functions are described by their names alone."""


class RecipeError(InputError):
    """A training cannot continue from the state of another one; the message lists the differences."""


# ---- Comparing -------------------------------------------------------------------------------------------------------


def differences(recorded: Any, now: Recipe) -> dict[str, str]:
    """The differences between the recipe of a state and that of a training, by name, with both descriptions.

    A larger number of epochs is not a difference, because it only extends the training.

    Raises:
        InputError: if `recorded` is not a recipe.

    >>> differences({"loss": "nn.mse_loss", "epochs": "3"}, {"loss": "nn.l1_loss", "epochs": "5"})
    {'loss': 'was nn.mse_loss, is nn.l1_loss'}
    """
    if not isinstance(recorded, Mapping) or not all(isinstance(text, str | None) for text in recorded.values()):
        raise InputError(f"expected the recipe of a training, got {recorded!r:.100}")
    found = {}
    for name in dict.fromkeys([*recorded, *now]):
        was, has = recorded.get(name, _ABSENT), now.get(name, _ABSENT)
        if was != has and was is not None and has is not None and not (name == "epochs" and _is_longer(was, has)):
            found[str(name)] = f"was {_clipped(was)}, is {has}"
    return found


def check(recorded: Any, now: Recipe, changed: bool = False) -> set[str]:
    """The names of the parts that differ, if differences are intended or there are none.

    Args:
        recorded: the recipe in a state.
        now: the recipe of the training that continues from the state.
        changed: whether differences are intended.

    Raises:
        RecipeError: if parts differ and that is not intended, or a part cannot change. The message lists all of them.
    """
    found = differences(recorded, now)
    fixed = [name for name in found if name in FIXED]
    if not found or (changed and not fixed):
        return set(found)
    listed = [f"{shown(name)}: {text}" for name, text in found.items()][:_LISTED]
    more = f"; and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    way_out = (
        f"A training cannot continue with another {' or '.join(fixed)}; start a new one from the numbers of the model"
        if fixed
        else "Restore the earlier settings, or allow the change: resume_changed=True for fit, changed=True for load, "
        "--resume-changed on the command line"
    )
    raise RecipeError(f"it was made in another way: {'; '.join(listed)}{more}. {way_out}")


def _clipped(text: str) -> str:
    """A text of unknown origin in a printable form."""
    return text if text.isprintable() and len(text) <= 2 * _LONGEST else repr(text[: 2 * _LONGEST])


def _is_longer(was: str, now: str) -> bool:
    return was.isdecimal() and now.isdecimal() and len(was) < 20 and int(was) <= int(now)


def with_own_settings(state: Mapping[str, Any], optimizer: Optimizer, changed: Iterable[str]) -> dict[str, Any]:
    """The state of an optimiser with the changed learning rates and options of this one."""
    names, groups = set(changed), []
    if len(state["groups"]) != len(optimizer.groups):
        return dict(state)  # for which the optimiser raises an error
    for index, (saved, group) in enumerate(zip(state["groups"], optimizer.groups, strict=True)):
        own, title = group.state_dict(), _title(index, len(optimizer.groups))
        new = dict(saved)
        if f"learning rate{title}" in names:
            new |= {"lr": own["lr"], "schedule": own["schedule"]}
        new["options"] = {
            name: own["options"].get(name) if f"{name}{title}" in names else setting
            for name, setting in saved["options"].items()
        }
        groups.append(new)
    return {**state, "groups": groups}


# ---- Describing ------------------------------------------------------------------------------------------------------


def recipe_of(
    model: Any,
    loss: Any,
    batches: Batches[Any],
    optimizer: Optimizer,
    *,
    settings: Mapping[str, Any],
    generators: Mapping[str, Any],
) -> dict[str, str | None]:
    """The recipe of a training without its data, for which `nn.training.fingerprint` is used.

    Args:
        model: the model.
        loss: the loss.
        batches: the samples in batches.
        optimizer: the optimiser.
        settings: further settings of the training by name.
        generators: the generators of random numbers by name; that of the noise has the name "".

    >>> from nn import MLP, mse_loss, optim
    >>> from nn.data import Batches
    >>> model = MLP(2, [1], rng=0)
    >>> batches = Batches([([1.0, 2.0], 3.0)], 1, rng=0)
    >>> optimizer = optim.SGD(model.parameters(), 0.1)
    >>> recipe = recipe_of(model, mse_loss, batches, optimizer, settings={}, generators={})
    >>> recipe["loss"], recipe["learning rate"], recipe["module layers.0"]
    ('nn.mse_loss', '0.1', "nn.Layer(activation='linear', has_bias=True)")
    """
    return {
        "loss": described(loss),
        **{name: described(setting) for name, setting in settings.items()},
        "batch size": described(batches.size),
        **_optimizer(optimizer, model),
        **_modules(model),
        ORDER: _seed(batches.source),
        **{f"seed of {name}" if name else NOISE: _seed(source) for name, source in generators.items()},
    }


def described(thing: Any, depth: int = 0) -> str:
    """A description of an object that is the same in each run of a program: its class or name, and its settings.

    The settings of an object are the attributes with the names of arguments of its constructor, if they are numbers,
    strings, functions, or lists of these.

    >>> from functools import partial
    >>> from nn import EarlyStopping, huber_loss, schedules
    >>> described(partial(huber_loss, delta=2.0)), described(schedules.constant(0.1))
    ('nn.huber_loss(delta=2)', 'nn.constant(lr=0.1)')
    >>> described(EarlyStopping(3)), described([exp, 1, 1.0, None])
    ("nn.EarlyStopping(patience=3, min_delta=0, mode='min')", '[exp, 1, 1, None]')
    """
    if thing is None or isinstance(thing, (bool, str)):
        return repr(thing) if not isinstance(thing, str) or len(thing) <= _LONGEST else f"text {_digest(thing)}"
    if is_number(thing) and not isinstance(thing, Value):
        return _number(thing)
    if isinstance(thing, _OP):
        return thing.name
    if isinstance(thing, functools.partial):
        parts = [described(part, depth + 1) for part in thing.args]
        parts += [f"{name}={described(part, depth + 1)}" for name, part in thing.keywords.items()]
        return f"{described(thing.func, depth)}({', '.join(parts)})"
    if inspect.ismethod(thing):
        return f"{described(thing.__self__, depth + 1)}.{thing.__name__}{_inside(thing.__func__, depth)}"
    if hasattr(thing, "__qualname__"):
        return f"{_name(thing)}{_inside(thing, depth)}"
    if depth >= _DEEPEST:
        return _kind(thing)
    if isinstance(thing, (list, tuple)):
        text = f"[{', '.join(described(part, depth + 1) for part in thing)}]"
        return text if len(text) <= _LONGEST else f"{len(thing)} of {_digest(text)}"
    own = getattr(thing, "__dict__", {})
    settings = {name: own[name] for name in _arguments(type(thing)) if name in own and _is_plain(own[name])}
    return f"{_kind(thing)}({', '.join(f'{name}={described(x, depth + 1)}' for name, x in settings.items())})"


def _name(thing: Any) -> str:
    """The name of a class or function; for those of this project without the module, which may change."""
    package = _package(thing)
    return f"{package if package in _KNOWN else thing.__module__}.{thing.__qualname__}"


def _inside(function: object, depth: int) -> str:
    """A digest of the code of a user-defined function."""
    if not isinstance(function, FunctionType) or _package(function) in _KNOWN or depth >= _DEEPEST:
        return ""
    parts = [*words(function.__code__)]
    parts += [f"{name} is {_held(thing, function, depth + 2)}" for name, thing in around(function) if _is_fixed(thing)]
    return f" (code {_digest(parts, 16)})"


def _held(thing: object, function: FunctionType, depth: int) -> str:
    """A description of an object that a function uses; for functions of other modules the name alone."""
    elsewhere = isinstance(thing, FunctionType) and thing.__module__ != function.__module__
    return described(thing, _DEEPEST if elsewhere else depth)


def _is_fixed(thing: object) -> bool:
    """Whether an object is a constant of a function; a list may collect results."""
    if isinstance(thing, tuple):
        return all(map(_is_fixed, thing))
    return _is_plain(thing) and not isinstance(thing, list)


def _package(thing: Any) -> str:
    return str(thing.__module__).partition(".")[0]


def _number(number: Any) -> str:
    """A number of any type as a float; a whole number without a decimal point."""
    try:
        data = float(number)
    except OverflowError:
        return f"{_kind(number)} {_digest(hash(number))}"
    return repr(int(data)) if data.is_integer() and abs(data) < 2**53 else repr(data)


def _kind(thing: object) -> str:
    return _name(type(thing))


def _arguments(kind: type) -> Iterable[str]:
    try:
        return inspect.signature(kind).parameters
    except (TypeError, ValueError):  # some built-in classes have none
        return ()


def _is_plain(thing: object) -> bool:
    if isinstance(thing, (list, tuple)):
        return all(map(_is_plain, thing))
    if isinstance(thing, (Module, Value)):
        return False
    return thing is None or isinstance(thing, str) or is_number(thing) or callable(thing)


def _optimizer(optimizer: Optimizer, model: Any) -> dict[str, str]:
    """The optimiser, and of each group its learning rate, its options and its parameters."""
    parts = {"optimizer": _kind(optimizer)}
    named = model.named_parameters() if isinstance(model, Module) else []
    names = {id(parameter): name for name, parameter in named}
    for index, group in enumerate(optimizer.groups):
        title = _title(index, len(optimizer.groups))
        parts[f"learning rate{title}"] = described(group.lr if group.schedule is None else group.schedule)
        parts |= {f"{name}{title}": described(setting) for name, setting in group.options.items()}
        parts[f"parameters{title}"] = _many([names.get(id(parameter), "") for parameter in group.parameters])
    parts["frozen parameters"] = _many([name for name, parameter in named if parameter.frozen])
    return parts


def _title(index: int, count: int) -> str:
    return "" if count == 1 else f" of group {index}"


def _many(names: Sequence[str]) -> str:
    """The number of names, and their digest."""
    return f"{len(names)} ({_digest(names)})" if names else _ABSENT


def _digest(thing: object, length: int = 8) -> str:
    return hashlib.sha256(repr(thing).encode("utf-8", "surrogatepass")).hexdigest()[:length]


def _modules(model: Any) -> dict[str, str]:
    """The class and the settings of each module; equal modules of a list are described once."""
    if not isinstance(model, Module):
        return {"model": described(model)}
    runs: dict[str, dict[str, str]] = {}
    for name, module in model.named_modules():
        above, _, last = name.rpartition(".")
        runs.setdefault(above if last.isdecimal() else name, {})[name] = _module(module)
    parts = {}
    for above, texts in runs.items():
        if len(texts) >= _SUMMARISED and len(set(texts.values())) == 1:
            parts[f"modules {above}.*"] = f"{len(texts)} of {next(iter(texts.values()))}"
        else:
            parts |= {f"module {name}" if name else "model": text for name, text in texts.items()}
    return parts


def _module(module: Module) -> str:
    is_ours = type(module).__module__.partition(".")[0] == _OURS
    settings = {
        name.lstrip("_"): item.name if isinstance(item, Activation) else item
        for name, item in vars(module).items()
        if (is_ours or not name.startswith("_"))
        and name != "training"
        and name not in module.buffer_names
        and (isinstance(item, Activation) or (_is_plain(item) and not _is_empty(item)))
    }
    return f"{_kind(module)}({', '.join(f'{name}={described(item, 1)}' for name, item in settings.items())})"


def _is_empty(item: object) -> bool:
    """Whether it is an empty list, which may collect results later."""
    return isinstance(item, (list, tuple)) and not item


def _seed(source: Any) -> str | None:
    """A digest of the state of a generator; None for one that differs in each run of a program."""
    if source is None:
        return _ABSENT
    if source is random or isinstance(source, Unrepeatable) or not is_saveable(source):
        return None
    return _digest(source.getstate())
