"""Tables: what is read from them, and every way in which they are wrong."""

import contextlib
import csv
import encodings.aliases
import io
import math
import os
import pickle
import re
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import InputError
from nn.data import Batches, StandardScaler, Table, read_csv, split, tables
from written import POSIX


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# ---- What is read ----------------------------------------------------------------------------------------------------


def test_features_are_numbers_and_classes_sorted_names(path: Path) -> None:
    table = read_csv(written(path, "kind,x,y\nrose,1,2.5\nlily,-3e2,.5\nrose,+4.,0\n"), "kind")
    assert table.samples == [([1.0, 2.5], 1), ([-300.0, 0.5], 0), ([4.0, 0.0], 1)]
    assert (table.columns, table.classes) == (["x", "y"], ["lily", "rose"])
    assert all(type(x) is float for row, _ in table.samples for x in row)
    assert all(type(label) is int for _, label in table.samples)
    assert len(split(table.samples, 1).test) == 1


def test_a_target_of_numbers_is_a_number(path: Path) -> None:
    table = read_csv(written(path, "x,y\n1,2\n3,4\n"), target="y")
    assert [*table] == [[([1.0], 2.0), ([3.0], 4.0)], ["x"], []]
    assert [type(target) for _, target in table.samples] == [float, float]


def test_a_target_of_numbers_may_be_a_class(path: Path) -> None:
    written(path, "x,y\n1,2\n3,10\n5,2\n")
    assert [*read_csv(path, "y", categorical=True)] == [[([1.0], 1), ([3.0], 0), ([5.0], 1)], ["x"], ["10", "2"]]


def test_columns_can_be_left_out(path: Path) -> None:
    written(path, "id,name,x,y\n1,anna,2,3\n2,,4,5\n")
    assert [*read_csv(path, "y", ignore={"id", "name"})] == [[([2.0], 3.0), ([4.0], 5.0)], ["x"], []]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (b'x,y,"a, b"\r\n1,2,3\r\n4,5,6\r\n', {}),
        (b'"x","y","a, b"\n"1","2","3"\n"4","5","6"', {}),
        (b'\xef\xbb\xbfx,y,"a, b"\n1,2,3\n\n4,5,6\n\n', {}),
        (b' x , y ,"a, b"\n 1 ,2 , 3\n4,\t5, "6"\n', {}),
        (b"x;y;a, b\n1;2;3\n4;5;6\n", {"delimiter": ";"}),
        (b"x\ty\ta, b\n1\t2\t3\n4\t5\t6\n", {"delimiter": "\t"}),
        ("x,y,'a, b'\n1,2,3\n4,5,6\n".replace("'", '"').encode("utf-16"), {"encoding": "utf-16"}),
    ],
    ids=["crlf", "quoted", "byte order mark", "spaces", "semicolons", "tabs", "utf-16"],
)
def test_tables_come_in_many_forms(path: Path, content: bytes, options: Any) -> None:
    table = read_csv(written(path, content), "a, b", **options)
    assert [*table] == [[([1.0, 2.0], 3.0), ([4.0, 5.0], 6.0)], ["x", "y"], []]


def test_names_may_hold_anything(path: Path) -> None:
    table = read_csv(written(path, 'größe,"art"\n1,"Rosé ""x"""\n2,"two\nlines"\n'), "art")
    assert (table.columns, table.classes) == (["größe"], ['Rosé "x"', "two\nlines"])


