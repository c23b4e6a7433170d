"""`heatbath report` on every kind of run; what its figures hold is tested in tests/plot."""

import json
import math
import shlex
import shutil

import numpy as np
import pytest

import heatbath as hb
from heatbath.cli.cuts import Cuts
from heatbath.cli.reporting import findings

ONE = ("--observable", "action_density")


def sampled(path, *, sampler=None, **changes):
    action = hb.actions.Gaussian(m2=0.5, lattice=(4, 6))
    settings = {"samples": 40, "chains": 2, "warmup": 20, "save_every": 4, "progress": False}
    hb.sample(sampler or hb.HMC(action, n_steps=3), out=path, **(settings | changes))
    return path


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return sampled(tmp_path_factory.mktemp("cli") / "my-run", seed=3)


def rows_of(found, title):
    (group,) = [group for group in found.report.settings if group.title == title]
    return dict(group.rows)


def test_page_and_figures_are_written_beside_the_run(report, stored):
    before = sorted(stored.rglob("*"))
    found = report("report", stored, *ONE)
    folder = stored.with_name("my-run-report")
    assert found["report"] == str(folder / "report.html")
    names = {path.name for path in folder.iterdir()}
    assert {path.rpartition("/")[2] for path in found["figures"]} == names - {"report.html"}
    assert names == {"report.html", "action.png", "configurations.png", "correlator.png"} | {
        f"{kind}-action_density.png" for kind in ("history", "histogram", "autocorrelation")
    }
    assert sorted(stored.rglob("*")) == before
    assert found["analysis"] == report("analyse", stored, *ONE)
    assert found["missing"] == []


def test_it_says_where_and_what_next_and_opens_the_page(heatbath, stored, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("click.launch", opened.append)
    text = heatbath("report", stored, "--out", tmp_path / "here", "--open", *ONE).stdout
    page = tmp_path / "here" / "report.html"
    assert text.startswith(f"{page}: 6 figures")
    assert "Warning: chain" in text
    assert f"heatbath export {stored} my-run.h5" in text
    assert opened == [str(page)]


def test_every_setting_of_the_record_is_on_the_page(stored):
    found = findings(stored, Cuts(discard=4))
    shown = {name: value for group in found.report.settings for name, value in group.rows}
    record = hb.io.Run.open(stored).record
    assert shown["m2"] == "0.5"
    assert shown["shape"] == "4, 6"
    assert shown["formulas"] == record["formulas"]
    assert shown["LaTeX"] == hb.actions.Gaussian.latex
    assert shown["step size"] == f"{record['tuned']['step_size']!r}, tuned from 0.2"
    for name in ("seed", "thin", "warmup"):
        assert shown[name] == str(record["plan"][name])
    for name, version in record["versions"].items():
        assert shown[name] == version
    assert (shown["created"], shown["discarded"]) == (record["created"], "4")
    assert shown["system"] == record["machine"]["system"]
    assert json.loads(found.report.record)["plan"] == record["plan"]


def test_fields_of_the_record_that_are_not_known_here_are_shown_too(stored, monkeypatch):
    opened = hb.io.Run.open

    def with_more(path):
        run = opened(path)
        run.record["new_field"] = {"a": [1, 2]}
        return run

    monkeypatch.setattr(hb.io.Run, "open", with_more)
    assert rows_of(findings(stored, Cuts()), "Other") == {"new field": "a: 1, 2"}


def test_a_free_field_has_its_exact_mass_beside_it(stored):
    found = findings(stored, Cuts())
    picture = found.report.sections[-2].pictures[0]
    assert picture.expected[1] == pytest.approx(2 * math.asinh(math.sqrt(0.5) / 2))
    assert (picture.axis, picture.extent, picture.fields) == (1, 6, 20)
    curve = found.to_dict()["correlator"]["curves"][0]
    assert curve["vacuum"] == "none"
    assert [len(curve["correlator"]), len(curve["effective_mass"])] == [4, 3]


def test_the_hopping_form_has_the_mass_of_the_same_free_field():
    """At λ = 0 and κ = 1/(2d + m²) both forms are one field in different units."""
    from heatbath.cli.reference import free_mass

    hopping = hb.actions.Phi4(kappa=1 / 4.5, lam=0.0, lattice=(4, 4))
    assert free_mass(hopping) == pytest.approx(2 * math.asinh(math.sqrt(0.5) / 2))
    assert free_mass(hb.actions.Phi4(kappa=0.2, lam=0.1, lattice=(4, 4))) is None


def test_the_vacuum_is_subtracted_where_there_is_one(tmp_path):
    tilted = hb.Theory("tilted", site=lambda phi, *, h: 0.5 * phi * phi - h * phi)
    path = sampled(tmp_path / "run", sampler=hb.Metropolis(tilted(h=3.0, lattice=(4,))))
    section = findings(path, Cuts()).report.sections[-2]
    assert "is not 0" in section.words[0]
    assert [curve.vacuum for curve in section.pictures[0].curves] == ["none", "mean"]
    broken = hb.actions.Phi4(kappa=0.5, lam=0.022, lattice=(4, 4))
    path = sampled(tmp_path / "broken", sampler=hb.HMC(broken), chains=4)
    section = findings(path, Cuts()).report.sections[-2]
    assert "two signs of a clear size" in section.words[0]
    assert [curve.vacuum for curve in section.pictures[0].curves] == ["none", "abs"]


def test_the_python_code_makes_the_same_run_again(tmp_path):
    """Cycles, arrays as couplings and as start, named chains: whatever a record holds."""
    action = hb.actions.Gaussian(m2=np.linspace(0.5, 1.5, 12).reshape(4, 3), lattice=(4, 3))
    path = sampled(
        tmp_path / "run",
        sampler=hb.cycle(hb.HMC(action, n_steps=2), hb.Metropolis(action)),
        start=np.random.default_rng(1).normal(size=(2, 4, 3)),
        chains=("a", "b"), seed=-4, thin=2, dtype="float64",
    )  # fmt: skip
    code = findings(path, Cuts(), ["binder"]).report.command
    exec(code.replace("'another-run'", repr(str(tmp_path / "again"))), {})
    first, again = (hb.io.Run.open(tmp_path / name) for name in ("run", "again"))
    for name in first.names:
        assert np.array_equal(first.history(name), again.history(name))
    assert np.array_equal(first.configurations, again.configurations)


def test_the_command_that_made_the_run_is_shown_as_it_was_typed(report, small, tmp_path):
    path = tmp_path / "a run"
    arguments = ["run", "phi4", *small, "--set", "kappa=0.2", "--out", str(path), "--json"]
    report(*arguments[:-1])
    command = findings(path, Cuts(), ["binder"]).report.command
    words = shlex.split(command)
    assert words[0] == "heatbath"
    assert words[1:] in (arguments, arguments[:-1])


def test_reference_values_stand_beside_the_main_job(tmp_path):
    action = hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=(16, 16))
    path = sampled(tmp_path / "run", sampler=hb.HMC(action, n_steps=3))
    report = findings(path, Cuts(), ["susceptibility"]).report
    assert report.columns[-2:] == ("reference", "deviation")
    assert report.rows[0][-2] == "24.056(20)"
    assert report.rows[0][-1].endswith("sigma")


