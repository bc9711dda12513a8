"""Intake: definitions from notebooks and files, whoever wrote them in whatever encoding; and whose they are."""

import ast

import nbformat
import pytest
from layers_class import RIGHT, STUBS, notebook

from chainrule.grading.intake import submission_from, submission_of, take_in
from chainrule.grading.intake.names import owner_of
from chainrule.grading.intake.taking import _few


def taken(**files):
    return submission_of("doe", {name.replace("__", "."): content for name, content in files.items()})


def defined(text):
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [node.name for node in ast.parse(text).body if isinstance(node, kinds)]


# -- definitions only --------------------------------------------------------------------------------------


def test_of_a_file_its_definitions_stay_where_they_were():
    text = "import numpy as np\nprint(1)\n\n@staticmethod\ndef f():\n    return 2\n\ntrain(f)\nEPS = 1e-3\n"

    assert (
        "import numpy as np\n\n\n@staticmethod\ndef f():\n    return 2\n\n\nEPS = 1e-3\n"
        == (taken(a__py=text.encode()).files["a.py"])
    )


@pytest.mark.parametrize(
    "line",
    [
        "EPS = 1e-3",
        "a, b = 1, 2",
        "SIZES = {'in': [2, 3], 'out': -1}",
        "text: str = 'a'",
        "try:\n    import cupy\nexcept ImportError:\n    cupy = None",
    ],
)
def test_what_costs_nothing_is_kept(line):
    assert {"a.py": line + "\n"} == taken(a__py=line.encode()).files


@pytest.mark.parametrize(
    "line", ["sigmoid = Sigmoid()", "relu = np.maximum", "DT = np.float32", "f = lambda x: x", "half = 1 / 2"]
)
def test_what_may_fail_is_kept_and_cannot_stop_what_stands_below(line):
    names = {}
    exec(taken(a__py=f"{line}\nafter = 1".encode()).files["a.py"], names)

    assert 1 == names["after"]


def test_an_instance_without_computed_arguments_is_made():
    names = {}
    exec(taken(a__py=b"class Two:\n    value = 2\n\ntwo = Two()").files["a.py"], names)

    assert 2 == names["two"].value


@pytest.mark.parametrize(
    "line",
    [
        "history = train()",
        "x = np.random.normal(size=(3, 3))",
        "data = Data(load())",
        "np.add = min",
        "x += 1",
        "for i in y:\n    pass",
        "del x",
        "if __name__ == '__main__':\n    main()",
        "x[0] = 1",
    ],
)
def test_what_would_run_is_left_out(line):
    assert {} == taken(a__py=line.encode()).files


def test_of_two_statements_on_a_line_the_definition_is_kept():
    assert {"a.py": "import os; b = 2\n"} == taken(a__py=b"import os; train(); b = 2").files


def test_a_string_at_the_top_level_is_an_answer():
    answers = taken(a__py=b'answer_a = "t1 = a"\n\ndef f():\n    answer_b = "no"\nn = 1').answers

    assert {"answer_a": "t1 = a"} == answers


def test_of_a_notebook_magics_go_and_other_languages():
    cells = ("%matplotlib inline\n!pip install x\nimport os", "%%bash\nls", "%%time\nb = 1\n", "a = 5\nc?")
    text = taken(a__ipynb=notebook(*cells).encode()).files["a.ipynb"]
    names = {}
    exec(text, names)

    assert (1, 5) == (names["b"], names["a"])
    assert "pip" not in text
    assert "ls" not in text


def test_a_percent_sign_that_goes_on_with_the_line_before_is_no_magic():
    text = taken(a__ipynb=notebook("def f(a, b):\n    return (a\n        % b)").encode()).files["a.ipynb"]
    names = {}
    exec(text, names)

    assert 1 == names["f"](7, 2)


def test_a_cell_that_does_not_parse_is_told_and_the_others_count():
    submission = taken(a__ipynb=notebook("def f():\n    return 1", "def g(:\n    x", "def h():\n    return 2").encode())

    assert ["f", "h"] == defined(submission.files["a.ipynb"])
    (problem,) = submission.problems
    assert problem.startswith("a.ipynb, cell 2, line 1: this does not parse")


def test_of_a_file_that_does_not_parse_the_other_functions_count():
    submission = taken(a__py=b"def f():\n    return 1\n\ndef g(x:\n    return (\n\ndef h():\n    return 2\n")

    assert ["f", "h"] == defined(submission.files["a.py"])
    (problem,) = submission.problems
    assert problem.startswith("a.py, line ")


@pytest.mark.parametrize("text", ["def f():\n    break", "def f(x):\n    global x", "class A:\n    return 1"])
def test_a_fault_that_only_compiling_sees_is_a_problem(text):
    assert "does not parse" in taken(a__py=text.encode()).problems[0]


def test_an_import_from_the_future_comes_first_whatever_cell_it_is_in():
    cells = ("import os", "from __future__ import annotations\ndef f(x: Unknown):\n    return x")
    text = taken(a__ipynb=notebook(*cells).encode()).files["a.ipynb"]
    names = {}
    exec(compile(text, "a", "exec", dont_inherit=True), names)

    assert 3 == names["f"](3)


