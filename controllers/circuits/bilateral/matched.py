"""A unilateral controller as large as a bilateral one, so that two sides are not merely more parameters."""

from dataclasses import replace

import torch

from ...spec import ControllerSpec
from .controller import BilateralConfig


def matched_unilateral(config: BilateralConfig, spec: ControllerSpec) -> BilateralConfig:
    """One hemisphere with as many layers of one width, and as nearly as possible as many parameters."""

    def size(c: BilateralConfig) -> int:
        return c.build(spec, torch.Generator().manual_seed(0)).parameter_count()

    def of_width(units: int) -> BilateralConfig:
        layers = (units,) * max(len(config.left), len(config.right))
        return replace(
            config, left=layers, right=(), callosum="none", fibres=None, callosum_delay_s=0.0, drive="shared"
        )

    wanted, width = size(config), 1
    while size(of_width(width)) < wanted:
        width += 1
    return min((of_width(w) for w in (max(width - 1, 1), width)), key=lambda c: abs(size(c) - wanted))
