"""The twin in a force field against the registered environment, and what it refuses."""

import gymnasium as gym
import numpy as np
import pytest
import torch

from innervate.agents.twins.in_field import InField
from innervate.agents.twins.muscle_arm import MuscleArm
from innervate.agents.twins.plant import Plant
from innervate.envs.engine.single import BodyEnv
from innervate.errors import ConfigError


@pytest.mark.parametrize(("field", "strength_n_s_m"), [("curl", 13.0), ("curl", -20.0), ("viscous", 15.0)])
def test_the_twin_in_a_field_is_the_environment(field: str, strength_n_s_m: float) -> None:
    env = gym.make("innervate/ForceField-v0", field=field, strength_n_s_m=strength_n_s_m).unwrapped
    assert isinstance(env, BodyEnv)
    env.reset(seed=0)
    plant = InField(MuscleArm(torch.float64), field, strength_n_s_m)
    assert isinstance(plant, Plant)
    state, rng = plant.initial(torch.tensor(env.data.qpos.copy())), np.random.default_rng(0)
    fastest = 0.0
    for _ in range(60):
        excitation = rng.uniform(0, 0.3, 6)
        env.step(excitation)
        state = plant.step(state, torch.tensor(excitation), torch.zeros(2, dtype=torch.float64))
        data = env.data
        for mine, theirs in zip(state, (data.qpos, data.qvel, data.act), strict=False):
            np.testing.assert_allclose(mine.numpy(), theirs, rtol=0, atol=1e-9)
        fastest = max(fastest, float(np.linalg.norm(data.sensor("hand_velocity/hand_right").data)))
    assert fastest > 0.5  # m/s: the field has pushed


def test_bad_fields_get_one_clear_sentence() -> None:
    with pytest.raises(ConfigError, match="'curl' or 'viscous'; 'swirl' was asked for"):
        InField(MuscleArm(), "swirl")
    with pytest.raises(ConfigError, match="finite strength; strength_n_s_m is nan"):
        InField(MuscleArm(), "curl", float("nan"))
