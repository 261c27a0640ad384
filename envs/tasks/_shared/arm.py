"""What all tasks of the muscle-driven arms share: what is perceived, where they start, what pushes the hands, and noise
on the muscles."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from innervate.errors import ConfigError
from innervate.signals import Channel

from ...bodies.arm import (
    FOREARM_M,
    HEIGHT_M,
    MEMORY,
    MUSCLES,
    RANGE_RAD,
    SHOULDER_FROM_MIDLINE_M,
    UPPER_ARM_M,
    Side,
    Spring,
    arms,
)
from ...inputs import Given
from ...memory import Memory
from ...noise import standard_normal
from ...randomisation import Randomisation
from ...sensors import Sensors
from ...task import Task
from ...term import Term
from ...world import World

CONTROL_STEP_S = 0.01


LOADS = ("none", "constant", "pulse", "sinusoid")


@dataclass(frozen=True, kw_only=True)
class ArmOptions:
    """What all tasks of the muscle-driven arms can be asked for."""

    arms: int = 1
    """1 for a right arm, 2 for a left and a right one in mirror image."""
    delay_s: float = 0.0
    """Age of all that is observed; a multiple of the control step, 0.01 s."""
    proprioceptive_noise_m: float = 0.0
    """Standard deviation of Gaussian noise on the muscle lengths."""
    visual_noise_m: float = 0.0
    """Standard deviation of Gaussian noise on the positions of hands and targets."""
    signal_dependent_noise: float = 0.0
    """Standard deviation of the noise on an excitation, as a fraction of it (Harris & Wolpert 1998)."""
    load: str = "none"
    """How a force on each hand goes: `none`, or `constant`, `pulse` or `sinusoid` from the onset on."""
    force_n: float = 10.0
    """Largest force along x and along y; each is drawn uniformly from -force_n to force_n."""
    direction_rad: float | None = None
    """Direction of a force of force_n, from x (right) to y (ahead); None for one that is drawn, see above."""
    onset_s: float = 0.0
    """When the force sets in."""
    pulse_s: float = 0.1
    """How long a pulse lasts."""
    frequency_hz: float = 2.0
    """Frequency of a sinusoid."""

    def __post_init__(self) -> None:
        if self.arms not in (1, 2):
            raise ConfigError(f"A body has 1 or 2 arms; arms={self.arms} was asked for.")
        if not (0 <= self.delay_s < math.inf) or abs(self.delay_s / 0.01 - round(self.delay_s / 0.01)) > 1e-6:
            raise ConfigError(f"The delay must be a multiple of the control step, 0.01 s; it is {self.delay_s} s.")
        if self.load not in LOADS:
            raise ConfigError(f"The load is 'none', 'constant', 'pulse' or 'sinusoid'; {self.load!r} was asked for.")
        self._check_finite(
            "proprioceptive_noise_m", "visual_noise_m", "signal_dependent_noise", "force_n", "onset_s", "pulse_s",
            "frequency_hz",
        )  # fmt: skip
        if self.direction_rad is not None and not math.isfinite(self.direction_rad):
            raise ConfigError(f"The direction of the force must be a finite angle; it is {self.direction_rad}.")

    def _check_finite(self, *names: str) -> None:
        for name in names:
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name} must be a finite number of 0 or more; it is {getattr(self, name)}.")


NEAR_M = 0.1
EFFORT = 0.1
MARGIN = 0.1
"""Share of the joint ranges, at each end, in which no posture is drawn."""
CENTRAL_RAD = (math.radians(45), math.radians(90))
"""Shoulder and elbow where centre-out reaches start: the hand well ahead of the shoulder, far from the joint limits."""
FORCE, GOAL, FIELD, KEY = slice(0, 4), slice(4, 10), MEMORY - 2, MEMORY - 1
"""What lies where in the memory of an episode: forces on the hands (N), where targets will be (m), the gain of a force
field, and the key of the noise."""


class ArmTask(Task):
    """What all tasks of the muscle-driven arms share.

    ## Body
    Each arm is planar and horizontal, with two joints and six muscles (see `bodies.arm`): two at the shoulder, two at
    the elbow, two across both. Two arms are mirror images of each other, the shoulders 0.36 m apart. x points right, y
    ahead; joint angles of zero stretch the arm out sideways.

    ## Action Space
    Excitations, which become activations with time constants of 15 ms (rising) and 50 ms (falling) at rest; arm by
    arm, left before right.

    ## Observation Space
    A muscle's length is relative to the stretched-out arm. With two arms each channel is twice as long, left before
    right.
    """

    control_step_s = CONTROL_STEP_S

    terms = (
        Term("near", "1 with the hand on the target, a half at 0.1 m; mean over arms", 0.0, 1.0),
        Term("effort", "-0.1 times the mean square of the excitations", -EFFORT, 0.0),
    )

    def __init__(self, options: ArmOptions) -> None:
        self.options = options
        n = self.arms = options.arms
        muscles = [f"{muscle.name}_{side}" for side in sides(options) for muscle in MUSCLES]
        self.channels: tuple[Channel, ...] = (
            Channel(
                "muscle_length", 6 * n, "m", None,
                "fibre lengths of the muscles, relative to the stretched-out arm; arm by arm, left before right",
                tuple(f"length of {name}" for name in muscles), tuple(f"length/{name}" for name in muscles),
            ),
            Channel(
                "muscle_velocity", 6 * n, "m/s", None, "how fast the muscles lengthen, in the same order",
                tuple(f"velocity of {name}" for name in muscles), tuple(f"velocity/{name}" for name in muscles),
            ),
            _places(options, "hand", "hands in the world, x (right) and y (ahead); left before right"),
            _places(options, "target", "where the hands should be, likewise"),
        )  # fmt: skip

    @property
    def senses(self) -> Randomisation | None:
        """The delay and the noise of the options."""
        o = self.options
        if not (o.delay_s or o.proprioceptive_noise_m or o.visual_noise_m):
            return None
        visual = {"hand": o.visual_noise_m, "target": o.visual_noise_m}
        return Randomisation(
            delay_s=(o.delay_s, o.delay_s), noise={"muscle_length": o.proprioceptive_noise_m, **visual}
        )

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """Proprioception, then vision."""
        return {
            "muscle_length": s["length"],
            "muscle_velocity": s["velocity"],
            "hand": self.in_plane(s, "hand").reshape(len(s), -1),
            "target": self.in_plane(s, "target").reshape(len(s), -1),
        }

    def in_plane(self, s: Sensors, name: str) -> Float[np.ndarray, "env arm 2"]:
        """The x and y of a sensor that each arm has."""
        return s[name].reshape(len(s), self.arms, 3)[..., :2]

    def distance_m(self, s: Sensors) -> Float[np.ndarray, "env arm"]:
        """From each hand to its target."""
        away = self.in_plane(s, "hand") - self.in_plane(s, "target")
        return np.sqrt(away[..., 0] ** 2 + away[..., 1] ** 2)

    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """`near`: 1 at the target, a half at 0.1 m, mean over arms. `effort`: -0.1 times the mean square excitation."""
        near = 1 / (1 + (self.distance_m(s) / NEAR_M) ** 2)
        effort = sum((action[:, i] * action[:, i] for i in range(action.shape[1])), start=np.zeros(len(s)))
        return {
            "near": near[:, 0] if self.arms == 1 else (near[:, 0] + near[:, 1]) / 2,
            "effort": -EFFORT / action.shape[1] * effort,
        }

    @property
    def counts_after_s(self) -> float:
        """Before this there is nothing to succeed at."""
        return 0.0

    def success(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        """Every hand within 2 cm of its target and slower than 0.1 m/s, once it counts: see `counts_after_s`."""
        v = self.in_plane(s, "hand_velocity")
        slow = v[..., 0] ** 2 + v[..., 1] ** 2 < 0.1**2
        there = np.logical_and.reduce((self.distance_m(s) < 0.02) & slow, axis=1)
        return there & (s["time"][:, 0] > self.counts_after_s + 1e-9)

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """Where the arms start, their targets, and what will push them."""
        start = self.starts(rng, n)
        goal = self.goals(rng, start)
        memory = np.zeros((n, MEMORY))
        memory[:, GOAL][:, : 3 * self.arms] = goal.reshape(n, -1)
        memory[:, KEY] = rng.integers(2**53, size=n)
        if self.options.load != "none":
            memory[:, FORCE][:, : 2 * self.arms] = self._load(rng, n)
        return {"qpos": start.reshape(n, -1), "mocap_pos": goal, "userdata": memory}

    def starts(self, rng: np.random.Generator, n: int) -> Float[np.ndarray, "env arm 2"]:
        """Postures (rad) in which episodes begin."""
        return self.posture(rng, n)

    def goals(
        self, rng: np.random.Generator, start: Float[np.ndarray, "env arm 2"]
    ) -> Float[np.ndarray, "env arm 3"]:
        """Where the targets are (m); here, where the hands are."""
        del rng
        return self.hand_at(start)

    def _load(self, rng: np.random.Generator, n: int) -> Float[np.ndarray, "env force"]:
        size, angle = self.options.force_n, self.options.direction_rad
        if angle is None:
            return rng.uniform(-size, size, (n, 2 * self.arms))
        return np.tile([size * math.cos(angle), size * math.sin(angle)], (n, self.arms))

    def drive(self, s: Sensors, action: Float[np.ndarray, "env actuator"], memory: Memory) -> dict[str, Given]:
        """Signal-dependent noise on the excitations, and forces on the hands; all held over a control step."""
        inputs: dict[str, Given] = {}
        if self.options.signal_dependent_noise:
            key = memory[:, KEY].astype(np.uint64)
            noise = standard_normal(key, memory.step.astype(np.uint64), action.shape[1])
            inputs["ctrl"] = np.clip(action * (1 + self.options.signal_dependent_noise * noise), 0.0, 1.0)
        force = self.force_n(s, memory)
        return inputs if force is None else {**inputs, "xfrc_applied": on_hands(force)}

    def force_n(self, s: Sensors, memory: Memory) -> Float[np.ndarray, "env arm 2"] | None:
        """What pushes the hands now (N): the load by its schedule; None if nothing ever does."""
        o, since = self.options, s["time"][:, 0] - self.options.onset_s + 1e-9
        if o.load == "none":
            return None
        course = (since >= 0).astype(float)
        if o.load == "pulse":
            course *= since < o.pulse_s
        elif o.load == "sinusoid":
            course *= np.sin(2 * math.pi * o.frequency_hz * since)
        force = memory[:, FORCE][:, : 2 * self.arms].reshape(len(s), self.arms, 2)
        return force * course[:, None, None]

    def posture(self, rng: np.random.Generator, n: int) -> Float[np.ndarray, "env arm 2"]:
        """Joint angles (rad) uniform over the ranges of the joints but for a margin at each end."""
        low, high = np.array(RANGE_RAD).T
        return rng.uniform(low + MARGIN * (high - low), high - MARGIN * (high - low), (n, self.arms, 2))

    def hand_at(self, posture: Float[np.ndarray, "env arm 2"]) -> Float[np.ndarray, "env arm 3"]:
        """Where the hands (m) are in a posture (rad)."""
        shoulder, both = posture[..., 0], posture.sum(axis=-1)
        x = UPPER_ARM_M * np.cos(shoulder) + FOREARM_M * np.cos(both)
        y = UPPER_ARM_M * np.sin(shoulder) + FOREARM_M * np.sin(both)
        if self.arms == 2:
            x = (x + SHOULDER_FROM_MIDLINE_M) * np.array([-1.0, 1.0])
        return np.stack([x, y, np.full_like(x, HEIGHT_M)], axis=-1)


def sides(options: ArmOptions) -> tuple[Side, ...]:
    """The arms that the options ask for, in the order of the sensors and actuators."""
    return ("right",) if options.arms == 1 else ("left", "right")


def _places(options: ArmOptions, name: str, meaning: str) -> Channel:
    """Channel of a sensor that each arm has, in the plane."""
    of = sides(options)
    labels = tuple(f"{side} {name}, {axis}" for side in of for axis in ("x (right)", "y (ahead)"))
    return Channel(name, 2 * len(of), "m", None, meaning, labels, tuple(f"{name}/{name}_{side}" for side in of))


def arm_world(options: ArmOptions, task: ArmTask, spring: Spring | None = None) -> World:
    """The arms at a table, and a task for them."""
    return World(arms(sides(options), spring), task)


def on_hands(force_n: Float[np.ndarray, "env arm 2"]) -> Float[np.ndarray, "env body 6"]:
    """Forces on the hands as MuJoCo's `xfrc_applied`; bodies in the order of the model: world, then arm by arm
    upper arm, forearm, hand and target."""
    n, count, _ = force_n.shape
    applied = np.zeros((n, 1 + 4 * count, 6))
    applied[:, 3::4, :2] = force_n
    return applied
