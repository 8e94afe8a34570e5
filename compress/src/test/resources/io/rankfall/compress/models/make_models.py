"""Makes the model files of ModelFilesTest and the numbers that numpy finds in them.

    /usr/bin/python3 make_models.py        # Debian's python3-torch 1.13, numpy 1.24

Weights are drawn from a fixed seed with a decaying spectrum, so that ranks differ from layer to layer.
"""

import json
import os
import struct
import warnings

import numpy as np
import torch
from torch import nn

warnings.filterwarnings("ignore")
torch.manual_seed(7)
torch.set_num_threads(1)
golden = {}


def decaying(module):
    """Scales the singular values of every weight by a power of their index."""
    for index, weight in enumerate(p for p in module.parameters() if p.dim() >= 2):
        with torch.no_grad():
            u, s, v = torch.linalg.svd(weight.reshape(weight.shape[0], -1).double(), full_matrices=False)
            s = s * (1.0 + torch.arange(len(s))) ** -(0.5 + 0.4 * (index % 4))
            weight.copy_((u * s @ v).reshape(weight.shape).to(weight.dtype))
    return module


def power_law(s, m, n):
    """The fit of WeightWatcher's WWFit: D against arange(n)/n, xmin of the smallest D."""
    data = np.sort(s[s > max(m, n) * 2.0**-23 * s[0]] ** 2)
    if len(data) < 10:
        return None
    log = np.log(data)
    fits = []
    for i in range(len(data) - 1):
        count = len(data) - i
        alpha = 1 + count / (np.sum(log[i:]) - count * log[i])
        d = np.max(np.abs(1 - (data[i:] / data[i]) ** (1 - alpha) - np.arange(count) / count))
        fits.append((d, alpha, data[i], count))
    d, alpha, xmin, tail = min(fits, key=lambda fit: fit[0])
    return {"alpha": alpha, "distance": d, "lambdaMin": xmin, "tail": tail}


def numbers(w):
    w = np.asarray(w, dtype=np.float64)
    m, n = w.shape
    s = np.linalg.svd(w, compute_uv=False)
    p = s / s.sum()
    energy = np.cumsum(s**2) / np.sum(s**2)
    return {
        "rows": m,
        "cols": n,
        "singularValues": s.tolist(),
        "rankFrobenius1e-2": int((s / np.linalg.norm(s) > 1e-2).sum()),
        "rankEnergy99": int(np.searchsorted(energy, 0.99 - 1e-12) + 1),
        "stableRank": float(np.sum(s**2) / s[0] ** 2),
        "effectiveRank": float(np.exp(-np.sum(p[p > 0] * np.log(p[p > 0])))),
        "participationRatio": float(np.sum(s**2) ** 2 / np.sum(s**4)),
        "conditionNumber": float(s[0] / s[-1]),
        "marchenkoPasturEdge": float(np.sqrt(np.sum(w**2) / (m * n)) * (np.sqrt(m) + np.sqrt(n))),
        "powerLaw": power_law(s, m, n),
    }


def flat(weight):
    w = weight.detach().double().numpy()
    return w.reshape(w.shape[0], -1)


def put(file, name, w):
    golden.setdefault(file, {"matrices": {}, "products": {}})["matrices"][name] = numbers(w)


def put_product(file, name, spectra):
    golden[file]["products"][name] = [s.tolist() for s in spectra]


def export(file, module, inputs, **more):
    torch.onnx.export(module, inputs, file, opset_version=14, **more)


def groups(weight, count):
    return np.split(weight.detach().double().numpy(), count, axis=0)


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(256, 40)
        self.fc2 = nn.Linear(40, 10)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))


net = decaying(LeNet())
export("lenet.onnx", net, torch.randn(1, 1, 28, 28))
for name in ["conv1", "conv2", "fc1", "fc2"]:
    kind = "Conv" if name.startswith("conv") else "Gemm"
    put("lenet.onnx", f"/{name}/{kind}", flat(getattr(net, name).weight))


class Convolutions(nn.Module):
    """Every kind of convolution, one after another."""

    def __init__(self):
        super().__init__()
        self.one = nn.Conv1d(4, 12, 3, dilation=2)
        self.grouped = nn.Conv2d(8, 12, 3, groups=2)
        self.depthwise = nn.Conv2d(12, 24, 3, groups=12)
        self.three = nn.Conv3d(2, 14, 2)
        self.up = nn.ConvTranspose2d(24, 10, 2, stride=2)
        self.up_grouped = nn.ConvTranspose2d(10, 12, 3, groups=2)

    def forward(self, a, b, c):
        return self.one(a), self.up_grouped(self.up(self.depthwise(self.grouped(b)))), self.three(c)


