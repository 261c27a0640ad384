"""Rows of the bilateral benchmark about bodies: speed, integration, muscle velocities, and the way to MuJoCo."""

import time
from collections.abc import Iterable
from typing import Any

import mujoco
import numpy as np
import torch

from innervate.agents.hemispheric.evaluation import TEST_SEED, in_mujoco, on_plant
from innervate.agents.hemispheric.losses import NON_SPECIALISED, HemisphericLoss
from innervate.agents.hemispheric.training import Engine, Member, TrainingConfig, train
from innervate.agents.hemispheric.trials import draw
from innervate.agents.twins.arm26 import Arm26
from innervate.agents.twins.muscle_arm import MuscleArm
from innervate.agents.twins.plant import BodyState
from innervate.controllers.circuits.bilateral import BilateralConfig
from innervate.envs.bodies.arm import arms
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench._kit.timing import interleave, ratio
from innervate.launch.bench.bilateral import motornet as peer

ABSENT = "MotorNet is not installed here: pip install 'innervate[bench]'"


def rows(bench: Bench) -> Iterable[Row]:
    """All of them."""
    yield from speed(bench)
    yield stacking(bench)
    yield agreement(bench)
    yield from integration(bench)
    yield velocity(bench)
    yield from transfer(bench)


def speed(bench: Bench) -> Iterable[Row]:
    """Forward and backward through Arm26 and a GRU of 50 units, batch 64, one thread, ours and MotorNet's in turn."""
    if not peer.installed():
        yield Row(row="training speed against MotorNet", value=None, unit="times", peer=ABSENT)
        return
    rounds = 3 if bench.quick else 7

    def measure() -> list[list[float]]:
        ours, theirs = peer.our_training_step(), peer.their_training_step()
        times = interleave({"ours": ours, "theirs": theirs}, rounds=rounds)
        return [times[name].cpu_s.tolist() for name in ("ours", "theirs")]

    ours, theirs = map(np.array, bench.once(f"speed of whole movements {rounds}", measure))
    value, interval = ratio(theirs, ours)
    steps = peer.BATCH * peer.STEPS
    rates = [f"{steps / float(np.median(times)) / 1e3:.1f} k" for times in (ours, theirs)]
    yield Row(
        row="training speed, Arm26 at 10 ms and GRU(50), batch 64, 1 s",
        value=value,
        unit="times",
        interval=interval,
        n=rounds,
        peer=f"plant steps per CPU-second, forward and backward: ours {rates[0]}, MotorNet {rates[1]}",
        reach="at least 8",
        holds=value >= 8,
    )


def stacking(bench: Bench) -> Row:
    """What a seed costs when many are trained side by side: the paper's bilateral net with its learned callosum."""
    config = BilateralConfig(left=(5, 5), right=(5, 5), core="dense", callosum="linear")
    plant = Arm26("euler", substeps=1, slack_length=1.0)
    batches, many = (5, 4) if bench.quick else (20, 10)

    def cost(engine: Engine, seeds: int) -> float:
        members = [Member(seed=s, task="reach", loss=HemisphericLoss()) for s in range(seeds)]
        marks: list[float] = []
        how = TrainingConfig(batches=batches + 1, pool=640, engine=engine)
        train(config, plant, members, how, lambda _: marks.append(time.process_time()))
        return (marks[-1] - marks[0]) / (seeds * batches) * 100  # after the first batch, which prepares

    def measure() -> dict[str, float]:
        return {"torch": cost("torch", 1), "alone": cost("fused", 1), "many": cost("fused", many)}

    found = bench.once(f"stacking {batches} {many}", measure)
    return Row(
        row=f"training of {many} seeds side by side, bilateral net of 10 units, per seed and 100 batches",
        value=found["many"], unit="CPU-s", n=many,
        peer=f"one seed alone {found['alone']:.2f} CPU-s, by torch's own operations {found['torch']:.1f} CPU-s",
    )  # fmt: skip


