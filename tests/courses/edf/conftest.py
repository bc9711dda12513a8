"""Every test of EDF builds a graph of its own, and leaves the framework's settings as they were."""

import numpy as np
import pytest

from chainrule.courses import edf


@pytest.fixture(autouse=True)
def own_graph():
    settings = edf.learning_rate, edf.DT
    edf.DT = np.float64
    with edf.Graph() as graph:
        yield graph
    edf.learning_rate, edf.DT = settings
