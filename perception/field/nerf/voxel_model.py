"""The voxel field as a model of nerfstudio: its trainer, viewer and renderer around our kernel."""
# pyright: reportMissingImports=false, reportUntypedBaseClass=false
# (nerfstudio is an extra that the main environment does not have)

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from nerfstudio.engine.callbacks import TrainingCallback, TrainingCallbackAttributes, TrainingCallbackLocation
from nerfstudio.models.base_model import Model, ModelConfig
from nerfstudio.utils import colormaps
from torch import Tensor, nn

from ..capture.folder import load_capture
from ..radiance.ray_function import Lattice, cast_rays
from ..radiance.training import seeded_from_depth
from ..radiance.voxel import NEAR_M, VoxelField, empty_field, leaps, occupied_cells, resampled


@dataclass
class VoxelModelConfig(ModelConfig):
    """A voxel field under nerfstudio's trainer."""

    _target: type = field(default_factory=lambda: VoxelModel)
    enable_collider: bool = False
    eval_num_rays_per_chunk: int = 1 << 15
    voxel_m: float = 0.035
    """Distance of the vertices at the end."""
    levels: int = 4
    """Grids from coarse to fine; a capture with depth begins with the last."""
    level_steps: tuple[int, ...] = (50, 110, 220)
    """Iterations at which the next finer grid begins."""
    prune_every: int = 50
    keep_alpha: float = 0.004
    misplaced: float = 0.05
    depth_weight: float = 0.1
    band_voxels: float = 1.5
    damp_m: float = 1.0


