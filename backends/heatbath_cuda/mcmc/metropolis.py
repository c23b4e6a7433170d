"""Kernel of `heatbath.mcmc.metropolis.sweeps`."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from heatbath.actions import Action
from heatbath.formula import Kind, interaction_offsets
from heatbath.lattice import Lattice
from heatbath.random import Key, Purpose
from heatbath_cuda.arrays import Buffer, Device, device_of
from heatbath_cuda.layout import Offset
from heatbath_cuda.sweep import Sweep, purpose_word

__all__ = ["sweeps"]

KINDS: tuple[Kind, ...] = ("energy", "difference")


def sweeps(
    field: Any,
    action: Action,
    key: Key,
    step: int,
    n: int,
    *,
    width: float,
    measure_every: int = 0,
) -> tuple[Any, Any, Any]:
    with device_of(field) as device:
        loops = "mcmc/metropolis_loops.py"
        sweep = Sweep(device, loops, KINDS, field, action, key, n, measure_every)
        space = Space.of(sweep, width)
        run = run_in_blocks if sweep.alone else run_over_grid
        run(sweep, space, step)
        real = getattr(device.xp, sweep.dtype)
        accepted = device.xp.astype(space.counts.array, real) * (1.0 / sweep.volume)
        fields = sweep.final(space.fields.array)
        return fields, sweep.per_update(accepted), sweep.scalars()


@dataclass(frozen=True, eq=False)
class Colours:
    """sites: the sites (int32), colour after colour; colour c has sites[bounds[c]:bounds[c+1]]."""

    sites: np.ndarray
    bounds: np.ndarray

    @staticmethod
    def of(colouring: np.ndarray) -> Colours:
        colours = colouring.reshape(-1)
        sites = np.argsort(colours, kind="stable").astype(np.int32)
        bounds = np.concatenate([[0], np.cumsum(np.bincount(colours))])
        return Colours(sites, bounds.astype(np.int64))


@lru_cache(maxsize=8)
def colours_on(
    device: Device, lattice: Lattice, offsets: tuple[Offset, ...]
) -> tuple[Any, Any, tuple[int, ...]]:
    """Sites and bounds on the device, uploaded once per stream, and the bounds on the host."""
    colours = Colours.of(lattice.colouring(offsets))
    sites, bounds = device.uploaded(colours.sites), device.uploaded(colours.bounds)
    return sites.view, bounds.view, tuple(colours.bounds.tolist())


@dataclass(frozen=True)
class Space:
    """fields, displacement, threshold: (chains, sites).  counts: (n, chains) of accepted sites.
    proposals: the words of the two draws, and the width."""

    fields: Buffer
    displacement: Buffer
    threshold: Buffer
    counts: Buffer
    colours: tuple[Any, Any, tuple[int, ...]]
    proposals: tuple[Any, Any]

    @staticmethod
    def of(sweep: Sweep, width: float) -> Space:
        words = np.array([purpose_word(Purpose.PROPOSAL, draw) for draw in (0, 1)])
        lattice = sweep.action.placed_on
        offsets = interaction_offsets(sweep.action.theory.cliques, lattice.ndim)
        return Space(
            sweep.copied(),
            sweep.space(),
            sweep.space(),
            sweep.device.zeros((sweep.n, sweep.chains), "int64"),
            colours_on(sweep.device, lattice, offsets),
            (sweep.device.uploaded(words).view, sweep.real(width)),
        )


def run_in_blocks(sweep: Sweep, space: Space, step: int) -> None:
    """One block per chain, many sweeps a launch."""
    sites, bounds, _ = space.colours
    for begin, end in sweep.pieces(2):
        sweep.per_chain(
            sweep.kernels.run_chains,
            space.fields.view,
            space.displacement.view,
            space.threshold.view,
            sweep.values.view,
            sweep.keys,
            step,
            begin,
            end,
            space.counts.view,
            *space.proposals,
            sites,
            bounds,
            *sweep.measuring,
            *sweep.stencil,
        )


def run_over_grid(sweep: Sweep, space: Space, step: int) -> None:
    """One launch for the proposals of a sweep, one for each colour."""
    made, fields, counts = sweep.kernels, space.fields.view, space.counts.view
    drawn = (space.displacement.view, space.threshold.view)
    sites, _, bounds = space.colours
    for i in range(sweep.n):
        sweep.over(sweep.volume, made.propose_all, *drawn, sweep.keys, step + i, *space.proposals)
        for begin, end in itertools.pairwise(bounds):
            colour = (counts, i, sites, begin, end)
            sweep.over(
                end - begin, made.update_colour_of_all, fields, *drawn, *colour, *sweep.stencil
            )
        sweep.record(i, fields)
