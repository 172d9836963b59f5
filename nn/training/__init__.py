"""Training: the loop, what happens around it, and what it is judged by."""
