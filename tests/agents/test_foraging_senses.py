"""The forager's senses and parts on their own: found ground, undisturbed belief, lanes kept, organs swapped and cut."""

from typing import Any

import numpy as np
import pytest
import torch

from innervate.agents.brains._organs import CUTS, peers, swapped
from innervate.agents.brains.forager import FORAGER, SENSES
from innervate.agents.experience.damaged import DamagedConfig
from innervate.agents.experience.senses.belief import BeliefConfig
from innervate.agents.experience.senses.ground import GroundConfig
from innervate.agents.experience.senses.odometry import OdometryConfig
from innervate.agents.experience.senses.place import PlaceConfig
from innervate.agents.experience.senses.predict import PredictConfig
from innervate.agents.experience.senses.remembered import RememberedConfig
from innervate.agents.experience.senses.ring import RingConfig
from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.controllers import ControllerSpec
from innervate.controllers.circuits.search import SearchConfig
from innervate.controllers.memory.dictionary import DictionaryConfig
from innervate.errors import ConfigError, UnknownNameError
from innervate.launch.analysis.recordings.trials import live
from innervate.signals import Channel, slices

STILL: dict[str, Any] = {"scale_error": 0.0, "noise": 0.0, "gyro_bias_rad_s": 0.0, "compass_noise_rad": 0.0}


def hidden(*senses: Any, **options: Any) -> WorldConfig:
    return WorldConfig(id="hidden-goal", options=options, senses=senses)


def test_the_middle_of_the_ground_is_found_by_rays_and_kept() -> None:
    """Against the truth, where the middle, (0, 0) in the world, lies from where the life began; kept when put down."""
    senses = (OdometryConfig(**STILL), GroundConfig())
    env: Any = make_vector_env(hidden(*senses, explore_s=3.0, trial_s=2.0, probe_s=1.0), 4)
    where, middle, start = slices(env.channels), np.zeros((4, 2)), np.zeros((4, 2))
    flat, _ = env.reset(seed=5)
    for k in range(45):
        flat, *_, info = env.step(np.tile(np.array([0.5, 0.35], np.float32), (4, 1)))
        if k == 0:
            start = info["position_m"] - flat[:, where["displaced"]]
        if k == 29:
            middle = flat[:, where["middle"]].copy()
    np.testing.assert_allclose(middle, -start, atol=0.15)
    np.testing.assert_array_equal(flat[:, where["middle"]], middle)  # trial 1 has begun elsewhere
    learnt = env.learnt()
    fresh: Any = make_vector_env(hidden(*senses, trial_s=2.0), 2)
    fresh.teach(learnt)
    flat, _ = fresh.reset(seed=9)
    np.testing.assert_allclose(flat[:, where["middle"]], np.tile(middle[:1], (2, 1)), atol=1e-6)
    fresh.close()
    env.close()


@pytest.mark.parametrize("config", [OdometryConfig(**STILL), RingConfig(gyro_bias_rad_s=0.0, compass_noise_rad=0.0)])
def test_who_was_turned_by_somebody_takes_the_compass_at_its_word(config: Any) -> None:
    """Put down with another heading: right in the same step; a small difference is only drawn in slowly."""
    channels = (Channel("wheel_speed", 2), Channel("turn_rate", 1), Channel("compass", 2))
    sense = config.build(ControllerSpec(observations=channels, action_size=2, control_step_s=0.1), 1)
    name = next(c.name for c in sense.gives if c.name in ("heading", "bump_heading"))
    ids = np.arange(1)
    sense.born(ids)
    sense.begin(ids, [np.random.default_rng(0)])

    def told(angle: float) -> float:
        values = {"wheel_speed": np.zeros((1, 2)), "turn_rate": np.zeros((1, 1)),
                  "compass": np.array([[np.cos(angle), np.sin(angle)]])}  # fmt: skip
        heading = sense.sense(ids, values)[name][0]
        return float(np.arctan2(heading[1], heading[0]))

    assert told(0.3) == pytest.approx(0.3, abs=1e-3)
    assert 0.3 < told(0.6) < 0.4  # noise, for all it knows
    assert told(2.8) == pytest.approx(2.8, abs=1e-3)


def test_doubt_of_anywhere_does_not_draw_the_belief_aside() -> None:
    """One look at (5, -4) with a doubt of 5 %: believed there, to a cell; a mean over all of it would be 0.3 m off."""
    channels = (
        Channel("displaced", 2),
        Channel("place_at", 2),
        Channel("place_age_s", 1),
        Channel("place_confidence", 1),
    )
    belief = BeliefConfig(half_side_m=9.0).build(
        ControllerSpec(observations=channels, action_size=2, control_step_s=0.1), 1
    )
    ids = np.arange(1)
    belief.begin(ids, [np.random.default_rng(0)])
    values = {"displaced": np.zeros((1, 2)), "place_at": np.array([[5.0, -4.0]]), "place_age_s": np.zeros((1, 1)),
              "place_confidence": np.ones((1, 1))}  # fmt: skip
    given = belief.sense(ids, values)
    np.testing.assert_allclose(given["belief"][0], [5.0, -4.0], atol=0.05)
    assert 0.35 < given["belief_spread"][0, 0] < 0.7
    belief.begin(ids, [np.random.default_rng(0)])
    unknown = belief.sense(ids, {**values, "place_confidence": np.zeros((1, 1))})  # a map that is empty begins here
    np.testing.assert_allclose(unknown["belief"][0], 0.0, atol=0.01)


