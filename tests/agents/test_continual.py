"""Keepers of earlier tasks against what they are defined by: subspaces, penalties, steps; and what they do to a net."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from innervate.agents.continual.classp import CLASSPConfig
from innervate.agents.continual.ewc import EWCConfig
from innervate.agents.continual.fast_slow import FastSlowConfig
from innervate.agents.continual.gpm import GPM, GPMConfig
from innervate.agents.continual.hlop import HLOP, HLOPConfig
from innervate.agents.continual.plain import PlainConfig
from innervate.agents.keeper import KEEPERS, Data, Keeper, KeeperConfig
from innervate.agents.learner import Setting, WorldConfig
from innervate.agents.learners.continual import ContinualConfig
from innervate.agents.protection import Protection
from innervate.agents.twins.muscle_arm import MuscleArm, loaded
from innervate.agents.twins.plant import BodyState
from innervate.configurations import from_options, to_json
from innervate.controllers.circuits.gru import GRUConfig
from innervate.errors import ConfigError
from innervate.launch.cli import main
from innervate.launch.run.folder import RunFolder

EVERY = pytest.mark.parametrize("name", KEEPERS)


def net(seed: int = 0) -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 2))


def task(k: int, count: int, generator: torch.Generator) -> Data:
    """Linear maps of inputs that lie in a plane of their own."""
    basis = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(9)))[0]
    x = torch.randn(count, 2, generator=generator) @ basis[2 * k : 2 * k + 2]
    target = torch.randn(6, 2, generator=torch.Generator().manual_seed(20 + k))
    return x, x @ target


def first(model: nn.Module) -> nn.Linear:
    layer = next(iter(model.children()))
    assert isinstance(layer, nn.Linear)
    return layer


class Lesson:
    """A net, its keeper and optimiser, at their tasks."""

    def __init__(self, config: KeeperConfig, rate: float = 0.05, seed: int = 0) -> None:
        self.model, self.generator = net(seed), torch.Generator().manual_seed(seed)
        self.keeper: Keeper = config.build(self.model, np.random.default_rng(seed))
        momentum = 0.9 if self.keeper.takes_momentum else 0.0
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=rate, momentum=momentum)
        self.protection = Protection(self.keeper, self.optimizer)

    def loss(self, data: Data) -> Tensor:
        return (self.model(data[0]) - data[1]).square().mean()

    def steps(self, k: int, count: int) -> None:
        for _ in range(count):
            loss, kept = self.loss(task(k, 32, self.generator)), self.keeper.also(32)
            if kept is not None:
                loss = (loss + self.loss(kept)) / 2
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()

    def learn(self, k: int, count: int = 150) -> None:
        self.protection.begin_task(k)
        self.steps(k, count)
        self.protection.end_task(task(k, 200, self.generator), self.loss)

    @torch.no_grad()
    def error(self, k: int) -> float:
        return float(self.loss(task(k, 500, torch.Generator().manual_seed(77))))


@EVERY
def test_configurations_come_back_and_nothing_is_read_ahead(name: str) -> None:
    config = KEEPERS[name]()
    assert KEEPERS.from_dict(json.loads(json.dumps(KEEPERS.to_dict(config)))) == config
    holder = ContinualConfig(keep=config)
    assert from_options(ContinualConfig, json.loads(json.dumps(to_json(holder)))) == holder


@EVERY
def test_what_it_remembers_goes_through_tensors(name: str) -> None:
    """Stopped in the middle of the second task and rebuilt: the third is learned bit for bit alike."""
    whole = Lesson(KEEPERS[name](), rate=0.002)
    whole.learn(0, 20)
    whole.protection.begin_task(1)
    whole.steps(1, 10)
    again = Lesson(KEEPERS[name](), rate=0.002, seed=5)
    again.model.load_state_dict(whole.model.state_dict())
    again.optimizer.load_state_dict(copy.deepcopy(whole.optimizer.state_dict()))
    again.keeper.task = 1
    again.keeper.load({k: v.clone() for k, v in whole.keeper.tensors().items()})
    again.generator.set_state(whole.generator.get_state())
    for lesson in (whole, again):
        if hasattr(lesson.keeper, "_rng"):
            setattr(lesson.keeper, "_rng", np.random.default_rng(3))  # noqa: B010
        lesson.steps(1, 10)
        lesson.protection.end_task(task(1, 200, lesson.generator), lesson.loss)
        lesson.learn(2, 10)
    there = whole.model.state_dict()
    assert all(torch.equal(v, there[k]) and v.isfinite().all() for k, v in again.model.state_dict().items())


def test_plain_leaves_the_optimiser_s_steps_bit_for_bit() -> None:
    lesson, model = Lesson(PlainConfig()), net()
    optimizer, generator = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9), torch.Generator().manual_seed(0)
    lesson.protection.begin_task(0)
    lesson.steps(0, 20)
    for _ in range(20):
        x, y = task(0, 32, generator)
        optimizer.zero_grad()
        (model(x) - y).square().mean().backward()
        optimizer.step()
    assert all(torch.equal(a, b) for a, b in zip(lesson.model.parameters(), model.parameters(), strict=True))


@pytest.mark.parametrize("config", [GPMConfig(energy=1.0), HLOPConfig(first=0.5, then=0.3, when="after", batches=1000)])
def test_projections_do_not_change_what_a_layer_makes_of_earlier_inputs(config: Any) -> None:
    """Tasks whose inputs span three dimensions, a constant among them; the output layer's span is left free."""
    lesson = Lesson(config)
    lesson.learn(0)
    x = task(0, 100, torch.Generator().manual_seed(1))[0]
    layer = first(lesson.model)
    before, plain = layer(x).detach(), Lesson(PlainConfig())
    plain.learn(0)
    before_plain = first(plain.model)(x).detach()
    for other in (lesson, plain):
        other.learn(1)
    moved, moved_plain = (
        (m[0](x).detach() - b).norm() for m, b in ((lesson.model, before), (plain.model, before_plain))
    )
    assert float(moved) < 0.02 * float(moved_plain)
    assert lesson.error(1) < 0.5 * Lesson(PlainConfig()).error(1)  # and yet it learns


