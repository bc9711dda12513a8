"""PyTorch, eager and with torch.compile: nn.Sequential, a loss module, optim.SGD; on the GPU where there is one."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from benchmarks.peers.workloads import Task, orders


class HingeLoss(nn.Module):
    def forward(self, scores, y):
        return torch.relu(1 - y * scores).mean()


LOSSES = {"cross entropy": nn.CrossEntropyLoss, "squared": nn.MSELoss, "hinge": HingeLoss}


def describe():
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {torch.get_num_threads()} threads"
    return {"device": where, "version": torch.__version__}


def prepare(task: Task, kind: str):
    workload = task.workload
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = network(task).to(device)
    run = torch.compile(model) if kind == "compile" else model
    criterion = LOSSES[workload.loss]()
    optimizer = torch.optim.SGD(model.parameters(), lr=workload.rate, weight_decay=workload.decay)
    x, y = torch.from_numpy(task.x).to(device), torch.from_numpy(task.y).to(device)
    order, epoch = orders(workload), 0

    def step(x, y):
        optimizer.zero_grad()
        loss = criterion(run(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    def shuffled_epoch():
        rows, total = torch.from_numpy(next(order)).to(device), 0.0
        for start in range(0, len(x), workload.batch):
            chosen = rows[start : start + workload.batch]
            total += step(x[chosen], y[chosen]) * len(chosen)
        return total / len(x)

    def train(epochs):
        nonlocal epoch
        losses = []
        for _ in range(epochs):
            if workload.cooling:
                optimizer.param_groups[0]["lr"] = workload.rate_of(epoch)
            losses.append(step(x, y) if workload.batch is None else shuffled_epoch())
            epoch += 1
        return losses

    # A Linear keeps its weights with one row for each output.
    return train, lambda: [p.detach().cpu().numpy().T for p in model.parameters()]


def network(task: Task):
    sizes = task.workload.sizes
    layers = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    model = nn.Sequential(*layers[:-1]).to(getattr(torch, task.workload.dtype))
    with torch.no_grad():
        for parameter, array in zip(model.parameters(), task.parameters, strict=True):
            parameter.copy_(torch.from_numpy(array.T))
    return model
