"""A robot as a Gymnasium environment."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from jaxtyping import Float32

from innervate.errors import ConfigError, NonFiniteError
from innervate.launch.ros.bridge.errors import WireError
from innervate.launch.ros.bridge.wire import Wire
from innervate.launch.ros.clock import REAL, Clock
from innervate.launch.ros.robot_file import Robot, load_robot
from innervate.launch.ros.safety import not_finite
from innervate.launch.ros.session.link import RobotLink
from innervate.launch.ros.session.proof import prove
from innervate.launch.ros.session.wires import Transport, connect

ID = "innervate/Ros-v0"
ROUNDING = 1e-6
"""Share of a control step that is no time."""
SIM_LOOK_S = 0.05
"""A simulation's clock that has not moved for so long stands still."""


class RosEnv(gym.Env[np.ndarray, np.ndarray]):
    """A robot, or a simulation that poses as one, at the other end of a rosbridge or of ROS 2 itself.

    ## Description
    What the robot file maps: its observations side by side, its command as the action, at its control step: a step that
    comes early waits. Every command goes through the safety layer, so what is sent may be less than what was asked
    (`info["changes"]`).

    ## Action Space
    `Box(-1, 1, (n,), float32)`, one number a joint of the robot file's command, in its order, or what its `mix` takes:
    -1 and 1 are `action_low` and `action_high`.

    ## Observation Space
    `Box(-Inf, Inf, (m,), float32)`: the robot file's observations in its order, in SI units.

    ## Rewards
    The sum of what came on `reward_topic` since the last step; 0 without one.

    ## Starting State
    Where the robot is; after `reset_service`, if the robot file has one. Raises `WireError` while the emergency stop
    is on: only `env.unwrapped.link.release()` ends it.

    ## Episode End
    ### Termination
    When `terminated_topic` says so.
    ### Truncation
    When `truncated_topic` says so, and, with the robot at rest and `info["reason"]`: observations too old, link lost,
    emergency stop.

    ## Info
    `observation_age_s` (the oldest), `round_trip_s` (from the command to the last of the observations), `missed`
    (deadlines so far), `reason`, `changes` (by the safety layer).

    ## Arguments
    | Parameter   | Type                   | Default       | Description                                           |
    |-------------|------------------------|---------------|-------------------------------------------------------|
    | `config`    | **Robot, str or Path** | (none)        | The robot, or its file                                |
    | `transport` | **str**                | `"rosbridge"` | `rosbridge` or `rclpy`                                |
    | `wire`      | **Wire**               | `None`        | A connection that exists already; the env closes it   |
    | `timeout_s` | **float**              | `5.0`         | For the first observations and the reset service      |
    | `clock`     | **Clock**              | this computer | What waits and limits go by                           |
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  (Gymnasium's name)

    def __init__(
        self,
        config: Robot | str | Path | None = None,
        *,
        transport: Transport = "rosbridge",
        wire: Wire | None = None,
        timeout_s: float = 5.0,
        clock: Clock = REAL,
    ) -> None:
        if config is None:
            raise ConfigError(f'Which robot? gym.make("{ID}", config="robot.toml"); see innervate ros robot --help.')
        robot = config if isinstance(config, Robot) else load_robot(Path(config))
        self.link = RobotLink(robot, wire if wire is not None else connect(robot, transport), clock)
        self.robot, self.timeout_s, self.clock = robot, timeout_s, clock
        self.control_step_s = robot.control_step_s
        self.names = tuple(o.name for o in robot.observation)
        n = robot.command.actions
        self._action_names = robot.command.joints if robot.command.mix is None else tuple(map(str, range(n)))
        try:
            self.link.reset(timeout_s)
            prove(self.link)
        except BaseException:
            self.link.close()
            raise
        size = len(self.link.senses.flat(self.names))
        self.observation_space = gym.spaces.Box(-np.inf, np.inf, (size,), np.float32)
        self.action_space = gym.spaces.Box(-1.0, 1.0, (robot.command.actions,), np.float32)
        self.missed = 0
        """Deadlines missed since the environment was made."""

    def _observe(self) -> Float32[np.ndarray, "observation"]:
        return self.link.senses.flat(self.names).astype(np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32[np.ndarray, "observation"], dict[str, Any]]:
        """Begin an episode. The seed is the environment's own; a robot has none."""
        super().reset(seed=seed)
        if self.link.layer.latched:
            raise WireError(f"The robot is stopped ({self.link.layer.latched}); env.unwrapped.link.release() ends it.")
        self.link.reset(self.timeout_s)
        return self._observe(), {}

    def step(self, action: np.ndarray) -> tuple[Float32[np.ndarray, "observation"], float, bool, bool, dict[str, Any]]:
        """Send the command and wait for newer observations.

        Raises:
            NonFiniteError: the action is not finite; the robot has been stopped, until `link.release()`.
        """
        action = np.asarray(action, np.float64)
        if action.shape != self.action_space.shape:
            raise ConfigError(f"An action has shape {self.action_space.shape}, got {action.shape}.")
        link, senses = self.link, self.link.senses
        self._await_step()
        before = senses.numbers()
        verdict = link.act(action)
        link.pace.taken(link.time_s())
        sent_s = self.clock.now_s()
        if bad := not_finite(action, self._action_names):
            raise NonFiniteError(f"The action is not finite: {bad}. The robot is stopped.")
        reason = verdict.stopped
        if not reason:
            newer = senses.wait(before, self.robot.safety.max_age_s)
            late = self.clock.now_s() - sent_s > 1.5 * self.control_step_s
            self.missed += late or not newer
            if self.robot.pace == "clock":
                self._await_step()
            reason = link.layer.latched or ("" if newer else link.stale(self.clock.now_s()) or "no newer observation")
            if reason:
                link.rest(reason)
        now = self.clock.now_s()
        ages = senses.ages_s(now)
        info = {
            "observation_age_s": max(ages.values(), default=0.0),
            "round_trip_s": now - min(ages.values(), default=0.0) - sent_s,
            "missed": self.missed, "reason": reason, "changes": verdict.changes,
        }  # fmt: skip
        episode = link.episode
        return self._observe(), episode.take(), episode.terminated, episode.truncated or bool(reason), info

    def _await_step(self) -> None:
        """Until a control step has passed since the last command; on a simulation's clock its states tell of that."""
        link, senses = self.link, self.link.senses
        left_s, sim_s = link.pace.left_s(link.time_s()), senses.sim_s()
        if left_s <= ROUNDING * self.control_step_s:
            return
        if sim_s is None or self.robot.pace == "clock":
            self.clock.sleep(left_s)
        else:  # one that stands still may wait for this very step; the safety layer lets nothing change
            senses.wait_clock(sim_s + (1 - ROUNDING) * left_s, max(self.control_step_s, SIM_LOOK_S))

    def close(self) -> None:
        """Leave the robot at rest, and the link."""
        self.link.close()
