"""Every wrong word is answered by one sentence and exit status 2."""

import pytest

BAD = {
    "": "say which theory, as in 'heatbath run phi4': phi4, gaussian, or your own file",
    "phi5": "unknown theory 'phi5'; did you mean 'phi4'? Known: phi4, gaussian, or your own file",
    "ising": "unknown theory 'ising'. Known: phi4, gaussian",
    "phi4 --set kapa=0.2": "unknown coupling of phi4 'kapa'; did you mean 'kappa'? Known: ",
    "phi4 --set kappa": "--set takes NAME=VALUE, such as kappa=0.27; got 'kappa'",
    "phi4 --set =2": "--set takes NAME=VALUE, such as kappa=0.27; got '=2'",
    "phi4 --set kappa=": "--set takes NAME=VALUE, such as kappa=0.27; got 'kappa='",
    "phi4 --set kappa=big": "--set kappa must be a number; got 'big'",
    "phi4 --set kappa=1=2": "--set kappa must be a number; got '1=2'",
    "phi4 --set kappa=nan": "--set kappa must be a finite number; got nan",
    "phi4 --set kappa=-inf": "--set kappa must be a finite number; got -inf",
    "phi4 --set kappa=1e999": "--set kappa must be a finite number; got 1e999",
    "phi4 --set kappa=0.2 --set kappa=0.3": "--set kappa was given twice; give it once",
    "phi4 --shape 16,0": "--shape must be one to four whole extents of at least 1, such as 16,16; ",
    "phi4 --shape -4,4": "--shape must be one to four whole extents",
    "phi4 --shape 16,,16": "--shape must be one to four whole extents",
    "phi4 --shape 2,2,2,2,2": "--shape must be one to four whole extents",
    "phi4 --shape square": "--shape must be one to four whole extents",
    "phi4 --shape 1.5,2": "--shape must be one to four whole extents",
    "phi4 --shape 99999999999999999999,4": "a lattice must have less than 2**48 sites; got the ",
    "phi4 --sampler hcm": "unknown sampler 'hcm'; did you mean 'hmc'? Known: hmc, metropolis, ",
    "phi4 --width 1": "--width is a setting of metropolis, not of hmc; leave it out, or choose",
    "phi4 --sampler langevin --n-steps 3": "--n-steps is a setting of hmc, not of langevin; leave",
    "phi4 --step-size 0": "step_size must be a positive number; got 0.0",
    "phi4 --step-size nan": "step_size must be a positive number; got nan",
    "phi4 --step-size inf": "step_size must be a positive number; got inf",
    "phi4 --step-size wide": "Invalid value for '--step-size': 'wide' is not a valid float",
    "phi4 --n-steps 0": "n_steps must be a whole number of at least 1; got 0",
    "phi4 --integrator leap": "unknown integrator 'leap'; did you mean 'leapfrog'?",
    "phi4 --sampler metropolis --width -1": "width must be a positive number; got -1.0",
    "phi4 --samples 0": "samples must be a whole number of at least 1; got 0",
    "phi4 --samples many": "Invalid value for '--samples': 'many' is not a valid integer",
    "phi4 --chains 0": "chains must be a positive number",
    "phi4 --thin 0": "thin must be a whole number of at least 1; got 0",
    "phi4 --warmup -1": "warmup must be a whole number of at least 0; got -1",
    "phi4 --seed 1.5": "Invalid value for '--seed': '1.5' is not a valid integer",
    "phi4 --start warm": "unknown start 'warm'. Known: over-dispersed, cold, hot",
    "phi4 --target chi=1%": "unknown observable in target_error 'chi'",
    "phi4 --target binder": "--target takes NAME=VALUE, such as susceptibility=0.4%; got 'binder'",
    "phi4 --target binder=small": "--target binder must be a number; got 'small'",
    "phi4 --target binder=0%": "--target binder must be a positive error; got 0%",
    "phi4 --namespace nunpy": "unknown namespace 'nunpy'; did you mean 'numpy'? Known: numpy, ",
    "phi4 --dtype float46": "unknown dtype 'float46'; did you mean 'float64'?",
    "phi4 --dtype complex128": "unknown dtype 'complex128'",
    "phi4 --device moon": "numpy makes no float64 array on device 'moon'",
    "phi4 --save-every 2": "save_every stores configurations in a run",
    "phi4 --threads 0": "Invalid value for '--threads': 0 is not in the range x>=1",
    "phi4 --sampels 3": "No such option",
    "phi4 gaussian": "Got unexpected extra argument (gaussian)",
    "nowhere.py:Mine": "there is no file 'nowhere.py'; name your theory as my_action.py:NAME",
}


