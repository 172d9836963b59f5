"""The built-in layout on random graphs: nothing overlaps, wires run forward and go round boxes, all is inside."""

import random
from collections.abc import Sequence
from itertools import combinations, pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from viz.layout import RANKDIRS, Placement, Point, Wire, place
from viz.scene import Box

Case = tuple[list[Box], list[Wire]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Boxes of many sizes and wires from lower to higher numbers, then shuffled so that numbers tell nothing."""
    sizes = st.integers(4, 140)
    boxes = [Box(draw(sizes), draw(sizes)) for _ in range(draw(st.integers(1, 18)))]
    ends = st.integers(0, len(boxes) - 1)
    pairs = draw(st.lists(st.tuples(ends, ends), max_size=40))
    names = draw(st.permutations(range(len(boxes))))
    return boxes, [(names[min(pair)], names[max(pair)]) for pair in pairs if pair[0] != pair[1]]


def long_wires(length: int) -> Case:
    """A chain whose every box is also wired to the first and to the last one."""
    boxes = [Box(60, 40)] * length
    wires = [(i, i + 1) for i in range(length - 1)]
    return boxes, [*wires, *((0, i) for i in range(2, length)), *((i, length - 1) for i in range(length - 2))]


def along(point: Point, rankdir: str) -> float:
    """How far a point lies in the direction of the wires."""
    return {"LR": point[0], "RL": -point[0], "TB": point[1], "BT": -point[1]}[rankdir]


def bezier(route: tuple[Point, ...], steps: int = 8) -> list[Point]:
    """Points on a route."""
    points = [route[0]]
    for i in range(0, len(route) - 1, 3):
        a, b, c, d = route[i : i + 4]
        for step in range(1, steps + 1):
            t = step / steps
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            x, y = (sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=True)) for axis in (0, 1))
            points.append((x, y))
    return points


def assert_sound(case: Case, placement: Placement, rankdir: str) -> None:
    boxes, wires = case
    assert (len(placement.centres), len(placement.routes)) == (len(boxes), len(wires))
    placed = list(zip(boxes, placement.centres, strict=True))
    for box, (x, y) in placed:
        assert -0.01 <= x - box.width / 2 <= x + box.width / 2 <= placement.width + 0.01
        assert -0.01 <= y - box.height / 2 <= y + box.height / 2 <= placement.height + 0.01
    for (box, (x, y)), (other, (u, v)) in combinations(placed, 2):
        assert abs(x - u) >= (box.width + other.width) / 2 or abs(y - v) >= (box.height + other.height) / 2
    for (source, target), route in zip(wires, placement.routes, strict=True):
        points = bezier(route)
        steps = [along(point, rankdir) for point in points]
        assert all(before <= after + 0.01 for before, after in pairwise(steps))
        assert_touches(boxes[source], placement.centres[source], points[0], rankdir, side=1)
        assert_touches(boxes[target], placement.centres[target], points[-1], rankdir, side=-1)
        for index, (box, (x, y)) in enumerate(placed):
            if index not in (source, target):
                inside = [abs(px - x) < box.width / 2 and abs(py - y) < box.height / 2 for px, py in points]
                assert not any(inside)


def assert_touches(box: Box, centre: Point, point: Point, rankdir: str, side: int) -> None:
    """The point lies on the side of the box where wires leave (1) or enter (-1)."""
    depth, breadth = (box.width, box.height) if rankdir in ("LR", "RL") else (box.height, box.width)
    off = point[1] - centre[1] if rankdir in ("LR", "RL") else point[0] - centre[0]
    assert along(point, rankdir) - along(centre, rankdir) == pytest.approx(side * depth / 2, abs=0.01)
    assert abs(off) <= breadth / 2


@given(cases(), st.sampled_from(RANKDIRS))
@example(long_wires(12), "LR")
@example(([Box(10, 10)] * 3, [(0, 2), (0, 2), (0, 2)]), "TB")
def test_boxes_are_apart_and_wires_run_forward_round_them(case: Case, rankdir: str) -> None:
    assert_sound(case, place(*case, rankdir), rankdir)


@given(cases())
def test_the_same_graph_is_placed_the_same_way_again(case: Case) -> None:
    assert place(*case) == place(*case)


def test_wires_that_enter_one_box_end_apart() -> None:
    ends = [route[-1] for route in place([Box(60, 40)] * 4, [(0, 3), (1, 3), (2, 3)]).routes]
    assert len({y for _, y in ends}) == 3


def crossings(routes: Sequence[tuple[Point, ...]]) -> int:
    """How many pairs of wires that end in the same column change sides on the way."""
    ends = [(round(route[-1][0]), route[0][1], route[-1][1]) for route in routes]
    return sum(
        column == other and (start - begin) * (end - finish) < 0
        for (column, start, end), (other, begin, finish) in combinations(ends, 2)
    )


TREE = [(2 * i + 1 + side, i) for i in range(31) for side in (0, 1)]
GROUPS = [(6 * g + s, 6 * g + 2 + t) for g in range(10) for s in range(2) for t in range(3)]
GROUPS += [(6 * g + 2 + t, 62) for g in range(10) for t in range(3)]


@pytest.mark.parametrize(("wires", "fewest"), [(TREE, 0), (GROUPS, 10 * 3)])
@pytest.mark.parametrize("seed", range(5))
def test_wires_cross_no_more_than_they_must(wires: list[Wire], fewest: int, seed: int) -> None:
    """In a tree none do; two boxes joined to the same three cost three, and groups of these need not mix."""
    shuffled = random.Random(seed).sample(wires, len(wires))
    assert crossings(place([Box(50, 30)] * 63, shuffled).routes) == fewest


def test_a_long_wire_past_a_straight_chain_is_straight_in_the_middle() -> None:
    boxes, wires = [Box(60, 40)] * 9, [(i, i + 1) for i in range(8)]
    route = place(boxes, [*wires, (0, 8)]).routes[-1]
    turns = [y for before, (_, y) in pairwise(route) if abs(before[1] - y) > 0.01]
    assert len(turns) == 2


def test_no_boxes_at_all() -> None:
    assert place([], []) == Placement(0.0, 0.0, (), ())
