"""Answers requests for measurements, one JSON object a line; the peers that need Python.

{"id": 1, "work": "step", ...}  prepares and replies {"note": remark} or {"missing": reason}
{"id": 1, "seconds": 0.5}       measures for that long and replies {"rate": repetitions a second}
{"id": 1}                       forgets what was prepared and replies {}
"""

import json
import sys
import time

import numpy as np

try:
    import torch
    import torch.nn as nn

    torch.set_num_threads(1)
except ImportError:
    torch = None

try:
    import scipy.linalg
except ImportError:
    scipy = None


class Missing(Exception):
    pass


def require(module, package):
    if module is None:
        raise Missing(f"{package} is not installed")


def mlp(inputs, width, depth, batch_norm, classes):
    layers = []
    for _ in range(depth):
        layers.append(nn.Linear(inputs, width))
        if batch_norm:
            layers.append(nn.BatchNorm1d(width))
        layers.append(nn.ReLU())
        inputs = width
    layers.append(nn.Linear(inputs, classes))
    return nn.Sequential(*layers)


class BasicBlock(nn.Module if torch else object):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


def resnet18(classes):
    layers = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    inputs = 64
    for outputs, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        layers += [BasicBlock(inputs, outputs, stride), BasicBlock(outputs, outputs, 1)]
        inputs = outputs
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, classes)]
    return nn.Sequential(*layers)


def step(work):
    """PyTorch eager: the loop that every tutorial shows, on data in memory."""
    require(torch, "PyTorch")
    torch.manual_seed(1)
    inputs, batch = work["inputs"], work["batch"]
    x = torch.from_numpy(np.fromfile(work["inputsFile"], np.float32).reshape(-1, inputs))
    y = torch.from_numpy(np.fromfile(work["labelsFile"], np.uint8).astype(np.int64))
    if work["net"] == "resnet18":
        x = x.reshape(-1, 3, 32, 32)
        net = resnet18(10)
    else:
        net = mlp(inputs, work["width"], work["depth"], work["batchNorm"], 10)
    optimizer = torch.optim.SGD(
        net.parameters(),
        lr=work["learningRate"],
        momentum=work["momentum"],
        weight_decay=work["weightDecay"],
    )
    loss = nn.CrossEntropyLoss()
    order = torch.randperm(len(y))
    position = 0

    def once():
        nonlocal position
        chosen = order[position : position + batch]
        position = (position + batch) % (len(y) - batch)
        optimizer.zero_grad()
        loss(net(x[chosen]), y[chosen]).backward()
        optimizer.step()

    return once


def matrix(work, dtype):
    return np.fromfile(work["matrixFile"], np.float32).reshape(work["rows"], -1).astype(dtype)


def svdvals(work):
    require(torch, "PyTorch")
    a = torch.from_numpy(matrix(work, np.float32))
    return lambda: torch.linalg.svdvals(a)


def scipy_svd(work):
    require(scipy, "SciPy")
    a = matrix(work, np.float64)
    return lambda: scipy.linalg.svd(a, compute_uv=False)


def matrix_rank(work):
    require(torch, "PyTorch")
    a = torch.from_numpy(matrix(work, np.float32))
    return lambda: torch.linalg.matrix_rank(a)


def full_svd(work):
    require(torch, "PyTorch")
    a = torch.from_numpy(matrix(work, np.float32))
    rank = work["rank"]

    def once():
        u, s, vh = torch.linalg.svd(a, full_matrices=False)
        return u[:, :rank] * s[:rank], vh[:rank]

    return once


def svd_lowrank(work):
    """With the defaults, or the first of growing settings whose error is within the tolerance."""
    require(torch, "PyTorch")
    a = torch.from_numpy(matrix(work, np.float32))
    rank = work["rank"]

    def factors(q, niter):
        torch.manual_seed(1)
        u, s, v = torch.svd_lowrank(a, q=q, niter=niter)
        return u[:, :rank] * s[:rank], v[:, :rank].T

    settings = [(rank, 2)]
    if "tolerance" in work:
        settings = [(q, niter) for q in (64, 96, 128, 160, 192, 256) for niter in (2, 3, 4)]
    for q, niter in settings:
        error = spectral_norm(a, factors(q, niter)) / work["optimum"] - 1
        if error <= work.get("tolerance", np.inf):
            break
    return lambda: factors(q, niter), f"q={q}, niter={niter}: {100 * error:.1f} % above the optimum"


def spectral_norm(a, factors):
    """Of the matrix minus the product, by power iteration in double precision."""
    left, right = factors
    rest = a.double() - left.double() @ right.double()
    x = torch.ones(rest.shape[1], dtype=torch.float64)
    for _ in range(200):
        x = rest.T @ (rest @ (x / x.norm()))
    return float(x.norm().sqrt())


WORKS = {
    "step": step,
    "svdvals": svdvals,
    "scipy_svd": scipy_svd,
    "matrix_rank": matrix_rank,
    "full_svd": full_svd,
    "svd_lowrank": svd_lowrank,
}


def measure(once, seconds):
    start = time.perf_counter()
    count = 0
    while True:
        once()
        count += 1
        elapsed = time.perf_counter() - start
        if elapsed >= seconds:
            return count / elapsed


def answer(request, prepared):
    key = request["id"]
    if "work" in request:
        try:
            once = WORKS[request["work"]](request)
        except Missing as e:
            return {"missing": str(e)}
        once, note = once if isinstance(once, tuple) else (once, "")
        prepared[key] = once
        return {"note": note}
    if "seconds" in request:
        return {"rate": measure(prepared[key], request["seconds"])}
    del prepared[key]
    return {}


def main():
    prepared = {}
    print(
        json.dumps(
            {
                "python": sys.version.split()[0],
                "numpy": np.__version__,
                "torch": torch.__version__ if torch else None,
                "scipy": __import__("scipy").__version__ if scipy else None,
            }
        ),
        flush=True,
    )
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), prepared)), flush=True)


main()