def test_what_is_touched_is_remembered_ahead() -> None:
    spec = ControllerSpec(
        observations=(Channel("belief", 2), Channel("taste", 1), Channel("heading", 2)), action_size=2,
        control_step_s=0.1,
    )  # fmt: skip
    sense = RememberedConfig(memory=DictionaryConfig(capacity=4), ahead=0.5).build(spec, 1)
    ids = np.arange(1)
    sense.born(ids)
    sense.begin(ids, [np.random.default_rng(0)])
    given = sense.sense(
        ids, {"belief": np.array([[1.0, 2.0]]), "taste": np.ones((1, 1)), "heading": np.array([[0.0, -1.0]])}
    )
    np.testing.assert_allclose(given["remembered"][0], [1.0, 1.5], atol=0.07)
    with pytest.raises(ConfigError, match="ahead=0"):
        RememberedConfig(content="taste", ahead=0.5).build(spec, 1)


def test_a_sweep_keeps_to_its_lanes_about_the_middle_of_the_ground() -> None:
    """A point that goes where it is told covers the square: no place of it is further off than half a lane."""
    search = SearchConfig(reach_m=2.0, lane_m=0.8, close_m=0.1)
    channels = tuple(Channel(name, size) for name, size in (("belief", 2), ("belief_spread", 1), ("middle", 2)))
    spec = ControllerSpec(observations=channels, action_size=3, control_step_s=0.1)
    circuit = search.build(spec, torch.Generator())
    state, at, middle = circuit.initial_state(1), torch.tensor([[2.5, 3.5]]), torch.tensor([[3.0, 1.0]])
    track = list[torch.Tensor]()
    for _ in range(420):
        given, state = circuit({"belief": at, "belief_spread": torch.zeros(1, 1), "middle": middle}, state)
        at = at + 0.1 * given[:, :2]
        track.append(at)
    walked = torch.cat(track)
    grid = torch.cartesian_prod(torch.linspace(1, 5, 41), torch.linspace(-1, 3, 41))
    off = torch.cdist(grid, walked).min(dim=1).values
    assert float(off.max()) < 0.4 + 0.15
    with pytest.raises(ConfigError, match="spirals=0"):
        SearchConfig(spirals=0).build(spec, torch.Generator())


def test_pictures_that_nobody_needs_are_not_taken_and_change_nothing() -> None:
    """Bodies whose day is over, in a batch that waits for another: the same trials as each body alone."""
    by_rays = (SENSES["heading"], OdometryConfig(), PlaceConfig(channel="ray"), BeliefConfig(half_side_m=9.0))
    world = hidden(*by_rays, trials=2, trial_s=2.0, probe_s=0.5)

    def policy(obs: Any, truth: Any) -> np.ndarray:
        return np.tile(np.array([0.8, 0.7], np.float32), (len(obs["taste"]), 1))

    both: Any = make_vector_env(world, 2)
    found = live(both, policy, [3, 4])
    assert both.unwatched.all()
    alone: Any = make_vector_env(world, 1)
    for k, seed in enumerate((3, 4)):
        (again,) = live(alone, policy, [seed])
        for a, b in zip(found[k], again, strict=True):
            np.testing.assert_array_equal(a.track_m, b.track_m)
    for env in (both, alone):
        env.close()


def test_an_exploration_comes_first_and_has_no_food() -> None:
    world = hidden(explore_s=1.0, trial_s=0.5, trials=1, probe_s=0.3)
    env: Any = make_vector_env(world, 1)
    (day,) = live(env, lambda obs, truth: np.zeros((1, 2), np.float32), [0])
    assert [(t.number, t.probe, round(t.latency_s, 1)) for t in day] == [(0, True, 1.0), (1, False, 0.5)]
    env.close()
    with pytest.raises(ConfigError, match="begins with a pair"):
        make_vector_env(hidden(protocol="paired", explore_s=1.0), 1)


