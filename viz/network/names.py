"""What a layer is called in a text."""

from viz.text import NAME, printable


def spoken(name: str) -> str:
    """The name of a layer if it has a word in it; "" for the bare number that a layer of a Sequential has.

    It is short enough for a sentence and cannot be taken for markup.

    >>> spoken("layers.0"), spoken("2")
    ('layers.0', '')
    """
    return printable(name, NAME) if any(map(str.isalpha, name)) else ""


def called(name: str) -> str:
    """A layer in an error, where its place in the model is what a reader looks for.

    >>> called("layers.0"), called("2"), called("")
    ('layers.0', 'part 2', 'the model')
    """
    return spoken(name) or (f"part {printable(name, NAME)}" if name else "the model")
