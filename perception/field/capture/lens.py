"""Lenses as `transforms.json` describes them, and pictures brought to one pinhole camera."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64

from innervate.cameras import Pinhole
from innervate.errors import ConfigError

FISHEYE = frozenset({"OPENCV_FISHEYE", "RADIAL_FISHEYE", "SIMPLE_RADIAL_FISHEYE"})
"""Models whose polynomial is of the ray's angle."""
MODELS = ("PINHOLE", "SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL", "OPENCV", "FULL_OPENCV", *sorted(FISHEYE))
_BENT = ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")
_REFUSED = ("s1", "s2", "s3", "s4", "sx1", "sy1", "rolling_shutter")
KEYS = (
    "camera_model", "camera_angle_x", "camera_angle_y", "fl_x", "fl_y", "cx", "cy", "w", "h", "is_fisheye", *_BENT,
    *_REFUSED,
)  # fmt: skip


@dataclass(frozen=True)
class Lens:
    """A pinhole camera whose rays are bent as OpenCV has it.

    Radial `k1` to `k3` over 1 with `k4` to `k6`, tangential `p1`, `p2`; or, of a fisheye, `k1` to `k4` of the angle.
    """

    camera: Pinhole
    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0
    k5: float = 0.0
    k6: float = 0.0
    fisheye: bool = False

    @property
    def straight(self) -> bool:
        """Whether no ray is bent."""
        bent = (self.k1, self.k2, self.p1, self.p2, self.k3, self.k4, self.k5, self.k6)
        return not (self.fisheye or any(bent))

    def pixels_of(
        self, target: Pinhole
    ) -> tuple[Float64[np.ndarray, "2 height width"], Bool[np.ndarray, "height width"]]:
        """Where (row, column; 0 is the middle of the first pixel) this lens shows each pixel of `target`, and whether.

        Beyond the radius at which a lens polynomial turns back, it says nothing.
        """
        rays = target.rays().reshape(target.height, target.width, 3)
        x, y = rays[..., 0], -rays[..., 1]
        r2 = x * x + y * y
        radial, rises = self._of_angle(r2) if self.fisheye else self._of_slope(r2)
        u = x * radial + 2 * self.p1 * x * y + self.p2 * (r2 + 2 * x * x)
        v = y * radial + self.p1 * (r2 + 2 * y * y) + 2 * self.p2 * x * y
        c = self.camera
        at = np.stack([v * c.fy + c.cy, u * c.fx + c.cx]) - 0.5
        inside = (at[0] >= -0.5) & (at[0] <= c.height - 0.5) & (at[1] >= -0.5) & (at[1] <= c.width - 0.5)
        return at, inside & rises

    def _of_slope(self, r2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        above = 1 + r2 * (self.k1 + r2 * (self.k2 + r2 * self.k3))
        below = 1 + r2 * (self.k4 + r2 * (self.k5 + r2 * self.k6))
        more = r2 * (2 * self.k1 + r2 * (4 * self.k2 + r2 * 6 * self.k3))  # r times the derivative of `above`
        less = r2 * (2 * self.k4 + r2 * (4 * self.k5 + r2 * 6 * self.k6))
        rises = (below > 0) & ((above + more) * below > above * less)
        return above / np.where(below == 0, np.inf, below), rises

    def _of_angle(self, r2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        r = np.sqrt(r2)
        angle = np.arctan(r)
        a2 = angle * angle
        bent = angle * (1 + a2 * (self.k1 + a2 * (self.k2 + a2 * (self.k3 + a2 * self.k4))))
        rises = 1 + a2 * (3 * self.k1 + a2 * (5 * self.k2 + a2 * (7 * self.k3 + a2 * 9 * self.k4))) > 0
        return np.divide(bent, r, out=np.ones_like(r), where=r > 0), rises


def read_lens(document: dict[str, Any], frame: dict[str, Any], size: tuple[int, int], name: str) -> Lens:
    """The lens of one frame, its own keys before those of the whole file; `size` is the picture's width and height."""
    both = {k: v for source in (document, frame) for k, v in source.items() if k in KEYS and v is not None}
    model = str(both.get("camera_model", "PINHOLE")).upper()
    if model not in MODELS:
        raise ConfigError(f"The camera model of {name} is {model}; {', '.join(MODELS)} are read. Undistort the "
                          "pictures to a pinhole first (COLMAP's image_undistorter does).")
    values = {k: _number(v, k, name) for k, v in both.items() if k != "camera_model"}
    fisheye = model in FISHEYE or bool(values.get("is_fisheye"))
    others = ("p1", "p2", "k5", "k6") if fisheye else () if model == "FULL_OPENCV" else ("k4", "k5", "k6")
    for key in (*_REFUSED, *others):
        if abs(values.get(key, 0.0)) > 1e-9:
            kept = "k1 to k4 are" if fisheye else "k1, k2, k3, p1 and p2 are, and k4 to k6 where `camera_model` is "\
                "FULL_OPENCV"  # fmt: skip
            raise ConfigError(f"The lens of {name} has {key} = {values[key]:g}, which is not read; of a distorted lens "
                              f"{kept}. Calibrate without it, or undistort the pictures first.")
    width, height = size
    if (values.get("w", width), values.get("h", height)) != (width, height):
        raise ConfigError(f"transforms.json says {values.get('w', width):g} x {values.get('h', height):g} pixels for "
                          f"{name}, which is {width} x {height}; write the intrinsics for the size of the pictures.")
    if "fl_x" not in values and "camera_angle_x" not in values:
        raise ConfigError(f"transforms.json has no focal length for {name}: `fl_x` (pixels) or `camera_angle_x` (rad) "
                          "is needed.")
    own = frame.get("fl_x") is None and frame.get("camera_angle_x") is not None
    fx = _focal(width, values["camera_angle_x"], name) if own or "fl_x" not in values else values["fl_x"]
    fy = values.get("fl_y", _focal(height, values["camera_angle_y"], name) if "camera_angle_y" in values else fx)
    if not (fx > 0 and fy > 0):
        raise ConfigError(f"The focal lengths of {name} are {fx:g} and {fy:g} pixels; they are above 0.")
    camera = Pinhole(width, height, fx, fy, values.get("cx", width / 2), values.get("cy", height / 2))
    return Lens(camera, *(values.get(k, 0.0) for k in _BENT), fisheye=fisheye)


def _number(value: object, key: str, name: str) -> float:
    try:
        number = float(value)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{key} of {name} should be a number, not {value!r}.") from error
    if not np.isfinite(number):
        raise ConfigError(f"{key} of {name} is {number}; a finite number is needed.")
    return number


def _focal(pixels: int, angle_rad: float, name: str) -> float:
    if not 0 < angle_rad < np.pi:
        raise ConfigError(f"The field of view of {name} (`camera_angle_x`, `camera_angle_y`) is {angle_rad:g} rad; it "
                          "lies between 0 and pi, not in degrees.")
    return pixels / 2 / float(np.tan(angle_rad / 2))


def shared_camera(lenses: list[Lens]) -> Pinhole:
    """The pinhole camera that most pictures have; of several as frequent, the one that sees most."""
    times = Counter(lens.camera for lens in lenses)
    return max(times, key=lambda c: (times[c], c.width * c.height / (c.fx * c.fy)))


def seen_through(
    array: np.ndarray, lens: Lens, target: Pinhole, *, nearest: bool = False
) -> tuple[np.ndarray, Bool[np.ndarray, "height width"]]:
    """A picture as `target` would have taken it from the same place, and which of its pixels the picture shows.

    Colours are interpolated by cubic splines; with `nearest`, values are taken as they are (depth, labels, masks).
    """
    from scipy.ndimage import map_coordinates

    at, inside = lens.pixels_of(target)
    if nearest:
        row, column = (np.clip(np.round(a), 0, n - 1).astype(int) for a, n in zip(at, array.shape, strict=False))
        return array[row, column], inside
    planes = [map_coordinates(array[..., c].astype(np.float32), at, order=3, mode="nearest")
              for c in range(array.shape[2])]  # fmt: skip
    return np.clip(np.round(np.stack(planes, -1)), 0, 255).astype(np.uint8), inside