net = decaying(Convolutions())
export("convolutions.onnx", net, (torch.randn(1, 4, 9), torch.randn(1, 8, 9, 9), torch.randn(1, 2, 3, 3, 3)))
file = "convolutions.onnx"
put(file, "/one/Conv", flat(net.one.weight))
for g, w in enumerate(groups(net.grouped.weight, 2)):
    put(file, f"/grouped/Conv[{g}]", w.reshape(6, -1))
put(file, "/depthwise/Conv", flat(net.depthwise.weight))
put(file, "/three/Conv", flat(net.three.weight))
put(file, "/up/ConvTranspose", net.up.weight.detach().double().numpy().transpose(1, 0, 2, 3).reshape(10, -1))
for g, w in enumerate(groups(net.up_grouped.weight, 2)):
    put(file, f"/up_grouped/ConvTranspose[{g}]", w.transpose(1, 0, 2, 3).reshape(6, -1))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(12, 7, bidirectional=True)
        self.gru = nn.GRU(14, 9)

    def forward(self, x):
        return self.gru(self.lstm(x)[0])[0]


net = decaying(Recurrent())
export("recurrent.onnx", net, torch.randn(3, 1, 12))
file = "recurrent.onnx"
for g, suffix in enumerate(["", "_reverse"]):
    put(file, f"/lstm/LSTM.W[{g}]", flat(getattr(net.lstm, "weight_ih_l0" + suffix)))
    put(file, f"/lstm/LSTM.R[{g}]", flat(getattr(net.lstm, "weight_hh_l0" + suffix)))
put(file, "/gru/GRU.W", flat(net.gru.weight_ih_l0))
put(file, "/gru/GRU.R", flat(net.gru.weight_hh_l0))


def per_head(q, k, v, o, heads):
    """Singular values of W_K'W_Q and W_O W_V, those that can be other than 0."""
    q, k, v, o = (flat(w) for w in (q, k, v, o))
    width = q.shape[0] // heads
    parts = [slice(h * width, (h + 1) * width) for h in range(heads)]
    svd = lambda w: np.linalg.svd(w, compute_uv=False)[:width]
    return [svd(k[p].T @ q[p]) for p in parts], [svd(o[:, p] @ v[p]) for p in parts]


class Attention(nn.Module):
    """Projections apart, as in BERT, over an embedding whose table is also the output layer."""

    def __init__(self, width=24, heads=3):
        super().__init__()
        self.width, self.heads = width, heads
        self.table = nn.Embedding(50, width)
        for name in ["query", "key", "value", "dense"]:
            setattr(self, name, nn.Linear(width, width))

    def split(self, x):
        return x.view(x.shape[0], x.shape[1], self.heads, self.width // self.heads).permute(0, 2, 1, 3)

    def forward(self, tokens):
        x = self.table(tokens)
        q, k, v = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        mixed = torch.softmax(q @ k.transpose(-1, -2) / 2.83, -1) @ v
        mixed = mixed.permute(0, 2, 1, 3).reshape(x.shape)
        return (x + self.dense(mixed)) @ self.table.weight.t()


net = decaying(Attention())
file = "attention.onnx"
# Not folded, the weights are transposed by nodes of the graph, and the table stays shared.
export(
    file,
    net,
    torch.zeros(2, 5, dtype=torch.long),
    input_names=["tokens"],
    dynamic_axes={"tokens": {0: "b", 1: "n"}},
    do_constant_folding=False,
)
put(file, "/table/Gather", flat(net.table.weight))
for name in ["query", "key", "value", "dense"]:
    put(file, f"/{name}/MatMul", flat(getattr(net, name).weight))
qk, ov = per_head(net.query.weight, net.key.weight, net.value.weight, net.dense.weight, 3)
put_product(file, "QUERY_KEY", qk)
put_product(file, "OUTPUT_VALUE", ov)

net = decaying(nn.TransformerEncoderLayer(16, 4, 32, dropout=0.0)).train()
file = "encoder.onnx"
export(file, net, torch.randn(5, 2, 16), training=torch.onnx.TrainingMode.TRAINING)
put(file, "/self_attn/MatMul", flat(net.self_attn.in_proj_weight))
put(file, "/self_attn/Gemm", flat(net.self_attn.out_proj.weight))
put(file, "/linear1/MatMul", flat(net.linear1.weight))
put(file, "/linear2/MatMul", flat(net.linear2.weight))
q, k, v = net.self_attn.in_proj_weight.chunk(3)
qk, ov = per_head(q, k, v, net.self_attn.out_proj.weight, 4)
put_product(file, "QUERY_KEY", qk)
put_product(file, "OUTPUT_VALUE", ov)

net = decaying(nn.Linear(20, 12)).double()
export("double.onnx", net, torch.randn(1, 20).double())
put("double.onnx", "/Gemm", flat(net.weight))


def safetensors(path, tensors):
    header, data = {}, b""
    for name, (dtype, shape, raw) in tensors.items():
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def stored(tensor, dtype):
    torch_type = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}[dtype]
    rounded = tensor.detach().to(torch_type)
    raw = rounded.view(torch.int16).numpy().tobytes() if dtype == "BF16" else rounded.numpy().tobytes()
    return (dtype, tensor.shape, raw), rounded.double()


