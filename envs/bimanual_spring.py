"""Reach with one hand and keep the other still while a spring joins them."""

import numpy as np
from jaxtyping import Float

from .arm import arm_world
from .arm_options import BimanualSpringOptions
from .bodies.arm import Spring
from .reach import Reach
from .world import World


class BimanualSpring(Reach):
    """One hand reaches a target, the other stays where it is, and a spring joins the two.

    ## Description
    Bread is cut with one hand and held with the other: each hand has a part of its own, and what one does pushes the
    other. After the mechanically coupled reaches by which Woytowicz et al. (Journal of Neurophysiology, 2018) told the
    skills of the two hands apart. The spring pulls when it is longer than `rest_m` and pushes when it is shorter, by
    `stiffness_n_m` times the difference, on both hands alike and in opposite directions.
    Both arms are planar and horizontal, mirror images of each other, each with two joints and six muscles (see
    `bodies.arm`), the shoulders 0.36 m apart. x points right, y ahead; joint angles of zero stretch the arm out
    sideways. Physics runs at 5 ms (Runge-Kutta); a control step is 0.01 s.

    ## Action Space
    `Box(0, 1, (12,), float32)`: excitations, which become activations with time constants of 15 ms (rising) and 50 ms
    (falling) at rest.

    | Num | Action                        | Control Min | Control Max | Name (in the model)   | Type (Unit)    |
    |-----|-------------------------------|-------------|-------------|-----------------------|----------------|
    | 0   | Excitation; peak force 838 N  | 0           | 1           | pectoralis_left       | excitation (1) |
    | 1   | Excitation; peak force 1207 N | 0           | 1           | deltoid_left          | excitation (1) |
    | 2   | Excitation; peak force 1422 N | 0           | 1           | brachioradialis_left  | excitation (1) |
    | 3   | Excitation; peak force 1549 N | 0           | 1           | triceps_lateral_left  | excitation (1) |
    | 4   | Excitation; peak force 414 N  | 0           | 1           | biceps_left           | excitation (1) |
    | 5   | Excitation; peak force 603 N  | 0           | 1           | triceps_long_left     | excitation (1) |
    | 6   | Excitation; peak force 838 N  | 0           | 1           | pectoralis_right      | excitation (1) |
    | 7   | Excitation; peak force 1207 N | 0           | 1           | deltoid_right         | excitation (1) |
    | 8   | Excitation; peak force 1422 N | 0           | 1           | brachioradialis_right | excitation (1) |
    | 9   | Excitation; peak force 1549 N | 0           | 1           | triceps_lateral_right | excitation (1) |
    | 10  | Excitation; peak force 414 N  | 0           | 1           | biceps_right          | excitation (1) |
    | 11  | Excitation; peak force 603 N  | 0           | 1           | triceps_long_right    | excitation (1) |

    ## Observation Space
    `Box(-Inf, Inf, (32,), float32)`. A muscle's length is relative to the stretched-out arm. The hand that is to reach
    is the one whose target is elsewhere.

    | Num | Observation             | Min  | Max | Sensor (in the model)          | Channel         | Type (Unit) |
    |-----|-------------------------|------|-----|--------------------------------|-----------------|-------------|
    | 0   | pectoralis, left        | -Inf | Inf | length/pectoralis_left         | muscle_length   | length (m)  |
    | 1   | deltoid, left           | -Inf | Inf | length/deltoid_left            | muscle_length   | length (m)  |
    | 2   | brachioradialis, left   | -Inf | Inf | length/brachioradialis_left    | muscle_length   | length (m)  |
    | 3   | triceps_lateral, left   | -Inf | Inf | length/triceps_lateral_left    | muscle_length   | length (m)  |
    | 4   | biceps, left            | -Inf | Inf | length/biceps_left             | muscle_length   | length (m)  |
    | 5   | triceps_long, left      | -Inf | Inf | length/triceps_long_left       | muscle_length   | length (m)  |
    | 6   | pectoralis, right       | -Inf | Inf | length/pectoralis_right        | muscle_length   | length (m)  |
    | 7   | deltoid, right          | -Inf | Inf | length/deltoid_right           | muscle_length   | length (m)  |
    | 8   | brachioradialis, right  | -Inf | Inf | length/brachioradialis_right   | muscle_length   | length (m)  |
    | 9   | triceps_lateral, right  | -Inf | Inf | length/triceps_lateral_right   | muscle_length   | length (m)  |
    | 10  | biceps, right           | -Inf | Inf | length/biceps_right            | muscle_length   | length (m)  |
    | 11  | triceps_long, right     | -Inf | Inf | length/triceps_long_right      | muscle_length   | length (m)  |
    | 12  | pectoralis, left        | -Inf | Inf | velocity/pectoralis_left       | muscle_velocity | rate (m/s)  |
    | 13  | deltoid, left           | -Inf | Inf | velocity/deltoid_left          | muscle_velocity | rate (m/s)  |
    | 14  | brachioradialis, left   | -Inf | Inf | velocity/brachioradialis_left  | muscle_velocity | rate (m/s)  |
    | 15  | triceps_lateral, left   | -Inf | Inf | velocity/triceps_lateral_left  | muscle_velocity | rate (m/s)  |
    | 16  | biceps, left            | -Inf | Inf | velocity/biceps_left           | muscle_velocity | rate (m/s)  |
    | 17  | triceps_long, left      | -Inf | Inf | velocity/triceps_long_left     | muscle_velocity | rate (m/s)  |
    | 18  | pectoralis, right       | -Inf | Inf | velocity/pectoralis_right      | muscle_velocity | rate (m/s)  |
    | 19  | deltoid, right          | -Inf | Inf | velocity/deltoid_right         | muscle_velocity | rate (m/s)  |
    | 20  | brachioradialis, right  | -Inf | Inf | velocity/brachioradialis_right | muscle_velocity | rate (m/s)  |
    | 21  | triceps_lateral, right  | -Inf | Inf | velocity/triceps_lateral_right | muscle_velocity | rate (m/s)  |
    | 22  | biceps, right           | -Inf | Inf | velocity/biceps_right          | muscle_velocity | rate (m/s)  |
    | 23  | triceps_long, right     | -Inf | Inf | velocity/triceps_long_right    | muscle_velocity | rate (m/s)  |
    | 24  | left hand, x (right)    | -Inf | Inf | hand/hand_left                 | hand            | place (m)   |
    | 25  | left hand, y (ahead)    | -Inf | Inf | hand/hand_left                 | hand            | place (m)   |
    | 26  | right hand, x (right)   | -Inf | Inf | hand/hand_right                | hand            | place (m)   |
    | 27  | right hand, y (ahead)   | -Inf | Inf | hand/hand_right                | hand            | place (m)   |
    | 28  | left target, x (right)  | -Inf | Inf | target/target_left             | target          | place (m)   |
    | 29  | left target, y (ahead)  | -Inf | Inf | target/target_left             | target          | place (m)   |
    | 30  | right target, x (right) | -Inf | Inf | target/target_right            | target          | place (m)   |
    | 31  | right target, y (ahead) | -Inf | Inf | target/target_right            | target          | place (m)   |

    ## Rewards
    | Term     | Min  | Max | Definition                                                                    |
    |----------|------|-----|-------------------------------------------------------------------------------|
    | `near`   | 0    | 1   | 1 with the hand on the target, a half at 0.1 m; mean over arms; `reward/near` |
    | `effort` | -0.1 | 0   | -0.1 times the mean square of the excitations; `reward/effort`                |

    `info["success"]`: every hand within 2 cm of its target and slower than 0.1 m/s, after the go cue.

    ## Starting State
    Both arms are at rest in the central posture (shoulder 45, elbow 90 degrees), the muscles inactive, the hands
    0.326 m apart. The target of the hand that reaches is `reach_m` away in one of eight directions, drawn uniformly;
    until `go_s` it lies at the hand. The target of the other hand is that hand's start. Without `reach_m`, starts and
    the target are anywhere, as in `innervate/Reach-v0`.

    ## Episode End
    ### Termination
    Never, but for a body that explodes (`info["exploded"]`).

    ### Truncation
    After 150 control steps (1.5 s).

    ## Arguments
    | Parameter                | Type      | Default | Description                                                 |
    |--------------------------|-----------|---------|-------------------------------------------------------------|
    | `arms`                   | **int**   | `2`     | Always 2: a left and a right one                            |
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
    | `reaches`                | **str**   | `right` | The hand that reaches: `left`, `right`, or `either` (drawn) |
    | `stiffness_n_m`          | **float** | `40.0`  | Stiffness of the spring between the hands (N/m)             |
    | `rest_m`                 | **float** | `0.3`   | Length of the spring at rest (m)                            |

    ## Version History
    * v0: Initial version.
    """

    def __init__(self, options: BimanualSpringOptions) -> None:
        super().__init__(options)
        self.coupled = options

    def goals(
        self, rng: np.random.Generator, start: Float[np.ndarray, "env arm 2"]
    ) -> Float[np.ndarray, "env arm 3"]:
        """Elsewhere for the hand that reaches, at the start for the other one."""
        away, here, o = super().goals(rng, start), self.hand_at(start), self.coupled
        right = rng.random(len(start)) < 0.5 if o.reaches == "either" else np.full(len(start), o.reaches == "right")
        reaches = np.stack([~right, right], axis=1)
        return np.where(reaches[..., None], away, here)


def world(options: BimanualSpringOptions) -> World:
    """Two arms at a table, and the spring."""
    return arm_world(options, BimanualSpring(options), Spring(options.stiffness_n_m, options.rest_m))
