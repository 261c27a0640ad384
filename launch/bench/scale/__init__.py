"""Sweeps that survive, intervals that cover, exports and reports that hold."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

import numpy as np

from innervate.controllers import CONTROLLERS, ControllerConfig
from innervate.controllers.circuits.wiring import WiringConfig
from innervate.controllers.registry import WORM, example_body
from innervate.launch.bench._kit.benchmark import Bench, Part
from innervate.launch.bench._kit.browser import CHROMIUM, photograph
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.scale.cluster import differences, disturbed_sweep
from innervate.launch.bench.scale.coverage import KINDS, coverage, improvement_coverage, percentile_coverage
from innervate.launch.commands.train import configuration, parse
from innervate.launch.run.export_parity import closed_loop
from innervate.launch.run.page import write_page
from innervate.launch.run.training import Run

RECIPE = ("swim-ncap-cma", "--env.n-links", "3", "--evaluation.every-steps", "32000", "--checkpoint-s", "1")
LOOP = """
import sys
from innervate.launch.sweep.trial import complete_trial
from innervate.launch.commands.train import configuration, parse
out, seeds, words = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
for seed in range(seeds):
    config = configuration(parse(["--preset", *words, "--seed", str(seed), "--threads", "1"]))
    complete_trial(f"{out}/seed-{seed}", config.to_dict())
