"""The paper's networks and losses against their equations, worked out with NumPy."""

from typing import Any

import numpy as np
import pytest
import torch

from innervate.agents.mazes.paper import double_dqn_loss
from innervate.agents.objectives._losses import prediction_loss, repulsion
from innervate.controllers.paper_nets import LARGE_VALUE, T_MAZE, PaperNetsConfig
from innervate.errors import ConfigError

RNG = np.random.default_rng(0)


def some(*shape: int) -> torch.Tensor:
    return torch.from_numpy(RNG.standard_normal(shape))


def test_the_prediction_s_target_is_a_discounted_sum_without_gradient_into_its_second_part() -> None:
    predicted, following, there = (some(6, 3).requires_grad_() for _ in range(3))
    loss = prediction_loss(predicted, following, there, 0.5)
    loss.backward()
    error = (predicted - following - 0.5 * there).detach().numpy()
    assert float(loss.detach()) == pytest.approx((error**2).mean())
    assert predicted.grad is not None and following.grad is not None
    np.testing.assert_allclose(predicted.grad, 2 * error / 18)
    np.testing.assert_allclose(following.grad, -2 * error / 18)
    assert there.grad is None


def test_repulsion() -> None:
    one, other = some(7, 4), some(7, 4)
    expected = np.exp(-5 * np.linalg.norm((one - other).numpy(), axis=1)).mean()
    assert float(repulsion(one, other)) == pytest.approx(expected)
    still = one.clone().requires_grad_()
    repulsion(still, one).backward()
    assert still.grad is not None
    assert (still.grad == 0).all()  # where latents coincide no direction is better than another; and no NaN


def test_double_dqn_chooses_by_one_network_and_values_by_the_other() -> None:
    values = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    action, reward = torch.tensor([0, 1]), torch.tensor([0.5, -1.0])
    mine, target = torch.tensor([[5.0, 1.0], [0.0, 9.0]]), torch.tensor([[10.0, 20.0], [30.0, 40.0]])
    loss = double_dqn_loss(values, action, reward, mine, target, torch.tensor([1.0, 0.0]), 0.9)
    errors = np.array([1.0 - (0.5 + 0.9 * 10.0), 4.0 - (-1.0)])
    assert float(loss.detach()) == pytest.approx((errors**2).mean())


@pytest.mark.parametrize(
    ("config", "side", "parameters"),
    [
        # conv 16·4 + 16, conv 32·16·4 + 32, dense 512·32 + 32, latent 32·5 + 5, value 5·16 + 16 + 16·4 + 4,
        # transition 9·16 + 16 + 16·5 + 5
        (PaperNetsConfig(), 10, 80 + 2080 + 16416 + 165 + 164 + 245),
        (LARGE_VALUE, 10, 80 + 2080 + 16416 + 165 + (192 + 528 + 68) + 245),
        # conv 32·4 + 32, dense 288·64 + 64, latent 64·96 + 96, value 96-64-32-16-4, transition 100-64-32-16-96
        (T_MAZE, 7, 160 + 18496 + 6240 + (6208 + 2080 + 528 + 68) + (6464 + 2080 + 528 + 1632)),
    ],
    ids=["small", "large value head", "T-maze"],
)
def test_sizes_are_the_paper_s(config: PaperNetsConfig, side: int, parameters: int) -> None:
    nets = config.build(side, 4, torch.Generator().manual_seed(0))
    assert sum(p.numel() for p in nets.parameters()) == parameters


def test_weights_are_distributed_as_torch_s_own() -> None:
    nets = PaperNetsConfig().build(10, 4, torch.Generator().manual_seed(0))
    ours = next(p for p in nets.encoder.parameters() if p.shape == (32, 512)).detach()
    theirs = torch.nn.Linear(512, 32).weight.detach()
    assert float(ours.abs().max()) == pytest.approx(float(theirs.abs().max()), rel=1e-2)
    assert float(ours.std()) == pytest.approx(float(theirs.std()), rel=5e-2)


def test_a_latent_that_is_negative_everywhere_is_dead_to_rectified_heads_alone() -> None:
    """The finding that decides how to read the paper: no gradient reaches it, unless the heads read it as it is."""
    for rectified in (True, False):
        nets = PaperNetsConfig(rectified=rectified).build(10, 4, torch.Generator().manual_seed(0))
        latent = -torch.rand(8, 5) - 0.1
        latent.requires_grad_()
        (nets.values(latent) ** 2).sum().backward()
        assert latent.grad is not None
        assert bool((latent.grad == 0).all()) == rectified


def test_the_transition_is_residual() -> None:
    nets = PaperNetsConfig().build(10, 4, torch.Generator().manual_seed(0))
    for parameter in nets.transition.parameters():
        torch.nn.init.zeros_(parameter)
    latent = torch.randn(4, 5)
    torch.testing.assert_close(nets.predict(latent, torch.arange(4)), latent)


@pytest.mark.parametrize(("config", "side"), [({"channels": ()}, 10), ({"value": (0,)}, 10), ({}, 3)])
def test_networks_that_cannot_be_are_refused(config: dict[str, Any], side: int) -> None:
    with pytest.raises(ConfigError):
        PaperNetsConfig(**config).build(side, 4, torch.Generator())