@pytest.mark.parametrize(
    "text",
    ["(" * 5000, "x = " + "-" * 100_000 + "1", "x = '" + "\\0", "x = \0", "1" * 5000, "if 1:\n" + " " * 9 + "x\n\tx"],
)
def test_code_that_a_parser_chokes_on_is_a_problem(text):
    assert 1 == len(taken(a__py=text.encode(), b__py=b"c = 1").problems)
    assert {"b.py": "c = 1\n"} == taken(a__py=text.encode(), b__py=b"c = 1").files


# -- encodings and versions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_of_unicode_are_read(encoding):
    submission = taken(a__py='name = "größer"\r\nb = 1'.encode(encoding))

    assert {"name": "größer"} == submission.answers
    assert () == submission.problems


def test_latin_1_is_read_with_a_note():
    submission = taken(a__py='name = "größer"'.encode("latin-1"))

    assert {"name": "größer"} == submission.answers
    assert ("a.py: it is not in UTF-8; it was read as Latin-1.",) == submission.problems


def test_a_declared_encoding_is_followed():
    submission = taken(a__py='# -*- coding: koi8-r -*-\nname = "привет"'.encode("koi8-r"))

    assert ({"name": "привет"}, ()) == (submission.answers, submission.problems)


@pytest.mark.parametrize("name", ["punycode", "idna", "rot13", "zlib", "unicode_escape", "nothing"])
def test_a_declared_encoding_that_is_none_of_text_is_not_followed(name):
    submission = taken(a__py=f'# coding: {name}\nname = "gr'.encode() + b'\xf6"')

    assert {"name": "grö"} == submission.answers


@pytest.mark.parametrize("version", [2, 3, 4])
def test_notebooks_of_old_versions_are_read(version):
    assert ["f"] == defined(taken(a__ipynb=notebook("def f():\n    pass", version=version).encode()).files["a.ipynb"])


def test_notebooks_that_nbformat_writes_are_read():
    v3 = nbformat.v3
    old = v3.new_notebook(worksheets=[v3.new_worksheet(cells=[v3.new_code_cell(input="def f():\n    pass")])])
    new = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("def g():\n    pass")])
    submission = taken(a__ipynb=v3.nbjson.writes(old).encode(), b__ipynb=nbformat.writes(new).encode())

    assert [["f"], ["g"]] == [defined(text) for text in submission.files.values()]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"cells": [}',
        "[]",
        "{}",
        "null",
        '{"cells": 5}',
        "[" * 100_000,
        "<html></html>",
        '{"cells": ' + "1" * 5000 + "}",
    ],
)
def test_a_notebook_that_cannot_be_read_is_a_problem(text):
    submission = taken(a__ipynb=text.encode(), b__py=b"c = 1")

    (problem,) = submission.problems
    assert problem.startswith("a.ipynb is no notebook that can be read: ")
    assert {"b.py": "c = 1\n"} == submission.files


def test_broken_json_is_told_with_its_place():
    assert "it is no JSON at line 2, column 1" in taken(a__ipynb=b'{"cells":\n}').problems[0]


@pytest.mark.parametrize(
    "cell", ["5", "null", "[]", '{"cell_type": "code"}', '{"cell_type": "code", "source": 5}', '{"source": [[1]]}']
)
def test_strange_cells_are_none(cell):
    assert ({}, ()) == (
        taken(a__ipynb=f'{{"cells": [{cell}]}}'.encode()).files,
        taken(a__ipynb=f'{{"cells": [{cell}]}}'.encode()).problems,
    )


def test_half_a_character_in_a_notebook_is_a_problem_and_no_crash():
    submission = taken(a__ipynb=b'{"cells": [{"cell_type": "code", "source": "a = \'\\ud800\'"}]}')

    assert 1 == len(submission.problems)
    assert submission.digest


# -- the same name twice -------------------------------------------------------------------------------------


def test_of_two_files_that_define_a_class_the_later_counts_and_that_is_told():
    submission = taken(a__py=b"class A:\n    x = 1", b__py=b"class A:\n    x = 2")

    assert ("A is defined in a.py and in b.py; the one in b.py counts. Hand in one.",) == submission.problems
    assert ["a.py", "b.py"] == list(submission.files)


def test_a_stub_makes_way_for_what_is_written_wherever_it_stands():
    submission = taken(a__py=RIGHT.encode(), b__py=STUBS.encode(), c__ipynb=notebook(STUBS).encode())

    assert () == submission.problems
    assert ["affine_forward", "affine_backward"] == [
        name for text in submission.files.values() for name in defined(text)
    ]


def test_the_same_definition_twice_is_no_problem():
    assert (
        () == taken(a__py=b"def f():\n    return 1 # one", b__ipynb=notebook("def f():\n  return 1").encode()).problems
    )


def test_notebooks_come_after_files_and_what_lies_deeper_comes_first():
    files = {"top.py": b"a = 1", "nb.ipynb": notebook("b = 1").encode(), "pack/age/deep.py": b"c = 1"}

    assert ["pack/age/deep.py", "top.py", "nb.ipynb"] == list(submission_of("doe", files).files)


