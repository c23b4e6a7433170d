"""The chooser: what runs, what it says, and what makes it take the reference."""

from __future__ import annotations

import ast
import contextvars
import dataclasses
import importlib
import io
import os
import subprocess
import sys
import threading
import tokenize
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import array_api_strict
import numpy as np
import pytest
import torch

import heatbath as hb
from heatbath import _dispatch
from heatbath._kernels import TABLE
from heatbath._slower import say
from heatbath.backends import SlowerPath
from samplers import bits, field, phi4

KEY = hb.random.key(3)
NUMBA = "heatbath_numba.sde.langevin:steps"


def chosen(array: Any, action: Any = None) -> str:
    return hb.backends.explain(hb.sde.steps, array, action or phi4(4, 6)).chosen


def steps(array: Any, action: Any = None, n: int = 3) -> Any:
    return hb.sde.steps(array, action or phi4(4, 6), KEY, 0, n, step_size=0.05)[0]


def tensor(**kwargs: Any) -> Any:
    return torch.tensor(field(4, 6), **kwargs)


class Mine(np.ndarray):
    """A subclass may overload anything, so no kernel takes it."""


@pytest.fixture(autouse=True)
def _nothing_was_said_before() -> Iterator[None]:
    say.cache_clear()
    yield
    say.cache_clear()


# ---------------------------------------------------------------- the table and its operations


def test_every_operation_has_rows_and_a_check() -> None:
    assert set(hb.backends.operations()) == set(TABLE)
    for name in hb.backends.operations():
        public = _dispatch.OPERATIONS[name]
        assert TABLE[name], f"{name} has no row; a plain function will do"
        assert public.operation == name
        assert public.__doc__ == public.reference.__doc__
        with pytest.raises(TypeError):  # the check runs first, so a list gets no further
            public([1.0, 2.0], *[None] * 4, dim=0)
    assert {row.operation for row in hb.backends.table()} == set(TABLE)


def test_an_operation_without_a_check_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="check"):
        _dispatch.operation("mine")  # type: ignore[call-arg]


def test_the_chooser_stays_small() -> None:
    """At most 100 lines of code, besides comments and docstrings."""
    text = Path(_dispatch.__file__).read_text(encoding="utf-8")
    documented = (ast.Module, ast.FunctionDef, ast.ClassDef)
    docs = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, documented) and ast.get_docstring(node) is not None
        for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    nothing = (tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT)
    code = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in (*nothing, tokenize.ENDMARKER)
        for line in range(token.start[0], token.end[0] + 1)
    }
    assert len(code - docs) <= 100


# ---------------------------------------------------------------- explain


def test_explain_says_what_runs_and_why() -> None:
    found = hb.backends.explain("sde.langevin.steps", field(4, 6), phi4(4, 6))
    assert found.operation == "sde.langevin.steps"
    assert found.chosen == NUMBA
    rows = TABLE["sde.langevin.steps"]
    assert [row for row, _ in found.rows] == list(rows)
    reasons = [None, *(f"it takes {row.array_type}, not numpy.ndarray" for row in rows[1:])]
    assert [reason for _, reason in found.rows] == reasons
    assert str(found).splitlines() == [
        f"sde.langevin.steps: {NUMBA} runs",
        f"  numpy.ndarray by {NUMBA}: holds",
        *(f"  {row.array_type} by {row.provider}: {r}" for row, r in found.rows[1:]),
    ]
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.chosen = "reference"


def test_explain_takes_the_public_function() -> None:
    assert hb.backends.explain(hb.sde.steps, field(4, 6)) == hb.backends.explain(
        "sde.langevin.steps", field(4, 6)
    )


