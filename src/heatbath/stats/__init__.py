"""Errors one can trust: the Γ-method, autocorrelation times, split-R̂, thermalisation.

Every function takes a time series from any code, of shape ``(n,)`` (one chain) or ``(chains, n)``
(replicas): ndarrays, lists, torch tensors on the CPU, or anything with ``shape``, ``dtype`` and
slicing, such as an ``np.memmap`` or a Zarr array, which is read in blocks along its last axis, so
that memory does not grow with the number of measurements.

Reweighting (`reweight`, `MBAR`) gives means in ensembles that were not simulated, with errors of
the same kind, and refuses to extrapolate; `MBAR` holds its runs in memory.

Integrated autocorrelation times are τ_int = 1/2 + Σ_{t≥1} ρ(t), in units of the stored
measurements; independent measurements have τ_int = 1/2.
"""

from heatbath.stats.correlator import TimeSlices, slice_correlator
from heatbath.stats.diagnostics import (
    autocorrelation,
    autocorrelation_error,
    effective_sample_size,
    integrated_autocorrelation_time,
    split_rhat,
    thermalisation_cut,
)
from heatbath.stats.estimates import Estimates
from heatbath.stats.estimation import estimate
from heatbath.stats.mbar import MBAR, OverlapError
from heatbath.stats.mixture import ConvergenceError
from heatbath.stats.overlap import ExtrapolationError, Overlap
from heatbath.stats.results import AutocorrelationTime, Estimate
from heatbath.stats.reweighting import average_phase, reweight, weight_overlap

__all__ = [
    "MBAR",
    "AutocorrelationTime",
    "ConvergenceError",
    "Estimate",
    "Estimates",
    "ExtrapolationError",
    "Overlap",
    "OverlapError",
    "TimeSlices",
    "autocorrelation",
    "autocorrelation_error",
    "average_phase",
    "effective_sample_size",
    "estimate",
    "integrated_autocorrelation_time",
    "reweight",
    "slice_correlator",
    "split_rhat",
    "thermalisation_cut",
    "weight_overlap",
]
