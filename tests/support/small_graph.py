"""A graph small enough to be told in full, and with the one difficulty that a gradient has."""

from autograd_core import Value


def small() -> Value:
    """A result that is used twice, first by the node that comes last in the sweep: what the wrong order gets wrong."""
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(8.0, label="c")
    e = a * b
    e.label = "e"
    d = e + c
    d.label = "d"
    root: Value = e * d
    root.label = "L"
    return root