@pytest.mark.parametrize("words", BAD)
def test_run(refused, words):
    assert refused("run", *words.split()).startswith(BAD[words])


@pytest.mark.parametrize(
    "size", ["--shape 100000,100000", "--shape 9999999,9999999", "--samples 100000000000"]
)
def test_what_cannot_fit_is_refused_before_memory_runs_out(refused, size):
    assert "this does not fit into memory (32 chains with" in refused("run", "phi4", *size.split())


def test_steps_beyond_the_counter_are_refused(refused, tmp_path):
    huge = ("--samples", 10**20, "--out", tmp_path / "run")
    assert "must stay below 2**48 updates" in refused("run", "phi4", *huge)


def test_a_missing_library_is_told_with_its_install_command(refused):
    pytest.importorskip("torch")
    import importlib.util

    if importlib.util.find_spec("cupy") is not None:
        pytest.skip("CuPy is installed here")
    assert refused("run", "phi4", "--namespace", "cupy") == (
        "namespace 'cupy' needs the package cupy: pip install 'heatbath[cupy]'"
    )


def test_an_existing_directory_is_not_overwritten(refused, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    assert f"{tmp_path} exists already" in refused("run", "phi4", "--out", tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_an_unwritable_place(refused, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "cannot be written" in refused("run", "phi4", "--out", tmp_path / "file" / "run")


def test_an_unknown_command(refused):
    assert refused("rum", "phi4") == (
        "unknown command 'rum'; did you mean 'run'? Known: run, resume, analyse, report, "
        "export, verify, backends"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("resume", "Missing argument 'DIR' (see heatbath resume --help)"),
        ("analyse", "Missing argument 'FILE.npy|DIR' (see heatbath analyse --help)"),
        ("resume nowhere", "there is no run at nowhere"),
        ("analyse nowhere", "there is no file or run 'nowhere'"),
        ("backends numba", "Got unexpected extra argument (numba)"),
    ],
)
def test_other_commands(refused, words, sentence):
    assert refused(*words.split()).startswith(sentence)


@pytest.mark.parametrize("command", ["resume", "analyse"])
def test_a_directory_that_is_no_run(refused, command, tmp_path):
    assert str(tmp_path) in refused(command, tmp_path)


def test_debug_shows_the_traceback(heatbath, monkeypatch):
    for arguments in (["run", "phi5", "--debug"], ["--debug", "run", "phi5"]):
        result = heatbath(*arguments)
        assert result.exit_code == 2
        assert "Traceback" in result.stderr
        assert result.stderr.splitlines()[-1].startswith("Error: unknown theory")
    monkeypatch.setenv("HEATBATH_DEBUG", "1")
    assert "Traceback" in heatbath("run", "phi5").stderr
    monkeypatch.setenv("HEATBATH_DEBUG", "0")
    assert "Traceback" not in heatbath("run", "phi5").stderr


def test_our_own_faults_are_not_dressed_up(heatbath, monkeypatch):
    monkeypatch.setattr("heatbath.cli.theories.chosen", lambda name: {}["a fault"])
    with pytest.raises(KeyError):
        heatbath("run", "phi4")
