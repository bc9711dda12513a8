"""A, B and C in every form are what they were when somebody looked at them; ``tools/golden.py`` writes them anew."""

from pathlib import Path

import pytest

from tools import load_tool

FOLDER = Path(__file__).with_name("golden")


FORMS = load_tool("golden").forms()


@pytest.mark.parametrize("name", FORMS)
def test_the_form_is_as_it_was_looked_at(name):
    assert (FOLDER / name).read_text(encoding="utf-8") == FORMS[name]


def test_no_other_file_is_kept():
    assert set(FORMS) == {path.name for path in FOLDER.iterdir()}
