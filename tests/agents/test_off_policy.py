"""Controllers under stable-baselines3's TD3 and SAC."""

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import torch

from innervate.agents.learner import Setting, WorldConfig
from innervate.agents.learners.sac import SACConfig
from innervate.agents.learners.td3 import TD3Config
from innervate.agents.sb3.off_policy_learner import OffPolicyLearner
from innervate.controllers import CONTROLLERS
from innervate.errors import ConfigError

SMALL: dict[str, Any] = {"num_envs": 2, "buffer_size": 5000, "warm_up": 60, "batch_size": 32, "critic_hidden": (32,),
                         "report_steps": 50}  # fmt: skip
CONFIGS = {"td3": TD3Config(**SMALL), "sac": SACConfig(**SMALL)}


def learner(config: TD3Config | SACConfig, controller: str, steps: int, world: str = "swim") -> OffPolicyLearner:
    options = {"n_links": 3} if world == "swim" else {}
    setting = Setting(
        world=WorldConfig(id=world, options=options),
        controller=CONTROLLERS[controller](),
        steps=steps,
        seed=1,
        threads=1,
    )
    return cast(OffPolicyLearner, config.build(setting))


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("controller", ["ncap", "mlp"])
def test_resumed_equals_uninterrupted(name: str, controller: str) -> None:
    whole, half = learner(CONFIGS[name], controller, 200), learner(CONFIGS[name], controller, 100)
    whole.train(lambda _: None)
    half.train(lambda _: None)
    snapshot = half.snapshot()
    resumed = learner(CONFIGS[name], controller, 200)
    torch.manual_seed(99)
    resumed.restore(snapshot)
    resumed.train(lambda _: None)
    expected, found = whole.snapshot(), resumed.snapshot()
    assert expected.model.keys() == found.model.keys()
    for key in expected.model:
        assert torch.equal(torch.as_tensor(expected.model[key]), torch.as_tensor(found.model[key])), key
    for key in expected.optimizer:
        np.testing.assert_array_equal(expected.optimizer[key], found.optimizer[key], err_msg=key)
    assert expected.rng["global"] == found.rng["global"]
    moved = [k for k in found.model if not torch.equal(snapshot.model[k], found.model[k])]
    assert any(k.startswith("controller.") for k in moved)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_it_learns_what_pays(name: str) -> None:
    """Ragged pays the sum of two actions in [-2, 4]: 8 a step at best, 2 for doing nothing."""
    config = replace(CONFIGS[name], warm_up=200, learning_rate=3e-3, discount=0.5)
    made = learner(config, "mlp", 2500, world="test/Ragged-v0")
    seen: list[float] = []
    made.train(lambda p: seen.append(p.metrics.get("rollout/return", 0.0) / p.metrics.get("rollout/length", 1.0)))
    assert seen[-1] > 6.0


def test_the_state_travels_through_the_replay_memory() -> None:
    """Whatever transition is drawn, the phase after it is one further than the phase before it."""
    made = learner(CONFIGS["td3"], "ncap", 300)
    made.train(lambda _: None)
    buffer, carrier = made.model.replay_buffer, made.env.carrier
    assert buffer is not None
    rows = (x[: buffer.pos, 0] for x in (buffer.observations, buffer.next_observations))
    before, after = (carrier.split(torch.from_numpy(r))[1]["phase"] for r in rows)
    assert torch.equal((before + 1) % 60, after)
    assert len(before.unique()) == 60


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ConfigError, match="learned recurrence"):
        learner(CONFIGS["sac"], "gru", 100)
    with pytest.raises(ConfigError, match="no parameters"):
        learner(CONFIGS["td3"], "zero", 100)
