"""Scenes, captures and trained fields that the rows of `innervate bench field` share."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from innervate.cameras import Pinhole
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.field_capture import Scene, open_scene, views_of
from innervate.perception.field.capture.capture import Capture
from innervate.perception.field.field import NeuralField, psnr
from innervate.perception.field.radiance.checkpoint import load_field, save_field
from innervate.perception.field.radiance.training import VoxelConfig, train_voxels
from innervate.perception.field.radiance.voxel import VoxelField

SIZE, FOVY_DEG, VIEWS, HELD_OUT = 128, 70.0, 60, 12
NAMES = ("room", "cluttered", "flat")


@dataclass(frozen=True)
class Place:
    """One generated scene, photographed."""

    name: str
    seed: int
    scene: Scene
    capture: Capture


def budget_s(bench: Bench) -> float:
    """CPU-seconds of training of the fields that a robot uses."""
    return 20 if bench.quick else 60


@cache
def place(name: str, seed: int) -> Place:
    """60 views to train on and 12 held out, from random places; the seed draws the scene and the views."""
    scene = open_scene(name, Pinhole.of_view(SIZE, SIZE, FOVY_DEG), seed=seed)
    poses = np.concatenate([views_of(scene, "random", VIEWS, seed), views_of(scene, "random", HELD_OUT, seed + 10_000)])
    return Place(name, seed, scene, scene.shoot(poses, held_out=HELD_OUT))


def trained(bench: Bench, at: Place, cpu_s: float, *, depth: bool) -> VoxelField:
    """The field after so many CPU-seconds, of this call or of an interrupted one; compiling is not counted."""
    kind = "rgbd" if depth else "rgb"
    path = bench.work / f"{at.name}-{at.seed}-{kind}-{cpu_s:g}.safetensors"
    if not path.exists():
        bench.say(f"training {path.stem}")
        views = at.capture if depth else at.capture.without_depth()
        config = VoxelConfig(seed=at.seed)
        train_voxels(views, replace(config, rays=3 * config.batch))
        save_field(train_voxels(views, replace(config, cpu_s=cpu_s)), path)
    return load_field(path)


@dataclass(frozen=True)
class Quality:
    """On the held-out views."""

    psnr: float
    depth_m: float
    """Median error."""
    within_10_cm: float
    view_cpu_s: float
    """Median cost of one view."""


def quality(field: NeuralField, capture: Capture) -> Quality:
    """Colours and depth of the held-out views against the truth."""
    tests = capture.testing
    assert tests.depth is not None
    field.render(tests.poses[0], tests.camera)
    signal, error, cost = [], [], []
    for pose, image, depth in zip(tests.poses, tests.images, tests.depth, strict=True):
        began = time.process_time()
        view = field.render(pose, tests.camera)
        cost.append(time.process_time() - began)
        signal.append(psnr(view.rgb, image))
        error.append(np.abs(view.depth - depth))
    return Quality(float(np.mean(signal)), float(np.median(error)), float(np.mean(np.stack(error) < 0.1)),
                   float(np.median(cost)))  # fmt: skip


def over_seeds(seeds: int, measure: Callable[[int], float]) -> tuple[float, tuple[float, float] | None, list[float]]:
    """Mean, its 95 % interval over the seeds (Student's t; none for one seed), and each seed's figure."""
    values = [measure(seed) for seed in range(seeds)]
    mean = float(np.mean(values))
    if seeds < 2:
        return mean, None, values
    t = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}.get(seeds, 2.3)
    half = t * float(np.std(values, ddof=1)) / seeds**0.5
    return mean, (mean - half, mean + half), values


def percentage(shares: Sequence[float], each: int) -> tuple[float, tuple[float, float]]:
    """What succeeded of `each` trials a seed, and Wilson's 95 % interval over all trials; both in per cent."""
    n = each * len(shares)
    interval = binomtest(round(sum(shares) * each), n).proportion_ci(method="wilson")
    return 100 * float(np.mean(shares)), (100 * interval.low, 100 * interval.high)


def folder(bench: Bench, at: Place) -> Path:
    """The capture on disk, for other programs."""
    from innervate.perception.field.capture.folder import save_capture

    path = bench.work / f"{at.name}-{at.seed}"
    if not (path / "transforms.json").exists():
        save_capture(at.capture, path)
    return path
