"""The same training by chainrule and by its peers: the table and the pictures of ``make bench``.

Reading order: `workloads` (what is trained, as data), `catalogue` (who trains it); one file for each peer, written as
its users write: `numpy_by_hand`, `torch_`, `jax_by_hand`, `pytensor_`, `mygrad_`, `autograd_`, `scikit_learn`, `ours`,
and `products` (a step's matrix products alone). `worker` is the process that a peer runs in, `turns` gives such
processes their turns. `table` measures the workloads, `figures` what is paid once, `accuracy` the time to 97 % on
MNIST, `logistic` the time to a loss, `growth` how cost grows; `bench` is one run of all but the last. `judge` compares
with what was asked; `printed`, `picture`, `growth_picture` and `saving` show and keep it.

Nothing is imported here: a worker loads its own peer and nothing else, so that import time and memory are the peer's.
"""
