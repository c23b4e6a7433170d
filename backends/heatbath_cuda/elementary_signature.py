"""Stands in for the generated elementary functions where a loop file is read on its own."""

from heatbath_cuda.header import device


@device
def log(x):
    return x


radius = cosine = sine = log
