"""An explanation prints itself in every form, saves by a file's ending, and shows itself in a notebook."""

import json

import numpy as np
import pytest

from chainrule import explain

A = {"a": 1, "b": 2}
ENDINGS = [".html", ".txt", ".tex", ".tikz", ".svg", ".png", ".dot", ".mmd", ".json"]


def expression_a():
    return explain("A = exp(a)/sqrt(b)*log(a+b)", **A)


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_ending_decides_the_form_and_the_bytes_are_the_same_each_time(ending, tmp_path):
    contents = []
    for number in (1, 2):
        expression_a().save(tmp_path / f"{number}{ending}")
        contents.append((tmp_path / f"{number}{ending}").read_bytes())

    assert contents[0] == contents[1]
    assert len(contents[0]) > 100


def test_another_ending_lists_those_that_there_are(tmp_path):
    with pytest.raises(ValueError, match=r"no form has the ending '.doc'; there are .html, .txt"):
        expression_a().save(tmp_path / "a.doc")

    assert [] == list(tmp_path.iterdir())


def test_an_unknown_form_lists_those_that_there_are():
    with pytest.raises(ValueError, match="form is 'magic'; expected one of both, chain, rule, numbers"):
        expression_a().text("magic")


def test_str_is_the_text_form():
    answer = expression_a()

    assert str(answer) == answer.text("both")
    assert "A = exp(a)/sqrt(b)*log(a+b)   at a = 1, b = 2" == str(answer).splitlines()[0]


def test_json_is_the_record():
    data = json.loads(expression_a().json())

    assert ["A", "exp(a)/sqrt(b)*log(a+b)"] == [data["name"], data["subject"]]
    assert [8, 9, 9] == [len(data["nodes"]), len(data["edges"]), len(data["messages"])]
    assert abs(data["value"] - 2.1116597240074237) < 1e-12


def test_json_summarises_large_arrays_and_spells_out_infinities():
    with np.errstate(all="ignore"):
        data = json.loads(explain(lambda x: np.sum(x), np.array([np.inf, 1.0])).json())
    large = json.loads(explain(lambda x: np.sum(x), np.ones((20, 20))).json())

    assert ["inf", 1.0] == data["nodes"][0]["value"]
    assert {"shape": [20, 20], "from": 1.0, "to": 1.0} == large["nodes"][0]["value"]


def test_a_notebook_shows_the_page_in_a_frame_of_its_own():
    shown = expression_a()._repr_html_()

    assert shown.startswith('<iframe srcdoc="&lt;!doctype html')
    assert shown.count("<iframe") == 1


def test_the_short_form_counts():
    assert "<Explanation of exp(a)/sqrt(b)*log(a+b): 8 nodes, 9 messages>" == repr(expression_a())
