"""The graph as data: its nodes and edges, named, selected, collapsed and counted."""
