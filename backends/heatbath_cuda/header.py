"""The first lines of every generated module: number types and decorators."""

import numpy as np
from numba import config, cuda

# the number format; `modules` writes float32's over the next lines where it is needed
real, whole, LANES = np.float64, np.int64, 2
FRACTION_BITS, BIAS, TINY, LIFT, SHIFT = 52, 1023, 2.0**-900, 200, 2000.0
LARGEST = 1.7976931348623157e308

ZERO, HALF, ONE, TWO = real(0.0), real(0.5), real(1.0), real(2.0)

# No fastmath: it would change bits.  `machine_code` keeps what is compiled.  The simulator runs
# device functions as plain Python.
kernel = cuda.jit
device = (lambda function: function) if config.ENABLE_CUDASIM else cuda.jit(device=True)
