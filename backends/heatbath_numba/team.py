"""Threads that sweep one large lattice together.

All members run the same loops, each on its own rows, and meet at a barrier between two passes
that read each other's rows.  With one member a barrier is nothing.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["SPINS", "Team", "arrive", "arrived", "step_aside"]

INT64 = ir.IntType(64)
SPINS = 2000  # tries before a waiting thread offers its core to others


class Team(NamedTuple):
    """One member: its rank, how many there are, its rows first … last − 1, the team's chains
    begin … end − 1, and the barrier's counter of arrivals."""

    rank: int
    size: int
    first: int
    last: int
    begin: int
    end: int
    arrivals: np.ndarray


@intrinsic
def arrive(typingctx, arrivals):  # type: ignore[no-untyped-def]
    """Add one to arrivals[0] atomically; gives what it was."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        return builder.atomic_rmw("add", data, ir.Constant(INT64, 1), "seq_cst")

    return types.int64(arrivals), codegen


@intrinsic
def arrived(typingctx, arrivals):  # type: ignore[no-untyped-def]
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        return builder.load_atomic(data, "acquire", 8)

    return types.int64(arrivals), codegen


@intrinsic
def step_aside(typingctx):  # type: ignore[no-untyped-def]
    """Let another thread have this core."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        if os.name == "posix":
            kind = ir.FunctionType(ir.IntType(32), [])
            function = builder.module.globals.get("sched_yield") or ir.Function(
                builder.module, kind, "sched_yield"
            )
            builder.call(function, [])
        return context.get_dummy_value()

    return types.void(), codegen
