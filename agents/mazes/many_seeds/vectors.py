"""Thirty-two (or sixteen) floats as one value inside a kernel (numba): a row of channels in registers.

Left to itself the compiler reloads a row after every sum, as it cannot know that two arrays do not overlap, which costs
several times the arithmetic. An index is a full tuple: where in the array the row begins.
"""

import importlib
import inspect
from collections.abc import Callable
from typing import Any

from innervate.errors import MissingExtraError

try:
    ir: Any = importlib.import_module("llvmlite.ir")
    types: Any = importlib.import_module("numba.core.types")
    cgutils: Any = importlib.import_module("numba.core.cgutils")
    extending: Any = importlib.import_module("numba.extending")
except ImportError as error:
    raise MissingExtraError("numba", "predictive") from error

FAST = ("fast",)


class Vector(types.Type):
    """The type of such a value."""

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(name=f"float32x{width}")

    @property
    def ir(self) -> Any:
        """Its representation."""
        return ir.VectorType(ir.FloatType(), self.width)


@extending.register_model(Vector)
class VectorModel(extending.models.PrimitiveModel):
    """A vector is held as what it is."""

    def __init__(self, manager: Any, kind: Vector) -> None:
        super().__init__(manager, kind, kind.ir)


def _intrinsic(rule: Callable[..., Any]) -> Any:
    return extending.intrinsic(inspect.unwrap(rule))


def _pointer(context: Any, builder: Any, kind: Any, array: Any, index_kind: Any, index: Any, vector: Any) -> Any:
    value = context.make_array(kind)(context, builder, array)
    at = [
        context.cast(builder, part, part_kind, types.intp)
        for part, part_kind in zip(cgutils.unpack_tuple(builder, index), index_kind, strict=True)
    ]
    pointer = cgutils.get_item_pointer(context, builder, kind, value, at, wraparound=False)
    return builder.bitcast(pointer, vector.as_pointer())


def _splat(builder: Any, scalar: Any, vector: Any) -> Any:
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None))


def _loader(width: int) -> Any:
    kind = Vector(width)

    @_intrinsic
    def load(typing: Any, array: Any, index: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            pointer = _pointer(
                context, builder, signature.args[0], arguments[0], signature.args[1], arguments[1], kind.ir
            )
            return builder.load(pointer, align=4)

        return kind(array, index), code

    return load


row32 = _loader(32)
"""row32(array, index): the 32 floats that begin there."""
row16 = _loader(16)
"""row16(array, index): the 16 floats that begin there."""


def _filler(width: int) -> Any:
    kind = Vector(width)

    @_intrinsic
    def fill(typing: Any, value: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return _splat(builder, arguments[0], kind.ir)

        return kind(types.float32), code

    return fill


fill32 = _filler(32)
"""fill32(value): thirty-two times the same number."""
fill16 = _filler(16)
"""The same with sixteen."""


@_intrinsic
def put(typing: Any, array: Any, index: Any, row: Any) -> Any:
    """Write a row back."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _pointer(
            context, builder, signature.args[0], arguments[0], signature.args[1], arguments[1], signature.args[2].ir
        )
        builder.store(arguments[2], pointer, align=4)
        return context.get_dummy_value()

    return types.void(array, index, row), code


@_intrinsic
def plus(typing: Any, row: Any, scale: Any, other: Any) -> Any:
    """row + scale * other."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        scaled = builder.fmul(_splat(builder, arguments[1], row.ir), arguments[2], flags=FAST)
        return builder.fadd(arguments[0], scaled, flags=FAST)

    return row(row, types.float32, other), code


@_intrinsic
def gated(typing: Any, row: Any, by: Any) -> Any:
    """`row` where `by` is positive, 0 elsewhere; gated(x, x) is ReLU."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        zero = ir.Constant(row.ir, None)
        return builder.select(builder.fcmp_ordered(">", arguments[1], zero), arguments[0], zero)

    return row(row, by), code


@_intrinsic
def choose(typing: Any, one: Any, other: Any, row: Any, otherwise: Any) -> Any:
    """`row` where `one` is above `other`, `otherwise` elsewhere."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        above = builder.fcmp_ordered(">", arguments[0], arguments[1])
        return builder.select(above, arguments[2], arguments[3])

    return row(one, other, row, otherwise), code


@_intrinsic
def where_equal(typing: Any, row: Any, one: Any, value: Any) -> Any:
    """`row` where `one` equals the number `value`, 0 elsewhere."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        same = builder.fcmp_ordered("==", arguments[1], _splat(builder, arguments[2], row.ir))
        return builder.select(same, arguments[0], ir.Constant(row.ir, None))

    return row(row, one, types.float32), code


@_intrinsic
def dot(typing: Any, row: Any, other: Any) -> Any:
    """Sum of the products."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        product = builder.fmul(arguments[0], arguments[1], flags=FAST)
        signature_ = ir.FunctionType(ir.FloatType(), [ir.FloatType(), row.ir])
        name = f"llvm.vector.reduce.fadd.v{row.width}f32"
        add = cgutils.get_or_insert_function(builder.module, signature_, name)
        return builder.call(add, [ir.Constant(ir.FloatType(), 0), product], fastmath=FAST)

    return types.float32(row, other), code
