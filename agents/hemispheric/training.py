"""Backpropagation through the body, with one gradient per hemisphere; many seeds and losses side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError, NonFiniteError

from ...controllers.bilateral import Bilateral, BilateralConfig
from ...controllers.population import Population
from ..plants.arm26 import Arm26
from ..plants.plant import Plant
from ..seeds import Streams
from .losses import SQUARE_SCALE, HemisphericLoss, Terms, activity_cost, weighted
from .trials import Task, Trials, draw, joined
from .unroll import Movement, Stepper, stepper, unroll


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
    reach_s: float = 0.7
    """Duration of the minimum-jerk reach of the term `straight`."""
    compile: bool = False
    """Compile the step of body and controller: minutes at the start, several times faster after."""

    def __post_init__(self) -> None:
        if min(self.batches, self.batch, self.steps) < 1:
            raise ConfigError(
                f"batches, batch and steps must be at least 1; {self.batches}, {self.batch} and {self.steps} were given."
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
    """Mean of the two hemispheres' losses in each batch."""

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
) -> Result:
    """Train controllers of one kind on one body, each with its own seed, task and loss.

    A member does not depend on the others (but for rounding): all its draws come from its own seed.

    Raises:
        ConfigError: no members, or members that differ in what their losses regularise.
        NonFiniteError: a gradient is not finite; names the parameter and the member.
    """
    kinds = {member.loss.regulariser for member in members}
    if len(kinds) != 1:
        raise ConfigError("At least one member is needed, and all must regularise the same (`HemisphericLoss`).")
    built = [config.build(plant.spec, Streams(member.seed).controller()) for member in members]
    parameters = torch.stack([torch.nn.utils.parameters_to_vector(c.parameters()) for c in built]).detach()
    parameters.requires_grad_(True)
    controller, routes = built[0], Routes(built[0])
    optimizer = torch.optim.Adam([parameters], lr=training.learning_rate, eps=1e-7)
    sources = [_Source(member, plant, training) for member in members]
    state = controller.initial_state(len(members) * training.batch)

    def step_of(target: Tensor, force: Tensor, body: object, state: object, matrix: Tensor) -> object:
        act = Population(controller, matrix).differentiable
        return stepper(plant, act)(target, force, body, state)  # pyright: ignore[reportArgumentType]

    compiled = torch.compile(step_of, dynamic=False) if training.compile else step_of
    step: Stepper = lambda t, f, b, s: compiled(t, f, b, s, parameters)  # type: ignore[assignment,return-value]  # noqa: E731
    left, right = (_weights([getattr(m.loss, side) for m in members]) for side in ("left", "right"))
    released = kinds == {"released"}
    history: list[np.ndarray] = []
    for batch in range(training.batches):
        _set_rate(optimizer, training, batch)
        trials = joined([source.next() for source in sources])
        movement = unroll(plant, step, state, trials, training.steps)
        terms = movement_terms(movement, trials, plant, config, len(members), training, left, right, released)
        lost = [weighted(terms, left), weighted(terms, right)]
        parameters.grad = routes.gradient(lost, parameters)
        routes.clip(parameters.grad, training.clip)
        optimizer.step()
        history.append(((lost[0] + lost[1]) / 2).detach().numpy())
        if batch % 200 == 0 or batch == training.batches - 1:
            say(f"batch {batch}: loss {history[-1].mean():.4g}")
    return Result(config, plant, tuple(members), parameters.detach(), np.array(history))


class _Source:
    """The trials of one member, batch by batch."""

    def __init__(self, member: Member, plant: Plant, training: TrainingConfig) -> None:
        self._rng = Streams(member.seed).learner()
        self._draw = lambda n: draw(member.task, self._rng, n, plant, margin=training.margin)
        self._batch = training.batch
        self._pool = None if training.pool is None else self._draw(training.pool)

    def next(self) -> Trials:
        """A batch."""
        if self._pool is None:
            return self._draw(self._batch)
        return self._pool.rows(torch.as_tensor(self._rng.integers(len(self._pool), size=self._batch)))


