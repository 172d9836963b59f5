"""The page of `small` in a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from browser import Browser, Tab
from small_graph import small
from viz.passes.page import page


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return page(small()).save(tmp_path / "page.html")


@pytest.fixture
def tab(browser: Browser, file: Path) -> Iterator[Tab]:
    """The page of `small`, which must log no error and send no request during any test."""
    opened = browser.open(file, still=True)
    yield opened
    assert opened.complaints == []
    assert opened.requests == [file.as_uri()]
    opened.close()
