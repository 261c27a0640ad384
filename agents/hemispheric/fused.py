"""Whole movements of many controllers on Arm26 in one call each way: the same as `unroll`, tens of times faster."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError

from ...controllers.circuits.bilateral import Bilateral
from ..twins.arm26 import Arm26
from ..twins.layout import ACTIVATION, ANGLE, FORCE, LANES, RATE, ROWS, SINES
from ..twins.plant import BodyState, Plant
from .program import program
from .trials import Trials
from .unroll import Conditions, Movement, goals

PARTS = ((ANGLE, RATE), (RATE, ACTIVATION), (ACTIVATION, FORCE), (FORCE, SINES))
"""Rows of a body that are angles, rates, activations and forces."""


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
        self._whiten = torch.stack([normaliser.mean, normaliser.scale()])

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
        before = trials.angle[None], torch.zeros_like(trials.angle)[None]
        muscles = (torch.cat([first, then[:-1]]) for first, then in zip(before, (angle, rate), strict=True))
        body = BodyState(angle, rate, activation, pull, *muscles)
        return Movement(self.plant.hand(angle), goal, excitation, activity, body)


def _blocks(x: Float[Tensor, "*time trial size"], members: int) -> Float[np.ndarray, "block *time size 64"]:
    """Each member's trials in blocks of 64, the last filled up with copies."""
    share = x.shape[-2] // members
    if share % LANES:
        filled = torch.arange(-(-share // LANES) * LANES) % share
        x = x.unflatten(-2, (members, share)).index_select(-2, filled).flatten(-3, -2)
    return x.detach().unflatten(-2, (-1, LANES)).movedim(-3, 0).transpose(-1, -2).contiguous().numpy()


def _trials(x: Float[np.ndarray, "block time size 64"], members: int, share: int) -> Float[Tensor, "time trial size"]:
    """Back again."""
    split = torch.from_numpy(x).permute(1, 0, 3, 2).reshape(x.shape[1], members, -1, x.shape[2])
    return split[:, :, :share].flatten(1, 2)


def _fill(
    to: Float[np.ndarray, "block time size 64"], gradient: Float[Tensor, "time trial size"], members: int
) -> None:
    """Write a gradient into blocks; the copies that fill up the last have none."""
    share = gradient.shape[1] // members
    if share % LANES:
        split = gradient.unflatten(1, (members, share))
        gradient = torch.nn.functional.pad(split, (0, 0, 0, -share % LANES)).flatten(1, 2)
    torch.from_numpy(to).copy_(gradient.unflatten(1, (-1, LANES)).permute(1, 0, 3, 2))


class _Unroll(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *args: Any) -> tuple[Tensor, ...]:
        matrix, unroll, delay, angle, goal, force, noise = args
        from .unroll_kernel import forward

        steps, members = len(goal), len(matrix)
        share = goal.shape[1] // members
        program, plant = unroll.program, unroll.plant
        start = torch.cat([*plant.initial(angle), angle.new_zeros(len(angle), ROWS - SINES)], dim=-1)
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
        ctx.kept = unroll, delay, whiten, weights, load, extra, bodies, acts
        parts = [bodies[:, 1:, a:b] for a, b in PARTS]
        out = acts[:, 1:, program.excitation : program.excitation + 6]
        return tuple(_trials(x, members, share) for x in (*parts, out, acts[:, 1:, program.hidden]))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *to: Any) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        from .unroll_kernel import backward

        unroll, delay, whiten, weights, load, extra, bodies, acts = ctx.kept
        program, members = unroll.program, len(weights)
        muscles, body = unroll.plant.constants()
        to_bodies = np.zeros_like(bodies)
        to_excitation = np.zeros_like(extra)
        to_hidden = np.zeros((*extra.shape[:2], len(program.hidden), LANES), extra.dtype)
        parts = [to_bodies[:, 1:, a:b] for a, b in PARTS]
        for part, gradient in zip((*parts, to_excitation, to_hidden), to, strict=True):
            if gradient is not None:
                _fill(part, gradient, members)
        d_weights = np.zeros_like(weights)
        for i in range(len(bodies)):
            k = i * members // len(bodies)
            backward(
                program.operations, weights[k], whiten, muscles, body, program.excitation, delay, load[i], extra[i],
                bodies[i], acts[i], program.hidden, to_bodies[i], to_excitation[i], to_hidden[i], d_weights[k],
            )  # fmt: skip
        return torch.from_numpy(d_weights), None, None, None, None, None, None

