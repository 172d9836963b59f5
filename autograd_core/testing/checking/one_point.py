"""The check of a function at one point: every derivative that is claimed, compared with an independent one.

Derivatives of higher order are first derivatives of derivatives, so there is a single comparison, for functions of a
list of numbers (`flat_function`). The derivatives that are checked come from `analytic` and `claims`, the independent
ones from `methods`, and `comparison` gives the verdict.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from autograd_core.graph.value import Value
from autograd_core.testing.checking.claims import Claims
from autograd_core.testing.checking.first_order import FirstOrder
from autograd_core.testing.checking.higher_orders import HigherOrders
from autograd_core.testing.checking.options import Options
from autograd_core.testing.checking.source import reproduction
from autograd_core.testing.report import Entry, GradReport, Verdict
from autograd_core.testing.trees.chance import Chance, chance_in
from autograd_core.testing.trees.flat_function import FlatFunction, flat_function, name_of
from autograd_core.testing.trees.tensors import plain


def report_at(
    f: Callable[..., Any], args: tuple[Any, ...], claimed: Claims, options: Options
) -> tuple[GradReport, Any]:
    """Return the report of the check at a point, and the result with its graph if it failed; None for a black box.

    Raises:
        InputError: if there are no numbers to differentiate with respect to, or something is changed in place.
        ShapeError: if the form of a claim differs from that of the arguments or the result.
        OperandTypeError: if the function returns something other than numbers.
    """
    started = time.perf_counter()
    on_values = not claimed or options.method == "replay"
    function = flat_function(f, plain(args) if claimed and on_values else args, options.argnums, on_values)
    try:
        check = _Check(function, claimed, options)
        with warnings.catch_warnings():
            # Differences and complex steps may leave the domain of a function of arrays, and numpy then warns.
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.filterwarnings("ignore", "Casting complex values to real", UserWarning)  # of PyTorch
            entries = tuple(check.run())
    finally:
        for restore in function.restore:
            restore()
    function = check.function
    point = tuple(zip(function.names, function.point, strict=True))
    line = reproduction(f, args, claimed, options, function.called)
    # Failures have it as a hint.
    remarks = (function.unsteady,) if function.unsteady and all(entry.ok for entry in entries) else ()
    seconds = time.perf_counter() - started
    report = GradReport(name_of(f), " and ".join(check.used), point, entries, seconds, line, remarks=remarks)
    return report, None if report else _graph(function)


def _graph(function: FlatFunction) -> Any:
    """Return the result with its graph, None for a black box."""
    root = function.scalar([Value(x) for x in function.point]) if function.on_values else None
    return root if isinstance(root, Value) else None


class _Check(FirstOrder, HigherOrders):
    """The check of all orders."""

    def run(self) -> Iterator[Entry]:
        """Yield the entries of every order; those that failed say what is not deterministic."""
        entries = [*self.of_first_order(), *self.of_higher_orders()]
        is_wrong = any(entry.verdict is Verdict.MISMATCH for entry in entries)
        chance = chance_in(self.function, bool(self.remarks)) if is_wrong else Chance(self.function.unsteady, 0.0)
        remarks = [text for text in (chance.text, *self.remarks) if text]
        for entry in entries:
            # Random values look like a jump, and like a wrong derivative.
            is_noise = bool(chance.text) and entry.verdict is not Verdict.OK and (entry.ok or chance.explains(entry))
            found = entry.unverified("") if is_noise else entry
            own = found.hint.partition(";")[0] if chance.text else found.hint  # no advice besides
            hint = ("" if chance.size else self.cause) or "; ".join(filter(None, (*remarks, own)))
            yield found if found.ok else replace(found, hint=hint)
