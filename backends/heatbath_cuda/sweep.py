"""What the kernels of all sweeps share: the module, the numbers on the device, the launches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import ModuleType
from typing import Any

import numpy as np

from heatbath._namespace import dtype_name
from heatbath.actions import Action
from heatbath.formula import Kind
from heatbath.random import Key
from heatbath_cuda import arrays
from heatbath_cuda.arrays import Buffer, Device
from heatbath_cuda.formulas import Compiled, compiled, loads_of, scalars_of
from heatbath_cuda.layout import Layout
from heatbath_cuda.modules import module

__all__ = ["Sweep", "key_words", "purpose_word"]

VISITS = 1 << 25  # of sites in one launch of a block per chain, some 0.1 s: displays freeze longer


@dataclass(frozen=True)
class Sweep:
    """One call: n updates of fields (*batch, *lattice), with `kinds` of programs of the action.

    summed: whether the updates themselves need a number per site to sum.
    """

    device: Device
    loops: str
    kinds: tuple[Kind, ...]
    field: Any
    action: Action
    key: Key
    n: int
    measure_every: int
    summed: bool = False

    @cached_property
    def dtype(self) -> str:
        return dtype_name(self.field)

    @cached_property
    def real(self) -> Any:
        """The type of the field's numbers, for arguments of kernels."""
        return np.dtype(self.dtype).type

    @cached_property
    def batch(self) -> tuple[int, ...]:
        return tuple(self.field.shape[: self.field.ndim - self.action.placed_on.ndim])

    @cached_property
    def chains(self) -> int:
        return math.prod(self.batch)

    @cached_property
    def volume(self) -> int:
        return self.action.placed_on.volume

    @cached_property
    def made(self) -> Compiled:
        return compiled(self.action, self.kinds)

    @cached_property
    def kernels(self) -> ModuleType:
        return module(self.loops, self.dtype, self.made.sources)

    @cached_property
    def keys(self) -> Any:
        return key_words(self.device, self.key)

    @cached_property
    def stencil(self) -> tuple[Any, ...]:
        """The last arguments of every pass: table, span, scalars, loads."""
        layout, device = self.made.layout, self.device
        loads = loads_of(self.action, self.made)
        return (
            table_on(device, layout),
            layout.span,
            device.uploaded(scalars_of(self.action, self.kinds, self.dtype)).view,
            device.empty((1, 1), self.dtype).view if loads is None else device.of(loads).view,
        )

    @cached_property
    def records(self) -> int:
        return self.n // self.measure_every if self.measure_every else 0

    @cached_property
    def recorded(self) -> Buffer:
        """The scalars of each record, (records, 3, chains); one is unused where there are none."""
        return self.device.empty((max(self.records, 1), 3, self.chains), self.dtype)

    @cached_property
    def values(self) -> Buffer:
        """Work space for sums over sites: one number per site, three for a record."""
        count = 3 if self.records else int(self.summed)
        shape = (self.chains, count, self.volume) if count else (1, 1, 1)
        return self.device.empty(shape, self.dtype)

    @cached_property
    def measuring(self) -> tuple[Any, ...]:
        """What a kernel of one block per chain needs to record."""
        return (self.measure_every, self.recorded.view, self.real(1.0 / self.volume))

    def space(self) -> Buffer:
        """A number per site of each chain, to be filled."""
        return self.device.empty((self.chains, self.volume), self.dtype)

    def copied(self) -> Buffer:
        """A copy of the field as (chains, sites)."""
        return self.device.copied(self.field, self.chains, self.volume)

    @property
    def alone(self) -> bool:
        """Whether one block runs all updates of a chain, without further launches."""
        return self.volume <= arrays.ALONE

    def pieces(self, visits: int) -> Iterator[tuple[int, int]]:
        """The updates of each launch, if one update visits each site so often."""
        size = max(1, VISITS // (visits * self.volume))
        for begin in range(0, self.n, size):
            yield begin, min(begin + size, self.n)

    def per_chain(self, kernel: Any, *args: Any) -> None:
        """Run a kernel of one block per chain."""
        self.device.launch(kernel, self.chains, 1, *args)

    def over(self, items: int, kernel: Any, *args: Any, groups: int | None = None) -> None:
        """Run a kernel whose threads share `items` pieces of work of each chain."""
        blocks = min(-(-items // self.device.threads), self.device.most_blocks)
        self.device.launch(kernel, blocks, groups or self.chains, *args)

    def sum_values(self, count: int) -> None:
        """Sum values[:, :count] over the sites by the fixed tree, to site 0."""
        rows, width = self.volume // self.made.layout.width, self.made.layout.width
        self._tree(count, width, 1, rows, width)
        self._tree(count, rows, width, 1, 0)

    def _tree(self, count: int, n: int, step: int, rows: int, pitch: int) -> None:
        values, groups = self.values.view, self.chains * count
        while n > self.device.together:
            kernel = self.kernels.add_halves_of_all
            self.over(rows * (n // 2), kernel, values, count, n, step, rows, pitch, groups=groups)
            n = (n + 1) // 2
        if n > 1:
            each = max(1, self.device.together // n)
            blocks = min(-(-rows // each), self.device.most_blocks)
            kernel = self.kernels.sum_rows_of_all
            self.device.launch(kernel, blocks, groups, values, count, n, step, rows, pitch, each)

    def record(self, i: int, fields: Any) -> None:
        """After update i record the scalars of fields (chains, sites), if it is their turn."""
        if not self.measure_every or (i + 1) % self.measure_every:
            return
        kernel = self.kernels.densities_of_all
        self.over(self.volume, kernel, self.values.view, fields, *self.stencil)
        self.sum_values(3)
        r = (i + 1) // self.measure_every - 1
        per_site = self.real(1.0 / self.volume)
        records, values = self.recorded.view, self.values.view
        self.over(3 * self.chains, self.kernels.record_all, records, r, values, per_site, groups=1)

    def scalars(self) -> Any:
        """The records in the caller's library, (records, 3, *batch)."""
        array = self.recorded.array[: self.records]
        return self.device.xp.reshape(array, (self.records, 3, *self.batch))

    def per_update(self, array: Any) -> Any:
        """(n, chains) as (n, *batch)."""
        return self.device.xp.reshape(array, (self.n, *self.batch))

    def final(self, fields: Any) -> Any:
        """(chains, sites) in the shape of the field."""
        return self.device.xp.reshape(fields, tuple(self.field.shape))


def key_words(device: Device, key: Key) -> Any:
    """(chains, 2) words of 32 bits, as int64: torch can hold no others."""
    return device.uploaded(np.asarray(key.words, dtype=np.int64)).view


def purpose_word(purpose: int, draw: int = 0) -> int:
    """The counter word that holds the purpose and the draw."""
    return int(purpose) << 16 | draw


@lru_cache(maxsize=32)
def table_on(device: Device, layout: Layout) -> Any:
    """The table of a layout, uploaded once per stream: no other stream can meet it unfinished."""
    return device.uploaded(layout.table).view
