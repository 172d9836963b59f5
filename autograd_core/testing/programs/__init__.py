"""Random programs, points and arrays."""
