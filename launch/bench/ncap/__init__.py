"""The claims of the NCAP paper, and what goes past it: training, ablations, transfer, lesions, other bodies."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from innervate.agents.learner import LearnerConfig, WorldConfig
from innervate.agents.learners.cma import CMAConfig
from innervate.agents.learners.ppo import PPOConfig
from innervate.controllers import ControllerConfig
from innervate.controllers.circuits.gru import GRUConfig
from innervate.controllers.circuits.linear import LinearConfig
from innervate.controllers.circuits.mlp import MLPConfig
from innervate.controllers.circuits.ncap import NCAPConfig
from innervate.controllers.circuits.wiring import WiringConfig
from innervate.launch.bench._kit.benchmark import Bench, Part
from innervate.launch.bench._kit.movement import travelled
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench._kit.training import held_out_returns, of_preset, rebuilt, steps_to, trained
from innervate.launch.run.config import RunConfig
from innervate.launch.run.evaluation import untrained
from innervate.launch.run.preset import PRESETS
from innervate.launch.run.statistics import bootstrap_interval, interquartile_mean

SWIM = WorldConfig(id="swim")
EPISODES = 20
"""Held-out initial states behind every trained return."""
EVOLVED = CMAConfig(population=12, episodes=2, sigma=0.5)


@dataclass(frozen=True)
class Contestant:
    """A controller, how it is trained, and for how long."""

    name: str
    controller: ControllerConfig
    learner: LearnerConfig
    steps: int
    quick_steps: int
    seeds: int
    reference: str = ""

    def run(self, seed: int, quick: bool) -> RunConfig:
        """Its training run."""
        steps = self.quick_steps if quick else self.steps
        controller = self.controller
        if isinstance(controller, WiringConfig) and controller.null != "none":
            controller = replace(controller, null_seed=seed)  # another random circuit for each seed
        return RunConfig(world=SWIM, controller=controller, learner=self.learner, steps=steps, seed=seed)


_NCAP, _ENTRAINED = PRESETS["swim-ncap-cma"], PRESETS["swim-entrained-cma"]
_PPO = PPOConfig()
CONTESTANTS = (
    Contestant("entrained, evolved", WiringConfig(), _ENTRAINED.learner, 480_000, 120_000, 10),
    Contestant("NCAP, evolved", NCAPConfig(), _NCAP.learner, 400_000, 96_000, 5, "PPO 10 M steps: 927 ± 22"),
    Contestant("linear, evolved", LinearConfig(), CMAConfig(population=24, sigma=0.1), 480_000, 72_000, 2),
    Contestant("entrained, PPO", WiringConfig(), PRESETS["swim-entrained-ppo"].learner, 100_000, 16_000, 2),
    Contestant("MLP(256, 256), PPO", MLPConfig(), _PPO, 300_000, 32_000, 1, "10 M steps: 987 ± 6"),
    Contestant("MLP(64, 64), PPO", MLPConfig(hidden=(64, 64)), _PPO, 150_000, 32_000, 1),
    Contestant("GRU, PPO", GRUConfig(slowest_s=None), _PPO, 100_000, 16_000, 1),
)
ABLATIONS: dict[str, NCAPConfig] = {
    "whole": NCAPConfig(),
    "no proprioception": NCAPConfig(proprioception=False),
    "no oscillator": NCAPConfig(oscillator=False),
    "no sign constraint": NCAPConfig(signed=False),
    "uniform initial weights": NCAPConfig(initial="uniform"),
    "unshared": NCAPConfig(shared=False),
}
WORMS = {"connectome": "none", "rewired null": "rewired", "random sparse": "random"}
WORM_STEPS = 240_000
"""Enough to tell the circuits apart; the preset trains longer."""
TRANSFER: dict[int, float | None] = {
    3: 520, 4: 690, 8: 965, 10: None, 12: None, 14: 973, 15: None, 20: None,
}  # fmt: skip
"""Links to the return to reach, from six links, without training on them."""


def _seeds(bench: Bench, most: int) -> int:
    return min(most, bench.seeds or (2 if bench.quick else most))


def _train(bench: Bench, c: Contestant) -> list[dict[str, Any]]:
    every = 1 if isinstance(c.learner, CMAConfig) and c.steps <= 500_000 else 10_000
    runs = list[dict[str, Any]]()
    for seed in range(_seeds(bench, c.seeds)):
        bench.say(f"ncap: {c.name}, seed {seed}")
        config = c.run(seed, bench.quick)
        runs.append(bench.once(f"train {config}", lambda r=config: trained(r, every, held_out=EPISODES)))
    return runs


def _summary(scores: np.ndarray) -> tuple[float, tuple[float, float]]:
    """Interquartile mean over runs and episodes, and its interval over runs; over episodes where there is one run."""
    table = scores.T if len(scores) == 1 else scores
    return interquartile_mean(scores), bootstrap_interval(table[:, None], np.random.default_rng(0))


def _returns(c: Contestant, runs: list[dict[str, Any]], bench: Bench) -> Iterable[Row]:
    scores = np.array([r["held_out"] for r in runs])
    value, interval = _summary(scores)
    means, sds = scores.mean(axis=1), scores.std(axis=1, ddof=1)
    sd = float(np.median(sds))
    before = float(np.mean([r["curve"][0][1] for r in runs]))
    reach, holds, count = "", None, ""
    if c.name == "entrained, evolved":
        reach = "median run, at most 10 weights: >= 945 with sd <= 15; fewer than 200: >= 980"
        holds = bool(runs[0]["parameters"] <= 10 and np.median(means) >= 980 and sd <= 15)
        good = int(((means >= 980) & (sds <= 15)).sum())
        worst = f"{means.min():.0f} ± {sds[means.argmin()]:.0f}"
        count = f"; {good} of {len(runs)} runs meet both bars, the worst has {worst}"
    steps = c.quick_steps if bench.quick else c.steps
    yield Row(
        row=f"swim, {c.name}: {runs[0]['parameters']:,} weights, held-out return after {steps // 1000} k steps",
        value=value, unit="", interval=interval, n=len(runs),
        peer=f"median run {np.median(means):.1f}, sd over initial states {sd:.1f}; "
        f"before training {before:.0f}{count}" + (f"; reference {c.reference}" if c.reference else ""),
        reach=reach, holds=holds,
    )  # fmt: skip


def _speed_of_learning(results: dict[str, list[dict[str, Any]]]) -> Iterable[Row]:
    bars = {("entrained, evolved", 900): 20_000.0, ("entrained, PPO", 900): 150_000.0}
    for name, runs in results.items():
        for reach in (800, 850, 900, 950):
            found = np.array([steps_to(r["curve"], reach) for r in runs])
            bar = bars.get((name, reach))
            middle = float(np.median(found))
            never = "not reached by the median run; " if np.isinf(middle) else ""
            yield Row(
                row=f"swim, {name}: median environment steps to {reach}", value=None if never else middle,
                unit="" if never else "steps", n=len(runs),
                peer=never + {900: "reference PPO: NCAP 560 k, MLP 220 k"}.get(reach, ""),
                reach="" if bar is None else f"<= {bar / 1000:g} k", holds=None if bar is None else middle <= bar,
            )  # fmt: skip


def _transfer(bench: Bench, runs: list[dict[str, Any]]) -> Iterable[Row]:
    episodes = 10 if bench.quick else EPISODES
    for links, bar in TRANSFER.items():
        world = WorldConfig(id="swim", options={"n_links": links})

        def measure(world: WorldConfig = world) -> list[list[float]]:
            controllers = [rebuilt(WiringConfig(), r["weights"], world) for r in runs]
            return [held_out_returns(c, world, episodes).tolist() for c in controllers]

        scores = np.array(bench.once(f"transfer {links} {len(runs)} {episodes}", measure))
        value, interval = _summary(scores)
        yield Row(
            row=f"swim, entrained, evolved on 6 links: zero-shot on {links} links", value=value, unit="",
            interval=interval, n=len(runs), peer={3: "PPO-NCAP 394", 4: "678", 8: "965", 14: "973"}.get(links, ""),
            reach="" if bar is None else f">= {bar:g}", holds=None if bar is None else value >= bar,
        )  # fmt: skip


def _sensor_lesions(bench: Bench, runs: list[dict[str, Any]]) -> Iterable[Row]:
    joints = 5
    rng = np.random.default_rng(0)
    draws = 3 if bench.quick else 10
    for silent in (1, 2, 3, 5):
        choices = [sorted(rng.choice(2 * joints, silent, replace=False).tolist()) for _ in range(draws)]

        def measure(choices: list[list[int]] = choices) -> list[list[float]]:
            result = list[list[float]]()
            for run in runs[:3]:
                row = list[float]()
                for choice in choices:
                    names = tuple(f"S{'DV'[k // joints]}{k % joints}" for k in choice)
                    cut = rebuilt(WiringConfig(lesion=names), run["weights"], SWIM)
                    row.append(float(held_out_returns(cut, SWIM, 5).mean()))
                result.append(row)
            return result

        scores = np.array(bench.once(f"sensor lesions {silent} {draws} {len(runs)}", measure))
        value, interval = _summary(scores)
        yield Row(
            row=f"swim, entrained: {silent} of {2 * joints} stretch receptors silent", value=value, unit="",
            interval=interval, n=scores.size, peer="random receptors, the same for every run",
        )  # fmt: skip


def _movement(bench: Bench, results: dict[str, list[dict[str, Any]]]) -> Iterable[Row]:
    configs = {c.name: c.controller for c in CONTESTANTS}
    for name in ("entrained, evolved", "NCAP, evolved", "MLP(256, 256), PPO"):
        weights = results[name][0]["weights"]

        def measure(name: str = name, weights: Any = weights) -> list[list[float]]:
            return [list(x) for x in travelled(rebuilt(configs[name], weights, SWIM), SWIM, 10)]

        metres, cost = (np.array(x) for x in bench.once(f"movement {name} {configs[name]}", measure))
        yield Row(
            row=f"swim, {name}: net displacement in 30 s", value=float(metres.mean()), unit="m", n=len(metres),
            peer=f"mean squared action {cost.mean():.2f}",
        )  # fmt: skip


def _ablations(bench: Bench) -> Iterable[Row]:
    seeds = _seeds(bench, 2)
    steps = 48_000 if bench.quick else 144_000
    for name, config in ABLATIONS.items():
        before = np.array(
            [
                bench.once(f"ablation before {config} {s}", lambda c=config, s=s: _start(c, s))
                for s in range(3 if bench.quick else 10)
            ]
        )
        runs = [RunConfig(world=SWIM, controller=config, learner=EVOLVED, steps=steps, seed=s) for s in range(seeds)]
        bench.say(f"ncap: ablation, {name}")
        after = [bench.once(f"train {r}", lambda r=r: trained(r, 10**9, held_out=EPISODES)) for r in runs]
        value, interval = _summary(np.array([r["held_out"] for r in after]))
        yield Row(
            row=f"NCAP, {name}: return after {steps // 1000} k steps of evolution", value=value, unit="",
            interval=interval, n=seeds, peer=f"before training {before.mean():.0f} (sd over seeds {before.std():.0f})",
        )  # fmt: skip


def _start(config: ControllerConfig, seed: int) -> float:
    return float(untrained(SWIM, config, list(range(10)), seed=seed).mean())


def _worms(bench: Bench) -> Iterable[Row]:
    preset = PRESETS["swim-worm-cma"]
    found: dict[str, np.ndarray] = {}
    before: dict[str, float] = {}
    for name, null in WORMS.items():
        config = WiringConfig(circuit="worm", null=null)  # pyright: ignore[reportArgumentType]
        runs = _train(bench, Contestant(name, config, preset.learner, WORM_STEPS, 60_000, 3))
        found[name] = np.array([r["held_out"] for r in runs])
        before[name] = float(np.mean([r["curve"][0][1] for r in runs]))
    for name, scores in found.items():
        value, interval = _summary(scores)
        low, high = _summary(found["rewired null"])[1]
        against = f"; rewired null {low:.0f} to {high:.0f}" if name == "connectome" else ""
        yield Row(
            row=f"swim, worm's locomotion circuit (Cook 2019), {name}, evolved", value=value, unit="",
            interval=interval, n=len(scores), peer=f"before training {before[name]:.0f}{against}",
        )  # fmt: skip


def _navigate(bench: Bench) -> Iterable[Row]:
    steps = 128_000 if bench.quick else PRESETS["navigate-entrained-cma"].steps
    reached = list[float]()
    for seed in range(_seeds(bench, 2)):
        config = of_preset("navigate-entrained-cma", seed, steps)
        bench.say(f"ncap: navigate, seed {seed}")
        run = bench.once(f"train {config}", lambda r=config: trained(r, 10**9, held_out=100))
        reached.append(100 * float(np.mean(run["success"])))
    value = float(np.mean(reached))
    yield Row(
        row="navigate, entrained, evolved: targets reached in 30 s, of 100 random ones", value=value, unit="%",
        interval=(min(reached), max(reached)), n=len(reached), peer="interval: lowest and highest seed",
        reach=">= 90", holds=value >= 90,
    )  # fmt: skip


def _swimmer_v5(bench: Bench) -> Iterable[Row]:
    world = WorldConfig(id="Swimmer-v5")
    before = np.array(
        bench.once("swimmer-v5 untrained", lambda: untrained(world, WiringConfig(), list(range(10))).tolist())
    )
    yield Row(
        row="Swimmer-v5, entrained, untrained", value=float(before.mean()), unit="", n=10,
        peer="NCAP 91 to 115", reach=">= 115", holds=float(before.mean()) >= 115,
    )  # fmt: skip
    steps = 120_000 if bench.quick else PRESETS["swimmer-v5-entrained-cma"].steps
    scores = list[list[float]]()
    for seed in range(_seeds(bench, 3)):
        config = of_preset("swimmer-v5-entrained-cma", seed, steps)
        bench.say(f"ncap: Swimmer-v5, seed {seed}")
        scores.append(bench.once(f"train {config}", lambda r=config: trained(r, 10**9, held_out=10))["held_out"])
    value, interval = _summary(np.array(scores))
    yield Row(
        row=f"Swimmer-v5, entrained, evolved for {steps // 1000} k steps", value=value, unit="", interval=interval,
        n=len(scores), peer="zoo: PPO 282, linear ARS 350, TD3 359 (v3)", reach=">= 350", holds=value >= 350,
    )  # fmt: skip


def _best(bench: Bench) -> list[dict[str, Any]]:
    return _train(bench, CONTESTANTS[0])


def _contestants(bench: Bench) -> Iterable[Row]:
    results: dict[str, list[dict[str, Any]]] = {}
    for contestant in CONTESTANTS:
        results[contestant.name] = _train(bench, contestant)
        yield from _returns(contestant, results[contestant.name], bench)
    yield from _speed_of_learning(results)
    yield from _movement(bench, results)


PARTS: dict[str, Part] = {
    "transfer": lambda bench: _transfer(bench, _best(bench)),
    "sensors": lambda bench: _sensor_lesions(bench, _best(bench)),
    "navigate": _navigate,
    "swimmer-v5": _swimmer_v5,
    "worms": _worms,
    "ablations": _ablations,
    "contestants": _contestants,
}
