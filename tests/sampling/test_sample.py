"""`hb.sample` in memory: what is measured, thinning, observables, targets, warnings."""

import json
import math

import numpy as np
import pytest

import heatbath as hb
from heatbath.exact import free_field

GAUSSIAN = hb.actions.Gaussian(m2=1.0, lattice=(4, 4))
METROPOLIS = hb.Metropolis(GAUSSIAN, width=1.5)
ORDER = [
    "abs_magnetization",
    "magnetization",
    "magnetization_squared",
    "susceptibility",
    "binder",
    "phi_squared",
    "action_density",
]


def run(sampler=METROPOLIS, **options):
    options = {"samples": 60, "seed": 3, "progress": False, "warmup": 40, **options}
    return hb.sample(sampler, **options)


def test_the_result_tells_everything_about_the_run():
    result = run(thin=2, chains=3)
    assert list(result.estimates) == ORDER
    assert {name: h.shape for name, h in result.history.items()} == dict.fromkeys(
        ["magnetization", "phi_squared", "action_density"], (3, 60)
    )
    told = (result.shape, result.seed, result.chains, result.samples, result.thin, result.warmup)
    assert told == ((4, 4), 3, (0, 1, 2), 60, 2, 40)
    assert (result.namespace, result.dtype, result.directory) == ("numpy", "float64", None)
    assert result.state.step == 40 + 2 * 60
    assert result.state.field.shape == (3, 4, 4)


def test_the_history_is_that_of_the_chain_itself():
    result = run(tune=False, start="cold", warmup=5, samples=7)
    key = hb.random.key(3, chains=4)
    state, _ = METROPOLIS.step(key, METROPOLIS.init(np.zeros((4, 4, 4))), n=5)
    for i in range(7):
        state, _ = METROPOLIS.step(key, state)
        for name, values in GAUSSIAN.scalars(state.field).items():
            assert np.array_equal(result.history[name][:, i], values)
    assert np.array_equal(result.state.field, state.field)


def test_thinning_keeps_a_subset_of_the_chain():
    every, third = run(samples=60), run(samples=20, thin=3)
    for name, values in every.history.items():
        assert np.array_equal(values[:, 2::3], third.history[name])


def test_without_tuning_a_chain_is_the_same_alone():
    together = run(tune=False, chains=4)
    alone = run(tune=False, chains=[2])
    assert np.array_equal(together.history["magnetization"][2:3], alone.history["magnetization"])


def test_a_start_array_is_used_and_left_alone():
    start = np.full((2, 4, 4), 0.5)
    result = run(start=start, warmup=0, samples=4)
    assert result.chains == (0, 1)
    assert (start == 0.5).all()
    assert run(start=np.zeros((4, 4)), samples=4).chains == (0,)


def test_a_lattice_may_come_from_shape_or_from_the_start():
    free = hb.Metropolis(hb.actions.Gaussian(m2=1.0))
    assert run(free, shape=(2, 3), samples=4).shape == (2, 3)
    assert run(free, start=np.zeros((5, 2, 3)), samples=4).shape == (2, 3)


def test_like_gives_library_and_dtype():
    result = run(like=np.zeros(1, dtype=np.float32), samples=4)
    assert result.dtype == "float32"
    assert result.history["phi_squared"].dtype == np.float32


def test_a_cycle_runs():
    result = run(hb.cycle(hb.HMC(GAUSSIAN), METROPOLIS), warmup=60)
    assert 0 < result.acceptance < 1
    assert result.sampler.parts[0].step_size != 0.2


def test_the_free_field_comes_out():
    result = hb.sample(hb.HMC(GAUSSIAN), samples=3000, seed=11, progress=False)
    exact = free_field.gaussian((4, 4), m2=1.0)
    for name in ("phi_squared", "magnetization_squared"):
        e = result.estimates[name]
        assert abs(e.value - getattr(exact, name)) < 4 * e.error
    assert max(result.rhat.values()) < 1.01


# ---------------------------------------------------------------- observables


