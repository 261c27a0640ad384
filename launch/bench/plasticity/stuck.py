"""A swimmer of which a joint sticks after ten seconds: the return that evolved circuits keep, plastic and plain."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from innervate.agents.experience.rollout import Moment, rollout
from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import Setting, WorldConfig
from innervate.agents.learners.cma import CMAConfig
from innervate.agents.seeds import Streams
from innervate.agents.threads import one_thread
from innervate.controllers import Controller, ControllerConfig
from innervate.controllers.circuits.plastic_wiring import PlasticWired, PlasticWiringConfig
from innervate.controllers.circuits.wiring import WiringConfig
from innervate.controllers.plastic_synapses import Fast
from innervate.controllers.plasticity.abcd import ABCDConfig
from innervate.controllers.plasticity.gated import GatedConfig
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.statistics import student_interval

FROM_S, LENGTH_S, JOINTS, EPISODES, POPULATION = 10.0, 30, 5, 60, 24
STILL_RAD = 0.03
"""A joint that has not moved further than this since a second after the damage is the one that sticks."""
PLASTIC = PlasticWiringConfig(groups=("oscillator", "own", "front", "behind"), fast=Fast(gain=0.3))
ARMS: dict[str, ControllerConfig] = {
    "plain": WiringConfig(),
    "ABCD": replace(PLASTIC, rule=ABCDConfig(each="group")),
    "gated": replace(PLASTIC, rule=GatedConfig()),
}
"""The entrained worm, seven weights; with four coefficients and a gain more; with a gain more."""


def damaged() -> WorldConfig:
    """Any joint sticks, or none, drawn anew for each episode."""
    return WorldConfig(id="swim", options={"stuck": -1, "stuck_from_s": FROM_S})


def judged(controller: Controller) -> dict[str, Any]:
    """Return from the tenth second on of held-out episodes: intact, and the mean and least over which joint sticks.

    `course`: mean reward a step of intact and of damaged episodes, second by second.
    """
    env, late = make_vector_env(damaged(), EPISODES), np.zeros(EPISODES)
    moved, course = np.zeros((EPISODES, JOINTS)), np.zeros((EPISODES, LENGTH_S))

    def watch(moment: Moment) -> None:
        now_s = moment.step * controller.spec.control_step_s
        course[:, min(int(now_s), LENGTH_S - 1)] += moment.reward * controller.spec.control_step_s
        if now_s >= FROM_S:
            late[:] += np.where(moment.running, moment.reward, 0.0)
        if now_s >= FROM_S + 1 and moment.running.all():
            np.maximum(moved, np.abs(moment.observation[:, :JOINTS]), out=moved)

    rollout(env, controller, controller.spec, Streams.evaluation(EPISODES), watch=watch)
    env.close()
    stuck = moved < STILL_RAD
    hurt = [float(late[stuck[:, k]].mean()) for k in range(JOINTS)]
    whole = ~stuck.any(1)
    return {
        "intact": float(late[whole].mean()), "hurt": float(np.mean(hurt)), "least": min(hurt),
        "course": [course[whole].mean(0).tolist(), course[~whole].mean(0).tolist()],
    }  # fmt: skip


def evolved(name: str, generations: int, seed: int) -> dict[str, dict[str, Any]]:
    """By CMA-ES on bodies of which any joint or none sticks; and, of plastic ones, with the rule undone in two ways."""
    one_thread()
    steps = generations * POPULATION * 2 * 1000
    setting = Setting(world=damaged(), controller=ARMS[name], steps=steps, seed=seed, threads=1)
    learner = CMAConfig(population=POPULATION, episodes=2, sigma=0.4).build(setting)
    learner.train(lambda progress: None)
    learner.close()
    controller = learner.controller
    found = {"as evolved": judged(controller)}
    found["as evolved"]["parameters"] = controller.parameter_count()
    if isinstance(controller, PlasticWired):
        gain = controller.synapses.gain
        with torch.no_grad():
            before = gain.clone()
            gain.zero_()
            found["gain cut to 0"] = judged(controller)
            gain.copy_(before)
            if name == "ABCD":
                found["shuffled"] = _shuffled(controller, seed)
    return found


def _shuffled(controller: PlasticWired, seed: int) -> dict[str, Any]:
    """Mean over three orders of the four coefficients in which none is at its place."""
    coefficients = controller.synapses.rule.get_parameter("coefficients")
    orders = [o for o in itertools.permutations(range(4)) if all(i != k for k, i in enumerate(o))]
    chosen = np.random.default_rng(seed).permutation(len(orders))[:3]
    own, seen = coefficients.clone(), list[dict[str, Any]]()
    for k in chosen:
        coefficients.copy_(own[list(orders[k])])
        seen.append(judged(controller))
    coefficients.copy_(own)
    return {key: float(np.mean([s[key] for s in seen])) for key in ("intact", "hurt", "least")}


def stuck_rows(bench: Bench) -> Iterator[Row]:
    """Return kept by each, and the differences from the nulls."""
    seeds, generations = bench.seeds or (2 if bench.quick else 5), 1 if bench.quick else 5
    runs: dict[str, list[Any]] = {
        arm: [bench.once(f"stuck {arm} {generations} {s}", partial(evolved, arm, generations, s)) for s in range(seeds)]
        for arm in ARMS
    }

    def kept(arm: str, how: str = "as evolved") -> np.ndarray:
        """Over the same agent's return intact."""
        return np.array([run[how]["hurt"] / run["as evolved"]["intact"] for run in runs[arm]])

    def mean(arm: str, what: str) -> float:
        return float(np.mean([run["as evolved"][what] for run in runs[arm]]))

    _drawn(bench, {arm: np.array([run["as evolved"]["course"] for run in of]) for arm, of in runs.items()})
    lost = np.array([run["as evolved"]["intact"] - run["as evolved"]["hurt"] for run in runs["plain"]])
    yield _row("positive control: return that the plain swimmer loses by a stuck joint", lost, seeds,
               f"intact {mean('plain', 'intact'):.0f} of at most 667", "above 0 by the interval", "return")  # fmt: skip
    for arm in ARMS:
        values, barred = kept(arm), arm != "plain"
        yield Row(
            row=f"a joint stuck from second {FROM_S:g}, {arm}: return kept", value=float(values.mean()), unit="share",
            interval=student_interval(values.tolist()), n=seeds,
            peer=f"intact {mean(arm, 'intact'):.0f}, stuck {mean(arm, 'hurt'):.0f}, with the worst joint "
                 f"{mean(arm, 'least'):.0f}; {mean(arm, 'parameters'):.0f} numbers evolved",
            reach="at least 0.7" if barred else "", holds=bool(values.mean() >= 0.7) if barred else None,
        )  # fmt: skip
    for arm in ("ABCD", "gated"):
        yield _row(f"a joint stuck, {arm} less plain: return kept", kept(arm) - kept("plain"), seeds,
                   "plain evolved at equal steps", "above 0 by the interval")  # fmt: skip
        yield _row(f"a joint stuck, {arm} less itself with the gain cut to 0: return kept",
                   kept(arm) - kept(arm, "gain cut to 0"), seeds, "", "")  # fmt: skip
    shuffled = kept("ABCD") - kept("ABCD", "shuffled")
    yield _row("a joint stuck, ABCD less itself with shuffled coefficients: return kept", shuffled, seeds,
               "three orders each", "above 0 by the interval")  # fmt: skip


