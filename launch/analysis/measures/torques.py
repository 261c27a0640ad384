"""Torques at shoulder and elbow: what a segment's motion needs, what the other segment's motion gives, and the muscles.

Net = muscle + interaction (+ external), after Hollerbach & Flash (1982) and Sainburg et al. (1995). Dynamic dominance
(Sainburg 2002) is about interaction torques: the dominant arm makes use of them, the other one corrects for them.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from innervate.agents.twins.two_link import TwoLink

Joints = Float[np.ndarray, "time trial 2"]


@dataclass(frozen=True)
class Torques:
    """N m, shoulder and elbow, flexion positive."""

    net: Joints
    """Inertia of what the joint moves times its own angular acceleration."""
    interaction: Joints
    """Due to the motion of the other segment."""
    muscle: Joints
    """What is left: muscles, passive tissue and, if there is one, a force on the hand."""

    def interaction_share(self) -> Float[np.ndarray, "trial 2"]:
        """Root mean square of the interaction torque over that of the muscle torque (1)."""
        rms = [np.sqrt(np.square(torque).mean(axis=0)) for torque in (self.interaction, self.muscle)]
        return rms[0] / np.maximum(rms[1], 1e-12)


def torques(links: TwoLink, angle: Joints, rate: Joints, acceleration: Joints) -> Torques:
    """From joint angles (rad), rates (rad/s) and accelerations (rad/s^2)."""
    (m1, m2), (l1, _), (c1, c2), (i1, i2) = links.mass_kg, links.length_m, links.centre_m, links.inertia_kgm2
    (a1, a2), (w1, w2), q2 = np.moveaxis(acceleration, -1, 0), np.moveaxis(rate, -1, 0), angle[..., 1]
    coupled, forearm = m2 * l1 * c2 * np.cos(q2), i2 + m2 * c2**2
    arm = i1 + m1 * c1**2 + m2 * l1**2 + forearm + 2 * coupled
    h = m2 * l1 * c2 * np.sin(q2)
    net = np.stack([arm * a1, forearm * a2], axis=-1)
    shoulder = -(forearm + coupled) * a2 + h * w2 * (w2 + 2 * w1)
    elbow = -(forearm + coupled) * a1 - h * w1**2
    interaction = np.stack([shoulder, elbow], axis=-1)
    return Torques(net, interaction, net - interaction)


def torques_of_path(links: TwoLink, hand_m: Float[np.ndarray, "time trial 2"], dt_s: float) -> Torques:
    """From the path of a hand, relative to the shoulder of a right arm, by central differences."""
    angle = joint_angles(links, hand_m)
    rate = np.gradient(angle, dt_s, axis=0)
    return torques(links, angle, rate, np.gradient(rate, dt_s, axis=0))


def joint_angles(links: TwoLink, hand_m: Float[np.ndarray, "*path 2"]) -> Float[np.ndarray, "*path 2"]:
    """Shoulder and elbow (rad) that bring the hand of a right arm to places (m) relative to its shoulder; the elbow is
    flexed."""
    l1, l2 = links.length_m
    x, y = hand_m[..., 0], hand_m[..., 1]
    elbow = np.arccos(np.clip((x**2 + y**2 - l1**2 - l2**2) / (2 * l1 * l2), -1, 1))
    shoulder = np.arctan2(y, x) - np.arctan2(l2 * np.sin(elbow), l1 + l2 * np.cos(elbow))
    return np.stack([shoulder, elbow], axis=-1)
