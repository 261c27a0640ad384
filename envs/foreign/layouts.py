"""Named parts of the flat observations of environments that are not ours."""

from collections.abc import Mapping

import numpy as np

from innervate.signals import Channel

GYMNASIUM_LAYOUTS: Mapping[str, tuple[Channel, ...]] = {
    "Swimmer-v5": (
        Channel(name="heading", size=1, unit="rad"),
        # Joint limits of swimmer.xml: 100 degrees each way.
        Channel(name="joint_angle", size=2, unit="rad", limit=float(np.deg2rad(100))),
        Channel(name="tip_velocity", size=2, unit="m/s"),
        Channel(name="angular_velocity", size=3, unit="rad/s"),
    ),
}
"""Named parts of Gymnasium environments whose flat observation a circuit can use, in their documented order."""
