"""Functions of floats that are right to the last digit, for the values and derivatives of ops."""
