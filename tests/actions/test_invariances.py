"""Symmetries of lattice actions: translations, Z2, permuted axes, reflections, batches."""

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

import brute_force
from heatbath.lattice import tree_sum
from strategies import batches, couplings, fields, shapes

THEORIES = {name: case.theory for name, case in brute_force.CASES.items()}
SYMMETRIC = ("phi4", "gaussian")  # under φ → −φ, and in the two ends of a bond


@st.composite
def configurations(draw, names=tuple(THEORIES)):
    """A theory with couplings on a lattice, a batch of fields, a batch of proposals."""
    theory = THEORIES[draw(st.sampled_from(names))]
    shape = draw(shapes())
    values = draw(couplings(theory, shape))
    size = (*draw(batches()), *shape)
    return theory, shape, values, draw(fields(size)), draw(fields(size))


def transformed(values, shape, sites, bonds):
    """Couplings with `sites` applied to those of sites and `bonds` to those of bonds."""
    return {
        name: (sites if v.shape == shape else bonds)(v) if np.ndim(v) else v
        for name, v in values.items()
    }


def assert_close(found, expected, scale):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13 * (1 + scale))


@given(configurations(), st.data())
def test_translations(configuration, data):
    theory, shape, values, phi, proposal = configuration
    steps = tuple(data.draw(st.integers(-3, 3)) for _ in shape)
    axes = tuple(range(-len(shape), 0))

    def moved(x):
        return np.roll(x, steps, axis=axes)

    here = theory(**values, lattice=shape)
    there = theory(**transformed(values, shape, moved, moved), lattice=shape)
    # site by site the same arithmetic, hence the same bits
    assert np.array_equal(there.energies(moved(phi)), moved(here.energies(phi)))
    assert np.array_equal(there.force(moved(phi)), moved(here.force(phi)))
    assert np.array_equal(
        there.local_difference(moved(phi), moved(proposal)),
        moved(here.local_difference(phi, proposal)),
    )
    assert_close(there(moved(phi)), here(phi), abs(here.energies(phi)).sum())


@given(configurations(SYMMETRIC))
def test_z2(configuration):
    theory, shape, values, phi, proposal = configuration
    action = theory(**values, lattice=shape)
    assert np.array_equal(action(-phi), action(phi))
    assert np.array_equal(action.force(-phi), -action.force(phi))
    assert np.array_equal(
        action.local_difference(-phi, -proposal), action.local_difference(phi, proposal)
    )


def test_z2_is_broken_by_a_source():
    """The test above can fail: a linear term is not even."""
    theory, phi = THEORIES["rich"], np.linspace(-1, 2, 6)
    action = theory(g=0.3, h=0.5, beta=1.0, j=0.4, r=0.2, lattice=(6,))
    assert abs(action(-phi) - action(phi)) > 0.1


@given(configurations(), st.data())
def test_permuted_axes(configuration, data):
    theory, shape, values, phi, _ = configuration
    d = len(shape)
    order = data.draw(st.permutations(range(d)))

    def permuted(x):
        ahead = x.ndim - d
        return np.transpose(x, (*range(ahead), *(ahead + a for a in order)))

    here = theory(**values, lattice=shape)
    there = theory(
        **transformed(values, shape, permuted, lambda v: permuted(v)[list(order)]),
        lattice=tuple(shape[a] for a in order),
    )
    scale = abs(here.energies(phi)).max()
    assert_close(there.energies(permuted(phi)), permuted(here.energies(phi)), scale)
    assert_close(there(permuted(phi)), here(phi), scale * phi.size)
    assert_close(there.force(permuted(phi)), permuted(here.force(phi)), 10 * scale)


@given(configurations(SYMMETRIC), st.data())
def test_reflections(configuration, data):
    theory, shape, values, phi, _ = configuration
    d = len(shape)
    mu = data.draw(st.integers(0, d - 1))

    def reflected(x):  # x_mu → −x_mu
        return np.roll(np.flip(x, axis=mu - d), 1, axis=mu - d)

    def reflected_bonds(v):  # the bond from x to x + mu becomes the one from −x − mu to −x
        result = reflected(v)
        result[mu] = np.flip(v[mu], axis=mu)
        return result

    here = theory(**values, lattice=shape)
    there = theory(**transformed(values, shape, reflected, reflected_bonds), lattice=shape)
    scale = abs(here.energies(phi)).sum()
    assert_close(there(reflected(phi)), here(phi), scale)
    assert_close(there.force(reflected(phi)), reflected(here.force(phi)), 10 * scale)


