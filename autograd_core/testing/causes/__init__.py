"""Guesses at the cause of a wrong derivative."""