class VoxelModel(Model):
    """Density and colour on a grid; see `innervate.perception.field.radiance.voxel`."""

    config: VoxelModelConfig
    grid: nn.Parameter
    leap: Tensor
    origin: Tensor
    voxel_m: Tensor
    shape: Tensor

    def populate_modules(self) -> None:
        """The coarsest grid, everywhere the same."""
        super().populate_modules()
        c = self.config
        self._set(empty_field(self.scene_box.aabb.numpy().astype(float), c.voxel_m * 2 ** (c.levels - 1)))

    def _set(self, found: VoxelField) -> None:
        self.grid = nn.Parameter(torch.from_numpy(found.grid))
        self.grid.voxels = found.shape  # pyright: ignore[reportAttributeAccessIssue]
        self.register_buffer("leap", torch.from_numpy(found.leap))
        self.register_buffer("origin", torch.from_numpy(found.origin))
        self.register_buffer("voxel_m", torch.tensor(found.voxel_m, dtype=torch.float64))
        self.register_buffer("shape", torch.tensor(found.shape))

    def voxels(self) -> VoxelField:
        """The field as the rest of innervate knows it; it shares memory with the parameter on the CPU."""
        x, y, z = (int(n) for n in self.shape)
        return VoxelField(self.grid.detach().cpu().numpy(), (x, y, z), self.origin.cpu().numpy(), float(self.voxel_m),
                          self.leap.cpu().numpy())  # fmt: skip

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *rest: Any) -> None:
        for name in ("grid", "leap"):  # a finer grid than the one it was built with
            stored = state_dict.get(prefix + name)
            mine = getattr(self, name)
            if isinstance(stored, Tensor) and stored.shape != mine.shape:
                mine.data = torch.empty_like(stored, device=mine.device)
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def get_param_groups(self) -> dict[str, list[nn.Parameter]]:
        """One group, `grid`."""
        return {"grid": [self.grid]}

    def get_training_callbacks(
        self, training_callback_attributes: TrainingCallbackAttributes
    ) -> list[TrainingCallback]:
        """From coarse to fine, and cutting away what is empty."""
        where = [TrainingCallbackLocation.BEFORE_TRAIN_ITERATION]
        return [TrainingCallback(where, self._before, args=[training_callback_attributes])]

    def _before(self, attributes: TrainingCallbackAttributes, step: int) -> None:
        c, found = self.config, None
        if step == 0:
            folder = Path(attributes.pipeline.datamanager.dataparser_config.data)  # pyright: ignore
            capture = load_capture(folder.parent if folder.suffix == ".json" else folder)
            found = None if capture.depth is None else seeded_from_depth(capture.training, c.voxel_m)
        elif step in c.level_steps[: c.levels - 1] and float(self.voxel_m) > 1.001 * c.voxel_m:
            found = resampled(self.voxels(), c.voxel_m * 2 ** (c.levels - 2 - c.level_steps.index(step)))
            found.leap = self._cut(found)
        elif step % c.prune_every == 0:
            self.leap = torch.from_numpy(self._cut(self.voxels())).to(self.leap.device)
        if found is not None:
            device = self.grid.device
            self._set(found)
            self.to(device)
            optimizers = attributes.optimizers
            assert optimizers is not None
            optimizers.optimizers["grid"].state.clear()
            optimizers.optimizers["grid"].param_groups[0]["params"] = [self.grid]
            optimizers.parameters["grid"] = [self.grid]

    def _cut(self, found: VoxelField) -> np.ndarray:
        return leaps(occupied_cells(found.alpha() > self.config.keep_alpha))

    def get_outputs(self, ray_bundle: Any) -> dict[str, Tensor]:
        """Colour, depth along the ray (nerfstudio's), opacity."""
        eyes, directions = ray_bundle.origins, ray_bundle.directions
        n, device = len(eyes), eyes.device
        metadata = ray_bundle.metadata or {}
        readings = torch.full((n,), torch.inf, device=device)
        if self.training and "depth" in metadata:
            z = metadata["depth"][:, 0] * metadata["directions_norm"][:, 0]
            readings = torch.where(z > 0, z, readings)
        x, y, z = (int(k) for k in self.shape)
        ox, oy, oz = (float(k) for k in self.origin)
        lattice = Lattice((x, y, z), (ox, oy, oz), float(self.voxel_m), self.leap, NEAR_M, self.config.damp_m)
        jitter = torch.rand(n, device=device) if self.training else torch.full((n,), 0.5, device=device)
        band = self.config.band_voxels * float(self.voxel_m)
        sums = cast_rays(self.grid, lattice, eyes, directions, jitter, readings, band)
        behind = torch.rand(n, 3, device=device) if self.training else torch.zeros(n, 3, device=device)
        left = sums[:, 4:5]
        rgb = sums[:, :3] + left * behind
        opacity = 1 - left
        return {
            "rgb": rgb if self.training else rgb.clamp(0, 1), "accumulation": opacity,
            "depth": sums[:, 3:4] / opacity.clamp(min=1e-6), "away": sums[:, 5:6] + left, "mean": sums[:, 3:4],
            "left": left, "reading": readings[:, None],
        }  # fmt: skip

    def get_metrics_dict(self, outputs: dict[str, Tensor], batch: dict[str, Any]) -> dict[str, Tensor]:
        """PSNR of the batch (dB)."""
        truth = batch["image"].to(outputs["rgb"].device)
        return {"psnr": -10 * torch.log10(torch.mean((outputs["rgb"].detach() - truth) ** 2).clamp(min=1e-12))}

    def get_loss_dict(
        self, outputs: dict[str, Tensor], batch: dict[str, Any], metrics_dict: dict[str, Any] | None = None
    ) -> dict[str, Tensor]:
        """Sums over the rays (not means): a vertex is then moved alike whatever the size of the batch."""
        rgb = outputs["rgb"]
        losses = {"rgb_loss": ((rgb - batch["image"].to(rgb.device)) ** 2).sum()}
        reading = outputs["reading"]
        known = torch.isfinite(reading)
        if self.training and bool(known.any()):
            c = self.config
            band = c.band_voxels * float(self.voxel_m)
            z = torch.where(known, reading, torch.zeros_like(reading))
            off = (outputs["mean"] + outputs["left"] * z - z).abs()
            huber = torch.where(off < band, off * off / (2 * band), off - band / 2)
            losses["misplaced_loss"] = c.misplaced * (outputs["away"] * known).sum()
            losses["depth_loss"] = c.depth_weight * (huber * known).sum()
        return losses

    def get_image_metrics_and_images(
        self, outputs: dict[str, Tensor], batch: dict[str, Tensor]
    ) -> tuple[dict[str, float], dict[str, Tensor]]:
        """PSNR (dB), depth error (m along the axis, median) where there is a reading, and pictures beside the truth."""
        rgb = outputs["rgb"]
        truth = batch["image"].to(rgb.device)
        metrics = {"psnr": float(-10 * torch.log10(torch.mean((rgb - truth) ** 2).clamp(min=1e-12)))}
        depth = colormaps.apply_depth_colormap(outputs["depth"], accumulation=outputs["accumulation"])
        return metrics, {"img": torch.cat([truth, rgb], dim=1), "depth": depth}
