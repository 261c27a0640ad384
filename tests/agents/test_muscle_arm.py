"""The torch twin of the arm against native MuJoCo, and its gradients against finite differences."""

from typing import Any

import mujoco
import numpy as np
import torch

from innervate.agents.twins.muscle_arm import MuscleArm
from innervate.agents.twins.plant import BodyState
from innervate.envs.bodies.arm import arms
from innervate.envs.engine.make import make_world
from innervate.envs.memory import Memory
from innervate.envs.sensors import Sensors

torch.set_num_threads(1)


def tensor(values: Any) -> torch.Tensor:
    return torch.tensor(np.asarray(values, np.float64))


def test_a_step_of_the_twin_is_mujoco_s_on_and_off_the_limits() -> None:
    twin, model = MuscleArm(torch.float64), arms().compile()
    data: Any = mujoco.MjData(model)
    hand = model.body("hand_right").id
    rng = np.random.default_rng(0)
    low, high = model.jnt_range.T
    free = limited = 0
    for _ in range(12):
        mujoco.mj_resetData(model, data)
        data.qpos[:] = rng.uniform(low + 0.2, high - 0.2)
        for _ in range(60):
            excitation, force = rng.uniform(0, 1, 6), rng.uniform(-10, 10, 2)
            angle, rate = tensor(data.qpos), tensor(data.qvel)
            state = BodyState(angle, rate, tensor(data.act), torch.zeros(6).double(), angle, rate)
            after = twin.step(state, tensor(excitation), tensor(force))
            data.ctrl[:], data.xfrc_applied[hand, :2] = excitation, force
            mujoco.mj_step(model, data, nstep=2)
            at_limit = ((data.qpos < low + 1e-3) | (data.qpos > high - 1e-3)).sum()
            free += at_limit == 0
            limited += at_limit == 1
            if at_limit < 2:  # with both joints at their limits the twin takes one sweep of an iteration
                for mine, theirs in zip(after, (data.qpos, data.qvel, data.act), strict=False):
                    np.testing.assert_allclose(mine.numpy(), theirs, rtol=0, atol=1e-9)
    assert free > 200
    assert limited > 80


def test_hands_and_muscles_are_perceived_as_the_environment_perceives_them() -> None:
    twin, world = MuscleArm(torch.float64), make_world("reach")
    assert [(p.name, p.size, p.unit) for p in twin.spec.observations] == [
        (c.name, c.size, c.unit) for c in world.channels
    ]
    data: Any = mujoco.MjData(world.model)
    for angle, rate in ([0.3, 2.0], [1.0, -1.0]), ([1.9, 0.4], [-2.0, 3.0]):
        data.qpos[:], data.qvel[:] = angle, rate
        mujoco.mj_forward(world.model, data)
        state = twin.initial(tensor(angle))._replace(rate=tensor(rate))
        length, velocity = twin.proprioception(state)
        for mine, theirs in (
            (length, data.actuator_length),
            (velocity, data.actuator_velocity),
            (twin.hand(state.angle), data.site("hand_right").xpos[:2]),
            (twin.links.hand_velocity(state.angle, state.rate), data.sensor("hand_velocity/hand_right").data[:2]),
        ):
            np.testing.assert_allclose(mine.numpy(), theirs, rtol=0, atol=1e-12)


def test_gradients_through_the_body_are_finite_differences() -> None:
    twin = MuscleArm(torch.float64)
    generator = torch.Generator().manual_seed(0)
    excitations = torch.rand(5, 6, generator=generator, dtype=torch.float64)

    def end(u: torch.Tensor) -> torch.Tensor:
        state = twin.initial(tensor([0.8, 1.3]))
        for k in range(5):
            state = twin.step(state, u[k], tensor([3.0, -2.0]))
        return twin.hand(state.angle)

    assert torch.autograd.gradcheck(end, (excitations.requires_grad_(True),), eps=1e-6, atol=1e-7)


def test_half_a_second_is_within_two_millimetres_of_steps_of_a_tenth_of_a_millisecond() -> None:
    twin = MuscleArm(torch.float64)
    fine = arms()
    fine.option.timestep = 1e-4
    model = fine.compile()
    rng = np.random.default_rng(1)
    for _ in range(5):
        start = rng.uniform([0.4, 0.6], [1.8, 2.0])
        state = twin.initial(tensor(start))
        data: Any = mujoco.MjData(model)
        data.qpos[:] = start
        for _ in range(50):
            excitation = rng.uniform(0, 1, 6) ** 2
            state = twin.step(state, tensor(excitation), torch.zeros(2).double())
            data.ctrl[:] = excitation
            mujoco.mj_step(model, data, nstep=100)
        mujoco.mj_forward(model, data)
        moved = np.linalg.norm(twin.hand(state.angle).numpy() - data.site("hand_right").xpos[:2])
        assert moved < 2e-3


def test_a_mirrored_arm_moves_in_mirror_image() -> None:
    model = arms(("left", "right")).compile()
    data: Any = mujoco.MjData(model)
    rng = np.random.default_rng(2)
    data.qpos[:] = np.tile([0.9, 1.4], 2)
    for _ in range(50):
        data.ctrl[:] = np.tile(rng.uniform(0, 1, 6), 2)
        mujoco.mj_step(model, data, nstep=2)
    mujoco.mj_forward(model, data)
    left, right = (data.site(f"hand_{side}").xpos for side in ("left", "right"))
    assert np.abs(data.qpos - np.tile([0.9, 1.4], 2)).max() > 0.1
    np.testing.assert_allclose(left, right * [-1, 1, 1], atol=1e-12)


def test_noise_on_the_muscles_grows_with_the_signal() -> None:
    world = make_world("hold", signal_dependent_noise=0.2, force_n=0.0)
    memory = world.task.begin(np.random.default_rng(0), 1)["userdata"]
    readings = np.zeros((1, world.model.nsensordata))
    action = np.array([[0.0, 0.1, 0.2, 0.3, 0.4, 0.5]])
    drawn: list[np.ndarray] = []
    for step in range(400):
        readings[0, world.sensors["time"]] = step * 0.01
        now = Memory(memory, np.array([step]))
        given: Any = world.task.drive(Sensors(world.sensors, readings, readings), action, now)["ctrl"]
        drawn.append(given[0])
    spread = np.std(drawn, axis=0)
    np.testing.assert_allclose(spread, 0.2 * action[0], rtol=0.12)
