"""Circuits of swimming worms, for a body of any number of joints."""

from dataclasses import replace

from innervate.errors import ConfigError

from ...spec import ControllerSpec
from .circuit import Circuit, Motor, Neuron, Sense, Synapse

SIDES = ("dorsal", "ventral")
PERIOD_S = 1.8
"""Period of the head oscillator of Bhattasali et al. 2022: 60 control steps of 0.03 s."""


def _opposite(side: str) -> str:
    return SIDES[1 - SIDES.index(side)]


def _sign(side: str) -> float:
    """Of a bend, a torque, and of the place in a diagram: positive dorsal."""
    return 1.0 if side == "dorsal" else -1.0


def stretch_receptors(joints: int) -> tuple[list[Neuron], list[Sense]]:
    """SD and SV: how far each joint is bent to either side, as a fraction of its limit, in [0, 1]."""
    neurons, senses = list[Neuron](), list[Sense]()
    for side in SIDES:
        for i in range(joints):
            name = f"S{side[0].upper()}{i}"
            at = (i / max(1, joints - 1), 0.35 * _sign(side))
            neurons.append(Neuron(name=name, kind=f"S{side[0].upper()}", side=side, position=at))
            senses.append(Sense(neuron=name, port="joint_angle", index=i, gain=_sign(side), per_limit=True))
    return neurons, senses


def muscles(joints: int) -> tuple[list[Neuron], list[Motor]]:
    """MD and MV: a dorsal and a ventral muscle at each joint; the joint's torque is their difference."""
    neurons, motors = list[Neuron](), list[Motor]()
    for side in SIDES:
        for i in range(joints):
            name = f"M{side[0].upper()}{i}"
            at = (i / max(1, joints - 1), _sign(side))
            neurons.append(Neuron(name=name, kind=f"M{side[0].upper()}", side=side, position=at))
            motors.append(Motor(neuron=name, actuator=i, gain=_sign(side)))
    return neurons, motors


def _b_neurons(joints: int) -> list[Neuron]:
    return [
        Neuron(
            name=f"B{side[0].upper()}{i}",
            kind=f"B{side[0].upper()}",
            side=side,
            transmitter="acetylcholine",
            position=(i / max(1, joints - 1), 0.7 * _sign(side)),
        )
        for side in SIDES
        for i in range(joints)
    ]


def _onto_muscles(joints: int) -> list[Synapse]:
    """B-neurons excite the muscle of their side and, through D-neurons left out here, inhibit the other."""
    synapses = list[Synapse]()
    for side in SIDES:
        own, other = side[0].upper(), _opposite(side)[0].upper()
        for i in range(joints):
            synapses.append(Synapse(pre=f"B{own}{i}", post=f"M{own}{i}", group="muscle_ipsi"))
            synapses.append(Synapse(pre=f"B{own}{i}", post=f"M{other}{i}", weight=-1.0, group="muscle_contra"))
    return synapses


def joints_of(spec: ControllerSpec) -> int:
    """Joints of a chain that has one actuator for each."""
    joints = spec.channel("joint_angle").size
    if spec.action_size != joints:
        raise ConfigError(
            f"A worm's circuit drives one actuator a joint: {joints} joints, but {spec.action_size} actuators."
        )
    return joints


def ncap(spec: ControllerSpec) -> Circuit:
    """The circuit of Bhattasali et al. 2022: an open-loop oscillator in the head, proprioceptive coupling behind it."""
    joints = joints_of(spec)
    receptors, senses = stretch_receptors(joints)
    cells, motors = muscles(joints)
    head = [
        Neuron(
            name=f"O{side[0].upper()}", kind="oscillator", side=side, dynamics="clock", period_s=PERIOD_S,
            onset=0.0 if side == "dorsal" else 0.5, position=(-0.15, 0.5 * _sign(side)),
        )
        for side in SIDES
    ]  # fmt: skip
    synapses = list[Synapse]()
    for side in SIDES:
        s = side[0].upper()
        synapses.append(Synapse(pre=f"O{s}", post=f"B{s}0", group="b_oscillator"))
        for i in range(1, joints):
            synapses.append(Synapse(pre=f"S{s}{i - 1}", post=f"B{s}{i}", group="b_proprioception"))
    return Circuit(
        neurons=(*head, *receptors, *_b_neurons(joints), *cells),
        synapses=(*synapses, *_onto_muscles(joints)),
        senses=tuple(senses),
        motors=tuple(motors),
        source="Bhattasali, Zador and Engel, NeurIPS 2022",
    )


