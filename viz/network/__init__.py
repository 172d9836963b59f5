"""A network in the words of a textbook: weighted sums, activations and error signals, read from its graph."""
