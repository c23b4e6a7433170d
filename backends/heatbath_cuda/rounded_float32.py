"""Arithmetic on a device, float32: each operation rounded to nearest on its own."""

from numba.cuda import libdevice

add, sub, mul = libdevice.fadd_rn, libdevice.fsub_rn, libdevice.fmul_rn
div, sqrt = libdevice.fdiv_rn, libdevice.fsqrt_rn
floor = libdevice.floorf
bits_of, real_of = libdevice.float_as_int, libdevice.int_as_float
high_product = libdevice.umulhi
