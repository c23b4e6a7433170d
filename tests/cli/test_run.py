import json
import math

import pytest

import heatbath as hb

OBSERVABLES = [
    "abs_magnetization",
    "magnetization",
    "magnetization_squared",
    "susceptibility",
    "binder",
    "phi_squared",
    "action_density",
]


def test_the_json_object_has_exactly_these_fields(report, small):
    found = report("run", "phi4", *small)
    assert set(found) == set(
        "theory parameters shape sampler acceptance seconds observables seed chains chain_names "
        "samples thin warmup namespace dtype rhat ess warnings directory".split()
    )
    assert found["theory"] == "phi4"
    assert found["parameters"] == {"kappa": 0.27, "lam": 0.022}
    assert found["shape"] == [4, 4]
    assert set(found["sampler"]) == {"name", "step_size", "n_steps", "integrator", "randomise"}
    assert found["sampler"]["name"] == "hmc"
    assert 0.5 < found["acceptance"] <= 1.0
    assert found["seconds"] > 0.0
    assert (found["samples"], found["chains"], found["warmup"]) == (16, 2, 20)
    assert list(found["observables"]) == OBSERVABLES


def test_every_observable_has_a_value_an_error_and_tau_int(report, small):
    for observable in report("run", "gaussian", *small)["observables"].values():
        assert {"value", "error", "tau_int"} <= set(observable)
        assert all(math.isfinite(observable[k]) for k in ("value", "error", "tau_int"))


def test_json_is_the_only_thing_on_stdout(heatbath, small):
    result = heatbath("run", "phi4", *small, "--json")
    assert (result.stderr, json.loads(result.stdout)["theory"]) == ("", "phi4")


@pytest.mark.parametrize("sampler", ["hmc", "metropolis", "langevin"])
def test_numpy_and_torch_print_the_same_numbers(report, small, sampler):
    pytest.importorskip("torch")
    commands = [
        report("run", "phi4", *small, "--sampler", sampler, "--seed", "3", "--namespace", n)
        for n in ("numpy", "torch")
    ]
    for key in ("observables", "sampler", "acceptance", "parameters", "shape"):
        assert commands[0][key] == commands[1][key]
    assert [c["namespace"] for c in commands] == ["numpy", "torch"]


def test_the_command_line_is_hb_sample(report, small):
    found = report("run", "phi4", *small, "--n-steps", "3", "--integrator", "leapfrog")
    action = hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=(4, 4))
    same = hb.sample(
        hb.HMC(action, n_steps=3, integrator="leapfrog"),
        samples=16, chains=2, warmup=20, thin=2, progress=False,
    )  # fmt: skip
    assert found["observables"] == json.loads(json.dumps(same.to_dict()["observables"]))


def test_couplings_seed_dtype_and_settings_arrive(report, small):
    found = report(
        "run", "phi4", *small, "--set", "kappa=0.2", "--set", "lam = 1e-1", "--seed", "-7",
        "--dtype", "float32", "--step-size", "0.125", "--no-tune", "--start", "cold", "--thin", "1",
    )  # fmt: skip
    assert found["parameters"] == {"kappa": 0.2, "lam": 0.1}
    assert (found["seed"], found["dtype"], found["thin"]) == (-7, "float32", 1)
    assert found["sampler"]["step_size"] == 0.125


def test_a_coupling_that_is_not_given_keeps_its_default(report, small):
    assert report("run", "phi4", *small, "--set", "kappa=0.2")["parameters"]["lam"] == 0.022
    assert report("run", "gaussian", *small)["parameters"] == {"m2": 0.5}


@pytest.mark.parametrize("shape", ["8", "4,4", "4x2", "3,2,2", "2,2,2,2"])
def test_shapes(report, shape):
    few = ("--samples", "4", "--chains", "2", "--warmup", "4")
    with hb.backends.use("reference"):  # a kernel would be compiled for each dimension
        found = report("run", "gaussian", *few, "--shape", shape)
    assert found["shape"] == [int(n) for n in shape.replace("x", ",").split(",")]


def test_a_run_stops_at_its_target(report):
    found = report(
        "run", "gaussian", "--shape", "2,2", "--samples", "20000", "--chains", "8",
        "--target", "phi_squared=5%",
    )  # fmt: skip
    e = found["observables"]["phi_squared"]
    assert e["error"] <= 0.05 * e["value"]
    assert found["samples"] < 20000


