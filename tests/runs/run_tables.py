"""Small tables to train on."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

NASTY = '<script>alert("1")</script> & $x$ [red]\x1b[31m'


def write_table(path: Path, columns: dict[str, list]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def houses(count: int = 60, seed: int = 0) -> dict[str, list]:
    """Prices that are linear in area and age, with a category and noise."""
    rng = np.random.default_rng(seed)
    area = rng.uniform(30, 120, count).round(1)
    age = rng.integers(0, 60, count)
    kind = rng.choice(["flat", "house"], count)
    price = (3 * area - age + 40 * (kind == "house") + rng.normal(0, 5, count)).round(2)
    return {"area": area.tolist(), "age": age.tolist(), "kind": kind.tolist(), "price": price.tolist()}


def flowers(count: int = 90, seed: int = 0, labels: tuple = ("red", "white", "yellow")) -> dict[str, list]:
    """Classes around different means."""
    rng = np.random.default_rng(seed)
    number = np.arange(count) % len(labels)
    long = (number + rng.normal(0, 0.5, count)).round(3)
    wide = (-number + rng.normal(0, 0.5, count)).round(3)
    return {"long": long.tolist(), "wide": wide.tolist(), "colour": [labels[n] for n in number]}
