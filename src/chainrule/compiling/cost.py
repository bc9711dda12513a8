"""What each line of a text costs: counted from the program, measured by running the text with a clock between lines."""

from __future__ import annotations

import ast
import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeGuard

import numpy as np

from chainrule.compiling import numpy_engine
from chainrule.compiling.counting import bytes_of, count, saved_values
from chainrule.compiling.source import INDENT, Source
from chainrule.measuring.rates import Rates, roof
from chainrule.tracing.program import Equation, Program, Variable

__all__ = ["Cost", "LineCost", "count_cost", "equations_by_line", "measure_cost", "scaled"]

_LONGEST = 60  # of a line in the table
_SECONDS = 0.3  # for all runs together, if so many were enough
_RUNS = 6, 301  # at least, at most; the first does not count
_PATIENCE = 1.0  # after so many seconds fewer runs must do, so that a large step is not waited for
_CLOCK, _TICKS = "_clock", "_ticks"  # no value of a text begins with an underscore
_TITLES = ("line", "flops", "read", "written", "saved", "time", "of roof")


@dataclass(frozen=True)
class LineCost:
    """A line of the text.

    Args:
        line: its text; ``"total"`` for the sum.
        flops: multiplications and additions; any other function of one entry, such as ``exp``, counts as one.
        read, written: bytes of the arrays of each NumPy call on the line, those in between included.
        saved: bytes that a forward pass makes here and a backward pass reads.
        seconds: the median of several runs; 0 if it was only counted.
        needed: the seconds that its calls would need at the machine's measured rates; 0 if it was only counted.
        known: whether all functions' arithmetic is known; if not, their results' entries were counted.
    """

    line: str
    flops: int
    read: int
    written: int
    saved: int
    seconds: float
    needed: float
    known: bool = True

    @property
    def moved(self) -> int:
        """Bytes read and written."""
        return self.read + self.written

    @property
    def share(self) -> float:
        """How close to the roofline the line runs: 1 is as fast as the machine was seen to be."""
        return self.needed / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Cost:
    """What a text costs, line by line; it prints itself as a table.

    Args:
        name: of the function.
        rows: a line each, ``return`` last.
        total: their sum.
        rates: of the machine; None if the text was only counted and not run.
    """

    name: str
    rows: tuple[LineCost, ...]
    total: LineCost
    rates: Rates | None

    @property
    def timed(self) -> bool:
        """Whether the lines have times, and shares of the roofline."""
        return self.rates is not None

    def as_dict(self) -> dict[str, Any]:
        """For JSON. Lines that were only counted have no ``seconds``, ``needed`` and ``share``."""
        return {
            "name": self.name,
            "rows": [_as_dict(row, self.timed) for row in self.rows],
            "total": _as_dict(self.total, self.timed),
            "rates": None if self.rates is None else self.rates.as_dict(),
        }

    def __str__(self) -> str:
        shown = len(_TITLES) if self.timed else _TITLES.index("time")
        cells = [row[:shown] for row in (_TITLES, *map(_cells, self.rows), _cells(self.total))]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [_aligned(row, widths) for row in cells]
        notes = [] if self.total.known else ["? with a function whose arithmetic is not known: its entries are counted"]
        return "\n".join([lines[0], *lines[1:-1], "-" * len(lines[-1]), lines[-1], *notes])

    __repr__ = __str__


def measure_cost(program: Program, source: Source, arguments: Sequence[Any] = (), rates: Rates | None = None) -> Cost:
    """Count what the lines of the text do, and time them.

    Args:
        program: that the text was written from.
        source: the text.
        arguments: to run it with, of the program's form; without any, random ones.
        rates: of the machine; measured, once in a process, if not given.
    """
    rates = roof(max(map(_moved, program.equations), default=0)) if rates is None else rates
    return _cost(program, source, _times(source, _lines(source), _inputs(program, source, arguments)), rates)


def count_cost(program: Program, source: Source) -> Cost:
    """Count what the lines of the text do, and run nothing."""
    return _cost(program, source, [0.0 for _ in _lines(source)], None)


