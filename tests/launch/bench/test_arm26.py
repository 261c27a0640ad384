"""The arm of the literature: against MotorNet where it is installed, and against calculus where it is not."""

import pytest
import torch

from innervate.agents.twins.arm26 import Arm26
from innervate.errors import ConfigError
from innervate.launch.bench.bilateral import motornet as peer

torch.set_num_threads(1)


def excitations(steps: int, trials: int) -> torch.Tensor:
    return torch.rand(steps, trials, 6, generator=torch.Generator().manual_seed(0))


def postures(trials: int) -> torch.Tensor:
    return torch.rand(trials, 2, generator=torch.Generator().manual_seed(1)) * 1.6 + 0.4


@pytest.mark.skipif(not peer.installed(), reason="the oracle, motornet, is not installed: pip install innervate[bench]")
@pytest.mark.parametrize("slack", [1.0, 1.4])
@pytest.mark.filterwarnings("ignore")
def test_sixty_steps_are_motornet_s(slack: float) -> None:
    u, start = excitations(60, 16), postures(16)
    theirs = peer.their_path(start, u, 0.01, slack)
    ours = peer.our_path(Arm26("euler", substeps=1, slack_length=slack), start, u)
    assert (ours[-1] - start).abs().mean() > 0.2
    assert (ours - theirs).abs().max() < 1e-4


def test_muscle_velocities_and_moment_arms_are_derivatives_of_the_length() -> None:
    plant = Arm26(dtype=torch.float64)
    angle, rate = postures(20).double(), torch.randn(20, 2, generator=torch.Generator().manual_seed(2)).double()
    state, h = plant.initial(angle)._replace(rate=rate), 1e-6
    ends = [plant.proprioception(state._replace(angle=angle + s * h * rate))[0] for s in (-1, 1)]
    slope = (ends[1] - ends[0]) / (2 * h)  # optimal lengths a second
    torch.testing.assert_close(plant.proprioception(state)[1] * 10, slope, rtol=0, atol=1e-8)


def test_without_muscles_energy_is_kept() -> None:
    """A free swing of the two links: the analytic invariant of the mechanics."""
    plant = Arm26("midpoint", substeps=50, dtype=torch.float64)
    links = plant.links
    angle, rate = torch.tensor([[0.8, 1.2]]).double(), torch.tensor([[1.0, -2.0]]).double()

    def energy(a: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        w11, w12, w22 = links.inverse_inertia(a)
        inertia = torch.linalg.inv(torch.stack([torch.stack([w11, w12], -1), torch.stack([w12, w22], -1)], -1))
        return 0.5 * torch.einsum("ni,nij,nj->n", v, inertia, v)

    before, h = energy(angle, rate), 1e-4

    def acceleration(a: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        w11, w12, w22 = links.inverse_inertia(a)
        t1, t2 = (-links.velocity_torque(a, v)).unbind(-1)
        return torch.stack([w11 * t1 + w12 * t2, w12 * t1 + w22 * t2], -1)

    for _ in range(500):
        middle = rate + h / 2 * acceleration(angle, rate)
        slope = acceleration(angle + h / 2 * rate, middle)
        angle, rate = angle + h * middle, rate + h * slope
    torch.testing.assert_close(energy(angle, rate), before, rtol=1e-6, atol=0)


def test_the_default_step_is_converged() -> None:
    """Within 2 mm of a much finer integration after half a second, on average over trials as in the literature."""
    u, start = (excitations(50, 64) ** 2).double(), postures(64).double()
    default, fine = Arm26(dtype=torch.float64), Arm26("midpoint", substeps=60, dtype=torch.float64)
    ends = [plant.hand(peer.our_path(plant, start, u)[-1]) for plant in (default, fine)]
    assert (ends[0] - ends[1]).norm(dim=-1).mean() < 2e-3
    assert (ends[1] - fine.hand(start)).norm(dim=-1).mean() > 0.1


def test_bad_options_are_refused() -> None:
    with pytest.raises(ConfigError, match="slack_length"):
        Arm26(slack_length=2.0)
