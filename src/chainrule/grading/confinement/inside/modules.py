"""A submission's files as modules: each in a namespace of its own, importable by each other, from memory alone."""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.machinery
import linecache
import sys
import types
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.abc import Loader, MetaPathFinder
from pathlib import PurePosixPath
from typing import Any

__all__ = ["MissingName", "Submitted", "run_text"]

_PACKAGE = "submission"  # stands above all files, so that `from .layers import affine` works at the top, too


class MissingName(AttributeError):
    """The work has no such name."""


class Submitted(MetaPathFinder, Loader):
    """The work of one person: its modules, and its names as attributes of ``work``.

    Attributes:
        texts: the files by name, ``"exercise/layers.py"``; importable as ``exercise.layers``, as ``layers``, and from
            each other relatively.
        problems: what was raised while they were run.
    """

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.problems: list[BaseException] = []
        self._given: dict[str, Any] = {}
        self._modules: dict[str, types.ModuleType] = {}
        self._started: set[str] = set()
        self._by_import: dict[str, types.ModuleType] = {}
        self._packages = {_PACKAGE}

    def give(self, support: types.CodeType) -> None:
        """Run the exercise's own code; every file may rely on its names."""
        namespace: dict[str, Any] = {"__name__": "given", "__builtins__": builtins}
        exec(support, namespace)
        self._given = {name: value for name, value in namespace.items() if not name.startswith("__")}

    def load(self, files: Mapping[str, str]) -> None:
        """Run every file that no other file has imported yet, in order; one that fails does not stop the others."""
        self.texts.update(files)
        self._modules = {name: self._module(name) for name in self.texts}
        for name in self.texts:
            self._index(name)
        for name in self.texts:
            try:
                self._run(name)
            except BaseException as problem:
                self.problems.append(problem)

    def _index(self, name: str) -> None:
        """What stands above the work's folder may or may not be in a file's name."""
        parts = _dotted(name).split(".")
        for start in range(len(parts)):
            self._by_import.setdefault(".".join(parts[start:]), self._modules[name])
            self._packages |= {".".join(parts[start:end]) for end in range(start + 1, len(parts))}
        self._packages |= {f"{_PACKAGE}.{'.'.join(parts[:end])}" for end in range(1, len(parts))}

    def _module(self, name: str) -> types.ModuleType:
        dotted = f"{_PACKAGE}.{_dotted(name)}"
        module = types.ModuleType(dotted)
        module.__file__ = name
        is_package = PurePosixPath(name).stem == "__init__"
        module.__package__ = dotted if is_package else dotted.rpartition(".")[0]
        if is_package:
            module.__path__ = []
        return module

    def _run(self, name: str) -> None:
        if name not in self._started:
            self._started.add(name)
            vars(self._modules[name]).update(self._given)
            run_text(self.texts[name], name, vars(self._modules[name]))

    @cached_property
    def work(self) -> types.ModuleType:
        """What is given, and over it what the files define; of one name in two files, the later file's."""
        work = _Work(_PACKAGE)
        vars(work).update(self._given)
        for module in self._modules.values():
            for name, value in vars(module).items():
                if not name.startswith("__") and not (name in self._given and self._given[name] is value):
                    vars(work)[name] = value
        return work

    def stand_in(self, name: str) -> Any:
        """What a module that is not here has by that name: a file of the work, something given, or nothing to use."""
        last = name.rpartition(".")[2]
        if name in self._packages or name.removeprefix(f"{_PACKAGE}.") in self._by_import:
            return importlib.import_module(name)
        return self._given[last] if last in self._given else _AbsentThing(name)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """For the machinery of ``import``: a file of the work, a folder of it, or a stand-in for what is not here."""
        known = fullname.removeprefix(f"{_PACKAGE}.")
        if known in self._by_import:
            return importlib.machinery.ModuleSpec(
                fullname, self, is_package=hasattr(self._by_import[known], "__path__")
            )
        if fullname in self._packages or self._is_asked_by_the_work():
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def _is_asked_by_the_work(self) -> bool:
        """Libraries, and work that is prepared for it, have to learn that a module is not here; other work need not."""
        frame = sys._getframe(2)
        while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("importlib."):
            frame = frame.f_back
        name = frame.f_code.co_filename
        if name in self.texts:
            return not _is_prepared(self.texts[name], frame.f_lineno)
        return frame.f_globals.get("__name__") == "given"

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """The one module of a file, whatever name it is imported by."""
        found = self._by_import.get(spec.name.removeprefix(f"{_PACKAGE}."))
        return _Absent(spec.name, self) if found is None else found

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the file, unless that has happened."""
        for name, known in self._modules.items():
            if known is module:
                self._run(name)


def _is_prepared(text: str, line: int) -> bool:
    """Whether a line is tried: ``try: import cupy as np`` goes on with ``except ImportError``."""
    return any(
        isinstance(node, ast.Try) and node.handlers and node.body[0].lineno <= line <= (node.body[-1].end_lineno or 0)
        for node in ast.walk(ast.parse(text))
    )


class _Work(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        raise MissingName(f"the work defines no {name}")


class _Absent(types.ModuleType):
    """A module that is not here, such as matplotlib: it can be imported, and its use says what is wrong.

    Work that plots somewhere is still graded for all that does not plot. Folders of the work are such modules, too.
    Names that the exercise gives are found in them, as learners import them from the course's own package.
    """

    def __init__(self, name: str, submitted: Submitted) -> None:
        super().__init__(name)
        self.__dict__["_submitted"] = submitted

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.__dict__["_submitted"].stand_in(f"{self.__name__}.{name}")


class _AbsentThing:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> _AbsentThing:
        if name.startswith("__"):
            raise AttributeError(name)
        return _AbsentThing(f"{self._name}.{name}")

    def __call__(self, *_arguments: object, **_keywords: object) -> Any:
        raise ImportError(f"{self._name} is not there where submissions are graded")

    def __setitem__(self, key: object, value: object) -> None:
        """``plt.rcParams["figure.figsize"] = ...`` does no harm."""

    def __mro_entries__(self, _bases: tuple[object, ...]) -> tuple[type, ...]:
        return ()


def _dotted(name: str) -> str:
    """``"exercise.layers"`` for ``"exercise/layers.py"``, ``"exercise"`` for ``"exercise/__init__.py"``."""
    path = PurePosixPath(name)
    parts = [*path.parent.parts, *([] if path.stem == "__init__" and path.parent.parts else [path.stem])]
    return ".".join(part for part in parts if part not in ("/", "..")) or "__init__"


def run_text(text: str, name: str, namespace: dict[str, Any]) -> None:
    """Run a text in a namespace; tracebacks and `inspect` find its lines."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace.setdefault("__builtins__", builtins)
    exec(compile(text, name, "exec", dont_inherit=True), namespace)  # in the confined process
