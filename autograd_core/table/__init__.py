"""The ops, one row each: forward function, local derivatives, and what is known about them."""