@given(
    st.lists(
        st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.text("ab,\"'; \n", min_size=1).map(str.strip)),
        min_size=1,
        max_size=8,
    ).filter(lambda rows: all(name for _, name in rows))
)
def test_what_python_writes_is_read_to_the_bit(tmp_path_factory: Any, rows: list[tuple[float, str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("x", "kind"), *rows])
    path = written(tmp_path_factory.mktemp("written") / "table.csv", text.getvalue())
    table = read_csv(path, "kind")
    assert [(x.hex(), table.classes[label]) for (x,), label in table.samples] == [(x.hex(), name) for x, name in rows]


DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@given(st.text("0123456789+-.eE_ xnaif\u0663\xa0", max_size=8))
def test_decimal_numbers_are_read_and_nothing_else(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "table.csv", f"x,y\n1,2\n{text},3\n")
        if DECIMAL.fullmatch(text.strip()) and math.isfinite(float(text)):
            assert read_csv(path, "y").samples[1] == ([float(text)], 3.0)
        else:
            with pytest.raises(InputError, match="line 3, column 'x'"):
                read_csv(path, "y")


FIELDS = st.sampled_from(["1", " -2.5e3 ", "rose", "lily", "0.1", "", "1_0", "nan", "1e999", "\xa07", "x,y", "9" * 400])
COLUMNS = st.lists(st.lists(FIELDS, min_size=3, max_size=3), min_size=1, max_size=8)


@given(COLUMNS, st.sampled_from([None, True, False]), st.integers(1, 3), st.integers(-1, 8))
def test_lines_taken_together_are_as_lines_taken_one_by_one(
    rows: list[list[str]], categorical: bool | None, at_once: int, short: int
) -> None:
    if 0 <= short < len(rows):
        rows[short] = rows[short][:2]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["a", "b", "kind"], *rows])

    def outcome(path: Path) -> Any:
        try:
            return read_csv(path, "kind", categorical=categorical)
        except InputError as error:
            return str(error)

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = written(Path(folder) / "table.csv", text.getvalue())
        together = outcome(path)
        patch.setattr(tables, "AT_ONCE", at_once)
        assert outcome(path) == together
        patch.setattr("nn.data.tables._Reading._added_together", lambda self, records: False)
        assert outcome(path) == together


# ---- Many lines ------------------------------------------------------------------------------------------------------


@pytest.fixture
def table(path: Path) -> Table:
    """A table of more lines than are read at a time."""
    lines = [f"{i / 7!r},{-i},{'abc'[i % 3]}" for i in range(10_000)]
    return read_csv(written(path, "\n".join(["x,y,kind", *lines])), "kind")


def test_samples_are_a_sequence_as_a_list_is_one(table: Table) -> None:
    expected = [([i / 7, float(-i)], i % 3) for i in range(10_000)]
    samples = table.samples
    assert (len(samples), samples[5], samples[-1]) == (10_000, expected[5], expected[-1])
    assert samples == expected
    assert expected == samples
    assert [*samples] == expected
    assert samples[9_990:2:-7] == expected[9_990:2:-7]
    assert samples[:2] + samples[3:4] == [*expected[:2], expected[3]]
    assert [expected[0], *expected[:1]] == expected[:1] + samples[:1]
    assert samples != expected[:-1]
    assert samples[:1] != [([0.0, -0.0], 1)]
    assert (expected[7] in samples, samples.index(expected[7])) == (True, 7)
    assert pickle.loads(pickle.dumps(samples)) == samples  # noqa: S301 - our own
    assert {type(label) for _, label in samples} == {int}
    for place in (10_000, -10_001):
        with pytest.raises(IndexError):
            samples[place]


def test_few_samples_are_shown_all_and_many_by_their_ends(table: Table) -> None:
    assert repr(table.samples[:2]) == "[([0.0, 0.0], 0), ([0.14285714285714285, -1.0], 1)]"
    assert repr(table.samples).startswith("[([0.0, 0.0], 0), ([0.14285714285714285, -1.0], 1), ([")
    assert repr(table.samples).endswith(", -9999.0], 0)]")
    assert ", ..., " in repr(table.samples)