def test_hlop_s_rows_are_a_projector_only_once_they_are_made_one() -> None:
    """As released, new rows are not orthogonal to old ones, and I - L^T L has directions that it makes larger."""
    for orthonormalise in (True, False):
        lesson = Lesson(HLOPConfig(first=0.5, then=0.4, orthonormalise=orthonormalise))
        for k in range(2):
            lesson.learn(k, 15)
        assert isinstance(lesson.keeper, HLOP)
        rows = lesson.keeper.rows["0"]
        far = float((rows @ rows.T - torch.eye(len(rows))).abs().max())
        assert (far < 1e-5) == orthonormalise, far


def test_oja_s_rows_find_what_singular_vectors_find() -> None:
    """The principal subspace of a layer's inputs: the cosine of the largest angle between both is near 1."""
    by_oja, by_svd = Lesson(HLOPConfig(first=0.43, when="after", batches=1000)), Lesson(GPMConfig(shares=(0.43, 0.1)))
    for lesson in (by_oja, by_svd):
        lesson.learn(0)
    assert isinstance(by_oja.keeper, HLOP) and isinstance(by_svd.keeper, GPM)
    mine, theirs = by_oja.keeper.rows["0"], by_svd.keeper.rows["0"]
    assert mine.shape == theirs.shape == (3, 7)
    assert float(torch.linalg.svdvals(mine @ theirs.T).min()) > 0.99


def test_the_penalty_of_ewc_is_quadratic_around_each_task_s_end() -> None:
    lesson = Lesson(EWCConfig(strength=2.0, samples=50))
    ends, fishers = list[Tensor](), list[Tensor]()
    for k in range(2):
        lesson.learn(k, 30)
        ends.append(first(lesson.model).weight.detach().clone())
        fishers.append(lesson.keeper.tensors()["fisher.0.weight"] - sum(fishers, torch.zeros(16, 6)))
    lesson.steps(0, 5)
    zero = {name: torch.zeros_like(p) for name, p in lesson.model.named_parameters()}
    told = lesson.keeper.transform(zero, {})["0.weight"]
    now = first(lesson.model).weight.detach()
    torch.testing.assert_close(
        told, 2.0 * sum(f * (now - e) for f, e in zip(fishers, ends, strict=True)), rtol=1e-3, atol=1e-6
    )


def test_classp_s_two_rules_are_what_text_and_code_say() -> None:
    grads = {"0.weight": torch.tensor([[0.5, 2.0, -3.0]])}
    text, released = (CLASSPConfig(rule=rule, power=2.0).build(nn.Sequential(nn.Linear(3, 1)), np.random.default_rng())
                      for rule in ("text", "released"))  # fmt: skip
    for keeper in (text, released):
        keeper.transform(grads, {})  # the first task: sums, and no scaling
        keeper.begin_task(1)
    torch.testing.assert_close(text.transform(grads, {})["0.weight"], torch.tensor([[0.0, 2 / 8**0.5, -3 / 18**0.5]]))
    scaled = torch.tensor([[0.5 / 1**0.5, 2 / 4**0.5, -3 / 6**0.5]])
    torch.testing.assert_close(released.transform(grads, {})["0.weight"], scaled, rtol=1e-4, atol=0)


