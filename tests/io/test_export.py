"""Exported files give back the run, bit for bit, and appear whole or not at all."""

import json
import zipfile

import h5py
import numpy as np
import pytest
import xarray

import heatbath as hb
from heatbath.io import Layout, Run, export, export_run, to_xarray

LAYOUT = Layout(
    chains=2, samples=11, chunk=4, save_every=2, shape=(3, 2), dtype="float32",
    series={"action_density": "float32", "z": "complex128"},
)  # fmt: skip
RECORD = {
    "theory": '<mine> & "yours"',
    "couplings": {"m2": 0.1},
    "coupling_arrays": ["h"],
    "plan": {"chains": ["left", "right"], "start": "array"},
    "versions": {"heatbath": "1.2"},
    "created": "2026-01-01T00:00:00Z",
    "stopped": False,
}
RNG = np.random.default_rng(1)
SERIES = {
    "action_density": RNG.normal(size=(2, 11)).astype("float32"),
    "z": RNG.normal(size=(2, 11)) + 1j * RNG.normal(size=(2, 11)),
}
FIELDS = RNG.normal(size=(6, 2, 3, 2)).astype("float32")
ARRAYS = {"coupling_h": RNG.normal(size=(3, 2)), "start": RNG.normal(size=(2, 3, 2))}
FILES = ["run.h5", "run.npz", "run.nc"]


