"""After-effects: controllers that reach, trained on the differentiable twin, adapt to a curl field; tests in MuJoCo."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from innervate.agents.hemispheric.losses import NON_SPECIALISED, HemisphericLoss
from innervate.agents.hemispheric.training import Member, TrainingConfig, train
from innervate.agents.learner import WorldConfig
from innervate.agents.twins.in_field import InField
from innervate.agents.twins.muscle_arm import MuscleArm
from innervate.controllers.circuits.bilateral import BilateralConfig
from innervate.launch.analysis.measures import reaching
from innervate.launch.analysis.measures.adaptation import after_effect, learning_index, signed_deviation
from innervate.launch.analysis.recordings.hand_paths import hand_paths
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.statistics import mean_interval

STRENGTH_N_S_M = 13.0
CONTROLLER = BilateralConfig(left=(16, 16), right=(16, 16), core="dense")
LOSS = HemisphericLoss(left=NON_SPECIALISED, right=NON_SPECIALISED)
TRIALS = 32
PHASES = {
    "no field": ("null", 1.0),
    "field met first": ("null", 0.0),
    "field learned": ("field", 0.0),
    "field gone": ("field", 1.0),
}
"""What a controller was trained in last, and the share of catch trials that it is tested in."""

Found = dict[str, list[list[Any]]]
"""Phase to a hand path (time, trial, 2) a seed; and `target`."""


def rows(bench: Bench) -> Iterable[Row]:
    """Deviations to the left of the reach in each phase, and the after-effect."""
    seeds = bench.seeds or (1 if bench.quick else 3)
    training = TrainingConfig(
        batches=15 if bench.quick else 250, batch=16, steps=60, learning_rate=5e-3, final_learning_rate=2.5e-4,
        pool=None,
    )  # fmt: skip
    adaptation = replace(training, batches=10 if bench.quick else 100)
    key = f"field {CONTROLLER} {LOSS} {training} {adaptation} {seeds}"
    found = bench.once(key, lambda: measure(bench, training, adaptation, seeds))
    draw(bench, found)
    target = np.array(found["target"])
    paths = {phase: [np.array(path) for path in found[phase]] for phase in PHASES}
    deviation = {p: np.array([signed_deviation(path, target).mean() for path in paths[p]]) for p in PHASES}
    errors = {p: 100 * np.mean([reaching.end_error(path, target).mean() for path in paths[p]]) for p in PHASES}
    base = deviation["no field"]
    for phase in ("field met first", "field learned", "field gone"):
        cm = 100 * (deviation[phase] - base)
        yield Row(
            row=f"curl field, {phase}: signed deviation against no field", value=float(cm.mean()), unit="cm",
            interval=mean_interval(cm), n=seeds, peer=f"end error {errors[phase]:.1f} cm, without a field "
            f"{errors['no field']:.1f} cm; reaches of 10 cm, {STRENGTH_N_S_M:g} N s/m",
        )  # fmt: skip
    effect = [
        after_effect(gone, before, target).mean()
        for gone, before in zip(paths["field gone"], paths["no field"], strict=True)
    ]
    early = 100 * (deviation["field met first"] - base)
    cm = 100 * np.array(effect)
    learned = learning_index(deviation["field learned"] - base, np.array(effect))
    yield Row(
        row="after-effect of a curl field, against the error when it was met first", value=float(cm.mean()), unit="cm",
        interval=mean_interval(cm), n=seeds,
        peer=f"met first {early.mean():+.1f} cm; learning index {learned.mean():.2f}; figure bilateral-field.png",
        reach="of the opposite sign",
        holds=None if bench.quick else bool(mean_interval(cm)[0] > 0 > mean_interval(early)[1]),
    )  # fmt: skip


def measure(bench: Bench, training: TrainingConfig, adaptation: TrainingConfig, seeds: int) -> Found:
    """Train without a field, go on within it, and test all phases in `innervate/ForceField-v0`."""
    arm = MuscleArm(compiled=not bench.quick)
    members = [Member(seed=seed, task="centre-out", loss=LOSS) for seed in range(seeds)]
    without = train(CONTROLLER, arm, members, training, bench.say)
    field = InField(arm, "curl", STRENGTH_N_S_M)
    trained = {
        "null": without,
        "field": train(CONTROLLER, field, members, adaptation, bench.say, start=without.parameters),
    }
    found: Found = {phase: [] for phase in PHASES}
    for phase, (world, catch) in PHASES.items():
        for i in range(seeds):
            options = {"catch": catch, "strength_n_s_m": STRENGTH_N_S_M}
            test = hand_paths(trained[world].controller(i), WorldConfig(id="force-field", options=options), TRIALS)
            found[phase].append(test.hand[: training.steps + 1, :, 0].round(6).tolist())
            found["target"] = test.target[:, 0].round(6).tolist()
    return found


def draw(bench: Bench, found: Found) -> None:
    """Hand paths of the four phases, one line a direction and seed; written beside the table."""
    figure = Figure(figsize=(11, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    start = np.array(found["no field"][0][0][0])
    target, once = np.unique(np.array(found["target"]), axis=0, return_index=True)  # reaches repeat to the same target
    for axis, phase in zip(figure.subplots(1, len(PHASES), sharex=True, sharey=True), PHASES, strict=True):
        for path in found[phase]:
            x, y = 100 * np.moveaxis(np.array(path)[:, once] - start, -1, 0)
            axis.plot(x, y, color="tab:blue", linewidth=0.9)
        x, y = 100 * (target - start).T
        axis.plot(x, y, "o", color="tab:red", markersize=5, fillstyle="none")
        axis.set_title(phase, fontsize=10)
        axis.set_aspect("equal")
        axis.set_xlabel("x (cm)")
    figure.axes[0].set_ylabel("y (cm)")
    figure.savefig(bench.work.parent.parent / "bilateral-field.png", dpi=110)
