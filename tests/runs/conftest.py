"""Small tables and runs on them, trained once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_tables import NASTY, flowers, houses, write_table

from chainrule.runs import DataSettings, Trained, TrainingSettings, train, write_run


class Written:
    """A run in a folder, and what it was made from."""

    def __init__(self, folder: Path, data: DataSettings, settings: TrainingSettings) -> None:
        self.data = data
        self.trained: Trained = train(settings, data.prepare(settings.seed), progress=False)
        self.place = folder / "runs" / "written"
        self.report = write_run(self.place, self.trained, data)


@pytest.fixture(scope="session")
def regression(tmp_path_factory) -> Written:
    folder = tmp_path_factory.mktemp("regression")
    table = write_table(folder / "houses.csv", houses())
    return Written(folder, DataSettings(str(table), "price"), TrainingSettings(model="linear", epochs=30))


@pytest.fixture(scope="session")
def binary(tmp_path_factory) -> Written:
    folder = tmp_path_factory.mktemp("binary")
    columns = flowers(labels=("no", NASTY))
    columns = {"long": columns["long"], NASTY: columns["wide"], "colour": columns["colour"]}
    table = write_table(folder / "flowers.csv", columns)
    return Written(folder, DataSettings(str(table), "colour"), TrainingSettings(hidden=(4,), epochs=5))


@pytest.fixture(scope="session")
def digits(tmp_path_factory) -> Written:
    settings = TrainingSettings(hidden=(8,), epochs=4, dtype="float32")
    return Written(tmp_path_factory.mktemp("digits"), DataSettings(), settings)
