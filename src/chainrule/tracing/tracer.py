"""A tracer stands for an array: it computes what the array would, and has it written down.

It is a mutable handle on an immutable variable. Writing in place, ``d_out[x <= 0] = 0``, gives the handle
another variable, which everyone who holds the same object sees, as with an array. Views are the one thing
handles can't imitate: writing through one, or reading one after its base was written, is refused.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.op import Op
from chainrule.tracing import numpy_calls
from chainrule.tracing.errors import PlainArrayError, TracingError
from chainrule.tracing.program import Variable
from chainrule.tracing.trees import leaves

if TYPE_CHECKING:
    from chainrule.tracing.recorder import Recorder

__all__ = ["Tracer"]

_THROUGH_VIEW = (
    "this writes through a view (a slice, a reshape, a transpose of another array), and a trace can't follow the "
    "write into the array behind it. Write into that array itself, `a[rows] = ...` or `a[rows] += ...`, or make the "
    "view a `.copy()`."
)


def _operator(ufunc: Callable[..., Any], plain: Callable[..., Any]) -> tuple[Any, Any, Any]:
    """The operator, its reflection and its in-place form. Python numbers alone stay Python numbers."""

    def forward(self: Tracer, other: Any) -> Any:
        return numpy_calls.binary(self, ufunc, plain, self, other)

    def reflected(self: Tracer, other: Any) -> Any:
        return numpy_calls.binary(self, ufunc, plain, other, self)

    def in_place(self: Tracer, other: Any) -> Any:
        result = numpy_calls.binary(self, ufunc, plain, self, other)
        return result if result is NotImplemented else self.write_all(result)

    return forward, reflected, in_place


def _comparison(ufunc: Callable[..., Any]) -> Any:
    def compare(self: Tracer, other: Any) -> Any:
        return numpy_calls.binary(self, ufunc, ufunc, self, other)

    return compare


def _method(function: Callable[..., Any]) -> Any:
    """An array method that means the same as a NumPy function of the array."""

    def method(self: Tracer, *args: Any, **kwargs: Any) -> Any:
        return numpy_calls.array_function(self.recorder, function, (self, *args), kwargs)

    method.__name__ = function.__name__
    method.__doc__ = f"As ``np.{function.__name__}``."
    return method


class Tracer:
    """Stands for an array (or a Python number) while a function is being traced."""

    __slots__ = ("__weakref__", "_base", "_base_version", "_pending", "_variable", "recorder", "version")
    __hash__ = object.__hash__

    def __init__(self, recorder: Recorder, variable: Variable, base: Tracer | None = None) -> None:
        self.recorder = recorder
        self.version = 0
        self._pending: tuple[Tracer, TracingError] | None = None
        self._variable = variable
        self._base = base
        self._base_version = base.version if base is not None else 0

    # -- what an array tells about itself ----------------------------------------------------------

    def read(self) -> Variable:
        """The variable it stands for now."""
        if self._pending is not None:
            raise self._pending[1]
        base = self._base
        if base is not None:
            base.read()
            if base.version != self._base_version:
                raise TracingError(
                    "this array is a view (a slice, a reshape, a transpose) of one that was written to since; "
                    "a trace can't follow the change into the view. Take the view after writing, or write "
                    "`.copy()` where it is made."
                )
        return self._variable

    @property
    def current(self) -> Variable:
        """The variable it stands for now, asked without the checks of `read`."""
        return self._variable

    @property
    def value(self) -> Any:
        """The value it has in this run of the function."""
        return self.recorder.values[self._variable]

    @property
    def shape(self) -> tuple[int, ...]:
        return self._variable.shape

    @property
    def ndim(self) -> int:
        return len(self._variable.shape)

    @property
    def dtype(self) -> Any:
        kind = self._variable.dtype
        return np.dtype(kind)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def itemsize(self) -> int:
        return int(self.dtype.itemsize)

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

    @property
    def T(self) -> Any:
        return self.transpose()

    @property
    def mT(self) -> Any:
        return numpy_calls.array_function(self.recorder, np.matrix_transpose, (self,), {})

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[number] for number in range(self.shape[0]))

    def __repr__(self) -> str:
        return f"Tracer({self.value!r})"

    def __format__(self, specification: str) -> str:
        return format(self.value, specification)

    # -- arithmetic --------------------------------------------------------------------------------

    __add__, __radd__, __iadd__ = _operator(np.add, operator.add)
    __sub__, __rsub__, __isub__ = _operator(np.subtract, operator.sub)
    __mul__, __rmul__, __imul__ = _operator(np.multiply, operator.mul)
    __truediv__, __rtruediv__, __itruediv__ = _operator(np.divide, operator.truediv)
    __floordiv__, __rfloordiv__, __ifloordiv__ = _operator(np.floor_divide, operator.floordiv)
    # x ** 2 and np.power(x, 2) may differ in the last bit, so each is written down as what it is.
    __pow__, __rpow__, __ipow__ = _operator(operator.pow, operator.pow)
    __matmul__, __rmatmul__, __imatmul__ = _operator(np.matmul, operator.matmul)
    __and__, __rand__, __iand__ = _operator(np.bitwise_and, operator.and_)
    __or__, __ror__, __ior__ = _operator(np.bitwise_or, operator.or_)
    __xor__, __rxor__, __ixor__ = _operator(np.bitwise_xor, operator.xor)
    __lt__ = _comparison(np.less)
    __le__ = _comparison(np.less_equal)
    __gt__ = _comparison(np.greater)
    __ge__ = _comparison(np.greater_equal)
    __eq__ = _comparison(np.equal)
    __ne__ = _comparison(np.not_equal)

    def __neg__(self) -> Any:
        return numpy_calls.unary(self, np.negative, operator.neg)

    def __pos__(self) -> Any:
        return numpy_calls.unary(self, np.positive, operator.pos)

    def __abs__(self) -> Any:
        return numpy_calls.unary(self, np.absolute, operator.abs)

    def __invert__(self) -> Any:
        return numpy_calls.unary(self, np.invert, operator.invert)

    # -- the array methods that mean the same as NumPy's functions -----------------------------------

    sum = _method(np.sum)
    mean = _method(np.mean)
    prod = _method(np.prod)
    max = _method(np.max)
    min = _method(np.min)
    var = _method(np.var)
    std = _method(np.std)
    cumsum = _method(np.cumsum)
    dot = _method(np.dot)
    clip = _method(np.clip)
    ravel = _method(np.ravel)
    swapaxes = _method(np.swapaxes)
    squeeze = _method(np.squeeze)
    take = _method(np.take)
    round = _method(np.round)
    argmax = _method(np.argmax)
    argmin = _method(np.argmin)
    argsort = _method(np.argsort)
    any = _method(np.any)
    all = _method(np.all)
    nonzero = _method(np.nonzero)
    repeat = _method(np.repeat)
    diagonal = _method(np.diagonal)

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        """As ``np.reshape``; the sizes may be given one by one."""
        form = shape[0] if len(shape) == 1 else shape
        return numpy_calls.array_function(self.recorder, np.reshape, (self, form), kwargs)

    def transpose(self, *axes: Any) -> Any:
        """As ``np.transpose``; the axes may be given one by one."""
        order = axes[0] if len(axes) == 1 else axes
        arguments = (self, order) if axes and order is not None else (self,)
        return numpy_calls.array_function(self.recorder, np.transpose, arguments, {})

    def flatten(self) -> Any:
        """All entries in one row, as a copy."""
        return Tracer(self.recorder, self.reshape(-1).read())

    def copy(self, order: str = "C") -> Any:
        """Another handle: what is written through one is not seen through the other.

        An equation only where the copy lies otherwise in memory: NumPy adds up in the order of memory.
        """
        return Tracer(self.recorder, numpy_calls.ordered(self, order).read())

    def __copy__(self) -> Any:
        return self.copy("K")

    def __deepcopy__(self, memory: dict[int, Any]) -> Any:
        return self.copy("K")

    def astype(self, dtype: Any, **kwargs: Any) -> Any:
        """As ``np.astype``."""
        return numpy_calls.array_function(self.recorder, np.astype, (self, np.dtype(dtype)), {})

    def fill(self, value: Any) -> None:
        """Write ``value`` into every entry."""
        self[...] = value

    # -- indexing and writing ----------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Any:
        return numpy_calls.get(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        numpy_calls.put(self, index, value)

    @property
    def is_array(self) -> bool:
        """Whether it stands for an array, which can be written in place, and not for a number."""
        return isinstance(self.value, np.ndarray)

    def view(self, variable: Variable) -> Tracer:
        """A tracer for a value that shares this array's memory."""
        return Tracer(self.recorder, variable, base=self)

    def write_all(self, new: Any) -> Any:
        """What ``self += ...`` does: the array gets the new entries; a number gives a new number."""
        if not self.is_array:
            return new
        if self._base is not None:
            return self._base.expect(self, new)
        self.write(new)
        return self

    def expect(self, view: Tracer, new: Any) -> Any:
        """``self[rows] += ...`` changes a view and then puts it back; until it is put back, nobody may read."""
        view.read()
        result = Tracer(self.recorder, numpy_calls.fitted(view, new).read())
        self._pending = result, TracingError(_THROUGH_VIEW)
        return result

    def put_back(self, value: Any) -> None:
        """The view that was changed has arrived where it came from."""
        if self._pending is not None and value is self._pending[0]:
            self._pending = None

    def write(self, new: Any) -> None:
        """Let this handle stand for ``new``, in its own shape, dtype and order in memory."""
        self.read()
        if self._base is not None:
            raise TracingError(_THROUGH_VIEW)
        self._variable = numpy_calls.as_laid(self, numpy_calls.fitted(self, new)).read()
        self.version += 1

    # -- the protocols through which NumPy and ops find their way here -------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = (), **kwargs: Any) -> Any:
        return numpy_calls.ufunc_call(self.recorder, ufunc, method, inputs, out, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return numpy_calls.array_function(self.recorder, function, args, kwargs)

    @staticmethod
    def __chainrule_function__(function: Any, args: Any, kwargs: Any) -> Any:
        recorder = next(leaf.recorder for leaf in leaves((args, kwargs)) if isinstance(leaf, Tracer))
        return recorder.record(function, args, kwargs)

    @staticmethod
    def __chainrule_op__(op: Op, arrays: Any, parameters: Any) -> Any:
        recorder = next(array.recorder for array in arrays if isinstance(array, Tracer))
        return recorder.call(op, arrays, parameters)

    # -- what can't be written down ------------------------------------------------------------------

    def __bool__(self) -> bool:
        raise TracingError(
            "a branch (`if`, `while`, `and`, `or`, `not`, `assert`) on a traced value: a program holds for every "
            "value of its inputs, so it can't take one side. Compute both and choose with "
            "`np.where(condition, a, b)`; combine conditions with `&`, `|` and `~`."
        )

    def __index__(self) -> int:
        raise TracingError(
            "a loop's length, an index or a size depends on a traced value, so the program would have another "
            "form for another value. Take the number from a shape, or close over a plain Python int."
        )

    __int__ = __index__

    def __float__(self) -> float:
        raise PlainArrayError(
            "a traced value is turned into a plain Python number, which the program would keep for ever "
            "(`float()`, `.item()`, a function of `math`, or writing it into an array that was made outside the "
            "traced function). Leave it an array (`np.exp`, not `math.exp`), and make arrays that traced values are "
            "written into inside the function, by `np.zeros(...)` or `np.zeros_like(x)`."
        )

    item = tolist = __complex__ = __float__

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise PlainArrayError(
            "a traced value is turned into a plain array (`np.array(x)`, `np.asarray(x)`, or writing it into an "
            "array that was made outside the traced function, or indexing one with it), which would cut it off from "
            "the trace. Write `x.copy()` for `np.array(x)`, `np.stack([a, b])` for `np.array([a, b])`, and make arrays "
            "that traced values are written into inside the function, by `np.zeros(...)` or `np.zeros_like(x)`."
        )

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"a traced array has no {name!r}; what NumPy's functions do can be traced, most methods too"
        )