prefix = "model.layers.0.self_attn."
shapes = {"q_proj": (16, 20), "k_proj": (8, 20), "v_proj": (8, 20), "o_proj": (20, 16)}
types = {"q_proj": "F16", "k_proj": "BF16", "v_proj": "F64", "o_proj": "F32"}
first, second, kept = {}, {}, {}
for i, (name, shape) in enumerate(shapes.items()):
    tensor, rounded = stored(torch.randn(shape) / (1 + torch.arange(shape[1])), types[name])
    (first if i < 2 else second)[f"{prefix}{name}.weight"] = tensor
    kept[name] = rounded.numpy()
    put("sharded", f"{prefix}{name}.weight", kept[name])
first["model.positions"] = ("I64", (2, 6), np.arange(12, dtype="<i8").tobytes())
second["model.mask"] = ("BOOL", (4, 4), bytes(16))
second["model.packed"] = ("U8", (4, 4), bytes(16))
second["model.conv.weight"], rounded = stored(torch.randn(6, 3, 2, 2), "F32")
put("sharded", "model.conv.weight", rounded.numpy().reshape(6, -1))
# Four heads of width 4; two share a key.
head = lambda name, h: kept[name][4 * h : 4 * h + 4]
svd = lambda w: np.linalg.svd(w, compute_uv=False)[:4]
put_product("sharded", "QUERY_KEY", [svd(head("k_proj", h // 2).T @ head("q_proj", h)) for h in range(4)])
put_product(
    "sharded",
    "OUTPUT_VALUE",
    [svd(kept["o_proj"][:, 4 * h : 4 * h + 4] @ head("v_proj", h // 2)) for h in range(4)],
)


os.makedirs("sharded", exist_ok=True)
safetensors("sharded/model-00001-of-00002.safetensors", first)
safetensors("sharded/model-00002-of-00002.safetensors", second)
index = {name: "model-00001-of-00002.safetensors" for name in first}
index.update({name: "model-00002-of-00002.safetensors" for name in second})
with open("sharded/model.safetensors.index.json", "w") as f:
    json.dump({"metadata": {"total_size": 0}, "weight_map": index}, f, indent=1)
with open("sharded/config.json", "w") as f:
    json.dump({"num_attention_heads": 4, "num_key_value_heads": 2}, f)

class Residual(nn.Module):
    """Batch normalisation, a stride, a shortcut, a kernel used twice, a depthwise and a linear layer."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 12, 5, stride=2, padding=2)
        self.norm = nn.BatchNorm2d(12)
        self.twice = nn.Conv2d(12, 12, 3, padding=1, bias=False)
        self.depthwise = nn.Conv2d(12, 12, 3, padding=1, groups=12)
        self.wide = nn.Conv2d(12, 24, 3, stride=2, padding=1, dilation=2)
        self.shortcut = nn.Conv2d(12, 24, 1, stride=2)
        self.fc = nn.Linear(24, 10)

    def forward(self, x):
        x = torch.relu(self.norm(self.stem(x)))
        x = x + torch.relu(self.twice(torch.relu(self.twice(x))))
        x = torch.relu(self.depthwise(x))
        x = torch.relu(self.wide(x)[:, :, :4, :4] + self.shortcut(x)[:, :, :4, :4])
        return self.fc(x.mean((2, 3)))


net = decaying(Residual())
with torch.no_grad():
    net.norm.running_mean.normal_()
    net.norm.running_var.uniform_(0.5, 2)
    net.norm.weight.normal_()
    net.norm.bias.normal_()
export(
    "residual.onnx",
    net.eval(),
    torch.randn(1, 3, 20, 20),
    input_names=["image"],
    output_names=["logits"],
    dynamic_axes={"image": {0: "n"}, "logits": {0: "n"}},
    training=torch.onnx.TrainingMode.PRESERVE,
    do_constant_folding=False,
)

with open("golden.json", "w") as f:
    json.dump(golden, f, indent=1)