# -- whose it is -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("jane-doe.zip", "jane-doe"),
        ("Jane Doe_1234567_assignsubmission_file_hw.zip", "Jane Doe_1234567"),
        ("doejane_12345_67890_hw.ipynb", "doejane_12345"),
        ("doejane_LATE_12345_67890_hw-2.zip", "doejane_12345"),
        ("Müller_Zoë.py", "Müller_Zoë"),
        ("\x1b[2Jevil.py", "_x1b[2Jevil"),
        ("...zip", "__"),
        ("hw_2.py", "hw_2"),
    ],
)
def test_names_of_platforms_are_understood(tmp_path, name, owner):
    assert owner == owner_of(tmp_path / name)[0]


def test_a_folder_for_each_participant(tmp_path):
    for name in ("Doe_Jane_jdoe_12345", "Ann Lee_7_assignsubmission_file_"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "hw.py").write_text("a = 1")

    assert ["Ann Lee_7", "Doe_Jane_jdoe_12345"] == [one.name for one in take_in(tmp_path)]


def test_canvas_files_of_one_participant_are_one_submission(tmp_path):
    (tmp_path / "doe_12_1_a.py").write_text("a = 1")
    (tmp_path / "doe_LATE_12_2_b.py").write_text("b = 1")
    (tmp_path / "lee_13_3_a.py").write_text("a = 1")
    doe, lee = take_in(tmp_path)

    assert ("doe_12", ["doe_12_1_a.py", "doe_LATE_12_2_b.py"]) == (doe.name, list(doe.files))
    assert ("handed in late, as the platform's file name says",) == doe.flags
    assert ("lee_13", ()) == (lee.name, lee.flags)


def test_other_files_are_a_submission_each_and_names_do_not_collide(tmp_path):
    (tmp_path / "doe.py").write_text("a = 1")
    (tmp_path / "doe.ipynb").write_text(notebook("b = 1"))
    (tmp_path / "DOE").mkdir()
    (tmp_path / "notes.txt").write_text("no submission")

    assert ["DOE", "doe (2)", "doe (3)"] == [one.name for one in take_in(tmp_path)]


def test_what_programs_leave_behind_is_not_looked_at(tmp_path):
    for name in (".ipynb_checkpoints", "__MACOSX", "__pycache__", ".git"):
        (tmp_path / "doe" / name).mkdir(parents=True)
        (tmp_path / "doe" / name / "hw.py").write_text("a = 1")
    (tmp_path / "doe" / "hw.py").write_text("b = 1")

    assert {"hw.py": "b = 1\n"} == submission_from(tmp_path / "doe").files


def test_an_empty_folder_is_a_submission_with_a_problem(tmp_path):
    (tmp_path / "doe").mkdir()
    (one,) = take_in(tmp_path)

    assert ({}, ("There is no notebook (.ipynb) and no Python file (.py) in what was handed in.",)) == (
        one.files,
        one.problems,
    )


def test_a_class_without_submissions_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="holds no submission"):
        list(take_in(tmp_path))
    with pytest.raises(ValueError, match="is no folder"):
        list(take_in(tmp_path / "missing"))


def test_non_ascii_names_of_people_and_files_stay(tmp_path):
    (tmp_path / "Zoë Müller 李").mkdir()
    (tmp_path / "Zoë Müller 李" / "übung_π.py").write_text("a = 1")
    (one,) = take_in(tmp_path)

    assert ("Zoë Müller 李", ["übung_π.py"]) == (one.name, list(one.files))


def test_a_name_that_is_no_unicode_is_taken(tmp_path):
    (tmp_path / "doe").mkdir()
    (tmp_path / "doe" / b"h\xff.py".decode("utf-8", "surrogateescape")).write_text("a = 1")

    assert submission_from(tmp_path / "doe").digest


def test_links_are_not_followed(tmp_path):
    (tmp_path / "key.py").write_text("secret = 1")
    place = tmp_path / "class"
    (place / "doe").mkdir(parents=True)
    (place / "doe" / "hw.py").symlink_to(tmp_path / "key.py")
    (place / "lee").symlink_to(tmp_path)
    doe, lee = take_in(place)

    assert ({}, {}) == (doe.files, lee.files)
    assert "hw.py is a link and was not followed" in doe.problems[0]
    assert "lee is a link and was not followed" in lee.problems[0]


def test_a_pipe_does_not_hold_up_the_class(tmp_path):
    import os

    (tmp_path / "doe").mkdir()
    os.mkfifo(tmp_path / "doe" / "hw.py")

    assert {} == submission_from(tmp_path / "doe").files


def test_the_digest_is_of_what_counts(tmp_path):
    assert taken(a__py=b"a = 1\nprint(1)").digest == taken(a__py=b"a = 1\ntrain()").digest
    assert taken(a__py=b"a = 1").digest != taken(a__py=b"a = 2").digest


def test_a_thousand_problems_are_fifty():
    assert 51 == len(_few([str(number) for number in range(1000)]))