def test_explain_says_dtype_gradient_and_reach() -> None:
    assert "it takes float64 or float32, not int64" in str(
        hb.backends.explain("random.normal", np.zeros(3, np.int64))
    )
    assert "torch must see through it" in str(
        hb.backends.explain("random.normal", tensor(requires_grad=True))
    )

    class FarAction:
        unsupported = "its cliques reach 9 sites, kernels 8"

    found = hb.backends.explain("sde.langevin.steps", field(4, 6), FarAction())
    assert found.chosen == "reference"
    assert "its cliques reach 9 sites" in str(found)


def test_explain_refuses_in_words() -> None:
    with pytest.raises(ValueError, match=r"unknown operation 'sde.langevin.step'; did you mean"):
        hb.backends.explain("sde.langevin.step", field(4, 6))
    with pytest.raises(TypeError, match="must be an array of NumPy, torch, CuPy"):
        hb.backends.explain("random.normal", [1.0])


def test_explain_follows_the_wish() -> None:
    with hb.backends.use("reference"):
        assert chosen(field(4, 6)) == "reference"
    with hb.backends.use("kernel"), pytest.raises(ValueError, match="no kernel runs"):
        chosen(field(4, 6).view(Mine))


# ---------------------------------------------------------------- use


def test_use_reference_and_back() -> None:
    assert chosen(field(4, 6)) == NUMBA
    with hb.backends.use("reference"):
        assert chosen(field(4, 6)) == "reference"
        with hb.backends.use("fastest"):
            assert chosen(field(4, 6)) == NUMBA
            with hb.backends.use("reference"):
                assert chosen(field(4, 6)) == "reference"
            assert chosen(field(4, 6)) == NUMBA
        assert chosen(field(4, 6)) == "reference"
    assert chosen(field(4, 6)) == NUMBA


def test_use_ends_with_an_exception() -> None:
    with pytest.raises(KeyError), hb.backends.use("reference"):
        raise KeyError
    assert chosen(field(4, 6)) == NUMBA


