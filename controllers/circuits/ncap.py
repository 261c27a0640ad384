"""The swimming circuit of C. elegans as a neural circuit architectural prior.

Bhattasali, Zador and Engel, "Neural Circuit Architectural Priors for Embodied Control", NeurIPS 2022. A head
oscillator drives the first joint; every other joint is driven by the stretch of the joint in front of it
(proprioceptive coupling: Wen et al., Neuron 2012), through B-type motor neurons that excite the muscle of their own
side and inhibit the opposite one.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from innervate.errors import ConfigError

from ..controller import Controller
from ..probe import UNTOUCHED, Touch
from ..spec import ControllerSpec, Obs, State
from ..unit import unit

DORSAL, VENTRAL = 0, 1


@dataclass(frozen=True, kw_only=True)
class NCAPConfig:
    """The swimming circuit of C. elegans (Bhattasali et al. 2022)."""

    period_steps: int = 60
    """Period of the head oscillator, control steps."""
    shared: bool = True
    """One weight for each kind of synapse, instead of one for each synapse."""
    signed: bool = True
    """Hold excitatory weights above and inhibitory ones below zero (Dale's law)."""
    weights: Literal["live", "published"] = "live"
    """How signs are held: sign * exp(theta), whose gradient never dies, or clamped in the forward as published.
    Live weights also learn through saturated neurons."""
    initial: Literal["constant", "uniform"] = "constant"
    """Magnitude of the initial weights: 1, or uniform in [0, 1]. Without `signed`, signs are random."""
    proprioception: bool = True
    """Stretch of the joint in front excites the B-neurons."""
    oscillator: bool = True
    """The head oscillator excites the first pair of B-neurons."""
    speed: bool = False
    """A `speed` observation in [0, 1] (1 number) releases the B-neurons from inhibition."""
    turn: bool = False
    """A `turn` observation (right, left), each in [0, 1], excites the first dorsal and ventral B-neurons."""
    turn_joints: int = 1
    """Number of joints, from the head, that `turn` reaches."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "NCAP":
        """The circuit for a body with a `joint_angle` observation of known limit and one actuator a joint."""
        return NCAP(spec, self, generator)


class NCAP(Controller):
    """Head to tail, joint i = 0 .. n-1, sides dorsal and ventral.

    Observations: `joint_angle` (batch, joints) in rad, positive dorsal; `speed` (batch, 1) and `turn`
    (batch, 2: right, left) where switched on. State: `phase` (batch,), control steps since the oscillator's dorsal
    onset. Actions: torque as a fraction of the limit, positive dorsal, head to tail.
    """

    recurrence = "autonomous"
    b_proprioception: nn.Parameter | None
    b_oscillator: nn.Parameter | None
    b_speed: nn.Parameter | None
    b_turn: nn.Parameter | None
    muscle_ipsi: nn.Parameter
    muscle_contra: nn.Parameter
    _to_side: Tensor
    _wave: Tensor
    _next_phase: Tensor

    def __init__(self, spec: ControllerSpec, config: NCAPConfig, generator: torch.Generator) -> None:
        super().__init__(spec)
        self.config = config
        angle = spec.channel("joint_angle")
        self.joints = joints = angle.size
        if angle.limit is None:
            raise ConfigError("NCAP scales joint angles by their limit, and this body's `joint_angle` has none.")
        if spec.action_size != joints:
            raise ConfigError(f"NCAP drives one actuator a joint: {joints} joints, but {spec.action_size} actuators.")
        if config.period_steps < 2:
            raise ConfigError(f"The oscillator's period must be at least 2 control steps, got {config.period_steps}.")
        if config.turn and not 1 <= config.turn_joints <= joints:
            raise ConfigError(f"turn_joints must lie in 1..{joints} for this body, got {config.turn_joints}.")
        for name, size, on in (("speed", 1, config.speed), ("turn", 2, config.turn)):
            if on and spec.channel(name).size != size:
                raise ConfigError(f"The `{name}` observation must have size {size}, got {spec.channel(name).size}.")
        for name, sign, reach, present in (
            ("b_proprioception", +1, joints - 1, config.proprioception and joints > 1),
            ("b_oscillator", +1, 1, config.oscillator),
            ("b_speed", -1, joints, config.speed),
            ("b_turn", +1, config.turn_joints, config.turn),
            ("muscle_ipsi", +1, joints, True),
            ("muscle_contra", -1, joints, True),
        ):
            self.register_parameter(name, self._synapse(sign, reach, generator) if present else None)
        # (2, 1): multiplies an angle into dorsal and ventral stretch, as fractions of the joint's limit.
        self.register_buffer("_to_side", torch.tensor([[1.0], [-1.0]]) / angle.limit, persistent=False)
        # The clock as tables: a look-up is the cheapest operation there is, and periodic by itself.
        phases = torch.arange(config.period_steps)
        self.register_buffer("_next_phase", phases.roll(-1), persistent=False)
        dorsal = phases < config.period_steps // 2
        self.register_buffer("_wave", torch.stack([dorsal, ~dorsal], 1)[..., None].float(), persistent=False)

    def _synapse(self, sign: int, joints: int, generator: torch.Generator) -> nn.Parameter:
        """Weights of one kind of synapse: a scalar when shared, else (2 sides, joints)."""
        shape = () if self.config.shared else (2, joints)
        constant = self.config.initial == "constant"
        magnitude = torch.ones(shape) if constant else torch.rand(shape, generator=generator)
        if not self.config.signed:
            return nn.Parameter(magnitude * (torch.randint(0, 2, shape, generator=generator) * 2.0 - 1.0))
        if self.config.weights == "live":
            return nn.Parameter(magnitude.clamp(min=1e-3).log())
        return nn.Parameter(sign * magnitude)

    def _excitatory(self, weight: Tensor) -> Tensor:
        """How much a synapse excites."""
        if not self.config.signed:
            return weight
        return weight.exp() if self.config.weights == "live" else weight.clamp(min=0.0)

    def _inhibitory(self, weight: Tensor) -> Tensor:
        """How much a synapse inhibits: positive for a synapse that obeys its sign."""
        if not self.config.signed:
            return -weight
        return weight.exp() if self.config.weights == "live" else (-weight).clamp(min=0.0)

    def initial_state(self, batch: int) -> State:
        """The oscillator at its dorsal onset."""
        return {"phase": torch.zeros(batch, dtype=torch.int64, device=self._wave.device)}

    def advance(self, obs: Obs, state: State) -> State:
        """The oscillator one control step on; it runs free of the observations."""
        del obs
        return {"phase": self._next_phase.index_select(0, state["phase"])}

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch joints"], State]:
        """Propagate the undulatory wave by one control step."""
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch joints"], State]:
        """Parts: `B_dorsal`, `B_ventral`, `muscle_dorsal`, `muscle_ventral`, each (batch, joints), head to tail."""
        # nn.Module's attribute look-up would cost as much as the arithmetic; its dictionaries do not.
        synapses = self._parameters
        b = self.b_neurons(obs, state["phase"])
        if touch is not UNTOUCHED:
            b = torch.stack([touch.part("B_dorsal", b[:, 0]), touch.part("B_ventral", b[:, 1])], 1)
        ipsi, contra = synapses["muscle_ipsi"], synapses["muscle_contra"]
        assert ipsi is not None
        assert contra is not None
        excitation, inhibition = self._excitatory(ipsi) * b, self._inhibitory(contra)
        muscle = self._activity(torch.addcmul(excitation, inhibition, b.flip(1), value=-1.0))  # (batch, 2, joints)
        dorsal, ventral = muscle.unbind(1)
        if touch is not UNTOUCHED:
            dorsal, ventral = touch.part("muscle_dorsal", dorsal), touch.part("muscle_ventral", ventral)
        return dorsal - ventral, self.advance(obs, state)

    def b_neurons(self, obs: Obs, phase: Int[Tensor, "batch"]) -> Float[Tensor, "batch 2 joints"]:
        """Activity of the B-type motor neurons in [0, 1], dorsal and ventral, head to tail."""
        synapses, tables = self._parameters, self._buffers
        to_side, wave = tables["_to_side"], tables["_wave"]
        assert to_side is not None
        assert wave is not None
        stretch = (obs["joint_angle"].unsqueeze(1) * to_side).clamp(0.0, 1.0)
        head, front = wave.index_select(0, phase), stretch[..., :-1]
        oscillator, proprioception = synapses["b_oscillator"], synapses["b_proprioception"]
        head = torch.zeros_like(head) if oscillator is None else head * self._excitatory(oscillator)
        front = torch.zeros_like(front) if proprioception is None else front * self._excitatory(proprioception)
        drive = torch.cat([head, front], dim=-1)
        if (speed := synapses["b_speed"]) is not None:
            drive = drive - self._inhibitory(speed) * (1.0 - obs["speed"].clamp(0.0, 1.0)).unsqueeze(-1)
        if (turn := synapses["b_turn"]) is not None:
            reach = self.config.turn_joints
            extra = (self._excitatory(turn) * obs["turn"].clamp(0.0, 1.0).unsqueeze(-1)).expand(-1, -1, reach)
            drive = drive + nn.functional.pad(extra, (0, self.joints - reach))
        return self._activity(drive)

    def _activity(self, drive: Tensor) -> Tensor:
        return unit(drive) if self.config.weights == "live" else drive.clamp(0.0, 1.0)