def _cost(program: Program, source: Source, times: Sequence[float], rates: Rates | None) -> Cost:
    saved = saved_values(program)
    rows = tuple(
        _row(line, equations, saved, seconds, rates)
        for line, equations, seconds in zip(_lines(source), equations_by_line(program, source), times, strict=True)
    )
    return Cost(source.name, rows, _total(rows), rates)


def _moved(equation: Equation) -> int:
    counted = count(equation)
    return counted.read + counted.written


def equations_by_line(program: Program, source: Source) -> list[list[Equation]]:
    """The equations that stand on each line of the text, ``return`` last.

    An equation whose result has a name in the text has a line of its own, in order. Any other is folded into the line
    of the one equation that uses its result, or into ``return``.
    """
    lines = _lines(source)
    own = {equation.output: equation for equation in program.equations if equation.output in source.names}
    if len(own) != len(lines) - 1:
        raise RuntimeError(f"cost: {source.name} has {len(lines) - 1} lines for {len(own)} named values")
    line_of = {variable: number for number, variable in enumerate(own)}
    found: list[list[Equation]] = [[] for _ in lines]
    for equation in reversed(program.equations):
        number = line_of.setdefault(equation.output, len(lines) - 1)
        for variable in equation.uses():
            line_of.setdefault(variable, number)
        found[number].insert(0, equation)
    return found


def _lines(source: Source) -> list[str]:
    """The body of the text's function."""
    return [line.removeprefix(INDENT) for line in source.text.splitlines() if line.startswith(INDENT)]


# -- measuring ---------------------------------------------------------------------------------------------


def _times(source: Source, lines: Sequence[str], inputs: Callable[[], list[Any]]) -> list[float]:
    """The median seconds of each line."""
    run, ticks = _with_clock(source, lines)
    taken: list[list[float]] = []
    started = time.perf_counter()
    with np.errstate(all="ignore"):  # random arguments may have no logarithm
        while not _enough(len(taken), time.perf_counter() - started):
            ticks.clear()
            run(*inputs())
            taken.append([after - before for before, after in itertools.pairwise(ticks)])
    warm = taken[1:] or taken  # the first run finds no caches filled; of a step that takes seconds it is the only one
    return [statistics.median(times) for times in zip(*warm, strict=True)]


def _enough(runs: int, seconds: float) -> bool:
    """Whether so many runs, in so many seconds, will do.

    >>> _enough(5, 0.9), _enough(6, 0.9), _enough(1, 20.0), _enough(0, 20.0), _enough(301, 0.01)
    (False, True, True, False, True)
    """
    least, most = _RUNS
    return runs > 0 and (runs >= most or seconds >= (_SECONDS if runs >= least else _PATIENCE))


def _with_clock(source: Source, lines: Sequence[str]) -> tuple[Callable[..., Any], list[float]]:
    """The text's function, noting the time before its first line and after each, and the list it notes it in."""
    ticks: list[float] = []
    tick = f"{INDENT}{_TICKS}({_CLOCK}())"
    header = next(line for line in source.text.splitlines() if line.startswith("def "))
    result = lines[-1].removeprefix("return ")
    body = [text for line in [*lines[:-1], f"_result = {result}"] for text in (INDENT + line, tick)]
    text = "\n".join([header, tick, *body, f"{INDENT}return _result"]) + "\n"
    references = {**source.references, _TICKS: ticks.append, _CLOCK: time.perf_counter}
    return numpy_engine.load(Source(source.name, text, references, source.names)), ticks


def _inputs(program: Program, source: Source, arguments: Sequence[Any]) -> Callable[[], list[Any]]:
    """Makes the arrays for a run: copies of those that the text writes over. The others may be a whole data set."""
    if arguments:
        bound = program.bind(tuple(arguments))
        values = [bound[variable] for variable in program.input_variables]
    else:
        rng = np.random.default_rng(0)
        values = [_random(variable, rng) for variable in program.input_variables]
    written = _written_over(source.text)
    changing = [source.names[variable] in written for variable in program.input_variables]
    return lambda: [
        value.copy() if changes and isinstance(value, np.ndarray) else value
        for value, changes in zip(values, changing, strict=True)
    ]


