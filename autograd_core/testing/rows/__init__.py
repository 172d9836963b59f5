"""The parts of `check_op`, and the errors of all ops."""
