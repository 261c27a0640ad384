"""Rows of the bilateral benchmark about recurrent hemispheres: how exact they are, and how human a reach can be."""

from collections.abc import Iterable

import numpy as np

from innervate.agents.hemispheric.evaluation import TEST_SEED, on_plant
from innervate.agents.hemispheric.losses import HemisphericLoss, Terms
from innervate.agents.hemispheric.training import Member, TrainingConfig, train
from innervate.agents.hemispheric.trials import draw
from innervate.agents.hemispheric.unroll import Conditions
from innervate.agents.plants.arm26 import Arm26
from innervate.controllers.bilateral import BilateralConfig
from innervate.launch.analysis import reaching
from innervate.launch.bench import bilateral_figures
from innervate.launch.bench.benchmark import Bench
from innervate.launch.bench.bilateral_models import TASKS, paper_arm, score
from innervate.launch.bench.rows import Row
from innervate.launch.run.statistics import mean_interval

GATED = BilateralConfig(left=(40,), right=(40,), core="gru", callosum="none")
EXACT = Terms(distance=5.0, effort=0.1)
BARS_CM = {"reach": (1.0, 1.2), "hold": (0.9, 1.1)}
"""What is asked, and what a plain GRU of 50 units reaches in 2,000 batches (2 seeds) with the non-specialised loss."""


def rows(bench: Bench) -> Iterable[Row]:
    """All of them."""
    yield from exact(bench)
    yield from human(bench)


def _seeds(bench: Bench) -> int:
    return bench.seeds or (1 if bench.quick else 3)


def exact(bench: Bench) -> Iterable[Row]:
    """End errors of two gated hemispheres after a second: new trials in every batch, a falling learning rate."""
    plant, count = paper_arm(), _seeds(bench)
    training = TrainingConfig(
        batches=100 if bench.quick else 1000, steps=100, pool=None, learning_rate=3e-3, final_learning_rate=3e-6,
        engine="fused",
    )  # fmt: skip
    members = [
        Member(seed=s, task=task, loss=HemisphericLoss(left=EXACT, right=EXACT)) for s in range(count) for task in TASKS
    ]

    def measure() -> list[dict[str, float]]:
        result = train(GATED, plant, members, training, bench.say)
        return [score(result.controller(i), m.task, plant, training.steps) for i, m in enumerate(members)]

    found = bench.once(f"recurrent {GATED} {EXACT} {training} {count}", measure)
    for task in TASKS:
        scores = [s for s, member in zip(found, members, strict=True) if member.task == task]
        cm = 100 * np.array([s["end error, m"] for s in scores])
        bar, plain = BARS_CM[task]
        yield Row(
            row=f"{task}, end error after 1 s, 40 gated units a side, {training.batches} batches",
            value=float(cm.mean()), unit="cm", interval=mean_interval(cm), n=count,
            peer=f"a plain GRU(50) {plain} cm after 2,000 batches, MotorNet's own 8.6 cm at the reach after 200",
            reach=f"at most {bar}", holds=None if bench.quick else bool(cm.mean() <= bar),
        )  # fmt: skip


HINDERED = Conditions(sense_delay_s=0.06, motor_noise=0.1)
LASTING = HemisphericLoss(
    left=Terms(distance=5.0, effort=0.5, jerk=1e-5), right=Terms(distance=5.0, effort=0.5, jerk=1e-5), duration_s=0.65
)
"""Be there 0.65 s after the cue, smoothly, and stay."""
SHOWN = 16
"""Trials in the figure."""


def human(bench: Bench) -> Iterable[Row]:
    """Reaches under what people are under: a cue to wait for, senses 60 ms late, noise that grows with the drive.

    Starts and targets lie in the middle 70 % of the joints' ranges. Held-out trials, noise and cue included.
    """
    plant, count = Arm26("euler", substeps=1), _seeds(bench)
    training = TrainingConfig(
        batches=60 if bench.quick else 1000, steps=130, pool=None, margin=0.15, latest_cue_s=0.2, conditions=HINDERED,
        learning_rate=3e-3, final_learning_rate=3e-6, engine="fused",
    )  # fmt: skip

    def measure() -> dict[str, list[list[float]]]:
        members = [Member(seed=s, task="reach", loss=LASTING) for s in range(count)]
        result = train(GATED, plant, members, training, bench.say)
        rng, how = np.random.default_rng(TEST_SEED), {"margin": training.margin, "latest_cue_s": training.latest_cue_s}
        trials = draw("reach", rng, 256, plant, **how)
        target, dt_s = trials.target.double().numpy(), plant.control_step_s
        found: dict[str, list[list[float]]] = {}
        for i in range(count):
            path, _ = on_plant(result.controller(i), plant, trials, training.steps, HINDERED)
            for name, values in (
                ("peak", reaching.peak_speed(path, dt_s)),
                ("linearity", reaching.linearity(path, target)),
                ("peaks", reaching.speed_peaks(path, dt_s)),
                ("error", reaching.end_error(path, target)),
                ("distance", np.linalg.norm(target - path[0], axis=-1)),
            ):
                found.setdefault(name, []).append(values.tolist())
            if i == 0:
                found["path"] = path[:, :SHOWN].reshape(len(path), -1).round(5).tolist()
                found["target"] = target[:SHOWN].tolist()
        found["cue"] = [trials.cue_s[:SHOWN].tolist()]
        return found

    found = bench.once(f"human {GATED} {LASTING} {training} {count}", measure)
    bilateral_figures.reaches(bench, found, plant.control_step_s)
    values = {name: np.array(found[name]) for name in ("peak", "linearity", "peaks", "error", "distance")}
    single = (values["peaks"] == 1).mean(axis=1)
    per_seed = {"peak": values["peak"].mean(axis=1), "linearity": values["linearity"].mean(axis=1)}
    said = (
        f"paper's protocol 3.6 to 3.9 m/s and 0.2; end error {100 * values['error'].mean():.1f} cm over "
        f"{100 * values['distance'].mean():.0f} cm, senses {HINDERED.sense_delay_s * 1e3:.0f} ms late, motor noise "
        f"{HINDERED.motor_noise:.0%}, {training.batches} batches"
    )
    speed, straight = float(per_seed["peak"].mean()), float(per_seed["linearity"].mean())
    for row, value, unit, seeds, bar, holds in (
        ("peak speed of the hand, mean", speed, "m/s", per_seed["peak"], "0.8 to 1.5", 0.8 <= speed <= 1.5),
        ("linearity, mean", straight, "", per_seed["linearity"], "at most 0.05", straight <= 0.05),
        ("share with a single peak of speed", float(single.mean()), "", single, "at least 0.95", single.mean() >= 0.95),
    ):
        yield Row(
            row=f"human-like reach, {row}", value=value, unit=unit, interval=mean_interval(seeds), n=count, peer=said,
            reach=bar, holds=None if bench.quick else bool(holds),
        )  # fmt: skip
