"""Who runs the chunks: threads of this process, or any `concurrent.futures.Executor` by the name of what makes it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

__all__ = ["ADDRESS", "dask_local", "dask_scheduler", "executor_named", "processors", "threads"]

ADDRESS = "CHAINRULE_DASK_SCHEDULER"


def processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads(workers: int | None = None) -> Executor:
    """Threads of this process, each with a worker of its own; as many as there are processors if not said."""
    if workers is not None and workers < 1:
        raise ValueError(f"there are {workers} workers; expected at least 1")
    return ThreadPoolExecutor(workers or processors(), thread_name_prefix="grading")


def executor_named(name: str) -> Executor:
    """What ``module:factory`` gives, called without arguments. Modules in the current folder are found, too.

    Raises:
        ValueError: there is no such module or factory, or it gives no executor.
    """
    module, _, factory = name.partition(":")
    if not module or not factory:
        raise ValueError(f"--executor {name!r} is no module:factory, such as chainrule.grading.executors:dask_local")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        make: Callable[[], Any] = getattr(importlib.import_module(module), factory)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"--executor {name}: {error}") from error
    made = make()
    if not hasattr(made, "submit") or not hasattr(made, "shutdown"):
        raise ValueError(f"--executor {name} gave {type(made).__name__}; expected a concurrent.futures.Executor")
    return made  # type: ignore[no-any-return]  # Dask's has the interface, and is none by name


def dask_local() -> Executor:
    """Dask's executor on a cluster of this machine: a process for each processor."""
    distributed = _distributed()
    cluster = distributed.LocalCluster(
        n_workers=processors(), threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    )
    return _closing(distributed.Client(cluster), cluster)


def dask_scheduler() -> Executor:
    """Dask's executor on the scheduler whose address stands in ``CHAINRULE_DASK_SCHEDULER``, ``tcp://host:8786``."""
    address = os.environ.get(ADDRESS)
    if not address:
        raise ValueError(f"{ADDRESS} is not set; it holds the scheduler's address, tcp://host:8786")
    return _closing(_distributed().Client(address))


def _distributed() -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError:
        raise ValueError('Dask is not installed: pip install "chainrule[dask]"') from None


def _closing(client: Any, *others: Any) -> Executor:
    """The client's executor, which closes the client, too."""
    # Each submission is graded once and counted, so nothing is to be stolen, repeated or remembered.
    executor: Any = client.get_executor(pure=False, retries=1)
    end = executor.shutdown

    def shutdown(wait: bool = True, **options: Any) -> None:
        end(wait=wait, **options)
        for one in (client, *others):
            one.close()

    executor.shutdown = shutdown
    return executor  # type: ignore[no-any-return]
