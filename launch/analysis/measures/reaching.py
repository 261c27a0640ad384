"""How a reach went: the measures of human motor control, one number a trial.

Hand paths are `(time, trial, 2)` in metres, sampled every `dt_s` seconds, the start included.
"""

from typing import Literal

import numpy as np
from jaxtyping import Float, Int

Path = Float[np.ndarray, "time trial 2"]
PerTrial = Float[np.ndarray, "trial"]
_STILL = 1e-9


def speed(path: Path, dt_s: float) -> Float[np.ndarray, "step trial"]:
    """Between one sample and the next, m/s."""
    return np.linalg.norm(np.diff(path, axis=0), axis=-1) / dt_s


def end_error(path: Path, target: Float[np.ndarray, "trial 2"]) -> PerTrial:
    """From the hand's last place to the target, m."""
    return np.linalg.norm(path[-1] - target, axis=-1)


def constant_and_variable_error(path: Path, target: Float[np.ndarray, "trial 2"]) -> tuple[float, float]:
    """Length of the mean end-point error, and the root mean square distance of the errors from that mean, m."""
    error = path[-1] - target
    mean = error.mean(axis=0)
    return float(np.linalg.norm(mean)), float(np.sqrt(np.square(error - mean).sum(axis=-1).mean()))


def linearity(path: Path, target: Float[np.ndarray, "trial 2"]) -> PerTrial:
    """Largest deviation from the line between start and target over its length (1); 0 is straight."""
    along = target - path[0]
    distance = np.maximum(np.linalg.norm(along, axis=-1), _STILL)
    off = path - path[0]
    across = np.abs(off[..., 0] * along[:, 1] - off[..., 1] * along[:, 0]) / distance
    return across.max(axis=0) / distance


def direction_error(
    path: Path, target: Float[np.ndarray, "trial 2"], dt_s: float, at: Literal["speed", "acceleration"] = "speed"
) -> PerTrial:
    """Angle (rad) between the hand's velocity and the line to the target, at the peak of the speed or, earlier, at the
    peak of its rise: the initial direction, before feedback can have changed it much."""
    velocity, profile = np.diff(path, axis=0), speed(path, dt_s)
    trials = np.arange(path.shape[1])
    moment = np.argmax(profile, axis=0)
    if at == "acceleration":
        rise = np.diff(profile, axis=0, prepend=0.0)
        rise[np.arange(len(rise))[:, None] > moment] = -np.inf  # braking backwards is none
        moment = np.argmax(rise, axis=0)
    v, along = velocity[moment, trials], target - path[0]
    turn = np.arctan2(v[:, 1], v[:, 0]) - np.arctan2(along[:, 1], along[:, 0])
    return np.abs((turn + np.pi) % (2 * np.pi) - np.pi)


def path_ratio(path: Path) -> PerTrial:
    """Length of the path over the distance from its start to its end (1)."""
    length = np.linalg.norm(np.diff(path, axis=0), axis=-1).sum(axis=0)
    return length / np.maximum(np.linalg.norm(path[-1] - path[0], axis=-1), _STILL)


def peak_speed(path: Path, dt_s: float) -> PerTrial:
    """m/s."""
    return speed(path, dt_s).max(axis=0)


def time_to_peak(path: Path, dt_s: float) -> PerTrial:
    """From the first sample to the greatest speed, s."""
    return (np.argmax(speed(path, dt_s), axis=0) + 0.5) * dt_s


def movement_time(path: Path, dt_s: float, threshold: float = 0.05) -> PerTrial:
    """From the first to the last sample that is faster than a share of the peak speed, s."""
    profile = speed(path, dt_s)
    moving = profile > threshold * profile.max(axis=0)
    first, last = np.argmax(moving, axis=0), len(moving) - 1 - np.argmax(moving[::-1], axis=0)
    return (last - first + 1) * dt_s


def speed_peaks(path: Path, dt_s: float, prominence: float = 0.1) -> Int[np.ndarray, "trial"]:
    """Peaks of the speed that stand out by a share of its greatest value: 1 for a single, bell-shaped movement."""
    from scipy.signal import find_peaks

    profile = np.pad(speed(path, dt_s), ((1, 1), (0, 0)))
    return np.array([len(find_peaks(v, prominence=prominence * max(v.max(), _STILL))[0]) for v in profile.T])


def sparc(path: Path, dt_s: float, cutoff_hz: float = 10.0, threshold: float = 0.05, padding: int = 4) -> PerTrial:
    """Spectral arc length of the speed (Balasubramanian et al. 2015); nearer to 0 is smoother."""
    profile = speed(path, dt_s)
    size = 2 ** (int(np.ceil(np.log2(len(profile)))) + padding)
    frequency = np.arange(size // 2) / (size * dt_s)
    spectrum = np.abs(np.fft.fft(profile, size, axis=0))[: size // 2]
    spectrum = spectrum / np.maximum(spectrum.max(axis=0), _STILL)
    inside = frequency <= cutoff_hz
    arcs = np.empty(profile.shape[1])
    for i, s in enumerate(spectrum[inside].T):
        loud = np.flatnonzero(s >= threshold)
        band = slice(loud[0], loud[-1] + 1)
        f, a = frequency[inside][band], s[band]
        span = max(f[-1] - f[0], _STILL)
        arcs[i] = -np.sqrt((np.diff(f) / span) ** 2 + np.diff(a) ** 2).sum()
    return arcs


def log_dimensionless_jerk(path: Path, dt_s: float) -> PerTrial:
    """Minus the log of the integral of squared jerk times duration^3 over peak speed^2; larger is smoother."""
    velocity = np.diff(path, axis=0) / dt_s
    jerk = np.diff(velocity, n=2, axis=0) / dt_s**2
    duration = (len(path) - 1) * dt_s
    total = np.square(jerk).sum(axis=(0, 2)) * dt_s
    return -np.log(np.maximum(total, _STILL) * duration**3 / np.maximum(peak_speed(path, dt_s), _STILL) ** 2)


def effort(excitation: Float[np.ndarray, "time trial muscle"]) -> PerTrial:
    """Mean squared excitation (1)."""
    return np.square(excitation).mean(axis=(0, 2))
