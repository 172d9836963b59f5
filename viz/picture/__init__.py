"""Pictures of a graph: layout, colours, and the formats they are written in."""
