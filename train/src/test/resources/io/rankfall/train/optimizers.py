"""Writes optimizers.txt: steps of a small MLP and learning rates in PyTorch, in double precision.

/usr/bin/python3 optimizers.py > optimizers.txt    (PyTorch 1.13; any version gives the same digits)

Parameters and inputs are drawn by a formula that OptimizersTest repeats: number i of stream s is
u(s, i), uniform in ±1/2 with 24 bits, scaled and rounded to single precision. Stream 0 is the
inputs; weights and biases follow in the order of the layers.

Muon is written out below from its description (kellerjordan.github.io/posts/muon and the
repository KellerJordan/Muon): PyTorch 1.13 has none.
"""

import math

import numpy
import torch
from torch import nn

WIDTHS = [4, 3, 5, 2]
BATCH, STEPS = 6, 5
# A falling rate tells v <- m*v + g from v <- m*v + rate*g.
RATE_FACTORS = [1, 1, 1, 0.3, 0.3]


def u(stream, count):
    i = numpy.arange(count, dtype=numpy.uint64) + numpy.uint64(stream << 32)
    with numpy.errstate(over="ignore"):
        z = (i + numpy.uint64(1)) * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = z ^ (z >> numpy.uint64(27))
    return (z >> numpy.uint64(40)).astype(numpy.float64) / 2**24 - 0.5


def drawn(stream, shape, scale):
    values = scale * u(stream, math.prod(shape))
    return torch.tensor(values.astype(numpy.float32).astype(numpy.float64)).reshape(shape)


class Muon(torch.optim.Optimizer):
    def __init__(self, parameters, lr, weight_decay):
        super().__init__(parameters, dict(lr=lr, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                m = self.state[p].setdefault("momentum", torch.zeros_like(p))
                m.mul_(0.95).add_(p.grad, alpha=0.05)
                x = 0.05 * p.grad + 0.95 * m
                x = x / (x.norm() + 1e-7)
                tall = x.shape[0] > x.shape[1]
                x = x.T if tall else x
                for _ in range(5):
                    a = x @ x.T
                    x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
                x = x.T if tall else x
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.sub_(x, alpha=group["lr"] * max(1, p.shape[0] / p.shape[1]) ** 0.5)


class MuonAndAdamW:
    """Muon for all matrices but the last, AdamW at 3/200 of its rate for the rest."""

    REST = 3e-4 / 0.02

    def __init__(self, groups, lr):
        last = [p for g in groups for p in g["params"] if p.dim() > 1][-1]
        hidden, rest = [], []
        for g in groups:
            for p in g["params"]:
                taken = hidden if p.dim() > 1 and p is not last else rest
                taken.append(dict(params=[p], weight_decay=g["weight_decay"]))
        self.muon = Muon(hidden, lr, 0.0)
        self.adamw = torch.optim.AdamW(rest, lr * self.REST, betas=(0.9, 0.95), eps=1e-10)
        self.param_groups = self.muon.param_groups + self.adamw.param_groups

    def step(self):
        self.muon.step()
        self.adamw.step()


def sgd(momentum, nesterov=False):
    return lambda groups, lr: torch.optim.SGD(groups, lr, momentum=momentum, nesterov=nesterov)


# Name, optimizer, learning rate, weight decay, what decays, clip norm, loss: OptimizersTest has the same.
CASES = [
    ("sgd", sgd(0.9), 0.1, 0.1, "ALL", 0, "CROSS_ENTROPY"),
    ("sgd-matrices", sgd(0), 0.1, 0.5, "MATRICES", 0, "CROSS_ENTROPY"),
    ("sgd-clipped", sgd(0.9), 0.1, 0.1, "ALL", 1.5, "CROSS_ENTROPY"),
    ("sgd-mse", sgd(0.5), 0.1, 0.1, "MATRICES", 0, "MSE"),
    ("nesterov", sgd(0.9, True), 0.1, 0.1, "ALL", 0, "CROSS_ENTROPY"),
    ("nesterov-matrices", sgd(0.6, True), 0.1, 0.5, "MATRICES", 0, "MSE"),
    ("nesterov-clipped", sgd(0.9, True), 0.1, 0.1, "ALL", 1.5, "CROSS_ENTROPY"),
    ("adamw", torch.optim.AdamW, 0.02, 0.5, "ALL", 0, "CROSS_ENTROPY"),
    ("adamw-clipped", torch.optim.AdamW, 0.02, 0.5, "MATRICES", 15, "MSE"),
    ("muon", MuonAndAdamW, 0.05, 0.5, "ALL", 0, "CROSS_ENTROPY"),
    ("muon-clipped", MuonAndAdamW, 0.05, 0.5, "MATRICES", 2, "CROSS_ENTROPY"),
]


def network():
    layers = []
    for stream, (inputs, outputs) in enumerate(zip(WIDTHS, WIDTHS[1:])):
        layer = nn.Linear(inputs, outputs).double()
        with torch.no_grad():
            layer.weight.copy_(drawn(2 * stream + 1, layer.weight.shape, 3.0))
            layer.bias.copy_(drawn(2 * stream + 2, layer.bias.shape, 1.0))
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def loss_of(name, logits, labels):
    if name == "MSE":
        return nn.functional.mse_loss(logits, nn.functional.one_hot(labels, WIDTHS[-1]).double())
    return nn.functional.cross_entropy(logits, labels)


x = drawn(0, (BATCH, WIDTHS[0]), 4.0)
labels = torch.arange(BATCH) % WIDTHS[-1]
for name, optimizer_of, rate, weight_decay, decay_on, clip_norm, loss_name in CASES:
    net = network()
    groups = [
        dict(params=[p], weight_decay=weight_decay if decay_on == "ALL" or p.dim() > 1 else 0.0)
        for p in net.parameters()
    ]
    optimizer = optimizer_of(groups, lr=rate)
    rates = [group["lr"] for group in optimizer.param_groups]
    norms = []
    for step in range(STEPS):
        for group, initial in zip(optimizer.param_groups, rates):
            group["lr"] = initial * RATE_FACTORS[step]
        net.zero_grad()
        loss = loss_of(loss_name, net(x), labels)
        loss.backward()
        if clip_norm > 0:
            norms.append(nn.utils.clip_grad_norm_(net.parameters(), clip_norm).item())
        optimizer.step()
        values = torch.cat([p.detach().flatten() for p in net.parameters()]).tolist()
        print(name, f"{loss.item():.9g}", *(f"{value:.9g}" for value in values))
    # Both branches of the clipping.
    assert clip_norm == 0 or min(norms) < clip_norm < max(norms), (name, norms)


def rates(name, scheduler_of, epochs=12):
    sgd = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = scheduler_of(sgd)
    found = []
    for epoch in range(epochs):
        found.append(scheduler.get_last_lr()[0])
        sgd.step()
        scheduler.step()
    print("rates", name, *(f"{rate:.15g}" for rate in found))


schedulers = torch.optim.lr_scheduler
rates("steps", lambda sgd: schedulers.MultiStepLR(sgd, [3, 7], gamma=0.2))
rates("cosine", lambda sgd: schedulers.CosineAnnealingLR(sgd, T_max=20))
rates("cosine-to-floor", lambda sgd: schedulers.CosineAnnealingLR(sgd, T_max=11, eta_min=0.05))
rates("warm-up", lambda sgd: schedulers.LinearLR(sgd, start_factor=1 / 4, total_iters=3))
