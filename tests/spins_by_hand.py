"""Sums over all states of discrete spins by loops in Python floats, independent of heatbath.exact.

All loops read the lattice as it is defined: site x has one bond to x + mu for each direction mu.
"""

import itertools
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["MODELS", "Model", "by_hand"]


@dataclass(frozen=True)
class Model:
    """q states; bond(a, b), along(a): what couplings and fields act on.
    component(states), size(states): the order parameter along the field, and its length."""

    q: int
    bond: Callable[..., float]
    along: Callable[..., float]
    component: Callable[..., float]
    size: Callable[..., float]


def _spin(a):
    return 1.0 - 2.0 * a


def _magnetization(states):
    return sum(map(_spin, states)) / len(states)


ISING = Model(
    2,
    lambda a, b: _spin(a) * _spin(b),
    _spin,
    _magnetization,
    lambda states: abs(_magnetization(states)),
)


def _potts(q):
    def size(states):
        shares = [n / len(states) for n in Counter(states).values()]
        return math.sqrt(max((q * sum(r * r for r in shares) - 1) / (q - 1), 0.0))

    return Model(
        q,
        lambda a, b: 1.0 if a == b else 0.0,
        lambda a: 1.0 if a == 0 else 0.0,
        lambda states: (q * states.count(0) / len(states) - 1) / (q - 1),
        size,
    )


def _clock(q):
    def angle(a):
        return 2.0 * math.pi * a / q

    def mean(f, states):
        return sum(f(angle(a)) for a in states) / len(states)

    return Model(
        q,
        lambda a, b: math.cos(angle(a - b)),
        lambda a: math.cos(angle(a)),
        lambda states: mean(math.cos, states),
        lambda states: math.hypot(mean(math.cos, states), mean(math.sin, states)),
    )


MODELS = {
    "ising": ISING,
    **{f"potts{q}": _potts(q) for q in (2, 3, 4)},
    **{f"clock{q}": _clock(q) for q in (2, 3, 4, 5, 6)},
}


def bonds(shape, edges):
    """(x, mu, neighbour, sign) of every bond."""
    for x in itertools.product(*map(range, shape)):
        for mu, n in enumerate(shape):
            y = tuple((i + (nu == mu)) % m for nu, (i, m) in enumerate(zip(x, shape, strict=True)))
            wraps = x[mu] == n - 1
            if not (wraps and edges[mu] == "open"):
                yield x, mu, y, -1.0 if wraps and edges[mu] == "antiperiodic" else 1.0


def by_hand(model, shape, *, beta, coupling=lambda mu, x: 1.0, field=lambda x: 0.0, edges=None):
    """The exact numbers by name, and under "levels" a Counter of the energies."""
    sites = list(itertools.product(*map(range, shape)))
    edges = edges or ("periodic",) * len(shape)
    links = [(x, y, sign * coupling(mu, x)) for x, mu, y, sign in bonds(shape, edges)]
    rows = []
    for states in itertools.product(range(model.q), repeat=len(sites)):
        s = dict(zip(sites, states, strict=True))
        h = -sum(j * model.bond(s[x], s[y]) for x, y, j in links)
        h -= sum(field(x) * model.along(s[x]) for x in sites)
        rows.append((h, math.exp(-beta * h), model.component(states), model.size(states)))
    z, volume = math.fsum(w for _, w, _, _ in rows), len(sites)

    def mean(f):
        return math.fsum(w * f(h, m, size) for h, w, m, size in rows) / z

    energy = mean(lambda h, m, size: h)
    variance = mean(lambda h, m, size: (h - energy) ** 2) / volume
    second, fourth = mean(lambda h, m, size: size**2), mean(lambda h, m, size: size**4)
    return {
        "log_z": math.log(z),
        "energy_density": energy / volume,
        "energy_variance": variance,
        "specific_heat": beta**2 * variance,
        "magnetization": mean(lambda h, m, size: m),
        "abs_magnetization": mean(lambda h, m, size: size),
        "magnetization_squared": second,
        "magnetization_fourth": fourth,
        "binder": 1.0 - fourth / (3.0 * second**2),
        "component_squared": mean(lambda h, m, size: m**2),
        "component_fourth": mean(lambda h, m, size: m**4),
        "energy_cubed": mean(lambda h, m, size: h**3),
        "levels": Counter(round(h, 9) + 0.0 for h, _, _, _ in rows),
    }
