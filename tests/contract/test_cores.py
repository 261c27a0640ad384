"""What every core promises beside `test_parts`: mapped over members, in long runs, in precision, far back in time."""

from typing import Any

import pytest
import torch
from torch.func import functional_call, vmap  # pyright: ignore[reportPrivateImportUsage]

from innervate.controllers.core import CORES, Core, make_core

INPUTS, UNITS, BATCH, DT_S = 4, 9, 3, 0.02
EVERY = pytest.mark.parametrize("name", CORES)
REMEMBER = "ctm", "elm", "gru", "leaky", "lru", "reservoir", "spiking"
"""Those that say that with time constants as long as the task a loss hears of an input at its beginning."""


def made(name: str, units: int = UNITS, slowest_s: float | None = None) -> Core:
    return make_core(name, INPUTS, units, torch.Generator().manual_seed(0), DT_S, slowest_s)


def white(steps: int, batch: int = BATCH) -> torch.Tensor:
    return torch.randn(steps, batch, INPUTS, generator=torch.Generator().manual_seed(1))


def driven(core: Core, xs: torch.Tensor) -> torch.Tensor:
    state, ys = {k: v.to(xs.dtype) for k, v in core.zero(xs.shape[1]).items()}, list[torch.Tensor]()
    for x in xs:
        y, state = core.step(x, state)
        ys.append(y)
    return torch.stack(ys)


class _Step(torch.nn.Module):
    """`step` as a forward, for `functional_call`."""

    def __init__(self, core: Core) -> None:
        super().__init__()
        self.core = core

    def forward(self, x: torch.Tensor, state: dict[str, torch.Tensor]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        return self.core.step(x, state)


@EVERY
def test_mapped_over_members_is_each_member(name: str) -> None:
    core = _Step(made(name))
    if not list(core.parameters()):
        pytest.skip("nothing to vary")
    generator = torch.Generator().manual_seed(2)
    members = {k: p.detach() + 0.1 * torch.randn(2, *p.shape, generator=generator) for k, p in core.named_parameters()}
    xs = white(10)
    state = {k: torch.stack([v, v]) for k, v in core.core.zero(BATCH).items()}
    alone = [core.core.zero(BATCH) for _ in range(2)]

    def one(parameters: dict[str, torch.Tensor], x: torch.Tensor, state: dict[str, torch.Tensor]) -> Any:
        return functional_call(core, parameters, (x, state))

    mapped = vmap(one)
    for x in xs:
        y, state = mapped(members, torch.stack([x, x]), state)
        for m in range(2):
            mine, alone[m] = functional_call(core, {k: v[m] for k, v in members.items()}, (x, alone[m]))
            torch.testing.assert_close(y[m], mine, rtol=1e-5, atol=1e-5)


@EVERY
@pytest.mark.slow
def test_ten_thousand_steps_of_noise_stay_finite(name: str) -> None:
    """With the longest memories, which are the hard case."""
    core, x = made(name, slowest_s=20.0 if CORES[name].spreads else None), 3 * white(500)
    with torch.inference_mode():
        state, largest = core.zero(BATCH), torch.zeros(())
        for k in range(10_000):
            y, state = core.step(x[k % 500], state)
            largest = torch.maximum(largest, y.abs().max())
    assert largest < 1e3
    assert all(torch.isfinite(v).all() for v in state.values())


@EVERY
def test_single_precision_is_enough(name: str) -> None:
    core, xs = made(name), white(200)
    with torch.no_grad():
        single = driven(core, xs)
        double = driven(core.double(), xs.double())
    torch.testing.assert_close(single.double(), double, rtol=0, atol=1e-4)


def heard(core: Core, steps: int) -> float:
    """How much of the last activity the first input moves, against the last input."""
    xs = white(steps + 1, 1).requires_grad_()
    driven(core, xs)[-1].square().sum().backward()
    assert xs.grad is not None
    return float(xs.grad[0].norm() / xs.grad[-1].norm())


@pytest.mark.parametrize("name", REMEMBER)
def test_the_gradient_reaches_two_hundred_steps_back(name: str) -> None:
    assert heard(made(name, 32, slowest_s=200 * DT_S), 200) > 1e-4


def test_the_present_gru_s_does_not() -> None:
    """The control: the same measure finds the forgetting that the spread is for."""
    assert heard(made("gru", 32), 200) < 1e-6


def test_a_leaky_unit_hears_of_the_past_by_its_time_constant() -> None:
    """With the weights within silenced, dy(T)/dx(0) is the weight times 1 - k times k^T, k = exp(-dt / tau)."""
    core = made("leaky", 1, slowest_s=4.0)
    synapse = dict(core.named_parameters())["synapse.weight"]
    with torch.no_grad():
        synapse[:, INPUTS:] = 0
    xs = torch.zeros(201, 1, INPUTS, requires_grad=True)
    driven(core, xs)[-1].sum().backward()
    assert xs.grad is not None
    kept = torch.exp(torch.tensor(-DT_S / 4.0, dtype=torch.float64))
    expected = (1 - kept) * kept**200 * synapse[0, :INPUTS].detach()
    torch.testing.assert_close(xs.grad[0, 0], expected.float(), rtol=1e-3, atol=0)
