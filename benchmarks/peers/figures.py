"""What is paid once: the first step, the import, memory, and the space on disk."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.peers.catalogue import PEERS, Peer
from benchmarks.peers.table import Says
from benchmarks.peers.turns import Failed, Gap, Process, kept_arrays, spread
from benchmarks.peers.workloads import SMALL

__all__ = ["installed_size", "paid_once"]

ROOT = Path(__file__).parents[2]
STARTS = 3  # processes whose median counts
LONG = 8.0  # seconds; who takes longer is started once more and not twice
OURS = ("chainrule", "chainrule_start", "pytest_chainrule")


def paid_once(folder: str, peers: Iterable[Peer] = PEERS, says: Says = lambda text: None) -> dict[str, dict[str, Any]]:
    """For each peer, at 64-32-10 with batch 32: import and first step in new processes, memory; size on disk."""
    found: dict[str, dict[str, Any]] = {}
    with kept_arrays(SMALL, folder) as file:
        for peer in peers:
            says(f"paid once: {peer.label}")
            found[peer.name] = _starts(peer, folder, file) | _sizes(peer) if peer.is_here else {"gap": "not installed"}
    return found


def _starts(peer: Peer, folder: str, file: str) -> dict[str, Any]:
    cells: list[dict[str, Any]] = []
    try:
        for number in range(STARTS):
            if cells and cells[0]["first_step"] > LONG:
                break
            cells.append(_start(peer, Path(folder) / f"{peer.name}-{number}", file))
    except (Gap, Failed) as reason:
        return {"gap": str(reason)}
    names = ("import_seconds", "first_step", "peak_memory")
    return {name: spread([cell[name] for cell in cells]) for name in names} | {"starts": len(cells)}


def _start(peer: Peer, folder: Path, file: str) -> dict[str, Any]:
    """A process whose caches on disk are empty: its first step is paid in full."""
    folder.mkdir()
    with Process(folder) as process:
        cell = process.ask("load", module=peer.module)
        process.ask("read", workload=SMALL.as_dict(), file=file)
        return cell | process.ask("first", kind=peer.kind) | process.ask("memory")


def _sizes(peer: Peer) -> dict[str, Any]:
    """Bytes on disk: alone, and with all that it requires."""
    extra = {"jax"} if peer.kind == "xla" else set()
    required = requirements(peer.distribution) | extra
    for name in extra:
        required |= requirements(name)
    alone = installed_size(peer.distribution)
    return {"size": alone, "size_with_requirements": alone + sum(map(installed_size, required - {peer.distribution}))}


def requirements(distribution: str) -> set[str]:
    """The distributions that one requires, and these in turn; extras are left out."""
    found: set[str] = set()
    waiting = [distribution]
    while waiting:
        for name in map(_plain, _required(waiting.pop())):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found


def _required(distribution: str) -> list[str]:
    from packaging.requirements import Requirement

    if distribution == "chainrule":  # run from a checkout it may not be installed, or be installed as a link
        lines = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    else:
        try:
            lines = importlib.metadata.requires(distribution) or []
        except importlib.metadata.PackageNotFoundError:
            return []
    wanted = map(Requirement, lines)
    return [one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]


def installed_size(distribution: str) -> int:
    """Bytes of its files, without Python's own caches; 0 if it isn't installed."""
    if distribution == "chainrule":
        files: Iterable[Path] = (path for name in OURS for path in (ROOT / "src" / name).rglob("*"))
    else:
        try:
            listed = importlib.metadata.files(distribution) or []
        except importlib.metadata.PackageNotFoundError:
            return 0
        files = (Path(str(file.locate())) for file in listed)
    return sum(file.stat().st_size for file in files if file.is_file() and "__pycache__" not in file.parts)


def _plain(name: str) -> str:
    """A distribution's name as the index writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()