"""


def _disturbed(bench: Bench) -> Iterable[Row]:
    steps, kills = (48_000 if bench.quick else 160_000), 3
    words = [*RECIPE, "--grid", "cma.sigma=0.3,0.6,1.0", "--seeds", "4", "--steps", str(steps)]

    def measure() -> tuple[int, int, list[str]]:
        with tempfile.TemporaryDirectory() as scratch:
            calm, storm = Path(scratch) / "calm", Path(scratch) / "storm"
            bench.say("12 trials, undisturbed")
            _sweep([*words, "--out", str(calm)])
            bench.say(f"12 trials on three nodes, {kills} of which are killed")
            met = disturbed_sweep(words, storm, 12, kills, np.random.default_rng(0))
            return met, len(list(storm.glob("*/README.md"))), differences(calm, storm)

    met, complete, differing = bench.once(f"disturbed {words}", measure)
    yield Row(
        row="sweep of 12 trials on a 3-node Ray cluster, a worker killed 3 times: trials equal to undisturbed ones",
        value=complete - len(differing), unit="of 12", n=met, peer=f"{met} kills, {complete} complete",
        reach="12", holds=met == kills and complete == 12 and not differing,
    )  # fmt: skip


def _speed(bench: Bench) -> Iterable[Row]:
    rounds, trials = (1, 4) if bench.quick else (bench.seeds or 1, 8)
    steps = 64_000 if bench.quick else 400_000
    words = [*RECIPE, "--steps", str(steps)]

    def measure() -> dict[str, float]:
        with tempfile.TemporaryDirectory() as scratch:
            loop = [sys.executable, "-c", LOOP, f"{scratch}/loop", str(trials), *words]
            took = {"loop": _timed(loop)}
            for processes in (1, 2):
                sweep = [*words, "--seeds", str(trials), "--processes", str(processes)]
                took[f"{processes}"] = _timed(_command([*sweep, "--out", f"{scratch}/{processes}"]))
            return took

    found = list[dict[str, float]]()
    for i in range(rounds):
        bench.say(f"{trials} trials in a plain loop, by a sweep on one process, and on two: round {i + 1} of {rounds}")
        found.append(bench.once(f"speed {words} {trials} round {i}", measure))
    overheads = [(f["1"] - f["loop"]) / trials for f in found]
    ratios = [f["1"] / f["2"] for f in found]
    loop_s = median(f["loop"] for f in found) / trials
    yield Row(
        row="overhead of a sweep for each trial, beyond the same trials in a plain loop",
        value=median(overheads), unit="s", n=rounds, peer=f"a trial takes {loop_s:.1f} s in the loop",
        interval=(min(overheads), max(overheads)), reach="under 3", holds=median(overheads) < 3,
    )  # fmt: skip
    yield Row(
        row=f"a sweep of {trials} trials on two processes against one", value=median(ratios), unit="times", n=rounds,
        interval=(min(ratios), max(ratios)), peer="start of the processes included", reach="at least 1.8",
        holds=median(ratios) >= 1.8,
    )  # fmt: skip


def _coverage(bench: Bench) -> Iterable[Row]:
    data_sets = 400 if bench.quick else 2000
    for runs in (5, 10):
        shares, plain = list[float](), list[float]()
        for kind in KINDS:
            bench.say(f"coverage at {runs} runs, {kind}")
            for name, method, found in (("t", coverage, shares), ("percentile", percentile_coverage, plain)):
                key = f"coverage {name} {kind} {runs} {data_sets}"
                found.append(bench.once(key, lambda m=method, k=kind, n=runs: m(k, n, data_sets)))
        yield Row(
            row=f"coverage of the 95 % bootstrap interval at {runs} runs: the worst of {len(KINDS)} distributions",
            value=100 * max(shares, key=lambda s: abs(s - 0.95)), unit="%", n=data_sets,
            interval=(100 * min(shares), 100 * max(shares)),
            peer=f"percentile bootstrap {100 * min(plain):.1f} to {100 * max(plain):.1f} %; interval: lowest, highest",
            reach="93 to 97", holds=all(0.93 <= s <= 0.97 for s in shares),
        )  # fmt: skip
    share = bench.once(f"improvement {data_sets}", lambda: improvement_coverage(8, data_sets))
    yield Row(
        row="coverage of the 95 % interval of a probability of improvement, 8 runs against 8",
        value=100 * share, unit="%", n=data_sets, reach="93 to 97", holds=0.93 <= share <= 0.97,
    )  # fmt: skip


def _export(bench: Bench) -> Iterable[Row]:
    steps = 200 if bench.quick else 1000
    worst = dict[str, float]()
    configurations: dict[str, ControllerConfig] = {
        n: kind() for n, kind in CONTROLLERS.items() if example_body(n) is WORM
    }
    configurations["wiring-worm"] = WiringConfig(circuit="worm")
    for name, config in configurations.items():
        bench.say(f"ONNX beside torch: {name}")
        worst[name], _ = bench.once(f"onnx {config} {steps}", lambda c=config: closed_loop(c, steps))
    name = max(worst, key=lambda k: worst[k])
    yield Row(
        row=f"ONNX against torch over {steps:,} closed-loop steps, largest difference of an action, every controller",
        value=worst[name], unit="of the range -1 to 1", n=len(worst), peer=f"worst: {name}", reach="1e-6",
        holds=worst[name] <= 1e-6,
    )  # fmt: skip


def _report(bench: Bench) -> Iterable[Row]:
    def measure() -> dict[str, float]:
        with tempfile.TemporaryDirectory() as scratch:
            config = configuration(parse(["--preset", "swim-entrained-cma", "--steps", "60000"]))
            folder = Run.start(config, Path(scratch) / "run").train()
            page = write_page([folder.path])
            (folder.path / "report.html").write_text(page, encoding="utf-8")
            outside = re.findall(r"(?:src|href)=\"(?!data:)[^\"]*\"", page)
            parts = sum(f"<{tag}" in page for tag in ("img", "video", "table"))
            said = photograph(folder.path / "report.html", folder.path / "shot.png") if CHROMIUM else None
            clean = -1.0 if said is None else float(not said)
            return {"mb": len(page) / 1e6, "outside": len(outside), "parts": parts, "clean": clean}

    found = bench.once("report", measure)
    shown = {1.0: "drawn by Chromium without a console message", 0.0: "CHROMIUM COMPLAINED"}
    yield Row(
        row="HTML report of a run: size", value=found["mb"], unit="MB",
        peer=f"{found['outside']:.0f} references outside, {found['parts']:.0f} of picture, video and table; "
        + shown.get(found["clean"], "no Chromium here"),
        reach="under 15",
        holds=found["mb"] < 15 and not found["outside"] and found["parts"] == 3 and found["clean"] != 0,
    )  # fmt: skip


def _command(words: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "innervate", "sweep", *words]


def _sweep(words: Sequence[str]) -> None:
    subprocess.run(_command(words), check=True, capture_output=True)


def _timed(command: Sequence[str]) -> float:
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - began


PARTS: dict[str, Part] = {
    "disturbed": _disturbed,
    "speed": _speed,
    "coverage": _coverage,
    "export": _export,
    "report": _report,
}
PEERS = ("ray", "onnxruntime")