def test_observables_are_called_once_per_measurement_on_all_chains():
    seen = []

    def first_mode(field):
        seen.append(field.shape)
        return np.fft.fft2(field)[:, 1, 0]

    result = run(observables={"first_mode": first_mode})
    assert seen == [(4, 4, 4)] * 61  # one to learn its dtype
    assert result.history["first_mode"].dtype == np.complex128
    assert isinstance(result.estimates["first_mode"].value, complex)
    assert list(result.estimates) == [*ORDER, "first_mode"]


def test_an_observable_agrees_with_the_standard_one():
    result = run(observables={"mine": lambda f: (f**2).mean(axis=(1, 2))})
    assert np.allclose(result.history["mine"], result.history["phi_squared"], rtol=1e-13)


def test_integers_become_floats():
    result = run(observables={"positive": lambda f: (f > 0).sum(axis=(1, 2))})
    assert result.history["positive"].dtype == np.float64


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda f: f, r"shape \(4,\), for .* got shape \(4, 4, 4\)"),
        (lambda f: f.mean(), r"'bad' must return one number per chain"),
        (lambda f: 1.0, r"got float"),
        (lambda f: np.array(["a"] * 4), "real or complex numbers; got dtype"),
        (lambda f: f.mean(axis=(1, 2)) * math.nan, "'bad' returned NaN or infinity"),
        (lambda f: f.__setitem__(0, 1.0), "read-only"),
        (3, "'bad' must be a function"),
    ],
)
def test_bad_observables_are_refused_in_words(function, words):
    with pytest.raises((ValueError, TypeError), match=words):
        run(observables={"bad": function})


@pytest.mark.parametrize("name", ["a/b", "", "phi_squared", "configurations", "coupling_m2", 3])
def test_bad_names_of_observables_are_refused(name):
    with pytest.raises(ValueError, match=r"name|measured always"):
        run(observables={name: lambda f: f.mean(axis=(1, 2))})


# ---------------------------------------------------------------- target errors


def test_a_target_error_stops_the_run_where_it_is_reached():
    full = run(samples=4000, chains=2)
    target = full.estimates["phi_squared"].error * 2
    result = run(samples=4000, chains=2, target_error={"phi_squared": target})
    e = result.estimates["phi_squared"]
    assert result.samples < 4000
    assert e.error <= target
    assert e.n >= 100 * e.tau_int
    assert np.array_equal(
        result.history["phi_squared"], full.history["phi_squared"][:, : result.samples]
    )
    assert not any("target" in w for w in result.warnings)


def test_it_never_stops_before_100_tau_int():
    slow = hb.Metropolis(GAUSSIAN, width=0.2)
    result = run(slow, samples=8000, tune=False, target_error={"phi_squared": 1e9})
    e = result.estimates["phi_squared"]
    assert e.n >= 100 * e.tau_int or result.samples == 8000
    assert result.samples > 500  # tau_int is some tens of sweeps here


def test_a_relative_target_and_one_out_of_reach():
    near = run(samples=2000, target_error={"phi_squared": "5%"})
    assert near.estimates["phi_squared"].error <= 0.05 * near.estimates["phi_squared"].value
    far = run(samples=100, target_error={"phi_squared": "0.001%"})
    assert far.samples == 100
    assert any("target error was not reached" in w for w in far.warnings)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"phi_sqared": 0.1}, "did you mean 'phi_squared'"),
        ({"phi_squared": 0.0}, "positive number"),
        ({"phi_squared": "ten"}, "such as '0.4%'"),
        ({"phi_squared": -0.1}, "positive number"),
        ({"phi_squared": math.nan}, "positive number"),
    ],
)
def test_bad_targets_are_refused(target, words):
    with pytest.raises(ValueError, match=words):
        run(target_error=target)


# ---------------------------------------------------------------- warnings


def warned(result, words):
    return any(words in sentence for sentence in result.warnings)


def test_a_biased_sampler_is_flagged():
    assert warned(run(hb.Langevin(GAUSSIAN, step_size=0.1)), "langevin is biased")
    assert not warned(run(), "biased")


def test_no_acceptance_is_a_warning():
    result = run(hb.HMC(GAUSSIAN, step_size=1e6), tune=False)
    assert result.acceptance == 0.0
    assert warned(result, "not one update was accepted")
    assert max(result.rhat.values()) > 1.1  # over-dispersed starts differ


