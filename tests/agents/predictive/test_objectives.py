"""Each auxiliary objective against its equations, written down again in NumPy."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from innervate.agents.objectives._objective import Experience, Objective
from innervate.agents.objectives.decorrelation import DecorrelationConfig
from innervate.agents.objectives.horizon import HorizonConfig
from innervate.agents.objectives.sale import SALEConfig
from innervate.agents.objectives.self_predictive import SelfPredictiveConfig
from innervate.agents.objectives.spr import SPRConfig
from innervate.agents.predictive.asked import OBJECTIVES, build, configured
from innervate.errors import ConfigError, UnknownNameError

BATCH, LATENT, ACTIONS = 7, 5, 3


def experience(steps: int, ends: dict[int, int] | None = None) -> Experience:
    """Random latents as observations; `ends[i]` is the first invalid step of sequence i."""
    rng = np.random.default_rng(steps)
    valid = np.ones((steps, BATCH), np.float32)
    for which, step in (ends or {}).items():
        valid[step:, which] = 0
    observations, actions = rng.normal(size=(steps + 1, BATCH, LATENT)), rng.normal(size=(steps, BATCH, ACTIONS))
    return Experience(*(torch.from_numpy(x.astype(np.float32)) for x in (observations, actions, valid)))


def losses(objective: Objective, seen: Experience) -> dict[str, float]:
    """With the identity as encoder, and a doubling as the slow one."""
    terms = objective.loss(lambda x: x, lambda x: 2 * x, seen)
    return {name: float(value.detach()) for name, value in terms.items()}


def layers(net: nn.Module, x: np.ndarray) -> np.ndarray:
    """A network's linear layers with ReLU between them."""
    linear = [m for m in net.modules() if isinstance(m, nn.Linear)]
    for k, layer in enumerate(linear):
        x = x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
        x = np.maximum(x, 0) if k + 1 < len(linear) else x
    return x


