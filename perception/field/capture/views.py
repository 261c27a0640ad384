"""The pictures of a capture with their masks, depth and labels, all through one pinhole camera."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int16, UInt8

from innervate.cameras import Pinhole
from innervate.errors import ConfigError

from .lens import Lens, read_lens, seen_through, shared_camera
from .picture import find_picture, inside, read_picture, read_plane

MILLI = 1000.0
"""Depth files hold millimetres in 16 bits; 0 means that there is no reading."""


@dataclass
class Views:
    """See `Capture`."""

    camera: Pinhole
    images: UInt8[np.ndarray, "view height width 3"]
    alpha: UInt8[np.ndarray, "view height width"] | None
    mask: Bool[np.ndarray, "view height width"] | None
    depth: Float32[np.ndarray, "view height width"] | None
    labels: Int16[np.ndarray, "view height width"] | None


def read_views(folder: Path, document: dict[str, Any], frames: list[dict[str, Any]]) -> tuple[Views, list[str]]:
    """Decode every frame and bring it to the camera that most of them share; with sentences on what was done."""
    raw: list[dict[str, np.ndarray]] = []
    lenses: list[Lens] = []
    for frame in frames:
        layers = _read_frame(folder, document, frame)
        height, width = layers["image"].shape[:2]
        lenses.append(read_lens(document, frame, (width, height), str(frame["file_path"])))
        raw.append(layers)
    camera = shared_camera(lenses)
    bent = [not lens.straight or lens.camera != camera for lens in lenses]
    for layers, lens, other in zip(raw, lenses, bent, strict=True):
        if other:
            _through(layers, lens, camera)
    notes = [] if not any(bent) else [
        f"{sum(bent)} of {len(frames)} pictures were brought to one pinhole camera of {camera.width} x {camera.height} "
        f"pixels, focal length {camera.fx:.1f}; what they do not show of it is masked."
    ]  # fmt: skip
    for key in ("depth", "labels"):
        n = sum(key in layers for layers in raw)
        if 0 < n < len(raw):
            notes.append(f"{len(raw) - n} of {len(raw)} views have no {key}; the others' are used.")
    views = Views(camera, np.stack([r["image"] for r in raw]), _stack(raw, "alpha", 255.0, np.uint8),
                  _stack(raw, "mask", 1.0, bool), _stack(raw, "depth", np.inf, np.float32),
                  _stack(raw, "labels", -1.0, np.int16))  # fmt: skip
    if views.mask is not None:
        if views.depth is not None:
            views.depth[~views.mask] = np.inf
        if views.labels is not None:
            views.labels[~views.mask] = -1
    return views, notes


def _read_frame(folder: Path, document: dict[str, Any], frame: dict[str, Any]) -> dict[str, np.ndarray]:
    path = find_picture(folder, str(frame["file_path"]))
    if path is None:
        raise ConfigError(f"{folder / str(frame['file_path'])} is missing.")
    white = frame.get("white_level", document.get("white_level"))
    image, alpha = read_picture(path, None if white is None else float(white), _declared(document, frame))
    layers, (height, width) = {"image": image}, image.shape[:2]
    if alpha is not None:
        layers["alpha"] = alpha
    if frame.get("mask_path"):
        mask = inside(folder, str(frame["mask_path"]))
        layers["mask"] = read_plane(mask, (height, width)) > 0
    if frame.get("depth_file_path"):
        depth = read_plane(inside(folder, str(frame["depth_file_path"])), (height, width))
        unit = float(document.get("depth_unit_scale_factor", 1 / MILLI)) if depth.dtype.kind in "ui" else 1.0
        layers["depth"] = np.where(depth == 0, np.float32(np.inf), depth.astype(np.float32) * np.float32(unit))
    if frame.get("label_file_path"):
        labels = read_plane(inside(folder, str(frame["label_file_path"])), (height, width))
        layers["labels"] = (labels.astype(np.int32) - 1).astype(np.int16)
    return layers


def _declared(document: dict[str, Any], frame: dict[str, Any]) -> tuple[float, float] | None:
    """Width and height that the intrinsics are for, where they are said."""
    w, h = (frame.get(k, document.get(k)) for k in ("w", "h"))
    return (float(w), float(h)) if isinstance(w, int | float) and isinstance(h, int | float) else None


def _through(layers: dict[str, np.ndarray], lens: Lens, camera: Pinhole) -> None:
    layers["image"], shown = seen_through(layers["image"], lens, camera)
    for key in set(layers) - {"image"}:
        layers[key], _ = seen_through(layers[key], lens, camera, nearest=True)
    layers["mask"] = layers.get("mask", shown) & shown


def _stack(raw: list[dict[str, np.ndarray]], key: str, absent: float, kind: type) -> np.ndarray | None:
    if not any(key in layers for layers in raw):
        return None
    size = raw[0]["image"].shape[:2]
    return np.stack([layers.get(key, np.full(size, absent, kind)) for layers in raw])