def test_use_reference_reaches_the_numbers_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference calls other operations; under use("reference") those are references too."""
    monkeypatch.setattr(_dispatch, "_load", lambda kernel: pytest.fail("a kernel was loaded"))
    with hb.backends.use("reference"):
        steps(field(4, 6))


def test_forced_kernel_raises_where_there_is_none() -> None:
    with hb.backends.use("kernel"):
        steps(field(4, 6))
        with pytest.raises(ValueError, match=r"no kernel runs sde.langevin.steps here: .*takes nu"):
            steps(field(4, 6).view(Mine))
        with pytest.raises(ValueError, match="torch must see through it"):
            steps(tensor(requires_grad=True))


def test_use_refuses_other_words() -> None:
    with (
        pytest.raises(ValueError, match="unknown choice 'kernels'; did you mean 'kernel'"),
        hb.backends.use("kernels"),
    ):
        pass


def test_threads_the_library_starts_inherit_the_wish() -> None:
    from heatbath_numba.threads import run_together

    seen: dict[int, tuple[str, bool]] = {}
    main = threading.get_ident()

    def job(k: int) -> None:
        seen[k] = (_dispatch._wish.get(), threading.get_ident() == main)

    with hb.backends.use("reference"):
        run_together([partial(job, k) for k in range(3)])
    assert seen == {0: ("reference", True), 1: ("reference", False), 2: ("reference", False)}


def test_threads_a_user_starts_with_the_context() -> None:
    found = []

    def run() -> None:
        found.append(chosen(field(4, 6)))

    with hb.backends.use("reference"):
        context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(run,))
    thread.start()
    thread.join()
    assert found == ["reference"]
    assert chosen(field(4, 6)) == NUMBA


def test_number_of_threads_must_be_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATBATH_NUM_THREADS", "two")
    with pytest.raises(
        ValueError, match=r"HEATBATH_NUM_THREADS must be a whole number.*; got 'two'"
    ):
        steps(field(4, 6))


# ---------------------------------------------------------------- who takes the reference


@pytest.mark.parametrize(
    "array",
    [
        field(4, 6).view(Mine),
        np.ma.masked_array(field(4, 6)),
        array_api_strict.asarray(field(4, 6)),
        torch.nn.Parameter(tensor()),
        torch.nn.Parameter(tensor(), requires_grad=False),
        tensor(requires_grad=True),
    ],
    ids=["subclass", "masked", "strict", "Parameter", "frozen Parameter", "requires_grad"],
)
def test_the_reference_takes(array: Any) -> None:
    assert chosen(array) == "reference"
    expected = bits(steps(field(4, 6)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SlowerPath)
        assert bits(steps(array)) == expected


def test_a_masked_array_stays_one() -> None:
    masked = np.ma.masked_array(field(4, 6))
    with pytest.warns(SlowerPath):
        assert type(steps(masked)) is np.ma.MaskedArray


def test_a_matrix_is_refused() -> None:
    """Its * would quietly be the matrix product on a square lattice."""
    with pytest.raises(TypeError, match=r"field is a numpy.matrix"):
        steps(field(4, 4).view(np.matrix), phi4(4, 4))


def test_keyword_arguments_are_seen_too() -> None:
    kappa = torch.tensor(0.27, dtype=torch.float64, requires_grad=True)
    action = hb.actions.Phi4(kappa=kappa, lam=0.022, lattice=(4, 6))
    out, _ = hb.sde.steps(field=tensor(), action=action, key=KEY, step=0, n=2, step_size=0.05)
    assert out.requires_grad
    assert bits(out) == bits(steps(field(4, 6), n=2))
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'field'"):
        hb.sde.steps(action=action, key=KEY, step=0, n=2, step_size=0.05)


# ---------------------------------------------------------------- gradients


def test_gradient_through_langevin_steps() -> None:
    """d(sum of φ²)/dφ₀ through three steps against central differences of the kernel."""
    start = tensor(requires_grad=True)
    (steps(start) ** 2).sum().backward()
    direction, h = field(4, 6, seed=8), 1e-5
    up = (steps(field(4, 6) + h * direction) ** 2).sum()
    down = (steps(field(4, 6) - h * direction) ** 2).sum()
    along = float((start.grad * torch.from_numpy(direction)).sum())
    assert along == pytest.approx((up - down) / (2 * h), rel=1e-7)


def test_gradient_of_a_coupling_through_hmc_dynamics() -> None:
    def end(kappa: Any, library: Any) -> Any:
        action = hb.actions.Phi4(kappa=kappa, lam=0.022, lattice=(4, 6))
        q, p = hb.mcmc.integrate(
            action, library(field(4, 6)), library(field(4, 6, seed=6)), step_size=0.1, n_steps=5
        )
        return (q * q * p).sum()

    kappa = torch.tensor(0.27, dtype=torch.float64, requires_grad=True)
    end(kappa, torch.from_numpy).backward()
    h = 1e-5
    slope = (end(0.27 + h, np.asarray) - end(0.27 - h, np.asarray)) / (2 * h)
    assert float(kappa.grad) == pytest.approx(slope, rel=1e-7)


@pytest.mark.parametrize("name", ["hmc", "metropolis", "langevin"])
def test_couplings_that_need_a_gradient_take_the_reference(name: str) -> None:
    from samplers import SAMPLERS

    lam = torch.full((4, 6), 0.022, dtype=torch.float64, requires_grad=True)
    action = hb.actions.Phi4(kappa=0.27, lam=lam, lattice=(4, 6))
    sampler = SAMPLERS[name](action)
    end, _ = sampler.step(KEY, sampler.init(tensor()), 2)
    plain = SAMPLERS[name](phi4(4, 6))
    assert bits(end.field) == bits(plain.step(KEY, plain.init(field(4, 6)), 2)[0].field)
    if name != "metropolis":  # its moves do not depend on the couplings, only its decisions do
        end.field.sum().backward()
        assert float(lam.grad.abs().sum()) > 0


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # torch.func's own
def test_transforms_take_the_reference() -> None:
    """vmap and forward derivatives see a plain type without requires_grad; a kernel would read
    past them, or drop the derivative quietly."""
    both = torch.stack([tensor(), 2 * tensor()])
    found = torch.vmap(steps)(both)
    assert bits(found[1]) == bits(steps(2 * field(4, 6)))

    direction, h = tensor() + 1, 1e-5
    up, down = steps(tensor() + h * direction), steps(tensor() - h * direction)
    expected = (up - down) / (2 * h)
    _, by_jvp = torch.func.jvp(steps, (tensor(),), (direction,))
    torch.testing.assert_close(by_jvp, expected, rtol=1e-7, atol=1e-7)
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(tensor(), direction)
        tangent = torch.autograd.forward_ad.unpack_dual(steps(dual)).tangent
    torch.testing.assert_close(tangent, by_jvp)
    by_grad = torch.func.grad(lambda x: (steps(x) * direction).sum())(tensor())
    assert float((by_grad * direction).sum()) == pytest.approx(
        float((by_jvp * direction).sum()), rel=1e-10
    )


@pytest.mark.filterwarnings("ignore:.*[Dd]ynamo:UserWarning")  # it remarks on caches it ignores
def test_compiled_functions_take_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    def doubled(x: Any) -> Any:
        return 2 * hb.random.uniform(x, KEY, 0, dim=2)

    found = torch.compile(doubled, backend="eager")(tensor())
    assert bits(found) == bits(doubled(field(4, 6)))
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    assert chosen(tensor()) == "reference"
    assert chosen(field(4, 6)) == NUMBA


# ---------------------------------------------------------------- what it says of slower paths


def said(array: Any, action: Any = None) -> str:
    """What one call says; nothing the second time."""
    with pytest.warns(SlowerPath) as caught:
        steps(array, action)
    (warning,) = caught
    assert warning.filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        steps(array, action)
    prefix = "heatbath runs a reference, with the same results but slower: "
    assert str(warning.message).startswith(prefix)
    return str(warning.message).removeprefix(prefix)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (field(4, 6).view(Mine), "Mine: it may overload anything; pass numpy.asarray(field)"),
        (np.ma.masked_array(field(4, 6)), "MaskedArray: it may overload anything; pass numpy"),
        (
            torch.nn.Parameter(tensor(), requires_grad=False),
            "torch.nn.parameter.Parameter: it may overload anything; pass field.detach()",
        ),
    ],
    ids=["subclass", "masked", "frozen Parameter"],
)
def test_a_slower_path_is_said_once(array: Any, words: str) -> None:
    assert words in said(array)


def test_every_cure_that_is_named_helps() -> None:
    assert chosen(np.asarray(field(4, 6).view(Mine))) == NUMBA
    frozen = torch.nn.Parameter(tensor(), requires_grad=False)
    assert chosen(frozen.detach()) == NUMBA
    assert chosen(tensor(requires_grad=True).detach()) == NUMBA


def test_an_action_without_kernel_is_said() -> None:
    action = phi4(4, 6)
    action.__dict__["unsupported"] = "its cliques reach 9 sites, kernels 8"  # a cached property
    assert said(field(4, 6), action) == "its cliques reach 9 sites, kernels 8"


def test_a_gradient_that_nobody_takes_is_said() -> None:
    start = tensor(requires_grad=True)
    with torch.no_grad():
        assert "detach() field and couplings" in said(start)


def test_one_reason_is_said_once_for_all_operations() -> None:
    """Trajectories draw normal and uniform numbers, and choose for each of them."""
    mine, hmc = field(4, 6).view(Mine), hb.HMC(phi4(4, 6), step_size=0.1, n_steps=2)
    with pytest.warns(SlowerPath) as caught:
        hmc.step(KEY, hmc.init(mine), 2)
    assert len(caught) == 1
    steps(mine)
    hb.random.normal(mine, KEY, 0, dim=2)


def test_the_intended_slower_paths_are_silent() -> None:
    steps(array_api_strict.asarray(field(4, 6)))  # who uses it tests conformity
    steps(tensor(requires_grad=True))  # a derivative is wanted
    hb.random.uniform(field(4, 6).sum(), hb.random.key(1), 0, dim=0)  # one number: a NumPy scalar
    mine = field(4, 6).view(Mine)
    with hb.backends.use("reference"):
        steps(mine)
    hb.backends.explain(hb.sde.steps, mine, phi4(4, 6))


def test_other_devices_and_dtypes_are_said_with_what_there_is() -> None:
    def advice(kind: Any, dtype: Any, device: str) -> Any:
        return _dispatch._fitting("sde.langevin.steps", kind, dtype, device)

    found = advice(torch.Tensor, torch.float64, "mps:0")
    assert found.startswith("no kernel runs for torch.Tensor on mps:0: there are kernels for ")
    assert "numpy.ndarray on cpu, torch.Tensor on cpu" in found
    other = type("ndarray", (), {"__module__": "other"})
    assert advice(other, np.float64, "cpu").startswith("no kernel takes other.ndarray: there are")
    assert advice(np.ndarray, np.dtype("float16"), "cpu") == (
        "no kernel takes float16: convert to float64 or float32"
    )


def test_slower_paths_can_be_silenced_by_their_category() -> None:
    assert issubclass(SlowerPath, UserWarning)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SlowerPath)
        steps(field(4, 6).view(Mine))


# ---------------------------------------------------------------- a missing package, no compiler


@pytest.fixture
def without_numba(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    load = importlib.import_module

    def missing(name: str) -> Any:
        if name.startswith("heatbath_numba"):
            raise ModuleNotFoundError("No module named 'numba'", name="numba")
        return load(name)

    with monkeypatch.context() as patch:
        _forget()
        patch.setattr(importlib, "import_module", missing)
        yield
    _forget()


def _forget() -> None:
    _dispatch._load.cache_clear()
    _dispatch._fitting.cache_clear()


def test_missing_package_is_said_once(without_numba: None) -> None:
    words = "the package numba is missing: pip install numba"
    assert said(field(4, 6)) == words
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hb.random.normal(tensor(), KEY, 0, dim=2)
    assert f"heatbath_numba.sde.langevin:steps: {words}" in str(
        hb.backends.explain(hb.sde.steps, field(4, 6), phi4(4, 6))
    )
    with (
        hb.backends.use("kernel"),
        pytest.raises(ValueError, match=r"heatbath_numba.*: the package numba is missing"),
    ):
        steps(field(4, 6))


def test_without_numba_the_numbers_are_the_same(request: pytest.FixtureRequest) -> None:
    expected = bits(steps(field(4, 6)))
    request.getfixturevalue("without_numba")
    with pytest.warns(SlowerPath):
        assert bits(steps(field(4, 6))) == expected


UNCOMPILED = """
import sys, warnings
import numpy as np
import heatbath as hb

action = hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=(4, 6))
field = np.frombuffer(bytes.fromhex(sys.argv[1])).reshape(4, 6)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    end, *_ = hb.sde.steps(field, action, hb.random.key(3), 0, 3, step_size=0.05)
print(hb.backends.explain(hb.sde.steps, field, action).chosen)
print(*[f"{w.category.__name__}: {w.message}" for w in caught], sep="|")
print(end.tobytes().hex())
"""


def test_without_numbas_compiler_references_run() -> None:
    output = subprocess.run(
        [sys.executable, "-c", UNCOMPILED, field(4, 6).tobytes().hex()],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    chosen_there, said_there, end = output.splitlines()
    assert chosen_there == "reference"
    assert said_there.startswith("SlowerPath: heatbath runs a reference")
    assert said_there.endswith("numba's compiler is switched off: unset NUMBA_DISABLE_JIT")
    assert bytes.fromhex(end) == steps(field(4, 6)).tobytes()
