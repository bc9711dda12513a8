"""A Python file, run as a module of a private name."""

from __future__ import annotations

import hashlib
import importlib
import linecache
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from chainrule.checking.forms.implementation import NotCheckable
from chainrule.checking.loading.execution import compiled, does_not_run, running
from chainrule.checking.loading.subjects import Namespace

__all__ = ["new_module", "run_file"]


def run_file(path: Path, where: str) -> Namespace:
    """What the file defines. Every time its text is read anew.

    Raises:
        NotCheckable: it does not parse or does not run; the finding has the line.
    """
    name = str(path.resolve())
    linecache.cache.pop(name, None)
    importlib.invalidate_caches()
    code = compiled(path.read_bytes(), name, where)
    module = new_module(path, name)
    with running(path) as printed:
        try:
            exec(code, vars(module))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # also SystemExit, and what test runners raise to skip a file
            finding = does_not_run(error, where, lambda file: file == name, printed.getvalue())
            raise NotCheckable(finding) from error
    return Namespace(where, module.__name__, vars(module), printed.getvalue())


def new_module(path: Path, file: str) -> ModuleType:
    """An empty module of a name that nobody imports; known to Python, as dataclasses and `inspect` look it up."""
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]
    stem = "".join(sign if sign.isalnum() else "_" for sign in path.stem)
    module = ModuleType(f"_checked_{stem}_{digest}")
    module.__file__ = file
    module.__spec__ = ModuleSpec(module.__name__, None, origin=file)
    sys.modules[module.__name__] = module
    return module
