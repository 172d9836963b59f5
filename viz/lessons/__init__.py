"""How a network learns from samples: the equations of backpropagation with its numbers, and the walkthrough."""
