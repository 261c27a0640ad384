"""Things taken out of a field as convex parts: how much of the space they fill they share with the originals."""

from collections.abc import Iterable

import mujoco
import numpy as np
from jaxtyping import Bool, Float

from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.field.data import Place, budget_s, place, trained
from innervate.launch.bench.field.drop import drop_row
from innervate.perception.field.answers.labels import label_field
from innervate.perception.field.answers.mesh import Mesh, convex_parts, solid_points
from innervate.perception.field.answers.space import carve
from innervate.perception.field.radiance.voxel import VoxelField

SHELL = ("floor", "ceiling", "wall", "picture", "rug")
"""What bounds the room, or is too flat to be a thing."""
SAMPLES, MARGIN_M = 100_000, 0.1
Points = Float[np.ndarray, "point 3"]


def thing_rows(bench: Bench, seeds: int) -> Iterable[Row]:
    """One thing dropped beside the original, then the shape of every thing in the room."""
    places = [place("room", seed) for seed in range(seeds)]
    fields = [trained(bench, at, budget_s(bench), depth=True) for at in places]
    yield drop_row(bench, places[0], fields[0])
    shares = np.concatenate([
        bench.once(f"things {at.name} {at.seed}", lambda at=at, field=field: _shares(at, field))
        for at, field in zip(places, fields, strict=True)
    ])  # fmt: skip
    low, high = np.quantile(shares, [0.25, 0.75])
    yield Row(
        row="objects to MJCF, room: intersection over union with the original, median of all things",
        value=float(np.median(shares)), unit="", n=len(shares),
        peer=f"quartiles {low:.2f} to {high:.2f}, worst {shares.min():.2f}; voxels of {100 * fields[0].voxel_m:.1f} cm",
    )  # fmt: skip


def _shares(at: Place, field: VoxelField) -> list[float]:
    capture = at.capture.training
    labelled = label_field(field, capture)
    space = carve(field, capture.poses, capture.camera)
    shares: list[float] = []
    for geom in range(at.scene.model.ngeom):
        name = at.scene.model.geom(geom).name
        if not name.startswith(SHELL):
            shares.append(_share(at, geom, convex_parts(solid_points(labelled, name), space)))
    return shares


def _share(at: Place, geom: int, parts: list[Mesh]) -> float:
    model, data = at.scene.model, at.scene.data
    reach = model.geom_rbound[geom] + MARGIN_M
    points = data.geom_xpos[geom] + np.random.default_rng(0).uniform(-reach, reach, (SAMPLES, 3))
    original = _within(model, geom, (points - data.geom_xpos[geom]) @ data.geom_xmat[geom].reshape(3, 3))
    rebuilt = np.any([_within_hull(part, points) for part in parts], axis=0)
    return float((original & rebuilt).sum() / (original | rebuilt).sum())


def _within(model: mujoco.MjModel, geom: int, points: Points) -> Bool[np.ndarray, "point"]:
    """In the geom's own frame."""
    size, kind = model.geom_size[geom], mujoco.mjtGeom(model.geom_type[geom])
    if kind == mujoco.mjtGeom.mjGEOM_BOX:
        return (np.abs(points) <= size).all(1)
    if kind == mujoco.mjtGeom.mjGEOM_SPHERE:
        return (points**2).sum(1) <= size[0] ** 2
    if kind == mujoco.mjtGeom.mjGEOM_ELLIPSOID:
        return ((points / size) ** 2).sum(1) <= 1
    assert kind == mujoco.mjtGeom.mjGEOM_CYLINDER
    return ((points[:, :2] ** 2).sum(1) <= size[0] ** 2) & (np.abs(points[:, 2]) <= size[1])


def _within_hull(part: Mesh, points: Points) -> Bool[np.ndarray, "point"]:
    a, b, c = (part.vertices[part.faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    return (points @ normal.T <= (normal * a).sum(1)).all(1)
