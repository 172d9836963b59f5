"""Modules: their parameters, the names of these, and files of parameters."""
