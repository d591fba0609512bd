"""Muon in float32 against PyTorch's in bfloat16."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from rtpca.training.muon import Muon


def matrix(rows: int, columns: int) -> nn.Parameter:
    return nn.Parameter(torch.randn(rows, columns, generator=torch.Generator().manual_seed(rows)))


@pytest.mark.parametrize(("rows", "columns"), [(12, 12), (36, 12), (12, 48)])
def test_updates_are_those_of_pytorch_but_for_rounding(rows, columns) -> None:
    mine, theirs = matrix(rows, columns), matrix(rows, columns)
    start = mine.detach().clone()
    optimizers = (
        Muon([mine], lr=0.02, weight_decay=0.3),
        torch.optim.Muon([theirs], lr=0.02, weight_decay=0.3),
    )
    generator = torch.Generator().manual_seed(1)
    for _ in range(4):
        mine.grad = torch.randn(rows, columns, generator=generator)
        theirs.grad = mine.grad.clone()
        for optimizer in optimizers:
            optimizer.step()
    moved = (theirs - start).norm()
    assert (mine - theirs).norm() < 0.03 * moved
    assert torch.allclose(
        optimizers[0].state[mine]["momentum_buffer"], optimizers[1].state[theirs]["momentum_buffer"]
    )


def test_a_first_update_is_nearly_orthogonal_whatever_the_size_of_the_gradient() -> None:
    weight = nn.Parameter(torch.zeros(24, 8))
    weight.grad = 1e-4 * matrix(24, 8).detach()
    Muon([weight], lr=1.0, weight_decay=0.0).step()
    singular = torch.linalg.svdvals(weight.detach()) / 3**0.5  # longer by the root of rows over columns
    assert singular.min() > 0.6
    assert singular.max() < 1.3


def test_a_matrix_without_gradient_stays_and_a_closure_is_called() -> None:
    with_gradient, without = matrix(4, 4), matrix(5, 5)
    kept = without.detach().clone()
    optimizer = Muon([with_gradient, without], lr=0.1, weight_decay=0.5)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = with_gradient.square().sum()
        loss.backward()
        return loss

    before = with_gradient.detach().square().sum()
    assert optimizer.step(closure) == before
    assert torch.equal(without, kept)
    assert with_gradient.detach().square().sum() < before
