"""The parts of Gymnasium's observations: sensors that read `qpos` and `qvel`, in their order, under names."""

import mujoco

from innervate.signals import Channel

from .rules import Classic

Part = tuple[Channel, str, slice]
"""A channel, the sensors that it is read from, and which of their columns."""


def add_parts(spec: mujoco.MjSpec, model: mujoco.MjModel, rules: Classic) -> tuple[list[Part], list[Part]]:
    """Add the sensors; returns the parts of the positions, where the torso is first, and of the velocities."""
    kinds, objects = mujoco.mjtSensor, mujoco.mjtObj
    body = model.body(int(model.jnt_bodyid[0])).name
    spec.add_sensor(name="mass_centre", type=kinds.mjSENS_SUBTREECOM, objtype=objects.mjOBJ_BODY, objname=body)
    joints = [model.joint(i).name for i in range(model.njnt)]
    if rules.root == "free":
        spec.body(body).add_site(name="root_site", group=4)
        for name, kind, objtype, objname in (
            ("root_place", kinds.mjSENS_FRAMEPOS, objects.mjOBJ_XBODY, body),
            ("root_orientation", kinds.mjSENS_FRAMEQUAT, objects.mjOBJ_XBODY, body),
            ("root_velocity", kinds.mjSENS_FRAMELINVEL, objects.mjOBJ_XBODY, body),
            ("root_turn_rate", kinds.mjSENS_GYRO, objects.mjOBJ_SITE, "root_site"),
        ):
            spec.add_sensor(name=name, type=kind, objtype=objtype, objname=objname)
    read = joints[1:] if rules.root == "free" else joints
    for group, kind in (("joint_position", kinds.mjSENS_JOINTPOS), ("joint_velocity", kinds.mjSENS_JOINTVEL)):
        for name in read:
            spec.add_sensor(name=f"{group}/{name}", type=kind, objtype=objects.mjOBJ_JOINT, objname=name)
    hinges = joints[1:] if rules.root == "free" else joints[3:]
    limits = [float(abs(model.joint(name).range).max()) for name in hinges if model.joint(name).limited[0]]
    of_joints = slice(len(read) - len(hinges), None)
    angle, speed = (
        Channel(name, len(hinges), unit, limit, told, tuple(f"{what} {j}" for j in hinges),
                tuple(f"{group}/{j}" for j in hinges))
        for name, unit, limit, told, what, group in (
            ("joint_angle", "rad", max(limits) if len(limits) == len(hinges) else None,
             "angles of the joints, in the order of the model", "angle of", "joint_position"),
            ("joint_velocity", "rad/s", None, "how fast they turn, in the same order", "speed of", "joint_velocity"),
        )
    )  # fmt: skip
    positions, velocities = _of_free() if rules.root == "free" else _of_planar(rules, joints)
    return [*positions, (angle, "joint_position", of_joints)], [*velocities, (speed, "joint_velocity", of_joints)]


def _of_free() -> tuple[list[Part], list[Part]]:
    def whole(channel: Channel) -> Part:
        return channel, channel.parts[0], slice(None)

    place = Channel("place", 2, "m", None, "where the torso is in the world", ("torso, x", "torso, y"), ("root_place",))
    height = Channel("height", 1, "m", None, "where the torso is along z", ("torso, z",), ("root_place",))
    turned = Channel(
        "orientation", 4, "1", None, "quaternion of the torso",
        tuple(f"orientation, {axis}" for axis in "wxyz"), ("root_orientation",),
    )  # fmt: skip
    velocity = Channel(
        "velocity", 3, "m/s", None, "of the torso, in the world",
        tuple(f"velocity, {axis}" for axis in "xyz"), ("root_velocity",),
    )  # fmt: skip
    rate = Channel(
        "turn_rate", 3, "rad/s", None, "of the torso, in its own frame",
        tuple(f"turn rate about its {axis}" for axis in "xyz"), ("root_turn_rate",),
    )  # fmt: skip
    of_place = [(place, "root_place", slice(0, 2)), (height, "root_place", slice(2, 3)), whole(turned)]
    return of_place, [whole(velocity), whole(rate)]


def _of_planar(rules: Classic, joints: list[str]) -> tuple[list[Part], list[Part]]:
    at, moving = ([f"{group}/{name}" for name in joints[:3]] for group in ("joint_position", "joint_velocity"))
    along, turning = ("xz", "pitch") if rules.root == "upright" else ("xy", "heading")
    place = [
        Channel("place", 1, "m", None, "where the torso is along x", ("torso, x",), (at[0],)),
        Channel("height", 1, "m", None, "where the torso is along z", ("torso, z",), (at[1],)),
    ]
    if rules.root == "flat":
        place = [Channel("place", 2, "m", None, "where the tip is", ("tip, x", "tip, y"), (at[0], at[1]))]
    angle = Channel(turning, 1, "rad", None, "of the torso", (turning,), (at[2],))
    labels = tuple(f"velocity, {axis}" for axis in along)
    velocity = Channel("velocity", 2, "m/s", None, "of the torso, in the world", labels, (moving[0], moving[1]))
    rate = Channel("turn_rate", 1, "rad/s", None, f"how fast the {turning} changes", ("turn rate",), (moving[2],))
    ends = [slice(0, 2)] if rules.root == "flat" else [slice(0, 1), slice(1, 2)]
    of_place = [(channel, "joint_position", columns) for channel, columns in zip(place, ends, strict=True)]
    return (
        [*of_place, (angle, "joint_position", slice(2, 3))],
        [(velocity, "joint_velocity", slice(0, 2)), (rate, "joint_velocity", slice(2, 3))],
    )
