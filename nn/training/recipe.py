"""What a training is made of, in words: what must agree if another one is to go on from it bit by bit.

The numbers of a training are in its state; what is code is not. A recipe describes the code: the kinds of modules and
their settings, the loss, the optimiser, the schedule, the data, the seeds. It is written into checkpoints, and compared
when a training goes on from one, so that whoever goes on with another loss or other data is told.

A recipe is text by name, written when the training is made. Nothing is ever made of it again.

A function of the user's own is known by its name and by a digest of what its code names and holds: its constants,
operators, names and defaults, and the numbers, texts and functions in the variables around it. The functions of its own
module that it names count too, one level deep. The rest of its code is not seen, such as the order of arguments, and
neither is the code of classes. Functions of this package are known by their names alone.

A generator of random numbers is known by its state when the training is made, so one without a seed is another in each
run; Python's global generator is never compared.
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
"""Descriptions by the name of the part; None stands for what cannot be described, which equals anything."""

ORDER: Final = "seed of the order of samples"
NOISE: Final = "seed of the noise"
"""The names under which generators stand that do not belong to a module."""

FIXED: Final = ("optimizer", "batch size")
"""What cannot change on the way: what is remembered would mean nothing with another one."""

_ABSENT: Final = "none"
"""Stands for a part that only one of two recipes has."""

_LISTED: Final = 50
"""So many differences are told; a file may name as many as it likes."""

_DEEPEST: Final = 4
"""Settings inside of settings are described so far."""

_LONGEST: Final = 200
"""A longer list is told from others by a number."""

_ALIKE: Final = 4
"""From so many on, modules of a list that are alike are told once."""

_OP: Final = type(exp)
"""The type of what an activation of a user's own may be."""

_OURS: Final = __name__.partition(".")[0]

_KNOWN: Final = {_OURS, _OP.__module__.partition(".")[0]}
"""Packages whose functions are known by their names."""


class RecipeError(InputError):
    """A training is to go on from another one; the message lists what differs."""


# ---- Comparing -------------------------------------------------------------------------------------------------------


def differences(recorded: Any, now: Recipe) -> dict[str, str]:
    """What differs between the recipe of a state and that of a training: by name, what it was and what it is.

    More epochs than before are no difference, as the run is only made longer.

    Raises:
        InputError: if what was recorded is no recipe.

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
    """The names of what differs, if that is meant or nothing does.

    Args:
        recorded: the recipe in a state.
        now: that of the training which is to go on from it.
        changed: whether differences are meant.

    Raises:
        RecipeError: if something differs and that is not meant; or if it cannot change. The message lists everything.
    """
    found = differences(recorded, now)
    fixed = [name for name in found if name in FIXED]
    if not found or (changed and not fixed):
        return set(found)
    listed = [f"{shown(name)}: {text}" for name, text in found.items()][:_LISTED]
    more = f"; and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    way_out = (
        f"A training cannot go on with another {' or '.join(fixed)}; train anew, from the numbers of the model alone"
        if fixed
        else "Make it as it was, or, if that is meant, say so: resume_changed=True for fit, changed=True for load, "
        "--resume-changed on the command line"
    )
    raise RecipeError(f"it was made in another way: {'; '.join(listed)}{more}. {way_out}")


def _clipped(text: str) -> str:
    """A text that came from elsewhere, fit to stand in a message."""
    return text if text.isprintable() and len(text) <= 2 * _LONGEST else repr(text[: 2 * _LONGEST])


def _is_longer(was: str, now: str) -> bool:
    return was.isdecimal() and now.isdecimal() and len(was) < 20 and int(was) <= int(now)


def with_own_settings(state: Mapping[str, Any], optimizer: Optimizer, changed: Iterable[str]) -> dict[str, Any]:
    """The state of an optimiser with the rates and options that this one has, where they are among what changed."""
    names, groups = set(changed), []
    if len(state["groups"]) != len(optimizer.groups):
        return dict(state)  # which the optimiser refuses
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
    """The recipe of a training, but for its data; see `nn.training.fingerprint` for these.

    Args:
        model: the model.
        loss: the loss.
        batches: the samples in batches.
        optimizer: the optimiser.
        settings: whatever else the training was given, by name.
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
    """A thing in words that are the same in each run of a program: its kind or name, and its settings.

    The settings of an object are its attributes that its constructor has arguments of, if they are plain themselves.

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
    """The name of a class or function; of ours without the modules, which may move."""
    package = _package(thing)
    return f"{package if package in _KNOWN else thing.__module__}.{thing.__qualname__}"


def _inside(function: object, depth: int) -> str:
    """What tells a function of the user's own from others of its name."""
    if not isinstance(function, FunctionType) or _package(function) in _KNOWN or depth >= _DEEPEST:
        return ""
    parts = [*words(function.__code__)]
    parts += [f"{name} is {_held(thing, function, depth + 2)}" for name, thing in around(function) if _is_fixed(thing)]
    return f" (code {_digest(parts, 16)})"


def _held(thing: object, function: FunctionType, depth: int) -> str:
    """What a function holds; of another module's functions the names alone."""
    elsewhere = isinstance(thing, FunctionType) and thing.__module__ != function.__module__
    return described(thing, _DEEPEST if elsewhere else depth)


def _is_fixed(thing: object) -> bool:
    """Whether it says what a function does; a list may be where it writes something down."""
    if isinstance(thing, tuple):
        return all(map(_is_fixed, thing))
    return _is_plain(thing) and not isinstance(thing, list)


def _package(thing: Any) -> str:
    return str(thing.__module__).partition(".")[0]


def _number(number: Any) -> str:
    """A number as a float, whatever its type; and a whole one without a point."""
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
    """How many names these are, and what tells them from others."""
    return f"{len(names)} ({_digest(names)})" if names else _ABSENT


def _digest(thing: object, length: int = 8) -> str:
    return hashlib.sha256(repr(thing).encode("utf-8", "surrogatepass")).hexdigest()[:length]


def _modules(model: Any) -> dict[str, str]:
    """The kind and the settings of each module; modules of a list that are alike are told once."""
    if not isinstance(model, Module):
        return {"model": described(model)}
    runs: dict[str, dict[str, str]] = {}
    for name, module in model.named_modules():
        above, _, last = name.rpartition(".")
        runs.setdefault(above if last.isdecimal() else name, {})[name] = _module(module)
    parts = {}
    for above, texts in runs.items():
        if len(texts) >= _ALIKE and len(set(texts.values())) == 1:
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
    """Whether it is a list without anything, which may have held anything else."""
    return isinstance(item, (list, tuple)) and not item


def _seed(source: Any) -> str | None:
    """What tells a generator from others; None for one that is another in each run of a program."""
    if source is None:
        return _ABSENT
    if source is random or isinstance(source, Unrepeatable) or not is_saveable(source):
        return None
    return _digest(source.getstate())
