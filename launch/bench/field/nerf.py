"""nerfstudio's rows: measured in its own environment (see .ci/nerf), on the same captures."""

import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from innervate.errors import InnervateError
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.field.data import folder, over_seeds, place
from innervate.perception.field.capture.folder import save_capture

ABSENT = "bash .ci/nerf builds nerfstudio's environment; NERF_VENV says where it is"


def _python() -> Path | None:
    path = Path(os.environ.get("NERF_VENV", ".venv-nerf")) / "bin/python"
    return path if path.exists() else None


def _ask(job: dict[str, Any]) -> Any:
    python = _python()
    assert python is not None
    answer = subprocess.run(
        [str(python), "-W", "ignore", "-m", "innervate.launch.bench.field.nerf_job", json.dumps(job)],
        capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    results = [line for line in answer.stdout.splitlines() if line.startswith("RESULT ")]
    if not results:
        last = [line for line in answer.stderr.splitlines() if line.strip()][-1:]
        raise InnervateError(f"nerfstudio's job {job} ended without a result: {' '.join(last)}")
    return json.loads(results[-1].removeprefix("RESULT "))


def nerf_rows(bench: Bench, seeds: int) -> Iterable[Row]:
    """The kernel inside nerfstudio, nerfacto beside it, and the hash encoding."""
    row = "inside nerfstudio, room, RGB-D after 60 CPU-s: innervate-voxel, held-out PSNR"
    fused = "fused hash encoding against nerfstudio's torch one, forward and backward, 16,384 points of 8 levels"
    if _python() is None:
        yield Row(row=row, value=None, unit="dB", peer=ABSENT, reach="at least 32", holds=False)
        yield Row(row=fused, value=None, unit="times", peer=ABSENT, reach="at least 2.8, equal values", holds=False)
        return
    cpu_s = 60
    data = {s: str(folder(bench, place("room", s)).resolve()) for s in range(seeds)}
    found = [_once(bench, {"method": "innervate-voxel", "data": data[s], "cpu_s": cpu_s, "seed": s})
             for s in range(seeds)]  # fmt: skip
    peer = _once(bench, {"method": "innervate-nerfacto", "data": data[0], "cpu_s": cpu_s, "seed": 0})
    value, interval, _ = over_seeds(seeds, lambda s: found[s]["psnr"])
    beside = f"innervate-nerfacto (depth, fused hash) {peer['psnr']:.1f} dB, {peer['view_cpu_s']:.2f} CPU-s a view"
    yield Row(row=row, value=value, unit="dB", interval=interval, n=seeds, peer=beside,
              reach="at least 32", holds=value >= 32)  # fmt: skip
    bare = place("room", 0).capture.without_depth()
    path = bench.work / "room-0-rgb"
    if not (path / "transforms.json").exists():
        save_capture(bare, path)
    blind = _once(bench, {"method": "innervate-nerfacto", "data": str(path.resolve()), "cpu_s": cpu_s, "seed": 0})
    yield Row(row="peer: nerfacto with fused hash, room, RGB after 60 CPU-s, held-out PSNR", value=blind["psnr"],
              unit="dB", peer="14 (one other room)")  # fmt: skip
    factors = _once(bench, {"method": "tensorf", "data": str(path.resolve()), "cpu_s": cpu_s, "seed": 0})
    yield Row(row="peer: TensoRF (nerfstudio's), room, RGB after 60 CPU-s, held-out PSNR", value=factors["psnr"],
              unit="dB", peer=f"{factors['steps']} iterations, {factors['view_cpu_s']:.1f} CPU-s a view; 17.3 (one "
              "other room)")  # fmt: skip
    plain = _once(bench, {"method": "innervate-nerfacto", "data": data[0], "cpu_s": 15, "seed": 0, "fused": False})
    hashes = bench.once("hash", lambda: _ask({"hash": True}))
    ratio = float(np.median(hashes["ratios"]))
    low, high = np.quantile(hashes["ratios"], [0.25, 0.75])
    equal = hashes["value"] < 1e-5 and hashes["gradient"] < 1e-4
    yield Row(row=fused, value=ratio, unit="times", interval=(float(low), float(high)), n=len(hashes["ratios"]),
              peer=f"values differ by {hashes['value']:.1g}, gradients by {hashes['gradient']:.1g} (relative); "
              f"{1000 * hashes['theirs_s']:.0f} against {1000 * hashes['ours_s']:.0f} CPU-ms; interval: quartiles",
              reach="at least 2.8, equal values", holds=ratio >= 2.8 and equal)  # fmt: skip
    yield Row(row="a whole iteration of nerfacto with the fused hash encoding, 1,024 rays",
              value=plain["each_cpu_s"] / peer["each_cpu_s"], unit="times", peer=f"{1000 * plain['each_cpu_s']:.0f} "
              f"against {1000 * peer['each_cpu_s']:.0f} CPU-ms; 2.8 elsewhere", n=1)  # fmt: skip


def _once(bench: Bench, job: dict[str, Any]) -> Any:
    key = {**job, "data": Path(job["data"]).name}
    return bench.once(f"nerf {json.dumps(key)}", lambda: _ask(job))
