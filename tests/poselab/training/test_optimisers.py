from __future__ import annotations

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LRScheduler

from poselab.training.optimisers import Muon, muon_and_adamw, one_cycle, orthogonalised
from tests.poselab.conftest import TinyNetwork


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 99), st.floats(1e-4, 1e4))
def test_directions_stay_and_lengths_become_alike(
    rows: int, columns: int, seed: int, size: float
) -> None:
    """Against the singular value decomposition, for matrices that are not nearly singular."""
    generator = torch.Generator().manual_seed(seed)
    u, _, vt = torch.linalg.svd(
        torch.randn(rows, columns, generator=generator), full_matrices=False
    )
    lengths = 0.2 + torch.rand(min(rows, columns), generator=generator)
    result = orthogonalised(size * (u * lengths) @ vt)
    inner = u.mT @ result @ vt.mT
    assert ((inner.diagonal() > 0.6) & (inner.diagonal() < 1.3)).all()
    off = inner - inner.diagonal().diag()
    assert off.abs().max() < 1e-3


def test_a_gradient_of_zero_is_no_step() -> None:
    assert torch.equal(orthogonalised(torch.zeros(3, 5)), torch.zeros(3, 5))


def test_the_first_step_goes_against_the_gradient_with_the_promised_size() -> None:
    weight = nn.Parameter(torch.zeros(8, 4, 3, 3))
    weight.grad = torch.randn(8, 4, 3, 3, generator=torch.Generator().manual_seed(0))
    Muon([weight], lr=0.01).step()
    assert (weight * weight.grad).sum() < 0
    assert weight.data.square().mean().sqrt() == pytest.approx(0.01 * 0.2, rel=0.2)


def test_weights_decay_towards_zero() -> None:
    weight = nn.Parameter(torch.ones(4, 4))
    weight.grad = torch.zeros(4, 4)
    Muon([weight], lr=0.5, weight_decay=0.1).step()
    torch.testing.assert_close(weight.data, torch.full((4, 4), 0.95))


def test_memory_format_makes_no_difference() -> None:
    grads = [torch.randn(8, 4, 3, 3, generator=torch.Generator().manual_seed(s)) for s in range(3)]
    results = []
    for memory_format in (torch.contiguous_format, torch.channels_last):
        weight = nn.Parameter(torch.zeros(8, 4, 3, 3).contiguous(memory_format=memory_format))
        optimiser = Muon([weight], lr=0.1)
        for grad in grads:
            weight.grad = grad.contiguous(memory_format=memory_format)
            optimiser.step()
        results.append(weight.data)
    torch.testing.assert_close(*results)


def test_it_finds_a_minimum() -> None:
    target = torch.randn(6, 9, generator=torch.Generator().manual_seed(0))
    weight = nn.Parameter(torch.zeros(6, 9))
    optimiser = Muon([weight], lr=0.1, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, total_iters=300)
    for _ in range(300):
        optimiser.zero_grad()
        (weight - target).square().mean().backward()
        optimiser.step()
        schedule.step()
    assert (weight - target).abs().max() < 0.02


def test_a_closure_is_evaluated_once_for_all_parts() -> None:
    given = torch.rand(2, 3, 8, 8)
    plain, closed = (nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 3)) for _ in range(2))
    closed.load_state_dict(plain.state_dict())
    calls = 0

    def closure() -> torch.Tensor:
        nonlocal calls
        calls += 1
        loss: torch.Tensor = closed(given).square().mean()
        loss.backward()
        return loss

    loss = plain(given).square().mean()
    loss.backward()
    muon_and_adamw(plain, 0.02).step()
    optimiser = muon_and_adamw(closed, 0.02)
    assert [type(part) for part in optimiser.parts] == [Muon, AdamW]
    with torch.no_grad():
        assert optimiser.step(closure) == loss
    assert calls == 1
    for one, other in zip(plain.parameters(), closed.parameters(), strict=True):
        assert torch.equal(one, other)


def test_inner_convolutions_get_muon_and_the_rest_adamw() -> None:
    network = TinyNetwork()
    muon, adamw = muon_and_adamw(network, 0.02).parts
    assert isinstance(muon, Muon) and isinstance(adamw, AdamW)
    (inner,) = muon.param_groups[0]["params"]
    assert inner is network.layers[3].weight
    n_weights = sum(len(optimiser.param_groups[0]["params"]) for optimiser in (muon, adamw))
    assert n_weights == len(list(network.parameters()))
    assert [optimiser.param_groups[0]["lr"] for optimiser in (muon, adamw)] == [0.02, 0.004]


def test_without_convolutions_adamw_is_alone() -> None:
    (optimiser,) = muon_and_adamw(nn.Linear(3, 3), 0.02).parts
    assert isinstance(optimiser, AdamW)


def test_several_optimisers_step_as_one_and_share_their_state() -> None:
    def made() -> tuple[TinyNetwork, Optimizer, LRScheduler]:
        network = TinyNetwork().eval()
        optimiser = muon_and_adamw(network, 0.02)
        return network, optimiser, one_cycle(optimiser, 10)

    def go_on(network: nn.Module, optimiser: Optimizer, scheduler: LRScheduler) -> None:
        for seed in range(3):
            img = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
            optimiser.zero_grad()
            network(img).square().mean().backward()
            optimiser.step()
            scheduler.step()

    whole, first, second = made(), made(), made()
    go_on(*whole)
    go_on(*whole)
    go_on(*first)
    for part, saved in zip(second, first, strict=True):
        part.load_state_dict(saved.state_dict())
    go_on(*second)
    for weight, other in zip(whole[0].parameters(), second[0].parameters(), strict=True):
        assert torch.equal(weight, other)
    rates = [
        [group["lr"] for group in optimiser.param_groups]
        for optimiser in (whole[1], second[1], *second[1].parts)
    ]
    assert rates[0] == rates[1] == rates[2] + rates[3]


def test_one_cycle_climbs_and_falls() -> None:
    optimiser = torch.optim.AdamW([nn.Parameter(torch.zeros(1))], lr=0.02)
    scheduler = one_cycle(optimiser, 100)
    rates = []
    for _ in range(100):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    assert max(rates) == pytest.approx(0.02)
    assert 20 <= rates.index(max(rates)) <= 30
    assert rates[0] < 0.001 and rates[-1] < 0.0001


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60))
@example(1)
@example(2)
@example(3)
@example(4)
@example(5)
def test_one_cycle_of_any_length_reaches_its_peak(n_steps: int) -> None:
    optimiser = torch.optim.AdamW([nn.Parameter(torch.zeros(1))], lr=0.02)
    scheduler = one_cycle(optimiser, n_steps)
    rates = []
    for _ in range(n_steps):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    assert all(0 < rate <= 0.02 * (1 + 1e-9) for rate in rates)
    assert max(rates) > 0.6 * 0.02
    if n_steps > 2:
        assert rates[0] < max(rates) > rates[-1]
