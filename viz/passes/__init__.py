"""The forward and the backward pass step by step: records, pages, moving pictures."""
