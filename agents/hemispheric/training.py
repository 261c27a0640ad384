"""Backpropagation through the body, with one gradient per hemisphere; many seeds and losses side by side."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError, NonFiniteError, UnknownNameError

from ...controllers.circuits.bilateral import Bilateral, BilateralConfig
from ...controllers.population import Population
from ..seeds import Streams
from ..tensors import load_optimizer_tensors, optimizer_tensors
from ..twins.plant import Plant
from .losses import HemisphericLoss, Terms, weighted
from .terms import movement_terms, planned
from .trials import Task, Trials, draw, joined
from .unroll import Conditions, Movement, Stepped, stepper, unroll

Engine = Literal["torch", "compiled", "fused"]


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """As in the code released with arXiv 2401.14057, but for the number of batches, which it leaves open."""

    batches: int = 2000
    batch: int = 64
    steps: int = 50
    """Control steps of a trial."""
    learning_rate: float = 1e-3
    final_learning_rate: float | None = None
    """Where the learning rate ends, on a cosine; None for one that stays."""
    clip: float = 1.0
    """Largest norm of the gradient of each parameter tensor."""
    pool: int | None = 6400
    """Trials drawn beforehand, from which batches are sampled with replacement; None for new ones in each batch."""
    margin: float = 0.0
    """Share of the joint ranges, at each end, in which no posture is drawn."""
    cue_s: tuple[float, float] = (0.0, 0.0)
    """Targets are shown at a random time between these two."""
    conditions: Conditions = field(default_factory=Conditions)
    engine: Engine = "torch"
    """`torch` trains everything; `compiled` has torch compile the step of body and controller, minutes at the start,
    several times faster after; `fused` (numba) runs whole movements in one call, tens of times faster, for what
    `FusedUnroll` knows."""

    def __post_init__(self) -> None:
        if min(self.batches, self.batch, self.steps) < 1:
            raise ConfigError(
                f"batches, batch and steps must be at least 1; {self.batches}, {self.batch} and {self.steps} came."
            )


@dataclass(frozen=True, kw_only=True)
class Member:
    """One of the controllers that are trained side by side."""

    seed: int
    task: Task
    loss: HemisphericLoss


@dataclass(frozen=True)
class Result:
    """Trained parameters."""

    config: BilateralConfig
    plant: Plant
    members: tuple[Member, ...]
    parameters: Float[Tensor, "member parameter"]
    losses: Float[np.ndarray, "batch member"]
    """In each batch; of two hemispheres the mean."""

    def controller(self, i: int) -> Bilateral:
        """The i-th, by itself."""
        controller = self.config.build(self.plant.spec, Streams(self.members[i].seed).controller())
        torch.nn.utils.vector_to_parameters(self.parameters[i], controller.parameters())
        return controller.requires_grad_(False)


def train(
    config: BilateralConfig,
    plant: Plant,
    members: Sequence[Member],
    training: TrainingConfig,
    say: Callable[[str], None] = lambda _: None,
    start: Float[Tensor, "member parameter"] | None = None,
) -> Result:
    """Train controllers of one kind on one body, each with its own seed, task and loss.

    A member does not depend on the others (but for rounding): all its draws come from its own seed. With `start`,
    `Result.parameters` of an earlier training, they go on from there.

    Raises:
        ConfigError: no members, or members that differ in what their losses regularise.
        NonFiniteError: a gradient is not finite; names the parameter and the member.
    """
    trainer = Trainer(config, plant, members, training, start)
    history: list[np.ndarray] = []
    while trainer.batch < training.batches:
        batch = trainer.batch
        history.append(trainer.step())
        if batch % 200 == 0 or batch == training.batches - 1:
            say(f"batch {batch}: loss {history[-1].mean():.4g}")
    return Result(config, plant, tuple(members), trainer.parameters.detach(), np.array(history))


class Trainer:
    """`train`, a batch at a time; `snapshot` and `restore` go between two of them."""

    def __init__(
        self,
        config: BilateralConfig,
        plant: Plant,
        members: Sequence[Member],
        training: TrainingConfig,
        start: Float[Tensor, "member parameter"] | None = None,
    ) -> None:
        kinds = {member.loss.regulariser for member in members}
        if len(kinds) != 1:
            raise ConfigError("At least one member is needed, and all must regularise the same (`HemisphericLoss`).")
        built = [config.build(plant.spec, Streams(member.seed).controller()) for member in members]
        parameters = torch.stack([torch.nn.utils.parameters_to_vector(c.parameters()) for c in built]).detach()
        if start is not None:
            if start.shape != parameters.shape:
                raise ConfigError(
                    f"start has the parameters of {tuple(start.shape)} members and parameters; these controllers have "
                    f"{tuple(parameters.shape)}."
                )
            parameters = start.clone()
        self.batch = 0
        """How many are done."""
        self.parameters = parameters
        """(member, parameter)."""
        self._config, self._plant, self._training = config, plant, training
        self._released = kinds == {"released"}
        self._routes = Routes(built[0])
        self._optimizer = torch.optim.Adam([parameters], lr=training.learning_rate, eps=1e-7)
        self._sources = [_Source(member, plant, training) for member in members]
        weights = [_weights([getattr(member.loss, side) for member in members]) for side in self._routes.sides]
        alike = all(member.loss.left == member.loss.right for member in members)
        self._weights = weights[:1] if alike else weights
        self._duration = torch.tensor([member.loss.duration_s for member in members])
        self._move = _mover(built[0], plant, training, len(members) * training.batch)

    def step(self) -> Float[np.ndarray, "member"]:
        """Train on one batch; the losses before it, of two hemispheres the mean."""
        training, plant, weights, routes = self._training, self._plant, self._weights, self._routes
        _set_rate(self._optimizer, training, self.batch)
        matrix = self.parameters.clone().requires_grad_(True)
        drawn, noise = zip(*(source.next() for source in self._sources), strict=True)
        trials = joined(list(drawn))
        movement = self._move(matrix, trials, torch.cat(noise, dim=1) if training.conditions.motor_noise else None)
        plan = planned(trials, plant, training.steps, self._duration)
        gradients: list[Tensor] = []
        lost: list[Tensor] = []
        for side in weights:
            terms = movement_terms(movement, plan, plant, self._config, side, self._released)
            lost.append(weighted(terms, side))
            total = lost[-1].sum() + 0 * matrix.sum()  # a side may learn from nothing
            gradients += torch.autograd.grad(total, matrix, retain_graph=len(lost) < len(weights))
        self.parameters.grad = routes.routed(torch.stack(gradients).expand(len(routes.sides), -1, -1))
        routes.clip(self.parameters.grad, training.clip)
        self._optimizer.step()
        self.batch += 1
        return torch.stack(lost).mean(dim=0).detach().numpy()

    def snapshot(self) -> tuple[dict[str, Tensor], list[Any]]:
        """Tensors (parameters and Adam's moments), and the state of each member's generator, as JSON."""
        tensors = {"parameters": self.parameters.detach().clone(), **optimizer_tensors(self._optimizer)}
        return tensors, [source.state for source in self._sources]

    def restore(self, batch: int, tensors: Mapping[str, Tensor], generators: Sequence[Any]) -> None:
        """Go back to what `snapshot` returned after so many batches."""
        self.batch = batch
        self.parameters.copy_(tensors["parameters"])
        load_optimizer_tensors(self._optimizer, {k: v for k, v in tensors.items() if k != "parameters"})
        for source, state in zip(self._sources, generators, strict=True):
            source.state = state


def _weights(losses: Sequence[Terms]) -> dict[str, Float[Tensor, "member"]]:
    return {term.name: torch.tensor([getattr(terms, term.name) for terms in losses]) for term in fields(Terms)}


Mover = Callable[[Tensor, Trials, Tensor | None], Movement]
"""The matrix of all members' parameters, their trials and the noise of their muscles to what they do."""


def _mover(controller: Bilateral, plant: Plant, training: TrainingConfig, trials: int) -> Mover:
    steps, conditions = training.steps, training.conditions
    if training.engine == "fused":
        from .fused import FusedUnroll  # its kernels need numba, an extra

        fused = FusedUnroll(controller, plant)
        return lambda matrix, trials, noise: fused(matrix, trials, steps, conditions, noise)
    if training.engine not in ("torch", "compiled"):
        raise UnknownNameError("engine", training.engine, get_args(Engine))
    state = controller.initial_state(trials)
    if training.engine == "torch":
        population: Population | None = None

        def interpreted(matrix: Tensor, trials: Trials, noise: Tensor | None) -> Movement:
            nonlocal population
            population = population or Population(controller, matrix)
            population.load(matrix)
            return unroll(plant, stepper(plant, population), state, trials, steps, conditions, noise)

        return interpreted

    def step_of(matrix: Tensor, *seen: Any) -> Stepped:
        return stepper(plant, Population(controller, matrix).differentiable)(*seen)

    whole = torch.compile(step_of, dynamic=False)

    def compiled(matrix: Tensor, trials: Trials, noise: Tensor | None) -> Movement:
        return unroll(plant, partial(whole, matrix), state, trials, steps, conditions, noise)

    return compiled


class _Source:
    """The trials of one member, batch by batch."""

    def __init__(self, member: Member, plant: Plant, training: TrainingConfig) -> None:
        self._rng = Streams(member.seed).learner()
        self._member, self._plant, self._training = member, plant, training
        self._pool = None if training.pool is None else self._draw(training.pool)

    @property
    def state(self) -> Any:
        """Of the generator, as JSON."""
        return self._rng.bit_generator.state

    @state.setter
    def state(self, state: Any) -> None:
        self._rng.bit_generator.state = state

    def _draw(self, n: int) -> Trials:
        how = self._training
        return draw(self._member.task, self._rng, n, self._plant, margin=how.margin, cue_s=how.cue_s)

    def next(self) -> tuple[Trials, Float[Tensor, "time trial 6"]]:
        """A batch, and the noise of its muscles; none is drawn where there is none."""
        n, spread = self._training.batch, self._training.conditions.motor_noise
        if self._pool is None:
            trials = self._draw(n)
        else:
            trials = self._pool.rows(torch.as_tensor(self._rng.integers(len(self._pool), size=n)))
        size = (self._training.steps if spread else 0, n, 6)
        return trials, torch.as_tensor(spread * self._rng.standard_normal(size), dtype=torch.float32)


class Routes:
    """Which entry of a parameter vector learns from which hemisphere's loss."""

    def __init__(self, controller: Bilateral) -> None:
        shares = {"left": (1.0, 0.0), "right": (0.0, 1.0), "shared": (0.5, 0.5)}
        config = controller.config
        self.sides = tuple(side for side, units in (("left", config.left), ("right", config.right)) if units)
        """Whose losses there are; a controller of one hemisphere learns from that one's alone."""
        self._names: list[tuple[str, slice]] = []
        parts: list[Tensor] = []
        for name, value in controller.named_parameters():
            start = self._names[-1][1].stop if self._names else 0
            self._names.append((name, slice(start, start + value.numel())))
            share = shares[controller.hemisphere_of(name)] if len(self.sides) == 2 else (1.0,)
            parts.append(torch.tensor(share).expand(value.numel(), -1))
        self._share = torch.cat(parts).T

    def routed(self, gradients: Float[Tensor, "side member parameter"]) -> Float[Tensor, "member parameter"]:
        """One gradient from those of each side's loss.

        Raises:
            NonFiniteError: with the name of the parameter, and the number of the member.
        """
        if not gradients.isfinite().all():
            _, member, entry = (int(i) for i in torch.argwhere(~gradients.isfinite())[0])
            name = next(name for name, part in self._names if part.start <= entry < part.stop)
            raise NonFiniteError(f"The gradient of {name} of member {member} is not finite; lower the learning rate.")
        return torch.einsum("sp,smp->mp", self._share, gradients)

    def clip(self, gradient: Tensor, largest: float) -> None:
        """Hold the norm of each parameter tensor's gradient, member by member, in place."""
        for _, part in self._names:
            norm = gradient[:, part].norm(dim=1, keepdim=True)
            gradient[:, part] *= (largest / norm.clamp(min=1e-12)).clamp(max=1.0)


def _set_rate(optimizer: torch.optim.Optimizer, training: TrainingConfig, batch: int) -> None:
    end = training.final_learning_rate
    if end is not None:
        fall = (1 + np.cos(np.pi * batch / training.batches)) / 2
        optimizer.param_groups[0]["lr"] = end + (training.learning_rate - end) * fall
