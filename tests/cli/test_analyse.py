import numpy as np
import pytest

import heatbath as hb
from heatbath import stats
from heatbath.cli.cuts import Cuts


@pytest.fixture
def saved(tmp_path):
    def save(series, name="series.npy", **options):
        np.save(tmp_path / name, series, **options)
        return tmp_path / name

    return save


def noise(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape)


def test_one_chain(report, saved):
    x = noise(2000).cumsum() * 0.9 ** np.arange(2000) + noise(2000, seed=2)
    path = saved(x)
    found = report("analyse", path)
    assert set(found) == set(
        "source chains chain_names n discarded thin observables rhat thermalisation_cut "
        "warnings".split()
    )
    assert (found["source"], found["chains"], found["n"]) == (str(path), 1, 2000)
    assert found["observables"] == {"series": stats.estimate(x).to_dict()}
    assert found["rhat"] == {"series": stats.split_rhat(x)}
    assert found["thermalisation_cut"] == stats.thermalisation_cut(x)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int32", "bool"])
def test_several_chains_of_any_dtype(report, saved, dtype):
    x = (10 * noise(3, 500)).astype(dtype)
    found = report("analyse", saved(x))
    assert (found["chains"], found["n"]) == (3, 500)
    assert found["observables"]["series"] == stats.estimate(x).to_dict()


def test_complex_series(report, heatbath, saved):
    z = np.exp(1j * noise(1000))
    path = saved(z)
    e = report("analyse", path)["observables"]["series"]
    assert complex(**e["value"]) == pytest.approx(z.mean())
    assert set(e["error"]) == {"real", "imag"}
    assert str(stats.estimate(z)) in heatbath("analyse", path).stdout


def test_discard(report, saved):
    x = noise(2, 400)
    found = report("analyse", saved(x), "--discard", "100")
    assert (found["n"], found["discarded"]) == (300, 100)
    assert found["observables"]["series"] == stats.estimate(x[:, 100:]).to_dict()


def test_other_cuts(report, heatbath, saved):
    x = noise(4, 400)
    path = saved(x)
    cuts = ("--last", "300", "--discard", "50", "--thin", "7", "--chains", "0,3")
    found = report("analyse", path, *cuts)
    kept = x[[0, 3], 100::7]
    assert (found["chains"], found["n"], found["thin"]) == (2, kept.shape[1], 7)
    assert (found["chain_names"], found["discarded"]) == (["0", "3"], 100)
    assert found["observables"]["series"] == stats.estimate(kept).to_dict()
    assert found["rhat"] == {"series": stats.split_rhat(kept)}
    head = heatbath("analyse", path, *cuts).stdout.splitlines()[0]
    assert head.endswith("the first 100 left out, one in 7 kept, only chains 0, 3")


def test_one_observable_of_a_run_from_some_of_its_chains(report, small, tmp_path):
    path = tmp_path / "run"
    report("run", "phi4", *small, "--out", path)
    whole = report("analyse", path)
    found = report("analyse", path, "--observable", "binder", "--observable", "phi_squared")
    assert found["observables"] == {n: whole["observables"][n] for n in ("binder", "phi_squared")}
    assert found["rhat"] == {"phi_squared": whole["rhat"]["phi_squared"]}
    one = report("analyse", path, "--chains", "1", "--thin", "2", "--observable", "phi_squared")
    series = hb.io.Run.open(path).history("phi_squared")
    assert one["observables"]["phi_squared"] == stats.estimate(series[1:, ::2]).to_dict()


def test_a_cut_series_is_read_in_pieces_as_it_would_be_whole():
    x = noise(3, 101)
    for cuts in (Cuts(), Cuts(discard=7, thin=4), Cuts(last=33, chains=("2", "0")), Cuts(thin=25)):
        kept = cuts.applied(x, ("0", "1", "2"))
        rows = [0, 1, 2] if cuts.chains is None else [2, 0]
        begin = 101 - 33 if cuts.last else cuts.discard
        whole = x[rows, begin :: cuts.thin] if len(rows) < 3 else x[:, begin :: cuts.thin]
        assert kept.shape == whole.shape
        for start in range(kept.n):
            for stop in range(kept.n + 3):
                assert np.array_equal(kept[:, start:stop], whole[:, start:stop])


def test_the_next_command_keeps_the_other_cuts(heatbath, saved):
    i = np.arange(5000)
    path = saved(10 * np.exp(-i / 50) + noise(2, 5000))
    text = heatbath("analyse", path, "--chains", "1", "--thin", "2").stdout
    (line,) = [line for line in text.splitlines() if "--discard" in line]
    assert "--thin 2 --chains 1" in line
    assert 100 < int(line.split("--discard ")[1].split()[0]) < 500


WRONG_CUTS = {
    ("--chains", "0,7"): "unknown chain in --chains '7'",
    ("--chains", "0,0"): "--chains takes different names, such as 0,2,5; got '0,0'",
    ("--chains", ""): "--chains takes different names",
    ("--thin", "40"): "--thin must leave at least 4 of the 100 measurements; they leave 3",
    ("--last", "3"): "Invalid value for '--last'",
    ("--observable", "charge"): "unknown observable 'charge'",
}