def test_slow_weights_go_their_share_of_the_way_and_the_next_task_begins_there() -> None:
    lesson = Lesson(FastSlowConfig(share=0.25))
    begun = first(lesson.model).weight.detach().clone()
    lesson.learn(0, 30)
    ended = first(lesson.model).weight.detach().clone()
    lesson.protection.begin_task(1)
    torch.testing.assert_close(first(lesson.model).weight, begun + 0.25 * (ended - begun))


@pytest.mark.parametrize("name", ["ewc", "gpm", "hlop", "replay"])
def test_each_forgets_less_than_plain(name: str) -> None:
    kept, plain = Lesson(KEEPERS[name]()), Lesson(PlainConfig())
    for lesson in (kept, plain):
        lesson.learn(0)
        lesson.learn(1)
    assert kept.error(0) < 0.5 * plain.error(0)


def test_a_circuit_that_cannot_be_protected_is_refused_by_name() -> None:
    setting = Setting(world=WorldConfig(id="reach"), controller=GRUConfig(), steps=10**6, seed=0, threads=1)
    with pytest.raises(ConfigError, match=r"cell\.weight_ih"):
        ContinualConfig().build(setting)


def test_a_heavier_arm_of_the_twin_is_mujoco_s() -> None:
    import mujoco

    loads = (1.5, 2.5)
    twin, model, rng = MuscleArm(torch.float64, loads=loads), loaded(loads), np.random.default_rng(0)
    plain, data = MuscleArm(torch.float64), mujoco.MjData(model)
    low, high = model.jnt_range.T
    apart = 0.0
    for _ in range(20):
        mujoco.mj_resetData(model, data)
        data.qpos[:], data.qvel[:] = rng.uniform(low + 0.3, high - 0.3), rng.normal(0, 1, 2)
        angle, rate, activation = (torch.tensor(np.array(x)) for x in (data.qpos, data.qvel, data.act))
        state = BodyState(angle, rate, activation, torch.zeros(6).double(), angle, rate)
        excitation = rng.uniform(0, 1, 6)
        after, light = (t.step(state, torch.tensor(excitation), torch.zeros(2).double()) for t in (twin, plain))
        data.ctrl[:] = excitation
        mujoco.mj_step(model, data, nstep=2)
        np.testing.assert_allclose(after.rate.numpy(), data.qvel, rtol=0, atol=1e-9)
        apart = max(apart, float((light.rate - after.rate).abs().max()))
    assert apart > 1e-3


WORDS = ["train", "--sequence", "reach,curl", "--keep", "hlop", "--steps", "192", "--seed", "3", "--no-video",
         "--continual.batch", "4", "--continual.trial-steps", "6", "--continual.samples", "8",
         "--continual.report-batches", "1", "--evaluation.every-steps", "0", "--recurrent.core.units", "8",
         "--checkpoint-s", "0"]  # fmt: skip


class _Killed(BaseException):
    pass


@pytest.mark.slow
def test_a_sequence_killed_in_its_middle_goes_on_bit_for_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    main([*WORDS, "--out", str(whole)])
    step, count = RunFolder.append_progress, 0

    def killed(self: RunFolder, record: Any) -> None:
        nonlocal count
        count += 1
        if count == 7:  # two batches into the second task
            raise _Killed
        step(self, record)

    monkeypatch.setattr(RunFolder, "append_progress", killed)
    with pytest.raises(_Killed):
        main([*WORDS, "--out", str(broken)])
    monkeypatch.undo()
    spent = RunFolder.open(broken).spent()[0]
    assert 96 < spent < 192 and any(k.startswith("keep.rows") for k in RunFolder.open(broken).snapshot().optimizer)
    main(["train", "--resume", str(broken), "--no-video"])
    a, b = (RunFolder.open(path) for path in (whole, broken))
    assert all(torch.equal(v, b.model()[k]) for k, v in a.model().items())
    mine, theirs = (folder.snapshot().optimizer for folder in (a, b))
    assert mine.keys() == theirs.keys() and all(
        torch.equal(torch.as_tensor(v), torch.as_tensor(theirs[k])) for k, v in mine.items()
    )
    told = a.progress()[-1]
    assert told["train/task"] == 1 and {"train/error_before", "train/forgetting"} <= told.keys()
