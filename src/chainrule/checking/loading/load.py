"""`load`: the subjects that a text like ``my_layers.py::Affine`` names."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from chainrule.checking.codes import found
from chainrule.checking.forms.implementation import NotCheckable
from chainrule.checking.loading.files import run_file
from chainrule.checking.loading.modules import import_module
from chainrule.checking.loading.notebooks import run_notebook
from chainrule.checking.loading.subjects import Namespace, Subject, chosen

__all__ = ["load"]

_ENDINGS = {".py": run_file, ".ipynb": run_notebook}


def load(where: str) -> list[Subject]:
    """Find what can be checked.

    Args:
        where: ``my_layers.py``, ``my_notebook.ipynb``, ``package.module``; with ``::Affine`` or ``::affine`` for one
            subject. Each time the text is read anew.

    Returns:
        The subjects in the order of the text, with what their file printed.

    Raises:
        NotCheckable: there is no such file, it does not parse or run, or nothing of that name can be checked; its
            finding says so.
    """
    place, _, wanted = where.partition("::")
    return chosen(_namespace(place.strip()), wanted.strip())


def _namespace(where: str) -> Namespace:
    if not where:
        raise NotCheckable(found("NOT_CHECKABLE", "An empty name", {"kind": "no file and no module"}))
    path = Path(where).expanduser()
    run = _ENDINGS.get(path.suffix.lower())
    try:
        if run is not None and path.is_file():
            return run(path, where)
        exists, is_folder = path.exists(), path.is_dir()
    except OSError as error:  # unreadable, or no name that a file can have
        facts = {"kind": f"a file that cannot be read, {error.strerror or error}"}
        raise NotCheckable(found("NOT_CHECKABLE", where, facts)) from None
    except ValueError:  # such as a zero byte in the name
        exists = is_folder = False
    is_package = is_folder and (path / "__init__.py").is_file()
    if run is None and (is_package or not exists) and re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", where):
        return import_module(where)
    if is_folder:
        files = sorted(one.name for one in path.iterdir() if one.suffix in _ENDINGS)
        listed = f"; name one of its files: {', '.join(files[:10])}" if files else " without Python files or notebooks"
        raise NotCheckable(found("NOT_CHECKABLE", where, {"kind": f"a folder{listed}"}))
    if exists:
        ending = f"a {path.suffix} file" if path.suffix else "a file without an ending"
        raise NotCheckable(found("NOT_CHECKABLE", where, {"kind": f"{ending}, and no .py or .ipynb"}))
    raise NotCheckable(found("NOT_FOUND", f"file {where!r}", {"known": _near(path)}))


def _near(path: Path) -> str:
    """Files of a similar name, or all of that folder."""
    try:
        names = sorted(one.name for one in path.parent.iterdir() if one.suffix in _ENDINGS)
    except (OSError, ValueError):
        return f"; there is no folder {path.parent} either"
    near = difflib.get_close_matches(path.name, names, n=5, cutoff=0.5)
    ordered = [*near, *(name for name in names if name not in near)][:10]
    return f"; there is {', '.join(ordered)}" if ordered else ""
