"""The parts of `check_grads`: claims, methods, and the verdict."""
