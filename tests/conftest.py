"""What every room's tests share: the array namespaces and hypothesis' profile."""

import importlib
import os

import array_api_strict
import pytest
from hypothesis import settings

# Optional features off: the references must not need them.
array_api_strict.set_array_api_strict_flags(
    boolean_indexing=False, data_dependent_shapes=False, enabled_extensions=("fft", "linalg")
)

# No deadline: shared machines stall. In CI every run draws the same examples.
settings.register_profile(
    "heatbath", deadline=None, max_examples=50, derandomize="CI" in os.environ
)
settings.register_profile("nightly", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "heatbath"))

NAMESPACES = {
    "numpy": "array_api_compat.numpy",
    "strict": "array_api_strict",
    "torch": "array_api_compat.torch",
}


@pytest.fixture(autouse=True)
def threads_as_before():
    """The command line sets the number of threads for its process, and here that is the tests'."""
    before = os.environ.get("HEATBATH_NUM_THREADS")
    yield
    os.environ.pop("HEATBATH_NUM_THREADS", None)
    if before is not None:
        os.environ["HEATBATH_NUM_THREADS"] = before


@pytest.fixture(params=NAMESPACES, scope="session")
def xp(request):
    """Each array namespace in turn; xp.asarray makes its arrays from NumPy's."""
    return importlib.import_module(NAMESPACES[request.param])


@pytest.fixture(params=["float64", "float32"], scope="session")
def dtype(request):
    """Each dtype that fields may have, by name; getattr(xp, dtype) is the namespace's own."""
    return request.param
