"""A life with a memory in it, killed by SIGKILL at random instants and gone on with: the same life, bit for bit."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file

from innervate.agents.brains.forager import FORAGER, SENSES
from innervate.agents.experience.senses.place import PlaceConfig
from innervate.agents.experience.senses.remembered import RememberedConfig
from innervate.agents.learner import WorldConfig
from innervate.agents.learners.cma import CMAConfig
from innervate.controllers.memories import MEMORIES
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.config import EvaluationConfig, RunConfig
from innervate.launch.run.life import LIFE, TRIALS
from innervate.launch.run.training import Run

DAY: dict[str, Any] = {"trials": 20, "trial_s": 2.0, "probe_s": 1.0, "explore_s": 4.0}
KINDS: dict[str, dict[str, Any]] = {
    "ca3": {"dentate": True, "granules": 200},
    "code-selection": {"modules": 32, "units": 32},
    "dictionary": {"capacity": 200},
}


def _born(out: Path, kind: str) -> None:
    """A forager by rays, which stores where it believes to be, under its heading, wherever it is hungry."""
    config: Any = MEMORIES[kind](**KINDS[kind])
    remembered = RememberedConfig(memory=config, cue="bump", gate="hunger", most_doubt=1e9, cells=24)
    senses = {**SENSES, "place": PlaceConfig(channel="ray", places=144), "memory": remembered}
    world = WorldConfig(id="innervate/HiddenGoal-v0", options=DAY, senses=tuple(senses.values()))
    run = RunConfig(world=world, controller=FORAGER, learner=CMAConfig(population=4), steps=1,
                    evaluation=EvaluationConfig(every_steps=0))  # fmt: skip
    Run.start(run, out)


def _lives(run: Path, seconds: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "innervate", "live", str(run), "--seconds", f"{seconds:.1f}"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _takes(run: Path, seconds: float) -> float:
    """Seconds of the clock in which so much is lived, beginning with the process."""
    began, process = time.monotonic(), _lives(run, seconds)
    _, said = process.communicate()
    if process.returncode:
        raise RuntimeError(said.decode()[-1000:])
    return time.monotonic() - began


def _lived_s(run: Path) -> float:
    """How much of the life is kept: what the next process goes on from."""
    if not (run / LIFE).exists():
        return 0.0
    with safe_open(run / LIFE, framework="numpy") as file:
        return 0.1 * json.loads((file.metadata() or {})["life"])["steps"]


def killed_life(kind: str, seconds: float, kills: int, seed: int) -> dict[str, float]:
    """Whether a life that was killed so often is the one that was not, how many kills hit, and what is held."""
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        first, whole, torn = (Path(folder) / name for name in ("first", "whole", "torn"))
        for run in (first, whole, torn):
            _born(run, kind)
        starts, takes = (_takes(run, lived) for run, lived in ((first, 0.1), (whole, seconds)))
        hit = 0
        while (left := seconds - _lived_s(torn)) > 0.05:
            process = _lives(torn, left)
            if hit < kills:
                try:
                    # In its start too, but mostly in a share of the life of which as many fit in as there are kills.
                    process.wait(timeout=float(rng.uniform(0.8 * starts, starts + max(takes - starts, 0.1) / kills)))
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                    hit += 1
                    continue
            _, said = process.communicate()
            if process.returncode:
                raise RuntimeError(said.decode()[-1000:])
        same = all((whole / name).read_bytes() == (torn / name).read_bytes() for name in (LIFE, TRIALS))
        kept = load_file(whole / LIFE)
        (held,) = [v for k, v in kept.items() if k.endswith(("held/used", "held/held"))]
        return {"same": float(same), "kills": hit, "held": float(held.sum())}


def life_rows(bench: Bench) -> Iterator[Row]:
    """Each kind of memory in a life of its own."""
    seeds, seconds, kills = bench.seeds or 1, 100.0 if bench.quick else 600.0, 2 if bench.quick else 6
    for kind in list(KINDS)[: 1 if bench.quick else None]:
        runs = [bench.once(f"life {kind} {seconds} {kills} {s}", partial(killed_life, kind, seconds, kills, s))
                for s in range(seeds)]  # fmt: skip
        same = float(np.mean([r["same"] for r in runs]))
        yield Row(
            row=f"{seconds:.0f} s of life with {kind}, killed by SIGKILL at random instants: equal to the unbroken one",
            value=same, unit="share", n=seeds,
            peer=f"{sum(r['kills'] for r in runs):.0f} kills; memories held at the end {runs[0]['held']:.0f}",
            reach="bit for bit", holds=same == 1 and all(r["held"] > 1 and r["kills"] > 1 for r in runs),
        )  # fmt: skip
