"""Reach with a muscle-driven arm in a force field."""

import numpy as np
from jaxtyping import Float

from .arm import FIELD, arm_world
from .arm_options import ForceFieldOptions
from .reach import Reach
from .sensors import Sensors
from .world import World

PER_VELOCITY = {"curl": ((0.0, 1.0), (-1.0, 0.0)), "viscous": ((-1.0, 0.0), (0.0, -1.0))}
"""Force (x, y) of each field of unit strength by the velocity (x, y) of the hand."""


class ForceField(Reach):
    """Reach while a force that depends on the hand's velocity pushes it.

    ## Description
    The adaptation experiment of Shadmehr and Mussa-Ivaldi ("Adaptive representation of dynamics during learning of a
    motor task", Journal of Neuroscience, 1994): a robot arm that the hand holds pushes it in proportion to its
    velocity. Those who have learned it err to the other side when the field is gone (`catch`): the after-effect.
    The force is F = b B v, with v the velocity of the hand and b = `strength_n_s_m`; B is ((0, 1), (-1, 0)) for `curl`,
    which does no work, and ((-1, 0), (0, -1)) for `viscous`. It is renewed at each control step and held for its 10 ms,
    v being that at the middle of the step, extrapolated from the last two (Adams and Bashforth's rule: the hand is
    where it would be in a field that is renewed all the time, to less than 1 mm after half a second). The b of an
    episode, 0 in a catch trial, is `env.unwrapped.data.userdata[-2]`; the arm is not told.
    The arm is planar and horizontal, with two joints and six muscles (see `bodies.arm`): two at the shoulder, two
    at the elbow, two across both. x points right, y ahead; joint angles of zero stretch the arm out sideways. Physics
    runs at 5 ms (Runge-Kutta); a control step is 0.01 s.

    ## Action Space
    `Box(0, 1, (6,), float32)` for one arm: excitations, which become activations with time constants of 15 ms (rising)
    and 50 ms (falling) at rest.

    | Num | Action                        | Control Min | Control Max | Name (in the model)   | Type (Unit)    |
    |-----|-------------------------------|-------------|-------------|-----------------------|----------------|
    | 0   | Excitation; peak force 838 N  | 0           | 1           | pectoralis_right      | excitation (1) |
    | 1   | Excitation; peak force 1207 N | 0           | 1           | deltoid_right         | excitation (1) |
    | 2   | Excitation; peak force 1422 N | 0           | 1           | brachioradialis_right | excitation (1) |
    | 3   | Excitation; peak force 1549 N | 0           | 1           | triceps_lateral_right | excitation (1) |
    | 4   | Excitation; peak force 414 N  | 0           | 1           | biceps_right          | excitation (1) |
    | 5   | Excitation; peak force 603 N  | 0           | 1           | triceps_long_right    | excitation (1) |

    ## Observation Space
    `Box(-Inf, Inf, (16,), float32)` for one arm; with two, each channel is twice as long, left before right.
    A muscle's length is relative to the stretched-out arm.

    | Num | Observation                 | Min  | Max | Sensor (in the model)          | Channel         | Type (Unit) |
    |-----|-----------------------------|------|-----|--------------------------------|-----------------|-------------|
    | 0   | length of pectoralis        | -Inf | Inf | length/pectoralis_right        | muscle_length   | length (m)  |
    | 1   | length of deltoid           | -Inf | Inf | length/deltoid_right           | muscle_length   | length (m)  |
    | 2   | length of brachioradialis   | -Inf | Inf | length/brachioradialis_right   | muscle_length   | length (m)  |
    | 3   | length of triceps_lateral   | -Inf | Inf | length/triceps_lateral_right   | muscle_length   | length (m)  |
    | 4   | length of biceps            | -Inf | Inf | length/biceps_right            | muscle_length   | length (m)  |
    | 5   | length of triceps_long      | -Inf | Inf | length/triceps_long_right      | muscle_length   | length (m)  |
    | 6   | velocity of pectoralis      | -Inf | Inf | velocity/pectoralis_right      | muscle_velocity | rate (m/s)  |
    | 7   | velocity of deltoid         | -Inf | Inf | velocity/deltoid_right         | muscle_velocity | rate (m/s)  |
    | 8   | velocity of brachioradialis | -Inf | Inf | velocity/brachioradialis_right | muscle_velocity | rate (m/s)  |
    | 9   | velocity of triceps_lateral | -Inf | Inf | velocity/triceps_lateral_right | muscle_velocity | rate (m/s)  |
    | 10  | velocity of biceps          | -Inf | Inf | velocity/biceps_right          | muscle_velocity | rate (m/s)  |
    | 11  | velocity of triceps_long    | -Inf | Inf | velocity/triceps_long_right    | muscle_velocity | rate (m/s)  |
    | 12  | hand, x (right)             | -Inf | Inf | hand/hand_right                | hand            | place (m)   |
    | 13  | hand, y (ahead)             | -Inf | Inf | hand/hand_right                | hand            | place (m)   |
    | 14  | target, x (right)           | -Inf | Inf | target/target_right            | target          | place (m)   |
    | 15  | target, y (ahead)           | -Inf | Inf | target/target_right            | target          | place (m)   |

    ## Rewards
    | Term     | Min  | Max | Definition                                                                    |
    |----------|------|-----|-------------------------------------------------------------------------------|
    | `near`   | 0    | 1   | 1 with the hand on the target, a half at 0.1 m; mean over arms; `reward/near` |
    | `effort` | -0.1 | 0   | -0.1 times the mean square of the excitations; `reward/effort`                |

    `info["success"]`: every hand within 2 cm of its target and slower than 0.1 m/s, after the go cue.

    ## Starting State
    The arm is at rest in the central posture (shoulder 45, elbow 90 degrees), the muscles inactive. The target is
    `reach_m` away in one of eight directions, drawn uniformly; until `go_s` it lies at the hand. Without `reach_m`,
    start and target are anywhere, as in `innervate/Reach-v0`.

    ## Episode End
    ### Termination
    Never, but for a body that explodes (`info["exploded"]`).

    ### Truncation
    After 150 control steps (1.5 s).

    ## Arguments
    | Parameter                | Type      | Default | Description                                                 |
    |--------------------------|-----------|---------|-------------------------------------------------------------|
    | `arms`                   | **int**   | `1`     | 1 for a right arm, 2 for a left and a right one             |
    | `delay_s`                | **float** | `0.0`   | Age of all that is observed; a multiple of 0.01 s           |
    | `proprioceptive_noise_m` | **float** | `0.0`   | Standard deviation of noise on the muscle lengths           |
    | `visual_noise_m`         | **float** | `0.0`   | Standard deviation of noise on hands and targets            |
    | `signal_dependent_noise` | **float** | `0.0`   | Noise (sd) on an excitation, as a share of it               |
    | `load`                   | **str**   | `none`  | `none`; `constant`, `pulse` or `sinusoid` from the onset on |
    | `force_n`                | **float** | `10.0`  | Largest force along x and y; each is drawn uniformly        |
    | `direction_rad`          | **float** | `None`  | Direction of a force of `force_n`; None: drawn, as above    |
    | `onset_s`                | **float** | `0.0`   | When the force sets in                                      |
    | `pulse_s`                | **float** | `0.1`   | How long a pulse lasts                                      |
    | `frequency_hz`           | **float** | `2.0`   | Frequency of a sinusoid                                     |
    | `go_s`                   | **float** | `0.0`   | When the target leaves the hand: the go cue (s)             |
    | `reach_m`                | **float** | `0.1`   | Distance of a target in one of 8 directions; None: any      |
    | `field`                  | **str**   | `curl`  | `curl` or `viscous`                                         |
    | `strength_n_s_m`         | **float** | `13.0`  | Force per velocity (N s/m); its sign is that of the field   |
    | `unknown_sign`           | **bool**  | `False` | The sign of the field is drawn anew for each episode        |
    | `catch`                  | **float** | `0.0`   | Share of episodes without a field, not announced            |

    ## Version History
    * v0: Initial version.
    """

    def __init__(self, options: ForceFieldOptions) -> None:
        super().__init__(options)
        self.field = options

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """A reach, and whether and which way the field will push."""
        start, o = super().begin(rng, n), self.field
        there = rng.random(n) >= o.catch
        sign = np.where(rng.random(n) < 0.5, -1.0, 1.0) if o.unknown_sign else 1.0
        start["userdata"][:, FIELD] = there * sign * o.strength_n_s_m
        return start

    def force_n(self, s: Sensors, memory: Float[np.ndarray, "env userdata"]) -> Float[np.ndarray, "env arm 2"]:
        """The field's force at the velocity that the hand will have in the middle of the step, and the load's."""
        v = 1.5 * self.in_plane(s, "hand_velocity") - 0.5 * self.in_plane(s.previous, "hand_velocity")
        b = PER_VELOCITY[self.field.field]
        xy = [row[0] * v[..., 0] + row[1] * v[..., 1] for row in b]  # by hand: the same bits for one body and many
        force = memory[:, FIELD, None, None] * np.stack(xy, axis=-1)
        load = super().force_n(s, memory)
        return force if load is None else force + load


def world(options: ForceFieldOptions) -> World:
    """One arm or two at a table."""
    return arm_world(options, ForceField(options))
