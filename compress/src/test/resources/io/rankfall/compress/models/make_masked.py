"""Makes masked.onnx, a small BERT-like encoder with two integer inputs, one of them a mask.

    /usr/bin/python3 make_masked.py        # Debian's python3-torch 1.13
"""

import math
import warnings

import torch
from torch import nn

warnings.filterwarnings("ignore")
torch.manual_seed(11)
torch.set_num_threads(1)
WIDTH, HEADS, WORDS = 24, 3, 50


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        for name in ["query", "key", "value", "dense"]:
            setattr(self, name, nn.Linear(WIDTH, WIDTH))
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.first, self.second = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)

    def split(self, x):
        return x.view(x.shape[0], x.shape[1], HEADS, WIDTH // HEADS).permute(0, 2, 1, 3)

    def forward(self, x, bias):
        q, k, v = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        a = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(WIDTH // HEADS) + bias, -1) @ v
        x = self.first(x + self.dense(a.permute(0, 2, 1, 3).reshape(x.shape)))
        return self.second(x + self.down(nn.functional.gelu(self.up(x))))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(WORDS, WIDTH)
        self.layers = nn.ModuleList([Layer(), Layer()])
        self.pooler = nn.Linear(WIDTH, WIDTH)

    def forward(self, input_ids, attention_mask):
        bias = (1.0 - attention_mask[:, None, None, :].float()) * -1e4
        x = self.table(input_ids)
        for layer in self.layers:
            x = layer(x, bias)
        return x, torch.tanh(self.pooler(x[:, 0]))


model = Encoder()
with torch.no_grad():
    # Trained matrices have decaying spectra and few loud directions.
    for index, weight in enumerate(p for p in model.parameters() if p.dim() == 2):
        u, s, v = torch.linalg.svd(weight, full_matrices=False)
        weight.copy_(u * (3 * s * (1.0 + torch.arange(len(s))) ** -0.5) @ v)
torch.onnx.export(
    model,
    (torch.zeros(2, 5, dtype=torch.long), torch.ones(2, 5, dtype=torch.long)),
    "masked.onnx",
    opset_version=14,
    input_names=["input_ids", "attention_mask"],
    output_names=["tokens", "pooled"],
    dynamic_axes={name: {0: "batch", 1: "positions"} for name in ["input_ids", "attention_mask"]},
)
