"""Values, the graph that their operations record, and the sweeps of the chain rule over it."""
