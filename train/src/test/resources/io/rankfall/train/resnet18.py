"""Writes resnet18.txt: two SGD steps of ResNet-18 in PyTorch, in double precision.

python3 resnet18.py > resnet18.txt        (PyTorch 1.13; any version gives the same digits)

Parameters and inputs are drawn by a formula that ResNet18Test repeats: number i of stream s is
u(s, i), uniform in ±1/2 with 24 bits, scaled and rounded to single precision. Stream 0 is the
inputs; the trained parameters follow in the order of the network.
"""

import math

import numpy
import torch
from torch import nn

BATCH, STEPS = 4, 2
RATE, MOMENTUM, WEIGHT_DECAY = 0.05, 0.9, 0.01


def u(stream, count):
    i = numpy.arange(count, dtype=numpy.uint64) + numpy.uint64(stream << 32)
    with numpy.errstate(over="ignore"):
        z = (i + numpy.uint64(1)) * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = z ^ (z >> numpy.uint64(27))
    return (z >> numpy.uint64(40)).astype(numpy.float64) / 2**24 - 0.5


def drawn(stream, shape, scale, offset=0.0):
    values = offset + scale * u(stream, math.prod(shape))
    return torch.tensor(values.astype(numpy.float32).astype(numpy.float64)).reshape(shape)


def conv(channels_in, channels_out, kernel, stride):
    return [
        nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(channels_out),
    ]


class Basic(nn.Module):
    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.body = nn.Sequential(
            *conv(channels_in, channels, 3, stride), nn.ReLU(), *conv(channels, channels, 3, 1)
        )
        self.shortcut = nn.Sequential(*(conv(channels_in, channels, 1, stride) if stride == 2 else []))

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


def resnet18():
    layers = [*conv(3, 64, 3, 1), nn.ReLU()]
    channels = 64
    for width, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        layers += [Basic(channels, width, stride), Basic(width, width, 1)]
        channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10)).double()


net = resnet18()
with torch.no_grad():
    stream = 0
    for module in net.modules():
        for name, parameter in module.named_parameters(recurse=False):
            stream += 1
            if parameter.dim() > 1:
                values = drawn(stream, parameter.shape, math.sqrt(6 / parameter[0].numel()))
            else:
                gamma = isinstance(module, nn.BatchNorm2d) and name == "weight"
                values = drawn(stream, parameter.shape, 0.5, 1.0 if gamma else 0.0)
            parameter.copy_(values)

x = drawn(0, (BATCH, 3, 32, 32), 4.0)
labels = torch.arange(BATCH) * 3 % 10
before = [p.detach().clone() for p in net.parameters()]
sgd = torch.optim.SGD(net.parameters(), lr=RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)
for step in range(STEPS):
    sgd.zero_grad()
    loss = nn.functional.cross_entropy(net(x), labels)
    loss.backward()
    sgd.step()
    print("loss", repr(loss.item()))
for p, start in zip(net.parameters(), before):
    moved = (p.detach() - start).flatten()
    print("moved", repr(moved.norm().item()), *(repr(v) for v in moved[:3].tolist()))
for module in net.modules():
    if isinstance(module, nn.BatchNorm2d):
        for statistics in (module.running_mean, module.running_var):
            print("running", repr(statistics.norm().item()), *(repr(v) for v in statistics[:3].tolist()))
net.eval()
for row in net(x).tolist():
    print("logits", *(repr(v) for v in row))
