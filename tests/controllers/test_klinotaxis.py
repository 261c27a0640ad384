"""The reflex that steers up an odour: to which side it bends, and that without an odour it is the swimmer alone."""

import torch

from innervate.controllers import ControllerSpec
from innervate.controllers.circuits.klinotaxis import KlinotaxisConfig
from innervate.controllers.circuits.wiring import WiringConfig
from innervate.signals import Channel

FELT = (Channel("joint_angle", 5, "rad", 1.047), Channel("body_velocity", 18))
SPEC = ControllerSpec(observations=(*FELT, Channel("odour", 1)), action_size=5, control_step_s=0.03)


def swayed(towards: float) -> tuple[torch.Tensor, torch.Tensor]:
    """What the reflex adds, and `side`, after swaying with a gradient that rises to the left (1) or to the right."""
    net = KlinotaxisConfig(gain=1.0, swimmer=WiringConfig()).build(SPEC, torch.Generator().manual_seed(0))
    swimmer = WiringConfig().build(ControllerSpec(observations=FELT, action_size=5, control_step_s=0.03),
                                   torch.Generator().manual_seed(0))  # fmt: skip
    state, own = net.initial_state(1), swimmer.initial_state(1)
    added = torch.zeros(1, 5)
    for k in range(400):
        phase = torch.tensor(2 * torch.pi * k / 60)
        velocity = torch.zeros(1, 18)
        velocity[0, 0] = 0.1 * torch.cos(phase)  # of the head to its left; its place is the integral
        place = 0.1 * torch.sin(phase) * 60 * 0.03 / (2 * torch.pi)
        felt = {"joint_angle": torch.zeros(1, 5), "body_velocity": velocity}
        action, state = net({**felt, "odour": torch.exp(towards * place).reshape(1, 1) * 0.5}, state)
        alone, own = swimmer(felt, own)
        added = action - alone
    return added, state["side"]


@torch.no_grad()
def test_it_bends_to_the_side_on_which_the_odour_rises() -> None:
    left, right, nowhere = (swayed(towards) for towards in (1.0, -1.0, 0.0))
    assert left[1] > 0 > right[1] and left[0][0, 0] > 0 > right[0][0, 0]
    torch.testing.assert_close(left[0], -right[0], rtol=0.05, atol=1e-3)
    assert not nowhere[0].any() and not left[0][0, 2:].any()
