"""What the benches of plasticity and of tasks in a row measure is what it should be: closed forms, MuJoCo, chance."""

import math

import mujoco
import numpy as np
import pytest
import torch

from innervate.agents.continual.plain import PlainConfig
from innervate.agents.twins.muscle_arm import loaded
from innervate.launch.bench.continual.inverse import TASKS, samples, torque
from innervate.launch.bench.continual.sequence import in_a_row
from innervate.launch.bench.plasticity.law import ACTIVE, INPUTS, PATTERNS, predicted, recognised
from innervate.launch.bench.plasticity.matching import DT_S, FILTER_S, distance, driven


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_torques_to_learn_are_mujoco_s_inverse_dynamics(task: object) -> None:
    k = [t.name for t in TASKS].index(getattr(task, "name"))  # noqa: B009
    model, rng = loaded(TASKS[k].loads), np.random.default_rng(0)
    model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONSTRAINT | mujoco.mjtDisableBit.mjDSBL_ACTUATION
    data, hand = mujoco.MjData(model), model.site_bodyid[0]
    low, high = model.jnt_range.T
    for _ in range(10):
        mujoco.mj_resetData(model, data)
        for field, values in (
            ("qpos", rng.uniform(low, high)),
            ("qvel", rng.normal(0, 3, 2)),
            ("qacc", rng.normal(0, 9, 2)),
        ):
            getattr(data, field)[:] = values
        accelerating = data.qacc.copy()
        mujoco.mj_forward(model, data)
        jacobian = np.zeros((3, 2))
        mujoco.mj_jacSite(model, data, jacobian, None, 0)
        vx, vy, _ = jacobian @ data.qvel
        field = TASKS[k].curl_n_s_m * np.array([vy, -vx, 0.0])
        data.qacc[:] = accelerating
        mujoco.mj_inverse(model, data)
        asked = (torch.tensor(x.copy())[None] for x in (data.qpos, data.qvel, accelerating))
        np.testing.assert_allclose(
            torque(TASKS[k], *asked)[0].numpy(), data.qfrc_inverse - jacobian.T @ field, rtol=1e-9, atol=1e-9
        )
    assert hand == model.body("hand_right").id


def test_a_net_learns_a_task_and_its_cue_tells_it_apart() -> None:
    x, y = samples(3, 50, torch.Generator().manual_seed(0))
    assert x.shape == (50, 11) and y.shape == (50, 2) and torch.equal(x[:, 6:], torch.eye(5)[3].expand(50, -1))
    after = np.array(in_a_row(PlainConfig(), 0.1, 120, 0)["after"])
    assert after.shape == (5, 5) and np.diag(after).max() < 0.35  # each is learned, 1 being its mean
    assert after[-1, :-1].mean() > 2 * np.diag(after).mean()  # and overwritten


def test_the_law_is_what_random_patterns_do() -> None:
    rng, count = np.random.default_rng(0), 20_000
    shared = np.array([len({*rng.permutation(INPUTS)[:ACTIVE]} & {*range(ACTIVE)}) for _ in range(count)])
    p = predicted(0.4)
    assert abs((shared >= math.ceil(0.4 * ACTIVE)).mean() - p) < 4 * math.sqrt(p * (1 - p) / count)
    found = recognised(30, 40, 1)
    own, others = found["taught 0.5"]["own"], found["taught 0.5"]["others"]
    assert own == 1.0 and others == pytest.approx(predicted(0.5), abs=0.006)
    assert found["null 0.5"]["alone"] < 0.1 < (1 - predicted(0.5)) ** (PATTERNS - 1)


def test_the_distance_of_two_spikes_is_exponential() -> None:
    """Van Rossum 2001: of two spikes d apart, over that from silence, sqrt(2 (1 - exp(-d / tau)))."""
    for apart in (1, 5, 20):
        a, b = torch.zeros(400, 1, 1), torch.zeros(400, 1, 1)
        a[20], b[20 + apart] = 1, 1
        expected = math.sqrt(2 * (1 - math.exp(-apart * DT_S / FILTER_S)))
        assert float(distance(a, b)) == pytest.approx(expected, rel=1e-4)
    assert float(distance(a, a)) == 0 and float(distance(a, torch.zeros_like(a))) == 1


def test_a_spike_reaches_the_others_a_step_later() -> None:
    weight, current = torch.zeros(1, 2, 2), torch.zeros(6, 1, 2)
    weight[0, 0, 1], current[2, 0, 0] = 1.5, 1.1
    assert driven(weight, current)[:, 0].nonzero().tolist() == [[2, 0], [3, 1]]
