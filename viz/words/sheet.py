"""Terms as lines of a formula: which parts get a name and a line of their own, and what is left out.

A part with a name of the user keeps it if it is written more than once. Any other part that comes more than once gets a
new name, such as `z`, if it has three symbols or more; so does an activation that comes three times, and a part that
has grown too long, so the length of the text is proportional to the number of terms. No step recurses.
"""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, NamedTuple

from autograd_core import Value
from autograd_core.graph.chain_rule import reverse_order
from viz.text import NAME, printable
from viz.words.derivatives import below
from viz.words.notation import MAX_TERMS, latex_name
from viz.words.terms import CALL, PI, PRODUCT, SUM, SYMBOL, Term, remade
from viz.words.typeset import Typesetter

WORTH_A_NAME: Final = 3
"""Symbols in a part from which on it gets a name if it comes more than once: `w*x + b` does, `1 - x**2` does not."""

OFTEN: Final = 3
"""How often the activation of a formula comes from which on it gets a name: a book writes `σ(w x) (1 - σ(w x))` out."""

LONGEST: Final = 240
"""Most characters of a part inside another one; a longer part gets a line of its own."""

MANY: Final = 1_000
"""Where counting stops."""

LETTERS: Final = "zustqpkg"
"""Names for parts: the first letter with which no name of the user begins, `z` as in most books."""

DOTS: Final = "dots"
CONSTANTS: Final = {
    PI: r"\pi",
    "inf": r"\infty",
    "nan": r"\mathrm{nan}",
    "-inf": r"\left(-\infty\right)",
    DOTS: r"\cdots",
}
"""Symbols that are no names."""


@dataclass(frozen=True, eq=False)
class LeftOut:
    """What a symbol stands for that is written as dots: a node or a term beyond the limit."""

    of: Any


@dataclass(frozen=True, eq=False)
class Shared:
    """What a symbol stands for that is the name of a part without a name of the user."""


class Lines(NamedTuple):
    """A written formula.

    Attributes:
        expression: the right-hand side.
        definitions: the parts that it uses, as pairs of a name and a formula; each uses only parts before it.
        left_out: how many terms are not written.
    """

    expression: str
    definitions: tuple[tuple[str, str], ...]
    left_out: int


def nearest(root: Any, inputs: Callable[[Any], Iterable[Any]], limit: float) -> tuple[set[Any], set[Any]]:
    """The things with inputs that are nearest to the root, at most `limit`; and those together with their inputs."""
    kept: set[Any] = set()
    met = {root}
    waiting = deque([root])
    while waiting and len(kept) < limit:
        one = waiting.popleft()
        found = list(inputs(one))
        kept.update([one] if found else [])
        new = [x for x in dict.fromkeys(found) if x not in met]
        met.update(new)
        waiting += new
    return kept, met


def places_in(root: Term, defined: Mapping[Term, Term]) -> dict[Term, int]:
    """The terms in the order in which they come in a formula."""
    found: dict[Term, int] = {}
    waiting = [root]
    while waiting:
        term = waiting.pop()
        if term not in found:
            found[term] = len(found)
            waiting += reversed(below(term, defined))
    return found


def written(
    root: Term,
    defined: Mapping[Term, Term],
    name: Callable[[Value], str],
    *,
    expand: bool,
    limit: float,
    kept: Collection[Term] = (),
    places: Mapping[Term, int] | None = None,
    in_halves: bool = False,
) -> Lines:
    """The lines of a term.

    Args:
        root: the term.
        defined: what symbols with a name of the user stand for.
        name: the name of a Value; empty if it has none.
        expand: whether a symbol that is written only once is replaced by what it stands for.
        limit: most terms to write, besides symbols.
        kept: symbols that are not replaced.
        places: the order of the symbols in new products.
        in_halves: whether numbers that are terms of the result are written as `1/2` and not as `0.5`.
    """
    if expand:
        counts = _occurrences(root, defined, lambda term, _: term in defined)
        once = {symbol: term for symbol, term in defined.items() if counts.get(symbol) == 1 and symbol not in kept}
        root, defined = _replaced(root, defined, once)
    total = len(reverse_order([root], below=lambda term: below(term, defined)))
    root, defined = _replaced(root, defined, {}, _shortened)
    close, met = nearest(root, lambda term: below(term, defined), limit)
    far = {term: root.algebra.symbol(LeftOut(term.head)) for term in met - close if below(term, defined)}
    root, defined = _replaced(root, {x: term for x, term in defined.items() if x not in far}, far)
    shared = {term: root.algebra.symbol(Shared()) for term in _shared_parts(root, defined)}
    root, defined = _replaced(root, defined, shared)
    sheet = _Sheet(root, defined, name)
    expression, definitions = sheet.write(places, in_halves)
    return Lines(expression, tuple(definitions), total - len({term for term in met if term.head != DOTS}) + len(far))


# ---- Parts -----------------------------------------------------------------------------------------------------------


def _occurrences(root: Term, defined: Mapping[Term, Term], has_line: Callable[[Term, int], bool]) -> dict[Term, int]:
    """How often each term is written, given which ones have a line of their own; the counts stop at `MANY`."""
    counts = Counter({root: 1})
    for term in reverse_order([root], below=lambda term: below(term, defined)):
        times = 1 if has_line(term, counts[term]) else counts[term]
        for index, part in enumerate(below(term, defined)):
            counts[part] = min(MANY, counts[part] + times * _times_written(term, index))
    return counts


