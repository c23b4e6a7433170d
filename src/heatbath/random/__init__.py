"""Counter-based random numbers: the same bits on every library, thread count and batch."""

from heatbath.random.distributions import Purpose, integers, normal, uniform
from heatbath.random.key import Key, key
from heatbath.random.philox import philox4x32

__all__ = ["Key", "Purpose", "integers", "key", "normal", "philox4x32", "uniform"]
