"""The sweeps of a `Run`, which give the rows of a jacobian, and the jacobian as a tree.

A sweep goes from the roots down to the variables (reverse mode) or from the variables up to the roots (forward mode). A
root is a Value or a float, and a float depends on no variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any

from autograd_core.graph import chain_rule, edges, sweep, tangents
from autograd_core.graph.blocks import is_detecting
from autograd_core.graph.capturing import capture_here
from autograd_core.graph.node import Node
from autograd_core.graph.value import Value
from autograd_core.numerics.number import is_number, to_float
from autograd_core.table.op import Recorder
from autograd_core.transforms.run import Run
from autograd_core.transforms.trees import blocks, is_array, rebuild, replace, shape_of, shaped


def gradient_of(run: Run, root: Any) -> Any:
    """The gradient of a root, as a tree of the form of the point."""
    return rebuild(run.point, run.lifted(gradients([root], run.variables, run.nested, run)[0]))


def gradients(roots: Sequence[Any], variables: list[Any], nested: bool, watched: Run | None = None) -> list[list[Any]]:
    """The rows of the jacobian of the roots, by a backward pass for each root.

    For a `watched` run, leaves from elsewhere are looked for on the way.
    """
    capture = capture_here()
    if capture is not None:
        return [capture.gradients([(root, 1.0)], variables, nested) for root in roots]
    era, older = (watched.era, watched.older) if watched is not None and watched.era else (0.0, None)
    if not nested and not is_detecting():
        return [
            list(sweep.gradients(root, variables, era, older)) if isinstance(root, Value) else [0.0] * len(variables)
            for root in roots
        ]
    if watched is not None:
        watched.look_for_loss(roots)
    derivatives = _local_derivatives(nested)
    return [
        _gradient_of_seeds({root: 1.0} if isinstance(root, Value) else {}, variables, derivatives) for root in roots
    ]


def gradients_forward(roots: Sequence[Any], run: Run) -> list[list[Any]]:
    """The rows of the jacobian of the roots, by a forward sweep for each variable; looks for leaves from elsewhere."""
    count = range(len(run.variables))
    columns = tangents_of(roots, run.variables, [[1.0 if i == j else 0.0 for i in count] for j in count], run.nested)
    run.look_for_loss(roots)
    return [[column[i] for column in columns] for i in range(len(roots))]


def tangents_of(
    roots: Sequence[Any], variables: list[Any], directions: Sequence[Sequence[Any]], nested: bool
) -> list[list[Any]]:
    """For each direction the tangent of each root."""
    capture = capture_here()
    if capture is not None:
        return [capture.tangents(roots, variables, direction, nested) for direction in directions]
    if not nested and not is_detecting():
        return [list(column) for column in tangents.number_tangents(roots, variables, directions)]
    return tangents.tangents(roots, variables, directions, _local_derivatives(nested), is_detecting())


def weighted_gradient(roots: Sequence[Any], weights: Sequence[Any], variables: list[Any], nested: bool) -> list[Any]:
    """The gradient of the weighted sum of the roots with respect to each variable."""
    capture = capture_here()
    if capture is not None:
        return list(capture.gradients(list(zip(roots, weights, strict=True)), variables, nested))
    seeds: dict[Any, Any] = {}
    for root, weight in zip(roots, weights, strict=True):
        if isinstance(root, Recorder):
            seeds[root] = seeds[root] + weight if root in seeds else weight
    return _gradient_of_seeds(seeds, variables, _local_derivatives(nested))


def _gradient_of_seeds(
    seeds: dict[Node, Any], variables: list[Any], derivatives: Callable[[Any], Sequence[Any]]
) -> list[Any]:
    table = chain_rule.adjoints(seeds, derivatives, is_detecting(), set(variables))
    return [table.get(variable, 0.0) for variable in variables]


def _local_derivatives(nested: bool) -> Callable[[Any], Sequence[Any]]:
    # The formula of a local derivative makes nodes, which several sweeps share.
    return cache(sweep.graph_derivatives) if nested else edges.recorded_derivatives


def assemble(result: Any, point: Any, rows: list[list[Any]]) -> Any:
    """The rows of a jacobian as a tree: the form of the result, with the form of the point in place of each number."""
    rest = iter(rows)
    blocks_of_point = blocks(point)
    return replace(
        result,
        [
            replace(point, _cells(shape_of(block), is_array(block), blocks_of_point, list(islice(rest, _size(block)))))
            for block in blocks(result)
        ],
    )


def _cells(shape: tuple[int, ...], array: bool, blocks_of_point: list[Any], rows: list[list[Any]]) -> Iterator[Any]:
    """The derivatives of one block of the result with respect to each block of the point."""
    start = 0
    for block in blocks_of_point:
        end = start + _size(block)
        cell = [x for row in rows for x in row[start:end]]
        yield shaped(cell, (*shape, *shape_of(block))) if array or is_array(block) else cell[0]
        start = end


def _size(block: Any) -> int:
    return int(block.size) if is_array(block) else 1


def as_array(result: Any) -> Any:
    """A list of numbers as an array, anything else unchanged."""
    numbers = isinstance(result, list) and all(isinstance(x, Recorder) or is_number(x) for x in result)
    return shaped(result, (len(result),)) if numbers else result


def plain(numbers: Sequence[Any]) -> list[Any]:
    """The numbers, with a float for each that is not a Value."""
    return [x if isinstance(x, Recorder) else to_float(x) for x in numbers]
