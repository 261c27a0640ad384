"""Boxes that other programs write beside poses: sparse points (`ply_file_path`) and the `aabb_scale` of instant-ngp."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from innervate.errors import ConfigError

from .capture import Bounds
from .picture import inside

OUTLIERS, MARGIN = 1.0, 0.1
"""Points left out at either end of each axis (%), and what is added to the box, as a share of its side."""
FEWEST_POINTS = 32
NGP_SCALE, NGP_OFFSET = 0.33, 0.5
"""Where instant-ngp's unit cube lies in the world, unless the file says so itself (`scale`, `offset`)."""
HEADER_BYTES = 65536
_KINDS = {"char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4", "float": "f4",
          "double": "f8", "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "uint32": "u4",
          "float32": "f4", "float64": "f8"}  # fmt: skip


def suggested_boxes(
    folder: Path, document: dict[str, Any], points: Float64[np.ndarray, "point 3"] | None = None
) -> tuple[tuple[Bounds, ...], list[str]]:
    """The boxes that a capture speaks of, to be tried; and a sentence about points that are not there."""
    boxes: list[Bounds] = [] if points is None else _around(points)
    notes: list[str] = []
    if document.get("ply_file_path"):
        path = inside(folder, str(document["ply_file_path"]))
        if path.is_file():
            boxes += _around(read_points(path))
        else:
            notes.append(f"The points of `ply_file_path`, {path.name}, are missing; the box is found without them.")
    if document.get("aabb_scale"):
        boxes.append(_ngp_box(document))
    return tuple(boxes), notes


def _around(points: Float64[np.ndarray, "point 3"]) -> list[Bounds]:
    points = points[np.isfinite(points).all(1)]
    if len(points) < FEWEST_POINTS:
        return []
    low, high = np.percentile(points, [OUTLIERS, 100 - OUTLIERS], axis=0)
    margin = MARGIN * float((high - low).max())
    return [np.stack([low - margin, high + margin])] if margin > 0 else []


def _ngp_box(document: dict[str, Any]) -> Bounds:
    try:
        side, scale = float(document["aabb_scale"]), float(document.get("scale", NGP_SCALE))
        offset = np.broadcast_to(np.asarray(document.get("offset", NGP_OFFSET), float), 3)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"`aabb_scale` and `scale` are numbers and `offset` is one or three ({error}).") from error
    if not (np.isfinite([side, scale, *offset]).all() and side > 0 and scale > 0):
        raise ConfigError(f"`aabb_scale` {side:g} and `scale` {scale:g} of transforms.json should be above 0.")
    middle = (0.5 - offset) / scale
    return np.stack([middle - side / 2 / scale, middle + side / 2 / scale])


def read_points(path: Path) -> Float64[np.ndarray, "point 3"]:
    """x, y and z of the vertices of a PLY file, as text or binary.

    Raises:
        ConfigError: no PLY, or damaged.
    """
    with path.open("rb") as stream:
        head = stream.read(HEADER_BYTES)
        end = head.find(b"end_header")
        newline = head.find(b"\n", end)
        if not head.startswith(b"ply") or end < 0 or newline < 0:
            raise ConfigError(f"{path} is no PLY file of points: it has no header of `ply` to `end_header`.")
        lines = [line.split() for line in head[:end].decode("ascii", "replace").splitlines()]
        try:
            order, count, fields = _layout(lines)
            stream.seek(newline + 1)
            if order is None:
                rows = [stream.readline().split()[: len(fields)] for _ in range(count)]
                table = np.array(rows, float).reshape(count, len(fields))
                columns = {name: table[:, k] for k, (name, _) in enumerate(fields)}
            else:
                kind = np.dtype([(name, order + kind) for name, kind in fields])
                data = stream.read(count * kind.itemsize)
                records = np.frombuffer(data, kind, count)
                columns = {name: records[name] for name, _ in fields}
            return np.stack([columns[axis].astype(float) for axis in "xyz"], 1)
        except (KeyError, ValueError, IndexError, TypeError) as error:
            raise ConfigError(f"{path} is a damaged PLY file, or one whose points are lists ({error}).") from error


def _layout(lines: list[list[str]]) -> tuple[str | None, int, list[tuple[str, str]]]:
    """Byte order (None for text), number of vertices, and (name, kind) of what each has."""
    order = {"ascii": None, "binary_little_endian": "<", "binary_big_endian": ">"}[
        next(words[1] for words in lines if words[:1] == ["format"])
    ]
    elements = [k for k, words in enumerate(lines) if words[:1] == ["element"]]
    if lines[elements[0]][1] != "vertex":
        raise ValueError("its first element is not `vertex`")
    last = elements[1] if len(elements) > 1 else len(lines)
    own = [words for words in lines[elements[0] + 1 : last] if words[:1] == ["property"]]
    count = int(lines[elements[0]][2])
    if not 0 <= count < 2**31:
        raise ValueError(f"{count} vertices")
    return order, count, [(words[2], _KINDS[words[1]]) for words in own]
