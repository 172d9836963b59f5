"""The formula of a module, read from the nodes that it passes on.

A formula is functions around an affine map, `relu(W x + b)`, or around what a cell or a normalisation is known to
compute. `x` is what comes into the box. A number of the box that is used in two ways has no formula.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from viz.graph.graph import Graph, Kind
from viz.graph.homes import Homes
from viz.graph.modules import is_entry
from viz.graph.roles import ADDING, ATTENTION_ROLE, factor_of, role_of_rest, symbols

_MOST_FORMULAS: Final = 2
_MOST_TERMS: Final = 40
_DEEPEST: Final = 8
_MULTIPLYING: Final = frozenset({"mul", "dot"})
_ORDER: Final = ("W x", "w x", "U h", "b")
_DROPPED: Final = re.compile(r"0\.0 (.*)")
_FACTOR: Final = re.compile(r"-?\d[\d.e+-]* (.*)")


class Formulas:
    """The formulas of the modules of one graph."""

    def __init__(self, graph: Graph, homes: Homes) -> None:
        self.graph = graph
        self.known: dict[int, str] = {**homes.normalisations.formulas, **homes.cells.formulas}
        self.sums: Mapping[int, tuple[int, int]] = homes.cells.sums
        self.learned: dict[str, set[int]] = defaultdict(set)  # the parameters of each module, and sums of them alone
        for node, home in zip(graph.nodes, homes.of, strict=True):
            sources = {edge.source for edge in graph.inputs[node.number]}
            is_sum = node.function in ADDING and sources <= self.learned[home]
            if node.kind is Kind.PARAMETER or is_sum:
                self.learned[home].add(node.number)

    def of(self, home: str, members: Sequence[int], outputs: Sequence[int]) -> str:
        """The formulas of the outputs of a module, one for outputs that share it; else the symbols of its ops."""
        ops = [number for number in members if self.graph.nodes[number].op]
        if not ops:
            return "W[i]" if any(is_entry(self.graph.nodes[n].name) for n in members) else "w"
        inside = self.learned[home].union(members)
        given = [number for number in outputs if self.graph.nodes[number].op]
        texts = {self._formula(inside, number, _DEEPEST) for number in given or ops[-1:]}
        texts = _without_dropout(texts - {""})
        found = sorted((t for t in texts if not any(t in other and t != other for other in texts)), reverse=True)
        if found and len(found) <= _MOST_FORMULAS:
            return ", ".join(found)
        role, text = role_of_rest(self.graph, members)
        return text if role == ATTENTION_ROLE else symbols(self.graph, members)

    def _formula(self, inside: set[int], number: int, depth: int) -> str:
        """The formula of a node; "" if it has none of the known forms."""
        if number in self.sums or number in self.known:
            return self._terms(inside, number)
        node = self.graph.nodes[number]
        sources = [e.source for e in self.graph.inputs[number] if self.graph.nodes[e.source].kind is not Kind.CONSTANT]
        are_computed = all(n in inside and self.graph.nodes[n].op for n in sources)
        is_scaled = node.function == "mul" and len(sources) == 1
        is_function = is_scaled or len(sources) == 1 or node.op.isidentifier()
        if depth and sources and are_computed and is_function and node.function not in ADDING:
            texts = {self._formula(inside, n, depth - 1) for n in sources}
            if len(texts) == 1 and (text := texts.pop()) and (is_scaled or node.function != "mul"):
                return f"{factor_of(self.graph, number) if is_scaled else node.op}({text})"
        return self._terms(inside, number)

    def _terms(self, inside: set[int], number: int) -> str:
        """The terms of an affine map, such as `W x + b`; empty for other numbers."""
        found: set[str] = set()
        waiting, count = [number], 0
        while waiting:
            term, count = waiting.pop(), count + 1
            text = self._term(inside, term, waiting)
            if count > _MOST_TERMS or text is None:
                return ""
            found.add(text)
        found.discard("")
        terms = sorted(found, key=lambda text: (_ORDER.index(text) if text in _ORDER[1:] else 0, text))
        return " + ".join(terms) if found - {"b"} else ""

    def _term(self, inside: set[int], number: int, waiting: list[int]) -> str | None:
        """A term of a sum, "" for one whose inputs are waiting instead, or None if the sum is no affine map."""
        node, sources = self.graph.nodes[number], [edge.source for edge in self.graph.inputs[number]]
        if number not in inside and node.kind is not Kind.CONSTANT:
            return None
        if number in self.known:
            return self.known[number]
        if number in self.sums:
            new, memory = self.sums[number]
            parts = [self._terms({*inside, new, memory}, part) for part in (new, memory)]
            return f"{parts[0]} + r ({parts[1]})" if all(parts) else None
        if node.function in ADDING:
            waiting += sources
            return ""
        if node.function in _MULTIPLYING:
            return self._product(inside, number, sources)
        return "b" if node.kind is Kind.PARAMETER else "" if node.kind is Kind.CONSTANT else None

    def _product(self, inside: set[int], number: int, sources: Sequence[int]) -> str | None:
        nodes = self.graph.nodes
        half = len(sources) // 2
        weights = [s for s in sources if nodes[s].kind is Kind.PARAMETER and s in inside]
        if not weights and nodes[number].function == "dot":
            weights = [s for s in sources[:half] if nodes[s].kind is Kind.PARAMETER]
        others = [s for s in sources if s not in weights]
        arrays = {_array(nodes[s].name) for s in weights}
        if not arrays or not others:
            return None
        if len(others) == 1 and others[0] in self.known:
            return f"w {self.known[others[0]]}"
        if any(nodes[s].op and s in inside for s in others):
            return None
        affine = "W x" if nodes[number].function == "dot" else "w x"
        return " + ".join(sorted(("U h" if array == "weight_hh" else affine for array in arrays), key=_ORDER.index))


def _without_dropout(texts: set[str]) -> set[str]:
    """The formulas, those of numbers that are dropped or scaled as one: `dropout(relu(W x + b))`."""
    dropped = {found[1] for text in texts if (found := _DROPPED.fullmatch(text))}
    return {
        f"dropout{found[1]}" if (found := _FACTOR.fullmatch(text)) and found[1] in dropped else text for text in texts
    }


def _array(name: str) -> str:
    """The last part of the name of a parameter, without indices."""
    return re.sub(r"(\.\d+)+$", "", name).rpartition(".")[2]
