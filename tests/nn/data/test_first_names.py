"""The first names that come with the package."""

import gzip
from pathlib import Path

import pytest
from hypothesis.vendor.pretty import pretty

import nn.data
from autograd_core import InputError
from nn.data import names
from nn.data.first_names import Names, read_names

FILE = Path(nn.data.__path__[0], "names.gz")
ORIGINAL = FILE.read_bytes()
TEXT = gzip.decompress(ORIGINAL)


def test_the_names_are_those_of_the_census() -> None:
    found = names()
    # 4,275 names of women and 1,219 of men, 331 of them in both lists.
    assert len(found) == len(set(found)) == 4275 + 1219 - 331
    assert found[:8] == ["james", "john", "robert", "michael", "mary", "william", "david", "richard"]
    assert found[-3:] == ["zenia", "zetta", "zonia"]
    assert set("".join(found)) == set("abcdefghijklmnopqrstuvwxyz")
    assert (min(map(len, found)), max(map(len, found))) == (2, 11)


def test_a_list_is_new_every_time() -> None:
    names().clear()
    assert len(names()) == 5163


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"james\njohn\n",
        ORIGINAL[:-1],
        ORIGINAL[:5000],
        ORIGINAL[:5000] + bytes([ORIGINAL[5000] ^ 255]) + ORIGINAL[5001:],
        gzip.compress(b""),
        gzip.compress(TEXT[:-1]),
        gzip.compress(TEXT + b"adam\n"),
        gzip.compress(TEXT + b"adam"),
        gzip.compress(TEXT.replace(b"john\n", b"")),
        gzip.compress(TEXT.replace(b"\njohn\n", b"\njames\n")),
        gzip.compress(TEXT.replace(b"\njohn\n", b"\nj0hn\n")),
        gzip.compress(TEXT.replace(b"\njohn\n", b"\nJohn\n")),
        gzip.compress(TEXT.replace(b"\njohn\n", b"\n\n")),
        gzip.compress(TEXT.replace(b"\njohn\n", "\njöhn\n".encode())),
    ],
    ids=[
        "empty",
        "text",
        "cut",
        "short",
        "flipped",
        "none",
        "end",
        "more",
        "more in part",
        "fewer",
        "twice",
        "0",
        "J",
        "blank",
        "ö",
    ],
)
def test_a_damaged_file_is_one_clear_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "names.gz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"5163 names in .*names\.gz, but the file is damaged .*; reinstall"):
        read_names(path)


def test_a_missing_file_is_the_same_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"reinstall autograd-core"):
        read_names(tmp_path / "names.gz")


def test_a_short_list_is_shown_whole_also_by_ipython() -> None:
    short = Names(["ann", "bob"])
    assert repr(short) == pretty(short) == "['ann', 'bob']"
    assert pretty(names()) == repr(names())
