"""Exact results with their derivation: what simulations, kernels and users are judged against.

Each module states its formula, derives it in a few lines and is itself tested against brute
force: :mod:`free_field` (Gaussian theories, one to four dimensions), :mod:`transfer_matrix` (any
theory of nearest neighbours on a ring), :mod:`small_torus` (φ⁴ on 2×2 sites). NumPy only; nothing
here shares code with the samplers, so agreement is evidence.

>>> from heatbath import exact
>>> exact.free_field.phi4((4, 4), kappa=0.2).phi_squared       # one mode sum
0.65873015873015...
>>> exact.transfer_matrix.phi4(4, kappa=0.2, lam=0.1).phi_squared
0.5068381015...
>>> exact.small_torus.phi4(kappa=0.25, lam=0.022).binder
0.2765582320...
"""

from heatbath.exact import free_field, small_torus, transfer_matrix

__all__ = ["free_field", "small_torus", "transfer_matrix"]
