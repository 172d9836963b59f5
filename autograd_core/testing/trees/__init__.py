"""Functions of nested arguments as functions of a list of numbers."""
