"""What happens in the tasks of the arms: forces, go cues, delays, and what is refused."""

from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
import pytest

from innervate.envs.engine.make import make_world
from innervate.envs.engine.single import BodyEnv
from innervate.envs.sensors import Sensors
from innervate.errors import ConfigError


def make(task: str, **options: Any) -> BodyEnv:
    env = gym.make(f"innervate/{task}-v0", **options).unwrapped
    assert isinstance(env, BodyEnv)
    return env


def forces(env: BodyEnv, steps: int) -> np.ndarray:
    """The force on the right hand that MuJoCo holds after each control step."""
    env.reset(seed=1)
    hand = env.model.body("hand_right").id
    applied: list[np.ndarray] = []
    for _ in range(steps):
        env.step(np.zeros(env.model.nu, np.float32))
        applied.append(env.data.xfrc_applied[hand].copy())
    return np.array(applied)


def test_a_pulse_comes_when_it_is_asked_for_and_goes() -> None:
    applied = forces(make("Hold", load="pulse", force_n=7.0, direction_rad=np.pi / 2, onset_s=0.1, pulse_s=0.05), 30)
    expected = np.zeros((30, 6))
    expected[10:15, 1] = 7.0
    np.testing.assert_allclose(applied, expected, atol=1e-12)


@pytest.mark.parametrize("task", ["Reach", "ForceField", "BimanualSpring"])
def test_every_task_can_be_perturbed(task: str) -> None:
    options = {"catch": 1.0} if task == "ForceField" else {}  # without the field the load is all that pushes
    env = make(task, load="pulse", force_n=3.0, direction_rad=0.0, onset_s=0.05, pulse_s=0.03, **options)
    applied = forces(env, 12)
    assert applied[:, 0].tolist() == [0.0] * 5 + [3.0] * 3 + [0.0] * 4
    assert not applied[:, 1:].any()


def test_noise_on_a_muscle_grows_with_its_command() -> None:
    env = make("ForceField", signal_dependent_noise=0.2)
    for level in (0.0, 0.2, 0.4):
        env.reset(seed=0)
        given: list[np.ndarray] = []
        for _ in range(150):
            env.step(np.full(6, level, np.float32))
            given.append(env.data.ctrl.copy())
        np.testing.assert_allclose(np.std(given), 0.2 * level, rtol=0.1)
        np.testing.assert_allclose(np.mean(given), level, rtol=0.03)


def test_noise_on_the_senses_has_the_size_asked_for() -> None:
    options = {"proprioceptive_noise_m": 0.002, "visual_noise_m": 0.01}
    noisy, clean = make("BimanualSpring", **options), make("BimanualSpring")
    off: list[np.ndarray] = []
    for seed in range(4):
        seen = [env.reset(seed=seed)[0] for env in (noisy, clean)]
        off.append(seen[0] - seen[1])
        for _ in range(50):
            seen = [env.step(np.full(12, 0.1, np.float32))[0] for env in (noisy, clean)]
            off.append(seen[0] - seen[1])
    lengths, velocities, places = np.split(np.array(off), [12, 24], axis=1)
    np.testing.assert_allclose([lengths.std(), places.std()], [0.002, 0.01], rtol=0.1)
    assert not velocities.any()


def test_a_sinusoid_has_its_frequency_and_amplitude() -> None:
    applied = forces(make("Hold", load="sinusoid", force_n=4.0, direction_rad=0.0, frequency_hz=2.0), 100)
    np.testing.assert_allclose(applied[:, 0], 4.0 * np.sin(2 * np.pi * 2.0 * np.arange(100) * 0.01), atol=1e-6)


def test_forces_are_drawn_anew_within_the_square() -> None:
    start = make_world("hold", force_n=10.0).task.begin(np.random.default_rng(0), 4000)
    drawn = start["userdata"][:, :2]
    assert 9.9 < np.abs(drawn).max() <= 10.0
    np.testing.assert_allclose(drawn.std(axis=0), 10 / 3**0.5, rtol=0.05)


