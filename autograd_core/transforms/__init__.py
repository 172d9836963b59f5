"""Functions that turn functions into their derivatives, and arguments of any nested form."""
