"""Calls from loops that are compiled once to passes that are compiled for each formula.

A pass takes whole numbers only: counts, and the addresses of arrays.  So its type is the same for
every formula, and the loops around it reach it by its own address.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["address_of", "call", "entry_point", "whole_at"]


@intrinsic
def address_of(typingctx, array):  # type: ignore[no-untyped-def]
    """Where the first number of an array is."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        return builder.ptrtoint(data, ir.IntType(64))

    return types.int64(array), codegen


@intrinsic
def whole_at(typingctx, address, index):  # type: ignore[no-untyped-def]
    """Number `index` of the int64 array at an address."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        pointer = builder.inttoptr(args[0], ir.IntType(64).as_pointer())
        return builder.load(builder.gep(pointer, [args[1]]))

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def call(typingctx, address, arguments):  # type: ignore[no-untyped-def]
    """Call the pass at an address with a tuple of whole numbers."""
    kinds = (types.int64,) * len(arguments)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = context.call_conv.get_function_type(types.none, kinds)
        function = builder.inttoptr(args[0], kind.as_pointer())
        values = cgutils.unpack_tuple(builder, args[1])
        context.call_conv.call_function(builder, function, types.none, kinds, values)
        return context.get_dummy_value()

    return types.void(types.int64, arguments), codegen


def entry_point(function: Any) -> int:
    """The address of a compiled pass, which must stay referenced."""
    kinds = (types.int64,) * function.py_func.__code__.co_argcount
    function.compile(kinds)
    made = function.overloads[kinds]
    return int(made.library.get_pointer_to_function(made.fndesc.llvm_func_name))