def create(path, n=11):
    """A run with n measurements of 11 committed; complete if that is all."""
    run = Run.create(path, LAYOUT, RECORD, ARRAYS)
    run.begin(FIELDS[0] + 1)
    for first in range(0, n, 4):
        last = min(first + 4, 11)
        run.append(
            {name: values[:, first:last] for name, values in SERIES.items()},
            list(FIELDS[first // 2 : -(-last // 2)]),
        )
    if n == 11:
        run.finish()
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("io") / "run"
    create(path).close()
    return Run.open(path)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Every array is copied in several pieces."""
    monkeypatch.setattr(export.contents, "TOGETHER", 15)


def same(found, expected):
    return found.dtype == expected.dtype and np.array_equal(found, expected)


def test_hdf5(run, tmp_path):
    path = export_run(run, tmp_path / "run.h5")
    with h5py.File(path) as file:
        for name, values in SERIES.items():
            assert same(file["series"][name][...], values)
        assert same(file["configurations"][...], FIELDS)
        assert file["configuration_measurements"][...].tolist() == [1, 3, 5, 7, 9, 10]
        assert same(file["couplings/h"][...], ARRAYS["coupling_h"])
        assert dict(file["couplings"].attrs) == {"m2": 0.1}
        assert same(file["start"][...], ARRAYS["start"])
        assert same(file["after_warmup"][...], FIELDS[0] + 1)
        record = json.loads(file["run.json"][()])
        assert {n: record[n] for n in RECORD} == RECORD
        assert (record["n_committed"], record["status"]) == (11, "complete")
        assert file.attrs["theory"] == RECORD["theory"]
        assert file.attrs["n_committed"] == 11


def test_npz_is_read_without_pickle(run, tmp_path):
    path = export_run(run, tmp_path / "run.npz")
    with np.load(path, allow_pickle=False) as file:
        for name, values in (SERIES | ARRAYS).items():
            assert same(file[name], values)
        assert same(file["configurations"], FIELDS)
        assert file["configuration_measurements"].tolist() == [1, 3, 5, 7, 9, 10]
        assert json.loads(str(file["run.json"]))["theory"] == RECORD["theory"]
        assert same(file["after_warmup"], FIELDS[0] + 1)
    assert zipfile.ZipFile(path).testzip() is None


def test_xarray_has_names_for_everything(run):
    tree = to_xarray(run)
    posterior = tree["posterior"]
    assert posterior["z"].dims == ("chain", "draw")
    assert same(posterior["z"].values, SERIES["z"])
    assert posterior["chain"].values.tolist() == ["left", "right"]
    fields = tree["configurations"]["field"]
    assert fields.dims == ("draw", "chain", "x0", "x1")
    assert fields["draw"].values.tolist() == [1, 3, 5, 7, 9, 10]
    assert np.array_equal(fields.sel(chain="right", draw=7), FIELDS[3, 1])
    assert same(tree["constant_data"]["coupling_h"].values, ARRAYS["coupling_h"])
    assert np.array_equal(tree["sample_stats"]["lp"], -6 * SERIES["action_density"])
    assert tree.attrs["inference_library"] == "heatbath"
    assert json.loads(tree.attrs["couplings"]) == {"m2": 0.1}


def test_netcdf_is_the_tree_with_complex_series_in_two_parts(run, tmp_path):
    path = export_run(run, tmp_path / "run.nc")
    tree = to_xarray(run)
    with xarray.open_datatree(path, engine="h5netcdf") as read:
        assert read.attrs == tree.attrs
        assert same(read["posterior"]["z_real"].values, SERIES["z"].real)
        assert same(read["posterior"]["z_imag"].values, SERIES["z"].imag)
        assert same(read["posterior"]["action_density"].values, SERIES["action_density"])
        for group in ("configurations", "constant_data", "sample_stats"):
            assert read[group].to_dataset().identical(tree[group].to_dataset())


@pytest.mark.parametrize("name", FILES)
def test_configurations_may_be_left_out(run, tmp_path, name):
    whole = export_run(run, tmp_path / name).stat().st_size
    path = export_run(run, tmp_path / f"small-{name}", configurations=False)
    assert path.stat().st_size < whole


def lengths(path):
    """The numbers of measurements and of configurations in a file."""
    if path.suffix == ".npz":
        with np.load(path) as file:
            return file["z"].shape[1], len(file["configurations"])
    with h5py.File(path) as file:
        if path.suffix == ".h5":
            return file["series/z"].shape[1], len(file["configurations"])
        return file["posterior/z_real"].shape[1], len(file["configurations/field"])


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(("n", "count"), [(0, 0), (4, 2), (8, 4)])
def test_of_a_run_in_progress_what_is_committed(tmp_path, name, n, count):
    with create(tmp_path / "run", n):
        path = export_run(Run.open(tmp_path / "run"), tmp_path / name)
    assert lengths(path) == (n, count)


def test_a_run_that_is_warming_up(tmp_path):
    Run.create(tmp_path / "run", LAYOUT, RECORD, ARRAYS).close()
    path = export_run(Run.open(tmp_path / "run"), tmp_path / "run.npz")
    with np.load(path) as file:
        assert "after_warmup" not in file.files


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_not_overwritten_unless_it_is_said(run, tmp_path, name):
    path = tmp_path / name
    path.write_text("precious")
    with pytest.raises(FileExistsError, match="exists already; name another"):
        export_run(run, path)
    assert path.read_text() == "precious"
    export_run(run, path, force=True)
    assert lengths(path) == (11, 6)


@pytest.mark.parametrize("name", FILES)
def test_what_fails_leaves_nothing_behind_and_the_old_file_as_it_was(
    run, tmp_path, name, monkeypatch
):
    path = tmp_path / name
    path.write_text("precious")
    monkeypatch.setattr(type(run), "configurations", property(lambda self: 1 / 0))
    with pytest.raises(ZeroDivisionError):
        export_run(run, path, force=True)
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert path.read_text() == "precious"


def test_the_format_is_said_by_the_ending_or_by_name(run, tmp_path):
    path = export_run(run, tmp_path / "run.dat", format="npz")
    assert lengths(path.rename(tmp_path / "x.npz")) == (11, 6)
    with pytest.raises(ValueError, match=r"the ending of .*run\.dat' says no format: use one of"):
        export_run(run, tmp_path / "run.dat")
    with pytest.raises(ValueError, match="unknown format 'hdf'; did you mean 'hdf5'"):
        export_run(run, tmp_path / "run.dat", format="hdf")
    with pytest.raises(IsADirectoryError, match="is a directory"):
        export_run(run, tmp_path, format="npz")


def test_a_missing_package_is_named_with_its_command(run, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(
        ImportError, match=r"needs the package h5py.*pip install 'heatbath\[export\]'"
    ):
        export_run(run, tmp_path / "run.h5")
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_run(run, tmp_path, monkeypatch):
    """No read asks for more than a block."""
    largest = []
    read = hb.io.Stored.__getitem__

    def watched(self, key):
        values = read(self, key)
        largest.append(values.size)
        return values

    monkeypatch.setattr(hb.io.Stored, "__getitem__", watched)
    for name in ("run.h5", "run.npz"):
        export_run(run, tmp_path / name)
    assert max(largest) <= 15
    assert sum(largest) == 2 * (2 * 22 + FIELDS.size)
