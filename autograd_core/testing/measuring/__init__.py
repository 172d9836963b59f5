"""Derivatives of black boxes, measured by their values, with the error of the measurement."""
