"""The organs of the forager: a ring that turns as the body does, a memory of a life, steering towards a goal."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from innervate.agents.brains.forager import FORAGER, SENSES
from innervate.agents.experience.damaged import DamagedConfig
from innervate.agents.experience.senses.remembered import RememberedConfig
from innervate.agents.experience.senses.ring import RingConfig
from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.controllers import ControllerSpec
from innervate.controllers.circuits.search import SearchConfig
from innervate.controllers.circuits.steering import SteeringConfig
from innervate.controllers.memories import MEMORIES
from innervate.controllers.probe import Lesion
from innervate.errors import ConfigError, UnknownNameError
from innervate.signals import Channel

VEHICLE = ControllerSpec(
    observations=(Channel("turn_rate", 1), Channel("belief", 2), Channel("taste", 1)), action_size=2, control_step_s=0.1
)


def test_the_bump_turns_by_what_the_body_turns() -> None:
    """Without compass and bias: the integral of any turn rate, to a thousandth of a turn, at any speed."""
    ring = RingConfig(gyro_bias_rad_s=0.0).build(VEHICLE, 3)
    ids, rng = np.arange(3), np.random.default_rng(0)
    ring.begin(ids, [np.random.default_rng(i) for i in range(3)])
    rates, given = rng.uniform(-6, 6, (200, 3)), dict[str, np.ndarray]()
    for rate in rates:
        given = ring.sense(ids, {"turn_rate": rate[:, None]})
    true = rates[1:].sum(0) * 0.1
    told = np.arctan2(given["bump_heading"][:, 1], given["bump_heading"][:, 0])
    np.testing.assert_allclose(np.exp(1j * told), np.exp(1j * true), atol=1e-3)
    assert given["bump"].min() >= 0 and given["bump"].max() <= 1
    np.testing.assert_allclose(given["bump"].mean(1), 0.5, atol=1e-9)  # one bump, of one height


@pytest.mark.parametrize("kind", ["central-complex", "proportional"])
def test_steering_turns_to_the_goal_from_everywhere(kind: Any) -> None:
    """The sign is that of the shorter way round; it goes where it faces the goal and rests where nothing is sure."""
    spec = ControllerSpec(
        observations=(Channel("bump_heading", 2), Channel("search", 3)), action_size=2, control_step_s=0.1
    )
    steering = SteeringConfig(kind=kind).build(spec, torch.Generator())
    error = torch.linspace(-3.1, 3.1, 63)
    heading = torch.linspace(-math.pi, math.pi, 63)
    goal = heading + error
    obs = {
        "bump_heading": torch.stack([heading.cos(), heading.sin()], 1),
        "search": torch.stack([goal.cos(), goal.sin(), torch.ones(63)], 1),
    }
    wheels = steering(obs, {})[0].detach()
    turn, ahead = (wheels[:, 1] - wheels[:, 0]) / 2, wheels.mean(1)
    far = (error.abs() > 0.05) & (error.abs() < 3.05)  # right behind it the sides balance, and it turns left
    assert torch.equal(turn.sign()[far], error.sign()[far])
    assert float(ahead[31]) > 0.9 and bool((ahead[error.abs() > 1.7] < 0.01).all())
    obs["search"][:, 2] = 0
    assert not steering(obs, {})[0].any()


@pytest.mark.parametrize("name", ["ca3", "dictionary", "code-selection", "index"])
def test_one_taste_is_remembered_for_life(name: str) -> None:
    """Rows apart, the newest place under a cue, through episodes, from a snapshot; not into the next life."""
    sense = RememberedConfig(memory=MEMORIES[name](), cells=48).build(VEHICLE, 2)
    ids, rngs = np.arange(2), [np.random.default_rng(0)] * 2

    def told(x: float, taste: tuple[float, float]) -> dict[str, np.ndarray]:
        values = {"belief": np.array([[x, -x], [-3.0, 2.0]]), "taste": np.array(taste)[:, None]}
        return sense.sense(ids, values)

    sense.born(ids)
    sense.begin(ids, rngs)
    assert not told(1.0, (0, 0))["remembered_familiarity"].any()
    told(1.0, (1, 0))
    told(4.2, (1, 0))
    sense.begin(ids, rngs)
    after = told(-5.0, (0, 0))
    np.testing.assert_allclose(after["remembered"][0], [4.2, -4.2], atol=0.26)
    assert after["remembered_familiarity"][0, 0] > 0.9 and after["remembered_familiarity"][1, 0] == 0
    kept = sense.snapshot()
    told(0.0, (1, 1))
    sense.restore(kept)
    for key, value in told(-5.0, (0, 0)).items():
        np.testing.assert_array_equal(value, after[key])
    sense.born(ids)
    assert not told(0.0, (0, 0))["remembered_familiarity"].any()


def test_what_is_not_told_cannot_be_remembered() -> None:
    with pytest.raises(UnknownNameError, match="belief"):
        RememberedConfig(content="believed").build(VEHICLE, 1)


def test_the_brain_fits_its_senses() -> None:
    world = WorldConfig(id="hidden-goal", options={"trial_s": 2.0}, senses=(SENSES["heading"], SENSES["odometry"]))
    env = make_vector_env(world, 1)
    with pytest.raises(UnknownNameError, match="belief"):
        FORAGER.build(controller_spec(env), torch.Generator())
    env.close()


def test_lesions_of_a_sense_are_those_of_a_circuit() -> None:
    """Silent, frozen, late and noisy against what the intact sense gives, in their time only."""
    lesions = (
        Lesion(name="remembered", kind="late", severity=0.2),
        Lesion(name="remembered_familiarity", from_s=0.3, to_s=0.5),
    )  # fmt: skip
    config = RememberedConfig(memory=MEMORIES["dictionary"](), cells=48)
    whole, cut = config.build(VEHICLE, 1), DamagedConfig(sense=config, lesions=lesions).build(VEHICLE, 1)
    frozen = DamagedConfig(sense=config, lesions=(Lesion(name="remembered", kind="frozen", from_s=0.2),)).build(
        VEHICLE, 1
    )
    noisy = DamagedConfig(sense=config, lesions=(Lesion(name="remembered", kind="noise", severity=2.0),)).build(
        VEHICLE, 1
    )
    ids, seen = np.arange(1), list[list[dict[str, np.ndarray]]]()
    for sense in (whole, cut, frozen, noisy):
        sense.born(ids)
        sense.begin(ids, [np.random.default_rng(0)])
        seen.append(
            [sense.sense(ids, {"belief": np.array([[k, -k]], float), "taste": np.ones((1, 1))}) for k in range(8)]
        )
    for k, (intact, late, held, noise) in enumerate(zip(*seen, strict=True)):
        np.testing.assert_array_equal(late["remembered"], seen[0][k - 2]["remembered"] if k >= 2 else np.zeros((1, 2)))
        assert late["remembered_familiarity"] == (0 if 3 <= k < 5 else intact["remembered_familiarity"])
        np.testing.assert_array_equal(held["remembered"], seen[0][min(k, 2)]["remembered"])
        assert not np.array_equal(noise["remembered"], intact["remembered"])
    assert 0.5 < np.std([n["remembered"] - i["remembered"] for i, *_, n in zip(*seen, strict=True)]) < 4
    with pytest.raises(UnknownNameError, match="remembered"):
        DamagedConfig(sense=config, lesions=(Lesion(name="rememberd"),)).build(VEHICLE, 1)


@pytest.mark.parametrize(("config", "name"), [(SearchConfig(), "belief"), (SteeringConfig(), "search")])
def test_a_channel_of_another_size_is_refused(config: Any, name: str) -> None:
    spec = ControllerSpec(observations=(Channel(name, 5),), action_size=3, control_step_s=0.1)
    with pytest.raises(ConfigError, match=name):
        config.build(spec, torch.Generator())
