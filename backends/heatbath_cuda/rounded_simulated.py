"""The same operations in numba's CUDA simulator, which has no libdevice: plain Python."""

import numpy as np

from heatbath_cuda.header import real, whole


def add(x, y):
    return x + y


def sub(x, y):
    return x - y


def mul(x, y):
    return x * y


def div(x, y):
    return x / y


def sqrt(x):
    return np.sqrt(x)


def floor(x):
    return np.floor(x)


def bits_of(x):
    return real(x).view(whole)


def real_of(bits):
    return whole(bits).view(real)


def high_product(a, b):
    return (int(a) * int(b)) >> 32
