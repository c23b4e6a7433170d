import h5py
import numpy as np
import pytest

import heatbath as hb


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "my-run"
    action = hb.actions.Phi4(kappa=0.2, lam=0.02, lattice=(4, 4))
    hb.sample(hb.HMC(action), samples=16, chains=2, warmup=20, out=path, progress=False)
    return path


def test_it_says_what_is_in_the_file_and_how_to_read_it(report, heatbath, stored, tmp_path):
    path = tmp_path / "run.h5"
    found = report("export", stored, path)
    assert found == {
        "file": str(path),
        "format": "hdf5",
        "bytes": path.stat().st_size,
        "series": ["magnetization", "phi_squared", "action_density"],
        "chains": 2,
        "n": 16,
        "configurations": len(hb.io.Run.open(stored).configurations),
    }
    with h5py.File(path) as file:
        assert np.array_equal(
            file["series/phi_squared"], hb.io.Run.open(stored).history("phi_squared")
        )
    text = heatbath("export", stored, tmp_path / "run.npz", "--no-configurations").stdout
    assert "3 series of 2 chains x 16 measurements, 0 configurations" in text
    assert f"numpy.load('{tmp_path / 'run.npz'}')" in text


def test_what_cannot_be_written_is_refused_in_a_sentence(refused, report, stored, tmp_path):
    path = tmp_path / "run.npz"
    assert "says no format" in refused("export", stored, tmp_path / "run")
    assert "unknown format 'hdf'" in refused("export", stored, path, "--format", "hdf")
    assert "is not a run of heatbath" in refused("export", tmp_path, path)
    assert "there is no run at" in refused("export", tmp_path / "none", path)
    path.write_text("precious")
    assert refused("export", stored, path) == (
        f"{path} exists already; name another file, or replace it with --force"
    )
    assert report("export", stored, path, "--force")["n"] == 16