def stepped(objective: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    return layers(objective.transition, np.concatenate([z, a], 1))


def arrays(seen: Experience) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return seen.observations.numpy(), seen.actions.numpy(), seen.valid.numpy()


@pytest.mark.parametrize("horizon", [0.0, 0.5])
@pytest.mark.parametrize("rectified", [False, True])
def test_horizon(horizon: float, rectified: bool) -> None:
    """MSE(T(z0, a0), z1 + horizon T(z1, a1)), the last only where the episode goes on; exp(-5 distance)."""
    torch.manual_seed(0)
    config = HorizonConfig(horizon=horizon, prediction=0.3, negatives=0.7, rectified=rectified)
    objective, seen = config.build(LATENT, ACTIONS), experience(2, {3: 1})
    z, a, valid = arrays(seen)

    def transition(z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return z + stepped(objective, np.maximum(z, 0) if rectified else z, a)

    target = z[1] + horizon * transition(z[1], a[1]) * valid[1][:, None]
    expected = ((transition(z[0], a[0]) - target) ** 2).mean()
    shuffled = np.exp(-5 * np.linalg.norm(z[1] - np.roll(z[1], 1, 0), axis=1)).mean()
    neighbours = np.exp(-5 * np.linalg.norm(z[0] - z[1], axis=1)).mean()
    found = losses(objective, seen)
    assert found["prediction"] == pytest.approx(0.3 * expected, rel=1e-5)
    assert found["negatives"] == pytest.approx(0.7 * (shuffled + neighbours), rel=1e-5)


def test_horizon_lets_the_gradient_into_the_next_latent_but_not_into_its_own_target() -> None:
    objective, seen = HorizonConfig(horizon=0.8, negatives=0.0).build(LATENT, ACTIONS), experience(2)
    latents = seen.observations.clone().requires_grad_()
    seen = Experience(latents, seen.actions, seen.valid)
    objective.loss(lambda x: x, lambda x: x, seen)["prediction"].backward()
    assert latents.grad is not None
    z, a, _ = arrays(Experience(latents.detach(), seen.actions, seen.valid))
    error = z[0] + stepped(objective, z[0], a[0]) - z[1] - 0.8 * (z[1] + stepped(objective, z[1], a[1]))
    # were the target not held fixed, this gradient would also go through T(z1, a1)
    np.testing.assert_allclose(latents.grad[1], -0.01 * 2 * error / error.size, rtol=1e-4)
    assert not latents.grad[2].any()


def test_self_predictive() -> None:
    """|P(z, a) - slow z'|^2, mean over the batch; the target takes no gradient."""
    torch.manual_seed(1)
    objective, seen = SelfPredictiveConfig(prediction=0.5).build(LATENT, ACTIONS), experience(1)
    z, a, _ = arrays(seen)
    expected = 0.5 * ((stepped(objective, z[0], a[0]) - 2 * z[1]) ** 2).sum(1).mean()
    assert losses(objective, seen)["prediction"] == pytest.approx(expected, rel=1e-5)
    scale = torch.ones((), requires_grad=True)
    objective.loss(lambda x: x, lambda x: scale * x, seen)["prediction"].backward()
    assert scale.grad is None


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


@pytest.mark.parametrize("steps", [1, 4])
def test_spr(steps: int) -> None:
    """Minus the sum over steps of the mean cosine of q(g(z^)) and slow g(slow z), over those still in the episode."""
    torch.manual_seed(2)
    objective = SPRConfig(steps=steps, projection=6).build(LATENT, ACTIONS)
    for parameter in objective.slow_projector.parameters():
        parameter.data.normal_()
    seen = experience(steps, {0: 1, 4: 3} if steps > 1 else None)
    z, a, valid = arrays(seen)
    latent, expected = z[0], 0.0
    for k in range(steps):
        latent = stepped(objective, latent, a[k])
        said = layers(objective.predictor, layers(objective.projector, latent))
        cosine = cosines(said, layers(objective.slow_projector, 2 * z[k + 1]))
        expected -= (cosine * valid[k]).sum() / valid[k].sum()
    assert objective.steps == steps
    assert losses(objective, seen)["prediction"] == pytest.approx(expected, rel=1e-4)


def test_spr_s_slow_projector_follows_and_takes_no_gradient() -> None:
    objective = SPRConfig().build(LATENT, ACTIONS)
    fast, slow = objective.projector.weight, objective.slow_projector.weight
    fast.data += 1.0
    before = slow.clone()
    objective.follow(0.25)
    torch.testing.assert_close(slow, before + 0.25 * (fast - before))
    sum(objective.loss(lambda x: x, lambda x: x, experience(5)).values()).backward()  # pyright: ignore[reportAttributeAccessIssue]
    assert slow.grad is None
    assert fast.grad is not None


def test_sale() -> None:
    """MSE(g(z, a), z') with z over its mean absolute value; the encoder is its own target, without gradient."""
    torch.manual_seed(3)
    objective, seen = SALEConfig().build(LATENT, ACTIONS), experience(1)
    z, a, _ = arrays(seen)
    z = z / np.abs(z).mean(2, keepdims=True)
    expected = ((stepped(objective, z[0], a[0]) - z[1]) ** 2).mean()
    assert losses(objective, seen)["prediction"] == pytest.approx(expected, rel=1e-5)
    latents = seen.observations.clone().requires_grad_()
    seen = Experience(latents, seen.actions, seen.valid)
    objective.loss(lambda x: x, lambda x: x, seen)["prediction"].backward()
    assert latents.grad is not None
    assert latents.grad[0].any()
    assert not latents.grad[1].any()


@pytest.mark.parametrize("centred", [False, True])
def test_decorrelation(centred: bool) -> None:
    """mean max(0, 1 - sqrt(variance + 1e-4)) and sum of squared covariances over units; about zero if not centred."""
    objective, seen = DecorrelationConfig(variance=2.0, covariance=3.0, centred=centred).build(1, 1), experience(1)
    z = arrays(seen)[0][0]
    c = np.cov(z, rowvar=False) if centred else z.T @ z / len(z)
    expected = {
        "variance": 2 * np.maximum(0, 1 - np.sqrt(np.diag(c) + 1e-4)).mean(),
        "covariance": 3 * (c[~np.eye(LATENT, dtype=bool)] ** 2).sum() / LATENT,
    }
    assert losses(objective, seen) == pytest.approx(expected, rel=1e-4)


def test_several_objectives_are_their_terms_side_by_side() -> None:
    configs = configured(["self-predictive", SPRConfig(steps=3), "decorrelation"])
    objective, seen = build(configs, LATENT, ACTIONS), experience(3)
    found = losses(objective, seen)
    assert objective.steps == 3
    assert set(found) == {"prediction", "prediction_2", "variance", "covariance"}
    alone = losses(objective.parts[0], experience(3))  # pyright: ignore[reportArgumentType, reportIndexIssue]
    assert found["prediction"] == alone["prediction"]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_learns_what_can_be_learned(name: str) -> None:
    """A rotation of the plane by the action: each loss falls, and latents do not collapse to a point."""
    torch.manual_seed(4)
    rng = np.random.default_rng(4)
    encoder, slow = nn.Linear(2, 4), nn.Linear(2, 4)
    slow.load_state_dict(encoder.state_dict())
    objective = build(configured(name), 4, 1)
    steps = max(objective.steps, 1)
    optimizer = torch.optim.Adam([*encoder.parameters(), *objective.parameters()], 3e-3)
    history: list[float] = []
    for _ in range(200):
        angle, turns = rng.uniform(-np.pi, np.pi, 64), rng.uniform(-0.5, 0.5, (steps, 64))
        angles = angle + np.concatenate([np.zeros((1, 64)), turns.cumsum(0)])
        observations = torch.from_numpy(np.stack([np.cos(angles), np.sin(angles)], 2).astype(np.float32))
        seen = Experience(observations, torch.from_numpy(turns[..., None].astype(np.float32)), torch.ones(steps, 64))
        total: Tensor = torch.stack(list(objective.loss(encoder, slow, seen).values())).sum()
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        with torch.no_grad():
            for follower, leader in zip(slow.parameters(), encoder.parameters(), strict=True):
                follower.lerp_(leader, 0.01)
        objective.follow(0.01)
        history.append(float(total.detach()))
    first, last = np.mean(history[:10]), np.mean(history[-10:])
    assert last < first - 0.2 * abs(first)
    spread = encoder(torch.eye(2)).detach()
    assert float((spread[0] - spread[1]).abs().max()) > 0.1  # two places far apart


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: HorizonConfig(horizon=1.0), r"must lie in \[0, 1\), got 1.0"),
        (lambda: HorizonConfig(horizon=-0.1), r"must lie in \[0, 1\)"),
        (lambda: SPRConfig(steps=0), "at least one step ahead, got steps = 0"),
        (lambda: SPRConfig(projection=0), "projected space"),
        (lambda: SelfPredictiveConfig(hidden=(0,)), "at least one unit"),
        (lambda: SALEConfig(prediction=-1.0), "finite number of 0 or more, got prediction = -1.0"),
        (lambda: DecorrelationConfig(variance=float("nan")), "finite number of 0 or more"),
        (lambda: configured([]), "Which objective"),
    ],
)
def test_what_cannot_be_is_refused(make: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        make()


def test_an_unknown_objective_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'horizon'"):
        configured("horizn")


def test_objectives_go_to_json_and_back() -> None:
    for name, kind in OBJECTIVES.items():
        assert OBJECTIVES.from_dict(OBJECTIVES.to_dict(kind())) == kind()
        assert configured(name) == (kind(),)
