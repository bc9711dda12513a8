"""Two moons: a small network learns a bent border, which is drawn into a picture.

Run it with ``python examples/two_moons.py [PICTURE]``.
"""

import sys

import numpy as np

from chainrule.learning import FeedforwardNet


def moons(count, rng):
    """Points on two interlocking half circles with some noise, shape (count, 2), and which of the two each is on."""
    labels = rng.integers(0, 2, size=count)
    angle = rng.uniform(0, np.pi, size=count)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    points = np.where(labels[:, None] == 0, upper, lower)
    return points + rng.normal(scale=0.12, size=points.shape), labels


def draw(model, points, labels, path):
    """The points, over the probability that the model gives to every place."""
    from matplotlib.figure import Figure

    across, up = np.meshgrid(np.linspace(-1.6, 2.6, 240), np.linspace(-1.1, 1.6, 160))
    grid = np.stack([across.ravel(), up.ravel()], axis=1)
    probability = model.predict_proba(grid)[:, 1].reshape(across.shape)

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.contourf(across, up, probability, levels=np.linspace(0, 1, 11), cmap="RdBu", alpha=0.35)
    axes.contour(across, up, probability, levels=[0.5], colors="black", linewidths=1)
    axes.scatter(*points.T, c=labels, cmap="RdBu", edgecolors="black", linewidths=0.4, s=18)
    axes.set_axis_off()
    figure.savefig(path, dpi=150)


def main(picture):
    rng = np.random.default_rng(0)
    points, labels = moons(400, rng)
    new_points, new_labels = moons(1000, rng)
    model = FeedforwardNet(hidden=(16, 16), activation="tanh", learning_rate=0.01, epochs=150)
    model.fit(points, labels)
    print(f"{model.score(new_points, new_labels):.1%} of {len(new_points)} new points are on the right side")
    draw(model, new_points, new_labels, picture)
    print(f"written: {picture}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "two_moons.png")
