"""The built-in layout on random graphs: nothing overlaps, wires run forward and go round boxes, all is inside.

It crosses wires little, does the same in every process, and its work grows as the graph.
"""

import random
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations, pairwise
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import layout as bench
from processes import outputs
from viz import draw
from viz.picture.boxes import Box, layout_graph
from viz.picture.dot import find_dot
from viz.picture.layout import RANKDIRS, Placement, Point, Wire, place, threads
from viz.picture.layout.layering import layers
from viz.picture.layout.ordering import crossings as link_crossings
from viz.picture.layout.ordering import ordered

Case = tuple[list[Box], list[Wire]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Boxes of many sizes and wires from lower to higher numbers, then shuffled so that no order remains."""
    sizes = st.integers(4, 140)
    boxes = [Box(draw(sizes), draw(sizes)) for _ in range(draw(st.integers(1, 18)))]
    ends = st.integers(0, len(boxes) - 1)
    pairs = draw(st.lists(st.tuples(ends, ends), max_size=40))
    names = draw(st.permutations(range(len(boxes))))
    return boxes, [(names[min(pair)], names[max(pair)]) for pair in pairs if pair[0] != pair[1]]


def long_wires(length: int) -> Case:
    """A chain in which every box is also wired to the first and the last box."""
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
        assert all(-0.01 <= x <= placement.width + 0.01 and -0.01 <= y <= placement.height + 0.01 for x, y in points)
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


def drawn_with_detours(case: Case, rankdir: str) -> Placement:
    """The placement when there is no room for points, so that all wires longer than a layer take detours."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "_POINTS", 0)
        patch.setattr(threads, "_POINTS_PER_BOX", 0)
        return place(*case, rankdir)


@given(cases(), st.sampled_from(RANKDIRS))
@example(long_wires(12), "LR")
def test_detours_are_as_sound_as_threads(case: Case, rankdir: str) -> None:
    assert_sound(case, drawn_with_detours(case, rankdir), rankdir)


def test_a_detour_runs_beyond_all_boxes() -> None:
    case = [Box(60, 40)] * 5, [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)]
    placement = drawn_with_detours(case, "LR")
    top = min(y for _, y in placement.centres) - 20
    assert min(y for _, y in placement.routes[-1]) < top
    assert min(y for _, y in place(*case).routes[-1]) >= 0


def random_case(boxes: int, wires: int, seed: int) -> Case:
    """Wires between boxes whose numbers are not far apart."""
    rng = random.Random(seed)
    ends = [rng.sample(range(max(0, last - 12), last + 1), 2) for last in rng.choices(range(2, boxes), k=wires)]
    return [Box(60, 30)] * boxes, [(min(pair), max(pair)) for pair in ends]


def naive_crossings(net: threads.Net, sweeps: int) -> int:
    """The crossings after only sorting the layers by mean positions, forward and back."""
    rows = net.rows()
    for item, layer in enumerate(net.layer):
        rows[layer].append(item)
    place_of = {item: place for row in rows for place, item in enumerate(row)}

    def mean(item: int, neighbours: list[list[int]]) -> float:
        ends = [place_of[end] for end in neighbours[item]]
        return sum(ends) / len(ends) if ends else float(place_of[item])

    for sweep in range(sweeps):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            row.sort(key=lambda item: mean(item, net.before if sweep % 2 == 0 else net.after))
            place_of.update({item: place for place, item in enumerate(row)})
    return link_crossings(net, rows)


@pytest.mark.parametrize(("boxes", "wires"), [(12, 20), (60, 90), (300, 450)])
def test_orders_cross_less_than_sorting_by_means(boxes: int, wires: int) -> None:
    ours = naive = 0
    for seed in range(5):
        shape = random_case(boxes, wires, seed)[1]
        net = threads.threaded(layers(boxes, shape), shape, [0.0] * boxes, [0.0] * boxes)
        rows, crossed = ordered(net)
        assert crossed == link_crossings(net, rows)
        ours += crossed
        naive += naive_crossings(net, sweeps=8)
    assert ours < 0.9 * naive


@given(cases())
def test_the_order_holds_every_item_once_in_its_layer(case: Case) -> None:
    boxes, wires = case
    sizes = [1.0] * len(boxes)
    for shared in (True, False):
        net = threads.threaded(layers(len(boxes), wires), wires, sizes, sizes, shared=shared)
        rows, crossed = ordered(net)
        assert [net.layer[item] for row in rows for item in row] == sorted(net.layer)
        assert sorted(item for row in rows for item in row) == list(range(len(net.layer)))
        assert crossed == slow_crossings(net, rows)


def slow_crossings(net: threads.Net, rows: Sequence[Sequence[int]]) -> int:
    """Crossings by looking at all pairs of links."""
    place_of = {item: place for row in rows for place, item in enumerate(row)}
    links = [(net.layer[a], place_of[a], place_of[b]) for a, after in enumerate(net.after) for b in after]
    return sum(a[0] == b[0] and (a[1] - b[1]) * (a[2] - b[2]) < 0 for a, b in combinations(links, 2))


