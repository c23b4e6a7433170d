"""Errors one can trust: the Γ-method, autocorrelation times, split-R̂, thermalisation.

Every function takes a time series from any code, of shape ``(n,)`` (one chain) or ``(chains, n)``
(replicas): ndarrays, lists, torch tensors on the CPU, or anything with ``shape``, ``dtype`` and
slicing, such as an ``np.memmap`` or a Zarr array, which is read in blocks along its last axis, so
that memory does not grow with the number of measurements.

Integrated autocorrelation times are τ_int = 1/2 + Σ_{t≥1} ρ(t), in units of the stored
measurements; independent measurements have τ_int = 1/2.
"""

from heatbath.stats.diagnostics import (
    autocorrelation,
    effective_sample_size,
    integrated_autocorrelation_time,
    split_rhat,
    thermalisation_cut,
)
from heatbath.stats.estimation import estimate
from heatbath.stats.results import AutocorrelationTime, Estimate

__all__ = [
    "AutocorrelationTime",
    "Estimate",
    "autocorrelation",
    "effective_sample_size",
    "estimate",
    "integrated_autocorrelation_time",
    "split_rhat",
    "thermalisation_cut",
]