def _times_written(term: Term, index: int) -> int:
    """How often the template of an op repeats an input."""
    return max(1, term.head.latex.count(f"{{{index}}}")) if term.kind == CALL else 1


def _shared_parts(root: Term, defined: Mapping[Term, Term]) -> list[Term]:
    """The parts that are written more than once and are worth a name."""
    sizes: dict[Term, int] = {}
    for term in reversed(reverse_order([root], below=lambda term: below(term, defined))):
        sizes[term] = 1 if term.kind == SYMBOL else min(MANY, sum(sizes[part] for part in term.parts))

    def is_shared(term: Term, count: int) -> bool:
        if term.kind == CALL:
            return count >= OFTEN and sizes[term] > 1 and term.head.activation
        return count > 1 and term.kind in (SUM, PRODUCT) and sizes[term] >= WORTH_A_NAME

    counts = _occurrences(root, defined, lambda term, count: term in defined or is_shared(term, count))
    return [term for term, count in counts.items() if is_shared(term, count)]


def _replaced(
    root: Term,
    defined: Mapping[Term, Term],
    new: Mapping[Term, Term],
    again: Callable[[Term, list[Term]], Term] | None = None,
) -> tuple[Term, dict[Term, Term]]:
    """A term and the meanings of its symbols with some terms replaced, and made again where that changes them.

    A term that is replaced by a `Shared` symbol becomes the meaning of this symbol. `again` makes a term of its kind
    from other parts.
    """
    changed: dict[Term, Term] = {}
    meanings: dict[Term, Term] = {}
    for term in reversed(reverse_order([root], below=lambda term: below(term, defined))):
        made = changed[term] = (again or remade)(term, [changed[part] for part in term.parts])
        if term in new:
            changed[term] = changed.get(new[term], new[term])
            if isinstance(new[term].head, Shared):
                meanings[new[term]] = made
        elif term in defined:
            meanings[term] = changed[defined[term]]
    return changed[root], meanings


def _shortened(term: Term, parts: list[Term]) -> Term:
    """A term made again; of more than `MAX_TERMS` terms or inputs the first three and the last."""
    algebra = term.algebra
    if len(parts) <= MAX_TERMS or term.kind == PRODUCT:
        return remade(term, parts)
    shown = [*parts[:3], algebra.symbol(DOTS), parts[-1]]
    if term.kind == SUM:
        return algebra.sum(zip(shown, [*term.weights[:3], 1, term.weights[-1]], strict=True))
    return algebra.call(term.head, shown)


# ---- Text ------------------------------------------------------------------------------------------------------------


class _Sheet:
    """Writes a term and the meanings of its symbols."""

    def __init__(self, root: Term, defined: Mapping[Term, Term], name: Callable[[Value], str]) -> None:
        self.order = list(reversed(reverse_order([root], below=lambda term: below(term, defined))))
        self.root = root
        self.defined = defined
        self.name = name
        self.taken: set[str] = set()
        self.symbols: dict[Any, str] = {}
        heads = [term.head for term in self.order if term.kind == SYMBOL]
        for head in heads:  # names of the user come first, so that no new name takes one of them
            if self.given(head):
                self.symbol(head)
        self.letter = next((x for x in LETTERS if not any(name.startswith(x) for name in self.taken)), "t")
        new = [head for head in heads if isinstance(head, Shared | LeftOut) and not self.given(head)]
        self.new_names = (self.letter if len(new) == 1 == i else f"{self.letter}_{{{i}}}" for i in count(1))

    def given(self, head: Any) -> str:
        """The name of the user for what a symbol stands for; empty if there is none."""
        head = head.of if isinstance(head, LeftOut) else head
        return self.name(head) if isinstance(head, Value) else ""

    def symbol(self, head: Any) -> str:
        """The name in the formula of what a symbol stands for, that of the user or a new one."""
        if isinstance(head, str):
            return CONSTANTS[head]
        if head not in self.symbols:
            # The name is cut before a number is added to it, so that the number is kept.
            given = printable(self.given(head), NAME)
            if given:
                choices = (latex_name(given if i == 1 else f"{given} ({i})") for i in count(1))
            else:
                choices = (latex_name(f"v{i}") for i in count(1)) if isinstance(head, Value) else self.new_names
            self.symbols[head] = next(choice for choice in choices if choice not in self.taken)
            self.taken.add(self.symbols[head])
        return self.symbols[head]

    def write(self, places: Mapping[Term, int] | None, in_halves: bool) -> tuple[str, list[tuple[str, str]]]:
        """The text of the root, and the lines before it."""
        writer = Typesetter(self.symbol, places, self.root if in_halves else None)
        lines: list[tuple[str, str]] = []
        on_lines = {self.root, *self.defined.values()}
        for term in self.order:
            text = writer.part(term).text
            writer.part(term, slash=True)
            if term in self.defined:
                lines.append((text, writer.part(self.defined[term]).text))
            elif isinstance(term.head, LeftOut):
                lines.append((text, CONSTANTS[DOTS]))
            elif len(text) > LONGEST and term not in on_lines:
                lines.append((self.symbol(Shared()), text))
                writer.give_a_line(term, lines[-1][0])
        return writer.part(self.root).text, lines
