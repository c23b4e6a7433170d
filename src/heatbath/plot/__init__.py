"""Figures and the report: prepared data that can be drawn, and told in words.

>>> import numpy as np
>>> from heatbath import plot
>>> picture = plot.History.of(np.random.default_rng(1).normal(size=(4, 1000)), "noise")
>>> picture.words
"noise of 4 chains against the measurement's number, ..."
>>> len(plot.png(picture.draw())) > 10_000          # a PNG file; draw() is a matplotlib Figure
True
"""

from heatbath.plot.autocorrelation import Autocorrelation
from heatbath.plot.configurations import Configurations
from heatbath.plot.correlator import LABELS, Correlator, Curve
from heatbath.plot.formula import Formula
from heatbath.plot.histogram import Histogram
from heatbath.plot.history import History
from heatbath.plot.report import PAGE, Group, Report, Section
from heatbath.plot.style import DARK, LIGHT, Picture, Theme, png

__all__ = [
    "DARK",
    "LABELS",
    "LIGHT",
    "PAGE",
    "Autocorrelation",
    "Configurations",
    "Correlator",
    "Curve",
    "Formula",
    "Group",
    "Histogram",
    "History",
    "Picture",
    "Report",
    "Section",
    "Theme",
    "png",
]
