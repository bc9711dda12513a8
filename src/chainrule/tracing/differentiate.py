"""Derivatives: a traced function's calls are walked backwards, each through its op's own backward.

Everything here is a function of functions with JAX's names and arguments. The gradient is recorded in the same
trace as the function, so it is a program too: it can be compiled, explained, and differentiated again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from chainrule.ops.rules import RULES
from chainrule.tracing.attempts import attempted
from chainrule.tracing.errors import unwrapped
from chainrule.tracing.forms import forms_as_calls
from chainrule.tracing.program import Equation, Variable
from chainrule.tracing.recorder import Recorder, active_recorder, mark
from chainrule.tracing.trace import parameter_names, trace
from chainrule.tracing.tracer import Tracer
from chainrule.tracing.trees import leaves, leaves_with_names, map_tree, rebuild

__all__ = ["grad", "hessian", "jacobian", "value_and_grad", "vjp"]

Function = Callable[..., Any]


def grad(function: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """The function that gives the gradient of ``function``, a function with a scalar result.

    >>> float(grad(lambda x: x**3)(2.0))
    12.0

    Args:
        function: plain NumPy code. Its differentiated arguments hold floats: arrays, numbers, or tuples, lists
            and dicts of them; the gradient has the same form. Keyword arguments are passed on.
        argnums: which argument, or arguments, to differentiate with respect to.
        has_aux: whether ``function`` returns ``(value, more)``; the gradient function then gives ``(gradient, more)``.

    Raises:
        TypeError: if a differentiated argument holds integers, or the result is not a scalar.
    """
    with_value = value_and_grad(function, argnums, has_aux)

    @functools.wraps(function)
    def gradient(*arguments: Any, **options: Any) -> Any:
        value, gradients = with_value(*arguments, **options)
        return (gradients, value[1]) if has_aux else gradients

    return gradient


def value_and_grad(function: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """The function that gives ``(value, gradient)``: as `grad`, at no more cost.

    >>> value, gradient = value_and_grad(lambda x: x**3)(2.0)
    >>> float(value), float(gradient)
    (8.0, 12.0)
    """

    @functools.wraps(function)
    def with_value(*arguments: Any, **options: Any) -> Any:
        def run(recorder: Recorder, inputs: tuple[Any, ...], chosen: Any) -> Any:
            result = function(*inputs, **options)
            value = result[0] if has_aux else result
            if np.shape(value) != ():
                raise TypeError(
                    f"grad: {_name(function)} must return a scalar, got shape {np.shape(value)}. Return one number, "
                    "`np.sum(...)` say, or ask for the `jacobian`."
                )
            if isinstance(value, Tracer) and value.current not in recorder.calls:
                recorder.names.setdefault(value.current, "value")
            return result, pull_back(recorder, [(value, None)], chosen)

        return _differentiated(function, argnums, arguments, run)

    return with_value


def vjp(function: Function, *primals: Any, has_aux: bool = False) -> Any:
    """The value at ``primals``, and the function that pulls a gradient of the result back to them.

    >>> out, pull = vjp(lambda x, y: x * y, 2.0, 3.0)
    >>> out, tuple(map(float, pull(1.0)))
    (6.0, (3.0, 2.0))

    Returns:
        ``(out, pull)``, or ``(out, pull, more)`` with ``has_aux``. ``pull(d_out)`` takes a tree of the form of
        ``out`` and gives one gradient per primal.
    """
    everything = tuple(range(len(primals)))
    result = function(*primals)
    out, more = result if has_aux else (result, None)

    def pull(d_out: Any) -> Any:
        given, expected = leaves(d_out), leaves(out)
        if [np.shape(leaf) for leaf in given] != [np.shape(leaf) for leaf in expected]:
            raise ValueError(
                f"vjp: d_out must have the form of the result, shapes {[np.shape(leaf) for leaf in expected]}, "
                f"got {[np.shape(leaf) for leaf in given]}"
            )

        def run(recorder: Recorder, inputs: tuple[Any, ...], chosen: Any) -> Any:
            value = function(*inputs)
            value = value[0] if has_aux else value
            return pull_back(recorder, zip(leaves(value), given, strict=True), chosen)

        return _differentiated(function, everything, primals, run)

    return (out, pull, more) if has_aux else (out, pull)


def jacobian(function: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """The function that gives all partial derivatives: shape of the result, then shape of the argument.

    >>> import numpy as np
    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0, 3.0]))
    array([[2., 0., 0.],
           [0., 4., 0.],
           [0., 0., 6.]])

    One row costs one backward pass, so it suits results that are not large.
    """

    @functools.wraps(function)
    def all_partials(*arguments: Any, **options: Any) -> Any:
        called = functools.partial(function, **options) if options else function
        recorded = active_recorder() is not None
        return (_jacobian_recorded if recorded else _jacobian_replayed)(called, argnums, arguments)

    return all_partials


def hessian(function: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """The function that gives all second partial derivatives of a function with a scalar result.

    >>> import numpy as np
    >>> hessian(lambda x: x[0] * x[1] ** 2)(np.array([1.0, 2.0]))
    array([[0., 4.],
           [4., 2.]])
    """
    return jacobian(grad(function, argnums), argnums)


# -- the walk ------------------------------------------------------------------------------------------


def pull_back(recorder: Recorder, seeds: Iterable[tuple[Any, Any]], inputs: Any) -> Any:
    """The gradients with respect to a tree of tracers, walking back from pairs ``(output, d_output)``.

    ``d_output`` None stands for 1. The walk is a loop over the equations in reverse, so a long program needs no stack.
    """
    forms_as_calls(recorder)
    sources = {leaf.current for leaf in leaves(inputs) if isinstance(leaf, Tracer)}
    depends = _dependents(recorder, sources)
    gradients: dict[Variable, Any] = {}
    for output, d_output in seeds:
        if isinstance(output, Tracer) and output.read() in depends:
            _add(recorder, gradients, output.read(), _seed(recorder, output, d_output))
    for equation in reversed(recorder.equations[:]):
        variable = equation.output
        if variable in gradients and variable not in sources:
            d_out = gradients.pop(variable)
            recorder.gradient_of.setdefault(d_out.current, []).append(variable)
            for array, d_array in _contributions(recorder, equation, d_out):
                if isinstance(array, Variable) and array in depends and d_array is not None:
                    _add(recorder, gradients, array, _fitting(recorder, equation, array, d_array))
    return map_tree(lambda leaf: _gradient(recorder, gradients, leaf), inputs)


def _dependents(recorder: Recorder, sources: set[Variable]) -> set[Variable]:
    """The variables that depend on the sources."""
    found = set(sources)
    for equation in recorder.equations:
        if any(variable in found for variable in equation.uses()):
            found.add(equation.output)
    return found


def _seed(recorder: Recorder, output: Tracer, d_output: Any) -> Tracer:
    if isinstance(d_output, Tracer):
        return d_output
    given = 1.0 if d_output is None else d_output
    # In the output's dtype, so that a float64 seed leaves a float32 gradient float32.
    return recorder.marked(given if output.current.is_python_number else np.asarray(given, output.dtype)[()])


def _contributions(recorder: Recorder, equation: Equation, d_out: Tracer) -> Iterator[tuple[Any, Any]]:
    """Each operand of an equation with the gradient that flows to it."""
    call = recorder.calls.get(equation.output)
    if call is not None:
        return zip(call.arrays, recorder.call_backward(call, d_out), strict=True)
    if equation.function is mark:
        return iter([(equation.operands[0], d_out)])
    rule = RULES.get(equation.function)
    if rule is None:  # rounding, comparing and the like: constant wherever they are differentiable
        return iter(())
    arrays, gradients = recorder.replay_backward(rule, equation, d_out)
    variables = (array.current if isinstance(array, Tracer) else None for array in arrays)
    return zip(variables, gradients, strict=True)


def _fitting(recorder: Recorder, equation: Equation, array: Variable, d_array: Any) -> Tracer:
    """A gradient in its array's shape and dtype; a wrong shape is the backward's mistake, and said so."""
    if np.shape(d_array) != array.shape:
        call = recorder.calls.get(equation.output)
        name = call.op.name if call is not None else equation.function.__name__
        raise ValueError(
            f"{name}: backward gave a gradient of shape {np.shape(d_array)} for an array of shape {array.shape}. "
            "A gradient has its array's shape; sum over the axes along which the array was broadcast."
        )
    tracer = d_array if isinstance(d_array, Tracer) else recorder.marked(d_array)
    if array.is_python_number or tracer.dtype == array.dtype:
        return tracer
    return recorder.record(np.astype, (tracer, array.dtype), {})


def _add(recorder: Recorder, gradients: dict[Variable, Any], variable: Variable, new: Tracer) -> None:
    known = gradients.get(variable)
    gradients[variable] = recorder.snapshot(new) if known is None else known + new


def _gradient(recorder: Recorder, gradients: dict[Variable, Any], leaf: Any) -> Any:
    if not isinstance(leaf, Tracer):
        return None
    gradient = gradients.get(leaf.current)
    if gradient is None:
        return recorder.record(np.zeros_like, (leaf,), {})
    recorder.gradient_of.setdefault(gradient.current, []).append(leaf.current)
    return gradient


# -- from arguments to tracers and back ------------------------------------------------------------------


def _differentiated(function: Function, argnums: Any, arguments: tuple[Any, ...], run: Function) -> Any:
    """Call ``run(recorder, inputs, chosen)`` with tracers in the chosen arguments.

    Inside a trace the recording goes on there, and the result is tracers; elsewhere the result is arrays.
    """
    _refuse_integers(function, argnums, arguments)
    recorder = active_recorder()
    if recorder is not None:
        inputs, chosen = _marked(recorder, argnums, arguments)
        return run(recorder, inputs, chosen)

    def attempt(recorder: Recorder) -> Any:
        try:
            with recorder.recording(), unwrapped():
                inputs, chosen = _marked(recorder, argnums, arguments)
                return _concrete(recorder, run(recorder, inputs, chosen))
        finally:
            recorder.restore()

    return attempted(attempt)


def _marked(recorder: Recorder, argnums: Any, arguments: tuple[Any, ...]) -> tuple[tuple[Any, ...], Any]:
    """The arguments with a fresh variable for each differentiated array, and those variables' own tracers.

    Fresh, so that ``grad(lambda t: t * x)(x)`` tells the two apart. The function gets other handles than the walk, so
    that writing in place doesn't change what is differentiated.
    """
    numbers = (argnums,) if isinstance(argnums, int) else argnums
    numbers = tuple(number % len(arguments) for number in numbers)
    own = {number: map_tree(recorder.fresh, arguments[number]) for number in numbers}
    inputs = tuple(
        map_tree(recorder.snapshot, own[number]) if number in own else argument
        for number, argument in enumerate(arguments)
    )
    return inputs, own[numbers[0]] if isinstance(argnums, int) else tuple(own[number] for number in numbers)


def _refuse_integers(function: Function, argnums: Any, arguments: tuple[Any, ...]) -> None:
    names = parameter_names(function, len(arguments))
    for number in (argnums,) if isinstance(argnums, int) else argnums:
        if not -len(arguments) <= number < len(arguments):
            raise ValueError(f"grad: argnums names argument {number}, and {_name(function)} was given {len(arguments)}")
        for name, leaf in leaves_with_names(arguments[number], names[number]):
            kind = np.dtype(leaf.dtype) if isinstance(leaf, Tracer) else np.asarray(leaf).dtype
            if leaf is not None and kind.kind != "f":
                raise TypeError(
                    f"grad: argument {name!r} of {_name(function)} holds {type(leaf).__name__} values of type {kind}; "
                    "a derivative needs floats. Write 3.0 for 3, `x.astype(float)` for an array."
                )


def _concrete(recorder: Recorder, result: Any) -> Any:
    """Arrays for tracers; each array is returned once and belongs to the caller."""
    returned: set[int] = set()

    def value_of(leaf: Any) -> Any:
        value = leaf.value if isinstance(leaf, Tracer) else leaf
        if isinstance(value, np.ndarray):
            if value.base is not None or not value.flags.writeable or id(value) in returned:
                value = value.copy(order="K")
            returned.add(id(value))
        return value

    return map_tree(value_of, result)


def _name(function: Function) -> str:
    return getattr(function, "__name__", type(function).__name__)


# -- row by row ------------------------------------------------------------------------------------------


def _jacobian_recorded(function: Function, argnums: Any, arguments: tuple[Any, ...]) -> Any:
    """All rows in the trace that is being recorded."""

    def run(recorder: Recorder, inputs: tuple[Any, ...], chosen: Any) -> Any:
        result = function(*inputs)
        outputs = leaves(result)
        rows = [[pull_back(recorder, [(output, seed)], chosen) for seed in _basis(output)] for output in outputs]
        return _assembled(result, rows)

    return _differentiated(function, argnums, arguments, run)


def _jacobian_replayed(function: Function, argnums: Any, arguments: tuple[Any, ...]) -> Any:
    """One row written down as a program, which is then run for each row."""
    _refuse_integers(function, argnums, arguments)
    result = function(*arguments)
    outputs = leaves(result)
    zeros = [np.zeros_like(output) for output in outputs]
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def row(chosen: Any, d_outputs: Any) -> Any:
        given = dict(zip((number % len(arguments) for number in numbers), chosen, strict=True))

        def run(recorder: Recorder, inputs: tuple[Any, ...], sources: Any) -> Any:
            return pull_back(recorder, zip(leaves(function(*inputs)), d_outputs, strict=True), sources)

        everything = tuple(given.get(number, argument) for number, argument in enumerate(arguments))
        return _differentiated(function, argnums, everything, run)

    chosen = tuple(arguments[number] for number in numbers)
    program = trace(row, chosen, [_like_array(zero) for zero in zeros])
    rows = []
    for place, output in enumerate(outputs):
        seeds = ([*zeros[:place], seed, *zeros[place + 1 :]] for seed in _basis(output))
        rows.append([program(chosen, [_like_array(part) for part in parts]) for parts in seeds])
    return _assembled(result, rows)


def _like_array(value: Any) -> Any:
    """A seed as an array, whatever NumPy made of a 0-d one."""
    return np.asarray(value)


def _basis(output: Any) -> Iterator[Any]:
    """The unit vectors of the output's space."""
    shape, dtype = np.shape(output), getattr(output, "dtype", np.dtype(float))
    for place in range(int(np.prod(shape, dtype=np.int64))):
        unit = np.zeros(shape, dtype)
        unit.flat[place] = 1
        yield unit


def _assembled(result: Any, rows: list[list[Any]]) -> Any:
    """Rows of gradients put together: the form of the result, and in it the form of the arguments."""
    blocks = []
    for output, gradients in zip(leaves(result), rows, strict=True):
        columns = zip(*(leaves(gradient) for gradient in gradients), strict=True)
        stacked = [np.stack(parts).reshape(np.shape(output) + np.shape(parts[0])) for parts in columns]
        blocks.append(rebuild(gradients[0], stacked))
    return rebuild(result, blocks)
