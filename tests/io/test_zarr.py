"""The store is Zarr v3, for any reader and any dtype, though no package zarr writes it."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import zarr
from hypothesis import given, settings, strategies as st

import stored_runs
from heatbath.io import Layout, Run
from heatbath.io.layout import DTYPES
from heatbath.io.zarr_json import texts


def numbers(dtype, shape, seed=1):
    rng = np.random.default_rng(seed)
    kind = np.dtype(dtype).kind
    values = rng.normal(size=shape) + (1j * rng.normal(size=shape) if kind == "c" else 0)
    return (values > 0 if kind == "b" else 50 * abs(values) if kind == "u" else 50 * values).astype(
        dtype
    )


def test_the_store_is_plain_zarr(tmp_path):
    stored_runs.create(tmp_path / "run").close()
    group = zarr.open_group(tmp_path / "run", mode="r")
    assert dict(group.arrays()).keys() == {"m", "z", "configurations", "after_warmup", "given"}
    assert group.metadata.zarr_format == 3
    assert np.array_equal(group["m"][...], stored_runs.M)
    assert np.array_equal(group["z"][...], stored_runs.Z)
    assert np.array_equal(group["configurations"][...], stored_runs.CONFIGURATIONS)
    assert np.array_equal(group["after_warmup"][...], stored_runs.WARM)
    for name in ("m", "given"):  # an array by itself, too
        one = zarr.open_array(tmp_path / "run" / name, mode="r")
        assert np.array_equal(one[...], Run.open(tmp_path / "run").array(name))


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_is_read_by_zarr_as_it_was_written(tmp_path, dtype):
    field = dtype if dtype in ("float32", "float64", "complex64", "complex128") else "float64"
    layout = Layout(
        chains=3, samples=5, chunk=2, save_every=1, shape=(2, 1), dtype=field, series={"s": dtype}
    )
    series, warm = numbers(dtype, (3, 5)), numbers(field, (3, 2, 1))
    big_endian = numbers(dtype, (4,)).astype(np.dtype(dtype).newbyteorder(">"))
    with Run.create(tmp_path / "run", layout, {}, {"x": big_endian, "y": np.float64(7)}) as run:
        run.begin(warm)
        for k in range(0, 5, 2):
            run.append({"s": series[:, k : k + 2]}, [warm] * min(2, 5 - k))
    group, run = zarr.open_group(tmp_path / "run", mode="r"), Run.open(tmp_path / "run")
    for found in (group["s"][...], run.history("s")[...]):
        assert found.dtype == np.dtype(dtype)
        assert np.array_equal(found, series)
    assert np.array_equal(group["x"][...], big_endian)
    assert np.array_equal(run.array("x"), big_endian)
    assert group["y"][...] == run.array("y") == 7.0
    assert np.array_equal(group["configurations"][4], warm)


@settings(max_examples=15)
@given(st.data())
def test_any_layout_is_read_alike(tmp_path_factory, data):
    counts = st.integers(1, 4)
    save_every = data.draw(counts)
    layout = Layout(
        chains=data.draw(counts), samples=data.draw(st.integers(1, 9)),
        chunk=save_every * data.draw(counts), save_every=save_every,
        shape=tuple(data.draw(st.lists(counts, min_size=1, max_size=4))),
        dtype="float64", series={"a": "float64", "φ_2": "complex64"},
    )  # fmt: skip
    n, field = layout.samples, (layout.chains, *layout.shape)
    a, phi = numbers("float64", (layout.chains, n)), numbers("complex64", (layout.chains, n))
    stored = numbers("float64", (layout.configurations, *field))
    path = tmp_path_factory.mktemp("any") / "run"
    with Run.create(path, layout, {}) as run:
        run.begin(stored[0])
        for first in range(0, n, layout.chunk):
            last = min(first + layout.chunk, n)
            kept = slice(layout.stored_configurations(first), layout.stored_configurations(last))
            run.append({"a": a[:, first:last], "φ_2": phi[:, first:last]}, list(stored[kept]))
        run.check()
    group, run = zarr.open_group(path, mode="r"), Run.open(path)
    for name, values in {"a": a, "φ_2": phi, "configurations": stored}.items():
        assert np.array_equal(group[name][...], values)
        assert np.array_equal(run.array(name), values)


def test_chunks_of_zeros_are_files_like_any_other(tmp_path):
    """A cold start without warm-up is all zeros; Zarr's own writer leaves such chunks out."""
    with Run.create(tmp_path / "run", stored_runs.LAYOUT, {}) as run:
        run.begin(0 * stored_runs.WARM)
    with Run.open(tmp_path / "run", write=True) as run:
        assert np.array_equal(run.checkpoint, 0 * stored_runs.WARM)


def test_the_description_of_this_format_version_is_fixed():
    """A damaged zarr.json is written again from the layout, so it must not change: with other texts
    comes another FORMAT_VERSION."""
    layout = replace(stored_runs.LAYOUT, given={"x": ("int64", (2, 3))})
    whole = b"".join(texts(layout, "0" * 32).values())
    assert (
        hashlib.sha256(whole).hexdigest()
        == "20280315699980fe215b2abec8b6991bc17f33ad00dbef9d75107585fbb0397f"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"series": {"m": "float128"}}, "has the dtype float128, which a run does not store"),
        ({"series": {"a/b": "float64"}}, "must consist of letters, digits and underscores; got"),
        ({"series": {"configurations": "float64"}}, "would be called 'configurations'"),
        ({"series": {"Lock": "float64"}}, "would be called 'lock'"),
        ({"save_every": 3}, "save_every must divide chunk; got 3 and 4"),
        ({"chains": 0}, "must be at least 1"),
    ],
)
def test_layouts_that_cannot_be_stored_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        replace(stored_runs.LAYOUT, **changes)