def test_it_learns_to_imagine_where_it_will_be() -> None:
    """A second ahead, a vehicle in curves: nearer to the truth than where it is now, and than without learning."""
    off = dict[float, list[np.ndarray]]()
    for rate in (0.1, 0.0):
        senses = (OdometryConfig(**STILL), PredictConfig(rate=rate))
        env: Any = make_vector_env(hidden(*senses, side_m=40.0), 3)
        where, told, places = slices(env.channels), list[np.ndarray](), list[np.ndarray]()
        env.reset(seed=1)
        for k in range(400):
            turn = 0.12 * np.sin(k / 25)
            flat, *_ = env.step(np.tile(np.array([0.6 - turn, 0.6 + turn], np.float32), (3, 1)))
            told.append(flat[:, where["predicted"]].copy())
            places.append(flat[:, where["displaced"]].copy())
            if k > 10:
                surprise = np.linalg.norm(places[k] - told[k - 10], axis=1)
                np.testing.assert_allclose(flat[:, where["surprise"]][:, 0], surprise, atol=1e-4)
        off[rate] = [np.linalg.norm(places[k + 10] - told[k], axis=1) for k in range(300, 390)]
        off[-1.0] = [np.linalg.norm(places[k + 10] - places[k], axis=1) for k in range(300, 390)]
        env.close()
    assert np.mean(off[0.1]) < 0.35 * np.mean(off[-1.0])
    np.testing.assert_allclose(off[0.0], off[-1.0], atol=1e-4)  # what has learnt nothing stays where it is


def test_while_a_map_is_drawn_the_body_is_where_odometry_says() -> None:
    senses = (OdometryConfig(), PlaceConfig(channel="ray", every_s=0.5), BeliefConfig(half_side_m=9.0))
    env: Any = make_vector_env(hidden(*senses, explore_s=6.0, trial_s=1.0), 2)
    where = slices(env.channels)
    flat, _ = env.reset(seed=3)
    for _ in range(58):
        flat, *_ = env.step(np.tile(np.array([0.6, 0.5], np.float32), (2, 1)))
    told = {name: flat[:, columns] for name, columns in where.items()}
    np.testing.assert_allclose(told["belief"], told["displaced"], atol=0.2)
    assert (told["place_confidence"] == 1).all() and (told["belief_spread"] < 0.5).all()
    env.close()


def test_a_black_picture_is_no_place_and_is_not_imprinted() -> None:
    spec = ControllerSpec(observations=(Channel("displaced", 2),), action_size=1, control_step_s=0.5)
    sense = PlaceConfig(every_s=0.5, camera=(8, 4), views=1, learn_s=2.0).build(spec, 1)
    ids, rng = np.zeros(1, np.int64), np.random.default_rng(0)
    sense.born(ids)
    sense.begin(ids, [rng])
    bright = rng.integers(0, 255, (3, 1, 4, 8, 3), np.uint8)
    black = np.zeros_like(bright[0])
    for k, picture in enumerate((bright[0], bright[1], black, bright[2])):
        sense.sense(ids, {"view": picture, "displaced": np.array([[3.0 * k, 0.0]])})
    assert sense.probes()["known"] == 3  # the black one lay elsewhere too
    there = sense.sense(ids, {"view": bright[1], "displaced": np.zeros((1, 2))})
    dark = sense.sense(ids, {"view": black, "displaced": np.zeros((1, 2))})
    assert there["place"][0, :3].argmax() == 1 and there["place_confidence"] > 0
    assert not dark["place"].any() and dark["place_confidence"] == 0 and dark["place_age_s"] == 0
    np.testing.assert_array_equal(dark["place_at"], there["place_at"])
    again = sense.sense(ids, {"view": bright[1], "displaced": np.zeros((1, 2))})
    np.testing.assert_array_equal(again["place"], there["place"])


def test_a_bump_gives_a_way_point_up_once() -> None:
    channels = tuple(Channel(name, size) for name, size in (("belief", 2), ("belief_spread", 1), ("touch", 4)))
    spec = ControllerSpec(observations=channels, action_size=3, control_step_s=0.1)
    search = SearchConfig(reach_m=2.0).build(spec, torch.Generator())
    state = search.initial_state(1)
    seen = list[float]()
    for force in (0.0, 5.0, 5.0, 0.0, 5.0):
        touch = torch.tensor([[force, 0.0, 0.0, 0.0]])
        obs = {"belief": torch.tensor([[0.0, -1.0]]), "belief_spread": torch.zeros(1, 1), "touch": touch}
        _, state = search(obs, state)
        seen.append(float(state["lane"]))
    assert seen == [0.0, 1.0, 1.0, 1.0, 2.0]


def test_every_cut_is_of_an_organ_and_every_swap_fits() -> None:
    """Each declared animal builds: its senses and brain agree on what is told; in place of the same organ."""
    for animal in (*(cut.animal for cut in CUTS.values()), *(peer[2] for peer in peers().values())):
        senses, brain = animal
        told = [
            s.sense if isinstance(s, DamagedConfig) else s for s in senses.values()
        ]  # a damaged sense gives what the intact one does
        by_rays = [PlaceConfig(channel="ray", places=144) if isinstance(s, PlaceConfig) else s for s in told]
        env: Any = make_vector_env(hidden(*by_rays, trial_s=1.0), 1)
        brain.build(controller_spec(env), torch.Generator())
        env.close()
    assert set(CUTS) <= {*SENSES, *FORAGER.parts}
    with pytest.raises(UnknownNameError, match="organ to swap"):
        swapped((dict(SENSES), FORAGER), "memmory", "ca3")
