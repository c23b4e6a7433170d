"""One small run with everything that a report must cope with."""

import numpy as np
import pytest

import heatbath as hb

NAME = "wild <script>document.title = 'hacked'</script> & \"co\""


@pytest.fixture(scope="session")
def stored_run(tmp_path_factory):
    """A user's theory with a wicked name, a complex and a constant observable."""
    path = tmp_path_factory.mktemp("plot") / "run"
    theory = hb.Theory(
        NAME,
        site=lambda phi, *, m2: 0.5 * m2 * phi * phi,
        bond=lambda a, b: 0.5 * (b - a) * (b - a),
    )
    hb.sample(
        hb.HMC(theory(m2=0.5, lattice=(6, 4)), n_steps=4),
        samples=200, chains=3, warmup=50, seed=5, out=path, save_every=4, progress=False,
        observables={
            "wave": lambda phi: np.fft.fft(phi.mean(axis=2), axis=1)[:, 1],
            "seven": lambda phi: 7.0 + 0 * phi[:, 0, 0],
        },
    )  # fmt: skip
    return path
