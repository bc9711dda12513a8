"""The commands that have no package of their own to stand in, one file each: words in, words out.

``chainrule exercise`` is in `chainrule.exercises`, ``chainrule grade`` in `chainrule.grading`. What a command needs is
imported when it runs, so that ``chainrule --help`` waits for none of it.
"""

from chainrule.commands import bench, check, data, explain, reproduce, training

__all__ = ["bench", "check", "data", "explain", "reproduce", "training"]
