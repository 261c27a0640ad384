"""The swimmer climbs an odour: a sine, the entrained circuit, it with an evolved reflex, and who knows the way."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from innervate.agents.experience.rollout import Moment, rollout
from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.learners.cma import CMAConfig
from innervate.agents.seeds import Streams
from innervate.controllers import Controller
from innervate.controllers.circuits.klinotaxis import KlinotaxisConfig
from innervate.controllers.circuits.sine import SineConfig
from innervate.controllers.circuits.wiring import WiringConfig
from innervate.launch.analysis.measures.foraging import chemotaxis_index
from innervate.launch.analysis.recordings.trials import Diary, merged, tells_trials
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.config import EvaluationConfig
from innervate.launch.run.evaluation import load_controller
from innervate.launch.run.statistics import mean_interval
from innervate.launch.run.training import train

OPTIONS: dict[str, Any] = {"protocol": "chemotaxis", "body": "swimmer", "trials": 1}
WORLD = WorldConfig(id="innervate/HiddenGoal-v0", options=OPTIONS)
BENDS = 0.5
"""How far the oracle's head bends at most, as a fraction of the actuator's limit."""


class KnowsTheWay(Controller):
    """The entrained circuit whose head bends to the side of the food, by the truth: the bound on what a reflex can do.

    `aside` is set from outside before each step: the angle to the food, positive to the left.
    """

    recurrence = "learned"

    def __init__(self, swimmer: Controller) -> None:
        super().__init__(swimmer.spec)
        self.swimmer, self.aside = swimmer, torch.zeros(1)

    def initial_state(self, batch: int) -> Any:
        """The swimmer's."""
        return self.swimmer.initial_state(batch)

    def forward(self, obs: Any, state: Any) -> Any:
        """Swim, with a bent head."""
        action, after = self.swimmer(obs, state)
        bent = torch.zeros_like(action)
        bent[:, 0] = BENDS * torch.tanh(2 * self.aside.expand(len(action)))
        return action + bent, after


def smelt(controller: Controller, animals: int) -> dict[str, Any]:
    """Index, finding and latency of each animal, one trial of 120 s each; and the first tracks."""
    env = make_vector_env(WORLD, animals)
    diary = Diary(animals, controller.spec.control_step_s)

    def watch(moment: Moment) -> None:
        if not tells_trials(moment.info):
            return
        truth = merged(moment.info, np.asarray(moment.info.get("_final_info", np.zeros(animals, bool))))
        diary.note(truth, moment.running)
        if isinstance(controller, KnowsTheWay):
            way = truth["goal_m"][:, :2] - truth["position_m"]
            off = np.arctan2(way[:, 1], way[:, 0]) - truth["heading_rad"]
            controller.aside = torch.from_numpy((off + np.pi) % (2 * np.pi) - np.pi).float()

    rollout(env, controller, controller.spec, Streams.evaluation(animals), watch=watch)
    env.close()
    trials = [day[0] for day in diary.days]
    return {
        "index": [chemotaxis_index(t.track_m, t.goal_m[0]) for t in trials], "found": [t.found for t in trials],
        "latency_s": [t.latency_s for t in trials],
        "tracks": [t.track_m[::5].round(3).tolist() for t in trials[:4]],
        "goals": [t.goal_m[0].tolist() for t in trials[:4]],
    }  # fmt: skip


def built(config: Any) -> Controller:
    """A controller as a run would begin with it."""
    env = make_vector_env(WORLD, 1)
    spec = controller_spec(env)
    env.close()
    return config.build(spec, torch.Generator().manual_seed(0))


def evolved(steps: int, seed: int, animals: int) -> dict[str, Any]:
    """The reflex after some generations of CMA-ES, the circuit that swims left as it is."""
    with TemporaryDirectory() as scratch:
        folder = train(
            WORLD, controller=KlinotaxisConfig(gain=0.4, swimmer=WiringConfig()),
            learner=CMAConfig(population=12, episodes=3, sigma=0.2),
            steps=steps, seed=seed, threads=1, evaluation=EvaluationConfig(every_steps=0), out=Path(scratch) / "run",
        )  # fmt: skip
        controller = load_controller(folder, WORLD)
    weights = [round(float(x), 3) for p in controller.parameters() if p.requires_grad for x in p.reshape(-1)]
    return {**smelt(controller, animals), "weights": weights}


def rows(bench: Bench) -> Iterable[Row]:
    """Index of each, and the paths as a picture."""
    animals, steps = (6, 150_000) if bench.quick else (48, 2_000_000)
    found = {
        "sine": bench.once(f"smell sine {animals}", lambda: smelt(built(SineConfig()), animals)),
        "entrained circuit, no reflex": bench.once(
            f"smell entrained {animals}", lambda: smelt(built(WiringConfig()), animals)
        ),
        "oracle: bends to the food": bench.once(
            f"smell oracle {animals}", lambda: smelt(KnowsTheWay(built(WiringConfig())), animals)
        ),
        "entrained circuit, evolved klinotaxis": bench.once(
            f"smell klinotaxis {animals} {steps}", lambda: evolved(steps, 0, animals)
        ),
    }  # fmt: skip
    draw(bench, found)
    best = float(np.mean(found["oracle: bends to the food"]["index"]))
    for who, told in found.items():
        index = np.array(told["index"])
        reflex = who.endswith("klinotaxis")
        enough = float(index.mean()) >= 0.8 * best
        yield Row(
            row=f"chemotaxis index, {who}", value=float(index.mean()), unit="1", interval=mean_interval(index),
            n=animals, peer=f"found within 120 s: {np.mean(told['found']):.2f}",
            reach=">= 0.8 of the oracle's" if reflex else "", holds=enough if reflex else None,
        )  # fmt: skip


def draw(bench: Bench, found: dict[str, dict[str, Any]]) -> None:
    """Paths of the first animals of each, beside the pieces."""
    figure = Figure(figsize=(3 * len(found), 3.2), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    panels: Any = np.ravel(figure.subplots(1, len(found), squeeze=False))
    for panel, (who, told) in zip(panels, found.items(), strict=True):
        for k, (track, goal) in enumerate(zip(told["tracks"], told["goals"], strict=True)):
            way = np.array(track) - np.array(goal)  # so that all swim to the middle
            panel.plot(*way.T, lw=0.7, color=f"C{k}")
            panel.plot(*way[0], "o", ms=3, color=f"C{k}")
        panel.plot(0, 0, "k+", ms=8)
        panel.set_title(f"{who}: {np.mean(told['index']):.2f}", fontsize=7)
        panel.set(aspect="equal")
        panel.tick_params(labelsize=6)
    bench.work.mkdir(parents=True, exist_ok=True)
    figure.savefig(bench.work / "chemotaxis.png")
