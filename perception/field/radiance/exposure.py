"""Exposure and white balance of each picture: a phone changes both from one picture to the next.

Both are gains on the colour channels. A field half learnt shows what all pictures have in common; by least squares
with a pull to 1, each picture's gains follow from it, and the next level learns from pictures without them.
"""

import numpy as np
from jaxtyping import Float64, UInt8

from ..capture.capture import Capture
from .voxel import VoxelField

FEWEST = 8
"""Views without which every gain is 1: the field would be as much each picture's own as all pictures'."""
PRIOR = 0.01
"""Weight of a gain of 1, as a mean square of a picture's values (0 to 1)."""
DRIFTS = 0.05
"""Root mean square of the logarithms of gains below which nothing drifts; errors of the field look like as much."""
BLOWN = 250
"""Values from which on a picture may have been clipped."""
PIXELS_A_VIEW = 1024


def picture_gains(field: VoxelField, views: Capture) -> Float64[np.ndarray, "view 3"]:
    """What each picture's red, green and blue are to be multiplied with to agree with the field; geometric mean 1."""
    count = len(views.images)
    gains = np.ones((count, 3))
    if count < FEWEST or views.alpha is not None:
        return gains
    stride = max(1, int(np.sqrt(views.camera.width * views.camera.height / PIXELS_A_VIEW)))
    directions = views.camera.directions(stride)
    for k, pose in enumerate(views.poses):
        drawn = field.cast(pose, directions)[0].astype(float)
        seen = views.images[k, ::stride, ::stride].reshape(-1, 3)
        kept = (seen < BLOWN).all(1)
        if views.mask is not None:
            kept &= views.mask[k, ::stride, ::stride].ravel()
        x, y = seen[kept] / 255, drawn[kept]
        prior = PRIOR * max(len(x), 1)
        gains[k] = ((x * y).sum(0) + prior) / ((x * x).sum(0) + prior)
    gains /= np.exp(np.log(gains).mean(0))
    return gains if np.sqrt(np.mean(np.log(gains) ** 2)) > DRIFTS else np.ones((count, 3))


def balanced(
    images: UInt8[np.ndarray, "view height width 3"], gains: Float64[np.ndarray, "view 3"]
) -> UInt8[np.ndarray, "view height width 3"]:
    """The pictures with their gains applied, one after another."""
    out = np.empty_like(images)
    for k, gain in enumerate(gains):
        out[k] = np.clip(np.round(images[k] * gain), 0, 255).astype(np.uint8)
    return out
