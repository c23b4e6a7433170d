"""Derivatives by torch's autograd: of the action, and with respect to couplings."""

import numpy as np
import pytest
import torch

import brute_force
import heatbath as hb

SHAPES = [(1,), (5,), (2, 3), (1, 2, 3)]


def tensors(case, shape, *, local):
    values = case.couplings(shape, local=local)
    return {n: torch.asarray(v) if np.ndim(v) else v for n, v in values.items()}


def random_field(shape, batch=(), seed=8):
    return torch.asarray(np.random.default_rng(seed).normal(size=(*batch, *shape)))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("local", [False, True], ids=["numbers", "arrays"])
@pytest.mark.parametrize("name", brute_force.CASES)
def test_autograd_of_the_action_is_minus_the_force(name, local, shape):
    case = brute_force.CASES[name]
    action = case.theory(**tensors(case, shape, local=local), lattice=shape)
    phi = random_field(shape, batch=(2,)).requires_grad_()
    action(phi).sum().backward()
    torch.testing.assert_close(
        action.force(phi.detach()), -phi.grad, rtol=1e-12, atol=1e-12 * float(phi.grad.abs().max())
    )


def test_second_derivatives_are_minus_the_derivative_of_the_force():
    case = brute_force.CASES["rich"]
    action = case.theory(**tensors(case, (2, 3), local=False), lattice=(2, 3))
    phi = random_field((2, 3)).requires_grad_()
    hessian = torch.autograd.functional.hessian(lambda x: action(x), phi)
    jacobian = torch.autograd.functional.jacobian(lambda x: action.force(x), phi)
    torch.testing.assert_close(jacobian, -hessian, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kind", ["tensor", "parameter"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_gradients_of_couplings_that_are_one_number(shape, kind):
    """dS/dλ = Σ (φ⁴ − 2φ²) and dS/dκ = −2 Σ φ_x φ_{x+μ}."""
    make = torch.nn.Parameter if kind == "parameter" else lambda v: v.requires_grad_()
    lam, kappa = (make(torch.asarray(v, dtype=torch.float64)) for v in (0.3, 0.2))
    phi = random_field(shape, batch=(2,))
    action = hb.actions.Phi4(lam=lam, kappa=kappa, lattice=shape)
    assert action.requires_grad
    action(phi).sum().backward()
    hopping = sum((phi * torch.roll(phi, -1, mu - len(shape))).sum() for mu in range(len(shape)))
    torch.testing.assert_close(lam.grad, (phi**4 - 2 * phi**2).sum())
    torch.testing.assert_close(kappa.grad, -2 * hopping)


@pytest.mark.parametrize("kind", ["tensor", "parameter"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_gradients_of_couplings_that_depend_on_the_site(shape, kind):
    """dS/dλ_x = φ_x⁴ − 2φ_x² and dS/dκ_{μ,x} = −2 φ_x φ_{x+μ}, summed over the batch."""
    make = torch.nn.Parameter if kind == "parameter" else lambda v: v.requires_grad_()
    d, rng = len(shape), np.random.default_rng(4)
    lam = make(torch.asarray(rng.uniform(size=shape)))
    kappa = make(torch.asarray(rng.uniform(size=(d, *shape))))
    phi = random_field(shape, batch=(3,))
    hb.actions.Phi4(lam=lam, kappa=kappa, lattice=shape)(phi).sum().backward()
    torch.testing.assert_close(lam.grad, (phi**4 - 2 * phi**2).sum(0))
    bonds = torch.stack([phi * torch.roll(phi, -1, mu - d) for mu in range(d)], dim=1)
    torch.testing.assert_close(kappa.grad, -2 * bonds.sum(0))


def test_gradients_flow_through_the_force_and_through_functions_of_couplings():
    """F = exp(−β) d/dφ of −φ³/3, so ΣF has the β-derivative Σ exp(−β) φ²."""
    theory = hb.Theory("t", site=lambda phi, *, beta: hb.elementary.exp(-beta) * phi**3 / 3)
    beta = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    phi = random_field((4,))
    theory(beta=beta, lattice=(4,)).force(phi).sum().backward()
    torch.testing.assert_close(beta.grad, torch.exp(-beta.detach()) * (phi**2).sum())


@pytest.mark.parametrize("function", ["exp", "log", "sin", "cos", "sqrt"])
def test_autograd_sees_through_elementary_functions(function):
    x = torch.linspace(0.1, 5.0, 64, dtype=torch.float64, requires_grad=True)
    y = x.detach().clone().requires_grad_()
    getattr(hb.elementary, function)(x).sum().backward()
    getattr(torch, function)(y).sum().backward()
    torch.testing.assert_close(x.grad, y.grad, rtol=1e-13, atol=1e-13)
