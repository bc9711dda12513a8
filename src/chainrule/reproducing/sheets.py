"""All sheets, and running their experiments one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from chainrule.data.wording import nearest
from chainrule.reproducing import edf_1, i2dl_4, i2dl_5, tum_ml_9
from chainrule.reproducing.experiment import Experiment, Outcome, Sheet

__all__ = ["SHEETS", "chosen_sheets", "run"]

_ALL: tuple[Sheet, ...] = (i2dl_4.SHEET, i2dl_5.SHEET, tum_ml_9.SHEET, edf_1.SHEET)
SHEETS = {sheet.name: sheet for sheet in _ALL}


def chosen_sheets(names: Sequence[str]) -> list[Sheet]:
    """The sheets of these names, all if none is given, in their own order.

    Raises:
        ValueError: there is no such sheet.
    """
    for name in names:
        if name not in SHEETS:
            raise ValueError(f"no sheet {name!r}; there are {', '.join(SHEETS)}.{nearest(name, list(SHEETS))}")
    return [sheet for name, sheet in SHEETS.items() if name in names or not names]


def run(sheets: Sequence[Sheet], starting: Callable[[Sheet, Experiment], None] | None = None) -> Iterator[Outcome]:
    """Run every experiment. One whose data are absent does not run, and says what to do.

    Args:
        sheets: from `chosen_sheets`.
        starting: told before each experiment.
    """
    for sheet in sheets:
        for experiment in sheet.experiments:
            if starting is not None:
                starting(sheet, experiment)
            start = time.perf_counter()
            try:
                results = experiment.run()
            except FileNotFoundError as error:
                if experiment.needs is None:
                    raise
                yield Outcome(sheet, experiment, time.perf_counter() - start, missing=str(error))
            else:
                yield Outcome(sheet, experiment, time.perf_counter() - start, results)
