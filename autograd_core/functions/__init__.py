"""Functions of many numbers, made of ops, and functions with a custom gradient."""
