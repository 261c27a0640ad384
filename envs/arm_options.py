"""What the tasks of the muscle-driven arms can be asked for, as types; light to import."""

import math
from dataclasses import dataclass

from innervate.errors import ConfigError

CONTROL_STEP_S = 0.01
LOADS = ("none", "constant", "pulse", "sinusoid")
FIELDS = ("curl", "viscous")
FARTHEST_M = 0.16
"""From the hand in the central posture, which a hand can be asked to reach: inside the joints' ranges all around."""


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
    """Of a sinusoid."""

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


@dataclass(frozen=True, kw_only=True)
class ReachOptions(ArmOptions):
    """Options of `innervate/Reach-v0`."""

    go_s: float = 0.0
    """When the target leaves the hand's start for its place: the go cue."""
    reach_m: float | None = None
    """How far the target is, in one of eight directions, from the hand in the central posture (shoulder 45 and elbow 90
    degrees), where it then starts: centre-out reaching. None for any posture to any other."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.go_s < math.inf:
            raise ConfigError(f"The go cue must come at a finite time of 0 s or more; go_s is {self.go_s}.")
        if self.reach_m is not None and not 0 < self.reach_m <= FARTHEST_M:
            raise ConfigError(
                f"From the central posture a hand can reach up to {FARTHEST_M} m all around; reach_m is {self.reach_m}."
            )


@dataclass(frozen=True, kw_only=True)
class HoldOptions(ArmOptions):
    """Options of `innervate/Hold-v0`."""

    load: str = "constant"
    """How the force on each hand goes: `none`, or `constant`, `pulse` or `sinusoid` from the onset on."""


@dataclass(frozen=True, kw_only=True)
class ForceFieldOptions(ReachOptions):
    """Options of `innervate/ForceField-v0`."""

    reach_m: float | None = 0.1
    """How far the target is, in one of eight directions, from the hand in the central posture (shoulder 45 and elbow 90
    degrees), where it then starts: centre-out reaching. None for any posture to any other."""
    field: str = "curl"
    """`curl`: across the velocity, to the right of a hand that moves ahead; `viscous`: against the velocity."""
    strength_n_s_m: float = 13.0
    """Force per velocity of the hand; negative: to the left, or along the velocity."""
    unknown_sign: bool = False
    """Whether the sign of the field is drawn anew for each episode: no model of it can be learned, only stiffness."""
    catch: float = 0.0
    """Share of the episodes, drawn at random and not announced, in which there is no field; 1 for a wash-out."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.field not in FIELDS:
            raise ConfigError(f"The field is 'curl' or 'viscous'; {self.field!r} was asked for.")
        if not math.isfinite(self.strength_n_s_m):
            raise ConfigError(f"The field must be of finite strength; strength_n_s_m is {self.strength_n_s_m}.")
        if not 0 <= self.catch <= 1:
            raise ConfigError(f"The share of catch trials lies between 0 and 1; catch is {self.catch}.")


@dataclass(frozen=True, kw_only=True)
class BimanualSpringOptions(ReachOptions):
    """Options of `innervate/BimanualSpring-v0`."""

    arms: int = 2
    """Always 2: a left and a right one in mirror image."""
    reach_m: float | None = 0.1
    """How far the target of the hand that reaches is from where it starts, in one of eight directions; both hands
    start in the central posture (shoulder 45 and elbow 90 degrees). None for any posture to any other."""
    reaches: str = "right"
    """Which hand: `left`, `right`, or `either`, drawn anew for each episode; the other one is to stay where it is."""
    stiffness_n_m: float = 40.0
    """Of the spring that joins the hands."""
    rest_m: float = 0.3
    """Length at which the spring neither pulls nor pushes; the hands start 0.326 m apart in the central posture."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.arms != 2:
            raise ConfigError(f"A spring joins the hands of 2 arms; arms={self.arms} was asked for.")
        if self.reaches not in ("left", "right", "either"):
            raise ConfigError(f"The hand that reaches is 'left', 'right' or 'either'; {self.reaches!r} was asked for.")
        self._check_finite("stiffness_n_m", "rest_m")
