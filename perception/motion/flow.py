"""From evidence to flow, and from flow to how fast the camera turns and how soon it arrives.

Columns go to the right and rows downwards; x and y are pixels from the middle of the picture in these directions.
"""

import numpy as np
from jaxtyping import Float, Float64

from innervate.cameras import Pinhole
from innervate.errors import ConfigError


def flow(
    evidence: Float[np.ndarray, "row column class"],
    velocity: Float[np.ndarray, "class 2"],
    block: int,
    sharpness: float = 1.0,
) -> tuple[Float64[np.ndarray, "blockrow blockcolumn 2"], Float64[np.ndarray, "blockrow blockcolumn"]]:
    """Columns and rows a tick in each block of the picture, and how sure that is (0 to 1).

    Evidence is averaged over a block, times `sharpness` (the number of places that tell something of their own, where
    few do), and made probabilities by a softmax; the flow is the mean of the classes'
    velocities by them, and its confidence is one less their entropy over the largest that there is.

    Raises:
        ConfigError: blocks that do not fill the picture.
    """
    rows, columns, classes = evidence.shape
    if block < 1 or rows % block or columns % block:
        raise ConfigError(f"Blocks of {block} x {block} pixels do not fill a picture of {rows} x {columns}.")
    mean = evidence.reshape(rows // block, block, columns // block, block, classes).mean(axis=(1, 3), dtype=np.float64)
    mean *= sharpness
    share = np.exp(mean - mean.max(axis=-1, keepdims=True))
    share /= share.sum(axis=-1, keepdims=True)
    entropy = -(share * np.log(np.maximum(share, 1e-300))).sum(axis=-1)
    return share @ velocity, np.clip(1 - entropy / np.log(classes), 0.0, 1.0)


def turn_and_approach(
    flow: Float[np.ndarray, "row column 2"],
    weight: Float[np.ndarray, "row column"],
    camera: Pinhole,
    tick_s: float,
) -> tuple[float, float]:
    """Yaw rate (rad/s, to the left) and approach (1/s: one over the time to contact) of a camera from its flow.

    Least squares over the blocks of a picture, of a rotation about the upright axis and an expansion about the middle,
    which is what nearing a wall straight ahead looks like (Longuet-Higgins and Prazdny 1980). Both are 0 where nothing
    has a weight.

    Raises:
        ConfigError: weights below 0, or no time in a tick.
    """
    if not tick_s > 0 or weight.min() < 0:
        raise ConfigError(f"A tick takes more than 0 s and no weight is below 0; {tick_s} s and {weight.min()} came.")
    root = np.sqrt(np.repeat(weight.ravel().astype(np.float64), 2))
    design = _design(camera, *weight.shape) * root[:, None]
    found = np.linalg.lstsq(design, flow.reshape(-1).astype(np.float64) / tick_s * root, rcond=None)[0]
    return float(found[0]), float(found[1])


def explained(
    flow: Float[np.ndarray, "row column 2"],
    weight: Float[np.ndarray, "row column"],
    camera: Pinhole,
    tick_s: float,
    found: tuple[float, float],
) -> float:
    """Share of the flow's square that a turn and an approach explain; 0 where nothing flows.

    `found` are those of `turn_and_approach` from the same flow.
    """
    square = float((weight[..., None] * flow.astype(np.float64) ** 2).sum())
    model = _design(camera, *weight.shape) @ np.array(found) * tick_s
    rest = float((weight[..., None] * (flow - model.reshape(flow.shape)) ** 2).sum())
    return max(0.0, 1 - rest / square) if square > 0 else 0.0


def _design(camera: Pinhole, rows: int, columns: int) -> Float64[np.ndarray, "component 2"]:
    """Pixels a second by a turn of 1 rad/s to the left and by an approach of 1/s, of blocks: column, row, and on."""
    x = ((np.arange(columns) + 0.5) * camera.width / columns - camera.cx)[None] + np.zeros((rows, 1))
    y = ((np.arange(rows) + 0.5) * camera.height / rows - camera.cy)[:, None] + np.zeros((1, columns))
    # A turn to the left moves the picture to the right, faster away from the middle.
    turned = np.stack([camera.fx + x * x / camera.fx, x * y / camera.fy], axis=-1).ravel()
    nearer = np.stack([x, y], axis=-1).ravel()
    return np.stack([turned, nearer], axis=1)


def time_to_contact(approach: float) -> float:
    """Seconds until the camera is there; infinity where it stands or moves away."""
    return 1 / approach if approach > 0 else np.inf
