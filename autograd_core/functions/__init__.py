"""Functions of many numbers and functions of one's own, made of ops."""
