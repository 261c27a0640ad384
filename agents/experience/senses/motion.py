"""How fast it turns and what it nears, told from an event camera.

Events between the looks of two control steps, the flow of blocks by Lucas and Kanade on their counts, and the turning
and nearing that explain it best. The learned layer of delays (`innervate.perception.motion`) needs ticks in which a
picture moves by two pixels at most; this needs one look a control step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from innervate.cameras import Pinhole
from innervate.errors import ConfigError
from innervate.sense import VIEW, Sense
from innervate.signals import Channel

from ....controllers import ControllerSpec
from ....envs.sight.event_camera import EventCamera, EventState
from ....perception.motion.classical import LucasKanade
from ....perception.motion.flow import explained, turn_and_approach

_KEPT = ("level", "reference", "fired", "events", "step", "since", "told")


@dataclass(frozen=True, kw_only=True)
class MotionConfig:
    """What it looks with, and how long it pools what moves."""

    camera: tuple[int, int] = (32, 32)
    """Width and height in pixels, multiples of the block."""
    fovy_deg: float = 60.0
    """Vertical field of view of the body's camera; 60 is the vehicle's."""
    block: int = 8
    """Side of the squares whose flow is told apart, pixels."""
    steps: int = 3
    """Control steps whose events are pooled."""
    threshold: float = 0.1
    """Change of the logarithm of brightness that makes an event."""
    blur: float = 1.0
    """Smoothing of the counts, pixels."""
    fewest: int = 8
    """Events of a step below which nothing is told: what was told last stays, and grows old."""

    def build(self, spec: ControllerSpec, num_envs: int) -> "MotionSense":
        """For a body with a camera."""
        return MotionSense(self, spec, num_envs)


class MotionSense(Sense):
    """Gives `seen_turn` (rad/s, to the left), `seen_approach` (1/s: one over the time to contact), `motion_confidence`
    (share of the flow that these two explain) and `motion_age_s` (since enough moved to tell; 1000 before it ever did).
    """

    remembers = "episode"

    def __init__(self, config: MotionConfig, spec: ControllerSpec, num_envs: int) -> None:
        c = self.config = config
        width, height = self.camera = c.camera
        if c.block < 1 or width % c.block or height % c.block or c.steps < 2 or c.fewest < 1:
            raise ConfigError(
                f"A sense of motion has a camera of whole blocks, pools 2 steps or more and needs 1 event or more; "
                f"camera={c.camera}, block={c.block}, steps={c.steps} and fewest={c.fewest} came."
            )
        self._step_s, self._pinhole = spec.control_step_s, Pinhole.of_view(width, height, c.fovy_deg)
        self._pixels = EventCamera(threshold=c.threshold)
        self._flow = LucasKanade(blur=c.blur, keep=1.0)
        self.takes = (Channel(VIEW, 1),)
        self.gives = (
            Channel("seen_turn", 1, "rad/s", None, "yaw rate to the left, by sight", ("turn that is seen",)),
            Channel("seen_approach", 1, "1/s", None, "one over the time to contact", ("approach that is seen",)),
            Channel("motion_confidence", 1, "1", 1.0, "how far these two explain the flow", ("confidence in motion",)),
            Channel("motion_age_s", 1, "s", None, "since it last saw motion", ("age of the motion seen",)),
        )  # fmt: skip
        n, shape = num_envs, (num_envs, height, width)
        self._level, self._reference, self._fired = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self._events = np.zeros((n, c.steps, 2, height, width), bool)
        self._step, self._since, self._told = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros((n, 3))

    def begin(self, ids: Int[np.ndarray, "env"], rngs: Sequence[np.random.Generator]) -> None:
        """It has seen nothing yet."""
        del rngs
        self._events[ids], self._step[ids], self._since[ids], self._told[ids] = False, 0, 10**6, 0.0

    def sense(
        self, ids: Int[np.ndarray, "env"], values: Mapping[str, np.ndarray]
    ) -> dict[str, Float[np.ndarray, "env _"]]:
        """The events since the last look, and what they tell."""
        for i, picture in zip(ids.tolist(), values[VIEW], strict=True):
            self._see(i, picture)
        told, age = self._told[ids], np.minimum(self._since[ids] * self._step_s, 1e3)
        self._step[ids] += 1
        self._since[ids] += 1
        return {
            "seen_turn": told[:, :1], "seen_approach": told[:, 1:2], "motion_confidence": told[:, 2:],
            "motion_age_s": age[:, None],
        }  # fmt: skip

    def _see(self, i: int, picture: np.ndarray) -> None:
        now_s = float(self._step[i] * self._step_s)
        if self._step[i] == 0:
            state = self._pixels.begin(picture, now_s)
        else:
            before = EventState(now_s - self._step_s, self._level[i], self._reference[i], self._fired[i])
            events, state = self._pixels.see(picture, now_s, before)
            window = self._events[i]
            window[:-1] = window[1:]
            window[-1] = False
            window[-1, np.where(events.brighter, 0, 1), events.y, events.x] = True
            if len(events) >= self.config.fewest and self._step[i] > 1:
                self._told[i], self._since[i] = self._read(window), 0
        self._level[i], self._reference[i], self._fired[i] = state.level, state.reference, state.fired_s

    def _read(self, window: np.ndarray) -> tuple[float, float, float]:
        block, (width, height) = self.config.block, self.config.camera
        moved = np.clip(self._flow.velocity(window, block)[-1], -block, block)
        weight = window.reshape(-1, height // block, block, width // block, block).sum(axis=(0, 2, 4)).astype(float)
        found = turn_and_approach(moved, weight, self._pinhole, self._step_s)
        return *found, explained(moved, weight, self._pinhole, self._step_s, found)

    def snapshot(self) -> dict[str, np.ndarray]:
        """Pixels, events and percept."""
        return {name: getattr(self, f"_{name}").copy() for name in _KEPT}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """See and perceive that."""
        for name in _KEPT:
            getattr(self, f"_{name}")[:] = arrays[name]

    def probes(self) -> dict[str, Float[np.ndarray, "env ..."]]:
        """What it told."""
        return {"seen_turn": self._told[:, 0].copy(), "seen_approach": self._told[:, 1].copy()}