def test_a_run_in_progress_and_one_that_has_just_begun(tmp_path):
    path = sampled(tmp_path / "run")
    whole = hb.io.Run.open(path)
    for status, n in (("measuring", 3), ("measuring", 24), ("warming up", 0)):
        part = hb.io.Run.create(tmp_path / f"{status} {n}", whole.layout, whole.record)
        if status == "measuring":
            part.begin(whole.array("after_warmup"))
            copy(whole, part, n)
        part.close()
        found = findings(part.path, Cuts())
        words = f"the run is not complete ({status}, {part.n_committed} of 40"
        assert words in found.report.warnings[0]
        if part.n_committed == 0:
            assert "There are no numbers yet" in found.report.words[0]
            assert any("There is no correlator" in sentence for sentence in found.missing)
    found.report.write(tmp_path / "report")


def copy(whole, part, n):
    """Commit the chunks of a run up to n measurements, in another one."""
    chunk, every = whole.layout.chunk, whole.layout.save_every
    for first in range(0, n - n % chunk, chunk):
        last = first + chunk
        series = {name: whole.history(name)[:, first:last] for name in whole.names}
        part.append(series, list(whole.configurations[first // every : -(-last // every)]))


def test_few_configurations_one_chain_and_constants_are_told_in_words(tmp_path):
    path = sampled(
        tmp_path / "run", chains=1, save_every=20,
        observables={"seven": lambda phi: 7.0 + 0 * phi[:, 0, 0]},
    )  # fmt: skip
    found = findings(path, Cuts(), ["seven"])
    assert found.missing == (
        "seven: seven is 7 in every measurement, so it has no distribution and no autocorrelation "
        "to draw.",
        "Correlator: There is no correlator: at least 4 configurations of each chain are needed, "
        "and 2 are stored; the option --save-every K keeps more.",
    )
    labels = found.report.sections[-1].pictures[0].labels
    assert labels == ("chain 0, measurement 19", "chain 0, measurement 39")


def test_cuts_hold_for_configurations_too(stored):
    picture = findings(stored, Cuts(discard=10, chains=("1",)), ["binder"]).report.sections
    assert picture[-2].pictures[0].fields == 8  # of ten, those after measurements 11, 15, …
    assert all(label.startswith("chain 1, ") for label in picture[-1].pictures[0].labels)


def test_a_diverged_run_is_reported_in_words(tmp_path):
    action = hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=(4,))
    langevin = hb.Langevin(action, step_size=50.0)
    with np.errstate(all="ignore"):
        path = sampled(tmp_path / "run", sampler=langevin, warmup=0, tune=False)
    found = findings(path, Cuts())
    assert "langevin is biased by its step size 50" in found.report.warnings[0]
    assert any("diverged to infinite" in words for words in found.report.warnings)
    assert any("phi_squared: Its history is not drawn" in words for words in found.missing)
    assert any("They are not drawn" in words for words in found.missing)
    found.report.write(tmp_path / "report")


def test_a_damaged_configuration_is_told_and_a_damaged_series_stops(refused, stored, tmp_path):
    path = shutil.copytree(stored, tmp_path / "run")
    damage(path / "configurations")
    found = findings(path, Cuts(), ["binder"])
    assert "is damaged" in found.report.warnings[0]
    assert any("There is no correlator: the run" in words for words in found.missing)
    damage(path / "magnetization")
    assert "is damaged" in refused("report", path)
    assert "is damaged" in refused("analyse", path)


def damage(array):
    """Change a byte of each file of an array."""
    for file in array.glob("c.*"):
        content = bytearray(file.read_bytes())
        content[0] ^= 1
        file.write_bytes(content)


def test_what_cannot_be_reported_is_refused_in_a_sentence(refused, stored, tmp_path):
    assert "is not a run of heatbath" in refused("report", tmp_path)
    assert "there is no run at" in refused("report", tmp_path / "none")
    assert "--out must not be the directory of a run" in refused("report", stored, "--out", stored)
    assert "must leave at least 4" in refused("report", stored, "--discard", "38")
    assert "unknown observable 'chi'" in refused("report", stored, "--observable", "chi")
