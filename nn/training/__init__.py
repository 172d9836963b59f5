"""Training: the loop, callbacks, checkpoints, regularisation and metrics."""
