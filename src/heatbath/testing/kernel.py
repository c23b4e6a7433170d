"""Whether what runs is what the reference says: bit for bit, or to the tolerance of its row.

Source: the references themselves, the plain array code of `src/heatbath`.  Kernel and reference
share the formula, so this says nothing about the physics; the other checks do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from heatbath import _dispatch, random, threads
from heatbath._kernels import TABLE
from heatbath._namespace import Array, as_numpy, dtype_name
from heatbath._sampler import records
from heatbath.testing.outcome import Check, check
from heatbath.testing.purity import promises
from heatbath.testing.samplers import check_sampler
from heatbath.testing.subjects import (
    arrays_of,
    bits,
    depends_on_site,
    described,
    random_fields,
)

__all__ = ["check_kernel"]

# Extents of 1, where a site is its own neighbour, of 2, where it meets one twice, and odd ones.
SHAPES: dict[int, tuple[tuple[int, ...], ...]] = {
    1: ((1,), (2,), (7,)),
    2: ((1, 3), (2, 2), (3, 5)),
    3: ((2, 1, 3), (3, 2, 5)),
    4: ((2, 1, 2, 3), (3, 2, 2, 3)),
}
BATCHES: tuple[tuple[int, ...], ...] = ((), (3,), (2, 2))
UPDATES = 3
WORK = 250_000  # updates of a site in one call, enough to be shared between threads
MOST_SITES = 1024  # of a sampler's own lattice: references are slow


@check
def check_kernel(
    sampler: Any,
    *,
    namespace: str = "numpy",
    dtypes: Sequence[str] = ("float64", "float32"),
    shapes: Sequence[tuple[int, ...]] | None = None,
    seed: int = 1,
) -> Check:
    """That a sampler gives the same chain by its kernels and by its references.

    sampler: anything with `init`, `step`, `action` and `on`; one that calls no operation of this
        library, or for which no kernel runs, passes as skipped.
    namespace: "numpy", "torch" or "cupy", the library of the fields.
    dtypes: of the fields, "float64", "float32".
    shapes: lattices; by default the sampler's own, if it has at most 1024 sites, and small ones
        of its dimension with extents 1, 2 and odd ones.  With couplings that depend on the site,
        only their own lattice, library and dtype.
    seed: of fields and keys.

    On every lattice and dtype, one chain and batches of them: fields and infos (ΔH, acceptance,
    recorded scalars) have the reference's bits, or agree to the relative tolerance of the kernel's
    row; the promises of `check_purity` hold with the kernel, so that n = a + b, a chain alone is
    the same chain as in its batch, and arguments stay as they are; two threads make the chains of
    one.

    It catches a kernel that rounds once more or less, sums in another order, reads a wrong
    neighbour at an odd extent, or lets threads or chains meet.

    Raises CheckFailed; ModuleNotFoundError where the namespace is missing.

    >>> import heatbath as hb
    >>> action = hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=(5,))
    >>> hb.testing.check_kernel(hb.Langevin(action), dtypes=["float64"], shapes=[(5,)]).figure
    'heatbath_numba.sde.langevin:steps: same bits in 3 cases, on 1 and 2 threads'
    """
    check_sampler(sampler)
    if depends_on_site(sampler.action):
        cases = [(sampler, "")]
    else:
        cases = [(sampler.on(shape), d) for shape in _shapes(sampler, shapes) for d in dtypes]
    seen: dict[str, Any] = {}
    compared = 0
    for placed, dtype in cases:
        for batch in BATCHES:
            field = random_fields(placed.action, batch, seed, namespace=namespace, dtype=dtype)
            trouble = _differs(placed, field, seed, seen)
            compared += 1
            if trouble:
                return _failed(sampler, f"{trouble} on {placed.action.placed_on.shape}, {batch}")
    kernels = _providers(seen)
    if not kernels:
        return _skipped(sampler, seen)
    trouble = _on_its_own(cases, namespace, seed)
    if trouble:
        return _failed(sampler, trouble)
    kind = "same bits" if _tolerance(seen) == 0.0 else f"within {_tolerance(seen):.0e}"
    figure = f"{', '.join(kernels)}: {kind} in {compared} cases, on 1 and 2 threads"
    numbers = {"cases": float(compared), "tolerance": _tolerance(seen)}
    return Check("kernel", described(sampler), 1.0, False, figure, numbers)


def _shapes(sampler: Any, shapes: Sequence[tuple[int, ...]] | None) -> list[tuple[int, ...]]:
    if shapes is not None:
        return [tuple(shape) for shape in shapes]
    lattice = sampler.action.placed_on
    own = [lattice.shape] if lattice.volume <= MOST_SITES else []
    return [*own, *(s for s in SHAPES[lattice.ndim] if s not in own)]


def _differs(sampler: Any, field: Array, seed: int, seen: dict[str, Any]) -> str:
    """In words where what runs and the reference differ, or ""; `seen` gets what ran."""
    lattice = sampler.action.placed_on
    batch = tuple(field.shape[: field.ndim - lattice.ndim])
    key = random.key(seed, chains=int(np.prod(batch, dtype=int)))
    recorded = {"measure_every": 2} if records(sampler) else {}

    def run() -> Any:
        return sampler.step(key, sampler.init(field), UPDATES, **recorded)

    before = bits(field)
    with noted() as seen_here, _dispatch.use("fastest"):
        found = run()
    seen.update(seen_here)
    with _dispatch.use("reference"):
        expected = run()
    if bits(field) != before:
        return "the field was written into"
    pairs = list(zip(arrays_of(found), arrays_of(expected), strict=True))
    where = [k for k, (a, b) in enumerate(pairs) if not _agree(a, b, _tolerance(seen))]
    if not where:
        return ""
    return f"{_how_far(*pairs[where[0]])} in {dtype_name(field)}"


def _agree(found: Array, expected: Array, tolerance: float) -> bool:
    if tolerance == 0.0:
        return type(found) is type(expected) and bits(found) == bits(expected)
    a, b = as_numpy(found), as_numpy(expected)
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    size = float(np.abs(b).max(initial=0.0))  # of the terms summed, not of what is left of them
    return bool((np.abs(a.astype(float) - b.astype(float)) <= tolerance * size).all())


def _how_far(found: Array, expected: Array) -> str:
    a, b = as_numpy(found), as_numpy(expected)
    if a.shape != b.shape or a.dtype != b.dtype:
        return f"{a.dtype}{a.shape} instead of {b.dtype}{b.shape}"
    distance = float(np.abs(a.astype(float) - b.astype(float)).max(initial=0.0))
    return f"differs from the reference by {distance:.1e}"


@contextmanager
def noted() -> Iterator[dict[str, Any]]:
    """Within the block, a dict that receives which implementation each operation ran."""
    seen: dict[str, Any] = {}
    choose = _dispatch.choose

    def noting(name: str, array: Any, args: tuple[Any, ...] = ()) -> Callable[..., Any]:
        seen[name] = choose(name, array, args)
        return seen[name]  # type: ignore[no-any-return]

    _dispatch.choose = noting
    try:
        yield seen
    finally:
        _dispatch.choose = choose


def _rows(seen: dict[str, Any]) -> list[Any]:
    """The rows of the table whose kernels ran."""
    return [
        row
        for name, implementation in seen.items()
        for row in TABLE.get(name, ())
        if _dispatch._load(row) is implementation
    ]


def _providers(seen: dict[str, Any]) -> list[str]:
    return sorted({row.provider for row in _rows(seen)})


def _tolerance(seen: dict[str, Any]) -> float:
    """The largest relative tolerance of the rows that ran; 0 where all are exact."""
    return max((0.0 if r.agreement == "exact" else r.agreement for r in _rows(seen)), default=0.0)


def _on_its_own(cases: Sequence[tuple[Any, str]], namespace: str, seed: int) -> str:
    """In words which promise the kernel breaks, or ""."""
    for sampler, dtype in {dtype: (sampler, dtype) for sampler, dtype in cases}.values():
        field = random_fields(sampler.action, (3,), seed, namespace=namespace, dtype=dtype)
        broken = [name for name, holds in promises(sampler, field, seed).items() if not holds]
        if broken:
            return f"with the kernel these promises are broken: {', '.join(broken)}"
        if not _threads_agree(sampler, namespace, dtype, seed):
            return "two threads make other chains than one"
    return ""


def _threads_agree(sampler: Any, namespace: str, dtype: str, seed: int) -> bool:
    """Whether one and two threads give the same bits, in a call that is worth sharing."""
    chains = 16
    field = random_fields(sampler.action, (chains,), seed, namespace=namespace, dtype=dtype)
    key = random.key(seed, chains=chains)
    n = -(-WORK // (chains * sampler.action.placed_on.volume))
    results = []
    for number in (1, 2):
        with _on_threads(number):
            results.append(sampler.step(key, sampler.init(field), n))
    one, two = ([*map(bits, arrays_of(result))] for result in results)
    return one == two


@contextmanager
def _on_threads(number: int) -> Iterator[None]:
    before = threads._chosen
    threads.set_threads(number)
    try:
        yield
    finally:
        threads.set_threads(before)


def _failed(sampler: Any, figure: str) -> Check:
    advice = (
        "The kernel must do the reference's operations in its order, each rounded once; compare "
        "single updates with hb.backends.use('reference')."
    )
    return Check("kernel", described(sampler), 0.0, False, figure, advice=advice)


def _skipped(sampler: Any, seen: dict[str, Any]) -> Check:
    why = f"no kernel runs {', '.join(sorted(seen))} here" if seen else "it calls no operation"
    return Check("kernel", described(sampler), 1.0, False, "no kernel runs", skipped=why)
