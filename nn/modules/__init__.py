"""Modules: what their parameters are and are called, and their numbers on disk."""
