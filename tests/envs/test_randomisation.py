"""Bodies and senses that differ from episode to episode: what is drawn, that it acts, and that it is reproducible."""

from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
import pytest

from innervate.envs.engine.single import BodyEnv
from innervate.envs.engine.vector import BodyVectorEnv
from innervate.envs.noise import standard_normal
from innervate.envs.randomisation import Randomisation
from innervate.errors import ConfigError, UnknownNameError
from innervate.signals import slices

ALL = Randomisation(
    mass=(0.7, 1.3), friction=(0.5, 2.0), damping=(0.5, 2.0), gear=(0.8, 1.2), delay_s=(0.0, 0.12),
    noise={"joint_angle": 0.05, "body_velocity": 0.01},
)  # fmt: skip


def vector(n: int, randomisation: Randomisation | None, **arguments: Any) -> BodyVectorEnv:
    arguments = {"autoreset_mode": "SameStep", "randomisation": randomisation, **arguments}
    env = gym.make_vec("innervate/Swim-v0", n, "vector_entry_point", **arguments)
    assert isinstance(env, BodyVectorEnv)
    return env


def actions(steps: int, n: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (steps, n, 5)).astype(np.float32)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_single_and_batched_agree_bit_for_bit(threads: int) -> None:
    many = vector(6, ALL, threads=threads, max_episode_steps=12)
    one = gym.make("innervate/Swim-v0", randomisation=ALL, max_episode_steps=12)
    np.testing.assert_array_equal(many.reset(seed=10)[0][4], one.reset(seed=14)[0])
    for action in actions(40, 6):
        a, b = many.step(action), one.step(action[4])
        assert a[1][4] == b[1]
        if b[3]:
            np.testing.assert_array_equal(a[4]["final_obs"][4], b[0])
            np.testing.assert_array_equal(a[0][4], one.reset()[0])
        else:
            np.testing.assert_array_equal(a[0][4], b[0])


def test_factors_are_within_their_ranges_and_differ() -> None:
    env = vector(200, ALL)
    env.reset(seed=0)
    drawn, nominal = env.snapshot(), env.world.physics
    for name, (low, high) in {
        "body_mass": (0.7, 1.3), "geom_friction": (0.5, 2.0), "actuator_gear": (0.8, 1.2)
    }.items():  # fmt: skip
        base = getattr(nominal, name)
        ratio = (drawn[f"body/{name}"] / np.where(base == 0, np.nan, base)).reshape(200, -1)
        ratio = ratio[:, ~np.isnan(ratio).any(axis=0)]
        assert ratio.min() >= low - 1e-12
        assert ratio.max() <= high + 1e-12
        np.testing.assert_allclose(ratio.mean(), (low + high) / 2, atol=0.05)
        assert len(np.unique(ratio[:, 0])) == 200
    inertia = drawn["body/body_inertia"][:, 1:] / nominal.body_inertia[1:]
    np.testing.assert_allclose(inertia[..., 0], drawn["body/body_mass"][:, 1:] / nominal.body_mass[1:])


def test_a_varied_body_moves_like_that_body_compiled_alone() -> None:
    """Masses and gears drawn in the batch, written into a model of its own, and stepped by MuJoCo."""
    env = vector(3, Randomisation(mass=(0.5, 2.0), gear=(0.5, 2.0), damping=(1.0, 3.0)))
    env.reset(seed=5)
    drawn = env.snapshot()
    for i in range(3):
        spec = env.world.spec.copy()
        for b, body in enumerate(spec.bodies):
            if body.name.startswith(("head", "segment")):
                for geom in body.geoms:
                    geom.mass *= drawn["body/body_mass"][i, b] / env.model.body_mass[b]
        for a, actuator in enumerate(spec.actuators):
            actuator.gear[0] = drawn["body/actuator_gear"][i, a, 0]
        model = spec.compile()
        data = mujoco.MjData(model)
        mujoco.mj_setState(model, data, drawn["state"][i], mujoco.mjtState.mjSTATE_INTEGRATION)
        other = vector(3, None)  # the nominal body, to see that the difference matters
        other.reset(seed=5)
        other.restore({name: value for name, value in drawn.items() if "/" not in name})
        for action in actions(20, 3):
            data.ctrl[:] = action[i]
            mujoco.mj_step(model, data, nstep=15)
            other.step(action)
        env.restore(drawn)
        for action in actions(20, 3):
            env.step(action)
        moved = mujoco.mj_stateSize(model, mujoco.mjtState.mjSTATE_TIME)
        ours = env.engine.state(i)[moved : moved + model.nq + model.nv]
        nominal = other.engine.state(i)[moved : moved + model.nq + model.nv]
        np.testing.assert_allclose(ours, np.concatenate([data.qpos, data.qvel]), atol=1e-9)
        assert np.abs(ours - nominal).max() > 1e-3


