"""What runs in the template process and its children, by NumPy and the standard library alone.

The grader starts `template` with a package path that has nothing else of chainrule; see `confinement/process.py`.
Reading order: `template` (forks a child for each submission), `child` (what happens there, in order), `kernel` and
`rules` (what the kernel then refuses), `modules` and `calls` (the submission is loaded and asked), `frames` (the form
in which it is asked and answers; used on both sides).
"""

from __future__ import annotations

__all__: list[str] = []
