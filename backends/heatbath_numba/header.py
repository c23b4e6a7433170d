"""The first lines of every generated module: number types and compiler options."""

import numpy as np
from numba import njit

# the number format; `modules.text` writes float32's over the next lines where it is needed
real, whole, LANES = np.float64, np.int64, 2
FRACTION_BITS, BIAS, TINY, LIFT, SHIFT = 52, 1023, 2.0**-900, 200, 2000.0
LARGEST = 1.7976931348623157e308

HALF, ONE, TWO = real(0.5), real(1.0), real(2.0)
PAD = 8  # numbers on each side of a padded row (`layout`)

# error_model="numpy": no branch at divisions, or nothing vectorises.  No fastmath: it would
# change bits.  nogil: chains run in Python threads.
kernel = njit(nogil=True, error_model="numpy", cache=True)
helper = njit(error_model="numpy", inline="always")
