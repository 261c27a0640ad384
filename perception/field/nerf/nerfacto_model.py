"""nerfacto for captures of a robot: metres, no contraction, depth, and a hash encoding that a CPU can bear."""
# pyright: reportMissingImports=false, reportUntypedBaseClass=false
# (nerfstudio is an extra that the main environment does not have)

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from nerfstudio.cameras.camera_optimizers import CameraOptimizerConfig
from nerfstudio.models.depth_nerfacto import DepthNerfactoModel, DepthNerfactoModelConfig
from nerfstudio.models.nerfacto import NerfactoModel
from torch import Tensor
from torchmetrics.image import lpip

from .hash_encoding import fuse


class Unmeasured(torch.nn.Module):
    """A metric whose weights are not here: not a number."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__()

    def forward(self, *images: Tensor) -> Tensor:
        """NaN."""
        return torch.tensor(torch.nan)


@contextmanager
def no_download() -> Generator[None, None, None]:
    """nerfacto is built without LPIPS, whose weights would be downloaded."""
    kept = lpip.LearnedPerceptualImagePatchSimilarity
    lpip.LearnedPerceptualImagePatchSimilarity = Unmeasured  # pyright: ignore
    try:
        yield
    finally:
        lpip.LearnedPerceptualImagePatchSimilarity = kept


def _fixed() -> Any:
    return CameraOptimizerConfig(mode="off")


def _proposals() -> list[dict[str, Any]]:
    return [{"hidden_dim": 16, "log2_hashmap_size": 16, "num_levels": 5, "max_res": 128, "use_linear": False}]


@dataclass
class MetricNerfactoConfig(DepthNerfactoModelConfig):
    """Sizes for a room on a CPU; on a GPU the same, with its own kernels."""

    _target: type = field(default_factory=lambda: MetricNerfactoModel)
    near_plane: float = 0.05
    far_plane: float = 12.0
    disable_scene_contraction: bool = True
    use_appearance_embedding: bool = False
    background_color: Any = "random"
    num_levels: int = 8
    log2_hashmap_size: int = 16
    max_res: int = 512
    hidden_dim: int = 32
    hidden_dim_color: int = 32
    num_proposal_iterations: int = 1
    proposal_net_args_list: list[dict[str, Any]] = field(default_factory=_proposals)
    num_proposal_samples_per_ray: tuple[int, ...] = (48,)
    num_nerf_samples_per_ray: int = 16
    proposal_initial_sampler: Any = "uniform"
    eval_num_rays_per_chunk: int = 4096
    depth_loss_mult: float = 0.05
    depth_sigma: float = 0.05
    camera_optimizer: CameraOptimizerConfig = field(default_factory=_fixed)
    fused: bool = True
    """The hash encoding in one pass on a CPU; the values are the same."""


class MetricNerfactoModel(DepthNerfactoModel):
    """nerfacto in metres; depth is used where the capture has it."""

    config: MetricNerfactoConfig

    def populate_modules(self) -> None:
        """As nerfacto, without downloads; torch's layers where there is no GPU."""
        if not torch.cuda.is_available():
            self.config.implementation = "torch"
        with no_download():
            super().populate_modules()
        if self.config.fused:
            fuse(self)

    def get_metrics_dict(self, outputs: Any, batch: Any) -> dict[str, Any]:
        """nerfacto's, and the depth loss where there is depth."""
        which = super() if "depth_image" in batch else super(DepthNerfactoModel, self)
        return which.get_metrics_dict(outputs, batch)

    def get_loss_dict(self, outputs: Any, batch: Any, metrics_dict: Any = None) -> dict[str, Any]:
        """nerfacto's, and the depth loss where there is depth."""
        if "depth_image" in batch:
            return super().get_loss_dict(outputs, batch, metrics_dict)
        return NerfactoModel.get_loss_dict(self, outputs, batch, metrics_dict)

    def get_image_metrics_and_images(self, outputs: Any, batch: Any) -> tuple[dict[str, float], dict[str, Tensor]]:
        """nerfacto's, and the depth error where there is depth."""
        if "depth_image" in batch:
            return super().get_image_metrics_and_images(outputs, batch)
        return NerfactoModel.get_image_metrics_and_images(self, outputs, batch)
