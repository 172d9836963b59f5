"""The reports of a run of pytest as a page."""