def test_samples_of_a_table_are_samples_for_all_that_takes_samples(table: Table) -> None:
    train, test = split(table.samples, 0.1)
    assert len(train) + len(test) == 10_000
    assert sorted([*train, *test]) == sorted(table.samples)
    assert [sample for batch in Batches(test, 32, shuffle=False) for sample in batch] == list(test)
    scaled = StandardScaler().fit(train).transform(train)
    assert abs(math.fsum(x for (x, _), _ in scaled)) < 1e-6


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is counted otherwise")
def test_a_large_table_takes_little_more_memory_than_its_numbers(path: Path) -> None:
    with path.open("w", encoding="ascii") as file:
        file.write("x,y,z,kind\n")
        file.writelines(f"{i}.25,-{i}.5e-3,{i / 7:.4f},{'abc'[i % 3]}\n" for i in range(300_000))
    code = """
import resource, sys
from nn.data import read_csv
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
table = read_csv(sys.argv[1], "kind")
print(len(table.samples), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, encoding="utf-8", check=True)
    count, kilobytes = map(int, done.stdout.split())
    assert count == 300_000
    assert kilobytes < 40_000  # the numbers are 9,600, and lists of them 70,000


# ---- What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected the names of the columns, got nothing"),
        ("\nx,y\n1,2\n", "line 1: expected the names of the columns, got nothing"),
        ("x,,y\n1,2,3\n", "line 1: expected the names of the columns, got 'x', '', 'y'"),
        ("x,y,x\n1,2,3\n", "line 1: 2 columns are called 'x'"),
        ("x,y\n1,2\n3\n", "line 3: expected 2 fields, got 1"),
        ("x,y\n1,2\n\n3,4,5\n", "line 4: expected 2 fields, got 3"),
        ("x,y\n1,2\n,4\n", "line 3, column 'x': the value is missing"),
        ("x,y\n1,2\n3, \n", "line 3, column 'y': the value is missing"),
        ('x,y\n1,2\n"",4\n', "line 3, column 'x': the value is missing"),
        ("x,y\n1,2\nNA,4\n", "line 3, column 'x': expected a finite number, got 'NA'"),
        ("x,y\n1,2\nnan,4\n", "line 3, column 'x': expected a finite number, got 'nan'"),
        ("x,y\n1,2\n-inf,4\n", "line 3, column 'x': expected a finite number, got '-inf'"),
        ("x,y\n1,2\n1e999,4\n", "line 3, column 'x': expected a finite number, got '1e999'"),
        ("x,y\n1,2\n1_000,4\n", "line 3, column 'x': expected a finite number, got '1_000'"),
        ("x,y\n1,2\n0x10,4\n", "line 3, column 'x': expected a finite number, got '0x10'"),
        ("x,y\n1,2\n\u0663,4\n", "line 3, column 'x': expected a finite number, got '\u0663'"),
        ('x,y\n1,2\n"1,5",4\n', "line 3, column 'x': expected a finite number, got '1,5'"),
        ("x,y\n1,2\n3,4\n5,6o\n", "line 4, column 'y': expected a finite number, got '6o'"),
        ('x,y\n"1\n",2\n3,"4\n', "line 4: unexpected end of data"),
        ('x,y\n1,2\n"3"4,5\n', "line 3: ',' expected after '\"'"),
        ("x,y\n1,2\n" + "3" * 200_000 + ",5\n", "line 3: field larger than field limit (131072)"),
    ],
    ids=range(21),
)
def test_a_mistake_is_named_with_line_and_column(path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        read_csv(written(path, text), "y")
    assert str(raised.value) == f"{path}, {message}"


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("x,y\n1,2\n", {"target": "z"}, "expected a column 'z' in .*, got x, y"),
        ("x,y\n1,2\n", {"ignore": ["z"]}, "expected a column 'z' in .*, got x, y"),
        ("x,y\n", {}, "expected at least one sample in .*, got none"),
        ("y\n1\n", {}, "expected at least one feature in .*, got none"),
        ("x,y\n1,2\n", {"ignore": ["x"]}, "expected at least one feature in .*, got none"),
        ("x,y\n1,rose\n", {"categorical": False}, "line 2, column 'y': expected a finite number, got 'rose'"),
        ("x,y\n1,\n", {"categorical": True}, "line 2, column 'y': the value is missing"),
        (b"x,y\n1,\xff\n", {}, "is not a text in utf-8-sig .*; give the encoding of the file"),
        (b"\xff\xfex", {}, "is not a text in utf-8-sig"),
        ("x,y\n1,2\n", {"encoding": "klingon"}, "expected the name of an encoding of texts, .* got 'klingon'"),
        ("x,y\n1,2\n", {"encoding": "rot13"}, "expected the name of an encoding of texts, .* got 'rot13'"),
        ("x,y\n1,2\n", {"encoding": "utf\0"}, "expected the name of an encoding of texts"),
        ("x,y\n1,2\n", {"encoding": "\udc00"}, "expected the name of an encoding of texts"),
        ("x,y\n1,2\n", {"encoding": ""}, "expected the name of an encoding of texts"),
        ("x,y\n1,2\n", {"encoding": None}, "expected the name of an encoding of texts, .* got None"),
        ("x,y\n1,2\n", {"delimiter": ";;"}, "delimiter must be one character, .*, got ';;'"),
        ("x,y\n1,2\n", {"delimiter": '"'}, "delimiter must be one character, and neither a quote"),
        ("x,y\n1,2\n", {"delimiter": "\n"}, "delimiter must be one character"),
        ("x,y\n1,2\n", {"delimiter": None}, "delimiter must be one character"),
    ],
)
def test_what_does_not_fit_the_table_is_refused(path: Path, text: Any, options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_csv(written(path, text), **{"target": "y"} | options)


@pytest.mark.parametrize(
    "content", [b"x,y\n1,2\n", bytes(range(256)), b"x,y\n\\q,xn--\xff+9-", b"\xff\xfe\0\0"], ids=range(4)
)
def test_any_bytes_in_any_encoding_are_a_table_or_an_input_error(path: Path, content: bytes) -> None:
    written(path, content)
    for encoding in sorted({*encodings.aliases.aliases.values()}):
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning), contextlib.suppress(InputError):
            assert read_csv(path, "y", encoding=encoding).samples == [([1.0], 2.0)]


def test_a_missing_file_is_pythons_error(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_csv(path, "y")


@pytest.mark.parametrize(
    "text",
    [
        "," * 200_000 + "\n",
        ",".join(f"column {place}" for place in range(100_000)) + "\n1\n",
        "x" * 100_000 + ",z\n1,2\n",
        ",".join(["x" * 100_000] * 2) + "\n1,2\n",
        "x" * 100_000 + ",y\n,2\n",
        "x" * 100_000 + ",y\nrose,2\n",
        "x,y\n" + "r" * 100_000 + ",2\n",
        "x,y\n" + "," * 100_000 + "\n",
        "x,y\n1,2\n1," + "r" * 100_000 + "\n",
        "x,y\n" + "r" * 1_000_000 + ",2\n",
    ],
    ids=range(10),
)
def test_messages_do_not_grow_with_the_file(path: Path, text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_csv(written(path, text), "y")
    assert len(str(caught.value).replace(str(path), "")) < 1000


def test_of_many_columns_the_first_are_named(path: Path) -> None:
    written(path, ",".join(f"c{place}" for place in range(12)) + "\n")
    with pytest.raises(InputError, match=r"expected a column 'y' in .*, got c0, c1, .*c9 and 2 more$"):
        read_csv(path, "y")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there are no such devices there")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device_is_refused(device: str) -> None:
    with pytest.raises(InputError, match=f"expected a table, but {device} is a device or a socket"):
        read_csv(device, "y")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no sockets with names there")
def test_a_socket_is_refused() -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:  # a short path, as it must
        server.bind(f"{folder}/s")
        with pytest.raises(InputError, match="is a device or a socket"):
            read_csv(f"{folder}/s", "y")


@POSIX
def test_a_pipe_with_a_name_is_read(path: Path) -> None:
    os.mkfifo(path)
    writer = threading.Thread(target=written, args=(path, "x,y\n1,2\n"))
    writer.start()
    assert read_csv(path, "y").samples == [([1.0], 2.0)]
    writer.join()


def test_many_targets_that_are_numbers(path: Path) -> None:
    count = 2 * tables.AT_ONCE + 1
    table = read_csv(written(path, "x,y\n" + "".join(f"{i},{i / 2}\n" for i in range(count))), "y")
    assert len(table.samples) == count
    assert table.samples[-1] == ([count - 1.0], (count - 1) / 2)
    assert all(target == x / 2 for (x,), target in table.samples)


def test_a_name_before_many_lines_is_named_when_a_number_follows(path: Path) -> None:
    lines = "x,y\n1,a\n" + tables.AT_ONCE * "2,b\n" + "3,4\n"
    with pytest.raises(InputError, match="line 2, column 'y': expected a finite number, got 'a'"):
        read_csv(written(path, lines), "y")
