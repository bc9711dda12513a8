"""The autograder's zip for Gradescope: the same grader there as here."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from chainrule.exercises.building.module import file_stem
from chainrule.exercises.building.verify import verify
from chainrule.exercises.source import Source

__all__ = ["autograder_zip"]

SCRIPTS = Path(__file__).parent / "autograder"
EXECUTABLE, PLAIN = 0o755, 0o644
LEAST = 16  # bytes of a secret, as the grader wants it


def autograder_zip(source: Source, *, wheel: Path | None = None, secret: bytes = b"") -> bytes:
    """The zip to be uploaded: ``setup.sh``, ``run_autograder``, the exercise's source, and what chainrule to install.

    Args:
        source: of the exercise.
        wheel: of chainrule, built locally; by default this version is installed from PyPI.
        secret: from which hidden inputs are drawn; by default Gradescope's image draws one when it is built.

    Raises:
        SourceError: the source is no exercise that learners can work at.
        ValueError: the wheel is not one of chainrule, or the secret is too short to be one.
    """
    if secret and len(secret.strip()) < LEAST:
        raise ValueError(f"the secret has {len(secret.strip())} bytes; one that nobody guesses has at least {LEAST}.")
    name = f"{file_stem(verify(source))}.py"
    files = {
        "setup.sh": (SCRIPTS / "setup.sh").read_bytes(),
        "run_autograder": (SCRIPTS / "run_autograder").read_bytes().replace(b"@SOURCE@", name.encode()),
        "requirements.txt": _requirement(wheel).encode(),
        name: source.path.read_bytes(),
    }
    if wheel is not None:
        files[wheel.name] = wheel.read_bytes()
    if secret:
        files["secret"] = secret
    return _zipped(files)


def _requirement(wheel: Path | None) -> str:
    from chainrule import __version__

    if wheel is None:
        return f"chainrule=={__version__}\n"
    if not wheel.is_file():
        raise FileNotFoundError(f"there is no wheel {wheel}. Build it with: pip wheel --no-deps .")
    if not (wheel.name.startswith("chainrule-") and wheel.suffix == ".whl" and zipfile.is_zipfile(wheel)):
        raise ValueError(f"{wheel} is no wheel of chainrule. Build it with: pip wheel --no-deps .")
    return f"./{wheel.name}\n"


def _zipped(files: dict[str, bytes]) -> bytes:
    """Uncompressed, in order of name and of one time: the same bytes wherever it is built."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix, whose permissions follow
            mode = EXECUTABLE if name in ("setup.sh", "run_autograder") else PLAIN
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, content)
    return buffer.getvalue()
