"""What `ns-train` finds: `innervate-voxel` and `innervate-nerfacto` (entry points `nerfstudio.method_configs`)."""
# pyright: reportMissingImports=false, reportUntypedBaseClass=false
# (nerfstudio is an extra that the main environment does not have)

from dataclasses import dataclass
from typing import Any

import torch
from nerfstudio.configs.base_config import MachineConfig, ViewerConfig
from nerfstudio.data.datamanagers.base_datamanager import VanillaDataManagerConfig
from nerfstudio.engine.optimizers import AdamOptimizerConfig, OptimizerConfig
from nerfstudio.engine.schedulers import ExponentialDecaySchedulerConfig
from nerfstudio.engine.trainer import TrainerConfig
from nerfstudio.pipelines.base_pipeline import VanillaPipelineConfig
from nerfstudio.plugins.types import MethodSpecification

from .checkpoints import allow
from .data import CaptureDataManager
from .dataparser import CaptureDataParserConfig
from .nerfacto_model import MetricNerfactoConfig
from .voxel_adam import VoxelAdam
from .voxel_model import VoxelModelConfig

allow()  # every ns-* command imports its plug-ins, and those that load checkpoints need this


@dataclass
class VoxelAdamConfig(OptimizerConfig):
    """`VoxelAdam`; `lr` scales its step sizes."""

    _target: type = VoxelAdam
    lr: float = 1.0
    eps: float = 1e-12


def _data(rays: int) -> Any:
    return VanillaDataManagerConfig(
        _target=CaptureDataManager, dataparser=CaptureDataParserConfig(), train_num_rays_per_batch=rays,
        eval_num_rays_per_batch=rays, pixel_sampler=_sampler(),
    )  # fmt: skip


def _sampler() -> Any:
    from nerfstudio.data.pixel_samplers import PixelSamplerConfig

    return PixelSamplerConfig(num_rays_per_batch=4096, rejection_sample_mask=False)


def _trainer(name: str, model: Any, rays: int, iterations: int, optimizers: dict[str, Any]) -> TrainerConfig:
    return TrainerConfig(
        method_name=name, max_num_iterations=iterations, steps_per_save=iterations, steps_per_eval_batch=0,
        steps_per_eval_image=0, steps_per_eval_all_images=0, mixed_precision=False, optimizers=optimizers,
        pipeline=VanillaPipelineConfig(datamanager=_data(rays), model=model), vis="tensorboard",
        machine=MachineConfig(device_type="cuda" if torch.cuda.is_available() else "cpu"),
        viewer=ViewerConfig(websocket_host="127.0.0.1", quit_on_train_completion=True),
    )  # fmt: skip


def _decaying(config: OptimizerConfig, to: float, steps: int) -> dict[str, Any]:
    return {"optimizer": config, "scheduler": ExponentialDecaySchedulerConfig(lr_final=to, max_steps=steps)}


VOXEL_STEPS, NERFACTO_STEPS = 500, 2000

innervate_voxel = MethodSpecification(
    config=_trainer(
        "innervate-voxel", VoxelModelConfig(), 8192, VOXEL_STEPS,
        {"grid": _decaying(VoxelAdamConfig(), 0.1, VOXEL_STEPS)},
    ),
    description="innervate's voxel field: a minute on one CPU core, metres throughout.",
)  # fmt: skip

innervate_nerfacto = MethodSpecification(
    config=_trainer(
        "innervate-nerfacto", MetricNerfactoConfig(), 1024, NERFACTO_STEPS,
        {
            "proposal_networks": _decaying(AdamOptimizerConfig(lr=1e-2, eps=1e-15), 1e-3, NERFACTO_STEPS),
            "fields": _decaying(AdamOptimizerConfig(lr=1e-2, eps=1e-15), 1e-3, NERFACTO_STEPS),
        },
    ),
    description="nerfacto in metres with depth and a fused hash encoding, for rooms and CPUs.",
)

METHODS = {"innervate-voxel": innervate_voxel, "innervate-nerfacto": innervate_nerfacto}
"""By the name that a run's config.yml gives."""

