"""HMC trajectories: passes over the sites, and kernels that run them in one block per chain (all
updates in one launch) or over the whole grid (one launch per pass).

A trajectory alternates between two fields: a kick reads one, and the drift that follows writes
the other, so that no thread reads a neighbour that has moved already.
"""

import numpy as np
from numba import cuda

from heatbath_cuda.formula_signature import energy_at, force_at
from heatbath_cuda.header import HALF, LANES, device, kernel
from heatbath_cuda.mcmc.momentum_loops import copy, length_of, start
from heatbath_cuda.measuring_loops import record_chain
from heatbath_cuda.random.fill_loops import exponential
from heatbath_cuda.random.lanes_float64 import lane, normals
from heatbath_cuda.rounded_float64 import add, mul, sub
from heatbath_cuda.site_loops import sum_sites


@device
def kick_and_drift(q_new, q, p, kick, drift, table, span, scalars, loads, first, stride):
    site = first
    while site < q.size:
        here = np.uint64(site)
        force = force_at(q, site, table, span, scalars, loads)
        momentum = add(p[here], mul(kick, force))
        p[here] = momentum
        q_new[here] = add(q[here], mul(drift, momentum))
        site += stride


@device
def changes(change, field, q, p, step, purpose, key, table, span, scalars, loads, first, stride):
    """ΔH of each site: the energies' difference plus ½(p'² − p²), with p drawn once more."""
    block = first
    while LANES * block < field.size:
        z = normals(block, step, purpose, key)
        for k in range(LANES):
            site = LANES * block + k
            if site < field.size:
                here = np.uint64(site)
                old, new = lane(z, k), p[here]
                kinetic = mul(HALF, sub(mul(new, new), mul(old, old)))
                before = energy_at(field, site, table, span, scalars, loads)
                after = energy_at(q, site, table, span, scalars, loads)
                change[here] = add(sub(after, before), kinetic)
        block += stride


@kernel
def run_chains(
    fields,
    q_even,
    q_odd,
    p,
    values,
    keys,
    first_step,
    begin,
    end,
    delta_h,
    accepted,
    purposes,
    n_steps,
    spread,
    kicks,
    drifts,
    outer,
    measure_every,
    recorded,
    per_site,
    table,
    span,
    scalars,
    loads,
):
    """Updates begin, …, end − 1 of each field (chains, sites), in place; one block per chain.

    drifts[s] follows kicks[s]; after the last kick of a trajectory `outer` does.
    """
    chain, thread, threads = cuda.blockIdx.x, cuda.threadIdx.x, cuda.blockDim.x
    if chain < fields.shape[0]:
        field, key, momenta, change = fields[chain], keys[chain], p[chain], values[chain, 0]
        for i in range(begin, end):
            step = first_step + i
            q, other = q_even[chain], q_odd[chain]
            start(q, momenta, field, step, purposes[0], key, outer, thread, threads)
            cuda.syncthreads()
            length = length_of(n_steps, spread, step, purposes[1], key)
            for k in range(length * kicks.size):
                stage = k % kicks.size
                drift = drifts[stage] if k + 1 < length * kicks.size else outer
                kick_and_drift(
                    other,
                    q,
                    momenta,
                    kicks[stage],
                    drift,
                    table,
                    span,
                    scalars,
                    loads,
                    thread,
                    threads,
                )
                q, other = other, q
                cuda.syncthreads()
            changes(
                change,
                field,
                q,
                momenta,
                step,
                purposes[0],
                key,
                table,
                span,
                scalars,
                loads,
                thread,
                threads,
            )
            cuda.syncthreads()
            total = sum_sites(change, span[0])
            accept = exponential(step, purposes[2], key) > total
            if thread == 0:
                delta_h[i, chain] = total
                accepted[i, chain] = accept
            if accept:
                copy(field, q, thread, threads)
            cuda.syncthreads()
            if measure_every > 0 and (i + 1) % measure_every == 0:
                record_chain(
                    recorded[(i + 1) // measure_every - 1, :, chain],
                    values[chain],
                    field,
                    per_site,
                    table,
                    span,
                    scalars,
                    loads,
                )


@kernel
def kick_all(q_new, q, p, lengths, k, stages, kick, drift, outer, table, span, scalars, loads):
    """Kick k of all chains whose trajectory is that long."""
    chain = cuda.blockIdx.y
    while chain < q.shape[0]:
        kicks_left = lengths[chain] * stages - k
        if kicks_left > 0:
            kick_and_drift(
                q_new[chain],
                q[chain],
                p[chain],
                kick,
                drift if kicks_left > 1 else outer,
                table,
                span,
                scalars,
                loads,
                cuda.grid(1),
                cuda.gridsize(1),
            )
        chain += cuda.gridDim.y


@kernel
def changes_of_all(
    values,
    fields,
    q_even,
    q_odd,
    p,
    lengths,
    stages,
    keys,
    step,
    purposes,
    table,
    span,
    scalars,
    loads,
):
    chain = cuda.blockIdx.y
    while chain < fields.shape[0]:
        q = q_even[chain] if lengths[chain] * stages % 2 == 0 else q_odd[chain]
        changes(
            values[chain, 0],
            fields[chain],
            q,
            p[chain],
            step,
            purposes[0],
            keys[chain],
            table,
            span,
            scalars,
            loads,
            cuda.grid(1),
            cuda.gridsize(1),
        )
        chain += cuda.gridDim.y
