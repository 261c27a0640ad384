"""Captures in nerfstudio: metres, the world's own axes, and the box that the capture names.

This module imports nothing of nerfstudio but dataparsers: nerfstudio looks for plug-in dataparsers while it is
imported itself, and anything more would be a circle.
"""
# pyright: reportMissingImports=false, reportUntypedBaseClass=false
# (nerfstudio is an extra that the main environment does not have)

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from nerfstudio.data.dataparsers.nerfstudio_dataparser import Nerfstudio, NerfstudioDataParserConfig
from nerfstudio.data.scene_box import SceneBox
from nerfstudio.plugins.registry_dataparser import DataParserSpecification

from ..capture.folder import load_capture


@dataclass
class CaptureDataParserConfig(NerfstudioDataParserConfig):
    """A folder written by `innervate field capture`, or any with a `transforms.json` in metres."""

    _target: type = field(default_factory=lambda: CaptureDataParser)
    orientation_method: Literal["pca", "up", "vertical", "none"] = "none"
    center_method: Literal["poses", "focus", "none"] = "none"
    auto_scale_poses: bool = False
    downscale_factor: int | None = 1
    load_3D_points: bool = False


class CaptureDataParser(Nerfstudio):
    """Checks the folder as innervate does, keeps its frame, and takes its box."""

    def _generate_dataparser_outputs(self, split: str = "train") -> Any:
        folder = Path(self.config.data)
        folder = folder.parent if folder.suffix == ".json" else folder
        capture = load_capture(folder)
        outputs = super()._generate_dataparser_outputs(split)
        outputs.scene_box = SceneBox(aabb=torch.from_numpy(capture.bounds.astype(np.float32)))
        return outputs


capture_dataparser = DataParserSpecification(
    config=CaptureDataParserConfig(), description="innervate's captures: metric frame, exact poses, depth."
)
