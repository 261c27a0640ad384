"""What trained controllers do on common test trials, on a differentiable body or in MuJoCo."""

import mujoco
import numpy as np
import torch
from jaxtyping import Float

from ...controllers import Controller
from ...envs.bodies.arm import arms
from ..twins.plant import Plant
from .trials import Trials
from .unroll import Conditions, stepper, unroll

TEST_SEED = 2**31
"""Of test trials, which are the same for all controllers; training seeds lie below."""

Path = Float[np.ndarray, "sample trial 2"]
Excitation = Float[np.ndarray, "time trial 6"]


@torch.no_grad()
def on_plant(
    controller: Controller, plant: Plant, trials: Trials, steps: int, conditions: Conditions | None = None
) -> tuple[Path, Excitation]:
    """Hand paths (m, the start included) and excitations; the muscles' noise is the same for all controllers."""
    state = controller.initial_state(len(trials))
    spread = conditions.motor_noise if conditions else 0.0
    noise = spread * torch.randn(steps, len(trials), 6, generator=torch.Generator().manual_seed(TEST_SEED))
    movement = unroll(plant, stepper(plant, controller), state, trials, steps, conditions, noise)
    start = plant.hand(trials.angle)[None]
    return torch.cat([start, movement.hand]).double().numpy(), movement.excitation.double().numpy()


@torch.no_grad()
def in_mujoco(controller: Controller, trials: Trials, steps: int) -> tuple[Path, Excitation]:
    """The same in native MuJoCo, trial by trial, the controller fed from MuJoCo's own sensors."""
    model = arms().compile()
    data = [mujoco.MjData(model) for _ in range(len(trials))]
    hand = model.body("hand_right").id
    for d, angle, force in zip(data, trials.angle.double().numpy(), trials.force_n.double().numpy(), strict=True):
        d.qpos[:], d.xfrc_applied[hand, :2] = angle, force
        mujoco.mj_forward(model, d)
    substeps = round(controller.spec.control_step_s / model.opt.timestep)
    state = controller.initial_state(len(trials))
    places = [np.array([d.site_xpos[0, :2] for d in data])]
    excitations: list[np.ndarray] = []
    for _ in range(steps):
        felt = [np.array([getattr(d, name) for d in data]) for name in ("actuator_length", "actuator_velocity")]
        flat = np.concatenate([*felt, places[-1]], axis=1).astype(np.float32)
        seen = torch.cat([torch.from_numpy(flat), trials.target.float()], dim=1)
        action, state = controller(controller.spec.split(seen), state)
        excitations.append((action.double().numpy() + 1) / 2)
        for d, excitation in zip(data, excitations[-1], strict=True):
            d.ctrl[:] = excitation
            mujoco.mj_step(model, d, nstep=substeps)
            mujoco.mj_forward(model, d)
        places.append(np.array([d.site_xpos[0, :2] for d in data]))
    return np.array(places), np.array(excitations)
