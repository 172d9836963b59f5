"""What ops mean in mpmath, and graphs evaluated again by these meanings."""