@pytest.mark.parametrize("cuts", WRONG_CUTS, ids=" ".join)
def test_cuts_that_make_no_sense_are_refused(refused, saved, cuts):
    assert WRONG_CUTS[cuts] in refused("analyse", saved(noise(2, 100)), *cuts)


def test_a_diverged_run_is_analysed_in_words(report, tmp_path):
    action = hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=(4,))
    with np.errstate(all="ignore"):
        hb.sample(
            hb.Langevin(action, step_size=50.0), samples=20, chains=2, warmup=0, tune=False,
            out=tmp_path / "run", progress=False,
        )  # fmt: skip
    found = report("analyse", tmp_path / "run")
    assert found["observables"]["phi_squared"]["value"] is None
    assert found["rhat"]["phi_squared"] is None
    assert any("must be finite" in words for words in found["warnings"])


def test_the_table(heatbath, saved):
    path = saved(noise(2, 400), "charge.npy")
    text = heatbath("analyse", path).stdout
    assert f"{path}: 2 chains x 400 measurements" in text
    header, row = (line.split() for line in text.split("\n\n")[1].splitlines())
    assert header == ["observable", "value(error)", "tau_int", "ess", "R-hat"]
    assert row[0] == "charge"


def test_a_warm_up_is_seen_and_the_next_command_is_given(heatbath, saved):
    i = np.arange(5000)
    path = saved(10 * np.exp(-i / 50) + noise(5000))
    text = heatbath("analyse", path).stdout
    cut = stats.thermalisation_cut(np.load(path))
    assert f"heatbath analyse {path} --discard {cut}" in text
    assert "Next" not in heatbath("analyse", path, "--discard", cut).stdout


def test_a_run(report, heatbath, small, tmp_path):
    path = tmp_path / "run"
    made = report("run", "phi4", *small, "--out", path)
    found = report("analyse", path)
    assert found["observables"] == made["observables"]
    assert found["rhat"] == made["rhat"]
    assert "susceptibility" in heatbath("analyse", path, "--discard", "4").stdout


REFUSED = {
    "nan": (np.array([1.0, np.nan, 2.0, 3.0, 4.0]), "nan"),
    "too short": (np.ones(3), "at least 4 are needed"),
    "empty": (np.zeros(0), "at least 4"),
    "a number": (np.array(3.0), "holds a single number"),
    "three axes": (np.ones((2, 3, 10)), "must have shape (n,) for one chain or (chains, n)"),
    "texts": (np.array(list("abcdef")), "must hold real or complex numbers"),
    "structured": (np.zeros(9, dtype=[("a", float)]), "must hold real or complex numbers"),
    "foreign": (np.ones(9, dtype=">f8" if np.little_endian else "<f8"), "foreign byte order"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_series_is_refused_with_the_file_named(refused, saved, case):
    series, words = REFUSED[case]
    sentence = refused("analyse", saved(series))
    assert "series.npy" in sentence
    assert words in sentence


class Bomb:
    """Explodes when it is unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


def test_objects_are_refused_without_unpickling(refused, saved):
    path = saved(np.array([Bomb(), 1, 2, 3], dtype=object), allow_pickle=True)
    assert "holds Python objects, which are not unpickled" in refused("analyse", path)


@pytest.mark.parametrize("content", [b"", b"1.0 2.0 3.0", b"\x80\x04K\x01.", b"\x93NUM"])
def test_a_file_that_is_not_npy(refused, tmp_path, content):
    path = tmp_path / "series.npy"
    path.write_bytes(content)
    assert refused("analyse", path) == (
        f"{path} is not a .npy file; write one with numpy.save('series.npy', series)"
    )


@pytest.mark.parametrize("length", [6, 8, 40, 200])
def test_a_file_that_was_cut_off(refused, saved, length):
    path = saved(noise(100))
    path.write_bytes(path.read_bytes()[:length])
    assert "is cut off or damaged" in refused("analyse", path)


def test_an_archive(refused, tmp_path):
    np.savez(tmp_path / "all.npz", a=noise(10))
    assert "is an archive of arrays (.npz)" in refused("analyse", tmp_path / "all.npz")


@pytest.mark.parametrize("discard", ["-1", "97", "1000"])
def test_discard_must_leave_something(refused, saved, discard):
    path = saved(noise(100))
    assert "must leave at least 4 of the 100" in refused("analyse", path, "--discard", discard)


def test_a_run_without_measurements(refused, report, small, tmp_path):
    report("run", "gaussian", *small, "--samples", "2", "--out", tmp_path / "run")
    assert "holds 2 measurements so far, and at least 4 are needed" in refused(
        "analyse", tmp_path / "run"
    )


def test_a_constant_series_is_told(heatbath, saved):
    assert "nothing varies" in heatbath("analyse", saved(np.ones(50))).stdout
