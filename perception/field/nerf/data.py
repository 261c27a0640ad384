"""What nerfstudio's trainer is fed with: images, and depth where a capture has it."""
# pyright: reportMissingImports=false, reportUntypedBaseClass=false
# (nerfstudio is an extra that the main environment does not have)

from typing import Any, ClassVar

import numpy as np
import torch
from nerfstudio.data.datamanagers.base_datamanager import VanillaDataManager
from nerfstudio.data.datasets.base_dataset import InputDataset
from PIL import Image


class CaptureDataset(InputDataset):
    """Images with depth (m along the axis; 0 without a reading) where there is some; nothing is downloaded."""

    exclude_batch_keys_from_device: ClassVar[list[str]] = [*InputDataset.exclude_batch_keys_from_device, "depth_image"]

    def get_metadata(self, data: dict[str, Any]) -> dict[str, Any]:
        """The depth of one image, as `depth_image`."""
        files = self._dataparser_outputs.metadata.get("depth_filenames")
        if files is None:
            return {}
        with Image.open(files[data["image_idx"]]) as picture:
            depth = np.asarray(picture).astype(np.float32)
        metres = torch.from_numpy(depth) * self._dataparser_outputs.metadata["depth_unit_scale_factor"]
        return {"depth_image": metres[..., None] * self._dataparser_outputs.dataparser_scale}


class CaptureDataManager(VanillaDataManager[CaptureDataset]):  # pyright: ignore[reportInvalidTypeArguments]
    """Rays that know the depth readings of their pixels."""

    def next_train(self, step: int) -> tuple[Any, dict[str, Any]]:
        """A batch of rays with `metadata["depth"]`, and the pixels."""
        rays, batch = super().next_train(step)
        if "depth_image" in batch:
            rays.metadata["depth"] = batch["depth_image"].to(rays.origins.device)
        return rays, batch
