"""Training killed with SIGKILL at random instants, again and again, until it is through."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch

from innervate.launch.run.folder import RunFolder


def train_command(out: Path, learner: str, steps: int, *, resume: bool) -> list[str]:
    """The command line of a small training run."""
    base = [sys.executable, "-m", "innervate", "train"]
    if resume:
        return [*base, "--resume", str(out), "--no-video"]
    options = {
        "cma": ["--cma.population", "4", "--cma.episodes", "1"],
        "ppo": ["--ppo.num-envs", "4", "--ppo.rollout-steps", "64", "--ppo.batch-size", "64", "--ppo.epochs", "2"],
    }[learner]
    quiet = [
        "--evaluation.every-steps",
        "0",
        "--threads",
        "1",
        "--no-video",
        "--checkpoint-s",
        "0",
    ]  # torn as often as can be
    what = ["swim", "--controller", "ncap", "--learner", learner, "--steps", str(steps), "--out", str(out)]
    return [*base, *what, *options, *quiet]


def killed_training(out: Path, learner: str, steps: int, kills: int, rng: np.random.Generator) -> tuple[int, int]:
    """Run to the end through `kills` SIGKILLs; returns (kills that hit a live process, failures to resume).

    The instants are uniform over the life of a process, start-up and writing included. Where a run folder does not
    exist yet the same command is typed again, as a user would.
    """
    hit = failures = 0
    lifetime_s = 4.0
    while True:
        command = train_command(out, learner, steps, resume=out.exists())
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if hit < kills:
            try:
                process.wait(timeout=float(rng.uniform(0.2, 2.0) * lifetime_s))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                hit += 1
                continue
        began = time.monotonic()
        _, stderr = process.communicate()
        lifetime_s = max(lifetime_s, time.monotonic() - began)
        if process.returncode == 0:
            return hit, failures
        failures += 1
        print(stderr.decode()[-2000:], file=sys.stderr)
        if failures > 3:
            return hit, failures


def same_parameters(one: Path, other: Path) -> bool:
    """Whether two runs ended with the same tensors, bit for bit."""
    a, b = RunFolder.open(one).model(), RunFolder.open(other).model()
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)
