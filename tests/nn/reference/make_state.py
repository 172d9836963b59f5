"""Write `state.json`: the state dict of a small network of PyTorch, an input and the output, in float64.

Run by hand with torch==2.13.0 on the CPU: `python tests/nn/reference/make_state.py`.
"""

import json
from pathlib import Path

import torch

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 2))
x = torch.tensor([0.5, -1.25])
reference = {
    "state_dict": {name: tensor.tolist() for name, tensor in model.state_dict().items()},
    "x": x.tolist(),
    "output": model(x).tolist(),
    "names_with_batch_norm": list(torch.nn.Sequential(torch.nn.Linear(1, 2), torch.nn.BatchNorm1d(2)).state_dict()),
}
Path(__file__).with_name("state.json").write_text(json.dumps(reference, indent=1) + "\n", encoding="utf-8")
