"""Action, energies, force and local difference against loops over sites and bonds."""

from functools import cache

import numpy as np
import pytest

import brute_force
from heatbath._namespace import as_numpy, kind_of

SHAPES = [(1,), (2,), (5,), (1, 3), (2, 3), (2, 3, 5), (1, 1, 2, 3)]
FEWER = [(1,), (2,), (2, 3), (1, 1, 2, 3)]
SHAPES_OF = {"phi4": SHAPES, "gaussian": SHAPES, "rich": SHAPES, "shared": FEWER, "bonds": FEWER}
BATCHES = {(1,): (3,), (2,): (2, 2), (1, 3): (1,), (2, 3): (2,)}  # else none
DERIVATIVE_ERROR = 1e-10  # of the fourth-order differences, for fields of order 1
ROUNDING = {"float64": 40 * 2.0**-53, "float32": 40 * 2.0**-24}


@cache
def sample(name, shape, local, dtype):
    """A batch of fields and proposals, couplings, and what loops make of them."""
    case = brute_force.CASES[name]
    rng = np.random.default_rng(5)
    fields = rng.normal(size=(2, *BATCHES.get(shape, ()), *shape)).astype(dtype)
    couplings = case.couplings(shape, local=local, dtype=dtype)
    phi, proposal = fields
    batch = phi.reshape(-1, *shape)
    new = proposal.reshape(-1, *shape)

    def looped(f, *arrays):
        return np.stack([f(case, *a, couplings) for a in zip(*arrays, strict=True)])

    return {
        "phi": phi,
        "proposal": proposal,
        "couplings": couplings,
        "energies": looped(brute_force.energies, batch).reshape(phi.shape),
        "force": looped(brute_force.force, batch).reshape(phi.shape),
        "difference": looped(brute_force.difference, batch, new).reshape(phi.shape),
        "size": looped(brute_force.size_of_terms, batch).reshape(phi.shape),
        "new size": looped(brute_force.size_of_terms, new).reshape(phi.shape),
    }


def in_namespace(xp, name, shape, expected):
    """The action, the field and the proposal as the library sees them."""
    couplings = {
        n: xp.asarray(v.copy()) if np.ndim(v) else v for n, v in expected["couplings"].items()
    }
    action = brute_force.CASES[name].theory(**couplings, lattice=shape)
    return action, *(xp.asarray(expected[n].copy()) for n in ("phi", "proposal"))


def assert_close(found, expected, tolerance):
    found = as_numpy(found)
    assert found.shape == expected.shape
    assert np.all(np.abs(found - expected) <= tolerance)


@pytest.mark.parametrize(
    ("name", "shape"), [(name, shape) for name in brute_force.CASES for shape in SHAPES_OF[name]]
)
@pytest.mark.parametrize("local", [False, True], ids=["numbers", "arrays"])
def test_action_energies_force_and_local_difference(name, shape, local, dtype, xp):
    expected = sample(name, shape, local, dtype)
    action, phi, proposal = in_namespace(xp, name, shape, expected)
    axes = tuple(range(-len(shape), 0))
    rounding = ROUNDING[dtype] * expected["size"]

    assert_close(action.energies(phi), expected["energies"], rounding)
    assert_close(action(phi), expected["energies"].sum(axis=axes), rounding.sum(axis=axes))
    assert_close(
        action.force(phi), expected["force"], 4 * rounding + DERIVATIVE_ERROR * expected["size"]
    )
    assert_close(
        action.local_difference(phi, proposal),
        expected["difference"],
        rounding + ROUNDING[dtype] * expected["new size"],
    )


@pytest.mark.parametrize("local", [False, True], ids=["numbers", "arrays"])
def test_dtype_and_library_follow_the_field(local, dtype, xp):
    shape = (2, 3)
    expected = sample("rich", shape, local, dtype)
    action, phi, proposal = in_namespace(xp, "rich", shape, expected)
    made = action(phi), action.energies(phi), action.force(phi)
    for result in (*made, action.local_difference(phi, proposal), *action.scalars(phi).values()):
        assert kind_of(result) == kind_of(phi)
        assert result.dtype == getattr(xp, dtype)


@pytest.mark.parametrize("shape", [(5,), (2, 3)], ids=str)
def test_standard_scalars(shape, dtype, xp):
    expected = sample("phi4", shape, False, dtype)
    action, phi, _ = in_namespace(xp, "phi4", shape, expected)
    axes, volume = tuple(range(-len(shape), 0)), np.prod(shape)
    scalars = action.scalars(phi)
    wide = expected["phi"].astype("float64")
    error = ROUNDING[dtype]
    assert set(scalars) == {"magnetization", "phi_squared", "action_density"}
    size = abs(wide).mean(axis=axes)
    assert_close(scalars["magnetization"], wide.mean(axis=axes), error * size)
    squares = (wide**2).mean(axis=axes)
    assert_close(scalars["phi_squared"], squares, error * squares)
    assert_close(
        scalars["action_density"],
        expected["energies"].sum(axis=axes) / volume,
        error * expected["size"].sum(axis=axes) / volume,
    )


def test_the_tolerances_reject_a_wrong_sign_and_a_doubled_bond(xp):
    expected = sample("phi4", (5,), False, "float64")
    tolerance = ROUNDING["float64"] * expected["size"] + DERIVATIVE_ERROR
    phi, c = xp.asarray(expected["phi"].copy()), expected["couplings"]
    for kappa in (-c["kappa"], 2 * c["kappa"]):
        wrong = brute_force.CASES["phi4"].theory(kappa=kappa, lam=c["lam"], lattice=(5,))
        assert np.any(abs(as_numpy(wrong.energies(phi)) - expected["energies"]) > tolerance)
        assert np.any(abs(as_numpy(wrong.force(phi)) - expected["force"]) > tolerance)