def _drawn(bench: Bench, courses: dict[str, np.ndarray]) -> None:
    """Speed over time of intact and damaged swimmers, one line an arm, its seeds behind it; beside the table."""
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 2, sharey=True)
    for k, (axis, title) in enumerate(zip(panels, ("intact", "one joint stuck, mean over joints"), strict=True)):
        for colour, (arm, of) in zip(("black", "tab:orange", "tab:blue"), courses.items(), strict=True):
            axis.plot(np.arange(LENGTH_S) + 0.5, of[:, k].T, color=colour, alpha=0.2, linewidth=0.8)
            axis.plot(np.arange(LENGTH_S) + 0.5, of[:, k].mean(0), color=colour, linewidth=2, label=arm)
        axis.axvline(FROM_S, color="grey", linestyle=":")
        axis.set(title=title, xlabel="time (s)", ylim=(0, 1.02))
    panels[0].set_ylabel("speed (share of the full 0.1 m/s)")
    panels[0].legend(frameon=False, loc="lower right")
    figure.savefig(bench.work.parent.parent / "plasticity-stuck.png", dpi=110)


def _row(row: str, values: Sequence[float] | np.ndarray, seeds: int, peer: str, reach: str, unit: str = "share") -> Row:
    """A difference, seed by seed."""
    interval = student_interval(np.asarray(values).tolist())
    return Row(
        row=row, value=float(np.mean(values)), unit=unit, interval=interval, n=seeds, peer=peer, reach=reach,
        holds=(interval is not None and interval[0] > 0) if reach else None,
    )  # fmt: skip
