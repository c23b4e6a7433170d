"""Same seed, same chain and same tuned values on every array library."""

import array_api_strict
import numpy as np
import pytest

import heatbath as hb
from heatbath._namespace import as_numpy

PHI4 = hb.actions.Phi4(kappa=0.27, lam=0.022)
SAMPLERS = [
    hb.HMC(PHI4, n_steps=3),
    hb.Metropolis(PHI4),
    hb.Langevin(PHI4, step_size=0.05),
    hb.cycle(hb.HMC(PHI4, n_steps=2), hb.Metropolis(PHI4)),
]


def run(sampler, dtype, **where):
    return hb.sample(
        sampler,
        shape=(3, 2),
        samples=5,
        chains=2,
        warmup=12,
        seed=7,
        progress=False,
        dtype=dtype,
        **where,
    )


def same(a, b):
    assert a.sampler == b.sampler or str(a.sampler) == str(b.sampler)
    assert a.acceptance == b.acceptance
    for name, values in a.history.items():
        assert np.array_equal(values, b.history[name]), name
    assert np.array_equal(as_numpy(a.state.field), as_numpy(b.state.field))
    assert a.estimates == b.estimates


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda s: s.name)
def test_the_chain_is_the_same_on_every_library(sampler, dtype):
    kernel = run(sampler, dtype)
    with hb.backends.use("reference"):
        strict_zero = array_api_strict.zeros(1, dtype=getattr(array_api_strict, dtype))
        others = [
            run(sampler, dtype),
            run(sampler, dtype, namespace="torch"),
            run(sampler, dtype, like=strict_zero),
        ]
    for other in others:
        same(kernel, other)
    assert [r.namespace for r in others] == ["numpy", "torch", "array_api_strict"]


def test_torch_observables_get_tensors():
    torch = pytest.importorskip("torch")
    result = hb.sample(
        hb.Metropolis(PHI4),
        shape=(3, 2),
        samples=5,
        namespace="torch",
        progress=False,
        observables={"m4": lambda f: (f**4).mean(dim=(1, 2))},
    )
    assert isinstance(result.state.field, torch.Tensor)
    assert isinstance(result.history["m4"], np.ndarray)