def test_delay_shows_the_past_and_rewards_do_not_wait() -> None:
    late, prompt = (vector(2, Randomisation(delay_s=(d, d))) for d in (0.09, 0.0))
    seen = [[late.reset(seed=1)[0]], [prompt.reset(seed=1)[0]]]
    for action in actions(12, 2):
        a, b = late.step(action), prompt.step(action)
        np.testing.assert_array_equal(a[1], b[1])
        seen[0].append(a[0])
        seen[1].append(b[0])
    np.testing.assert_array_equal(seen[0][3:], seen[1][:-3])
    for early in seen[0][:3]:
        np.testing.assert_array_equal(early, seen[1][0])


def test_noise_has_the_deviation_asked_for_and_only_there() -> None:
    env, clean = vector(400, Randomisation(noise={"joint_angle": 0.2})), vector(400, None)
    env.reset(seed=0)
    clean.restore({name: value for name, value in env.snapshot().items() if "/" not in name})
    columns = slices(env.channels)
    noise = np.array([env.step(action)[0] - clean.step(action)[0] for action in actions(50, 400)])
    assert not noise[..., columns["body_velocity"]].any()
    angles = noise[..., columns["joint_angle"]]
    np.testing.assert_allclose(angles.std(), 0.2, rtol=0.01)
    np.testing.assert_allclose(angles.mean(), 0, atol=0.002)
    flat = angles.reshape(50, -1)
    assert abs(np.corrcoef(flat[:-1].ravel(), flat[1:].ravel())[0, 1]) < 0.01  # not the same from step to step
    assert abs(np.corrcoef(angles[:, :-1].ravel(), angles[:, 1:].ravel())[0, 1]) < 0.01  # nor from env to env


def test_the_noise_is_normal() -> None:
    """Moments, tails and independence of the counter-based generator, against the normal distribution."""
    keys = np.random.default_rng(0).integers(2**64, size=1000, dtype=np.uint64)
    x = np.stack([standard_normal(keys, np.full(1000, k, np.uint64), 20) for k in range(20)])
    assert x.shape == (20, 1000, 20)
    sigma = 1 / np.sqrt(x.size)
    assert abs(x.mean()) < 4 * sigma
    assert abs(x.var() - 1) < 4 * np.sqrt(2) * sigma
    assert abs((x**3).mean()) < 4 * np.sqrt(15) * sigma
    assert abs((x**4).mean() - 3) < 4 * np.sqrt(96) * sigma
    for bound, probability in ((1.0, 0.158655), (2.0, 0.0227501), (3.0, 0.00134990)):
        observed = (x > bound).mean()
        assert abs(observed - probability) < 4 * np.sqrt(probability * (1 - probability) / x.size)
    for a, b in ((x[:-1], x[1:]), (x[:, :-1], x[:, 1:]), (x[..., :-1], x[..., 1:])):
        assert abs((a * b).mean()) < 4 / np.sqrt(a.size)
    neighbours = standard_normal(np.arange(4000, dtype=np.uint64), np.zeros(4000, np.uint64), 2)
    assert abs(np.corrcoef(neighbours[:-1, 0], neighbours[1:, 0])[0, 1]) < 0.07  # consecutive keys are independent


def test_without_randomisation_every_episode_has_the_nominal_body() -> None:
    env = BodyEnv(vector(1, None).world, randomisation=Randomisation())
    plain = BodyEnv(env.world)
    np.testing.assert_array_equal(env.reset(seed=2)[0], plain.reset(seed=2)[0])
    for action in actions(5, 1)[:, 0]:
        a, b = env.step(action), plain.step(action)
        np.testing.assert_array_equal(a[0], b[0])
        assert a[1:] == b[1:]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mass": (0.0, 1.0)}, "cannot be without mass"),
        ({"gear": (2.0, 1.0)}, "range of gear"),
        ({"delay_s": (-0.1, 0.1)}, "range of delay_s"),
        ({"damping": (0.0, float("inf"))}, "range of damping"),
        ({"noise": {"joint_angle": float("nan")}}, "noise on 'joint_angle'"),
    ],
)
def test_ranges_that_mean_nothing_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Randomisation(**options)


def test_noise_on_a_channel_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"named 'joint_angles'. Did you mean 'joint_angle'"):
        vector(2, Randomisation(noise={"joint_angles": 0.1}))
