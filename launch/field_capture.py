"""From a model to a capture: the camera is moved, nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np
from jaxtyping import Float64

from innervate.cameras import Pinhole, look_at
from innervate.envs.engine.make import make_world
from innervate.envs.model import compile_spec, load_spec
from innervate.envs.registry import TASKS
from innervate.envs.scenery.rooms import SCENES, scene
from innervate.envs.sight import gl
from innervate.envs.sight.photograph import Photographer, RayCamera, lit_evenly
from innervate.envs.sight.viewpoints import Views, extent, orbit_views, path_views, random_views
from innervate.errors import ConfigError, UnknownNameError
from innervate.perception.field.answers.information import information_of, next_view
from innervate.perception.field.answers.space import UNKNOWN, carve
from innervate.perception.field.capture.capture import Capture
from innervate.perception.field.radiance.training import VoxelConfig, train_voxels
from innervate.perception.field.radiance.voxel import VoxelField, leaps, occupied_cells

MARGIN_M = 0.02
"""By which the field's box is wider than the model's."""
EXPLORE_CAMERA = 24
"""Pixels a side of the views in which information is counted."""

MIST = 0.1
"""Share of the light that half a voxel of unknown space is taken to keep, when information is counted."""
EXPLORE_TRAINING = VoxelConfig(rays=200_000, voxel_m=0.07)


@dataclass
class Scene:
    """A posed model that can be photographed; `close` when done."""

    model: mujoco.MjModel
    data: mujoco.MjData
    pinhole: Pinhole
    colours: bool = True
    """Without, no OpenGL is needed and images are black."""

    def __post_init__(self) -> None:
        self.rays = RayCamera(self.model, self.data, self.pinhole)
        self.eye = Photographer(self.model, self.data, self.pinhole) if self.colours else None

    @property
    def bounds(self) -> Float64[np.ndarray, "2 3"]:
        """The box around everything (m)."""
        low, high = extent(self.model, self.data)
        return np.stack([low - MARGIN_M, high + MARGIN_M])

    def shoot(self, poses: Float64[np.ndarray, "view 4 4"], *, held_out: int = 0) -> Capture:
        """A view from every pose; the last `held_out` are kept from training."""
        black = np.zeros((self.pinhole.height, self.pinhole.width, 3), np.uint8)
        images = np.stack([self.eye.look(pose) if self.eye else black for pose in poses])
        looks = [self.rays.look(pose) for pose in poses]
        names = tuple(self.model.geom(k).name or f"geom{k}" for k in range(self.model.ngeom))
        return Capture(
            images=images, poses=poses, camera=self.pinhole, bounds=self.bounds, depth=np.stack([d for d, _ in looks]),
            labels=np.stack([k for _, k in looks]), label_names=names,
            held_out=tuple(range(len(poses) - held_out, len(poses))),
        )  # fmt: skip

    def close(self) -> None:
        """Give OpenGL back."""
        if self.eye:
            self.eye.close()


def open_scene(source: str, pinhole: Pinhole, *, seed: int = 0, colours: bool = True) -> Scene:
    """A generated scene, a task of innervate, or an MJCF file, evenly lit, in its first pose.

    Raises:
        UnknownNameError: none of them.
        ConfigError: no OpenGL for the colours.
    """
    if colours:
        gl.prepare(render=True)
    if source in SCENES:
        model = scene(source, seed).compile()
    elif source in TASKS:
        model = make_world(source).model
    elif Path(source).suffix in (".xml", ".mjcf", ".urdf"):
        if not Path(source).is_file():
            raise ConfigError(f"There is no model {source}.")
        model = compile_spec(load_spec(source), source)
    else:
        raise UnknownNameError("scene, task or MJCF file", source, [*SCENES, *TASKS])
    model = lit_evenly(model)
    data = mujoco.MjData(model)
    if model.nkey:
        mujoco.mj_resetDataKeyframe(model, data, 0)
    mujoco.mj_forward(model, data)
    return Scene(model, data, pinhole, colours)


def views_of(scene: Scene, way: str, n: int, seed: int) -> Float64[np.ndarray, "view 4 4"]:
    """Poses: `random` inside the scene, `orbit` around it, or a `path` through it that an agent could take."""
    rng = np.random.default_rng(seed)
    if way == "orbit":
        low, high = extent(scene.model, scene.data)
        return _poses(orbit_views(low, high, n))
    if way == "random":
        return _poses(random_views(scene.model, scene.data, n, rng))
    stops, _ = random_views(scene.model, scene.data, max(3, n // 6), rng)
    order = [0]
    while len(order) < len(stops):  # always on to the nearest place not seen yet
        rest = [k for k in range(len(stops)) if k not in order]
        order.append(min(rest, key=lambda k: float(np.linalg.norm(stops[k] - stops[order[-1]]))))
    at = np.linspace(0, len(stops) - 1, n)
    along = [np.interp(at, np.arange(len(stops)), stops[order][:, a]) for a in range(3)]
    return _poses(path_views(np.stack(along, 1)))


def _poses(views: Views) -> Float64[np.ndarray, "view 4 4"]:
    eyes, targets = views
    return np.stack([look_at(eye, target) for eye, target in zip(eyes, targets, strict=True)])


def explore(
    scene: Scene,
    candidates: Float64[np.ndarray, "view 4 4"],
    n: int,
    *,
    first: int = 4,
    at_once: int = 4,
    config: VoxelConfig = EXPLORE_TRAINING,
    watch: Callable[[VoxelField, Capture], None] | None = None,
) -> list[int]:
    """Choose `n` of the candidates, each batch where it tells most about what is known so far; learning goes along.

    Begins with the first `first` candidates.
    """
    chosen, field = list(range(first)), None
    while len(chosen) < n:
        capture = scene.shoot(candidates[chosen])
        field = train_voxels(capture, config, start=field)
        if watch is not None:
            watch(field, capture)
        coarse = capture.camera.scaled(EXPLORE_CAMERA / capture.camera.height)
        mist = _with_mist(field, capture)
        known = np.sum([information_of(mist, pose, coarse) for pose in capture.poses], 0).astype(np.float32)
        rest = [k for k in range(len(candidates)) if k not in chosen]
        picked, _ = next_view(mist, known, candidates[rest], coarse, count=min(at_once, n - len(chosen)))
        chosen += [rest[k] for k in picked]
    return chosen


def _with_mist(field: VoxelField, capture: Capture) -> VoxelField:
    """The field with thin mist in what no ray has passed: there is something to be learnt about it."""
    unknown = (carve(field, capture.poses, capture.camera).state == UNKNOWN).ravel()
    unknown &= field.grid[:, 0] < np.log(MIST)
    grid = field.grid.copy()
    grid[unknown, 0] = np.log(MIST)
    solid = (grid[:, 0] > np.log(0.01)).reshape(field.shape)
    return VoxelField(grid, field.shape, field.origin, field.voxel_m, leaps(occupied_cells(solid)))