@given(configurations())
def test_the_action_is_the_sum_of_its_energies(configuration):
    theory, shape, values, phi, _ = configuration
    action = theory(**values, lattice=shape)
    energies = action.energies(phi)
    assert np.array_equal(action(phi), tree_sum(energies, len(shape)))
    axes = tuple(range(-len(shape), 0))
    assert_close(action(phi), energies.sum(axis=axes), abs(energies).sum())


@given(configurations())
def test_chains_of_a_batch_do_not_meet(configuration):
    theory, shape, values, phi, proposal = configuration
    action = theory(**values, lattice=shape)
    batch = phi.shape[: phi.ndim - len(shape)]
    everything = (
        action(phi),
        action.energies(phi),
        action.force(phi),
        action.local_difference(phi, proposal),
    )
    for chain in np.ndindex(batch):
        alone = (
            action(phi[chain]),
            action.energies(phi[chain]),
            action.force(phi[chain]),
            action.local_difference(phi[chain], proposal[chain]),
        )
        for one, several in zip(alone, everything, strict=True):
            assert np.array_equal(one, several[chain])


@given(configurations(), st.data())
def test_the_difference_of_two_actions(configuration, data):
    """Changing one site changes the action by the local difference there."""
    theory, shape, values, phi, proposal = configuration
    action = theory(**values, lattice=shape)
    site = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    changed = phi.copy()
    changed[..., *site] = proposal[..., *site]
    scale = abs(action.energies(phi)).sum() + abs(action.energies(changed)).sum()
    found = action.local_difference(phi, proposal)[..., *site]
    assert_close(found, action(changed) - action(phi), scale)


@settings(max_examples=20)
@given(configurations(("phi4",)), st.data())
def test_sites_of_one_colour_move_independently(configuration, data):
    """What a Metropolis sweep rests on: the differences of one colour add up."""
    theory, shape, values, phi, proposal = configuration
    action = theory(**values, lattice=shape)
    colours = action.colouring()
    colour = data.draw(st.integers(0, int(colours.max())))
    assume((colours == colour).any())
    changed = np.where(colours == colour, proposal, phi)
    axes = tuple(range(-len(shape), 0))
    separate = np.where(colours == colour, action.local_difference(phi, proposal), 0.0)
    scale = abs(action.energies(phi)).sum() + abs(action.energies(changed)).sum()
    assert_close(separate.sum(axis=axes), action(changed) - action(phi), scale)


def test_neighbours_of_two_colours_do_not(dtype):
    """The test above can fail: moving all sites at once is not a sum of local differences."""
    action = THEORIES["phi4"](kappa=0.4, lam=0.1, lattice=(4, 4))
    phi = np.linspace(-1, 1, 16, dtype=dtype).reshape(4, 4)
    new = 1.5 * phi + 0.3
    total = action.local_difference(phi, new).sum()
    assert abs(total - (action(new) - action(phi))) > 0.1


@pytest.mark.parametrize("name", THEORIES)
def test_actions_leave_their_arguments_alone(name, xp):
    case = brute_force.CASES[name]
    rng = np.random.default_rng(3)
    phi, new = rng.normal(size=(2, 2, 3))
    kept = phi.copy(), new.copy()
    arrays = case.couplings((2, 3), local=True)
    action = case.theory(
        **{n: xp.asarray(v) if np.ndim(v) else v for n, v in arrays.items()}, lattice=(2, 3)
    )
    before = {n: np.copy(v) for n, v in arrays.items()}
    given_arrays = xp.asarray(phi), xp.asarray(new)
    action(given_arrays[0]), action.force(given_arrays[0]), action.local_difference(*given_arrays)
    assert np.array_equal(np.asarray(given_arrays[0]), kept[0])
    assert np.array_equal(np.asarray(given_arrays[1]), kept[1])
    assert all(np.array_equal(arrays[n], before[n]) for n in arrays)