class Routes:
    """Which entry of a parameter vector learns from which hemisphere's loss."""

    def __init__(self, controller: Bilateral) -> None:
        shares = {"left": (1.0, 0.0), "right": (0.0, 1.0), "shared": (0.5, 0.5)}
        self.alone = None
        if not controller.config.right:
            self.alone = 0
        elif not controller.config.left:
            self.alone = 1
        self._names: list[tuple[str, slice]] = []
        parts: list[Tensor] = []
        for name, value in controller.named_parameters():
            start = self._names[-1][1].stop if self._names else 0
            self._names.append((name, slice(start, start + value.numel())))
            parts.append(torch.tensor(shares[controller.hemisphere_of(name)]).expand(value.numel(), 2))
        self.share = torch.cat(parts)
        """(parameter, 2): how much of the left and of the right hemisphere's gradient."""

    def gradient(self, losses: Sequence[Float[Tensor, "member"]], parameters: Tensor) -> Tensor:
        """One gradient per loss, routed; a controller of one hemisphere learns from that one's loss alone."""
        if self.alone is not None:
            (gradient,) = torch.autograd.grad(losses[self.alone].sum(), parameters)
        else:
            of_left, of_right = (
                torch.autograd.grad(loss.sum(), parameters, retain_graph=i == 0)[0] for i, loss in enumerate(losses)
            )
            gradient = self.share[:, 0] * of_left + self.share[:, 1] * of_right
        if not gradient.isfinite().all():
            member, entry = (int(i) for i in torch.argwhere(~gradient.isfinite())[0])
            name = next(name for name, part in self._names if part.start <= entry < part.stop)
            raise NonFiniteError(f"The gradient of {name} of member {member} is not finite; lower the learning rate.")
        return gradient

    def clip(self, gradient: Tensor, largest: float) -> None:
        """Hold the norm of each parameter tensor's gradient, member by member, in place."""
        for _, part in self._names:
            norm = gradient[:, part].norm(dim=1, keepdim=True)
            gradient[:, part] *= (largest / norm.clamp(min=1e-12)).clamp(max=1.0)


def _weights(terms: Sequence[Terms]) -> dict[str, Float[Tensor, "member"]]:
    return {field.name: torch.tensor([getattr(t, field.name) for t in terms]) for field in fields(Terms)}


def _set_rate(optimizer: torch.optim.Optimizer, training: TrainingConfig, batch: int) -> None:
    end = training.final_learning_rate
    if end is not None:
        fall = (1 + np.cos(np.pi * batch / training.batches)) / 2
        optimizer.param_groups[0]["lr"] = end + (training.learning_rate - end) * fall


def movement_terms(
    movement: Movement,
    trials: Trials,
    plant: Plant,
    config: BilateralConfig,
    members: int,
    training: TrainingConfig,
    left: dict[str, Tensor],
    right: dict[str, Tensor],
    released: bool,
) -> dict[str, Float[Tensor, "member"]]:
    """The terms (see `Terms`) that have a weight, one number a member."""
    wanted = {name for side in (left, right) for name, weight in side.items() if weight.any()}

    def mean(x: Float[Tensor, "time trial dim"]) -> Float[Tensor, "member"]:
        return x.unflatten(1, (members, -1)).mean(dim=(0, 2, 3))

    off = movement.hand - trials.target
    terms: dict[str, Tensor] = {}
    if "distance" in wanted:
        terms["distance"] = mean(off.abs())
    if "square" in wanted:
        terms["square"] = SQUARE_SCALE * mean(off.square())
    if "effort" in wanted:
        terms["effort"] = mean(movement.excitation.square())
    if "activity" in wanted:
        layers = (
            _released_outputs(movement, trials, plant, config)
            if released
            else movement.activity.split([*config.left, *config.right], dim=-1)
        )
        costs = [activity_cost(x.unflatten(1, (members, -1)), plant.control_step_s) for x in layers]
        terms["activity"] = torch.stack(costs).sum(dim=0)
    if "speed" in wanted:
        velocity = movement.hand.diff(dim=0) / plant.control_step_s
        terms["speed"] = mean(velocity[-max(training.steps // 10, 1) :].square())
    if "straight" in wanted:
        time = torch.arange(1, training.steps + 1) * plant.control_step_s / training.reach_s
        s = time.clamp(max=1.0)[:, None, None]
        start = plant.hand(trials.angle)
        ideal = start + (trials.target - start) * (10 * s**3 - 15 * s**4 + 6 * s**5)
        terms["straight"] = mean((movement.hand - ideal).abs())
    return terms


def _released_outputs(
    movement: Movement, trials: Trials, plant: Plant, config: BilateralConfig
) -> list[Float[Tensor, "time trial unit"]]:
    """Joint state, muscle state, proprioception, vision: as many as there are hidden layers."""
    if not isinstance(plant, Arm26):
        raise ConfigError("The released regulariser is defined by MotorNet's outputs, so it needs the plant Arm26.")
    joint = torch.stack([torch.cat([b.angle, b.rate], dim=-1) for b in movement.body])
    muscle = torch.stack([plant.muscle_state(b).flatten(-2) for b in movement.body])
    felt = torch.stack([torch.cat(plant.proprioception(b), dim=-1) for b in movement.body])
    outputs = [joint, muscle, felt, movement.hand]
    del trials
    return outputs[: len(config.left) + len(config.right)]
