"""The main job: the worm-wired swimmer trains by evolution and by PPO, survives being killed, and starts quickly."""

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from innervate.launch.bench._kit.benchmark import Bench, Part
from innervate.launch.bench._kit.crashes import killed_training, same_parameters, train_command
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench._kit.training import of_preset, trained
from innervate.launch.run.preset import PRESETS

Curve = list[tuple[int, float]]


def _evolution(bench: Bench) -> Iterable[Row]:
    preset = PRESETS["swim-ncap-cma"]
    seeds = bench.seeds or (2 if bench.quick else 5)
    runs = [
        bench.once(f"evolution {preset} {s}", lambda s=s: trained(of_preset("swim-ncap-cma", s), 32_000))
        for s in range(seeds)
    ]
    means = np.array([np.mean(r["held_out"]) for r in runs])
    yield Row(
        row="`make demo`'s training: return over 10 held-out episodes, lowest of the training seeds",
        value=float(means.min()), unit="", interval=(float(means.min()), float(means.max())), n=seeds,
        peer=f"mean over seeds {means.mean():.1f}; untrained {np.mean([r['curve'][0][1] for r in runs]):.0f}; "
        f"{np.mean([r['cpu_s'] for r in runs]):.0f} CPU-s a run",
        reach="at least 900", holds=bool(means.min() >= 900),
    )  # fmt: skip


def _at(curve: Curve, steps: int) -> float:
    """Return at the last evaluation up to `steps`."""
    return [value for at, value in curve if at <= steps][-1]


def _ppo(bench: Bench) -> Iterable[Row]:
    seeds = bench.seeds or (1 if bench.quick else 2)
    steps = 120_000 if bench.quick else 200_000
    curves: dict[str, list[Curve]] = {}
    for preset in ("swim-ncap-ppo", "swim-mlp-ppo"):
        curves[preset] = []
        for seed in range(seeds):
            bench.say(f"{preset}, seed {seed}")
            result = bench.once(
                f"ppo {replace(PRESETS[preset], steps=steps)} {seed}",
                lambda p=preset, s=seed: trained(of_preset(p, s, steps), 20_000),
            )
            curves[preset].append([(int(a), float(b)) for a, b in result["curve"]])
    ncap, mlp = curves["swim-ncap-ppo"], curves["swim-mlp-ppo"]
    lowest = min(value for curve in ncap for at, value in curve if at <= 62_000)
    yield Row(
        row="PPO on NCAP: lowest evaluation up to 60 k steps", value=lowest, unit="", n=seeds,
        peer="reference log 775 at 20 k, 784 at 60 k", reach="at least 790", holds=lowest >= 790,
    )  # fmt: skip
    reference = {20: (775, 189), 100: (798, 654), 200: (824, 877), 500: (898, 972)}
    for k, (their_ncap, their_mlp) in reference.items():
        if k * 1000 > steps:
            continue
        for name, ours, theirs in (("NCAP", ncap, their_ncap), ("MLP(256, 256)", mlp, their_mlp)):
            values = np.array([_at(c, k * 1000 + 4096) for c in ours])
            yield Row(
                row=f"PPO on {name}: return at {k} k steps", value=float(values.mean()), unit="", n=seeds,
                interval=(float(values.min()), float(values.max())), peer=f"reference log, one seed: {theirs}",
            )  # fmt: skip
    end = float(np.mean([c[-1][1] for c in mlp]) - np.mean([c[-1][1] for c in ncap]))
    yield Row(
        row=f"PPO: the MLP's lead over NCAP at {steps // 1000} k steps", value=end, unit="", n=seeds,
        peer="reference log: 74 at 500 k", reach="above 0", holds=end > 0,
    )  # fmt: skip


def _kills(bench: Bench) -> Iterable[Row]:
    kills = 4 if bench.quick else 10
    for learner, steps in (("ppo", 256 * 120), ("cma", 4000 * 12)):
        bench.say(f"{kills} kills of {learner}")

        def measure(learner: str = learner, steps: int = steps) -> list[int]:
            with tempfile.TemporaryDirectory() as scratch:
                whole, cut = Path(scratch) / "whole", Path(scratch) / "cut"
                subprocess.run(train_command(whole, learner, steps, resume=False), check=True, capture_output=True)
                hit, failures = killed_training(cut, learner, steps, kills, np.random.default_rng(0))
                return [hit, failures, int(same_parameters(whole, cut))]

        hit, failures, same = bench.once(f"kills {learner} {steps} {kills}", measure)
        yield Row(
            row=f"{learner}: resumptions after SIGKILL at random instants that failed", value=failures,
            unit=f"of {hit}", n=hit, peer="parameters equal an uninterrupted run's bit for bit: "
            + ("yes" if same else "no"), reach="0, and equal bit for bit", holds=failures == 0 and same == 1,
        )  # fmt: skip


def _startup() -> Iterable[Row]:
    import resource

    def children_s() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    costs: list[float] = []
    for _ in range(7):
        began = children_s()
        subprocess.run([sys.executable, "-m", "innervate", "--help"], check=True, capture_output=True)
        costs.append(children_s() - began)
    cost = float(np.median(costs))
    yield Row(
        row="`innervate --help`", value=cost, unit="CPU-s", n=7, reach="below 1", holds=cost < 1,
    )  # fmt: skip


PARTS: dict[str, Part] = {
    "evolution": _evolution,
    "ppo": _ppo,
    "kills": _kills,
    "start": lambda bench: _startup(),
}
