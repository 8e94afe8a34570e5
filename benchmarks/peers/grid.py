"""Trains a grid of MLPs as the paper's authors do, one PyTorch process a core: the peer of `rankfall sweep`.

Kept as fast as plain eager PyTorch is: the images are tensors in memory, batches are slices of a permutation
(no DataLoader), a process takes run after run on one thread, and the most expensive runs begin first.
Prints a line of JSON a run.
"""

import argparse
import gzip
import json
import multiprocessing
import os
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

MEAN, DEVIATION = 0.2860, 0.3530


def images(path):
    with gzip.open(path) as f:
        pixels = np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, 784)
    return torch.from_numpy((pixels.astype(np.float32) / 255 - MEAN) / DEVIATION)


def labels(path):
    with gzip.open(path) as f:
        return torch.from_numpy(np.frombuffer(f.read(), np.uint8, offset=8).astype(np.int64))


def load(folder):
    global train, test
    torch.set_num_threads(1)
    read = lambda name: (
        images(os.path.join(folder, f"{name}-images-idx3-ubyte.gz")),
        labels(os.path.join(folder, f"{name}-labels-idx1-ubyte.gz")),
    )
    train, test = read("train"), read("t10k")


def network(width, depth):
    layers, inputs = [], 784
    for _ in range(depth):
        layers += [nn.Linear(inputs, width), nn.BatchNorm1d(width), nn.ReLU()]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, 10))


def ranks(net):
    matrices = [m.weight.detach() for m in net if isinstance(m, nn.Linear)][:-1]
    sigma = [torch.linalg.svdvals(w / w.norm()) for w in matrices]
    return float(np.mean([int((s > 1e-2).sum()) for s in sigma]))


def run(task):
    batch, rate, decay, epochs, width, depth = task
    torch.manual_seed(1)
    net = network(width, depth)
    optimizer = torch.optim.SGD(net.parameters(), lr=rate, weight_decay=decay)
    x, y = train
    for _ in range(epochs):
        net.train()
        order = torch.randperm(len(x))
        for i in range(0, len(x) - batch + 1, batch):
            chosen = order[i : i + batch]
            loss = F.cross_entropy(net(x[chosen]), y[chosen])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            accuracy = sum(
                int((net(a).argmax(1) == b).sum()) for a, b in zip(test[0].split(1000), test[1].split(1000))
            ) / len(test[1])
        rank = ranks(net)
    return {"batchSize": batch, "lr": rate, "weightDecay": decay, "testAccuracy": accuracy, "meanRank": rank}


def main():
    numbers = lambda text: [float(value) for value in text.split(",")]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder with Fashion-MNIST's four files")
    parser.add_argument("--batch-size", type=numbers, required=True)
    parser.add_argument("--lr", type=numbers, required=True)
    parser.add_argument("--weight-decay", type=numbers, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--width", type=int, default=100)
    parser.add_argument("--depth", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    tasks = [
        (int(batch), rate, decay, options.epochs, options.width, options.depth)
        for batch in sorted(options.batch_size)
        for rate in options.lr
        for decay in options.weight_decay
    ]
    started = time.monotonic()
    with multiprocessing.Pool(options.jobs, load, [options.data]) as pool:
        for result in pool.imap_unordered(run, tasks):
            print(json.dumps(result), flush=True)
    print(json.dumps({"runs": len(tasks), "seconds": time.monotonic() - started}))


if __name__ == "__main__":
    main()
