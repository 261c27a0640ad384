"""The spinal circuit of a four-legged animal as a neural circuit architectural prior: from walk to bound by a command.

Bhattasali, Pattabiraman, Pinto and Lindsay, "Neural Circuit Architectural Priors for Quadruped Locomotion", arXiv
2410.07174 (2024). A brainstem command (BC) sets the pace of a rhythm generator (RG, `_rhythm.py`), whose flexors and
extensors afferent feedback (AF) pushes and pattern formation (PF) reads. The RG is not trained: AF and PF are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError, UnknownNameError
from innervate.signals import Channel

from ..controller import Controller
from ..normaliser import Normaliser
from ..probe import UNTOUCHED, Touch
from ..spec import ControllerSpec, Obs, State
from . import _rhythm as rhythm

BODY_ORDER = (1, 0, 3, 2)
"""The body's limbs FR, FL, RR, RL in the circuit's order FL, FR, HL, HR; swapping sides leads either way."""
JOINTS = ("thigh", "calf")
GIRDLES = (0, 0, 1, 1)
"""Fore or hind, of each limb: left and right share their maps."""
EXAMPLE = ControllerSpec(
    observations=(
        Channel("joint_angle", 12, "rad"), Channel("joint_torque", 12, "N m"), Channel("joint_rate", 12, "rad/s"),
        Channel("foot_force", 4, "N"), Channel("target_speed", 1, "m/s"),
    ),
    action_size=8,
    control_step_s=0.03,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class QuadrupedConfig:
    """The spinal circuit of a four-legged animal (Bhattasali et al. 2024)."""

    command: float = 0.5
    """From the brainstem to frequency and synchrony on both sides: 0 is a slow walk, from 0.6 on it bounds."""
    follow: bool = False
    """Command by the body's `target_speed` (m/s), `follow_gain` times it and `follow_bias`, in place of `command`."""
    follow_gain: float = 0.5
    """Command for each m/s, where it follows."""
    follow_bias: float = -0.05
    """Command at a standstill, where it follows."""
    train_command: bool = False
    """Whether `command`, or what it follows by, is trained with the rest."""
    feedback: bool = True
    """Afferent feedback; it begins at zero, so that a new circuit walks blindly."""
    senses: tuple[str, ...] = ("joint_angle", "joint_torque", "joint_rate", "foot_force")
    """Channels that the feedback reads, each as many numbers a limb, in the order of `Quadruped`."""
    signed: bool = True
    """Hold weights of the pattern formation on the side of zero where they began."""
    copies: int = 1
    """How often each input of the pattern formation and each output of the feedback is there, to smooth a search."""
    delay_s: float = 0.03
    """From a unit to those that read it. The gait depends on it, and on the control step."""
    left_slower: float = 1.05
    """How much slower flexors adapt on the left; where it is 1 the gait depends on the start alone."""
    start: int = 24
    """Seed of the flexors' adaptation at the beginning of an episode, on which the gait depends: of the starts 0 to 39
    only 24 alternates left and right at commands 0, 0.2 and 0.4, and bounds at 0.6 and 0.8."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Quadruped":
        """The circuit for a body of four limbs with 2 (thigh, calf) or 3 (hip, thigh, calf) actuators each."""
        del generator
        return Quadruped(spec, self)


class Quadruped(Controller):
    """Limbs of the body FR, FL, RR, RL, each hip, thigh, calf; those of the circuit FL, FR, HL, HR.

    Observations: `senses`, (batch, 4 n) each, limb after limb; `target_speed` (batch, 1) where it follows that.
    State: `adaptation` and `active` (batch, 4) of the flexors, `potential` (batch, 24) of the other units, `values`
    (batch, steps of delay, 28), what each unit said, oldest first. Actions: targets of the joints from -1 to 1 around
    the standing pose; hips stay in it.
    """

    recurrence = "learned"
    afferent: nn.Parameter | None
    command: Tensor

    def __init__(self, spec: ControllerSpec, config: QuadrupedConfig) -> None:
        super().__init__(spec)
        self.config = config
        self._check(spec, config)
        self._per_limb = sum(spec.channel(name).size for name in config.senses) // 4
        command = [config.follow_gain, config.follow_bias] if config.follow else [config.command]
        if config.train_command:
            self.command = nn.Parameter(torch.tensor(command))
        else:
            self.register_buffer("command", torch.tensor(command), persistent=False)
        self.normaliser = Normaliser(spec.observation_size) if config.feedback else None
        shape = (config.copies, 2, 2 * self._per_limb, 2)
        self.register_parameter("afferent", nn.Parameter(torch.zeros(shape)) if config.feedback else None)
        # (copies, girdle, from F and E, to thigh and calf)
        begin = torch.tensor([[-0.5, -0.2], [0.3, 0.8]]) / config.copies
        self.pattern = nn.Parameter(begin.repeat(config.copies, 2, 1, 1))
        self.pattern_bias = nn.Parameter(torch.zeros(2, 2))
        bursts = rhythm.Bursts(spec.control_step_s, config.left_slower)
        for name, value in (
            ("weights", rhythm.weights()),
            ("bias", rhythm.of_kind(rhythm.BIAS)),
            ("frequency", rhythm.of_kind(rhythm.FREQUENCY)),
            ("synchrony", rhythm.of_kind(rhythm.SYNCHRONY)),
            ("rate", bursts.rate),
            ("low", bursts.low),
            ("high", bursts.high),
            ("adaptation", bursts.start(config.start)),
            ("pattern_signs", begin.sign()),
        ):
            self.register_buffer(name, value, persistent=False)

    def _check(self, spec: ControllerSpec, config: QuadrupedConfig) -> None:
        if spec.action_size not in (8, 12):
            raise ConfigError(
                f"This circuit moves four limbs of 2 joints (thigh, calf) or 3 (hip, thigh, calf): 8 or 12 actuators; "
                f"the body has {spec.action_size}."
            )
        if config.feedback and not config.senses:
            raise ConfigError("Feedback needs senses; give `senses`, or feedback=False for a blind circuit.")
        for name in config.senses if config.feedback else ():
            if spec.channel(name).size % 4:
                raise ConfigError(
                    f"Feedback reads as many numbers of each of four limbs; `{name}` has {spec.channel(name).size}."
                )
        if config.follow and spec.channel("target_speed").size != 1:
            raise ConfigError(f"`target_speed` is one number; here it has {spec.channel('target_speed').size}.")
        if config.copies < 1:
            raise ConfigError(f"There is at least one copy of each weight, not {config.copies}.")
        if not config.left_slower > 0:
            raise ConfigError(f"left_slower multiplies a time and is positive, not {config.left_slower}.")
        self._delay = rhythm.delay_steps(config.delay_s, spec.control_step_s)
        if self._delay < 1:
            raise ConfigError(
                f"The delay of the units, {config.delay_s:g} s, is no whole number of control steps of "
                f"{spec.control_step_s:g} s; set delay_s to a multiple of that. Its gaits are known for both at 0.03 s."
            )

    def initial_state(self, batch: int) -> State:
        """Flexors quiet, their adaptation as `start` draws it, all else at zero."""
        adaptation, units = self.get_buffer("adaptation"), len(rhythm.UNITS)
        return {
            "adaptation": adaptation.expand(batch, -1).clone(),
            "active": adaptation.new_zeros(batch, 4),
            "potential": adaptation.new_zeros(batch, len(rhythm.BASIC)),
            "values": adaptation.new_zeros(batch, self._delay, units),
        }

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """One step of every unit at once, and the joint targets that it makes."""
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """Neurons: `BC.frequency`, `BC.synchrony`, `AF.FL.F` (limb, unit), `RG.FL.F`, `PF.FL.thigh` (limb, joint).

        `RG` names all of these units, `RG.FL` those of a limb, `RG.F` those of a kind.
        """
        command = touch.neurons(("BC.frequency", "BC.synchrony"), self._commanded(obs, state))
        said = state["values"][:, 0]
        x = said @ self.get_buffer("weights") + self.get_buffer("bias")
        x = x + command[:, :1] * self.get_buffer("frequency") + command[:, 1:] * self.get_buffer("synchrony")
        if self.afferent is not None:
            pushed = touch.neurons(_AFFERENTS, self._felt(obs).flatten(1))
            x = x + pushed @ self._one_hot(x)
        flexors, basic = list(rhythm.FLEXORS), list(rhythm.BASIC)
        adaptation, active = rhythm.burst(
            x[:, flexors], state["adaptation"], state["active"],
            self.get_buffer("rate"), self.get_buffer("low"), self.get_buffer("high"),
        )  # fmt: skip
        potential = rhythm.settle(x[:, basic], state["potential"], self.spec.control_step_s)
        both = torch.cat([active * (adaptation + 1) / 2, potential.clamp(0.0, 1.0)], 1)
        values = touch.neurons(_RHYTHM, both[:, _PLACES])
        targets = touch.neurons(_PATTERN, self._formed(values).flatten(1)).unflatten(1, (4, 2))
        after = {
            "adaptation": adaptation,
            "active": active,
            "potential": potential,
            "values": torch.cat([state["values"][:, 1:], values.unsqueeze(1)], 1),
        }
        return self._of_body(targets), after

    def _commanded(self, obs: Obs, state: State) -> Float[Tensor, "batch 2"]:
        """Frequency and synchrony."""
        if self.config.follow:
            return (self.command[0] * obs["target_speed"] + self.command[1]).expand(-1, 2)
        return self.command.expand(len(state["active"]), 2)

    def _felt(self, obs: Obs) -> Float[Tensor, "batch 4 2"]:
        """What the afferents of each limb give to its flexor and its extensor."""
        assert self.normaliser is not None
        assert self.afferent is not None
        flat = torch.cat([obs[channel.name] for channel in self.spec.observations], 1)
        sensed = self.spec.split(self.normaliser(flat))
        limbs = torch.cat([sensed[name].unflatten(1, (4, -1)) for name in self.config.senses], 2)[:, list(BODY_ORDER)]
        parted = torch.cat([limbs.clamp(max=0.0), limbs.clamp(min=0.0)], 2)
        return torch.einsum("bli,lio->blo", parted, self.afferent.sum(0)[list(GIRDLES)])

    def _one_hot(self, x: Tensor) -> Float[Tensor, "8 28"]:
        """From the afferents, limb by limb flexor and extensor, to the units."""
        places = [i for pair in zip(rhythm.FLEXORS, rhythm.EXTENSORS, strict=True) for i in pair]
        return torch.eye(len(rhythm.UNITS), dtype=x.dtype, device=x.device)[places]

    def _formed(self, values: Float[Tensor, "batch 28"]) -> Float[Tensor, "batch 4 2"]:
        """Targets of thigh and calf, limb by limb."""
        weights = self.pattern
        if self.config.signed:
            signs = self.get_buffer("pattern_signs")
            weights = signs * (signs * weights).clamp(min=0.0)
        pairs = torch.stack([values[:, list(rhythm.FLEXORS)], values[:, list(rhythm.EXTENSORS)]], 2)
        summed = torch.einsum("bli,lio->blo", pairs, weights.sum(0)[list(GIRDLES)])
        return torch.tanh(summed + self.pattern_bias[list(GIRDLES)])

    def _of_body(self, targets: Float[Tensor, "batch 4 2"]) -> Float[Tensor, "batch action"]:
        """In the order of the body; hips, where they are moved at all, at their middle."""
        limbs = targets[:, list(BODY_ORDER)]
        if self.spec.action_size == 12:
            limbs = nn.functional.pad(limbs, (1, 0))
        return limbs.flatten(1)

    def members_of(self, name: str, parts: Sequence[str]) -> Sequence[str]:
        """`RG`, `RG.FL`, and by the kind `RG.F`. Raises `UnknownNameError` for none."""
        area, _, kind = name.partition(".")
        found = [p for p in parts if p.startswith(f"{name}.") or (p.startswith(f"{area}.") and p.endswith(f".{kind}"))]
        if not kind:
            found = [p for p in parts if p.startswith(f"{area}.")]
        if not found:
            raise UnknownNameError("part of Quadruped", name, parts)
        return found


_AFFERENTS = tuple(f"AF.{limb}.{unit}" for limb in rhythm.LIMBS for unit in ("F", "E"))
_RHYTHM = tuple(f"RG.{unit}" for unit in rhythm.UNITS)
_PATTERN = tuple(f"PF.{limb}.{joint}" for limb in rhythm.LIMBS for joint in JOINTS)
_PLACES = [(*rhythm.FLEXORS, *rhythm.BASIC).index(i) for i in range(len(rhythm.UNITS))]
"""Where each unit lies among flexors first, then the others."""
