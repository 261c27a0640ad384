"""The swimming task written on dm_control's own swimmer, as the other side of a comparison."""

import numpy as np
import torch
from jaxtyping import Float

from innervate.controllers import Controller
from innervate.envs.sight import gl

SUBSTEPS, STEPS = 15, 1000
"""Control step of 0.03 s in physics steps of 2 ms; an episode of 30 s."""


@torch.no_grad()
def episode_return(controller: Controller, n_links: int, seed: int) -> float:
    """Return of one episode of a controller that reads `joint_angle` and `body_velocity`."""
    gl.prepare_if_possible()  # dm_control looks for a display when it is imported
    from dm_control.suite import swimmer

    physics = swimmer.Physics.from_xml_string(*swimmer.get_model_and_assets(n_links))
    task = swimmer.Swimmer(random=seed)
    with physics.reset_context():
        task.initialize_episode(physics)
    state, total = controller.initial_state(1), 0.0
    for _ in range(STEPS):
        flat: Float[np.ndarray, "size"] = np.concatenate([physics.joints(), physics.body_velocities()])
        obs = controller.spec.split(torch.from_numpy(flat.astype(np.float32))[None])
        action, state = controller(obs, state)
        physics.set_control(action[0].numpy().astype(np.float64).clip(-1, 1))
        physics.step(nstep=SUBSTEPS)
        forward = -float(physics.named.data.sensordata["head_vel"][1])
        total += min(max(forward / 0.1, 0.0), 1.0)
    return total