FLIP_REACH = 3
"""Joints from the head whose stretch the oscillator feels."""


def _steering(spec: ControllerSpec) -> tuple[list[Neuron], list[Sense], list[Synapse]]:
    """TL and TR: which way to turn, towards a target or, where there is none, back to heading 0.

    They shift the posture at which the head changes over, so that it swings further to one side, and bend the head
    itself: klinotaxis by biased head bends (Iino and Yoshida 2009).
    """
    names = {port.name for port in spec.observations}
    if not names & {"to_target", "heading"}:
        return [], [], []
    neurons, senses, synapses = list[Neuron](), list[Sense](), list[Synapse]()
    for name, sign, toward, away in (("TL", 1.0, "V", "D"), ("TR", -1.0, "D", "V")):
        neurons.append(Neuron(name=name, kind="T", position=(-0.15, 0.15 * -sign)))
        if "to_target" in names:
            senses.append(Sense(neuron=name, port="to_target", index=0, gain=sign, bearing=True))
        else:
            senses.append(Sense(neuron=name, port="heading", index=0, gain=-sign))
        for side, weight in ((toward, 1.0), (away, -1.0)):
            synapses.append(Synapse(pre=name, post=f"O{side}", weight=weight, group="steer"))
            synapses.append(Synapse(pre=name, post=f"B{side}0", weight=weight, group="steer_head"))
    return neurons, senses, synapses


def entrained(spec: ControllerSpec) -> Circuit:
    """A worm whose head keeps time by what its body feels: seven weights, all of them 1 before training.

    The head is a relaxation oscillator (Ji et al., eLife 2021, found one in C. elegans): two bistable half-centres that
    change over where the bend of the front of the body passes a threshold. Along the body a B-neuron is excited by the
    stretch in front of it, as in NCAP, and inhibited by that of its own joint and of the joint behind: it steers its
    joint towards the wave instead of pushing it to its limit. A body in any posture falls into the gait at once, for
    there is no clock that it would have to catch up with.

    Each stretch receptor acts on both sides with opposite signs; the interneurons for that are left out, as in NCAP.
    A body that senses a target or its own heading gets steering, two weights more.
    """
    joints = joints_of(spec)
    receptors, senses = stretch_receptors(joints)
    cells, motors = muscles(joints)
    head = [
        Neuron(
            name=f"O{side[0].upper()}", kind="oscillator", side=side, dynamics="plateau", starts_on=side == "dorsal",
            position=(-0.15, 0.5 * _sign(side)),
        )
        for side in SIDES
    ]  # fmt: skip
    turning, bearings, synapses = _steering(spec)
    for side in SIDES:
        s, o = side[0].upper(), _opposite(side)[0].upper()
        for target, sign in ((s, 1.0), (o, -1.0)):
            for i in range(min(FLIP_REACH, joints)):
                synapses.append(Synapse(pre=f"S{s}{i}", post=f"O{target}", weight=-sign, group=f"flip_{i}"))
            synapses.append(Synapse(pre=f"O{s}", post=f"B{target}0", weight=sign, group="oscillator"))
            for i in range(joints):
                for j, weight, group in ((i - 1, sign, "front"), (i, -sign, "own"), (i + 1, -sign, "behind")):
                    if 0 <= j < joints:
                        synapses.append(Synapse(pre=f"S{s}{j}", post=f"B{target}{i}", weight=weight, group=group))
    return Circuit(
        neurons=(*head, *turning, *receptors, *_b_neurons(joints), *cells),
        synapses=(*synapses, *(replace(s, trained=False, group="") for s in _onto_muscles(joints))),
        senses=(*senses, *bearings),
        motors=tuple(motors),
        gains=(
            *(("steer", "steer_head") if turning else ()),
            *(f"flip_{i}" for i in range(FLIP_REACH)), "oscillator", "own", "behind", "front",
        ),
        source="B-neurons after Bhattasali et al. 2022; head after Ji et al. 2021",
    )
