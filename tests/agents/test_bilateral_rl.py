"""The bilateral nets under stable-baselines3's PPO and SAC on the arms in MuJoCo."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from innervate.agents.learner import Setting, WorldConfig
from innervate.controllers.circuits.bilateral import Bilateral, BilateralConfig
from innervate.errors import ConfigError
from innervate.launch.analysis.recordings.hand_paths import hand_paths
from innervate.launch.presets._muscles import HEMISPHERES, MUSCLE_PPO, MUSCLE_SAC

CENTRE_OUT = WorldConfig(id="reach", options={"reach_m": 0.1})
NEAR = WorldConfig(id="reach", options={"reach_m": 0.05})
SPRING = WorldConfig(id="bimanual-spring")


def setting(controller: BilateralConfig, steps: int, world: WorldConfig = CENTRE_OUT) -> Setting:
    return Setting(world=world, controller=controller, steps=steps, seed=0, threads=1)


def test_ppo_learns_to_reach() -> None:
    """Episodes as they are explored: the mean action, on its own, follows later than so short a training."""
    quick = replace(MUSCLE_PPO, rollout_steps=32, batch_size=256, learning_rate=4e-3, discount=0.9)
    learner = quick.build(setting(replace(HEMISPHERES, left=(16, 16), right=(16, 16)), 20_000, NEAR))
    returns: list[float] = []
    learner.train(lambda progress: returns.append(progress.metrics.get("rollout/return", np.nan)))
    learner.close()
    seen = [value for value in returns if not np.isnan(value)]
    assert seen[-1] > 1.3 * seen[0]


def test_each_hemisphere_learns_to_drive_the_opposite_arm() -> None:
    config = replace(HEMISPHERES, drive="crossed", left=(16, 16), right=(16, 16))
    learner = replace(MUSCLE_PPO, rollout_steps=32, epochs=1).build(setting(config, 2_000, SPRING))
    before = {name: value.clone() for name, value in learner.controller.state_dict().items()}
    learner.train(lambda _: None)
    moved = {name.partition(".")[0] for name, value in learner.controller.state_dict().items()
             if not torch.equal(value, before[name])}  # fmt: skip
    assert {"left", "right", "to_left", "to_right", "readouts"} <= moved
    controller = learner.controller
    learner.close()
    assert isinstance(controller, Bilateral)
    intact = hand_paths(controller, SPRING, 4)
    assert intact.hand.shape == (150, 4, 2, 2)
    lesioned = hand_paths(controller.lesion("right"), SPRING, 4).excitation
    np.testing.assert_array_equal(lesioned[:, :, :6], lesioned[:1, :1, :6].repeat(150, 0).repeat(4, 1))  # left arm
    assert lesioned[:, :, 6:].std() > 0


def test_sac_trains_hemispheres_without_memory_and_refuses_those_with() -> None:
    config = replace(MUSCLE_SAC, warm_up=64, num_envs=2, updates_per_step=1.0, batch_size=32)
    learner = config.build(setting(HEMISPHERES, 160))
    before = learner.controller.state_dict()["left.0.synapse.weight"].clone()
    seen: list[int] = []
    learner.train(lambda progress: seen.append(progress.steps))
    assert seen[-1] >= 160
    assert not torch.equal(learner.controller.state_dict()["left.0.synapse.weight"], before)
    learner.close()
    for memory in (replace(HEMISPHERES, core="gru"), replace(HEMISPHERES, callosum_delay_s=0.02)):
        with pytest.raises(ConfigError, match="learned recurrence"):
            config.build(setting(memory, 160))
    with pytest.raises(ConfigError, match=r"begin above 0; initial_temperature=0\.0"):
        replace(config, initial_temperature=0.0).build(setting(HEMISPHERES, 160))


def test_hand_paths_are_those_of_the_arms_only() -> None:
    controller = HEMISPHERES.build(MUSCLE_PPO.build(setting(HEMISPHERES, 1)).controller.spec, torch.Generator())
    with pytest.raises(ConfigError, match="'swim' observes no hand and target"):
        hand_paths(controller, WorldConfig(id="swim"), 2)
    found = hand_paths(controller, WorldConfig(id="hold"), 3)
    np.testing.assert_allclose(found.hand[0], found.target, atol=1e-6)
    assert found.excitation.shape == (150, 3, 6)
    assert np.abs(found.excitation - 0.5).max() <= 0.5
