"""Whole movements of many controllers on Arm26 in one call each way: the same as `unroll`, tens of times faster."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError

from ...controllers.bilateral import Bilateral
from ..plants.arm26 import Arm26
from ..plants.plant import BodyState, Plant
from .program import program
from .trials import Trials
from .unroll import Conditions, Movement, goals

LANES = 64
"""Trials that a kernel takes at a time; a member's are filled up with copies to a multiple of it."""
ENDS = ((0, 2), (2, 4), (4, 10), (10, 16))
"""Rows of a body that are angles, rates, activations and forces (see `arm26_kernel.py`, imported where it is run)."""


class FusedUnroll:
    """`unroll` for a population of `Bilateral` controllers on `Arm26` in MotorNet's scheme (numba).

    Raises:
        ConfigError: another plant or scheme, or a controller that the kernel does not know.
        MissingExtraError: numba is not installed.
    """

    def __init__(self, controller: Bilateral, plant: Plant) -> None:
        if not isinstance(plant, Arm26) or plant.scheme != "euler" or plant.substeps != 1:
            raise ConfigError("The fused engine runs Arm26('euler', substeps=1); engine='torch' runs every plant.")
        self.plant, self.program = plant, program(controller)
        normaliser = controller.normaliser
        self._whiten = torch.stack([normaliser.mean, torch.rsqrt(normaliser.variance + 1e-8)])

    def __call__(
        self,
        matrix: Float[Tensor, "member parameter"],
        trials: Trials,
        steps: int,
        conditions: Conditions | None = None,
        noise: Float[Tensor, "time trial 6"] | None = None,
    ) -> Movement:
        """What `unroll` says; trials are ordered by member, as many of each."""
        conditions = conditions or Conditions()
        goal = goals(trials, self.plant, steps)
        force = trials.force_n.expand(steps, -1, -1)
        delay = conditions.delay_steps(self.plant.control_step_s)
        angle, rate, activation, pull, excitation, activity = _Unroll.apply(  # pyright: ignore[reportGeneralTypeIssues]
            matrix, self, delay, trials.angle, goal, force, noise
        )
        body = BodyState(angle, rate, activation, pull)
        return Movement(self.plant.hand(angle), goal, excitation, activity, body)


def _blocks(x: Float[Tensor, "*time trial size"], members: int) -> Float[np.ndarray, "block *time size 64"]:
    """Each member's trials in blocks of 64, the last filled up with copies."""
    share = x.shape[-2] // members
    split = x.unflatten(-2, (members, share))
    if share % LANES:
        split = split.index_select(-2, torch.arange(-(-share // LANES) * LANES) % share)
    split = split.unflatten(-2, (-1, LANES))
    return split.movedim((-4, -3), (0, 1)).flatten(0, 1).transpose(-1, -2).contiguous().numpy()


def _trials(x: Float[np.ndarray, "block time size 64"], members: int, share: int) -> Float[Tensor, "time trial size"]:
    """Back again."""
    split = torch.from_numpy(x).unflatten(0, (members, -1)).permute(2, 0, 1, 4, 3)
    return split.flatten(2, 3)[:, :, :share].flatten(1, 2).contiguous()


class _Unroll(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *args: Any) -> tuple[Tensor, ...]:
        matrix, unroll, delay, angle, goal, force, noise = args
        from .unroll_kernel import forward

        steps, members = len(goal), len(matrix)
        share = goal.shape[1] // members
        program, plant = unroll.program, unroll.plant
        start = torch.cat([*plant.initial(angle), angle.new_zeros(len(angle), 4)], dim=-1)
        first, target, load = (_blocks(x, members) for x in (start, goal, force))
        extra = np.zeros((len(first), steps, 6, LANES), first.dtype) if noise is None else _blocks(noise, members)
        weights, whiten = matrix.detach().numpy(), unroll._whiten.to(matrix.dtype).numpy()
        bodies = np.empty((len(first), steps + 1, *first.shape[1:]), first.dtype)
        bodies[:, 0] = first
        acts = np.zeros((len(first), steps + 1, program.rows, LANES), first.dtype)
        muscles, body = plant.constants()
        for i in range(len(first)):
            forward(
                program.operations, weights[i * members // len(first)], whiten, muscles, body, program.excitation,
                delay, target[i], load[i], extra[i], bodies[i], acts[i],
            )  # fmt: skip
        ctx.set_materialize_grads(False)
        ctx.kept = unroll, delay, whiten, weights, load, extra, bodies, acts, share
        parts = [bodies[:, 1:, a:b] for a, b in ENDS]
        out = acts[:, 1:, program.excitation : program.excitation + 6]
        return tuple(_trials(x, members, share) for x in (*parts, out, acts[:, 1:, program.hidden]))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *to: Any) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        from .unroll_kernel import backward

        unroll, delay, whiten, weights, load, extra, bodies, acts, share = ctx.kept
        program, members = unroll.program, len(weights)
        muscles, body = unroll.plant.constants()
        to_bodies = np.zeros_like(bodies)
        to_excitation = np.zeros_like(extra)
        to_hidden = np.zeros((*extra.shape[:2], len(program.hidden), LANES), extra.dtype)
        parts = [to_bodies[:, 1:, a:b] for a, b in ENDS]
        for part, gradient in zip((*parts, to_excitation, to_hidden), to, strict=True):
            if gradient is not None:
                part[:] = _gradient_blocks(gradient, members, share)
        d_weights = np.zeros_like(weights)
        for i in range(len(bodies)):
            k = i * members // len(bodies)
            backward(
                program.operations, weights[k], whiten, muscles, body, program.excitation, delay, load[i], extra[i],
                bodies[i], acts[i], program.hidden, to_bodies[i], to_excitation[i], to_hidden[i], d_weights[k],
            )  # fmt: skip
        return torch.from_numpy(d_weights), None, None, None, None, None, None


def _gradient_blocks(g: Float[Tensor, "time trial size"], members: int, share: int) -> np.ndarray:
    """As `_blocks`, but the copies have no gradient."""
    split = g.unflatten(1, (members, share))
    missing = -share % LANES
    return _blocks(torch.nn.functional.pad(split, (0, 0, 0, missing)).flatten(1, 2), members)