def test_a_diverging_run_is_a_warning():
    phi4 = hb.actions.Phi4(kappa=0.27, lam=0.5, lattice=(4, 4))
    with np.errstate(all="ignore"):
        result = run(hb.Langevin(phi4, step_size=2.0))
    assert warned(result, "diverged")
    assert math.isnan(result.estimates["phi_squared"].value)
    json.dumps(result.to_dict(), allow_nan=False)


def test_short_chains_are_told():
    assert warned(run(samples=10), "chains too short")
    tiny = run(samples=2)
    assert warned(tiny, "not estimated")


def test_stuck_chains_disagree():
    frozen = run(hb.Metropolis(GAUSSIAN, width=1e-9), tune=False)
    assert frozen.rhat["phi_squared"] > 1.1
    assert warned(frozen, "chains disagree")


# ---------------------------------------------------------------- output


def test_to_dict_is_the_json_of_the_command_line():
    told = json.loads(json.dumps(run().to_dict(), allow_nan=False))
    assert told["theory"] == "gaussian"
    assert told["parameters"] == {"m2": 1.0}
    assert told["shape"] == [4, 4]
    assert told["sampler"]["name"] == "metropolis"
    assert set(told["observables"]["susceptibility"]) >= {"value", "error", "tau_int"}
    for field in "acceptance seconds seed chains samples thin warmup namespace dtype rhat".split():
        assert field in told
    assert {"ess", "warnings"} <= set(told)


def test_printing_shows_a_table():
    text = str(run())
    assert "susceptibility" in text
    assert "tau_int" in text


def test_no_progress_bar_without_a_terminal(capsys):
    run(progress=True)
    assert capsys.readouterr() == ("", "")


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"samples": 0}, ValueError, "samples must be a whole number of at least 1; got 0"),
        ({"samples": 1.5}, ValueError, "samples"),
        ({"samples": 1 << 48}, ValueError, "below 2"),
        ({"thin": 0}, ValueError, "thin"),
        ({"warmup": -1}, ValueError, "warmup"),
        ({"chains": 0}, ValueError, "chains"),
        ({"chains": [1, 1]}, ValueError, "must differ"),
        ({"seed": 1.0}, TypeError, "seed"),
        ({"start": "over-dispersd"}, ValueError, "did you mean 'over-dispersed'"),
        ({"start": np.zeros((3, 3))}, ValueError, "start must have shape"),
        ({"start": np.full((4, 4), np.nan)}, ValueError, "NaN"),
        ({"start": np.zeros((2, 4, 4)), "chains": 3}, ValueError, "2 chains, but chains names 3"),
        ({"start": np.zeros((4, 4), dtype=int)}, TypeError, "float64 or float32"),
        ({"start": np.zeros((4, 4)), "like": np.zeros(1, np.float32)}, ValueError, "convert one"),
        ({"namespace": "nunpy"}, ValueError, "did you mean 'numpy'"),
        ({"dtype": "float16"}, ValueError, "unknown dtype"),
        ({"namespace": "torch", "device": "cuda:77"}, ValueError, "torch makes no float64 array"),
        ({"shape": (5, 5)}, ValueError, r"lives on \(4, 4\)"),
        ({"save_every": 5}, ValueError, "give out="),
        ({"save_every": 0, "out": "x"}, ValueError, "save_every"),
        ({"like": [1.0]}, TypeError, "must be an array"),
    ],
)
def test_bad_arguments_are_refused_in_words(options, error, words):
    with pytest.raises(error, match=words) as caught:
        run(**options)
    assert len(str(caught.value).splitlines()) == 1


def test_a_sampler_without_lattice_and_no_sampler_are_refused():
    with pytest.raises(ValueError, match=r"give shape=\(16, 16\)"):
        hb.sample(hb.HMC(hb.actions.Gaussian(m2=1.0)))
    with pytest.raises(TypeError, match=r"such as hb.HMC\(action\)"):
        hb.sample(GAUSSIAN)


def test_a_coupling_that_needs_a_gradient_is_refused():
    torch = pytest.importorskip("torch")
    mass = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    with pytest.raises(ValueError, match="needs a gradient"):
        hb.sample(hb.HMC(hb.actions.Gaussian(m2=mass, lattice=(4, 4))))
