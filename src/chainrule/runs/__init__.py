"""A training run as a folder: what was trained on what, how well it does, and pictures of both.

Read in this order:

1. ``settings``: :class:`DataSettings` and :class:`TrainingSettings`, what is to be trained, and how.
2. ``predictions``: between a model's output and labels or values. ``scores``: how good these are.
3. ``placement``: :class:`Placement`, devices, processes and a checkpoint; ``supervising``: if one of them is lost.
4. ``training``: :func:`train`, settings and data become a :class:`Trained` model and its results.
5. ``folder``: :func:`write_run`; :class:`Run`, a written run that predicts and evaluates new tables.
6. ``findings``, ``plots``, ``pictures``, ``costs``, ``report``: what a reader gets to see.
"""

from chainrule.runs.folder import Run, choose_place, write_run
from chainrule.runs.placement import Placement
from chainrule.runs.settings import DataSettings, TrainingSettings
from chainrule.runs.training import Trained, train

__all__ = ["DataSettings", "Placement", "Run", "Trained", "TrainingSettings", "choose_place", "train", "write_run"]
