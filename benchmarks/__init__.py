"""Measurements, one file a question. ``python -m benchmarks`` runs them all and prints a table of ratios.

Peers are measured in the same run, in turn with ours, since machines are shared and noisy; figures are medians and
ratios of medians; compile time is kept apart. `peers` compares all of them on the same trainings and writes JSON and
pictures; ``pip install torch`` takes several GB on Linux, unless the CPU's build is installed before:
``pip install torch --index-url https://download.pytorch.org/whl/cpu``.
"""
