"""What one sees of a training: the sheets' log lines, a bar on a terminal, or nothing."""

import io
import re
import sys

import numpy as np
import pytest

from chainrule.learning import SGD, Affine, Sequential, Solver
from chainrule.learning.progress import Bar, Lines, Silent, choose_progress, log_line
from chainrule.ops import squared_error


class Terminal(io.StringIO):
    """What a program writes to a terminal."""

    def isatty(self):
        return True


def train(epochs, validation=None, **options):
    model = Sequential([Affine(1, 1, weights="zeros")])
    solver = Solver(model, squared_error, SGD(0.1), **options)
    return solver.train([[0.0]], [[1.0]], validation, epochs=epochs)


def row(epoch, train_loss, validation_loss=None):
    return {"epoch": epoch, "train_loss": train_loss, "validation_loss": validation_loss}


def test_a_line_is_the_sheets():
    assert "Epoch    0, loss = 2.3026" == log_line(row(0, 2.302585), 501)
    assert "Epoch  500, loss = 0.0696" == log_line(row(500, 0.06961), 501)
    assert "Epoch 12345, loss = 1.0000" == log_line(row(12345, 1.0), 20000)


def test_a_line_has_the_validation_loss():
    assert "Epoch    3, loss = 0.5000, validation loss = 0.2500" == log_line(row(3, 0.5, 0.25), 10)


@pytest.mark.parametrize(
    ("loss", "shown"),
    [(0.0, "0.0000"), (1.5e-5, "1.5000e-05"), (123456.0, "123456.0000"), (3e9, "3.0000e+09"), (np.nan, "nan")],
)
def test_losses_of_every_size_can_be_read(loss, shown):
    assert f"Epoch    0, loss = {shown}" == log_line(row(0, loss), 1)


def test_lines_are_printed_where_there_is_no_terminal(capsys):
    train(3)  # the loss is (0.8 ** k) ** 2

    assert (
        "Epoch    0, loss = 1.0000\nEpoch    1, loss = 0.6400\nEpoch    2, loss = 0.4096\n" == capsys.readouterr().out
    )


def printed_epochs(capsys):
    return [int(epoch) for epoch in re.findall(r"Epoch +(\d+),", capsys.readouterr().out)]


def test_there_are_about_ten_lines_and_one_for_the_last_epoch(capsys):
    train(45)

    assert [0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44] == printed_epochs(capsys)
    train(48)
    assert [*range(0, 48, 4), 47] == printed_epochs(capsys)


def test_print_every_says_how_often(capsys):
    train(10, print_every=5)

    assert [0, 5, 9] == printed_epochs(capsys)


def test_the_last_epoch_has_a_line_also_if_training_stops_early(capsys):
    # The validation loss is best in epoch 2, so epoch 5 is the last.
    train(100, ([[0.0]], [[0.5]]), patience=3)

    assert [0, 5] == printed_epochs(capsys)


def test_nothing_is_printed_where_it_is_not_wanted(capsys):
    train(3, progress=False)

    assert ("", "") == capsys.readouterr()


def test_the_choice_depends_on_the_terminal(monkeypatch):
    assert isinstance(choose_progress(None, 10, None), Lines)
    assert isinstance(choose_progress(True, 10, None), Lines)
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert isinstance(choose_progress(None, 10, None), Bar)
    assert isinstance(choose_progress(False, 10, None), Silent)
    monkeypatch.setattr(sys, "stdout", None)  # a program without a console
    assert isinstance(choose_progress(None, 10, None), Lines)


def test_a_terminal_shows_a_bar_and_the_lines(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    train(20)
    shown = terminal.getvalue()

    assert "\x1b[" in shown
    assert "20/20" in shown
    for line in ("Epoch    0, loss = 1.0000", "Epoch    2, loss = 0.4096", "Epoch   19, loss = 2.0769e-04"):
        assert line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)


def test_the_bar_is_gone_after_an_error(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with pytest.raises(FloatingPointError):
        train(10, schedule=lambda epoch, epochs: 1e300)

    assert terminal.getvalue().endswith(("\x1b[?25h", "\x1b[2K", "\x1b[1A\x1b[2K"))  # the cursor is back
