"""Exact results with their derivation: what simulations, kernels and users are judged against.

Each module states its formula, derives it in a few lines and is itself tested against brute
force: `free_field` (Gaussian theories, one to four dimensions), `transfer_matrix` (any
theory of nearest neighbours on a ring), `small_torus` (φ⁴ on 2×2 sites). For spins without
field `ising` (rectangles of any size, the infinite lattice) and `critical` (self-dual couplings);
for Ising, Potts and clock spins in a field `strip` (transfer matrices) and `enumeration` (every
state, also of spin glasses). NumPy only; nothing here shares code with the samplers, so agreement
is evidence.

>>> from heatbath import exact
>>> exact.free_field.phi4((4, 4), kappa=0.2).phi_squared       # one mode sum
0.65873015873015...
>>> exact.transfer_matrix.phi4(4, kappa=0.2, lam=0.1).phi_squared
0.5068381015...
>>> exact.small_torus.phi4(kappa=0.25, lam=0.022).binder
0.2765582320...
>>> exact.ising.torus((32, 32), beta=exact.critical.ISING).energy_density
-1.433658466...
>>> exact.enumeration.potts((3, 3), q=3).at(exact.critical.potts(3)).abs_magnetization
0.881976523...
>>> exact.strip.ising((8, 6), beta=0.4, field=0.01).magnetization
0.0905735262...
"""

from heatbath.exact import (
    critical,
    enumeration,
    free_field,
    ising,
    small_torus,
    strip,
    transfer_matrix,
)

__all__ = [
    "critical",
    "enumeration",
    "free_field",
    "ising",
    "small_torus",
    "strip",
    "transfer_matrix",
]
