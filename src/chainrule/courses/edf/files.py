"""Parameters as a file: safetensors, arrays by name."""

from __future__ import annotations

from pathlib import Path

from chainrule.courses.edf.graph import Graph, current_graph
from chainrule.courses.edf.naming import parameter_names
from chainrule.learning.saving import load, save_model

__all__ = ["load_parameters", "save_parameters"]

KIND = "edf"


def save_parameters(path: str | Path, graph: Graph | None = None) -> None:
    """Write the values of a graph's parameters, the current one's if none is given, as a .safetensors file."""
    graph = current_graph() if graph is None else graph
    if not graph.Parameters:
        raise RuntimeError("save_parameters: this graph has no parameters. Save the graph that was trained.")
    save_model(path, KIND, {}, graph.parameters())


def load_parameters(path: str | Path, graph: Graph | None = None) -> None:
    """Set the parameters of a graph that was built as the saved one was.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is of another kind, or its parameters have other names or shapes; nothing is changed.
    """
    graph = current_graph() if graph is None else graph
    kind, _, arrays = load(path)
    if kind != KIND:
        raise ValueError(f"{path}: holds a {kind}. Give a file that save_parameters wrote.")
    known = parameter_names(graph)
    saved = {name: array.shape for name, array in arrays.items()}
    expected = {name: parameter.value.shape for name, parameter in known.items()}
    if saved != expected:
        raise ValueError(
            f"{path}: holds parameters {saved}; the graph has {expected}. Build the graph as it was saved."
        )
    for name, parameter in known.items():
        parameter.value = arrays[name]