def _trials(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(TEST_SEED)
    start = torch.tensor(rng.uniform([0.4, 0.4], [2.0, 2.2], (n, 2)))
    return start, torch.tensor(rng.uniform(0, 1, (60, n, 6)) ** 2)


def agreement(bench: Bench) -> Row:
    """Arm26 in MotorNet's own scheme against MotorNet."""
    name = "Arm26 against MotorNet, 60 random steps, largest difference of a joint angle"
    if not peer.installed():
        return Row(row=name, value=None, unit="rad", peer=ABSENT)

    def measure() -> list[float]:
        start, u = (x.float() for x in _trials(64))
        found: list[float] = []
        for slack in (1.4, 1.0):
            ours = peer.our_path(Arm26("euler", substeps=1, slack_length=slack), start, u)
            found.append(float((ours - peer.their_path(start, u, 0.01, slack)).abs().max()))
        return found

    worst = max(bench.once("agreement", measure))
    return Row(
        row=name, value=worst, unit="rad", n=128, peer="MotorNet 0.3.0, slack lengths 1.4 and 1.0",
        reach="at most 1e-4", holds=worst <= 1e-4,
    )  # fmt: skip


def integration(bench: Bench) -> Iterable[Row]:
    """Where the hand is after half a second, against steps of 0.1 ms."""
    ours = Arm26(dtype=torch.float64)

    def measure() -> dict[str, list[float]]:
        start, u = _trials(16 if bench.quick else 64)
        u = u[:50]
        fine = Arm26("midpoint", substeps=100, dtype=torch.float64)
        reference = fine.hand(peer.our_path(fine, start, u)[-1])

        def off(plant: Arm26) -> list[float]:
            return (plant.hand(peer.our_path(plant, start, u)[-1]) - reference).norm(dim=-1).tolist()

        return {
            "ours": off(ours),
            "theirs": off(Arm26("euler", substeps=1, dtype=torch.float64)),
            "MuJoCo": _mujoco_error(start, u),
        }

    found = {
        name: 1e3 * np.array(values) for name, values in bench.once(f"integration {ours.substeps}", measure).items()
    }
    theirs = f"MotorNet's default scheme (explicit Euler, 10 ms) {found['theirs'].mean():.1f} mm"
    for name, key in (("Arm26", "ours"), ("the MuJoCo arm", "MuJoCo")):
        value = float(found[key].mean())
        yield Row(
            row=f"hand after 0.5 s against a 0.1 ms integration, {name}, mean", value=value, unit="mm",
            n=len(found[key]), peer=theirs + f"; ours at worst {found[key].max():.1f} mm", reach="at most 2",
            holds=value <= 2,
        )  # fmt: skip


def _mujoco_error(start: torch.Tensor, u: torch.Tensor) -> list[float]:
    ends: list[np.ndarray] = []
    for step_s in (None, 1e-4):
        spec = arms()
        spec.option.timestep = spec.option.timestep if step_s is None else step_s
        model = spec.compile()
        places: list[np.ndarray] = []
        for i in range(len(start)):
            data: Any = mujoco.MjData(model)
            data.qpos[:] = start[i]
            for k in range(len(u)):
                data.ctrl[:] = u[k, i]
                mujoco.mj_step(model, data, nstep=round(0.01 / model.opt.timestep))
            mujoco.mj_forward(model, data)
            places.append(data.site_xpos[0, :2].copy())
        ends.append(np.array(places))
    return np.linalg.norm(ends[0] - ends[1], axis=-1).tolist()


def velocity(bench: Bench) -> Row:
    """Velocities of muscles against difference quotients of their lengths."""

    def ours() -> float:
        plant, rng = Arm26(dtype=torch.float64), np.random.default_rng(0)
        angle, rate = (torch.tensor(rng.uniform(low, high, (500, 2))) for low, high in ((0.1, 2.2), (-10, 10)))
        state, h = plant.initial(angle)._replace(rate=rate, muscle_rate=rate), 1e-6
        ends = [plant.proprioception(state._replace(muscle_angle=angle + s * h * rate))[0] for s in (-1, 1)]
        slope = (ends[1] - ends[0]) / (2 * h)
        return float((plant.proprioception(state)[1] * 10 - slope).abs().max() * 0.14)  # longest fibre, m

    value = bench.once("velocity ours", ours)
    theirs = bench.once("velocity theirs", peer.their_velocity_error) if peer.installed() else None
    said = ABSENT if theirs is None else f"MotorNet's forearm muscles, joints at up to 1 rad/s: {theirs:.3f} m/s off"
    return Row(
        row="musculotendon velocity against finite differences, largest error", value=value, unit="m/s", n=500,
        peer=said, reach="equal (at most 1e-6)", holds=value <= 1e-6,
    )  # fmt: skip


def transfer(bench: Bench) -> Iterable[Row]:
    """A bilateral controller trained through the twin and run in native MuJoCo; and the twin's step itself."""
    plant = MuscleArm()
    training = TrainingConfig(batches=5 if bench.quick else 20, steps=50, pool=None, margin=0.1)
    loss = HemisphericLoss(left=NON_SPECIALISED, right=NON_SPECIALISED)

    def measure() -> dict[str, float]:
        config = BilateralConfig(left=(10, 10), right=(10, 10), core="dense", callosum="released")
        members = [Member(seed=0, task="reach", loss=loss)]
        controller = train(config, plant, members, training, bench.say).controller(0)
        trials = draw("reach", np.random.default_rng(TEST_SEED), 128, plant, margin=0.1)
        paths = (
            on_plant(controller, plant, trials, training.steps)[0],
            in_mujoco(controller, trials, training.steps)[0],
        )
        ends = [path[-1] - trials.target.numpy() for path in paths]
        errors = [np.linalg.norm(end, axis=-1) for end in ends]
        return {"gap": float(np.abs(errors[0] - errors[1]).max()), "error": float(errors[1].mean())}

    found = bench.once(f"transfer {training}", measure)
    yield Row(
        row="end error in MuJoCo against that on the twin, largest change of a trial", value=1e3 * found["gap"],
        unit="mm", n=128, peer=f"mean end error {100 * found['error']:.1f} cm after {training.batches} batches",
        reach="at most 1", holds=found["gap"] <= 1e-3,
    )  # fmt: skip
    worst, free = bench.once("twin", _twin_error)
    yield Row(
        row="twin against native MuJoCo, one control step, angle, rate and activation", value=worst, unit="SI",
        n=free, peer="random excitations and forces, no joint at its limit", reach="at most 1e-9", holds=worst <= 1e-9,
    )  # fmt: skip


def _twin_error() -> tuple[float, int]:
    twin, model, rng = MuscleArm(torch.float64), arms().compile(), np.random.default_rng(0)
    hand, (low, high) = model.body("hand_right").id, model.jnt_range.T
    worst, free = 0.0, 0
    for _ in range(30):
        data: Any = mujoco.MjData(model)
        data.qpos[:] = rng.uniform(low + 0.3, high - 0.3)
        for _ in range(40):
            u, force = rng.uniform(0, 1, 6), rng.uniform(-10, 10, 2)
            angle, rate = torch.tensor(data.qpos), torch.tensor(data.qvel)
            state = BodyState(angle, rate, torch.tensor(data.act), torch.zeros(6), angle, rate)
            after = twin.step(state, torch.tensor(u), torch.tensor(force))
            data.ctrl[:], data.xfrc_applied[hand, :2] = u, force
            mujoco.mj_step(model, data, nstep=2)
            if not ((data.qpos < low + 1e-3) | (data.qpos > high - 1e-3)).any():
                free += 1
                for mine, theirs in zip(after, (data.qpos, data.qvel, data.act), strict=False):
                    worst = max(worst, float(np.abs(mine.numpy() - theirs).max()))
    return worst, free