@given(cases())
def test_wires_go_to_later_layers_and_no_layer_is_empty(case: Case) -> None:
    boxes, wires = case
    layer = layers(len(boxes), wires)
    assert all(layer[source] < layer[target] for source, target in wires)
    assert set(layer) == set(range(max(layer) + 1))


def test_operands_stand_beside_what_uses_them() -> None:
    """`b + w1*x1 + w2*x2`: products before their sums, leaves before products, and a gate waits at its end."""
    w1, x1, w2, x2, b, p1, p2, s1, s2 = range(9)
    neuron = [(w1, p1), (x1, p1), (w2, p2), (x2, p2), (b, s1), (p1, s1), (s1, s2), (p2, s2)]
    layer = layers(9, neuron)
    assert [layer[item] for item in (w1, x1, b, p1, s1, w2, x2, p2, s2)] == [0, 0, 1, 1, 2, 1, 1, 2, 3]


def test_what_has_to_wait_waits_at_the_end_of_its_chain() -> None:
    """Two gates on the same inputs, of which one is used later, stand side by side, as in an LSTM."""
    x, h, product = 0, 1, 14
    wires = []
    for w, u, wx, uh, total, gate in ((2, 3, 4, 5, 6, 7), (8, 9, 10, 11, 12, 13)):
        wires += [(w, wx), (x, wx), (u, uh), (h, uh), (wx, total), (uh, total), (total, gate)]
    later = [(13, 15), (15, 16), (16, product)]
    layer = layers(17, [*wires, (7, product), *later])
    assert (layer[6], layer[7]) == (layer[12], layer[13]) == (2, 3)
    assert layer[product] == 6


def boxes_of(name: str) -> Case:
    """The boxes and wires of a picture of the benchmark."""
    measured = layout_graph(draw(bench.PICTURES[name].build(), max_nodes=None).graph, "LR")
    return list(measured.boxes), list(measured.wires)


@pytest.mark.skipif(find_dot() is None, reason="needs the program dot (Graphviz) to compare with")
@pytest.mark.parametrize("name", ["expr", "batch2", "forward", "batch4"])
def test_wires_cross_at_most_twice_as_often_as_in_the_layout_of_dot(name: str) -> None:
    boxes, wires = boxes_of(name)
    reference = bench.dot_crossings(boxes, wires)
    assert reference is not None
    assert bench.crossings(place(boxes, wires), wires) <= bench.MOST_CROSSINGS * reference


def test_the_benchmark_counts_crossings() -> None:
    """Three boxes joined to three others cross as often as pairs can be chosen on both sides."""
    assert (
        bench.crossings(place([Box(20, 20)] * 6, wires := [(a, b) for a in range(3) for b in range(3, 6)]), wires) == 9
    )
    assert bench.crossings(place([Box(20, 20)] * 63, TREE), TREE) == 0


def test_wires_of_one_box_part_where_that_saves_crossings() -> None:
    boxes, wires = random_case(10, 16, seed=0)
    layer = layers(10, wires)
    together, apart = (
        ordered(threads.threaded(layer, wires, [0.0] * 10, [0.0] * 10, shared=shared))[1] for shared in (True, False)
    )
    assert apart < together
    assert bench.crossings(place(boxes, wires), wires) == apart


PROGRAM = """
import random
from viz.picture.layout import place
from viz.picture.boxes import Box

for seed in range(5):
    rng = random.Random(seed)
    wires = [tuple(sorted(rng.sample(range(60), 2))) for _ in range(90)]
    print(place([Box(60, 30)] * 60, wires))
"""


def test_another_process_with_other_hashes_places_the_same_way() -> None:
    (answer,) = outputs(PROGRAM)
    assert answer.count("Placement") == 5


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python `work` executes."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def summed_late(terms: int) -> Case:
    """A chain whose links are summed from its end: each wire to the sum is as long as all that follows."""
    links = [(i, i + 1) for i in range(terms - 1)]
    sums = [(terms + i, terms + i + 1) for i in range(terms - 1)]
    return [Box(60, 30)] * (2 * terms), [*links, *sums, *((i, 2 * terms - 1 - i) for i in range(terms))]


@pytest.mark.parametrize(
    ("case", "sizes"),
    [(lambda size: random_case(size, 3 * size // 2, seed=0), (1_000, 4_000)), (summed_late, (200, 800))],
)
def test_work_grows_as_the_graph(case: Callable[[int], Case], sizes: tuple[int, int]) -> None:
    """Four times the graph takes about four times the lines; with a point in every layer the sums would take 16."""
    few, many = (lines_run(partial(place, *case(size))) for size in sizes)
    assert many < 6 * few
