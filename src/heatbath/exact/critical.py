r"""Critical couplings of the square lattice, where they are known exactly: the self-dual points.

A model at β has on the dual lattice the weights of the same model at β*; with one transition only,
it sits at β = β*. In the conventions H = −Σ s_x s_y (Ising), H = −Σ δ(s_x, s_y) (Potts) and
H = −Σ cos(2π(s_x − s_y)/q) (clock), each bond counted once and weight exp(−βH),

    Ising:  sinh(2β) sinh(2β*) = 1                 β_c = ½ ln(1 + √2)
    Potts:  (exp(β) − 1)(exp(β*) − 1) = q          β_c = ln(1 + √q)

The clock model of two states is Ising; of three, Potts with δ = (1 + 2 cos)/3; of four, two
independent Ising models at β/2. From five states on it has two transitions, not known exactly.
The transition of the Potts model is continuous for q ≤ 4, of first order beyond.

Source: H. A. Kramers and G. H. Wannier, Phys. Rev. 60 (1941) 252, doi:10.1103/PhysRev.60.252;
F. Y. Wu, Rev. Mod. Phys. 54 (1982) 235, doi:10.1103/RevModPhys.54.235.
"""

import math

from heatbath._suggest import shown
from heatbath.exact._arguments import states

__all__ = ["ISING", "clock", "potts"]

ISING = 0.5 * math.log1p(math.sqrt(2.0))
"""β_c of the Ising model, ½ ln(1 + √2) = 0.4406867935…"""


def potts(q: int) -> float:
    """β_c = ln(1 + √q) of the Potts model of ``q`` ≥ 2 states.

    >>> potts(3)
    1.0050525...
    >>> potts(2) / 2 == ISING              # δ = (1 + s s')/2
    True
    """
    return math.log1p(math.sqrt(states(q)))


def clock(q: int) -> float:
    """β_c of the clock model of ``q`` = 2, 3 or 4 states; ValueError for others.

    >>> clock(3), clock(4)
    (0.6700350..., 0.8813735...)
    """
    if states(q) > 4:
        raise ValueError(
            f"the clock model of q > 4 states has two transitions, whose beta is not known "
            f"exactly; got q = {shown(q)}"
        )
    return {2: ISING, 3: 2.0 / 3.0 * potts(3), 4: 2.0 * ISING}[q]
