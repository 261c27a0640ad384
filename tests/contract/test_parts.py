"""Cores, senses, recognisers and objectives: what each kind promises, over all of it."""

import math

import numpy as np
import pytest
import torch

from innervate.agents.learner import WorldConfig
from innervate.agents.objectives._objective import Experience
from innervate.agents.predictive.asked import OBJECTIVES
from innervate.agents.sense import SENSES
from innervate.controllers import ControllerSpec
from innervate.controllers.circuits.bilateral import BilateralConfig
from innervate.controllers.core import CORES
from innervate.envs.sight import gl
from innervate.perception.place.percept import RECOGNISERS
from innervate.signals import Channel

INPUTS, UNITS, BATCH = 5, 7, 3
SPEC = ControllerSpec(observations=(Channel("x", INPUTS),), action_size=2, control_step_s=0.02)


@pytest.mark.parametrize("name", CORES)
def test_cores(name: str) -> None:
    core = CORES[name](INPUTS, UNITS, torch.Generator().manual_seed(0), 0.02)
    x = torch.randn(20, BATCH, INPUTS, generator=torch.Generator().manual_seed(1), requires_grad=True)
    state, ys = core.zero(BATCH), list[torch.Tensor]()
    for k in range(20):
        y, state = core.step(x[k], state)
        ys.append(y)
    assert all(y.shape == (BATCH, UNITS) for y in ys)
    torch.stack(ys).square().sum().backward()
    assert x.grad is not None and torch.isfinite(x.grad).all() and (x.grad[-1] != 0).any()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in core.parameters())
    alone = core.zero(1)
    for k in range(20):  # a row is never another's business
        y, alone = core.step(x[k, :1].detach(), alone)
        torch.testing.assert_close(y, ys[k][:1], rtol=1e-5, atol=1e-6)
    state = core.zero(BATCH)
    y = torch.zeros(())
    with torch.no_grad():
        for _ in range(2000):
            y, state = core.step(torch.zeros(BATCH, INPUTS), state)
    assert torch.isfinite(y).all() and y.abs().max() < 1e3  # left alone it does not grow
    assert all(v.shape[0] == BATCH for v in state.values())


@pytest.mark.parametrize("name", CORES)
def test_every_core_makes_a_hemisphere(name: str) -> None:
    config = BilateralConfig(left=(4, 4), right=(4, 4), core=name)
    net = config.build(SPEC, torch.Generator().manual_seed(0))
    state, action = net.initial_state(2), torch.zeros(())
    for _ in range(3):
        action, state = net({"x": torch.ones(2, INPUTS)}, state)
    assert torch.isfinite(action).all()
    assert set(state) == set(net.initial_state(2))


@pytest.mark.parametrize("name", SENSES)
def test_senses(name: str) -> None:
    """In a batch as alone, snapshots go on bit for bit, and what is given is what was said."""
    from innervate.agents.experience.worlds import make_vector_env

    before = (
        (SENSES["odometry"](),) if name in ("belief", "ground", "predict", "remembered") else ()
    )  # of what others tell
    options: dict[str, Any] = {
        "ground": {"ray": "body_velocity"}, "remembered": {"content": "displaced", "gate": "heading"},
    }  # fmt: skip
    episode = {"n_links": 3, "max_episode_steps": 150}
    world = WorldConfig(id="swim", options=episode, senses=(*before, SENSES[name](**options.get(name, {}))))
    if getattr(SENSES[name](), "camera", None) and "ok" not in gl.probe().values():
        pytest.skip(f"no OpenGL here; {gl.MEND}")

    def walk(n: int, steps: int, stop: int | None = None) -> list[np.ndarray]:
        env, found, snapshot = make_vector_env(world, n), list[np.ndarray](), None
        env.reset(seed=0)
        rng = np.random.default_rng(0)
        actions = rng.uniform(-1, 1, (steps, 4, 2)).astype(np.float32)
        for k in range(steps):
            if k == stop:
                snapshot = env.snapshot()  # pyright: ignore[reportAttributeAccessIssue]
                env.close()
                env = make_vector_env(world, n)
                env.reset(seed=50)
                env.restore(snapshot)  # pyright: ignore[reportAttributeAccessIssue]
            observation, *_ = env.step(actions[k, :n])
            found.append(observation.copy())
        env.close()
        return found

    whole = walk(4, 200)  # over the end of an episode
    assert np.isfinite(whole).all()
    np.testing.assert_array_equal(np.array(whole), np.array(walk(4, 200, stop=100)))
    np.testing.assert_array_equal(np.array(whole)[:, :1], np.array(walk(1, 200)))


@pytest.mark.parametrize("name", RECOGNISERS)
def test_recognisers(name: str) -> None:
    pytest.importorskip("numba")
    pytest.importorskip("skimage")
    rng = np.random.default_rng(0)
    images = np.kron(rng.integers(0, 255, (6, 8, 16)), np.ones((1, 4, 4))).astype(np.uint8)
    images = np.repeat(images[..., None], 3, axis=-1)
    recogniser = RECOGNISERS[name]()
    recogniser.fit(images)
    scores = recogniser.scores(images)
    assert scores.shape == (6, 6) and np.isfinite(scores).all()
    place = recogniser.query(images[2])
    assert 0 <= place.confidence <= 1 and place.scores.shape == (6,)
    assert len(np.unique(scores, axis=0)) == 6  # no two of these pictures are one to it
    again = RECOGNISERS[name]()
    again.fit(images)
    np.testing.assert_array_equal(again.scores(images), scores)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_objectives(name: str) -> None:
    torch.manual_seed(0)
    objective = OBJECTIVES[name]().build(5, 3)
    encoder = torch.nn.Linear(4, 5)
    steps = objective.steps
    seen = Experience(torch.randn(steps + 1, 8, 4), torch.randn(steps, 8, 3), torch.ones(steps, 8))
    terms = objective.loss(encoder, encoder, seen)
    assert terms and all(value.dim() == 0 and math.isfinite(value.item()) for value in terms.values())
    sum(terms.values(), torch.zeros(())).backward()
    assert encoder.weight.grad is not None and (encoder.weight.grad != 0).any()  # it teaches the encoder
    objective.follow(0.1)