def test_the_target_leaves_the_hand_at_the_go_cue() -> None:
    env = make("Reach", go_s=0.05)
    observation, _ = env.reset(seed=3)
    start = observation[12:14].copy()
    shown: list[np.ndarray] = []
    for _ in range(10):
        observation, *_ = env.step(np.zeros(6, np.float32))
        shown.append(observation[14:16].copy())
    np.testing.assert_allclose(shown[:5], np.tile(start, (5, 1)), atol=1e-6)
    assert np.linalg.norm(shown[5] - start) > 0.02
    np.testing.assert_array_equal(shown[5:], np.tile(shown[5], (5, 1)))


def test_a_delay_shows_the_world_as_it_was() -> None:
    late, now = make("Reach", delay_s=0.03), make("Reach")
    seen = [[env.reset(seed=5)[0]] for env in (late, now)]
    for k in range(20):
        action = np.full(6, 0.1 * (k % 5), np.float32)
        for env, observations in zip((late, now), seen, strict=True):
            observations.append(env.step(action)[0])
    np.testing.assert_array_equal(seen[0][3:], seen[1][:-3])


def test_starts_and_targets_are_where_a_hand_can_be() -> None:
    for arms in (1, 2):
        env = make("Hold", arms=arms)
        for seed in range(20):
            observation, _ = env.reset(seed=seed)
            hand, target = np.split(observation[12 * arms :], 2)
            np.testing.assert_allclose(hand, target, atol=1e-6)  # MuJoCo's kinematics against the task's own


def test_targets_of_both_hands_wait_for_the_go_cue() -> None:
    env = make("BimanualSpring", go_s=0.03)
    observation, _ = env.reset(seed=0)
    shown = [observation[28:], *(env.step(np.zeros(12, np.float32))[0][28:] for _ in range(4))]
    np.testing.assert_array_equal(shown[:4], np.tile(observation[24:28], (4, 1)))  # at the hands
    off = np.linalg.norm((shown[4] - shown[3]).reshape(2, 2), axis=1)
    np.testing.assert_allclose(off, [0.0, 0.1], atol=1e-6)


@pytest.mark.parametrize(
    ("task", "options", "from_s"),
    [("hold", {"onset_s": 0.2}, 0.7), ("reach", {"go_s": 0.3}, 0.3), ("bimanual-spring", {}, 0.0)],
)
def test_to_be_where_one_began_is_no_success_yet(task: str, options: dict[str, Any], from_s: float) -> None:
    """A hand at rest on its target, at different times."""
    world = make_world(task, **options)
    data = mujoco.MjData(world.model)
    start = world.task.begin(np.random.default_rng(0), 1)["qpos"][0]
    for time_s in np.arange(0, 1.5, 0.01):
        data.qpos[:], data.time = start, time_s
        mujoco.mj_forward(world.model, data)
        data.mocap_pos[:] = [data.site(f"hand_{side}").xpos for side in ("left", "right")[-len(data.mocap_pos) :]]
        mujoco.mj_forward(world.model, data)
        row = data.sensordata[None].copy()
        reached = world.task.success(Sensors(world.sensors, row, row))
        assert reached is not None
        assert bool(reached[0]) == (time_s > from_s + 1e-6)


@pytest.mark.parametrize(
    ("task", "options", "said"),
    [
        ("reach", {"arms": 3}, "1 or 2 arms; arms=3"),
        ("reach", {"delay_s": 0.015}, "multiple of the control step, 0.01 s; it is 0.015 s"),
        ("reach", {"go_s": -1.0}, "go_s is -1.0"),
        ("reach", {"visual_noise_m": float("nan")}, "visual_noise_m must be a finite number of 0 or more; it is nan"),
        ("hold", {"force_n": float("nan")}, "force_n must be a finite number of 0 or more; it is nan"),
        ("hold", {"direction_rad": float("nan")}, "direction of the force must be a finite angle; it is nan"),
        ("hold", {"load": "push"}, "'constant', 'pulse' or 'sinusoid'; 'push' was asked for"),
    ],
)
def test_bad_options_get_one_clear_sentence(task: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        make_world(task, **options)
