"""Recurrent networks: cells with a state, networks of cells over sequences, and truncated backpropagation.

>>> from nn.layers.recurrent import LSTM
>>> network = LSTM(2, 3, rng=0)
>>> outputs, (hidden, cell) = network([[1.0, 0.0], [0.0, 1.0]])
>>> len(outputs), [h.data for h in hidden[0]] == [h.data for h in outputs[-1]]
(2, True)
"""

from nn.layers.recurrent.cells import Cell, GRUCell, LSTMCell, RNNCell
from nn.layers.recurrent.sequences import GRU, LSTM, RNN, Recurrent
from nn.layers.recurrent.truncation import chunks, detached

__all__ = ["GRU", "LSTM", "RNN", "Cell", "GRUCell", "LSTMCell", "RNNCell", "Recurrent", "chunks", "detached"]
