"""Surfaces of a field as triangles, and things as convex parts that a physics engine can use."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int64

from innervate.errors import ConfigError, UnknownNameError
from innervate.files import replace_file

from ..radiance.voxel import VoxelField, labels_of
from .space import FREE, Space

Points = Float64[np.ndarray, "point 3"]
"""In the world's frame (m)."""
SOLID = 0.5
"""A vertex is solid where half a voxel takes this share of the light."""
SPLITTABLE = 40
"""Points of which two hulls may be made."""


@dataclass(frozen=True)
class Mesh:
    """Triangles in the world's frame (m)."""

    vertices: Float64[np.ndarray, "vertex 3"]
    faces: Int64[np.ndarray, "face 3"]
    """Counter-clockwise from outside."""
    colours: Float64[np.ndarray, "vertex 3"] | None = None
    """0 to 1."""


def surface(field: VoxelField, label: str | None = None) -> Mesh:
    """The surface of everything, or of one labelled thing, by marching cubes (scikit-image).

    Raises:
        UnknownNameError: no such label.
        ConfigError: nothing solid is there.
    """
    from scipy.ndimage import map_coordinates
    from skimage.measure import marching_cubes

    solid = field.alpha()
    if label is not None:
        solid = np.where(_mask(field, label), solid, 0)
    if solid.max(initial=0) <= SOLID:
        raise ConfigError(f"The field has no surface{f' of {label!r}' if label else ''}: nothing in it is solid.")
    padded = np.pad(solid, 1)
    vertices, faces, _, _ = marching_cubes(padded, SOLID, gradient_direction="ascent")
    vertices = np.asarray(vertices, float) - 1
    grid = field.grid.reshape(*field.shape, 4)
    colours = np.stack([map_coordinates(grid[..., c], vertices.T, order=1, mode="nearest") for c in (1, 2, 3)], 1)
    return Mesh(vertices * field.voxel_m + field.origin, faces.astype(np.int64), np.clip(colours, 0, 1).astype(float))


def _mask(field: VoxelField, label: str) -> np.ndarray:
    if label not in field.label_names:
        raise UnknownNameError("label", label, field.label_names)
    return labels_of(field) == field.label_names.index(label)


def solid_points(field: VoxelField, label: str) -> Points:
    """Vertices of the grid on one labelled thing (m): its shell, as rays do not see inside.

    Bits away from the largest connected piece are left out.
    """
    from scipy.ndimage import label as connected

    found = _mask(field, label) & (field.alpha() > SOLID)
    pieces = np.asarray(connected(found, np.ones((3, 3, 3)))[0])  # pyright: ignore[reportIndexIssue]
    if not pieces.any():
        raise ConfigError(f"Nothing solid in the field is labelled {label!r}.")
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.argwhere(pieces == sizes.argmax()) * field.voxel_m + field.origin


def convex_parts(points: Points, space: Space, *, waste: float = 0.05) -> list[Mesh]:
    """Convex hulls that together cover a shell of points, split along an axis where a hull covers free space.

    What no ray has passed may be solid: the inside of a thing is, and does not count. `waste` is the share of a hull
    that may be free.
    """
    return _parts(points, _clear(space), space.voxel_m, waste)


def _clear(space: Space) -> Float64[np.ndarray, "clear 3"]:
    """Middles of the free voxels all of whose neighbours are free (m): a hull may round the outermost ones off."""
    from scipy.ndimage import binary_erosion

    free = binary_erosion(space.state == FREE, np.ones((3, 3, 3)), border_value=1)
    return np.argwhere(free) * space.voxel_m + space.origin


def _parts(points: Points, clear: Float64[np.ndarray, "clear 3"], voxel_m: float, waste: float) -> list[Mesh]:
    whole = _hull(points, voxel_m)
    clear = clear[_inside(whole, clear)]
    covered = len(clear) * voxel_m**3
    if covered <= waste * whole.volume or len(points) < SPLITTABLE:
        return [_mesh(whole)]
    best: tuple[int, np.ndarray] | None = None
    for axis in range(3):
        for cut in np.linspace(points[:, axis].min(), points[:, axis].max(), 11)[1:-1]:
            side = points[:, axis] <= cut
            if SPLITTABLE // 4 < side.sum() < len(side) - SPLITTABLE // 4:
                halves = (_hull(half, voxel_m) for half in (points[side], points[~side]))
                left = sum(int(_inside(half, clear).sum()) for half in halves)
                if best is None or left < best[0]:
                    best = (left, side)
    if best is None or best[0] == len(clear):
        return [_mesh(whole)]
    return [part for half in (points[best[1]], points[~best[1]]) for part in _parts(half, clear, voxel_m, waste)]


def _inside(hull: Any, points: Points) -> Bool[np.ndarray, "point"]:
    return (points @ hull.equations[:, :3].T + hull.equations[:, 3] <= 0).all(1)


def _hull(points: Points, voxel_m: float) -> Any:
    from scipy.spatial import ConvexHull

    pad = 0.1 * voxel_m  # a flat set of points has no hull
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * pad
    return ConvexHull((points[:, None] + corners).reshape(-1, 3))


def _mesh(hull: Any) -> Mesh:
    used, inverse = np.unique(hull.simplices, return_inverse=True)
    faces = inverse.reshape(-1, 3)
    vertices = hull.points[used]
    middle = vertices.mean(0)
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    inward = (np.cross(b - a, c - a) * (a - middle)).sum(1) < 0
    faces[inward] = faces[inward][:, ::-1]
    return Mesh(vertices, faces.astype(np.int64))


def save_mesh(mesh: Mesh, path: Path) -> None:
    """Write an OBJ file; colours follow the coordinates, as most viewers read them."""
    if path.suffix != ".obj":
        raise ConfigError(f"Meshes are written as OBJ; give a path that ends in .obj, not {path.name!r}.")
    rows = mesh.vertices if mesh.colours is None else np.hstack([mesh.vertices, mesh.colours])
    lines = ["v " + " ".join(f"{x:.6g}" for x in row) for row in rows]
    lines += [f"f {a + 1} {b + 1} {c + 1}" for a, b, c in mesh.faces]
    text = "\n".join(lines) + "\n"
    replace_file(path, lambda file: file.write(text.encode()))


def mjcf_of(parts: "dict[str, list[Mesh]]", *, free: bool = True) -> str:
    """An MJCF model of things by name, each a body of convex meshes at its place; vertices inline, no other files.

    Bodies have a free joint if `free`; their mass is that of the hulls at MuJoCo's default density (1000 kg/m^3).
    """
    from xml.sax.saxutils import quoteattr

    assets, bodies = [], []
    for name, meshes in parts.items():
        middle = np.concatenate([m.vertices for m in meshes]).mean(0)
        geoms = []
        for k, mesh in enumerate(meshes):
            vertices = " ".join(f"{x:.5g}" for x in (mesh.vertices - middle).ravel())
            faces = " ".join(map(str, mesh.faces.ravel()))
            part = quoteattr(f"{name}_{k}")
            assets.append(f"<mesh name={part} vertex={quoteattr(vertices)} face={quoteattr(faces)}/>")
            geoms.append(f"<geom type='mesh' mesh={part}/>")
        joint = "<freejoint/>" if free else ""
        position = " ".join(f"{x:.6g}" for x in middle)
        bodies.append(f"<body name={quoteattr(name)} pos={quoteattr(position)}>{joint}{''.join(geoms)}</body>")
    return f"<mujoco><asset>{''.join(assets)}</asset><worldbody>{''.join(bodies)}</worldbody></mujoco>\n"
