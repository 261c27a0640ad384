"""How stiffly a hand is held: the stiffness ellipse of Mussa-Ivaldi, Hogan & Bizzi (1985).

Small steady forces displace the hand, which settles where the arm's own force balances them. Passive tissue, active
muscle and feedback all count.
"""

import numpy as np
from jaxtyping import Float

from innervate.agents.learner import WorldConfig
from innervate.controllers import Controller
from innervate.errors import ConfigError
from innervate.launch.analysis.measures.ellipse import Ellipse
from innervate.launch.analysis.recordings.hand_paths import hand_paths

Matrix = Float[np.ndarray, "2 2"]


def stiffness(force_n: Float[np.ndarray, "trial 2"], displacement_m: Float[np.ndarray, "trial 2"]) -> Matrix:
    """Least-squares K (N/m) with `force_n = K displacement_m`: forces on the hand, and where the hand settled under
    them less where it stays without.

    Raises:
        ConfigError: the displacements do not span the plane.
    """
    if np.linalg.matrix_rank(displacement_m, tol=1e-9) < 2:
        raise ConfigError("Stiffness in the plane needs displacements in at least two directions.")
    return np.linalg.lstsq(displacement_m, force_n, rcond=None)[0].T


def ellipse(k: Matrix) -> Ellipse:
    """Restoring force (N/m) for a unit displacement in every direction: its axes and where it is stiffest."""
    u, values, _ = np.linalg.svd(k)
    return Ellipse.of(values, u)


def curl_share(k: Matrix) -> float:
    """Antisymmetric over symmetric part (1): 0 for a spring; what only reflexes between joints can make."""
    return float(abs(k[0, 1] - k[1, 0]) / max(np.linalg.norm(k + k.T, 2), 1e-300))


def held_stiffness(controller: Controller, trials: int, *, push_n: float = 0.5, window_s: float = 0.2) -> list[Matrix]:
    """Stiffness of the hand in each of the first held-out postures of `innervate/Hold-v0`, held by a controller.

    The hand is pushed by `push_n` in eight directions from the start; where it settles is its mean place over the last
    of the episode, less that without a push.
    """

    def settled(**load: float | str) -> Float[np.ndarray, "trial 2"]:
        found = hand_paths(controller, WorldConfig(id="hold", options=load), trials)
        return found.hand[-round(window_s / found.dt_s) :, :, 0].mean(axis=0)

    rest = settled(load="none")
    angles = np.arange(8) * np.pi / 4
    pushes = push_n * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    away = [settled(load="constant", force_n=push_n, direction_rad=float(angle)) - rest for angle in angles]
    return [stiffness(pushes, displacement) for displacement in np.stack(away, axis=1)]
