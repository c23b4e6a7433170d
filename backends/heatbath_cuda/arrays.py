"""In and out of kernels: the caller's arrays as device arrays, its memory, its stream.

Work space comes from the caller's library, so that its memory pool serves it, and everything runs
on the caller's current stream: nothing here waits for the device.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import config, cuda

from heatbath._namespace import kind_of, namespace_of

__all__ = ["ALONE", "Buffer", "Device", "device_of"]

# A lattice of up to so many sites is left to one block per chain.  Estimated, not measured: there a
# pass takes a block about as long as a launch takes the host.
ALONE = 8192


@dataclass(frozen=True)
class Buffer:
    """An array of the caller's library, and the view of its memory that kernels take."""

    array: Any
    view: Any


@dataclass(frozen=True)
class Device:
    """Where a call runs.

    xp, place: the array namespace and its device, for new arrays; index: the device's number.
    stream, address: the caller's current stream.  Equal devices agree in its address.
    threads: threads of a block.
    fewest_blocks, most_blocks: of a grid's first axis.  With fewer than 128 blocks numba warns;
        blocks without work end at once.  most_blocks is for work that threads share.
    together: so many numbers of a sum are left to one block.
    """

    xp: Any
    place: Any = field(compare=False)
    index: int
    stream: Any = field(compare=False)
    address: int
    threads: int = 256
    fewest_blocks: int = 128
    most_blocks: int = 1 << 16
    together: int = 4096

    def of(self, array: Any) -> Buffer:
        """A contiguous array of the caller's, in place."""
        if config.ENABLE_CUDASIM:
            return Buffer(array, np.asarray(array))
        return Buffer(array, cuda.as_cuda_array(array, sync=False))

    def empty(self, shape: tuple[int, ...], dtype: str) -> Buffer:
        return self.of(self.xp.empty(shape, dtype=getattr(self.xp, dtype), device=self.place))

    def zeros(self, shape: tuple[int, ...], dtype: str) -> Buffer:
        return self.of(self.xp.zeros(shape, dtype=getattr(self.xp, dtype), device=self.place))

    def copied(self, values: Any, chains: int, sites: int) -> Buffer:
        """A fresh contiguous copy as (chains, sites), whatever the strides."""
        fresh = self.xp.empty((chains, sites), dtype=values.dtype, device=self.place)
        fresh[...] = self.xp.reshape(values, (chains, sites))
        return self.of(fresh)

    def uploaded(self, values: np.ndarray) -> Buffer:
        """Numbers of the host on the device."""
        return self.of(_upload(self, np.array(values, order="C")))

    def launch(self, kernel: Any, blocks: int, groups: int, *args: Any) -> None:
        """Run a kernel on a grid of `blocks` × `groups` blocks at least."""
        grid = (max(blocks, self.fewest_blocks), min(groups, 65535))
        kernel[grid, self.threads, self.stream](*args)


@contextmanager
def device_of(array: Any) -> Iterator[Device]:
    """The device of an array, made current, with the caller's stream; in the simulator, the
    host."""
    xp = namespace_of(array)
    if config.ENABLE_CUDASIM:
        yield simulated(xp)
        return
    match kind_of(array):
        case "torch":
            import torch

            index = array.device.index
            with torch.cuda.device(index), cuda.gpus[index]:
                address = torch.cuda.current_stream().cuda_stream
                yield Device(xp, array.device, index, cuda.external_stream(address), address)
        case "cupy":
            import cupy

            index = array.device.id
            with cupy.cuda.Device(index), cuda.gpus[index]:
                address = cupy.cuda.get_current_stream().ptr
                yield Device(xp, array.device, index, cuda.external_stream(address), address)
        case kind:
            raise TypeError(f"CUDA kernels take arrays of CuPy and torch, not {kind}")


def simulated(xp: Any) -> Device:
    """Few threads, since each is one of Python's, and few of all, so that every loop strides."""
    return Device(xp, "cpu", 0, None, 0, threads=2, fewest_blocks=1, most_blocks=2, together=4)


def _upload(device: Device, values: np.ndarray) -> Any:
    if config.ENABLE_CUDASIM:
        return device.xp.asarray(values)
    if device.xp.__name__.endswith("torch"):
        import torch

        # pageable memory is staged before the call returns, so this neither waits nor races
        return torch.from_numpy(values).to(device.place, non_blocking=True)
    return device.xp.asarray(values)
