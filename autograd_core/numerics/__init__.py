"""Floats right to the last digit: what values and derivatives of the ops are computed with."""
