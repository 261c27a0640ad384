"""Runs inside nerfstudio's environment: train a method on a capture for so many CPU-seconds, then measure.

`python -m innervate.launch.bench.field.nerf_job '{"method": ..., "data": ..., "cpu_s": ..., "seed": ...}'` prints one
JSON object; `{"hash": true}` compares the fused hash encoding with nerfstudio's.
"""
# pyright: reportMissingImports=false

import json
import sys
import tempfile
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch

WARM_UP = 20


def _trainer(job: dict[str, Any], steps: int, folder: Path) -> Any:
    from innervate.perception.field.nerf.nerfacto_model import no_download

    config = _config(job["method"], steps)
    config.pipeline.datamanager.data = Path(job["data"])
    config.output_dir, config.timestamp, config.vis = folder, str(steps), "tensorboard"
    config.machine.seed, config.max_num_iterations, config.steps_per_save = job["seed"], steps, 10**9
    for part in config.optimizers.values():
        part["scheduler"].max_steps = steps
    model = config.pipeline.model
    if hasattr(model, "level_steps"):
        model.level_steps = tuple(int(steps * share) for share in (0.1, 0.22, 0.45))
    if "fused" in job:
        model.fused = job["fused"]
    torch.manual_seed(job["seed"])
    np.random.seed(job["seed"])  # noqa: NPY002  (nerfstudio's samplers)
    config.set_timestamp()
    trainer = config.setup(local_rank=0, world_size=1)
    with no_download():
        trainer.setup()
    return trainer


def _config(method: str, steps: int) -> Any:
    from innervate.perception.field.nerf.methods import METHODS

    if method in METHODS:
        return deepcopy(METHODS[method].config)
    from innervate.launch.bench.field.nerf_peers import tensorf

    return tensorf(steps)


def _train(trainer: Any, steps: int) -> float:
    from nerfstudio.engine.callbacks import TrainingCallbackLocation

    before = TrainingCallbackLocation.BEFORE_TRAIN_ITERATION
    after = TrainingCallbackLocation.AFTER_TRAIN_ITERATION
    began = time.process_time()
    for step in range(steps):
        trainer.pipeline.train()
        for callback in trainer.callbacks:
            callback.run_callback_at_location(step, location=before)
        trainer.train_iteration(step)
        for callback in trainer.callbacks:
            callback.run_callback_at_location(step, location=after)
    return time.process_time() - began


def train(job: dict[str, Any]) -> dict[str, float]:
    """Calibrate the cost of an iteration, train for the budget, and take the mean PSNR of the held-out views."""
    with tempfile.TemporaryDirectory() as scratch:
        trainer = _trainer(job, WARM_UP, Path(scratch))
        _train(trainer, 3)
        each = _train(trainer, WARM_UP) / WARM_UP
        steps = max(WARM_UP, int(job["cpu_s"] / each))
        trainer = _trainer(job, steps, Path(scratch))
        spent = _train(trainer, steps)
        trainer.pipeline.eval()
        began = time.process_time()
        metrics = trainer.pipeline.get_average_eval_image_metrics()
        n = len(trainer.pipeline.datamanager.eval_dataset)
    return {"psnr": float(metrics["psnr"]), "steps": steps, "cpu_s": spent, "each_cpu_s": each,
            "view_cpu_s": (time.process_time() - began) / n}  # fmt: skip


def compare_hash() -> dict[str, Any]:
    """Forward and backward of both encodings in turn; the largest differences of values and gradients."""
    from nerfstudio.field_components.encodings import HashEncoding

    from innervate.perception.field.nerf.hash_encoding import fuse

    torch.manual_seed(0)
    theirs = HashEncoding(8, 16, 512, 16, implementation="torch")
    ours = HashEncoding(8, 16, 512, 16, implementation="torch")
    ours.load_state_dict(theirs.state_dict())
    fuse(ours)
    points, upstream = torch.rand(16384, 3), torch.randn(16384, 16)
    times: dict[str, list[float]] = {"theirs": [], "ours": []}
    for turn in range(8):
        for name, module in (("theirs", theirs), ("ours", ours)):
            module.zero_grad()
            began = time.process_time()
            module(points).backward(upstream)
            if turn:
                times[name].append(time.process_time() - began)
    a, b = theirs.hash_table.grad, ours.hash_table.grad
    value = (theirs(points) - ours(points)).abs().max() / theirs(points).abs().max()
    return {"ratios": [t / o for t, o in zip(times["theirs"], times["ours"], strict=True)],
            "value": float(value), "gradient": float((a - b).abs().max() / a.abs().max()),
            "ours_s": float(np.median(times["ours"])), "theirs_s": float(np.median(times["theirs"]))}  # fmt: skip


if __name__ == "__main__":
    torch.set_num_threads(1)
    request = json.loads(sys.argv[1])
    print("RESULT " + json.dumps(compare_hash() if request.get("hash") else train(request)))
