"""Normaliser and noise against their textbook definitions."""

from typing import Any

import numpy as np
import torch

from innervate.controllers.circuits.gru import GRUConfig
from innervate.controllers.circuits.random import RandomConfig
from innervate.controllers.circuits.sine import SineConfig
from innervate.controllers.normaliser import Normaliser


def test_normaliser_has_the_statistics_of_all_it_saw() -> None:
    rng = np.random.default_rng(0)
    batches = [rng.normal(3.0, 5.0, (n, 4)).astype(np.float32) for n in (1, 17, 400, 3)]
    normaliser = Normaliser(4)
    for batch in batches:
        normaliser.update(torch.from_numpy(batch))
    everything = np.concatenate(batches).astype(np.float64)
    np.testing.assert_allclose(normaliser.mean, everything.mean(0), rtol=1e-5)
    np.testing.assert_allclose(normaliser.variance, everything.var(0), rtol=1e-5)
    white = normaliser(torch.from_numpy(everything.astype(np.float32))).numpy()
    np.testing.assert_allclose(white.std(0), 1.0, rtol=1e-3)


def test_gru_is_torchs_own_cell(build: Any, swimmer_spec: Any, random_obs: Any) -> None:
    net = build(GRUConfig(units=9), swimmer_spec(5))
    obs, state = random_obs(net.spec, 4), {"hidden": torch.randn(4, 9, generator=torch.Generator().manual_seed(1))}
    flat = net.normaliser(torch.cat([obs[p.name] for p in net.spec.observations], dim=-1))
    torch.testing.assert_close(net.advance(obs, state)["hidden"], net.cell(flat, state["hidden"]))


def test_random_is_uniform_and_uncorrelated(build: Any, swimmer_spec: Any, random_obs: Any) -> None:
    spec = swimmer_spec(5)
    noise = build(RandomConfig(seed=3), spec)
    state, drawn = noise.initial_state(8), []
    obs = random_obs(spec, 8)
    for _ in range(2000):
        action, state = noise(obs, state)
        drawn.append(action.numpy())
    x = np.stack(drawn).reshape(2000, -1)  # (time, member and actuator)
    assert x.min() < -0.999
    assert x.max() > 0.999
    assert abs(x.mean()) < 5 * (1 / 3) ** 0.5 / x.size**0.5
    assert abs(x.var() - 1 / 3) < 0.01
    correlation = np.corrcoef(x.T) - np.eye(x.shape[1])
    assert np.abs(correlation).max() < 6 / 2000**0.5  # between members and actuators
    lagged = np.mean(x[1:] * x[:-1], axis=0) * 3
    assert np.abs(lagged).max() < 6 / 2000**0.5  # in time


def test_sine_has_its_period_and_lag(build: Any, swimmer_spec: Any, random_obs: Any) -> None:
    spec = swimmer_spec(3)
    wave = build(SineConfig(period_s=0.9, amplitude=0.5, lag_rad=0.7), spec)
    state, drawn, obs = wave.initial_state(1), [], random_obs(spec, 1)
    for _ in range(60):
        action, state = wave(obs, state)
        drawn.append(action[0].detach().numpy())
    time = np.arange(60) * spec.control_step_s
    expected = 0.5 * np.sin(2 * np.pi * time[:, None] / 0.9 - 0.7 * np.arange(3))
    np.testing.assert_allclose(drawn, expected, atol=2e-5)
