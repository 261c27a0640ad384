"""A field in the weights of a small network, and the way from voxels to it and back (volume distillation)."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from innervate.cameras import Pinhole, Pose

from ..capture.capture import Bounds
from ..field import View
from .march import STEP_VOXELS
from .voxel import VoxelField, empty_field, leaps, occupied_cells


@dataclass(frozen=True, kw_only=True)
class MLPFieldConfig:
    """Size and training of the network."""

    width: int = 96
    depth: int = 3
    octaves: int = 7
    """Frequencies of the positional encoding, each twice the one before; the lowest has the box as its period."""
    steps: int = 1500
    batch: int = 4096
    rate: float = 3e-3
    seed: int = 0


class MLPField(nn.Module):
    """Extinction and colour by a network of the position; drawn through a voxel grid that is baked when first needed.

    Implements `NeuralField`.
    """

    def __init__(self, bounds: Bounds, voxel_m: float, config: MLPFieldConfig = MLPFieldConfig()) -> None:
        super().__init__()
        self.config, self.box, self.voxel_m = config, np.asarray(bounds, float), voxel_m
        generator = torch.Generator().manual_seed(config.seed)
        sizes = [3 + 6 * config.octaves, *[config.width] * config.depth, 4]
        layers: list[nn.Module] = []
        for a, b in pairwise(sizes):
            layer = nn.Linear(a, b)
            with torch.no_grad():
                layer.weight.copy_(torch.randn(b, a, generator=generator) * (2 / a) ** 0.5)
                layer.bias.zero_()
            layers += [layer, nn.ReLU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, points: Float[Tensor, "point 3"]) -> Float[Tensor, "point 4"]:
        """Density logit (of half a voxel, as in `VoxelField`) and colour at points of the world (m)."""
        low, high = torch.tensor(self.box, dtype=points.dtype)
        unit = 2 * (points - low) / (high - low) - 1
        angles = unit[..., None] * (np.pi * 2.0 ** torch.arange(self.config.octaves))
        waves = torch.cat([angles.sin(), angles.cos()], -1).flatten(-2)
        out = self.layers(torch.cat([unit, waves], -1))
        return torch.cat([out[..., :1], torch.sigmoid(out[..., 1:])], -1)

    @torch.no_grad()
    def to_voxels(self) -> VoxelField:
        """The network's values at the vertices of a grid."""
        field = empty_field(self.box, self.voxel_m)
        index = np.stack(np.unravel_index(np.arange(len(field.grid)), field.shape), 1)
        points = torch.from_numpy((index * field.voxel_m + field.origin).astype(np.float32))
        field.grid[:] = torch.cat([self(part) for part in points.split(1 << 16)]).numpy()
        field.leap = leaps(occupied_cells(field.alpha() > 0.004))
        return field

    @cached_property
    def baked(self) -> VoxelField:
        """`to_voxels`, kept."""
        return self.to_voxels()

    @property
    def bounds(self) -> Bounds:
        """The box that the field fills (m)."""
        return self.box

    def render(self, pose: Pose, camera: Pinhole) -> View:
        """What a camera sees from a pose."""
        return self.baked.render(pose, camera)

    @torch.no_grad()
    def density(self, points: Float[np.ndarray, "point 3"]) -> Float64[np.ndarray, "point"]:
        """Extinction at points (1/m); 0 outside the box."""
        inside = ((points >= self.box[0]) & (points <= self.box[1])).all(1)
        logit = self(torch.from_numpy(np.asarray(points)).float())[:, 0].double().numpy()
        return np.where(inside, np.logaddexp(0, logit) / (STEP_VOXELS * self.voxel_m), 0.0)


def distil(teacher: VoxelField, config: MLPFieldConfig = MLPFieldConfig()) -> MLPField:
    """A network that has learnt a voxel field's volume: the share of light, and colour where there is some.

    After progressive volume distillation (Fang et al. 2023): first the volume alone near surfaces, where the values
    are, then more and more of the empty space as well.
    """
    student = MLPField(teacher.bounds, teacher.voxel_m, config)
    rng = np.random.default_rng(config.seed)
    near = np.flatnonzero(teacher.leap == 0)
    everything = np.arange(len(teacher.grid))
    optimiser = torch.optim.Adam(student.parameters(), config.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.rate, total_steps=config.steps)
    for step in range(config.steps):
        far = int(config.batch * 0.4 * min(1.0, 2 * step / config.steps))
        chosen = np.concatenate([rng.choice(near, config.batch - far), rng.choice(everything, far)])
        index = np.stack(np.unravel_index(chosen, teacher.shape), 1)
        points = torch.from_numpy((index * teacher.voxel_m + teacher.origin).astype(np.float32))
        truth = torch.from_numpy(teacher.grid[chosen])
        empty = torch.from_numpy(teacher.leap[chosen] > 1)
        logit = torch.where(empty, torch.full_like(truth[:, 0], -8.0), truth[:, 0].clamp(-8, 8))
        answer = student(points)
        share, wanted = torch.sigmoid(answer[:, 0]), torch.sigmoid(logit)
        colour = ((answer[:, 1:] - truth[:, 1:].clamp(0, 1)) ** 2).sum(1) * wanted
        loss = ((share - wanted) ** 2 + 0.001 * (answer[:, 0] - logit) ** 2 + 2 * colour).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return student
