"""Trees and columns of text: the shape of trees, their depth, and the widths of columns."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core.lines import ASCII, GAP, UNICODE, Branches, columns, html_table, walk_tree


def drawn(root: object, branches: Branches) -> list[str]:
    """The lines of a tree of nested lists, each item written as how many are below it."""
    lines: list[str] = []

    def visit(item: list[object], indent: str) -> list[object]:
        lines.append(f"{indent}{len(item)}")
        return item

    walk_tree(root, visit, branches)  # type: ignore[arg-type]  # nested lists have no finite type
    return lines


def test_below_the_last_item_no_branch_goes_on() -> None:
    assert drawn([[[]], [[]]], ASCII) == ["2", "|- 1", "|  `- 0", "`- 1", "   `- 0"]
    assert drawn([[[]], [[]]], UNICODE) == ["2", "├─ 1", "│  └─ 0", "└─ 1", "   └─ 0"]


@pytest.mark.parametrize("branches", [ASCII, UNICODE])
def test_all_branches_are_equally_wide(branches: Branches) -> None:
    assert len(set(map(len, branches))) == 1


def test_an_item_is_visited_before_the_next_one_is() -> None:
    """So a visit may depend on what is drawn above, as the mark of a node that is shown already does."""
    seen: list[str] = []

    def visit(item: str, _: str) -> list[str]:
        below = [] if item in seen else {"root": ["a", "b"], "a": ["b"], "b": ["c"]}.get(item, [])
        seen.append(item)
        return below

    walk_tree("root", visit, ASCII)
    assert seen == ["root", "a", "b", "c", "b"]


def test_no_depth_is_too_deep() -> None:
    deepest = 0

    def visit(level: int, indent: str) -> list[int]:
        nonlocal deepest
        deepest = len(indent)
        return [level + 1] if level < 5_000 else []

    walk_tree(0, visit, ASCII)
    assert deepest == 5_000 * len(ASCII.last)


@given(st.lists(st.tuples(*[st.text("ab", max_size=4)] * 3), min_size=1), st.sets(st.integers(0, 2)))
def test_cells_stand_in_their_columns(rows: list[tuple[str, str, str]], right: set[int]) -> None:
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    for row, line in zip(rows, columns(rows, right), strict=True):
        assert line == line.rstrip()
        rest = line.ljust(sum(widths) + 2 * len(GAP))
        for place, (cell, width) in enumerate(zip(row, widths, strict=True)):
            assert rest[:width] == (cell.rjust(width) if place in right else cell.ljust(width))
            rest = rest[width + len(GAP) :]
        assert not rest


def test_the_width_of_a_cell_may_be_other_than_its_characters() -> None:
    assert columns([("日", "x"), ("abc", "y")], width=lambda text: sum(1 + (c > "z") for c in text)) == [
        "日   x",
        "abc  y",
    ]


def test_without_rows_there_are_no_lines() -> None:
    assert columns([]) == []


CELL = st.text(st.characters(exclude_categories=["C"]))


@given(
    st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1)), CELL
)
def test_a_table_for_a_notebook_holds_the_cells_as_they_are(table: list[list[str]], title: str) -> None:
    shown = ET.fromstring(html_table(table, right={0}, title=title))  # noqa: S314 - it is our own
    assert [[cell.text or "" for cell in row] for row in shown.findall("tr")] == table
    assert shown.findtext("caption", "") == title
    assert {row[0].get("style") for row in shown.findall("tr")} == {"text-align:right"}
    assert [cell.tag for cell in shown.findall("tr")[0]] == ["th"] * len(table[0])
