"""A run: the numbers of a call go into the buffer of a program, and what it has computed goes where it belongs.

All that happens at every call is here, in typed Python. Numbers are written one by one, an array by one slice, and the
cells, the data and gradients of leaves that the function closes over, in one pass over the leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, final

from librt.vecs import append, vec
from mypy_extensions import i64

from autograd_core.compiler.executors.machines import Executable
from autograd_core.compiler.found_state import State
from autograd_core.compiler.returned import Returned, destinations
from autograd_core.compiler.sources import Source, Stored
from autograd_core.graph.node import CLOCK, set_gradient
from autograd_core.graph.value import Value
from autograd_core.numerics.number import to_float
from autograd_core.transforms.trees import is_array


@final
class Leaves:
    """Leaves in order, and for each a number of the program: an input, or an output.

    Attributes:
        leaves: the leaves.
        indices: the index of the input or output of each.
    """

    __slots__ = ("indices", "leaves")

    def __init__(self) -> None:
        self.leaves: Final[list[Value]] = []
        self.indices = vec[i64]()

    def add(self, leaf: Value, index: int) -> None:
        """Add a leaf."""
        self.leaves.append(leaf)
        self.indices = append(self.indices, i64(index))


@final
class Cells:
    """The cells of a program.

    Attributes:
        data: leaves whose data are inputs.
        gradients: leaves whose gradients are inputs.
        new_data: leaves whose data are assigned outputs.
        new_gradients: leaves whose gradients are assigned outputs.
    """

    __slots__ = ("data", "gradients", "new_data", "new_gradients")

    def __init__(self) -> None:
        self.data: Final = Leaves()
        self.gradients: Final = Leaves()
        self.new_data: Final = Leaves()
        self.new_gradients: Final = Leaves()

    def read(self, buffer: vec[float], start: i64) -> None:
        """Read data and gradients into the inputs, which begin at `start`."""
        indices, k = self.data.indices, i64(0)
        for leaf in self.data.leaves:
            buffer[start + indices[k]] = leaf._data
            k += 1
        indices, k = self.gradients.indices, 0
        for leaf in self.gradients.leaves:
            buffer[start + indices[k]] = leaf._grad
            k += 1

    def write(self, buffer: vec[float], start: i64) -> None:
        """Assign the outputs, which begin at `start`."""
        CLOCK.now += 1.0
        indices, k = self.new_data.indices, i64(0)
        for leaf in self.new_data.leaves:
            leaf._data = buffer[start + indices[k]]
            k += 1
        indices, k = self.new_gradients.indices, 0
        for leaf in self.new_gradients.leaves:
            number = buffer[start + indices[k]]
            if leaf._lifted:
                set_gradient(leaf, number)
            else:
                leaf._grad = number
            k += 1


@final
class Runner:
    """What runs a program for a call.

    Attributes:
        result: what the function returned.
        state: what has to be unchanged.
        cells: the leaves that it reads and assigns to.
    """

    __slots__ = (
        "_buffer",
        "_carried",
        "_effects",
        "_executable",
        "_first_input",
        "_first_output",
        "_new_stores",
        "_offsets",
        "_sources",
        "_stores",
        "_truths",
        "_views",
        "cells",
        "result",
        "state",
    )

    def __init__(
        self,
        executable: Executable,
        blocks: list[Any],
        sources: Sequence[Source],
        carried: Sequence[Any],
        stores: Sequence[Stored],
        effects: Sequence[Any],
        result: Returned,
        truths: Sequence[bool],
        state: State,
    ) -> None:
        self.result: Final = result
        self.state: Final = state
        self.cells: Final = Cells()
        self._executable: Final = executable
        self._buffer: Final = executable.buffer
        self._first_input: Final[i64] = executable.first_input
        self._first_output: Final[i64] = executable.first_output
        self._carried: Final = list(carried)
        self._stores: Final = [each for each in stores if each.count]
        self._new_stores: Final = [effect for effect in effects if effect.stored is not None]
        self._effects: Final = [effect for effect in effects if effect.place is not None]
        self._truths: Final = [1.0 if truth else 0.0 for truth in truths]
        self._views: Final[list[Any]] = []
        self._offsets: vec[i64] = vec[i64]()
        self._sources: Final = [(i, source) for i, source in enumerate(sources) if source.kind == "carried"]
        self._find_blocks(blocks)
        for i, source in enumerate(sources):
            if source.leaf is not None:
                (self.cells.data if source.kind == "data" else self.cells.gradients).add(source.leaf, i)
        for effect in effects:
            if effect.leaf is not None:
                of = self.cells.new_data if effect.attribute == "data" else self.cells.new_gradients
                of.add(effect.leaf, effect.content.place)

    def _find_blocks(self, blocks: list[Any]) -> None:
        inputs, first = self._executable.inputs, 0
        has_arrays = any(is_array(block) for block in blocks)
        for block in blocks if has_arrays else ():
            size = block.size if is_array(block) else 1
            self._offsets = append(self._offsets, i64(first))
            self._views.append(inputs[first : first + size].reshape(block.shape) if is_array(block) else None)
            first += size

    def run(self, blocks: list[Any], out: Any) -> tuple[Any, bool]:
        """The result for the blocks of the arguments, and whether the guards held; if not, nothing has changed.

        Runs share the buffer, and come one at a time (see `call_lock`).

        Args:
            blocks: the numbers and arrays of the arguments, of the form of those that the program was made for.
            out: arrays for the result, or None.
        """
        buffer, start, outputs = self._buffer, self._first_output, self._executable.outputs
        self._write_arguments(blocks)
        self.cells.read(buffer, self._first_input)
        if self._sources:
            self._write_carried()
        if self._stores:
            self.read_stores(self._executable.inputs)
        self._executable.run()
        if not self._holds():
            return None, False
        if out is not None:
            for array, block in destinations(self.result, out):
                array[...] = block.array(outputs)
            result = out
        else:
            result = self.result.filled(buffer, start, outputs)
        try:
            self._carry_out(outputs)
            self.cells.write(buffer, start)
        except BaseException:  # an interrupt: what has begun is completed
            self._carry_out(outputs)
            self.cells.write(buffer, start)
            raise
        return result, True

    def read_stores(self, inputs: Any) -> None:
        """Write the numbers of stores into the inputs of the program."""
        for each in self._stores:
            inputs[each.first : each.first + each.count] = each.store.numbers()

    def _write_arguments(self, blocks: list[Any]) -> None:
        buffer, start, views = self._buffer, self._first_input, self._views
        if not views:
            for x in blocks:
                buffer[start] = x if isinstance(x, float) else to_float(x)
                start += 1
            return
        offsets, k = self._offsets, i64(0)
        for x in blocks:
            view = views[int(k)]
            if view is None:
                buffer[start + offsets[k]] = x if isinstance(x, float) else to_float(x)
            else:
                view[...] = x
            k += 1

    def _write_carried(self) -> None:
        numbers = [numbers_in(place.read()) for place in self._carried]
        buffer, start = self._buffer, self._first_input
        for i, source in self._sources:
            buffer[start + i64(i)] = numbers[source.place][source.index]

    def _holds(self) -> bool:
        """Whether the function would decide as it did when it was captured."""
        truths = self._truths
        if not truths:
            return True
        buffer, k = self._buffer, self._first_output + i64(len(self._executable.outputs)) - i64(len(truths))
        for truth in truths:
            if (buffer[k] != 0.0) != (truth != 0.0):
                return False
            k += 1
        return True

    def _carry_out(self, outputs: Any) -> None:
        """Assign to stores and places outside; the contents of all are made before the first is assigned."""
        for effect in self._new_stores:
            first, stored = effect.content[0].place, effect.stored
            stored.store.replace(outputs[first : first + len(effect.content)].copy(), stored.new_form)
        if self._effects:
            numbers = outputs.tolist()
            contents = [effect.filled(numbers) for effect in self._effects]
            for effect, content in zip(self._effects, contents, strict=True):
                effect.place.write(content)


def numbers_in(tree: Any) -> list[float]:
    """The numbers of a number, or of nested lists and tuples of them."""
    if isinstance(tree, list | tuple):
        return [number for x in tree for number in numbers_in(x)]
    return [to_float(tree)]
