"""A graph in words and formulas: explanations, trees, LaTeX, SymPy."""
