"""An importable module, ``package.module``."""

from __future__ import annotations

import importlib
import importlib.util
import linecache
import sys
from pathlib import Path
from types import ModuleType

from chainrule.checking.codes import found
from chainrule.checking.finding import Finding
from chainrule.checking.forms.implementation import NotCheckable
from chainrule.checking.loading.execution import does_not_parse, does_not_run, running
from chainrule.checking.loading.subjects import Namespace

__all__ = ["import_module"]


def import_module(name: str) -> Namespace:
    """What the module defines; it is imported as from the current folder, and again if its file has changed.

    Raises:
        NotCheckable: there is no such module, or it does not parse or run.
    """
    with running(Path.cwd() / name, arguments=False) as printed:
        importlib.invalidate_caches()
        try:
            module = _imported(name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise NotCheckable(_finding(name, error, printed.getvalue())) from error
    return Namespace(name, module.__name__, vars(module), printed.getvalue())


def _imported(name: str) -> ModuleType:
    known = sys.modules.get(name)
    file = getattr(known, "__file__", None)
    if known is None or not file or not _has_changed(file):
        module = importlib.import_module(name)
        if getattr(module, "__file__", None):
            _TEXTS[str(module.__file__)] = _text(str(module.__file__))
        return module
    linecache.cache.pop(file, None)
    _TEXTS[file] = _text(file)
    return importlib.reload(known)


# The texts of modules as they were imported; a module that was imported by somebody else is taken as it is.
_TEXTS: dict[str, bytes] = {}


def _has_changed(file: str) -> bool:
    return file in _TEXTS and _TEXTS[file] != _text(file)


def _text(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError:
        return b""


def _finding(name: str, error: BaseException, printed: str) -> Finding:
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing and f"{name}.".startswith(f"{missing}."):
        return found("NOT_FOUND", name, {"known": ", neither an installed module nor one in this folder"})
    file = _file(name)
    if isinstance(error, SyntaxError) and error.filename == file:
        return does_not_parse(error, name)
    return does_not_run(error, name, lambda one: one == file, printed)


def _file(name: str) -> str:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return ""
    return (spec.origin if spec else None) or ""
