"""Labels of a few views, voted into the voxels that they show."""

from dataclasses import replace
from typing import Any

import numpy as np

from innervate.errors import ConfigError

from ..capture.capture import Capture, points_of_depth
from ..radiance.voxel import VoxelField

MAX_LABELS = 254
"""A vertex keeps its label in one byte."""


def label_field(field: VoxelField, capture: Capture) -> VoxelField:
    """The field with the labels that the capture's views (those with labels) vote for, by the field's own surfaces.

    Every vertex takes the label that most pixels on it have; solid ones that no pixel fell on, that of the nearest
    with one.

    Raises:
        ConfigError: the capture has no labels, or too many.
    """
    from scipy.ndimage import distance_transform_edt

    if capture.labels is None:
        raise ConfigError("This capture has no labels to learn; `innervate field capture` writes them.")
    names = capture.label_names or tuple(str(k) for k in range(int(capture.labels.max()) + 1))
    if len(names) > MAX_LABELS or int(capture.labels.max()) >= len(names):
        raise ConfigError(f"{len(names)} label names and labels up to {int(capture.labels.max())}: at most "
                          f"{MAX_LABELS} labels, each with a name, can be learnt.")
    depth = np.stack([field.render(pose, capture.camera).depth for pose in capture.poses])
    points = points_of_depth(depth, capture.poses, capture.camera).reshape(-1, 3)
    kinds = capture.labels.reshape(-1)
    keep = np.isfinite(points).all(1) & (kinds >= 0)
    place = (points[keep] - field.origin) / field.voxel_m
    low = np.floor(place).astype(int)
    part = place - low
    n = len(names)
    votes: dict[str, np.ndarray] = {"index": np.zeros(0, np.int64), "weight": np.zeros(0)}
    for corner in range(8):
        bit = np.array([corner >> 2 & 1, corner >> 1 & 1, corner & 1])
        vertex = low + bit
        inside = ((vertex >= 0) & (vertex < field.shape)).all(1)
        flat = np.ravel_multi_index(tuple(vertex[inside].T), field.shape)
        weight = np.where(bit, part, 1 - part).prod(1)[inside]
        votes["index"] = np.concatenate([votes["index"], flat * n + kinds[keep][inside]])
        votes["weight"] = np.concatenate([votes["weight"], weight])
    pairs, which = np.unique(votes["index"], return_inverse=True)
    sums = np.bincount(which, votes["weight"])
    order = np.argsort(sums, kind="stable")
    label, best = np.zeros(len(field.grid), np.uint8), np.zeros(len(field.grid), np.float32)
    total = np.zeros(len(field.grid), np.float32)
    np.add.at(total, pairs // n, sums)
    label[pairs[order] // n] = (pairs[order] % n + 1).astype(np.uint8)  # the heaviest is written last
    best[pairs[order] // n] = sums[order]
    known = (label > 0).reshape(field.shape)
    nearest: Any = distance_transform_edt(~known, return_distances=False, return_indices=True)
    spread = label.reshape(field.shape)[tuple(nearest)].ravel()
    confidence = np.where(total > 0, best / np.maximum(total, 1e-9), 0).astype(np.float32)
    return replace(field, label=spread, label_names=names, label_confidence=confidence)


def mean_iou(answers: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union, the mean over the labels that occur in `truth`."""
    kinds = np.unique(truth[truth >= 0])
    both = [((answers == k) & (truth == k)).sum() / ((answers == k) | (truth == k)).sum() for k in kinds]
    return float(np.mean(both))
