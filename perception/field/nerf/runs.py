"""Trained runs of nerfstudio behind the interface of every other field."""
# pyright: reportMissingImports=false, reportUntypedBaseClass=false
# (nerfstudio is an extra that the main environment does not have)

from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float64

from innervate.cameras import Pinhole, Pose
from innervate.errors import ConfigError

from ..capture.capture import Bounds
from ..field import NeuralField, View
from ..radiance.voxel import VoxelField
from . import require
from .checkpoints import load, newest


def load_run(config: Path) -> NeuralField:
    """The field of a run, by its `config.yml` (or its folder).

    A voxel run needs no nerfstudio; others need the same methods that trained them. `config.yml` is read as plain
    text: nothing that it names is built or called.

    Raises:
        ConfigError: no run there, a checkpoint that is damaged or not safe, a method that is not known here.
        MissingExtraError: nerfstudio is needed and not installed.
    """
    config = config / "config.yml" if config.is_dir() else config
    if not config.is_file():
        raise ConfigError(f"There is no run of nerfstudio at {config}; give the config.yml that `ns-train` wrote.")
    state = load(newest(config.parent / "nerfstudio_models"))["pipeline"]
    model = {k.removeprefix("_model."): v for k, v in state.items() if k.startswith("_model.")}
    if "grid" in model and "leap" in model:
        return _voxels(model)
    return NerfactoField(config, model)


def _voxels(model: dict[str, torch.Tensor]) -> VoxelField:
    x, y, z = (int(n) for n in model["shape"])
    return VoxelField(model["grid"].numpy(), (x, y, z), model["origin"].numpy().astype(float), float(model["voxel_m"]),
                      model["leap"].numpy())  # fmt: skip


class NerfactoField:
    """`innervate-nerfacto`, or another method of `METHODS` with a density field."""

    def __init__(self, config: Path, model: dict[str, torch.Tensor]) -> None:
        require()
        from nerfstudio.data.scene_box import SceneBox

        from .methods import METHODS

        name = next((line.split(":", 1)[1].strip() for line in config.read_text(encoding="utf-8").splitlines()
                     if line.startswith("method_name:")), "")  # fmt: skip
        if name not in METHODS:
            raise ConfigError(f"{config} is of the method {name!r}; those that load here: {', '.join(METHODS)}.")
        box = model["field.aabb"].float()
        settings: Any = METHODS[name].config.pipeline.model
        self._model: Any = settings.setup(scene_box=SceneBox(aabb=box), num_train_data=1, metadata={})
        missing, _ = self._model.load_state_dict(model, strict=False)
        if any("lpips" not in key for key in missing):
            raise ConfigError(f"{config}'s checkpoint lacks {', '.join(missing[:3])}: it was trained with other sizes.")
        self._model.eval()
        self._box = box.numpy().astype(float)

    @property
    def bounds(self) -> Bounds:
        """The box that the capture named."""
        return self._box

    @torch.no_grad()
    def render(self, pose: Pose, camera: Pinhole) -> View:
        """What a camera sees from a pose."""
        from nerfstudio.cameras.cameras import Cameras

        view = Cameras(
            torch.from_numpy(pose[None, :3]).float(), camera.fx, camera.fy, camera.cx, camera.cy, camera.width,
            camera.height,
        )  # fmt: skip
        out = self._model.get_outputs_for_camera(view)
        length = np.linalg.norm(camera.directions().reshape(camera.height, camera.width, 3), axis=-1)
        opacity = out["accumulation"][..., 0].numpy()
        depth = np.where(opacity > 0.5, out["depth"][..., 0].numpy() / length, np.inf).astype(np.float32)
        return View(out["rgb"].numpy(), depth, opacity)

    @torch.no_grad()
    def density(self, points: Float[np.ndarray, "point 3"]) -> Float64[np.ndarray, "point"]:
        """Extinction at points (1/m); 0 outside the box."""
        inside = ((points >= self._box[0]) & (points <= self._box[1])).all(1)
        found = self._model.field.density_fn(torch.from_numpy(np.asarray(points)).float()[:, None])[:, 0, 0]
        return np.where(inside, found.double().numpy(), 0.0)
