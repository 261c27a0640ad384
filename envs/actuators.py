"""What each actuator of a compiled model is: its kind, what it pulls on, and what its control means."""

from dataclasses import dataclass

import mujoco

__all__ = ["Actuator", "actuators", "kind_of"]

_JOINT_TORQUES = (mujoco.mjtJoint.mjJNT_HINGE, mujoco.mjtJoint.mjJNT_BALL)


@dataclass(frozen=True)
class Actuator:
    """One actuator."""

    name: str
    """As in the model; empty where it has none."""
    kind: str
    """Its element in MJCF: `motor`, `position`, `velocity`, `muscle`, ...; `DC motor`, `PID`, else `general`."""
    on: str
    """What kind of thing it acts on: `joint`, `tendon`, `site`, `body`."""
    target: str
    """The name of that thing."""
    limits: tuple[float, float] | None
    """Range of its control; None where there is none."""
    meaning: str
    """What its control is, for people, with what a control of 1 amounts to."""
    quantity: str
    unit: str
    """SI unit of the control; `1` for a pure number."""

    def called(self, at: int) -> str:
        """Its name, or its number and what it acts on."""
        return repr(self.name) if self.name else f"{at} (on {self.on} {self.target!r}, without a name)"


def actuators(model: mujoco.MjModel) -> tuple[Actuator, ...]:
    """Every actuator of a model, in its order, which is that of an action."""
    return tuple(_actuator(model, i) for i in range(model.nu))


def kind_of(model: mujoco.MjModel, i: int) -> str:
    """The MJCF element that makes such an actuator; `general` where there is none."""
    g, b = mujoco.mjtGain, mujoco.mjtBias
    gain, bias = g(model.actuator_gaintype[i]), b(model.actuator_biastype[i])
    dynamics = mujoco.mjtDyn(model.actuator_dyntype[i])
    if gain == g.mjGAIN_MUSCLE:
        return "muscle"
    if gain == g.mjGAIN_DCMOTOR:
        return "DC motor"
    if gain == g.mjGAIN_PID:
        return "PID"
    if model.actuator_trntype[i] == mujoco.mjtTrn.mjTRN_BODY:
        return "adhesion"
    if gain == g.mjGAIN_AFFINE and model.actuator_gainprm[i, 2] < 0:
        return "damper"
    if gain != g.mjGAIN_FIXED:
        return "general"
    if bias == b.mjBIAS_NONE and dynamics == mujoco.mjtDyn.mjDYN_NONE:
        return "motor"
    stiffness, damping = -model.actuator_biasprm[i, 1], -model.actuator_biasprm[i, 2]
    if bias == b.mjBIAS_AFFINE and model.actuator_biasprm[i, 0] == 0:
        if stiffness == model.actuator_gainprm[i, 0] != 0:
            return "intvelocity" if dynamics == mujoco.mjtDyn.mjDYN_INTEGRATOR else "position"
        if stiffness == 0 and damping == model.actuator_gainprm[i, 0]:
            return "velocity"
    return "general"


def _actuator(model: mujoco.MjModel, i: int) -> Actuator:
    on, target, turns = _acts_on(model, i)
    limits = tuple(model.actuator_ctrlrange[i].tolist()) if model.actuator_ctrllimited[i] else None
    kind = kind_of(model, i)
    meaning, quantity, unit = _control(model, i, kind, turns)
    return Actuator(model.actuator(i).name, kind, on, target, limits, meaning, quantity, unit)


def _acts_on(model: mujoco.MjModel, i: int) -> tuple[str, str, bool]:
    """The kind and the name of what an actuator acts on, and whether it turns it rather than pulls it."""
    kind, thing = mujoco.mjtTrn(model.actuator_trntype[i]), int(model.actuator_trnid[i, 0])
    if kind in (mujoco.mjtTrn.mjTRN_JOINT, mujoco.mjtTrn.mjTRN_JOINTINPARENT):
        return "joint", model.joint(thing).name or str(thing), mujoco.mjtJoint(model.jnt_type[thing]) in _JOINT_TORQUES
    if kind == mujoco.mjtTrn.mjTRN_TENDON:
        return "tendon", model.tendon(thing).name or str(thing), False
    if kind == mujoco.mjtTrn.mjTRN_BODY:
        return "body", model.body(thing).name or str(thing), False
    return "site", model.site(thing).name or str(thing), not model.actuator_gear[i, :3].any()


def _control(model: mujoco.MjModel, i: int, kind: str, turns: bool) -> tuple[str, str, str]:
    """What the control of an actuator means, the quantity, and its unit."""
    gain, gear = model.actuator_gainprm[i], float(model.actuator_gear[i][model.actuator_gear[i] != 0][:1].sum())
    effort, effort_unit = ("torque", "N m") if turns else ("force", "N")
    place, place_unit = ("angle", "rad") if turns else ("length", "m")
    geared = "" if gear == 1 else f"; gear {_digits(gear)}"
    if kind == "muscle":
        peak = gain[2] if gain[2] >= 0 else gain[3] / model.actuator_acc0[i]
        return f"Excitation; peak force {_digits(peak)} N", "excitation", "1"
    if kind == "motor":
        full = float(gain[0]) * gear
        if full == 1:
            return effort.capitalize(), effort, effort_unit
        return f"{effort.capitalize()}, over {_digits(full)} {effort_unit}", effort, "1"
    if kind in ("position", "PID"):
        return f"Target {place}; stiffness {_digits(gain[0])} {effort_unit}/{place_unit}{geared}", place, place_unit
    if kind in ("velocity", "intvelocity"):
        strength = f"gain {_digits(gain[0])}"
        return f"Target speed; {strength}{geared}", "speed", f"{place_unit}/s"
    if kind == "damper":
        return f"Damping, over {_digits(-gain[2])} {effort_unit} s/{place_unit}{geared}", "damping", "1"
    if kind == "adhesion":
        return f"Adhesion; {_digits(gain[0])} N at 1", "adhesion", "1"
    if kind == "DC motor":
        return "Voltage", "voltage", "V"
    return f"Control of a general actuator{geared}", "control", "1"


def _digits(value: float) -> str:
    return f"{value:.6g}"
