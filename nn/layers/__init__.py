"""The layers and activations that networks are built from."""