def test_the_table_compares_the_main_job_with_the_reference(heatbath):
    result = heatbath("run", "phi4", "--samples", "50", "--chains", "4", "--warmup", "100")
    assert result.exit_code == 0
    rows = {line.split()[0]: line.split()[1:] for line in table(result.stdout)}
    assert rows["observable"] == ["value(error)", "tau_int", "reference", "deviation"]
    assert [name for name in rows if name != "observable"] == OBSERVABLES
    references = {name: row[-3] for name, row in rows.items() if row[-1] == "sigma"}
    assert references == {
        "abs_magnetization": "0.76277(27)",
        "susceptibility": "24.056(20)",
        "binder": "0.53223(16)",
        "phi_squared": "1.45807(27)",
        "action_density": "0.394585(46)",
    }
    assert all(abs(float(row[-2])) < 6 for row in rows.values() if row[-1] == "sigma")


@pytest.mark.parametrize(
    "other", [("--set", "kappa=0.26"), ("--shape", "8,8"), ("--set", "lam=0.02")]
)
def test_elsewhere_there_is_no_reference(heatbath, other):
    result = heatbath("run", "phi4", "--samples", "20", "--chains", "2", "--warmup", "20", *other)
    assert result.exit_code == 0
    assert "reference" not in result.stdout
    assert "sigma" not in result.stdout


def test_the_table_fits_80_columns_and_has_no_colours(heatbath, small, tmp_path):
    commands = (*small, "--sampler", "langevin"), ("--samples", "20", "--warmup", "20")
    for command in commands:
        text = heatbath("run", "phi4", *command).stdout
        assert "\x1b" not in text
        assert max(map(len, text.splitlines())) <= 80


def test_warnings_are_printed_below_the_table(heatbath, report, small):
    command = ("run", "phi4", *small, "--sampler", "langevin", "--step-size", "0.05")
    text = heatbath(*command).stdout
    below = " ".join(text[text.index("action_density") :].split())
    warnings = report(*command)["warnings"]
    assert warnings
    assert "Warning: langevin is biased by its step size 0.05" in below
    assert below.count("Warning: ") == len(warnings)


def test_the_table_says_what_to_do_next(heatbath, small, tmp_path):
    assert "heatbath run --help" in heatbath("run", "phi4", *small).stdout
    stored = heatbath("run", "phi4", *small, "--out", tmp_path / "my-run").stdout
    assert f"heatbath analyse {tmp_path / 'my-run'}" in stored


def test_nothing_is_said_twice_by_python_warnings(process, small):
    """A process of its own shows what CliRunner would hide."""
    out, err = process("run", "phi4", *small, "--json").communicate(timeout=120)
    assert err == ""
    assert json.loads(out)["theory"] == "phi4"


def test_a_locale_without_greek_letters_stops_nothing(process, small):
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    p = process("run", "gaussian", *small, env=ascii_only)
    out, _ = p.communicate(timeout=120)
    assert p.returncode == 0
    assert "susceptibility" in out


def table(text):
    """The lines of the table, which stand between the second and the third paragraph."""
    return text.split("\n\n")[1].splitlines()


def test_the_main_job_needs_no_option_and_is_precise_enough():
    """The defaults promise ≤ 0.4 % for χ; the statistical tests hold them to it."""
    from heatbath.cli.settings import DEFAULTS, make_sampler

    assert DEFAULTS.samples * DEFAULTS.chains * DEFAULTS.thin >= 300_000
    sampler = make_sampler("hmc", hb.actions.Phi4(kappa=0.27, lam=0.022))
    assert (sampler.integrator, sampler.n_steps) == (DEFAULTS.integrator, DEFAULTS.n_steps)


@pytest.mark.statistics
def test_the_main_job_meets_the_reference(report):
    found = report("run", "phi4")["observables"]
    reference = {
        "abs_magnetization": (0.76277, 0.00027),
        "susceptibility": (24.056, 0.020),
        "binder": (0.53223, 0.00016),
        "phi_squared": (1.45807, 0.00027),
        "action_density": (0.394585, 0.000046),
    }
    assert found["susceptibility"]["error"] <= 0.004 * 24.056
    for name, (value, error) in reference.items():
        distance = (found[name]["value"] - value) / math.hypot(found[name]["error"], error)
        assert abs(distance) < 4, name
