"""What is finished once it is made, such as a page: how it is saved, shown and displayed in a notebook."""

import os
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import ClassVar

from autograd_core.calls import explained
from viz.picture import viewer
from viz.picture.saving import save_text


class Finished(ABC):
    """The base class of what is one text, which is the content of its file.

    A subclass says what the text is, and what a notebook shows.
    """

    _kind: ClassVar[str]
    """The kind of file, which has an ending."""

    @property
    @abstractmethod
    def _content(self) -> str:
        """The whole file."""

    @property
    @abstractmethod
    def _file(self) -> str:
        """The name of a file for it, as an example."""

    @abstractmethod
    def _bundle(self) -> Mapping[str, str]:
        """What a notebook shows, by its format."""

    @explained("write save('picture.svg'), or for a page save('page.html')")
    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file with the ending of its kind, `.html` for a page, `.svg` for an animation.

        The write is atomic.

        Returns:
            The path of the file.

        Raises:
            OperandTypeError: if `path` is not a path.
            InputError: if it has another ending.
            OSError: if the file cannot be written.
        """
        return save_text(path, self._content, self._kind, self._file)

    def show(self) -> None:
        """Show it: in a notebook below the cell, otherwise in a browser.

        On a machine without a screen the path of a file with it is printed.
        """
        viewer.show(self, lambda: self._content, Path(self._file).suffix)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        return viewer.wanted({viewer.PLAIN: repr(self), **self._bundle()}, include, exclude)
