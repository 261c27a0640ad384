"""Hold a posture of a muscle-driven arm against a force on the hand."""

from .arm import ArmTask, arm_world
from .arm_options import HoldOptions
from .world import World


class Hold(ArmTask):
    """Hold the hand where it is against a force.

    ## Description
    The hold task of "Left/Right Brain, human motor control and the implications for robotics" (Rinaldo et al., 2024),
    whose force is constant from the start; also pulses and sinusoids, of a direction that the arm is not told.
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

    `info["success"]`: every hand within 2 cm of its target and slower than 0.1 m/s, from 0.5 s after the onset on.

    ## Starting State
    Each joint is anywhere in its range (shoulder 0 to 135, elbow 0 to 155 degrees) but for a tenth of it at each end,
    uniformly; everything is at rest, the muscles inactive. The
    target is the hand's place at the start.

    ## Episode End
    ### Termination
    Never, but for a body that explodes (`info["exploded"]`).

    ### Truncation
    After 150 control steps (1.5 s).

    ## Arguments
    | Parameter                | Type      | Default    | Description                                                 |
    |--------------------------|-----------|------------|-------------------------------------------------------------|
    | `arms`                   | **int**   | `1`        | 1 for a right arm, 2 for a left and a right one             |
    | `delay_s`                | **float** | `0.0`      | Age of all that is observed; a multiple of 0.01 s           |
    | `proprioceptive_noise_m` | **float** | `0.0`      | Standard deviation of noise on the muscle lengths           |
    | `visual_noise_m`         | **float** | `0.0`      | Standard deviation of noise on hands and targets            |
    | `signal_dependent_noise` | **float** | `0.0`      | Noise (sd) on an excitation, as a share of it               |
    | `load`                   | **str**   | `constant` | `none`; `constant`, `pulse` or `sinusoid` from the onset on |
    | `force_n`                | **float** | `10.0`     | Largest force along x and y; each is drawn uniformly        |
    | `direction_rad`          | **float** | `None`     | Direction of a force of `force_n`; None: drawn, as above    |
    | `onset_s`                | **float** | `0.0`      | When the force sets in                                      |
    | `pulse_s`                | **float** | `0.1`      | How long a pulse lasts                                      |
    | `frequency_hz`           | **float** | `2.0`      | Frequency of a sinusoid                                     |

    ## Version History
    * v0: Initial version.
    """

    options: HoldOptions

    @property
    def counts_after_s(self) -> float:
        """At the start every hand is where it should be; it has been held when the force has had time to move it."""
        return self.options.onset_s + 0.5


def world(options: HoldOptions) -> World:
    """One arm or two at a table."""
    return arm_world(options, Hold(options))