def _written_over(text: str) -> set[str]:
    """The names whose arrays a text writes into.

    >>> sorted(_written_over("a = b + c\\nnp.add(a, b, out=d)\\ne -= a"))
    ['d', 'e']
    """
    found = set()
    for node in ast.walk(ast.parse(text)):
        place = node.target if isinstance(node, ast.AugAssign) else node.value if _is_out(node) else None
        if isinstance(place, ast.Name):
            found.add(place.id)
    return found


def _is_out(node: ast.AST) -> TypeGuard[ast.keyword]:
    return isinstance(node, ast.keyword) and node.arg == "out"


def _random(variable: Variable, rng: np.random.Generator) -> Any:
    """A value of the variable's form: positive, so that it has a logarithm, and zero where it may be an index."""
    if isinstance(variable.dtype, type):
        return variable.dtype(1)
    if variable.dtype.kind == "f":
        return _as_variable(rng.uniform(0.1, 1.0, variable.shape), variable)
    if variable.dtype.kind == "b":
        return _as_variable(rng.random(variable.shape) < 0.5, variable)
    return np.zeros(variable.shape, variable.dtype)


def _as_variable(value: Any, variable: Variable) -> Any:
    return np.asarray(value, variable.dtype)


# -- rows --------------------------------------------------------------------------------------------------


def _row(
    line: str, equations: Sequence[Equation], saved: frozenset[Variable], seconds: float, rates: Rates | None
) -> LineCost:
    counts = [count(equation) for equation in equations]
    needed = [
        rates.needed(counted.flops, counted.read + counted.written, str(equation.output.dtype))
        for counted, equation in zip(counts, equations, strict=True)
        if rates is not None and counted.written  # numbers and views cost nothing at these rates
    ]
    return LineCost(
        line=line,
        flops=sum(counted.flops for counted in counts),
        read=sum(counted.read for counted in counts),
        written=sum(counted.written for counted in counts),
        saved=sum(bytes_of(equation.output) for equation in equations if equation.output in saved),
        seconds=seconds,
        needed=sum(needed),
        known=all(counted.known for counted in counts),
    )


def _as_dict(row: LineCost, timed: bool) -> dict[str, Any]:
    facts = {**asdict(row), "share": row.share}
    return {name: value for name, value in facts.items() if timed or name not in ("seconds", "needed", "share")}


def _total(rows: Sequence[LineCost]) -> LineCost:
    return LineCost(
        line="total",
        flops=sum(row.flops for row in rows),
        read=sum(row.read for row in rows),
        written=sum(row.written for row in rows),
        saved=sum(row.saved for row in rows),
        seconds=sum(row.seconds for row in rows),
        needed=sum(row.needed for row in rows),
        known=all(row.known for row in rows),
    )


def _cells(row: LineCost) -> tuple[str, ...]:
    line = row.line if len(row.line) <= _LONGEST else row.line[: _LONGEST - 1] + "…"
    flops = scaled(row.flops, "") + ("" if row.known else "?")
    sizes = [scaled(size, "B") if size else "" for size in (row.read, row.written, row.saved)]
    share = f"{100 * row.share:.0f} %" if row.needed else ""
    return (line, flops, *sizes, f"{1e6 * row.seconds:,.1f} µs", share)


def scaled(value: int, unit: str) -> str:
    """Three figures, in thousands.

    >>> scaled(640, ""), scaled(20_480, "B"), scaled(1_073_741_824, "")
    ('640', '20.5 kB', '1.07 G')
    """
    scaled, prefixes = float(value), ["", "k", "M", "G", "T", "P"]
    while scaled >= 999.5 and len(prefixes) > 1:
        scaled, prefixes = scaled / 1000, prefixes[1:]
    return f"{scaled:.3g} {prefixes[0]}{unit}".rstrip()


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]).rstrip()
