"""The controllers that the bilateral benchmark trains, piece by piece, and how they do on common test trials."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from innervate.agents.hemispheric.evaluation import TEST_SEED, on_plant
from innervate.agents.hemispheric.losses import DOMINANT, NON_DOMINANT, NON_SPECIALISED, HemisphericLoss
from innervate.agents.hemispheric.training import Member, Result, TrainingConfig, train
from innervate.agents.hemispheric.trials import Task, draw
from innervate.agents.twins.arm26 import Arm26
from innervate.controllers import Controller
from innervate.controllers.circuits.bilateral import BilateralConfig, matched_unilateral
from innervate.controllers.circuits.ensemble import Ensemble
from innervate.launch.analysis.measures import holding, reaching
from innervate.launch.bench._kit.benchmark import Bench

TASKS: tuple[Task, ...] = ("reach", "hold")
SIDES = ("dominant", "non-dominant")
TEST_TRIALS = 512

Scores = dict[str, dict[str, dict[str, list[float]]]]
"""Controller, task and measure to one number a seed."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Controllers of one configuration, which are trained side by side."""

    config: BilateralConfig
    losses: dict[str, HemisphericLoss]
    """By the name of the controller that comes of it."""
    ensemble: str = ""
    """Name of the mean of those that the losses make; empty for none."""
    lesions: Sequence[str] = field(default=())
    """What is cut, one at a time, in trained controllers."""
    seeds: int = 10
    """At most so many; fewer where the paper claims nothing."""


def _pair(callosum: str) -> BilateralConfig:
    return BilateralConfig(left=(5, 5), right=(5, 5), core="dense", callosum=callosum)


def _one(units: int) -> BilateralConfig:
    return BilateralConfig(left=(units, units), right=(), core="dense", callosum="none")


def _specialists(mark: str = "") -> dict[str, HemisphericLoss]:
    return {f"{name}{mark}": HemisphericLoss(left=t) for name, t in zip(SIDES, (DOMINANT, NON_DOMINANT), strict=True)}


EQUAL = HemisphericLoss(left=NON_SPECIALISED, right=NON_SPECIALISED)
JOINED = ("left", "right", "callosum")


@cache
def kinds() -> tuple[Kind, ...]:
    """All that the table compares, the most important first."""
    matched = matched_unilateral(_pair("released"), paper_arm().spec)
    return (
        Kind(config=_one(10), losses={**_specialists(), "unilateral, non-specialised": EQUAL}, ensemble="ensemble"),
        Kind(config=_pair("released"), losses={
            "bilateral, specialised, released callosum": HemisphericLoss(),
            "bilateral, non-specialised, released callosum": EQUAL,
        }, lesions=JOINED),
        Kind(config=_pair("none"), losses={
            "bilateral, specialised, no callosum": HemisphericLoss(),
            "bilateral, non-specialised, no callosum": EQUAL,
        }, lesions=JOINED[:2]),
        Kind(config=_pair("linear"), losses={"bilateral, specialised, learned callosum": HemisphericLoss()},
             lesions=JOINED, seeds=5),
        Kind(config=_one(5), losses=_specialists(" of 5 units"), ensemble="ensemble, parameter-matched", seeds=5),
        Kind(config=matched, losses={"unilateral, parameter-matched": EQUAL}, seeds=5),
        Kind(config=_one(10), losses={
            "dominant, loss as released": HemisphericLoss(left=DOMINANT, regulariser="released"),
        }, seeds=3),
    )  # fmt: skip


def paper_arm() -> Arm26:
    """The body of arXiv 2401.14057: MotorNet 0.1.5's, explicit Euler at 10 ms, passive from the optimal length on."""
    return Arm26("euler", substeps=1, slack_length=1.0)


def protocol(bench: Bench, batches: int) -> TrainingConfig:
    """That of the released code for so many batches; 100 in a quick run: it runs, no more."""
    return TrainingConfig(batches=100 if bench.quick else batches, engine="fused")


def seeds(bench: Bench, at_most: int = 10) -> int:
    """Ten, as the paper's claims deserve; two in a quick run."""
    return bench.seeds or min(at_most, 2 if bench.quick else 10)


def score(controller: Controller, task: Task, plant: Any, steps: int) -> dict[str, float]:
    """Means over 512 test trials, the same for all."""
    trials = draw(task, np.random.default_rng(TEST_SEED), TEST_TRIALS, plant)
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


def measured(bench: Bench, kind: Kind, batches: int) -> Scores:
    """Train one kind with all seeds, tasks and losses side by side, and judge what comes of it."""
    plant, training, count = paper_arm(), protocol(bench, batches), seeds(bench, kind.seeds)
    members = [
        Member(seed=s, task=task, loss=loss) for s in range(count) for task in TASKS for loss in kind.losses.values()
    ]

    def measure() -> Scores:
        bench.say(f"{len(members)} controllers: {', '.join(kind.losses)}")
        return _judged(kind, train(kind.config, plant, members, training, bench.say), training.steps)

    return bench.once(f"{kind} {training} {count} seeds", measure)


def _judged(kind: Kind, result: Result, steps: int) -> Scores:
    found: Scores = {}
    names = list(kind.losses)

    def keep(name: str, task: Task, controller: Controller) -> None:
        measures = found.setdefault(name, {task: {} for task in TASKS})[task]
        for measure, value in score(controller, task, result.plant, steps).items():
            measures.setdefault(measure, []).append(value)

    for i in range(0, len(result.members), len(names)):
        task = result.members[i].task
        trained = [result.controller(i + k) for k in range(len(names))]
        for name, controller in zip(names, trained, strict=True):
            keep(name, task, controller)
            for site in kind.lesions:
                keep(f"{name}; {site} lesioned", task, controller.lesion(site))
        if kind.ensemble:
            keep(kind.ensemble, task, Ensemble(trained[: len(SIDES)]))
    return found


