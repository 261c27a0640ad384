"""The pictures of a capture with their masks, depth and labels, all through one pinhole camera."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int16, UInt8

from innervate.cameras import Pinhole
from innervate.errors import ConfigError

from .lens import Lens, read_lens, seen_through, shared_camera
from .picture import find_picture, inside, read_mask, read_picture, read_plane

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
    frames, absent = _without_lost_depth(folder, frames)
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
    notes = absent if not any(bent) else [
        *absent,
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
        if not views.mask.any():
            raise ConfigError(f"The masks leave no pixel of the {len(raw)} pictures: white is what is learnt from, so "
                              "they may be the wrong way round.")
        if views.depth is not None:
            views.depth[~views.mask] = np.inf
        if views.labels is not None:
            views.labels[~views.mask] = -1
    return views, notes


def _without_lost_depth(folder: Path, frames: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """Frames whose depth file is not there, as frames without; refused where not one is."""
    named = [k for k, f in enumerate(frames) if f.get("depth_file_path")]
    lost = {k for k in named if not inside(folder, str(frames[k]["depth_file_path"])).is_file()}
    if not lost:
        return frames, []
    first = str(frames[min(lost)]["depth_file_path"])
    if len(lost) == len(named):
        raise ConfigError(f"None of the {len(named)} depth files of {folder} is there ({first}, ...): copy them beside "
                          "the pictures, or take `depth_file_path` out of the frames.")
    kept = [{a: b for a, b in f.items() if k not in lost or a != "depth_file_path"} for k, f in enumerate(frames)]
    return kept, [f"{len(lost)} of {len(named)} depth files are missing: {first}{', ...' if len(lost) > 1 else ''}."]


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
        layers["mask"] = read_mask(inside(folder, str(frame["mask_path"])), (height, width))
    moving = path.with_name(f"dynamic_mask_{path.stem}.png")  # instant-ngp's, white where something moved
    if moving.is_file():
        layers["mask"] = layers.get("mask", True) & ~read_mask(moving, (height, width))
    if frame.get("depth_file_path"):
        path = inside(folder, str(frame["depth_file_path"]))
        depth = read_plane(path, (height, width))
        if (depth < 0).any():
            raise ConfigError(f"{path} holds depth below 0; distances along the optical axis are needed, and 0 where "
                              "there is no reading.")
        unit = _unit(document) if depth.dtype.kind in "ui" else 1.0
        layers["depth"] = np.where(depth == 0, np.float32(np.inf), depth.astype(np.float32) * np.float32(unit))
    if frame.get("label_file_path"):
        labels = read_plane(inside(folder, str(frame["label_file_path"])), (height, width))
        layers["labels"] = (labels.astype(np.int32) - 1).astype(np.int16)
    return layers


def _unit(document: dict[str, Any]) -> float:
    given = document.get("depth_unit_scale_factor", 1 / MILLI)
    try:
        unit = float(given)
    except (TypeError, ValueError):
        unit = 0.0
    if not (np.isfinite(unit) and unit > 0):
        raise ConfigError(f"`depth_unit_scale_factor` is metres a step of a depth file, above 0, not {given!r}.")
    return unit


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
