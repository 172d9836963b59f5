"""Animated SVGs without a script: what is visible when, as keyframes rules, and the result as an object.

Each part that is visible only for a while has a timetable. Without animation the picture is the finished one, so
readers who prefer reduced motion, and programs that do not support animation, see the end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final, TypeAlias

from autograd_core import InputError, OperandTypeError
from viz.picture import viewer
from viz.picture.finished import Finished

Span: TypeAlias = tuple[float, float]
"""A start and an end in seconds."""

HIDDEN: Final = ".autograd-film .off{opacity:0}\n"
"""The rule of what is not visible in the finished picture."""


class Timetables:
    """When each part of a picture is visible. Parts with the same spans share a class, and its rule is their timetable.

    >>> tables = Timetables()
    >>> tables.seen([(0.0, 1.0)]), tables.seen([(0.0, 1.0)]), tables.seen([(1.0, 2.0)])
    ('timed t0', 'timed t0', 'timed t1')
    >>> print(tables.rules("film", 2.0).splitlines()[2])
    @keyframes film-0{0.000%{opacity:1}50.000%{opacity:0}}
    """

    def __init__(self) -> None:
        self._tables: dict[tuple[float, tuple[Span, ...]], int] = {}

    def seen(self, spans: Iterable[Span], otherwise: float = 0.0) -> str:
        """The classes of what is visible in these spans, and has the opacity `otherwise` outside them."""
        table = self._tables.setdefault((otherwise, tuple(spans)), len(self._tables))
        return f"timed t{table}"

    def rules(self, mark: str, length: float) -> str:
        """The keyframes rules of all timetables.

        Args:
            mark: a class of the picture, which distinguishes the animations on one page.
            length: the duration in seconds.
        """
        rules = [f".{mark} .timed{{animation:{length:.3f}s step-end infinite}}"]
        for (otherwise, spans), table in self._tables.items():
            keyframes = [f"0%{{opacity:{otherwise:g}}}"] if spans[0][0] > 0.0 else []
            for start, end in spans:
                keyframes.append(f"{100.0 * start / length:.3f}%{{opacity:1}}")
                if end < length:
                    keyframes.append(f"{100.0 * end / length:.3f}%{{opacity:{otherwise:g}}}")
            rules.append(f".{mark} .t{table}{{animation-name:{mark}-{table}}}")
            rules.append(f"@keyframes {mark}-{table}{{{''.join(keyframes)}}}")
        rules.append(f"@media (prefers-reduced-motion:reduce){{.{mark} .timed{{animation:none}}}}")
        return "\n".join([*rules, ""])


def check_seconds(seconds: object) -> float:
    """The duration of a part of an animation.

    Raises:
        OperandTypeError: if it is not a number.
        InputError: if it is less than 0.1 or more than 3600.
    """
    if not isinstance(seconds, int | float):
        raise OperandTypeError(f"seconds is a number; got {type(seconds).__name__}")
    if not 0.1 <= seconds <= 3600.0:
        raise InputError(f"seconds must be between 0.1 and 3600; got {seconds!r}")
    return float(seconds)


@dataclass(frozen=True, repr=False)
class Animation(Finished):
    """A moving picture, as it was when it was made.

    Attributes:
        svg: the whole file.
        seconds: the duration, after which the animation starts again.
        summary: what it shows, in one line.
        example: the name of a file for it.
    """

    svg: str
    seconds: float
    summary: str
    example: str = "passes.svg"

    _kind: ClassVar[str] = "animation"

    @property
    def _content(self) -> str:
        return self.svg

    @property
    def _file(self) -> str:
        return self.example

    def __repr__(self) -> str:
        """One line: what is shown, for how long, and how to see it."""
        return f"Animation({self.summary}, {self.seconds:.3g} s; {viewer.ways(self.example)})"

    def _bundle(self) -> dict[str, str]:
        return {"image/svg+xml": self.svg}
