"""Arithmetic on a device, float64: each operation rounded to nearest on its own.

Plain a*b + c would become one fused operation in PTX, whatever the flags.
"""

from numba.cuda import libdevice

from heatbath_cuda.header import device

add, mul, div, sqrt = libdevice.dadd_rn, libdevice.dmul_rn, libdevice.ddiv_rn, libdevice.dsqrt_rn
floor = libdevice.floor
bits_of, real_of = libdevice.double_as_longlong, libdevice.longlong_as_double
high_product = libdevice.umulhi


@device
def sub(x, y):
    return add(x, -y)
