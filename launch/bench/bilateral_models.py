"""The controllers that the bilateral benchmark trains, piece by piece, and how they do on common test trials."""

from typing import Any

import numpy as np

from innervate.agents.hemispheric.evaluation import TEST_SEED, on_plant
from innervate.agents.hemispheric.losses import DOMINANT, NON_DOMINANT, HemisphericLoss, Terms
from innervate.agents.hemispheric.training import Member, TrainingConfig, train
from innervate.agents.hemispheric.trials import Task, draw
from innervate.agents.plants.arm26 import Arm26
from innervate.controllers import Controller
from innervate.controllers.bilateral import BilateralConfig, Ensemble
from innervate.launch.analysis import holding, reaching
from innervate.launch.bench.benchmark import Bench

TASKS: tuple[Task, ...] = ("reach", "hold")
UNILATERAL = BilateralConfig(left=(10, 10), right=(), core="dense", callosum="none")
SIDES: dict[str, Terms] = {"dominant": DOMINANT, "non-dominant": NON_DOMINANT}

Scores = dict[str, dict[str, dict[str, list[float]]]]
"""Controller, task and measure to one number a seed."""


def paper_arm() -> Arm26:
    """The body of arXiv 2401.14057: MotorNet 0.1.5's, explicit Euler at 10 ms, passive from the optimal length on."""
    return Arm26("euler", substeps=1, slack_length=1.0)


def protocol(bench: Bench, batches: int) -> TrainingConfig:
    """That of the released code for so many batches; 60 in a quick run: it runs, no more."""
    return TrainingConfig(batches=60) if bench.quick else TrainingConfig(batches=batches, compile=True)


def seeds(bench: Bench) -> int:
    """Three, as the reference was measured with."""
    return bench.seeds or (1 if bench.quick else 3)


def score(controller: Controller, task: Task, plant: Any, steps: int) -> dict[str, float]:
    """Means over 512 test trials, the same for all."""
    trials = draw(task, np.random.default_rng(TEST_SEED), 512, plant)
    path, excitation = on_plant(controller, plant, trials, steps)
    target, dt_s = trials.target.double().numpy(), plant.control_step_s
    found = {
        "end error, m": reaching.end_error(path, target),
        "effort": reaching.effort(excitation),
        "drift, m/s": holding.drift_speed(path, dt_s),
        "co-contraction": holding.co_contraction(excitation),
    }
    if task == "reach":
        found["linearity"] = reaching.linearity(path, target)
        found["direction error, rad"] = reaching.direction_error(path, target, dt_s)
        found["peak speed, m/s"] = reaching.peak_speed(path, dt_s)
        found["SPARC"] = reaching.sparc(path, dt_s)
    else:
        found["peak displacement, m"] = holding.peak_displacement(path)
        found["sway, m^2"] = holding.sway_area(path)
    return {name: float(values.mean()) for name, values in found.items()}


def unilateral(bench: Bench, batches: int) -> Scores:
    """Nets of one hemisphere, each specialised by one loss, and ensembles of one of each."""
    plant, training, count = paper_arm(), protocol(bench, batches), seeds(bench)
    members = [
        Member(seed=s, task=task, loss=HemisphericLoss(left=terms))
        for s in range(count)
        for task in TASKS
        for terms in SIDES.values()
    ]

    def measure() -> Scores:
        result = train(UNILATERAL, plant, members, training, bench.say)
        found: Scores = {name: {task: {} for task in TASKS} for name in (*SIDES, "ensemble")}
        for i in range(0, len(members), len(SIDES)):
            pair: list[Controller] = [result.controller(i + k) for k in range(len(SIDES))]
            task = members[i].task
            for name, controller in zip(found, [*pair, Ensemble(pair)], strict=True):
                _append(found[name][task], score(controller, task, plant, training.steps))
        return found

    return bench.once(f"unilateral {UNILATERAL} {training} {count}", measure)


def _append(to: dict[str, list[float]], values: dict[str, float]) -> None:
    for name, value in values.items():
        to.setdefault(name, []).append(value)
