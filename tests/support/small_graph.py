"""A small graph with a shared node."""

from autograd_core import Value


def small() -> Value:
    """Return a graph with a shared node `e`, which a sweep in the wrong order visits before its user `d`."""
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(8.0, label="c")
    e = a * b
    e.label = "e"
    d = e + c
    d.label = "d"
    root: Value = e * d
    root.label = "L"
    return root
