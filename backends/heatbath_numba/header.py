"""The first lines of every generated module: number types and compiler options."""

import numpy as np
from numba import njit

from heatbath_numba.lanes import width_of

# the number format; `modules` writes float32's over the next line where it is needed
real, LANES = np.float64, 2

DTYPE = real.__name__
WIDTH = width_of(DTYPE)  # numbers of one vector register
ONE = real(1.0)

# error_model="numpy": no branch at divisions, or nothing vectorises.  No fastmath: it would
# change bits.  nogil: chains run in Python threads.  Only an `entry` can be called from Python.
# `machine_code` keeps what is compiled.
kernel = njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
entry = njit(nogil=True, error_model="numpy", no_cfunc_wrapper=True)
helper = njit(error_model="numpy", inline="always")
